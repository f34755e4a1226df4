mod binds;
mod emergency;
mod limits;
mod outside;
pub(super) mod program;

use super::configuration::CONFIGURATION_EMPTY;
use super::script::{self, SCRIPT_CRLF, SCRIPT_NOT_EXECUTABLE};
use super::{can_scale, images_build};
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text, Unjudged};
use crate::observation::{Container, Limit, Observation, Stack, Stage, State};
use crate::wording::code;
use binds::BIND_OF_OTHER_KIND;
pub(super) use binds::{BIND_SOURCE_MISSING, missing};
use emergency::mistakes::{
    ENVSUBST_EMPTIED, HTTP_INSIDE_HTTP, MISSING_SEMICOLON, NGINX_CONFIGURATION, PLACEHOLDER_LEFT,
    PROXY_PASS_TWICE, PROXY_STARTS_FIRST, SERVER_OUTSIDE_HTTP, UPSTREAM_HOST_NOT_FOUND,
    UPSTREAM_WITH_PORT, USER_NOT_FOUND,
};

/// With two replicas of `back-end`, every container starts and stays up.
///
/// A container that runs but listens on no port passes here; `api-answers` sends it requests. If the exit of one container
/// makes another fail, the one that failed first is the mistake to fix. A container that does not start because it has no
/// access to the outside is not judged.
pub(super) static CHECK: Check = Check {
    id: "stack-runs",
    points: 10,
    after: &[&images_build::CHECK, &can_scale::CHECK],
    stage: Stage::Stack,
    title: Text::fixed(
        "every container starts and stays up",
        "chaque conteneur démarre et reste en marche",
    ),
    mistakes: &[
        &SCRIPT_CRLF,
        &SCRIPT_NOT_EXECUTABLE,
        &BIND_SOURCE_MISSING,
        &BIND_OF_OTHER_KIND,
        &USER_NOT_FOUND,
        &START_FAILED,
        &program::PYTHON_SYNTAX,
        &program::PYTHON_MODULE_MISSING,
        &program::PYTHON_ERROR,
        &program::SCRIPT_MISSING,
        &program::COMMAND_NOT_FOUND,
        &program::ADDRESS_IN_USE,
        &program::ONLY_PRINTS,
        &CONTAINER_EXITED,
        &CONTAINER_FINISHED,
        &OUT_OF_MEMORY,
        &DISK_LIMIT,
        &MISSING_SEMICOLON,
        &ENVSUBST_EMPTIED,
        &PROXY_PASS_TWICE,
        &UPSTREAM_WITH_PORT,
        &HTTP_INSIDE_HTTP,
        &SERVER_OUTSIDE_HTTP,
        &PLACEHOLDER_LEFT,
        &CONFIGURATION_EMPTY,
        &NGINX_CONFIGURATION,
        &PROXY_STARTS_FIRST,
        &UPSTREAM_HOST_NOT_FOUND,
        &DEPENDENCY_NOT_READY,
    ],
    notes: &[NO_DEPENDS_ON, outside::OUTSIDE_CLOSED],
    judge,
};

const NO_DEPENDS_ON: &str = "no-depends-on";

static START_FAILED: Mistake = Mistake {
    code: "start-failed",
    hint: Text::fixed(
        "the engine’s words name what it could not start: compare with `command`, `entrypoint` and `user`, and with `CMD` and `USER` of the Dockerfile",
        "les mots du moteur nomment ce qu’il n’a pas pu démarrer : comparez avec `command`, `entrypoint` et `user`, et avec `CMD` et `USER` du Dockerfile",
    ),
};

static CONTAINER_EXITED: Mistake = Mistake {
    code: "container-exited",
    hint: Text::fixed(
        "the last lines of its log say why it ended",
        "les dernières lignes de son journal disent pourquoi il s’est arrêté",
    ),
};

/// Advice for a container without a log.
const WITHOUT_A_WORD: Text = Text::fixed(
    "it wrote nothing to its log: what does its command do, and where can that end with an error?",
    "il n’a rien écrit dans son journal : que fait sa commande, et où peut-elle finir par une erreur ?",
);

static CONTAINER_FINISHED: Mistake = Mistake {
    code: "container-finished",
    hint: Text::fixed(
        "a container lives as long as its command: does `CMD` start a server, and does that server stay in the foreground?",
        "un conteneur vit aussi longtemps que sa commande : `CMD` lance-t-il un serveur, et ce serveur reste-t-il au premier plan ?",
    ),
};

static OUT_OF_MEMORY: Mistake = Mistake {
    code: "out-of-memory",
    hint: Text::fixed(
        "nginx and Flask need a fraction of that: what does the container keep in memory?",
        "nginx et Flask n’en demandent qu’une fraction : que garde le conteneur en mémoire ?",
    ),
};

static DISK_LIMIT: Mistake = Mistake {
    code: "disk-limit",
    hint: Text::fixed(
        "nginx and Flask write next to nothing while they serve: what does the container keep on disk?",
        "nginx et Flask n’écrivent presque rien quand ils servent : que garde le conteneur sur le disque ?",
    ),
};

static DEPENDENCY_NOT_READY: Mistake = Mistake {
    code: "dependency-not-ready",
    hint: Text::fixed(
        "look at the service it waits for, and at the `condition` that `depends_on` asks of it",
        "regardez le service attendu, et la `condition` que `depends_on` lui demande",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let stack = seen.seen(Stage::Stack, &seen.stack)?;
    if stack.replicas(seen.back_end()).count() < 2 {
        return Err(Unjudged::incomplete(&Text::fixed(
            "second container of the API",
            "deuxième conteneur de l’API",
        )));
    }
    if let Some(fault) = outside::fault(stack) {
        return Err(fault);
    }
    let notes = [
        start_race(seen, stack),
        outside::note(stack),
        limits::note(stack),
    ];
    Ok(Judged::from_findings(failed_containers(seen, stack))
        .with_notes(notes.into_iter().flatten().collect()))
}

/// Returns one finding per service and mistake for containers that did not stay up, causes before their consequences.
pub(super) fn failed_containers(seen: &Observation, stack: &Stack) -> Vec<Finding> {
    let mut failed_containers: Vec<(&str, Finding)> = Vec::new();
    for container in &stack.containers {
        let service = container.service.as_str();
        let Some(finding) = end(seen, stack, container) else {
            continue;
        };
        let is_known =
            |(other, known): &(&str, Finding)| *other == service && known.code == finding.code;
        if !failed_containers.iter().any(is_known) {
            failed_containers.push((service, finding.shown_by(stack.evidence(container))));
        }
    }
    failed_containers.sort_by_key(|(_, finding)| consequence(finding));
    failed_containers
        .into_iter()
        .map(|(_, finding)| finding)
        .collect()
}

/// Returns the distance of a mistake from its cause: a name is not found after its containers exited, and a service waits for
/// another.
fn consequence(finding: &Finding) -> u8 {
    match finding.code {
        code if code == DEPENDENCY_NOT_READY.code => 2,
        code if code == UPSTREAM_HOST_NOT_FOUND.code => 1,
        _ => 0,
    }
}

fn end(seen: &Observation, stack: &Stack, container: &Container) -> Option<Finding> {
    let name = stack.label(container);
    match &container.state {
        State::Running | State::Silent { .. } => None,
        State::Exited { status } => Some(exited(seen, container, &name, *status)),
        State::OutOfMemory { limit } => Some(out_of_memory(&name, *limit)),
        State::OverLimit { limit } => Some(over_limit(&name, *limit)),
        State::NotStarted { error } => Some(not_started(seen, container, &name, error)),
        State::Waiting { dependency } => Some(waiting(stack, &name, dependency)),
    }
}

/// Returns whether a container of the service has exited, or was never started.
fn is_down(stack: &Stack, service: &str) -> bool {
    let mut containers = stack.replicas(service);
    containers.any(|container| !matches!(container.state, State::Running | State::Silent { .. }))
}

fn exited(seen: &Observation, container: &Container, name: &str, status: i64) -> Finding {
    if let Some(finding) = emergency::cause(seen, container, name) {
        return finding;
    }
    let words = Text::new(format!("{name} ended"), format!("{name} s’est arrêté,"));
    let lines: Vec<&str> = container.log.iter().map(String::as_str).collect();
    if status != 0
        && let Some(finding) = stopped(seen, container, &lines, &words)
    {
        return finding;
    }
    if let Some(finding) = limits::file_too_large(container, name, status) {
        return finding;
    }
    if let Some(finding) = program::cause(container, name, status) {
        return finding;
    }
    let command = match container.command.is_empty() {
        true => String::new(),
        false => format!(" {}", code(&as_run(&container.command))),
    };
    match status {
        0 => CONTAINER_FINISHED.finding(Text::new(
            format!("expected {name} to stay up, but its command{command} ended by itself, without an error"),
            format!("{name} devait rester en marche ; sa commande{command} s’est terminée d’elle-même, sans erreur"),
        )),
        status => {
            let finding = CONTAINER_EXITED.finding(Text::new(
                format!("expected {name} to stay up, but its command{command} ended with exit status {status}"),
                format!("{name} devait rester en marche ; sa commande{command} s’est arrêtée avec le code de sortie {status}"),
            ));
            match container.log.is_empty() {
                true => finding.advising(WITHOUT_A_WORD),
                false => finding,
            }
        }
    }
}

/// Returns a command as it was run, with quotes around each word that contains white space, so that it shows how several lines
/// were joined.
fn as_run(command: &[String]) -> String {
    let quoted = |word: &String| match word.is_empty() || word.contains(char::is_whitespace) {
        true => format!("{word:?}"),
        false => word.clone(),
    };
    let words: Vec<String> = command.iter().map(quoted).collect();
    words.join(" ")
}

fn out_of_memory(name: &str, limit: u64) -> Finding {
    let megabytes = limit / (1024 * 1024);
    OUT_OF_MEMORY.finding(Text::new(
        format!("{name} was stopped because it took more memory than the sandbox gives it, {megabytes} MB"),
        format!("{name} a été arrêté : il prenait plus de mémoire que le bac à sable n’en donne, {megabytes} Mo"),
    ))
}

fn over_limit(name: &str, limit: Limit) -> Finding {
    let (en, fr) = match limit {
        Limit::Disk { bytes } => {
            let megabytes = bytes / (1024 * 1024);
            (
                format!("{megabytes} MB to disk"),
                format!("{megabytes} Mo sur le disque"),
            )
        }
        Limit::Files { count } => (format!("{count} files"), format!("{count} fichiers")),
    };
    DISK_LIMIT.finding(Text::new(
        format!("{name} was stopped because it wrote more than the sandbox lets it, {en}"),
        format!("{name} a été arrêté : il écrivait plus que le bac à sable ne le permet, {fr}"),
    ))
}

/// Returns the finding for a script or a bind that stopped a container, if the lines name one.
fn stopped(
    seen: &Observation,
    container: &Container,
    lines: &[&str],
    words: &Text,
) -> Option<Finding> {
    script::cause(&seen.scripts, &container.command, lines, words)
        .or_else(|| binds::cause(seen, &container.service, lines, words))
}

fn not_started(seen: &Observation, container: &Container, name: &str, error: &str) -> Finding {
    let words = Text::new(
        format!("{name} could not be started"),
        format!("{name} n’a pas pu être démarré,"),
    );
    if let Some(finding) = stopped(seen, container, &[error], &words) {
        return finding;
    }
    if let Some(finding) = program::not_found(name, error) {
        return finding;
    }
    if let Some((_, rest)) = error.split_once("unable to find user ") {
        let user = code(rest.split(": ").next().unwrap_or(rest));
        return USER_NOT_FOUND.finding(Text::new(
            format!("{name} could not be started: its image has no user {user}"),
            format!("{name} n’a pas pu être démarré : son image n’a pas d’utilisateur {user}"),
        ));
    }
    let error = code(error);
    START_FAILED.finding(Text::new(
        format!("{name} could not be started: {error}"),
        format!("{name} n’a pas pu être démarré : {error}"),
    ))
}

fn waiting(stack: &Stack, name: &str, dependency: &str) -> Finding {
    let shown = code(dependency);
    let finding = DEPENDENCY_NOT_READY.finding(Text::new(
        format!("{name} was not started: {shown}, which it depends on, did not become ready"),
        format!("{name} n’a pas été démarré : {shown}, dont il dépend, n’est pas devenu prêt"),
    ));
    match is_down(stack, dependency) {
        true => finding.following(),
        false => finding,
    }
}

/// Returns a note on a proxy that does not wait for the API servers: nginx exits if it cannot resolve a name of its
/// configuration, so the proxy may lose a race at the start.
fn start_race(seen: &Observation, stack: &Stack) -> Option<Note> {
    let proxy = &stack.proxy.as_ref()?.service;
    let compose = seen.compose.as_ref()?;
    if compose.service(proxy).is_none() || compose.starts_after(proxy, &compose.back_end) {
        return None;
    }
    let (proxy, back_end) = (code(proxy), code(&compose.back_end));
    Some(Note {
        code: NO_DEPENDS_ON,
        message: Text::new(
            format!(
                "{proxy} does not depend on {back_end}: when it starts first, nginx does not find that name and stops"
            ),
            format!(
                "{proxy} ne dépend pas de {back_end} : s’il démarre le premier, nginx ne trouve pas ce nom et s’arrête"
            ),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Compose;
    use crate::observation::correct::{compose, container, correct, service};

    fn judged(containers: Vec<Container>) -> Judgement {
        let proxy = correct().stack.and_then(|stack| stack.proxy);
        let stack = Some(Stack { containers, proxy });
        judge(&Observation { stack, ..correct() })
    }

    fn found(state: State, log: &[&str]) -> Vec<Finding> {
        let proxy = Container {
            state,
            log: log.iter().map(|line| (*line).to_owned()).collect(),
            ..container("proxy", 1)
        };
        let containers = vec![container("back-end", 1), container("back-end", 2), proxy];
        judged(containers).unwrap_or_default().findings
    }

    fn codes(state: State, log: &[&str]) -> Vec<&'static str> {
        found(state, log)
            .iter()
            .map(|finding| finding.code)
            .collect()
    }

    fn emergency(line: &str) -> Vec<Finding> {
        found(
            State::Exited { status: 1 },
            &["/docker-entrypoint.sh: ready", line],
        )
    }

    #[test]
    fn containers_that_stay_up_pass() {
        assert!(codes(State::Running, &[]).is_empty());
        assert!(codes(State::Silent { seconds: 20 }, &[]).is_empty());
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        assert!(matches!(judged(Vec::new()), Err(Unjudged::Fault(_))));
        assert!(matches!(
            judged(vec![container("back-end", 1)]),
            Err(Unjudged::Fault(_))
        ));
    }

    #[test]
    fn each_end_has_its_code() {
        let error = "unable to find user flask: no matching entries in passwd file".to_owned();
        let dependency = "back-end".to_owned();
        assert_eq!(codes(State::NotStarted { error }, &[]), ["user-not-found"]);
        let error = "error setting hostname".to_owned();
        assert_eq!(codes(State::NotStarted { error }, &[]), ["start-failed"]);
        assert_eq!(
            codes(State::Exited { status: 2 }, &[]),
            ["container-exited"]
        );
        assert_eq!(
            codes(State::Exited { status: 0 }, &[]),
            ["container-finished"]
        );
        assert_eq!(
            codes(State::OutOfMemory { limit: 1 << 28 }, &[]),
            ["out-of-memory"]
        );
        for limit in [
            Limit::Disk { bytes: 1 << 28 },
            Limit::Files { count: 9_000 },
        ] {
            assert_eq!(codes(State::OverLimit { limit }, &[]), ["disk-limit"]);
        }
        assert_eq!(
            codes(State::Waiting { dependency }, &[]),
            ["dependency-not-ready"]
        );
    }

    #[test]
    fn a_limit_is_told_by_its_number() {
        let message = |state| found(state, &[]).remove(0).message;
        let memory = message(State::OutOfMemory { limit: 256 << 20 });
        assert!(memory.en.ends_with(" 256 MB"));
        assert!(memory.fr.contains(" 256 Mo"));
        for (limit, en, fr) in [
            (
                Limit::Disk { bytes: 512 << 20 },
                ", 512 MB to disk",
                ", 512 Mo sur le disque",
            ),
            (
                Limit::Files { count: 9_000 },
                ", 9000 files",
                ", 9000 fichiers",
            ),
        ] {
            let text = message(State::OverLimit { limit });
            assert!(text.en.ends_with(en), "{}", text.en);
            assert!(text.fr.ends_with(fr), "{}", text.fr);
        }
    }

    #[test]
    fn nginx_says_which_line_it_refuses() {
        let line = "nginx: [emerg] unexpected \"}\" in /etc/nginx/conf.d/default.conf:9";
        let found = emergency(line);
        assert_eq!(found[0].code, "nginx-configuration");
        assert!(
            found[0]
                .message
                .en
                .contains("line 9 of `/etc/nginx/conf.d/default.conf`: `unexpected \"}\"`")
        );
        assert_eq!(found[0].evidence[0].lines.len(), 2);
    }

    #[test]
    fn nginx_says_which_name_it_does_not_find() {
        let line = "2026/01/01 10:00:00 [emerg] 1#1: host not found in upstream \"backend\" in /etc/nginx/nginx.conf:3";
        let found = emergency(line);
        assert_eq!(found[0].code, "upstream-host-not-found");
        assert!(found[0].message.en.contains("`backend`"));
    }

    #[test]
    fn an_emergency_without_a_line_is_quoted() {
        let found = emergency("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)");
        assert_eq!(found[0].code, "nginx-configuration");
        assert!(found[0].hint.en.starts_with("`listen` takes"));
        assert!(
            found[0]
                .message
                .fr
                .contains("`bind() to 0.0.0.0:80 failed (13: Permission denied)`")
        );
    }

    #[test]
    fn the_cause_comes_before_who_waits_for_it_once_a_service() {
        let waiting = State::Waiting {
            dependency: "back-end".to_owned(),
        };
        let exited = State::Exited { status: 1 };
        let containers = vec![
            Container {
                state: waiting,
                ..container("proxy", 1)
            },
            Container {
                state: exited.clone(),
                ..container("back-end", 1)
            },
            Container {
                state: exited,
                ..container("back-end", 2)
            },
        ];
        let findings = judged(containers).unwrap_or_default().findings;
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["container-exited", "dependency-not-ready"]);
        assert!(findings[0].message.en.contains("`back-end` 1"));
        assert_eq!(
            [false, true],
            [0, 1].map(|index: usize| findings[index].consequence)
        );
    }

    #[test]
    fn each_service_has_a_finding_of_its_own_for_each_end() {
        let ended = |service, number, state| Container {
            state,
            ..container(service, number)
        };
        let containers = vec![
            ended("back-end", 1, State::Exited { status: 1 }),
            ended("back-end", 2, State::OutOfMemory { limit: 1 << 28 }),
            ended("front-end", 1, State::Exited { status: 1 }),
        ];
        let findings = judged(containers).unwrap_or_default().findings;
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(
            codes,
            ["container-exited", "out-of-memory", "container-exited"]
        );
    }

    #[test]
    fn who_waits_for_a_service_that_runs_has_no_other_mistake_to_follow() {
        let dependency = "back-end".to_owned();
        let waiting = found(State::Waiting { dependency }, &[]).remove(0);
        assert_eq!(waiting.code, "dependency-not-ready");
        assert!(!waiting.consequence);
    }

    #[test]
    fn a_name_is_not_found_as_a_consequence_when_its_containers_ended() {
        let log = "2026/01/01 10:00:00 [emerg] 1#1: host not found in upstream \"back-end\" in /etc/nginx/nginx.conf:3";
        let exited = State::Exited { status: 1 };
        let proxy = Container {
            state: exited.clone(),
            log: vec![log.to_owned()],
            ..container("proxy", 1)
        };
        let back_end = |number, state: &State| Container {
            state: state.clone(),
            ..container("back-end", number)
        };
        let found = |state: &State| {
            let replicas = [back_end(1, state), back_end(2, state)];
            let containers = [proxy.clone()].into_iter().chain(replicas);
            let findings = judged(containers.collect()).unwrap_or_default().findings;
            let found = findings.iter();
            found
                .map(|finding| (finding.code, finding.consequence))
                .collect::<Vec<_>>()
        };
        let known = ("container-exited", false);
        assert_eq!(found(&exited), [known, ("upstream-host-not-found", true)]);
        assert_eq!(found(&State::Running), [("upstream-host-not-found", false)]);
    }

    #[test]
    fn an_end_without_a_word_is_not_looked_up_in_its_log() {
        let hint = |log: &[&str]| found(State::Exited { status: 3 }, log)[0].hint.en.clone();
        assert!(hint(&[]).contains("wrote nothing"));
        assert!(hint(&["out of paper"]).contains("last lines"));
    }

    #[test]
    fn a_proxy_that_does_not_wait_is_noted() {
        let services = vec![service("back-end"), service("proxy")];
        let compose = Compose {
            services,
            ..compose()
        };
        let judged = judge(&Observation {
            compose: Some(compose),
            ..correct()
        })
        .unwrap_or_default();
        assert!(judged.findings.is_empty());
        assert_eq!(judged.notes[0].code, "no-depends-on");
    }

    #[test]
    fn a_proxy_that_waits_for_a_service_that_waits_is_not() {
        let after = |name: &str, other: &str| crate::observation::Service {
            depends_on: vec![other.to_owned()],
            ..service(name)
        };
        let services = vec![
            service("back-end"),
            after("front-end", "back-end"),
            after("proxy", "front-end"),
        ];
        let compose = Compose {
            services,
            ..compose()
        };
        assert_eq!(
            judge(&Observation {
                compose: Some(compose),
                ..correct()
            }),
            Ok(Judged::passed())
        );
    }
}
