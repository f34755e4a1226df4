//! Suggestions for misspelt names.

/// Maximum number of names to compare.
const COMPARED: usize = 1_000;

/// Returns the most similar name to `name` among the first thousand of `names`, or `None` if no similarity is above `least`.
/// The similarity by Jaro and Winkler is from 0 (nothing in common) to 1 (equal).
pub fn nearest<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
    least: f64,
) -> Option<&'a str> {
    let near = names
        .into_iter()
        .take(COMPARED)
        .map(|other| (strsim::jaro_winkler(name, other), other));
    let (likeness, other) = near.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (likeness > least).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_is_found() {
        let names = ["volumes", "networks", "network_mode"];
        assert_eq!(nearest("netwroks", names, 0.8), Some("networks"));
        assert_eq!(nearest("netwroks", names, 1.0), None);
    }

    #[test]
    fn nothing_is_like_everything() {
        assert_eq!(nearest("", ["volumes"], 0.8), None);
        assert_eq!(nearest("volumes", [], 0.8), None);
    }
}
