//! Messages of containers about access to the outside of their stack, which the sandbox blocks.

use crate::model::{Note, Text, Unjudged};
use crate::observation::{Container, Fault, FaultKind, Stack, State};
use crate::wording::code;

pub(super) const OUTSIDE_CLOSED: &str = "outside-closed";

/// Words before the name of a host that could not be reached, as apt, curl, git, wget, BusyBox, Node.js and Python's `requests`
/// write them.
const BEFORE_A_NAME: [&str; 9] = [
    "resolving '",
    "Could not resolve '",
    "Could not resolve host: ",
    "resolve host address '",
    "resolve host address ‘",
    "bad address '",
    "EAI_AGAIN ",
    "ENOTFOUND ",
    "ConnectionPool(host='",
];

/// Words of pip before each retry, which it prints without the name of the host.
const PIP_RETRIES: &str = "Retrying (Retry(";

/// Returns the fault for a stack that did not start because a container of it could not reach the outside: without the sandbox,
/// the same stack may start.
pub(super) fn fault(stack: &Stack) -> Option<Unjudged> {
    let mut kept_in = stack.containers.iter().filter(|container| {
        matches!(container.state, State::Silent { .. })
            || matches!(container.state, State::Exited { status } if status != 0)
    });
    let (container, line) = kept_in.find_map(|container| Some((container, attempt(container)?)))?;
    let words = format!("{}: {line}", container.service);
    Some(Unjudged::Fault(Fault::told(FaultKind::Closed, words)))
}

/// Returns a note on a container that tried to reach the outside, and runs nevertheless.
pub(super) fn note(stack: &Stack) -> Option<Note> {
    let mut running = stack.containers.iter();
    let container = running
        .find(|container| container.state == State::Running && attempt(container).is_some())?;
    let (name, line) = (stack.label(container), code(attempt(container)?));
    Some(Note {
        code: OUTSIDE_CLOSED,
        message: Text::new(
            format!(
                "{name} tried to reach the outside world, which the sandbox keeps closed: {line}"
            ),
            format!(
                "{name} a essayé d’atteindre le monde extérieur, que le bac à sable tient fermé : {line}"
            ),
        ),
    })
}

/// Returns the last line of a container's log that names a host outside of the stack.
fn attempt(container: &Container) -> Option<&str> {
    let mut lines = container.log.iter().rev().map(String::as_str);
    lines.find(|line| line.contains(PIP_RETRIES) || names_a_host(line))
}

/// Returns whether a line names a host outside of the stack: names inside a stack have no dot, and an address is not a name.
fn names_a_host(line: &str) -> bool {
    BEFORE_A_NAME.iter().any(|words| {
        let named = line.split_once(words).map(|(_, name)| name);
        named.is_some_and(|name| {
            let end = name.find(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_'))
            });
            let name = &name[..end.unwrap_or(name.len())];
            let top = name.trim_end_matches('.').rsplit_once('.');
            top.is_some_and(|(_, top)| top.starts_with(|first: char| first.is_ascii_alphabetic()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::container;

    fn stack(state: State, line: &str) -> Stack {
        Stack {
            containers: vec![
                container("back-end", 1),
                Container {
                    state,
                    log: vec![line.to_owned(), "the end".to_owned()],
                    ..container("back-end", 2)
                },
            ],
            proxy: None,
        }
    }

    #[test]
    fn programs_that_name_a_host_of_the_outside_world_are_not_graded() {
        let lines = [
            "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError(': /simple/flask/",
            "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'",
            "curl: (6) Could not resolve host: example.org",
            "fatal: unable to access 'https://example.org/x.git/': Could not resolve host: example.org",
            "wget: unable to resolve host address ‘example.org’",
            "wget: bad address 'example.org'",
            "npm ERR! request failed, reason: getaddrinfo EAI_AGAIN example.org",
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.example.org', port=443): Max retries exceeded",
        ];
        for line in lines {
            for state in [State::Exited { status: 1 }, State::Silent { seconds: 30 }] {
                let fault = fault(&stack(state, line));
                assert!(
                    matches!(
                        fault,
                        Some(Unjudged::Fault(Fault {
                            kind: FaultKind::Closed,
                            ..
                        }))
                    ),
                    "{line}"
                );
            }
            let note = note(&stack(State::Running, line));
            assert_eq!(note.map(|note| note.code), Some("outside-closed"), "{line}");
        }
    }

    #[test]
    fn names_of_the_stack_and_other_ends_are_the_submission_s() {
        let lines = [
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='redis', port=6379): Max retries exceeded",
            "curl: (6) Could not resolve host: back-end",
            "socket.gaierror: [Errno -2] Name or service not known",
            "nginx: [emerg] host not found in upstream \"task6.back-end\" in /etc/nginx/nginx.conf:3",
            "Could not resolve host: back-end.",
            "    app.run(host=\"0.0.0.0\", port=int(\"5252/tcp\"))",
            "    app.run(host='example.org')",
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=5252): Max retries exceeded",
        ];
        for line in lines {
            let stack = stack(State::Exited { status: 1 }, line);
            assert_eq!(fault(&stack), None, "{line}");
        }
        let finished = stack(State::Exited { status: 0 }, "Could not resolve host: a.b");
        assert_eq!(fault(&finished), None);
    }
}
