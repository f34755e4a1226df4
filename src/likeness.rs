//! What a misspelt name was meant to be.

/// Names that one is compared with in search of what was meant.
const COMPARED: usize = 1_000;

/// The name most like `name` among the first thousand of `names`; `None` when none is more like it than `least`, from 0
/// (nothing in common) to 1 (equal), as Jaro and Winkler measure it.
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
