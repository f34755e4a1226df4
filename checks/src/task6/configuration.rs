//! Facts of the proxy's nginx configuration that several checks use.

use crate::model::{Finding, Mistake, Place, Text};
use crate::nginx::{Effective, Limit, Route, parse};
use crate::observation::{Compose, Nginx, NginxFile, Observation};
use crate::wording::code;

pub(super) static CONFIGURATION_EMPTY: Mistake = Mistake {
    code: "configuration-empty",
    hint: Text::fixed(
        "what should the proxy listen on, and where should it send what it gets? that file is where it is told",
        "sur quoi le proxy doit-il écouter, et où doit-il envoyer ce qu’il reçoit ? c’est dans ce fichier qu’on le lui dit",
    ),
};

pub(super) static RATE_LIMITED: Mistake = Mistake {
    code: "rate-limited",
    hint: Text::fixed(
        "a page asks the API more often than that: which rate does the limit of the proxy’s configuration let through, and is it needed?",
        "une page interroge l’API plus souvent que cela : quel débit la limite de la configuration du proxy laisse-t-elle passer, et est-elle nécessaire ?",
    ),
};

/// Returns the finding that a limit of the proxy's nginx refuses requests for a path; `symptom` is the observed effect.
pub(super) fn limited(seen: &Observation, path: &str, symptom: &Text) -> Option<Finding> {
    let proxy = seen.stack.as_ref()?.proxy.as_ref()?;
    let effective = Effective::read(of(seen, &proxy.service)?);
    let limit = Limit::of(&effective, proxy.port, path)?;
    let directive = limit.zone.unwrap_or(limit.directive);
    let words = directive.words.iter().map(|word| word.text.as_str());
    let shown = code(&words.collect::<Vec<_>>().join(" "));
    let message = Text::new(
        format!(
            "{}; the proxy’s nginx refuses requests by {shown}",
            symptom.en
        ),
        format!(
            "{} ; le nginx du proxy refuse des requêtes par {shown}",
            symptom.fr
        ),
    );
    let place = directive.place().or_else(|| limit.directive.place());
    Some(RATE_LIMITED.finding(message).at(place))
}

/// Most characters of a name that are compared.
const LONGEST: usize = 64;

/// Returns the configuration of a service's nginx, if it was observed.
pub(super) fn of<'a>(seen: &'a Observation, service: &str) -> Option<&'a Nginx> {
    let nginx = seen.nginx.as_ref();
    nginx.filter(|nginx| nginx.service == service)
}

/// Returns the place of the `proxy_pass` that handles requests for a path, if it is certain and in the submission.
pub(super) fn passed_on(seen: &Observation, path: &str) -> Option<Place> {
    let proxy = seen.stack.as_ref()?.proxy.as_ref()?;
    let effective = Effective::read(of(seen, &proxy.service)?);
    let route = Route::of(&effective, proxy.port, path)?;
    route.pass()?.directive.place()
}

/// Returns whether it is certain that the proxy's nginx passes no requests on.
pub(super) fn passes_nothing_on(seen: &Observation) -> bool {
    let proxy = seen.stack.as_ref().and_then(|stack| stack.proxy.as_ref());
    let nginx = proxy.and_then(|proxy| of(seen, &proxy.service));
    nginx.is_some_and(|nginx| {
        let effective = Effective::read(nginx);
        effective.is_whole && effective.errors.is_empty() && !effective.has("proxy_pass")
    })
}

/// Returns the finding that a file of the submission which nginx reads has no directive; `symptom` is the observed effect.
pub(super) fn empty(nginx: &Nginx, symptom: &Text) -> Option<Finding> {
    let effective = Effective::read(nginx);
    let file = effective.files.iter().find(|file| is_empty(file))?;
    let name = code(file.source.as_ref()?);
    let message = Text::new(
        format!("{}; the file {name} has no directive in it", symptom.en),
        format!(
            "{} ; le fichier {name} ne contient aucune directive",
            symptom.fr
        ),
    );
    Some(CONFIGURATION_EMPTY.finding(message).at(top(file)))
}

/// Returns whether a file of the submission has no directive for nginx.
fn is_empty(file: &NginxFile) -> bool {
    let (directives, error) = parse(&file.text);
    file.source.is_some() && directives.is_empty() && error.is_none()
}

/// Returns the beginning of a file as a place, also for an empty file.
fn top(file: &NginxFile) -> Option<Place> {
    let source = file.source.clone()?;
    Some(file.line(1).unwrap_or(Place {
        file: source,
        line: 1,
        column: 1,
        width: 1,
        snippet: String::new(),
    }))
}

/// Returns whether a host is the API servers' service, or one of its containers by the names that Compose gives them.
pub(super) fn is_back_end(compose: &Compose, host: &str) -> bool {
    host == compose.back_end || is_container(compose, host)
}

/// Returns whether a host is one container of that service: `task6-back-end-1`, `task6_back-end_1`.
pub(super) fn is_container(compose: &Compose, host: &str) -> bool {
    let is_numbered = host.ends_with(|last: char| last.is_ascii_digit());
    compose.service(host).is_none() && is_numbered && host.contains(&compose.back_end)
}

/// Returns the name of the variable at the beginning of a text after `$`: `api` of `api:5252` and of `{api}`.
pub(super) fn variable(behind: &str) -> &str {
    let name = behind.strip_prefix('{').unwrap_or(behind);
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut parts = name.split(|character| !is_of_name(character));
    parts.next().unwrap_or_default()
}

/// Returns the service that a wrong name probably means: one with the same letters, one that the name contains, or one with a
/// difference of at most two letters.
pub(super) fn meant<'a>(compose: &'a Compose, name: &str) -> Option<&'a str> {
    let wanted = letters(name);
    let services = compose.services.iter().map(|service| service.name.as_str());
    let near = services.filter_map(|service| {
        let letters = letters(service);
        if letters == wanted {
            return Some((0, service));
        }
        let is_long = letters.len() > 4;
        if is_long && contains(&wanted, &letters) {
            return Some((1, service));
        }
        let apart = apart(&wanted, &letters);
        (is_long && apart <= 2).then_some((1 + apart, service))
    });
    near.min_by_key(|(apart, _)| *apart)
        .map(|(_, service)| service)
}

fn letters(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.take(LONGEST).flat_map(char::to_lowercase).collect()
}

fn contains(longer: &[char], shorter: &[char]) -> bool {
    longer
        .windows(shorter.len())
        .any(|window| window == shorter)
}

/// Returns the number of letters to add, remove or change to make one name of the other.
fn apart(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut next = vec![index + 1];
        for (behind, wanted) in other.iter().enumerate() {
            let changed = row.get(behind).copied().unwrap_or(0) + usize::from(letter != wanted);
            let taken = row.get(behind + 1).copied().unwrap_or(0) + 1;
            let added = next.last().copied().unwrap_or(0) + 1;
            next.push(changed.min(taken).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::sample::{nginx, site};
    use crate::observation::correct::{compose, compose_of, correct};

    #[test]
    fn that_nothing_is_passed_on_is_certain_or_not_said() {
        let passes_nothing_on = |nginx| {
            passes_nothing_on(&Observation {
                nginx: Some(nginx),
                ..correct()
            })
        };
        assert!(passes_nothing_on(site("server { listen 80; }")));
        for text in [
            "server { location / { proxy_pass http://a; } }",
            "server { listen 80 }",
        ] {
            assert!(!passes_nothing_on(site(text)), "{text}");
        }
        let parts = nginx(&[("nginx.conf", "http { include /srv/other.conf; }")]);
        assert!(!passes_nothing_on(parts));
    }

    #[test]
    fn a_file_without_a_directive_is_empty_from_its_first_line() {
        let symptom = Text::fixed("nothing", "rien");
        for (text, first) in [("", ""), ("# to do\n", "# to do")] {
            let finding = empty(&site(text), &symptom).unwrap();
            assert!(finding.message.en.contains("`task6/proxy/default.conf`"));
            let place = finding.place.unwrap();
            assert_eq!((place.line, place.snippet.as_str()), (1, first));
        }
        for text in ["server {\n}\n", "listen 80"] {
            assert_eq!(empty(&site(text), &symptom), None, "{text}");
        }
    }

    #[test]
    fn a_container_of_the_api_has_the_service_s_name_and_a_number() {
        let compose = compose_of(&["back-end", "front-end", "back-end-2"]);
        for host in ["task6-back-end-1", "task6_back-end_12"] {
            assert!(is_container(&compose, host), "{host}");
            assert!(is_back_end(&compose, host), "{host}");
        }
        for host in ["task6-back-end", "front-end-1", "api", "back-end-2"] {
            assert!(!is_container(&compose, host), "{host}");
            assert!(!is_back_end(&compose, host), "{host}");
        }
        assert!(is_back_end(&compose, "back-end"));
    }

    #[test]
    fn a_variable_has_letters_digits_and_underscores() {
        for (behind, name) in [
            ("api", "api"),
            ("api_2:5252", "api_2"),
            ("{API}/hello", "API"),
            (":5252", ""),
        ] {
            assert_eq!(variable(behind), name);
        }
    }

    #[test]
    fn a_service_is_known_by_what_a_name_has_of_it() {
        let compose = compose();
        for name in [
            "backend",
            "Back_End",
            "bakc-end",
            "task5-back-end-1",
            "softy-pinko-back-end",
        ] {
            assert_eq!(meant(&compose, name), Some("back-end"), "{name}");
        }
        assert_eq!(meant(&compose, "frontend"), Some("front-end"));
        for name in ["api", "flask-server", "", "end"] {
            assert_eq!(meant(&compose, name), None, "{name}");
        }
    }

    #[test]
    fn a_short_service_is_known_by_its_letters_alone() {
        let compose = compose_of(&["api", "site"]);
        assert_eq!(meant(&compose, "A-P-I"), Some("api"));
        for name in ["apis", "my-api", "web-site"] {
            assert_eq!(meant(&compose, name), None, "{name}");
        }
    }

    #[test]
    fn a_service_that_a_name_has_in_it_is_nearer_than_one_that_is_spelt_otherwise() {
        let compose = compose_of(&["back-end-11", "back-end"]);
        assert_eq!(meant(&compose, "back-end-1"), Some("back-end"));
        assert_eq!(meant(&compose, "backend11"), Some("back-end-11"));
    }

    #[test]
    fn names_are_as_far_apart_as_letters_have_to_change() {
        for (one, other, letters_apart) in [
            ("", "api", 3),
            ("api", "", 3),
            ("backend", "backend", 0),
            ("baackend", "backend", 1),
            ("baxckexndx", "backend", 3),
            ("backnd", "backend", 1),
            ("bakcend", "backend", 2),
            ("kitten", "sitting", 3),
        ] {
            let found = apart(&letters(one), &letters(other));
            assert_eq!(found, letters_apart, "{one} {other}");
        }
    }
}
