mod causes;
#[cfg(test)]
mod causes_tests;
mod logged;
#[cfg(test)]
mod tests;

use super::configuration::{self, CONFIGURATION_EMPTY, RATE_LIMITED};
use super::stack_runs;
use crate::model::{Check, Evidence, Finding, Judged, Judgement, Mistake, Text, Unjudged};
use crate::observation::{Container, Observation, Outcome, Reply, Stack, Stage, State};
use crate::wording::{code, codes};

/// `GET /api/hello` through the proxy answers with status 200 and `Hello, World!`.
///
/// White space around the body does not matter. The request is sent several times, each on a new connection: the first answer
/// decides, and each later one must be as good. A server that listens on no port, or only on a loopback address of its
/// container, is found before the first request to the API.
pub(super) static CHECK: Check = Check {
    id: "api-answers",
    points: 10,
    after: &[&stack_runs::CHECK],
    stage: Stage::Api,
    title: Text::fixed(
        "`/api/hello` answers `Hello, World!` through the proxy",
        "`/api/hello` répond `Hello, World!` à travers le proxy",
    ),
    mistakes: &[
        &NO_PROXY,
        &BACK_END_SILENT,
        &LOOPBACK_ONLY,
        &PROXY_SILENT,
        &CONFIGURATION_EMPTY,
        &stack_runs::BIND_SOURCE_MISSING,
        &causes::SERVER_NOT_CHOSEN,
        &causes::CONFIGURATION_NOT_READ,
        &causes::CONFIGURATION_NOT_COPIED,
        &causes::API_TO_FRONT_END,
        &causes::PATH_STRIPPED,
        &causes::WRONG_PORT,
        &RATE_LIMITED,
        &API_NOT_FOUND,
        &API_BAD_GATEWAY,
        &API_OTHER_STATUS,
        &API_OTHER_BODY,
        &API_NO_ANSWER,
        &API_SOMETIMES_FAILS,
    ],
    notes: &[],
    judge,
};

static NO_PROXY: Mistake = Mistake {
    code: "no-proxy",
    hint: Text::fixed(
        "requests come in through the proxy: which service of the compose file is it, and does its `ports` open a port of the host?",
        "les requêtes entrent par le proxy : quel service du fichier compose est-ce, et son `ports` ouvre-t-il un port de l’hôte ?",
    ),
};

static BACK_END_SILENT: Mistake = Mistake {
    code: "back-end-silent",
    hint: Text::fixed(
        "what does the container run? its log should tell on which address and port the server listens",
        "que fait tourner le conteneur ? son journal devrait dire sur quelle adresse et quel port le serveur écoute",
    ),
};

static LOOPBACK_ONLY: Mistake = Mistake {
    code: "loopback-only",
    hint: Text::fixed(
        "`127.0.0.1` is the container itself: look for the address that Flask is told to listen on (`host`)",
        "`127.0.0.1`, c’est le conteneur lui-même : cherchez l’adresse sur laquelle on dit à Flask d’écouter (`host`)",
    ),
};

static PROXY_SILENT: Mistake = Mistake {
    code: "proxy-silent",
    hint: Text::fixed(
        "compare the port in the proxy’s `ports` with the one that nginx is told to `listen` on",
        "comparez le port dans `ports` du proxy avec celui sur lequel nginx doit écouter (`listen`)",
    ),
};

static API_NOT_FOUND: Mistake = Mistake {
    code: "api-not-found",
    hint: Text::fixed(
        "which path does the API receive? its log tells; when it received none, another server answered: look at `location` and the end of `proxy_pass`",
        "quel chemin l’API reçoit-elle ? son journal le dit ; si elle n’a rien reçu, un autre serveur a répondu : regardez `location` et la fin de `proxy_pass`",
    ),
};

static API_BAD_GATEWAY: Mistake = Mistake {
    code: "api-bad-gateway",
    hint: Text::fixed(
        "the proxy got no answer from the server it asked: its log names the address and port, compare them with where the API listens",
        "le proxy n’a pas eu de réponse du serveur qu’il a interrogé : son journal nomme l’adresse et le port, comparez-les avec ceux où l’API écoute",
    ),
};

static API_OTHER_STATUS: Mistake = Mistake {
    code: "api-other-status",
    hint: Text::fixed(
        "the logs of the API and of the proxy tell which of the two gave that status",
        "les journaux de l’API et du proxy disent lequel des deux a donné ce statut",
    ),
};

static API_OTHER_BODY: Mistake = Mistake {
    code: "api-other-body",
    hint: Text::fixed(
        "who answered: the function behind `/api/hello`, or another page? compare what it returns, character by character",
        "qui a répondu : la fonction derrière `/api/hello`, ou une autre page ? comparez ce qu’elle renvoie, caractère par caractère",
    ),
};

static API_NO_ANSWER: Mistake = Mistake {
    code: "api-no-answer",
    hint: Text::fixed(
        "read the logs of the proxy and of the API for that request: where does it get stuck?",
        "lisez les journaux du proxy et de l’API pour cette requête : où reste-t-elle bloquée ?",
    ),
};

static API_SOMETIMES_FAILS: Mistake = Mistake {
    code: "api-sometimes-fails",
    hint: Text::fixed(
        "are there servers in the proxy’s list that are not there, or replicas that differ from the others?",
        "la liste du proxy contient-elle des serveurs qui n’existent pas, ou une réplique différente des autres ?",
    ),
};

/// Advice for an answer that redirects the client.
const REDIRECTED: Text = Text::fixed(
    "a redirection answers nothing by itself: does anything of the stack listen at that address? within it `http` on the published port is enough",
    "une redirection ne répond rien d’elle-même : quelque chose de la pile écoute-t-il à cette adresse ? ici, `http` sur le port publié suffit",
);

fn judge(seen: &Observation) -> Judgement {
    let stack = seen.seen(Stage::Stack, &seen.stack)?;
    let unreachable = unreachable(seen, stack);
    if !unreachable.is_empty() {
        return Ok(Judged::from_findings(unreachable));
    }
    match seen.seen(Stage::Api, &seen.api)?.as_slice() {
        [] => Err(Unjudged::incomplete(&Text::fixed(
            "reply to `GET /api/hello`",
            "réponse à `GET /api/hello`",
        ))),
        [first, later @ ..] => {
            let finding = unfit(seen, stack, first)
                .map(|finding| caused(seen, stack, first, finding))
                .or_else(|| sometimes(seen, stack, later));
            Ok(Judged::from_findings(finding.into_iter().collect()))
        }
    }
}

/// Returns the mistakes that block every request, as far as the containers alone show them.
fn unreachable(seen: &Observation, stack: &Stack) -> Vec<Finding> {
    let Some(proxy) = &stack.proxy else {
        let back_end = code(seen.back_end());
        return vec![NO_PROXY.finding(Text::new(
            format!("no service but {back_end} publishes a port, so there is no proxy to ask"),
            format!("aucun service, hors {back_end}, ne publie de port : il n’y a pas de proxy à interroger"),
        ))];
    };
    let back_end = stack
        .replicas(seen.back_end())
        .find_map(|replica| unheard(stack, replica));
    let proxy = stack
        .replicas(&proxy.service)
        .find_map(|container| {
            silent_proxy(stack, container).or_else(|| loopback_proxy(stack, container))
        })
        .map(|finding| causes::silent(seen, stack, finding));
    back_end.into_iter().chain(proxy).collect()
}

fn unheard(stack: &Stack, replica: &Container) -> Option<Finding> {
    let finding = match replica.state {
        State::Silent { seconds } => Some(silent(&stack.label(replica), seconds)),
        State::Running => loopback(stack, replica),
        State::Exited { .. }
        | State::OutOfMemory { .. }
        | State::OverLimit { .. }
        | State::NotStarted { .. }
        | State::Waiting { .. } => None,
    };
    Some(finding?.shown_by(stack.evidence(replica)))
}

fn silent(name: &str, seconds: u64) -> Finding {
    BACK_END_SILENT.finding(Text::new(
        format!("{name} runs, but after {seconds} s it listens on no port"),
        format!("{name} tourne, mais après {seconds} s il n’écoute sur aucun port"),
    ))
}

fn loopback(stack: &Stack, replica: &Container) -> Option<Finding> {
    if !replica.listens_to_itself() {
        return None;
    }
    let (name, found) = (stack.label(replica), codes(&replica.listening));
    Some(LOOPBACK_ONLY.finding(Text::new(
        format!("{name} listens on {found}, which nobody outside its container can reach"),
        format!("{name} écoute sur {found}, que personne ne peut atteindre hors de son conteneur"),
    )))
}

/// Returns the finding for a proxy that only requests from its own container reach.
fn loopback_proxy(stack: &Stack, container: &Container) -> Option<Finding> {
    if container.state != State::Running || !container.listens_to_itself() {
        return None;
    }
    let (name, found) = (stack.label(container), codes(&container.listening));
    let finding = LOOPBACK_ONLY.finding(Text::new(
        format!("{name} listens on {found}, which nobody outside its container can reach"),
        format!("{name} écoute sur {found}, que personne ne peut atteindre hors de son conteneur"),
    ));
    let finding = finding.advising(Text::fixed(
        "requests come from outside of the proxy’s container: look for the address in its `listen`",
        "les requêtes viennent d’en dehors du conteneur du proxy : cherchez l’adresse dans son `listen`",
    ));
    Some(finding.shown_by(stack.evidence(container)))
}

fn silent_proxy(stack: &Stack, container: &Container) -> Option<Finding> {
    let State::Silent { seconds } = container.state else {
        return None;
    };
    let name = stack.label(container);
    let finding = PROXY_SILENT.finding(Text::new(
        format!(
            "{name} runs, but after {seconds} s it does not listen on the port that it publishes"
        ),
        format!("{name} tourne, mais après {seconds} s il n’écoute pas sur le port qu’il publie"),
    ));
    Some(finding.shown_by(stack.evidence(container)))
}

/// Replaces the finding of a reply by its cause, if the proxy's configuration shows the cause.
fn caused(seen: &Observation, stack: &Stack, reply: &Reply, finding: Finding) -> Finding {
    if let Some(limited) = limited(seen, reply, &finding) {
        return limited;
    }
    match reply.outcome {
        Outcome::Answered { status, .. } => {
            let symptom = finding.code;
            let finding = causes::explained(seen, stack, Some(status), finding);
            match finding.code == symptom {
                true => logged::explained(seen, stack, status, finding),
                false => finding,
            }
        }
        Outcome::Refused => other_version(stack, causes::silent(seen, stack, finding)),
        Outcome::Broken { .. } => other_version(stack, finding),
        Outcome::TimedOut { .. } | Outcome::TooLarge { .. } => finding,
    }
}

/// Returns the finding for a reply that a limit of the proxy refuses.
fn limited(seen: &Observation, reply: &Reply, finding: &Finding) -> Option<Finding> {
    reply.outcome.refused()?;
    let limited = configuration::limited(seen, causes::PATH, &finding.message)?;
    Some(limited.shown_by(finding.evidence.clone()))
}

/// Adds that the proxy listens on its port only at IPv6 addresses, if it does.
fn other_version(stack: &Stack, finding: Finding) -> Finding {
    let mut proxies = stack.proxy.iter().flat_map(|proxy| {
        let containers = stack.replicas(&proxy.service);
        containers.map(move |container| (proxy.port, container))
    });
    let found = proxies.find(|(port, container)| container.listens_to_version_6(*port));
    let Some((_, container)) = found else {
        return finding;
    };
    let (name, found) = (stack.label(container), codes(&container.listening));
    let Text { en, fr } = &finding.message;
    let message = Text::new(
        format!("{en}; {name} listens on {found}, and requests come in at its IPv4 address"),
        format!("{fr} ; {name} écoute sur {found}, et les requêtes arrivent à son adresse IPv4"),
    );
    let finding = Finding { message, ..finding };
    finding.advising(Text::fixed(
        "an address in brackets is one of IPv6: what does `listen` need for IPv4 beside it, or instead?",
        "une adresse entre crochets est une adresse IPv6 : que faut-il à `listen` pour IPv4, en plus ou à la place ?",
    ))
}

/// Returns the finding for an incorrect reply.
fn unfit(seen: &Observation, stack: &Stack, reply: &Reply) -> Option<Finding> {
    if reply.outcome.is_hello() {
        return None;
    }
    let mistake = match &reply.outcome {
        Outcome::Answered { status: 200, body } => return Some(other_body(body)),
        Outcome::Answered { status: 404, .. } => &API_NOT_FOUND,
        Outcome::Answered {
            status: 502..=504, ..
        } => &API_BAD_GATEWAY,
        Outcome::Answered { .. } => &API_OTHER_STATUS,
        Outcome::Refused => &PROXY_SILENT,
        Outcome::Broken { .. } | Outcome::TimedOut { .. } | Outcome::TooLarge { .. } => {
            &API_NO_ANSWER
        }
    };
    let Text { en, fr } = reply.outcome.message();
    let (leads, mene) = match reply.location.as_deref().map(code) {
        Some(location) => (
            format!(", and its `Location` leads to {location}"),
            format!(", et son `Location` mène à {location}"),
        ),
        None => Default::default(),
    };
    let message = Text::new(
        format!("expected status 200 for `GET /api/hello`: {en}{leads}"),
        format!("attendu : le statut 200 pour `GET /api/hello` ; {fr}{mene}"),
    );
    let finding = mistake.finding(message).shown_by(logs(seen, stack));
    if reply.location.is_none() {
        return Some(finding);
    }
    let place = causes::redirection(seen, stack);
    Some(finding.advising(REDIRECTED).at(place))
}

fn other_body(body: &str) -> Finding {
    if body.trim().is_empty() {
        return API_OTHER_BODY.finding(Text::fixed(
            "expected `Hello, World!` from `GET /api/hello`, but the answer is empty",
            "attendu : `Hello, World!` pour `GET /api/hello` ; la réponse est vide",
        ));
    }
    let body = code(body.trim());
    API_OTHER_BODY.finding(Text::new(
        format!("expected `Hello, World!` from `GET /api/hello`, but the answer is {body}"),
        format!("attendu : `Hello, World!` pour `GET /api/hello` ; la réponse est {body}"),
    ))
}

/// Returns the finding for incorrect replies after a correct first one.
fn sometimes(seen: &Observation, stack: &Stack, later: &[Reply]) -> Option<Finding> {
    let failed = later.iter().filter(|reply| !reply.outcome.is_hello());
    let failed: Vec<&Reply> = failed.collect();
    let first = *failed.first()?;
    let Text { en, fr } = match &first.outcome {
        Outcome::Answered { status: 200, body } => other_body(body).message,
        outcome => outcome.message(),
    };
    let (failed, sent) = (failed.len(), later.len() + 1);
    let message = Text::new(
        format!(
            "the first of {sent} requests got the right answer, {failed} of the others did not: {en}"
        ),
        format!(
            "la première des {sent} requêtes a eu la bonne réponse, mais pas {failed} des autres : {fr}"
        ),
    );
    let finding = API_SOMETIMES_FAILS
        .finding(message)
        .shown_by(logs(seen, stack));
    Some(limited(seen, first, &finding).unwrap_or(finding))
}

/// Returns the log of the proxy and of one API server: one whose log shows a request, if there is one.
fn logs(seen: &Observation, stack: &Stack) -> Vec<Evidence> {
    let proxy = stack
        .proxy
        .iter()
        .flat_map(|proxy| stack.replicas(&proxy.service));
    let is_asked = |replica: &&Container| replica.log.iter().any(|line| line.contains("HTTP/1."));
    let replica = stack.replicas(seen.back_end()).find(is_asked);
    let replica = replica.or_else(|| stack.replicas(seen.back_end()).next());
    proxy
        .chain(replica)
        .flat_map(|container| stack.evidence(container))
        .collect()
}
