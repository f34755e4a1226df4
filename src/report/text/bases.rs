use softy_checks::model::Text;
use softy_checks::observation::{BaseImage, Observation};

use super::super::visible::visible;
use super::finding::MESSAGE;
use super::page::Page;

/// Number of digits that identify an id or a digest.
const DIGITS: usize = 12;

/// Returns a sentence for each image override, because all results depend on it.
pub(super) fn lines(page: &Page, seen: &Observation) -> Vec<String> {
    let images = seen.sandbox.iter().flat_map(|sandbox| &sandbox.base_images);
    let sentences = images.filter_map(|image| {
        let (reference, taken) = (&image.reference, image.taken.as_ref()?);
        Some(Text::new(
            format!("with `{taken}` instead of `{reference}`, as `--base` asks"),
            format!("avec `{taken}` à la place de `{reference}`, comme le demande `--base`"),
        ))
    });
    sentences
        .flat_map(|sentence| page.wrap(0, &visible(page.say(&sentence), MESSAGE)))
        .collect()
}

/// Returns each external image of the submission, with the digest or id that identifies its version.
pub(super) fn all(page: &Page, images: &[BaseImage]) -> Vec<String> {
    if images.is_empty() {
        return Vec::new();
    }
    let heading = page.word(
        "images that builds and services began with:",
        "images par lesquelles constructions et services ont commencé :",
    );
    let mut lines = page.wrap(0, heading);
    for image in images {
        lines.extend(page.item(&visible(&sentence(page, image), MESSAGE)));
    }
    lines
}

fn sentence(page: &Page, image: &BaseImage) -> String {
    let BaseImage {
        reference,
        services: _,
        taken,
        id,
        digest,
    } = image;
    let names = match taken {
        Some(taken) => format!("{reference} → {taken}"),
        None => reference.clone(),
    };
    match (digest, id) {
        (Some(digest), _) => format!("{names} {}", short(digest)),
        (None, Some(id)) => {
            let own = page.word("of no registry", "d’aucun registre");
            format!("{names} {} ({own})", short(id))
        }
        (None, None) => {
            let absent = page.word("not on the engine", "absente du moteur");
            format!("{names} ({absent})")
        }
    }
}

/// Returns the algorithm and the first digits of a digest, such as `sha256:0a1b0a1b0a1b`.
fn short(digest: &str) -> String {
    let digest = digest.rsplit('@').next().unwrap_or(digest);
    let (algorithm, sum) = digest.split_once(':').unwrap_or(("", digest));
    let digits: String = sum.chars().take(DIGITS).collect();
    format!("{algorithm}:{digits}")
}

#[cfg(test)]
mod tests {
    use softy_checks::model::Language;

    use super::*;
    use crate::report::sample::sandbox;

    #[test]
    fn an_image_is_told_by_its_digest_else_by_its_id() {
        let english = all(&Page::new(Language::English, 80), &sandbox().base_images);
        let expected = [
            "images that builds and services began with:",
            "· ubuntu:latest → ubuntu:22.04 sha256:0a1b0a1b0a1b",
            "· nginx sha256:2c3d2c3d2c3d (of no registry)",
            "· mongo (not on the engine)",
        ];
        assert_eq!(english, expected);
        let french = all(&Page::new(Language::French, 80), &sandbox().base_images);
        assert_eq!(french[3], "· mongo (absente du moteur)");
    }
}
