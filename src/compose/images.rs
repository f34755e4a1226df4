//! Names of images: those in the file, and those that Compose derives for the images that it builds.

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::conflicts::Started;
use super::context::{Context, Version};
use super::source::Mark;
use super::yaml::Node;

/// The engine's error text for an invalid name.
const NO_NAME: &str = "invalid reference format";

/// The engine's error text for a name with capitals.
const CAPITALS: &str = "invalid reference format: repository name must be lowercase";

/// The engine's error text for a name that is too long.
const TOO_LONG: &str = "repository name must not be more than 255 characters";

/// The engine's error text for a build whose tag has a digest.
const DIGEST: &str = "build tag cannot contain a digest";

/// The engine's error text for a name that could be an id.
const ID: &str = "cannot specify 64-byte hexadecimal strings";

/// Maximum length of a name with its registry, in bytes.
const LONGEST: usize = 255;

/// Maximum length of a tag, in bytes.
const LONGEST_TAG: usize = 128;

/// Digest algorithms that engines support, each with the length of its digests in characters.
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// Notes names that the engine refuses: `image`, `build.tags`, and the name that Compose derives for a build without `image`.
pub(super) fn check_names(started: &[Started], context: &mut Context) {
    for Started { entry, service, .. } in started {
        let node = &entry.value;
        let is_built = node.get("build").is_some();
        match service.image.as_deref() {
            Some(image) => {
                let mark = node.get("image").map_or(entry.mark, |node| node.mark);
                check_given(image, mark, is_built, context);
            }
            None if is_built => check_derived(&service.name, entry.mark, context),
            None => {}
        }
        let tags = node.get("build").and_then(|build| build.get("tags"));
        for tag in tags.map(Node::items).unwrap_or_default() {
            check_given(&tag.scalar().unwrap_or_default(), tag.mark, true, context);
        }
    }
    check_shared(started, context);
}

/// Notes names under which different images are built: all services with such a name run the image that is built last.
fn check_shared(started: &[Started], context: &mut Context) {
    let mut built: Vec<(&Started, String, Mark)> = Vec::new();
    for of in started.iter().filter(|of| of.service.build.is_some()) {
        let (Some(image), Some(node)) = (&of.service.image, of.entry.value.get("image")) else {
            continue;
        };
        let name = tagged(image);
        let mut same = built.iter().filter(|(_, other, _)| *other == name);
        if let Some((other, _, mark)) =
            same.find(|(other, ..)| other.service.build != of.service.build)
        {
            let (first, second) = (&other.service.name, &of.service.name);
            context.findings.conflict(
                ProblemKind::ImageNameTaken,
                node.mark,
                Some(*mark),
                Text::new(
                    format!("`{first}` and `{second}` are built as `{image}`, which only one image can be: Compose runs the same one for both"),
                    format!("`{first}` et `{second}` sont construits sous le nom `{image}`, que seule une image peut porter : Compose exécute la même pour les deux"),
                ),
            );
        }
        built.push((of, name, node.mark));
    }
}

fn check_given(image: &str, mark: Mark, is_built: bool, context: &mut Context) {
    let Some(trouble) = trouble(image, is_built) else {
        return;
    };
    context.findings.problem(
        ProblemKind::ImageNameInvalid,
        mark,
        Text::new(
            format!("`{image}` cannot be the name of an image: `{trouble}`, says Docker"),
            format!("`{image}` ne peut pas être le nom d’une image : `{trouble}`, répond Docker"),
        ),
    );
}

fn check_derived(service: &str, mark: Mark, context: &mut Context) {
    let name = |version: Version| derived(version, service, context);
    let (first, second) = (name(Version::First), name(Version::Second));
    let troubles = (trouble(&first, true), trouble(&second, true));
    match troubles {
        (Some(_), Some(trouble)) => context.findings.problem(
            ProblemKind::ImageNameInvalid,
            mark,
            Text::new(
                format!("`{service}` is built and has no `image`, so Compose calls what it builds `{second}`: `{trouble}`, says Docker"),
                format!("`{service}` est construit et n’a pas d’`image`, donc Compose nomme `{second}` ce qu’il construit : `{trouble}`, répond Docker"),
            ),
        ),
        (None, Some(_)) => note_derived(Version::Second, service, &second, context),
        (Some(_), None) => note_derived(Version::First, service, &first, context),
        (None, None) => {}
    }
}

/// Returns the name that a version of Compose derives for the image of a service without `image`.
fn derived(version: Version, service: &str, context: &Context) -> String {
    let (project, separator) = (context.project_name(version), version.separator());
    format!("{project}{separator}{service}")
}

fn note_derived(version: Version, service: &str, name: &str, context: &mut Context) {
    let version = version.name();
    context.findings.oddity(Text::new(
        format!("Compose {version} calls what it builds for `{service}` `{name}`, which the engine does not take"),
        format!("Compose {version} nomme `{name}` ce qu’il construit pour `{service}`, et le moteur refuse ce nom"),
    ));
}

/// Returns the engine's error text for an invalid reference, by the grammar of `distribution/reference`.
fn trouble(reference: &str, is_built: bool) -> Option<&'static str> {
    if is_hexadecimal(reference) && reference.len() == 64 {
        return is_built.then_some(ID);
    }
    let (named, digest) = match reference.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (reference, None),
    };
    let (name, tag) = match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        Some(_) | None => (named, None),
    };
    let (domain, path) = split(name);
    if path.contains(|character: char| character.is_uppercase()) {
        return Some(CAPITALS);
    }
    let is_good = domain.is_none_or(is_domain)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
        && is_path(path);
    if !is_good {
        return Some(NO_NAME);
    }
    if domain.map_or("docker.io/library/".len(), |domain| domain.len() + 1) + path.len() > LONGEST {
        return Some(TOO_LONG);
    }
    (is_built && digest.is_some()).then_some(DIGEST)
}

/// Returns a reference with its tag; a reference without tag and digest has `latest`.
pub(crate) fn tagged(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains(':') || name.contains('@') {
        return reference.to_owned();
    }
    format!("{reference}:latest")
}

/// Splits a name into its registry, if it has one, and the rest.
fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((domain, path))
            if domain.contains(['.', ':'])
                || domain == "localhost"
                || domain.contains(|character: char| character.is_ascii_uppercase()) =>
        {
            (Some(domain), path)
        }
        Some(_) | None => (None, name),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (domain, None),
    };
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |part: &str| {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !part.is_empty()
            && part.bytes().all(is_good)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_part),
    };
    is_host && port.is_none_or(is_number)
}

fn is_path(path: &str) -> bool {
    path.split('/').all(is_component)
}

/// Returns true if a text consists of letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
fn is_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut between = component
        .split(|character: char| u8::try_from(character).is_ok_and(is_word))
        .filter(|between| !between.is_empty());
    let ends = [component.bytes().next(), component.bytes().last()];
    let is_separator = |between: &str| {
        [".", "_", "__"].contains(&between) || between.bytes().all(|byte| byte == b'-')
    };
    ends.iter().all(|end| end.is_some_and(is_word)) && between.all(is_separator)
}

fn is_tag(tag: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=LONGEST_TAG).contains(&tag.len())
        && tag.bytes().all(is_good)
        && !tag.starts_with(['.', '-'])
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return false;
    };
    let is_lower = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    is_lower && DIGESTS.contains(&(algorithm, digits.len()))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_engines_take_are_no_trouble() {
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        let long = format!("nginx:{}", "a".repeat(128));
        for name in [
            "nginx",
            "nginx:latest",
            "softy-pinko-proxy:task6",
            "a/b/c:V1_x.y-z",
            "Registry.local/x:1",
            "localhost:5000/x",
            "registry.example.org:5000/a__b/c---d:1",
            "docker.io/library/nginx:1.25",
            "[::1]:5000/x",
            "task6_back-end",
            "a.b_c-d",
            digest.as_str(),
            long.as_str(),
        ] {
            assert_eq!(trouble(name, false), None, "{name}");
        }
    }

    #[test]
    fn others_are_said_in_the_words_of_the_engine() {
        let long = format!("nginx:{}", "a".repeat(129));
        let longest = "a".repeat(256);
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        let id = "a".repeat(64);
        for (name, words) in [
            ("Nginx:latest", CAPITALS),
            ("localhost:5000/Laba:1", CAPITALS),
            ("task6-FrontEnd", CAPITALS),
            ("nginx:", NO_NAME),
            ("nginx:-x", NO_NAME),
            ("nginx:la test", NO_NAME),
            ("my app", NO_NAME),
            ("a/", NO_NAME),
            ("/a", NO_NAME),
            ("https://a", NO_NAME),
            ("a_-b", NO_NAME),
            ("a___b", NO_NAME),
            ("task6-front-", NO_NAME),
            ("task6_.front", NO_NAME),
            ("été", NO_NAME),
            ("nginx@sha256:abc", NO_NAME),
            (long.as_str(), NO_NAME),
            (longest.as_str(), TOO_LONG),
            (digest.as_str(), DIGEST),
            (id.as_str(), ID),
        ] {
            assert_eq!(trouble(name, true), Some(words), "{name}");
        }
    }
}
