use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text};
use crate::observation::{Compose, Observation, Problem, ProblemKind, Service, Stage};
use crate::wording::{code, codes};

/// `task6` has a compose file that Compose accepts, and that file has a service `back-end`.
///
/// Compose searches for `compose.yaml`, `compose.yml`, `docker-compose.yml` and `docker-compose.yaml`. Anything that Compose
/// would reject is a mistake here, each problem with its place; anything that it accepts with a warning is a note.
pub(super) static CHECK: Check = Check {
    id: "compose-file",
    points: 5,
    after: &[],
    stage: Stage::Compose,
    title: Text::fixed(
        "the compose file is valid and has a service `back-end`",
        "le fichier compose est valide et a un service `back-end`",
    ),
    mistakes: &[
        &COMPOSE_MISSING,
        &COMPOSE_MISNAMED,
        &COMPOSE_UNREADABLE,
        &COMPOSE_SYNTAX,
        &COMPOSE_DUPLICATE_KEY,
        &COMPOSE_UNKNOWN_KEY,
        &COMPOSE_WRONG_TYPE,
        &COMPOSE_INVALID_VALUE,
        &COMPOSE_UNDEFINED_NAME,
        &HOST_PORT_TAKEN,
        &CONTAINER_NAME_TAKEN,
        &IMAGE_NAME_INVALID,
        &IMAGE_NAME_TAKEN,
        &ENGINE_REFUSES,
        &BACK_END_MISSING,
        &SEPARATE_SERVICES,
    ],
    notes: &[COMPOSE_ODDITY],
    judge,
};

const COMPOSE_ODDITY: &str = "compose-oddity";

static COMPOSE_MISSING: Mistake = Mistake {
    code: "compose-missing",
    hint: Text::fixed(
        "`task6` begins as a copy of `task5`: which files of that folder did not come along?",
        "`task6` commence comme une copie de `task5` : quels fichiers de ce dossier n’ont pas suivi ?",
    ),
};

static COMPOSE_MISNAMED: Mistake = Mistake {
    code: "compose-misnamed",
    hint: Text::fixed(
        "compare the name, character by character, with the one in the exercise; Linux tells upper from lower case",
        "comparez le nom, caractère par caractère, avec celui de l’exercice ; Linux distingue majuscules et minuscules",
    ),
};

static COMPOSE_UNREADABLE: Mistake = Mistake {
    code: "compose-unreadable",
    hint: Text::fixed(
        "`ls -l task6` and `file task6/*` show whether the file is there, of what kind, how large, and in which encoding",
        "`ls -l task6` et `file task6/*` montrent si le fichier est là, son genre, sa taille et son encodage",
    ),
};

static COMPOSE_SYNTAX: Mistake = Mistake {
    code: "compose-syntax",
    hint: Text::fixed(
        "look at this line and the one above: indentation in spaces, a space after each `:`, quotes that are closed",
        "regardez cette ligne et celle du dessus : indentation en espaces, un espace après chaque `:`, guillemets refermés",
    ),
};

static COMPOSE_DUPLICATE_KEY: Mistake = Mistake {
    code: "compose-duplicate-key",
    hint: Text::fixed(
        "a key stands once at its level: which of the two is meant?",
        "une clé figure une seule fois à son niveau : laquelle des deux est la bonne ?",
    ),
};

static COMPOSE_UNKNOWN_KEY: Mistake = Mistake {
    code: "compose-unknown-key",
    hint: Text::fixed(
        "check the spelling and the indentation: a key at the wrong depth belongs to something else",
        "vérifiez l’orthographe et l’indentation : une clé à la mauvaise profondeur appartient à autre chose",
    ),
};

static COMPOSE_WRONG_TYPE: Mistake = Mistake {
    code: "compose-wrong-type",
    hint: Text::fixed(
        "the compose file reference says whether a key takes a text, a list (lines with `-`) or further keys",
        "la référence du fichier compose dit si une clé prend un texte, une liste (lignes avec `-`) ou d’autres clés",
    ),
};

static COMPOSE_INVALID_VALUE: Mistake = Mistake {
    code: "compose-invalid-value",
    hint: Text::fixed(
        "the compose file reference says what this key may hold, and what it can stand beside",
        "la référence du fichier compose dit ce que cette clé peut contenir, et avec quoi elle se combine",
    ),
};

static COMPOSE_UNDEFINED_NAME: Mistake = Mistake {
    code: "compose-undefined-name",
    hint: Text::fixed(
        "a name that is used must be defined in the same file: compare the spelling in both places",
        "un nom utilisé doit être défini dans le même fichier : comparez l’orthographe aux deux endroits",
    ),
};

static HOST_PORT_TAKEN: Mistake = Mistake {
    code: "host-port-taken",
    hint: Text::fixed(
        "the left side of `8080:80` is a port of the machine, which one container at a time can have: which services does a browser reach directly?",
        "la partie gauche de `8080:80` est un port de la machine, qu’un seul conteneur à la fois peut avoir : quels services un navigateur joint-il directement ?",
    ),
};

static CONTAINER_NAME_TAKEN: Mistake = Mistake {
    code: "container-name-taken",
    hint: Text::fixed(
        "the engine gives a name to one container only: which services need a `container_name` at all?",
        "le moteur ne donne un nom qu’à un seul conteneur : quels services ont vraiment besoin d’un `container_name` ?",
    ),
};

static IMAGE_NAME_INVALID: Mistake = Mistake {
    code: "image-name-invalid",
    hint: Text::fixed(
        "names of images are made of small letters, digits, `.`, `_` and `-`, with a tag behind `:`; a service that is built without `image` gives its own name to its image",
        "un nom d’image est fait de minuscules, de chiffres, de `.`, `_` et `-`, avec une étiquette après `:` ; un service construit sans `image` donne son nom à son image",
    ),
};

static IMAGE_NAME_TAKEN: Mistake = Mistake {
    code: "image-name-taken",
    hint: Text::fixed(
        "beside `build`, `image` is the name that the new image gets: a second image of that name takes it away from the first",
        "à côté de `build`, `image` est le nom que reçoit la nouvelle image : une seconde image de ce nom le prend à la première",
    ),
};

static ENGINE_REFUSES: Mistake = Mistake {
    code: "engine-refuses",
    hint: Text::fixed(
        "the value is handed on as it stands, and the engine refuses it: `docker-compose up` shows the same message",
        "la valeur est transmise telle quelle, et le moteur la refuse : `docker-compose up` affiche le même message",
    ),
};

static BACK_END_MISSING: Mistake = Mistake {
    code: "back-end-missing",
    hint: Text::fixed(
        "the exercise says which name the checker assumes; the proxy’s configuration uses it too",
        "l’exercice dit quel nom le vérificateur suppose ; la configuration du proxy l’utilise aussi",
    ),
};

static SEPARATE_SERVICES: Mistake = Mistake {
    code: "separate-services",
    hint: Text::fixed(
        "the exercise keeps one service and starts it several times: which option of `docker-compose up` does that?",
        "l’exercice garde un seul service et le démarre plusieurs fois : quelle option de `docker-compose up` fait cela ?",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let compose = seen.seen(Stage::Compose, &seen.compose)?;
    let notes = compose.oddities.iter().cloned().map(odd).collect();
    let findings = if compose.files.is_empty() {
        vec![absent(&compose.misnamed)]
    } else if compose.problems.is_empty() {
        nameless(compose).into_iter().collect()
    } else {
        compose.problems.iter().map(refused).collect()
    };
    Ok(Judged::from_findings(findings).with_notes(notes))
}

fn odd(message: Text) -> Note {
    Note {
        code: COMPOSE_ODDITY,
        message,
    }
}

fn absent(misnamed: &[String]) -> Finding {
    if misnamed.is_empty() {
        return COMPOSE_MISSING.finding(Text::fixed(
            "there is no compose file in `task6`",
            "il n’y a pas de fichier compose dans `task6`",
        ));
    }
    let found = codes(misnamed);
    COMPOSE_MISNAMED.finding(Text::new(
        format!("expected `docker-compose.yml` in `task6`, found {found}, where Compose does not look"),
        format!("attendu : `docker-compose.yml` dans `task6` ; trouvé : {found}, où Compose ne cherche pas"),
    ))
}

fn refused(problem: &Problem) -> Finding {
    let mistake = match problem.kind {
        ProblemKind::Unreadable => &COMPOSE_UNREADABLE,
        ProblemKind::Syntax => &COMPOSE_SYNTAX,
        ProblemKind::DuplicateKey => &COMPOSE_DUPLICATE_KEY,
        ProblemKind::UnknownKey => &COMPOSE_UNKNOWN_KEY,
        ProblemKind::WrongType => &COMPOSE_WRONG_TYPE,
        ProblemKind::InvalidValue => &COMPOSE_INVALID_VALUE,
        ProblemKind::UndefinedName => &COMPOSE_UNDEFINED_NAME,
        ProblemKind::HostPortTaken => &HOST_PORT_TAKEN,
        ProblemKind::ContainerNameTaken => &CONTAINER_NAME_TAKEN,
        ProblemKind::ImageNameInvalid => &IMAGE_NAME_INVALID,
        ProblemKind::ImageNameTaken => &IMAGE_NAME_TAKEN,
        ProblemKind::EngineRefuses => &ENGINE_REFUSES,
    };
    mistake
        .finding(problem.message.clone())
        .at(problem.place.clone())
        .against(problem.also.as_deref().cloned())
}

/// Returns the title for a service of this name.
pub(super) fn title(back_end: &str) -> Text {
    let back_end = code(back_end);
    Text::new(
        format!("the compose file is valid and has a service {back_end}"),
        format!("le fichier compose est valide et a un service {back_end}"),
    )
}

/// Returns the finding that the file has no API servers' service, if it has none.
fn nameless(compose: &Compose) -> Option<Finding> {
    if compose.service(&compose.back_end).is_some() || hides_services(compose) {
        return None;
    }
    let likely: Vec<&Service> = compose
        .services
        .iter()
        .filter(|service| is_likely(service))
        .collect();
    let finding = match likely.as_slice() {
        [] => unnamed(compose),
        [first, rest @ ..] if rest.iter().any(|other| kind(other) == kind(first)) => {
            separate(compose, &likely)
        }
        [first, ..] => misnamed(compose, first),
    };
    Some(finding.at(likely.first().and_then(|service| service.place.clone())))
}

/// Returns whether no service is known because the sandbox refuses the file that defines them: `compose-safe` reports it.
fn hides_services(compose: &Compose) -> bool {
    compose.services.is_empty() && !compose.refusals.is_empty()
}

fn unnamed(compose: &Compose) -> Finding {
    let expected = code(&compose.back_end);
    if compose.services.is_empty() {
        return BACK_END_MISSING.finding(Text::new(
            format!("expected a service {expected}, but the file has no service"),
            format!("attendu : un service {expected} ; le fichier n’a aucun service"),
        ));
    }
    let found = codes(compose.services.iter().map(|service| &service.name));
    BACK_END_MISSING.finding(Text::new(
        format!("expected a service {expected}, found {found}"),
        format!("attendu : un service {expected} ; trouvé : {found}"),
    ))
}

fn misnamed(compose: &Compose, service: &Service) -> Finding {
    let (expected, found) = (code(&compose.back_end), code(&service.name));
    BACK_END_MISSING.finding(Text::new(
        format!("expected a service {expected}, found {found}, which seems to stand for it"),
        format!("attendu : un service {expected} ; trouvé : {found}, qui semble en tenir lieu"),
    ))
}

fn separate(compose: &Compose, services: &[&Service]) -> Finding {
    let expected = code(&compose.back_end);
    let found = codes(services.iter().map(|service| &service.name));
    SEPARATE_SERVICES.finding(Text::new(
        format!("expected one service {expected} that is started several times, found separate services {found}"),
        format!("attendu : un seul service {expected}, démarré plusieurs fois ; trouvé : les services séparés {found}"),
    ))
}

fn is_likely(service: &Service) -> bool {
    let kind = kind(service);
    ["backend", "api", "flask"]
        .iter()
        .any(|part| kind.contains(part))
        || ["app", "back", "server"].contains(&kind.as_str())
}

/// Returns the letters of a service's name: the same for `back-end-1` and `backend_2`.
fn kind(service: &Service) -> String {
    let letters = service
        .name
        .chars()
        .filter(|character| character.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Refusal;
    use crate::observation::correct::{compose, compose_of, correct};

    fn judged(compose: Compose) -> Judged {
        judge(&Observation {
            compose: Some(compose),
            ..correct()
        })
        .unwrap_or_default()
    }

    fn code(compose: Compose) -> Option<&'static str> {
        judged(compose).findings.first().map(|finding| finding.code)
    }

    fn problem(kind: ProblemKind) -> Compose {
        let problem = Problem {
            kind,
            message: Text::fixed("unknown key", "clé inconnue"),
            place: None,
            also: None,
        };
        Compose {
            problems: vec![problem],
            services: Vec::new(),
            ..compose()
        }
    }

    #[test]
    fn a_service_back_end_passes() {
        assert_eq!(code(compose()), None);
        assert_eq!(code(compose_of(&["api", "back-end"])), None);
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        assert_eq!(code(Compose::default()), Some("compose-missing"));
        assert_eq!(code(compose_of(&[])), Some("back-end-missing"));
    }

    #[test]
    fn services_that_a_refusal_hides_are_not_missing() {
        let refusal = Refusal {
            key: "include".to_owned(),
            danger: Text::fixed("it reads other files", "elle lit d’autres fichiers"),
            instead: Text::fixed("one file is enough", "un fichier suffit"),
            place: None,
        };
        let refused = |names: &[&str]| Compose {
            refusals: vec![refusal.clone()],
            ..compose_of(names)
        };
        assert_eq!(code(refused(&[])), None);
        assert_eq!(code(refused(&["proxy"])), Some("back-end-missing"));
    }

    #[test]
    fn a_file_that_compose_does_not_look_for_is_misnamed() {
        let misnamed = vec!["task6/docker_compose.yml".to_owned()];
        let compose = Compose {
            misnamed,
            ..Compose::default()
        };
        assert_eq!(code(compose), Some("compose-misnamed"));
    }

    #[test]
    fn each_kind_of_problem_has_its_code() {
        assert_eq!(
            code(problem(ProblemKind::Unreadable)),
            Some("compose-unreadable")
        );
        assert_eq!(code(problem(ProblemKind::Syntax)), Some("compose-syntax"));
        assert_eq!(
            code(problem(ProblemKind::DuplicateKey)),
            Some("compose-duplicate-key")
        );
        assert_eq!(
            code(problem(ProblemKind::UnknownKey)),
            Some("compose-unknown-key")
        );
        assert_eq!(
            code(problem(ProblemKind::WrongType)),
            Some("compose-wrong-type")
        );
        assert_eq!(
            code(problem(ProblemKind::InvalidValue)),
            Some("compose-invalid-value")
        );
        assert_eq!(
            code(problem(ProblemKind::UndefinedName)),
            Some("compose-undefined-name")
        );
        assert_eq!(
            code(problem(ProblemKind::HostPortTaken)),
            Some("host-port-taken")
        );
        assert_eq!(
            code(problem(ProblemKind::ContainerNameTaken)),
            Some("container-name-taken")
        );
        assert_eq!(
            code(problem(ProblemKind::ImageNameInvalid)),
            Some("image-name-invalid")
        );
        assert_eq!(
            code(problem(ProblemKind::ImageNameTaken)),
            Some("image-name-taken")
        );
        assert_eq!(
            code(problem(ProblemKind::EngineRefuses)),
            Some("engine-refuses")
        );
    }

    #[test]
    fn another_name_is_no_back_end() {
        assert_eq!(
            code(compose_of(&["backend", "proxy"])),
            Some("back-end-missing")
        );
        assert_eq!(
            code(compose_of(&["front-end", "proxy"])),
            Some("back-end-missing")
        );
    }

    #[test]
    fn the_service_probably_meant_is_named() {
        let judged = judged(compose_of(&["front-end", "softy-pinko-back-end", "proxy"]));
        assert!(
            judged.findings[0]
                .message
                .en
                .contains("found `softy-pinko-back-end`,")
        );
    }

    #[test]
    fn one_service_a_server_is_separate_services() {
        assert_eq!(
            code(compose_of(&["back-end-1", "back-end-2"])),
            Some("separate-services")
        );
        assert_eq!(
            code(compose_of(&["proxy", "api1", "api2"])),
            Some("separate-services")
        );
    }

    #[test]
    fn an_oddity_is_a_note() {
        let oddities = vec![Text::fixed(
            "`version` is obsolete",
            "`version` est obsolète",
        )];
        let judged = judged(Compose {
            oddities,
            ..compose()
        });
        assert!(judged.findings.is_empty());
        assert_eq!(judged.notes[0].code, "compose-oddity");
    }
}
