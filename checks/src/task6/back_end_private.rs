use super::{compose_file, compose_safe};
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text};
use crate::observation::{Observation, Port, Published, Service, Stage};
use crate::wording::code;

/// No port of the API servers is published on the host: every request comes through the proxy.
///
/// Containers on one network reach each other without `ports`. A port that Docker chooses is also published.
pub(super) static CHECK: Check = Check {
    id: "back-end-private",
    points: 5,
    after: &[&compose_file::CHECK],
    stage: Stage::Compose,
    title: Text::fixed(
        "the API servers are reached through the proxy only",
        "les serveurs API ne sont atteints que par le proxy",
    ),
    mistakes: &[&PORT_PUBLISHED],
    notes: &[RANDOM_HOST_PORT],
    judge,
};

const RANDOM_HOST_PORT: &str = "random-host-port";

static PORT_PUBLISHED: Mistake = Mistake {
    code: "port-published",
    hint: Text::fixed(
        "`ports` opens a way in from the host; what does the proxy need to reach a container on its own network?",
        "`ports` ouvre un accès depuis l’hôte ; de quoi le proxy a-t-il besoin pour atteindre un conteneur de son réseau ?",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let compose = seen.seen(Stage::Compose, &seen.compose)?;
    let back_end = compose_safe::back_end(seen)?;
    let published = |port| published(&back_end.name, port);
    let judged = Judged::from_findings(back_end.ports.iter().map(published).collect());
    let others = compose
        .services
        .iter()
        .filter(|service| service.name != back_end.name);
    Ok(judged.with_notes(others.filter_map(random_port).collect()))
}

/// Returns a note on a service whose port cannot be known in advance.
fn random_port(service: &Service) -> Option<Note> {
    let is_random = |port: &Port| port.published == Published::Random;
    if service.ports.is_empty() || !service.ports.iter().all(is_random) {
        return None;
    }
    let name = code(&service.name);
    Some(Note {
        code: RANDOM_HOST_PORT,
        message: Text::new(
            format!("{name} is published on a port that Docker chooses, another one at each start"),
            format!(
                "{name} est publié sur un port que Docker choisit, différent à chaque démarrage"
            ),
        ),
    })
}

fn published(service: &str, port: &Port) -> Finding {
    let (service, target) = (code(service), port.target);
    let Text { en, fr } = host(port.published);
    let message = Text::new(
        format!("port {target} of {service} is published on {en}"),
        format!("le port {target} de {service} est publié sur {fr}"),
    );
    PORT_PUBLISHED.finding(message).at(port.place.clone())
}

fn host(published: Published) -> Text {
    match published {
        Published::Random => Text::fixed(
            "a port of the host that Docker chooses",
            "un port de l’hôte que Docker choisit",
        ),
        Published::Fixed(port) => Text::new(
            format!("port {port} of the host"),
            format!("le port {port} de l’hôte"),
        ),
        Published::Range(first, last) => Text::new(
            format!("a port of the host from {first} to {last}"),
            format!("un port de l’hôte entre {first} et {last}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unjudged;
    use crate::observation::Service;
    use crate::observation::correct::{service, with_services};

    fn judged(back_end: Service) -> Judgement {
        judge(&with_services(vec![back_end]))
    }

    #[test]
    fn a_random_port_of_another_service_is_noted() {
        let port = |published| Port {
            target: 80,
            published,
            place: None,
        };
        let proxy = |published| Service {
            ports: vec![port(published)],
            ..service("proxy")
        };
        let notes = |published| {
            let services = vec![service("back-end"), proxy(published)];
            judge(&with_services(services)).unwrap().notes.len()
        };
        assert_eq!(
            (notes(Published::Random), notes(Published::Fixed(80))),
            (1, 0)
        );
    }

    fn code(published: Published) -> Option<&'static str> {
        let ports = vec![Port {
            target: 5252,
            published,
            place: None,
        }];
        let judged = judged(Service {
            ports,
            ..service("back-end")
        })
        .ok()?;
        judged.findings.first().map(|finding| finding.code)
    }

    #[test]
    fn no_port_passes() {
        assert_eq!(judged(service("back-end")), Ok(Judged::passed()));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let stopped = Unjudged::Stopped("compose-safe".to_owned());
        assert_eq!(judged(service("backend")), Err(stopped));
    }

    #[test]
    fn any_port_on_the_host_is_published() {
        assert_eq!(code(Published::Fixed(5252)), Some("port-published"));
        assert_eq!(code(Published::Range(5252, 5260)), Some("port-published"));
        assert_eq!(code(Published::Random), Some("port-published"));
    }
}
