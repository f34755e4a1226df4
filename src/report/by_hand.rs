//! Commands that repeat a measurement by hand.

use softy_checks::Status;
use softy_checks::observation::{Connection, Observation, Proxy, Published, Volley, Witness};

use super::Report;
use crate::traffic::API_PATH;

/// Number of requests per replica, enough to see an order.
const REQUESTS_PER_REPLICA: u32 = 3;

/// Returns the commands in their order, or none when no rotation was measured. They use the number of replicas at which the
/// first mistake was seen.
pub(super) fn commands(report: &Report) -> Vec<String> {
    let volleys = report.observation.volleys.iter();
    let mut measured = volleys.filter(|volley| volley.connection != Connection::Fresh);
    let first = measured.next();
    let decisive = match scales_no_further(report) {
        true => measured.next().or(first),
        false => first,
    };
    let Some(volley) = decisive else {
        return Vec::new();
    };
    let (replicas, back_end) = (volley.replicas, report.observation.back_end());
    vec![
        format!("docker-compose up --scale {back_end}={replicas}"),
        request(&report.observation, replicas * REQUESTS_PER_REPLICA),
        look(volley, back_end),
    ]
}

fn scales_no_further(report: &Report) -> bool {
    report.verdicts.iter().any(|verdict| {
        let is_failed = matches!(verdict.status, Status::Failed { .. });
        is_failed && verdict.check.id == "scales-further"
    })
}

/// Returns one `curl` call with several URLs: curl keeps one connection for all of them.
fn request(seen: &Observation, requests: u32) -> String {
    let path = format!("{API_PATH}?try=[1-{requests}]");
    let stack = seen.stack.as_ref();
    let host = stack
        .and_then(|stack| stack.proxy.as_ref())
        .and_then(|proxy| published(seen, proxy));
    match host {
        Some(Host::Port(80)) | None => format!("curl -s 'http://localhost{path}'"),
        Some(Host::Port(port)) => format!("curl -s 'http://localhost:{port}{path}'"),
        Some(Host::Printed(command)) => format!("curl -s \"http://$({command}){path}\""),
    }
}

/// Address of the proxy on the student's own machine.
enum Host {
    /// Fixed port of `localhost`.
    Port(u16),
    /// Command that prints the address, because Docker chooses the port.
    Printed(String),
}

fn published(seen: &Observation, proxy: &Proxy) -> Option<Host> {
    let service = seen.compose.as_ref()?.service(&proxy.service)?;
    let mut ports = service.ports.iter();
    let port = ports.find(|port| port.target == proxy.port)?;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    match port.published {
        Published::Fixed(port) => Some(Host::Port(port)),
        Published::Random | Published::Range(..) => {
            let name = Some(&service.name).filter(|name| name.chars().all(is_plain))?;
            Some(Host::Printed(format!(
                "docker-compose port {name} {}",
                proxy.port
            )))
        }
    }
}

/// Returns the command that shows which replica answered.
fn look(volley: &Volley, back_end: &str) -> String {
    match volley.witness {
        Witness::Logs | Witness::Nobody => format!("docker-compose logs {back_end} | grep try="),
        Witness::Counters => "docker stats --no-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use softy_checks::observation::{Compose, Port, Service, Stack};
    use softy_checks::{TASK6, Verdict};

    use super::super::sample::{bare, failed, report, volley};
    use super::*;

    fn measured() -> Report {
        let mut report = report([const { Status::Passed }; 4]);
        report.observation.volleys = vec![volley(&[1, 2], 20, 2), volley(&[2, 5, 1, 4, 3], 20, 5)];
        report
    }

    fn publishing(published: Published) -> Report {
        let mut report = measured();
        let port = Port {
            target: 80,
            published,
            place: None,
        };
        let proxy = Service {
            name: "proxy".to_owned(),
            place: None,
            container_name: None,
            fixed_address: None,
            ports: vec![port],
            depends_on: Vec::new(),
            builds: true,
            image: None,
        };
        report.observation.compose = Some(Compose {
            services: vec![proxy],
            ..Compose::default()
        });
        report.observation.stack = Some(Stack {
            containers: Vec::new(),
            proxy: Some(Proxy {
                service: "proxy".to_owned(),
                port: 80,
            }),
        });
        report
    }

    #[test]
    fn requests_go_to_the_port_that_the_compose_file_publishes() {
        let request = |published| commands(&publishing(published)).swap_remove(1);
        assert_eq!(
            request(Published::Fixed(80)),
            "curl -s 'http://localhost/api/hello?try=[1-6]'"
        );
        assert_eq!(
            request(Published::Fixed(8080)),
            "curl -s 'http://localhost:8080/api/hello?try=[1-6]'"
        );
        assert_eq!(
            request(Published::Random),
            "curl -s \"http://$(docker-compose port proxy 80)/api/hello?try=[1-6]\""
        );
    }

    #[test]
    fn silent_logs_are_no_place_to_look() {
        let mut report = measured();
        assert_eq!(
            commands(&report)[2],
            "docker-compose logs back-end | grep try="
        );
        report.observation.volleys[0].witness = Witness::Counters;
        assert_eq!(commands(&report)[2], "docker stats --no-stream");
    }

    #[test]
    fn what_failed_with_five_is_repeated_with_five() {
        assert_eq!(
            commands(&measured())[0],
            "docker-compose up --scale back-end=2"
        );
        let mut report = measured();
        let five = TASK6.iter().find(|check| check.id == "scales-further");
        report.verdicts = five
            .iter()
            .map(|check| Verdict {
                check,
                status: failed(bare()),
                notes: Vec::new(),
            })
            .collect();
        assert_eq!(
            commands(&report)[..2],
            [
                "docker-compose up --scale back-end=5",
                "curl -s 'http://localhost/api/hello?try=[1-15]'"
            ]
        );
    }

    #[test]
    fn nothing_measured_is_nothing_to_repeat() {
        assert!(commands(&report([const { Status::Passed }; 4])).is_empty());
    }
}
