use super::{configuration, stack_runs};
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text};
use crate::observation::{Observation, Outcome, Reply, Stage};
use crate::wording::codes;

/// `GET /` through the proxy serves the site: any status from 200 to 399, a redirection included.
///
/// Advice only: in many repositories the site is a git submodule without its address. Other people cannot fetch it, and its
/// folder is empty after a clone.
pub(super) static CHECK: Check = Check {
    id: "front-page",
    points: 0,
    after: &[&stack_runs::CHECK],
    stage: Stage::FrontPage,
    title: Text::fixed(
        "`/` shows the site through the proxy",
        "`/` montre le site à travers le proxy",
    ),
    mistakes: &[
        &SUBMODULE_EMPTY,
        &FRONT_PAGE_FORBIDDEN,
        &FRONT_PAGE_NOT_FOUND,
        &FRONT_PAGE_OTHER_STATUS,
        &FRONT_PAGE_NO_ANSWER,
    ],
    notes: &[STOCK_PAGE],
    judge,
};

const STOCK_PAGE: &str = "stock-page";

static SUBMODULE_EMPTY: Mistake = Mistake {
    code: "submodule-empty",
    hint: Text::fixed(
        "git keeps no empty folder: it is a submodule, a link to another repository, whose files are not in yours; clone your repository anew and look",
        "git ne garde aucun dossier vide : c’est un sous-module, un lien vers un autre dépôt, dont les fichiers ne sont pas dans le vôtre ; clonez votre dépôt à neuf et regardez",
    ),
};

static FRONT_PAGE_FORBIDDEN: Mistake = Mistake {
    code: "front-page-forbidden",
    hint: Text::fixed(
        "nginx answers 403 for a folder without `index.html`: what does the folder that the Dockerfile copies the site from hold?",
        "nginx répond 403 pour un dossier sans `index.html` : que contient le dossier d’où le Dockerfile copie le site ?",
    ),
};

static FRONT_PAGE_NOT_FOUND: Mistake = Mistake {
    code: "front-page-not-found",
    hint: Text::fixed(
        "compare where the Dockerfile copies the site to with the `root` that nginx serves",
        "comparez l’endroit où le Dockerfile copie le site avec le `root` que sert nginx",
    ),
};

static FRONT_PAGE_OTHER_STATUS: Mistake = Mistake {
    code: "front-page-other-status",
    hint: Text::fixed(
        "the proxy’s log names the server that it asked for `/`: is it the front-end, on the port that it listens on?",
        "le journal du proxy nomme le serveur interrogé pour `/` : est-ce le front-end, sur le port où il écoute ?",
    ),
};

static FRONT_PAGE_NO_ANSWER: Mistake = Mistake {
    code: "front-page-no-answer",
    hint: Text::fixed(
        "read the logs of the proxy and of the front-end for that request",
        "lisez les journaux du proxy et du front-end pour cette requête",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let reply = seen.seen(Stage::FrontPage, &seen.front_page)?;
    let judged = Judged::from_findings(unserved(seen, reply).into_iter().collect());
    Ok(judged.with_notes(stock_page(seen, reply).into_iter().collect()))
}

/// Returns a note on the welcome page of the nginx image: it is the proxy's own, or the site was copied elsewhere, or its
/// folder is empty.
fn stock_page(seen: &Observation, reply: &Reply) -> Option<Note> {
    match &reply.outcome {
        Outcome::Answered { body, .. } if body.contains("<title>Welcome to nginx!</title>") => {
            Some(Note {
                code: STOCK_PAGE,
                message: match configuration::passes_nothing_on(seen) {
                    true => Text::fixed(
                        "the page is the welcome page of the proxy’s own nginx, which passes nothing on",
                        "la page est celle de bienvenue du nginx du proxy lui-même, qui ne transmet rien",
                    ),
                    false => Text::fixed(
                        "the page is nginx’s own welcome page: the site is not where nginx looks for it, or its folder is empty",
                        "la page est celle de bienvenue de nginx : le site n’est pas là où nginx le cherche, ou son dossier est vide",
                    ),
                },
            })
        }
        Outcome::Answered { .. }
        | Outcome::Refused
        | Outcome::Broken { .. }
        | Outcome::TimedOut { .. }
        | Outcome::TooLarge { .. } => None,
    }
}

fn unserved(seen: &Observation, reply: &Reply) -> Option<Finding> {
    let mistake = match reply.outcome {
        Outcome::Answered {
            status: 200..=399, ..
        } => return None,
        Outcome::Answered { status: 403, .. } if !seen.empty_folders.is_empty() => {
            return Some(empty_submodule(&seen.empty_folders));
        }
        Outcome::Answered { status: 403, .. } => &FRONT_PAGE_FORBIDDEN,
        Outcome::Answered { status: 404, .. } => &FRONT_PAGE_NOT_FOUND,
        Outcome::Answered { .. } => &FRONT_PAGE_OTHER_STATUS,
        Outcome::Refused
        | Outcome::Broken { .. }
        | Outcome::TimedOut { .. }
        | Outcome::TooLarge { .. } => &FRONT_PAGE_NO_ANSWER,
    };
    let Text { en, fr } = reply.outcome.message();
    let finding = mistake.finding(Text::new(
        format!("expected a page for `GET /`: {en}"),
        format!("attendu : une page pour `GET /` ; {fr}"),
    ));
    let is_the_proxy_s = matches!(
        reply.outcome,
        Outcome::Answered {
            status: 502..=504,
            ..
        }
    );
    let place = is_the_proxy_s.then(|| configuration::passed_on(seen, "/"));
    let finding = finding.at(place.flatten());
    match reply.outcome == Outcome::Refused && !answers(seen) {
        true => Some(finding.following()),
        false => Some(finding),
    }
}

/// Returns whether the API answered through the same port. If no program listens on it, `api-answers` reports the cause.
fn answers(seen: &Observation) -> bool {
    let mut replies = seen.api.iter().flatten();
    replies.any(|reply| reply.outcome.is_hello())
}

fn empty_submodule(folders: &[String]) -> Finding {
    let folders = codes(folders);
    SUBMODULE_EMPTY.finding(Text::new(
        format!("expected a page for `GET /`: in what was handed in, {folders} is empty"),
        format!("attendu : une page pour `GET /` ; dans ce qui a été rendu, {folders} est vide"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unjudged;
    use crate::nginx::sample::site;
    use crate::observation::correct::{correct, reply};

    fn code(reply: Reply) -> Option<&'static str> {
        let front_page = Some(reply);
        let judged = judge(&Observation {
            front_page,
            ..correct()
        })
        .ok()?;
        judged.findings.first().map(|finding| finding.code)
    }

    fn answered(status: u16) -> Option<&'static str> {
        code(reply("/", status, ""))
    }

    #[test]
    fn a_page_or_a_redirection_passes() {
        assert_eq!(judge(&correct()), Ok(Judged::passed()));
        assert_eq!(answered(302), None);
    }

    #[test]
    fn a_page_that_is_not_the_students_is_noted() {
        let front_page = Some(reply(
            "/",
            200,
            "<html><head><title>Welcome to nginx!</title>",
        ));
        let judged = judge(&Observation {
            front_page,
            ..correct()
        });
        assert_eq!(judged.unwrap().notes[0].code, "stock-page");
    }

    #[test]
    fn the_welcome_page_of_a_proxy_that_passes_nothing_on_is_its_own() {
        let text = "server {\n listen 80;\n root /usr/share/nginx/html;\n}\n";
        let body = "<html><head><title>Welcome to nginx!</title>";
        let judged = judge(&Observation {
            front_page: Some(reply("/", 200, body)),
            nginx: Some(site(text)),
            ..correct()
        });
        let notes = judged.unwrap_or_default().notes;
        assert!(notes[0].message.en.contains("the proxy’s own nginx"));
    }

    #[test]
    fn where_nobody_listens_the_api_says_why() {
        let seen = |api| Observation {
            front_page: Some(Reply {
                path: "/".to_owned(),
                outcome: Outcome::Refused,
                location: None,
            }),
            api,
            ..correct()
        };
        let follows = |api| {
            let judged = judge(&seen(api)).unwrap_or_default();
            judged.findings.first().map(|finding| finding.consequence)
        };
        assert_eq!(follows(None), Some(true));
        assert_eq!(follows(correct().api), Some(false));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let seen = Observation {
            front_page: None,
            ..correct()
        };
        assert_eq!(judge(&seen), Err(Unjudged::Pending));
    }

    #[test]
    fn each_status_has_its_code() {
        assert_eq!(answered(403), Some("front-page-forbidden"));
        assert_eq!(answered(404), Some("front-page-not-found"));
        assert_eq!(answered(502), Some("front-page-other-status"));
    }

    #[test]
    fn a_forbidden_page_of_an_empty_folder_is_a_submodule() {
        let seen = Observation {
            front_page: Some(reply("/", 403, "")),
            empty_folders: vec!["task6/front-end/site".to_owned()],
            ..correct()
        };
        let finding = judge(&seen).map(|judged| judged.findings[0].code);
        assert_eq!(finding, Ok("submodule-empty"));
    }

    #[test]
    fn a_site_that_does_not_answer_is_where_the_proxy_passes_it_on() {
        let text = "server {\n location / { proxy_pass http://front-end:80; }\n}\n";
        let seen = |status| Observation {
            front_page: Some(reply("/", status, "")),
            nginx: Some(site(text)),
            ..correct()
        };
        let line = |status| {
            let finding = judge(&seen(status)).ok()?.findings.into_iter().next()?;
            finding.place.map(|place| place.line)
        };
        assert_eq!((line(502), line(404)), (Some(2), None));
    }

    #[test]
    fn no_http_answer_is_no_answer() {
        let path = "/".to_owned();
        let outcome = Outcome::TimedOut { seconds: 10 };
        let location = None;
        assert_eq!(
            code(Reply {
                path,
                outcome,
                location
            }),
            Some("front-page-no-answer")
        );
    }
}
