//! Causes of a missing answer of the API, from its own log and that of the proxy.

use crate::model::{Finding, Text};
use crate::observation::{Observation, Stack};
use crate::task6::stack_runs::program;

/// Advice if the request reached the server.
const HUNG_UP: Text = Text::fixed(
    "address and port are right: what does the API do with the request, and what does its log say at that moment?",
    "l’adresse et le port sont bons : que fait l’API de la requête, et que dit son journal à ce moment-là ?",
);

/// Adds the cause in the logs to a status that the proxy's configuration does not explain.
pub(super) fn explained(
    seen: &Observation,
    stack: &Stack,
    status: u16,
    finding: Finding,
) -> Finding {
    match status {
        500 => raised(seen, stack, finding),
        502 => closed(stack, finding),
        _ => finding,
    }
}

/// Adds an exception of Flask's, which answers 500 and continues.
fn raised(seen: &Observation, stack: &Stack, finding: Finding) -> Finding {
    let mut replicas = stack.replicas(seen.back_end());
    let raised = replicas.find_map(|replica| Some((replica, program::raised(&replica.log)?)));
    let Some((replica, raised)) = raised else {
        return finding;
    };
    let name = stack.label(replica);
    let Text { en, fr } = &finding.message;
    let message = Text::new(
        format!("{en}; {name} came upon a Python error{}", raised.en),
        format!("{fr} ; {name} a rencontré une erreur Python{}", raised.fr),
    );
    let finding = Finding { message, ..finding };
    finding.advising(program::PYTHON_ERROR.hint.clone())
}

/// Adds that the server accepted the request and closed the connection.
fn closed(stack: &Stack, finding: Finding) -> Finding {
    const SIGN: &str = "upstream prematurely closed connection";
    let proxy = stack.proxy.as_ref();
    let mut containers = proxy
        .into_iter()
        .flat_map(|proxy| stack.replicas(&proxy.service));
    if !containers.any(|container| container.log.iter().any(|line| line.contains(SIGN))) {
        return finding;
    }
    let Text { en, fr } = &finding.message;
    let message = Text::new(
        format!("{en}; the server that the proxy asked closed the connection before an answer"),
        format!("{fr} ; le serveur interrogé par le proxy a fermé la connexion avant de répondre"),
    );
    Finding { message, ..finding }.advising(HUNG_UP)
}

#[cfg(test)]
mod tests {
    use crate::model::Finding;
    use crate::observation::Observation;
    use crate::observation::correct::{correct, reply};

    /// Returns the first finding for an answer of this status, if a container of the service wrote these lines.
    fn found(status: u16, service: &str, log: &[&str]) -> Finding {
        let mut seen = Observation {
            api: Some(vec![reply("/api/hello", status, "")]),
            ..correct()
        };
        let containers = seen
            .stack
            .iter_mut()
            .flat_map(|stack| &mut stack.containers);
        for container in containers.filter(|container| container.service == service) {
            container.log = log.iter().map(|line| (*line).to_owned()).collect();
        }
        let judged = super::super::judge(&seen).unwrap();
        judged.findings.into_iter().next().unwrap()
    }

    #[test]
    fn an_exception_explains_status_500() {
        let log = [
            "Traceback (most recent call last):",
            "  File \"/srv/app.py\", line 10, in hello",
            "    return jsonify(\"Hello, World!\")",
            "NameError: name 'jsonify' is not defined",
            "172.19.0.5 - - [01/Jan/2026 10:00:00] \"GET /api/hello HTTP/1.0\" 500 -",
        ];
        let finding = found(500, "back-end", &log);
        assert_eq!(finding.code, "api-other-status");
        assert!(finding.message.en.ends_with(
            "; `back-end` 1 came upon a Python error, at line 10 of `/srv/app.py`: `NameError: name 'jsonify' is not defined`"
        ));
        let other = found(403, "back-end", &log);
        assert!(!other.message.en.contains("Python"));
    }

    #[test]
    fn a_server_that_hangs_up_was_reached() {
        let line = "[error] 10#10: *5 upstream prematurely closed connection while reading response header";
        let finding = found(502, "proxy", &[line]);
        assert_eq!(finding.code, "api-bad-gateway");
        assert!(finding.message.fr.contains("a fermé la connexion"));
        assert!(finding.hint.en.contains("port are right"));
        let refused = "[error] 10#10: *5 connect() failed (111: Connection refused)";
        assert!(
            found(502, "proxy", &[refused])
                .hint
                .en
                .contains("compare them")
        );
    }
}
