//! What several checks ask the proxy's nginx configuration.

use crate::model::{Finding, Mistake, Place, Text};
use crate::nginx::{Effective, Route, parse};
use crate::observation::{Compose, Nginx, NginxFile, Observation};
use crate::wording::code;

pub(super) static CONFIGURATION_EMPTY: Mistake = Mistake {
    code: "configuration-empty",
    hint: Text::fixed(
        "what should the proxy listen on, and where should it send what it gets? that file is where it is told",
        "sur quoi le proxy doit-il écouter, et où doit-il envoyer ce qu’il reçoit ? c’est dans ce fichier qu’on le lui dit",
    ),
};

/// Characters of a name that others are compared with.
const LONGEST: usize = 64;

/// The configuration of a service's nginx, when that was seen.
pub(super) fn of<'a>(seen: &'a Observation, service: &str) -> Option<&'a Nginx> {
    let nginx = seen.nginx.as_ref();
    nginx.filter(|nginx| nginx.service == service)
}

/// The `proxy_pass` that requests for a path come to, where that is certain and the submission has it.
pub(super) fn passed_on(seen: &Observation, path: &str) -> Option<Place> {
    let proxy = seen.stack.as_ref()?.proxy.as_ref()?;
    let effective = Effective::read(of(seen, &proxy.service)?);
    let route = Route::of(&effective, proxy.port, path)?;
    route.pass()?.directive.place()
}

/// Whether the proxy's nginx sends no request to anybody else, as far as that is certain.
pub(super) fn passes_nothing_on(seen: &Observation) -> bool {
    let proxy = seen.stack.as_ref().and_then(|stack| stack.proxy.as_ref());
    let nginx = proxy.and_then(|proxy| of(seen, &proxy.service));
    nginx.is_some_and(|nginx| {
        let effective = Effective::read(nginx);
        effective.is_whole && effective.errors.is_empty() && !effective.has("proxy_pass")
    })
}

/// That a file which nginx reads has nothing in it, although the submission brought it along; `symptom` is what came of it.
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

/// Whether a file of the submission says nothing to nginx.
fn is_empty(file: &NginxFile) -> bool {
    let (directives, error) = parse(&file.text);
    file.source.is_some() && directives.is_empty() && error.is_none()
}

/// Where a file begins, also one without a line.
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

/// Whether a host is the service of the API servers, or one of its containers by the names that Compose gives them.
pub(super) fn is_back_end(compose: &Compose, host: &str) -> bool {
    host == compose.back_end || is_container(compose, host)
}

/// Whether a host is one container of that service: `task6-back-end-1`, `task6_back-end_1`.
pub(super) fn is_container(compose: &Compose, host: &str) -> bool {
    let is_numbered = host.ends_with(|last: char| last.is_ascii_digit());
    compose.service(host).is_none() && is_numbered && host.contains(&compose.back_end)
}

/// The service that somebody meant by a name that is none: the same letters, in it, or with at most two others.
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

/// How many letters have to be added, taken away or changed to make one name of the other.
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
    use crate::observation::correct::compose;

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
}
