//! References of images, as the engine parses them.

/// Registry of images whose reference names none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// Largest number of characters of a name, and of a tag, that the engine accepts.
const NAME_CHARACTERS: usize = 255;
const TAG_CHARACTERS: usize = 128;

/// Returns a reference in full, with all defaults, which is the same for every spelling of it; `None` if no image can have this
/// name. A tag beside a digest has no effect.
pub(super) fn full(reference: &str) -> Option<String> {
    let (tagged, digest) = match reference.split_once('@') {
        Some((tagged, digest)) => (tagged, Some(digest)),
        None => (reference, None),
    };
    let (name, tag) = match tagged.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        Some(_) | None => (tagged, "latest"),
    };
    let (registry, path) = match name.split_once('/') {
        Some((registry, path)) if is_registry(registry) => (registry, path),
        Some(_) | None => (DEFAULT_REGISTRY, name),
    };
    let registry = match registry {
        "index.docker.io" => DEFAULT_REGISTRY,
        other => other,
    };
    let path = match registry == DEFAULT_REGISTRY && !path.contains('/') {
        true => format!("library/{path}"),
        false => path.to_owned(),
    };
    // `scratch` is not an image: a stage that begins with it begins empty.
    let is_scratch = registry == DEFAULT_REGISTRY && path == "library/scratch";
    let is_named = path.split('/').all(is_component) && name.len() <= NAME_CHARACTERS;
    if is_scratch || !is_named || !is_tag(tag) || !digest.is_none_or(is_digest) {
        return None;
    }
    Some(match digest {
        Some(digest) => format!("{registry}/{path}@{digest}"),
        None => format!("{registry}/{path}:{tag}"),
    })
}

/// Returns a reference without its tag or digest.
pub(super) fn repository(reference: &str) -> Option<String> {
    let full = full(reference)?;
    let (repository, _) = full.split_once('@').or_else(|| full.rsplit_once(':'))?;
    Some(repository.to_owned())
}

/// Returns the engine's error text for a name that no image can have; `None` for a valid one. A malformed reference never
/// reaches the engine, where it would be part of a request's address.
pub(super) fn malformed(reference: &str) -> Option<&'static str> {
    if full(reference).is_some() {
        return None;
    }
    Some(match full(&reference.to_lowercase()) {
        Some(_) => "invalid reference format: repository name must be lowercase",
        None => "invalid reference format",
    })
}

/// Returns whether the first part of a name is a registry's: it has a dot or a port, or is this machine.
fn is_registry(part: &str) -> bool {
    let (host, port) = match part.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (part, None),
    };
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(is_address),
        None => host.split('.').all(is_label),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let is_told_apart = port.is_some() || host.contains(['.', '[']) || host == "localhost";
    is_host && port.is_none_or(is_port) && is_told_apart
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Returns whether a text is valid between two dots of a host's name.
fn is_label(label: &str) -> bool {
    let is_end = |character: char| character.is_ascii_alphanumeric();
    label.starts_with(is_end)
        && label.ends_with(is_end)
        && label
            .chars()
            .all(|character| is_end(character) || character == '-')
}

fn is_component(part: &str) -> bool {
    let is_letter = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    part.starts_with(is_letter)
        && part.ends_with(is_letter)
        && part
            .chars()
            .all(|character| is_letter(character) || "._-".contains(character))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    tag.starts_with(is_word)
        && tag.len() <= TAG_CHARACTERS
        && tag
            .chars()
            .all(|character| is_word(character) || ".-".contains(character))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, sum)) = digest.split_once(':') else {
        return false;
    };
    let is_hexadecimal = |character: char| character.is_ascii_hexdigit();
    algorithm.starts_with(|first: char| first.is_ascii_alphabetic())
        && algorithm
            .chars()
            .all(|character| character.is_ascii_alphanumeric())
        && (32..=TAG_CHARACTERS).contains(&sum.len())
        && sum.chars().all(is_hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_reference_is_the_same_one() {
        let ubuntu = "docker.io/library/ubuntu:latest";
        for reference in [
            "ubuntu",
            "ubuntu:latest",
            "library/ubuntu",
            "docker.io/ubuntu",
            "index.docker.io/library/ubuntu:latest",
            ubuntu,
        ] {
            assert_eq!(full(reference).as_deref(), Some(ubuntu), "{reference}");
        }
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (reference, expected) in [
            ("me/api", "docker.io/me/api:latest"),
            ("localhost/api:1", "localhost/api:1"),
            ("[::1]:5000/api", "[::1]:5000/api:latest"),
            ("Registry.example/api", "Registry.example/api:latest"),
            ("127.0.0.1:5000/ubuntu", "127.0.0.1:5000/ubuntu:latest"),
            (
                &format!("ubuntu:22.04@{digest}"),
                &format!("docker.io/library/ubuntu@{digest}"),
            ),
        ] {
            assert_eq!(full(reference).as_deref(), Some(expected), "{reference}");
        }
    }

    #[test]
    fn what_no_image_can_be_called_is_no_reference() {
        let long = "a".repeat(256);
        for reference in [
            "",
            "scratch",
            "Ubuntu",
            "ubuntu:",
            ":latest",
            "ubuntu:$V",
            "ubuntu latest",
            "-a",
            "a//b",
            "ubuntu@sha256:0",
            "a\u{1b}",
            "../events?x=",
            "../images/get",
            "a/../b",
            "localhost:x/y",
            "[1]/a",
            &long,
        ] {
            assert_eq!(full(reference), None, "{reference}");
            assert!(malformed(reference).is_some(), "{reference}");
        }
        assert!(malformed("Ubuntu").unwrap().ends_with("lowercase"));
    }
}
