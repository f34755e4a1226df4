//! The `location` of a server that answers for a path.

use super::effective::Directive;

/// Returns the location of a path: `Some(None)` if the server has none for it, `None` if a regular expression may decide.
pub(super) fn location<'d, 'a>(
    server: &'d Directive<'a>,
    path: &str,
) -> Option<Option<&'d Directive<'a>>> {
    let block: &'d [Directive<'a>] = server.block.as_deref()?;
    let locations = block
        .iter()
        .filter(|directive| directive.name() == "location");
    let mut longest: Option<(&str, bool, &'d Directive<'a>)> = None;
    let mut expression: Option<Option<&'d Directive<'a>>> = None;
    for location in locations {
        let (modifier, pattern) = match location.arguments() {
            [prefix] => inseparable(&prefix.text),
            [modifier, pattern] => (modifier.text.as_str(), pattern.text.as_str()),
            _ => return None,
        };
        match modifier {
            "=" if pattern == path => return Some(Some(location)),
            "=" => {}
            // nginx itself redirects a request without the last slash to the path with it.
            "" | "^~" if pattern.strip_suffix('/') == Some(path) => return None,
            "" | "^~" => {
                let is_longer = longest.is_none_or(|(other, ..)| pattern.len() > other.len());
                if path.starts_with(pattern) && is_longer {
                    longest = Some((pattern, modifier == "^~", location));
                }
            }
            "~" | "~*" if expression.is_some() => {}
            "~" | "~*" => match is_found_by(modifier, pattern, path) {
                Some(true) => expression = Some(Some(location)),
                Some(false) => {}
                None => expression = Some(None),
            },
            _ => return None,
        }
    }
    match (longest, expression) {
        (Some((_, true, location)), _) => Some(Some(location)),
        (_, Some(found)) => found.map(Some),
        (Some((_, false, location)), None) => Some(Some(location)),
        (None, None) => Some(None),
    }
}

/// Splits a modifier from the pattern after it, written without a space: `location =/api`, `location ~^/api`.
fn inseparable(written: &str) -> (&str, &str) {
    let modifiers = ["=", "^~", "~*", "~"];
    let found = modifiers
        .into_iter()
        .find_map(|modifier| Some((modifier, written.strip_prefix(modifier)?)));
    found.unwrap_or(("", written))
}

/// Returns whether an expression matches a part of a path; `~*` ignores the case of letters.
fn is_found_by(modifier: &str, expression: &str, path: &str) -> Option<bool> {
    match modifier {
        "~*" => is_found(&expression.to_ascii_lowercase(), &path.to_ascii_lowercase()),
        _ => is_found(expression, path),
    }
}

/// Returns whether a regular expression matches a part of a path; `None` for all but the plainest expressions.
fn is_found(expression: &str, path: &str) -> Option<bool> {
    let (is_anchored, rest) = match expression.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, expression),
    };
    let endings = ["(/.*)?$", "/?(.*)$", "(.*)$", "(.*)", ".*$", ".*"];
    let literal = endings
        .iter()
        .find_map(|ending| rest.strip_suffix(ending))
        .unwrap_or(rest);
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/_-".contains(character);
    if !literal.chars().all(is_plain) {
        return None;
    }
    match (
        is_anchored,
        path.starts_with(literal),
        path.contains(literal),
    ) {
        (true, found, _) | (false, _, found) if !found => Some(false),
        _ if rest.ends_with("(/.*)?$") => None,
        _ => Some(true),
    }
}
