//! Choice of the proxy among the services, and the start order of the services.

use crate::compose::project::{Dependency, Namespace, Project, Service};

/// Name of the proxy in most submissions.
const PROXY: &str = "proxy";

/// Host port that a browser connects to.
const HTTP: u16 = 80;

/// Returns the proxy: the service that receives the requests, with its port inside the container.
///
/// Candidates are services that are started, publish a port and have their own network namespace. Of these it returns the one
/// called `proxy`, else the one on port 80 of the host, else the one that depends on the API servers, else the first.
pub(super) fn proxy(project: &Project) -> Option<(&Service, u16)> {
    let published = || {
        project.services.iter().filter(|service| {
            service.name != project.back_end
                && service.replicas > 0
                && !service.ports.is_empty()
                && service.network == Namespace::Own
        })
    };
    let on_http = |service: &&Service| {
        service
            .ports
            .iter()
            .any(|port| port.published == Some(HTTP))
    };
    let service = published()
        .find(|service| service.name == PROXY)
        .or_else(|| published().find(on_http))
        .or_else(|| published().find(|service| needs(project, service, &project.back_end)))
        .or_else(|| published().next())?;
    let port = service
        .ports
        .iter()
        .find(|port| port.published == Some(HTTP))
        .or(service.ports.first())?;
    Some((service, port.target))
}

/// Returns the services in start order: the services of a wave start together, once their dependencies have started.
///
/// Services that the API servers do not need start after them, and the proxy starts after every service that does not depend on
/// it, even if the file does not declare this. Compose starts such services at the same time, and the winner of that race
/// decides nothing about the submission.
pub(super) fn waves(project: &Project) -> Vec<Vec<&Service>> {
    let proxy = proxy(project).map(|(service, _)| service.name.as_str());
    let behind_back_end = |service: &Service| {
        service.name != project.back_end
            && project
                .back_end()
                .is_some_and(|back_end| !needs(project, back_end, &service.name))
    };
    let mut waiting: Vec<&Service> = project.services.iter().collect();
    let mut waves: Vec<Vec<&Service>> = Vec::new();
    while !waiting.is_empty() {
        let held = |name: &str| waiting.iter().any(|service| service.name == name);
        let blocked = |service: &Service| {
            // A service that waits for the API servers also waits for their dependencies.
            let waits_for = |other: &&Service| {
                let after = needs(project, other, &service.name)
                    || (behind_back_end(other) && !behind_back_end(service));
                other.name != service.name && !after
            };
            let explicit = service
                .depends_on
                .iter()
                .any(|dependency| held(&dependency.service));
            explicit
                || (held(&project.back_end) && behind_back_end(service))
                || (proxy == Some(&service.name) && waiting.iter().any(waits_for))
        };
        let (later, now): (Vec<&Service>, Vec<&Service>) =
            waiting.iter().partition(|service| blocked(service));
        if now.is_empty() {
            // A dependency cycle: the compose reader has already refused it.
            waves.push(later);
            break;
        }
        waves.push(now);
        waiting = later;
    }
    waves
}

/// Returns whether `service` depends on the service called `name`, directly or indirectly.
pub(super) fn needs(project: &Project, service: &Service, name: &str) -> bool {
    let mut reached: Vec<&str> = Vec::new();
    let mut next: Vec<&str> = service.depends_on.iter().map(dependency_name).collect();
    while let Some(dependency) = next.pop() {
        if reached.contains(&dependency) {
            continue;
        }
        reached.push(dependency);
        let service = project
            .services
            .iter()
            .find(|service| service.name == dependency);
        next.extend(
            service
                .iter()
                .flat_map(|service| service.depends_on.iter().map(dependency_name)),
        );
    }
    reached.contains(&name)
}

fn dependency_name(dependency: &Dependency) -> &str {
    &dependency.service
}

#[cfg(test)]
mod tests {
    use softy_checks::BACK_END;

    use super::*;
    use crate::compose::project::{Condition, PortMapping};

    fn service(name: &str, needs: &[&str]) -> Service {
        let dependency = |name: &&str| Dependency {
            service: (*name).to_owned(),
            condition: Condition::Started,
        };
        Service {
            name: name.to_owned(),
            depends_on: needs.iter().map(dependency).collect(),
            replicas: 1,
            ..Service::default()
        }
    }

    fn published(service: Service, published: Option<u16>, target: u16) -> Service {
        Service {
            ports: vec![PortMapping { target, published }],
            ..service
        }
    }

    fn project(services: Vec<Service>) -> Project {
        Project {
            services,
            back_end: BACK_END.to_owned(),
            ..Project::default()
        }
    }

    fn order(project: &Project) -> Vec<Vec<&str>> {
        waves(project)
            .iter()
            .map(|wave| wave.iter().map(|service| service.name.as_str()).collect())
            .collect()
    }

    #[test]
    fn what_back_end_does_not_need_starts_behind_it() {
        let proxy = published(service("proxy", &["back-end"]), Some(80), 80);
        let project = project(vec![
            proxy,
            service("nginx", &[]),
            service("back-end", &["database"]),
            service("database", &[]),
        ]);
        assert_eq!(
            order(&project),
            [
                vec!["database"],
                vec!["back-end"],
                vec!["nginx"],
                vec!["proxy"]
            ]
        );
    }

    #[test]
    fn a_proxy_without_depends_on_starts_last() {
        let proxy = published(service("proxy", &[]), Some(80), 80);
        let project = project(vec![
            proxy,
            service("back-end", &[]),
            service("front-end", &[]),
        ]);
        assert_eq!(
            order(&project),
            [vec!["back-end"], vec!["front-end"], vec!["proxy"]]
        );
    }

    #[test]
    fn a_reversed_depends_on_is_carried_out() {
        let proxy = published(service("proxy", &[]), Some(80), 80);
        let project = project(vec![
            service("back-end", &["proxy"]),
            service("front-end", &["proxy"]),
            proxy,
        ]);
        assert_eq!(
            order(&project),
            [vec!["proxy"], vec!["back-end"], vec!["front-end"]]
        );
    }

    #[test]
    fn a_reversed_depends_on_waits_for_nothing_that_waits_for_back_end() {
        let proxy = published(service("proxy", &[]), Some(80), 80);
        let project = project(vec![
            service("front-end", &[]),
            service("back-end", &["proxy"]),
            proxy,
        ]);
        assert_eq!(
            order(&project),
            [vec!["proxy"], vec!["back-end"], vec!["front-end"]]
        );
    }

    #[test]
    fn the_proxy_needs_back_end_where_neither_name_nor_port_tells() {
        let site = published(service("front-end", &[]), Some(9000), 9000);
        let balancer = published(service("load-balancer", &["api"]), Some(8080), 80);
        let project = project(vec![
            service("back-end", &[]),
            service("api", &["back-end"]),
            site,
            balancer,
        ]);
        let found = proxy(&project).map(|(service, _)| service.name.as_str());
        assert_eq!(found, Some("load-balancer"));
    }

    #[test]
    fn a_service_that_is_not_started_is_no_proxy() {
        let none = Service {
            replicas: 0,
            ..published(service("proxy", &[]), Some(80), 80)
        };
        assert_eq!(proxy(&project(vec![none])), None);
    }

    #[test]
    fn the_proxy_is_found_by_name_by_port_or_by_being_published() {
        let random = published(service("web", &[]), None, 8000);
        let http = published(service("nginx", &[]), Some(80), 8080);
        let named = published(service("proxy", &[]), Some(8081), 81);
        let found = |services| {
            proxy(&project(services)).map(|(service, port)| (service.name.clone(), port))
        };
        assert_eq!(
            found(vec![random.clone(), http.clone(), named]),
            Some(("proxy".to_owned(), 81))
        );
        assert_eq!(
            found(vec![random.clone(), http]),
            Some(("nginx".to_owned(), 8080))
        );
        assert_eq!(found(vec![random]), Some(("web".to_owned(), 8000)));
        assert_eq!(
            found(vec![published(service("back-end", &[]), Some(80), 5252)]),
            None
        );
    }
}
