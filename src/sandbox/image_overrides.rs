//! Image overrides: images used instead of those that a submission names, because tags move and a submission does not.

use std::str::FromStr;

use softy_checks::model::Text;
use softy_checks::observation::{BuildFailure, Fault, FaultKind, Observation};

use super::reference::full;

/// An image override: an image, and the one used instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageOverride {
    /// Image that submissions name, as given.
    pub named: String,
    /// Image that is used instead.
    pub taken: String,
}

/// All image overrides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageOverrides(Vec<ImageOverride>);

/// Error in an override `NAMED=TAKEN`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum BaseError {
    /// A side is missing.
    NoPair,
    /// One side is not a valid image reference.
    NoReference(String),
}

impl BaseError {
    /// Describes the error.
    pub fn message(&self) -> Text {
        match self {
            BaseError::NoPair => Text::fixed(
                "write the image that is named and the one to take, as in `ubuntu:latest=ubuntu:22.04`",
                "écrivez l’image nommée et celle à prendre, comme `ubuntu:latest=ubuntu:22.04`",
            ),
            BaseError::NoReference(name) => Text::new(
                format!("no image can be called `{name}`"),
                format!("aucune image ne peut s’appeler `{name}`"),
            ),
        }
    }
}

/// Error for two overrides of the same image; holds its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message().en)]
pub struct ReplacedTwice(pub String);

impl ReplacedTwice {
    /// Describes the error.
    pub fn message(&self) -> Text {
        let name = &self.0;
        Text::new(
            format!("`{name}` is replaced twice: one image can be taken instead"),
            format!(
                "`{name}` est remplacée deux fois : une seule image peut être prise à sa place"
            ),
        )
    }
}

impl ImageOverride {
    /// Returns whether a reference means the overridden image.
    pub fn is_named(&self, reference: &str) -> bool {
        let named = full(&self.named);
        named.is_some() && named == full(reference)
    }
}

impl FromStr for ImageOverride {
    type Err = BaseError;

    fn from_str(word: &str) -> Result<ImageOverride, BaseError> {
        let pair = word.split_once('=');
        let pair = pair.filter(|(named, taken)| !named.is_empty() && !taken.is_empty());
        let (named, taken) = pair.ok_or(BaseError::NoPair)?;
        for side in [named, taken] {
            if full(side).is_none() {
                return Err(BaseError::NoReference(side.to_owned()));
            }
        }
        Ok(ImageOverride {
            named: named.to_owned(),
            taken: taken.to_owned(),
        })
    }
}

impl ImageOverrides {
    /// Creates the set of overrides.
    ///
    /// # Errors
    /// The image that two overrides name.
    pub fn new(bases: Vec<ImageOverride>) -> Result<ImageOverrides, ReplacedTwice> {
        for (index, base) in bases.iter().enumerate() {
            let mut earlier = bases.iter().take(index);
            if earlier.any(|other| other.is_named(&base.named)) {
                return Err(ReplacedTwice(base.named.clone()));
            }
        }
        Ok(ImageOverrides(bases))
    }

    /// Returns each override, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &ImageOverride> {
        self.0.iter()
    }

    /// Returns the overrides whose image the submission does not name; none if nothing was built.
    pub fn not_named(&self, seen: &Observation) -> impl Iterator<Item = &ImageOverride> {
        let images = seen.sandbox.as_ref().map(|sandbox| &sandbox.base_images);
        self.iter().filter(move |base| {
            images.is_some_and(|images| !images.iter().any(|image| base.is_named(&image.reference)))
        })
    }

    /// Returns the image to use instead of a reference; `None` if no override applies.
    pub fn instead_of(&self, reference: &str) -> Option<&str> {
        let base = self.0.iter().find(|base| base.is_named(reference));
        base.map(|base| base.taken.as_str())
    }

    /// Judges a build failure whose last error text was `error`: a missing override image is not the submission's mistake.
    ///
    /// # Errors
    /// A fault when the override image is missing.
    pub(super) fn judged(
        &self,
        failure: Result<BuildFailure, Fault>,
        error: &str,
    ) -> Result<BuildFailure, Fault> {
        match failure {
            Ok(BuildFailure::BaseMissing { reference, .. }) if self.take(&reference) => {
                Err(absent(&reference, error))
            }
            other => other,
        }
    }

    fn take(&self, reference: &str) -> bool {
        let meant = full(reference);
        meant.is_some() && self.0.iter().any(|base| full(&base.taken) == meant)
    }
}

/// Returns the fault for an override image that neither the engine nor a registry has; `error` is the engine's text.
pub(super) fn absent(reference: &str, error: &str) -> Fault {
    let detail = Text::new(
        format!("`{reference}`: {error}"),
        format!("`{reference}` : {error}"),
    );
    Fault::new(FaultKind::Base, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(words: &[&str]) -> Result<ImageOverrides, ReplacedTwice> {
        ImageOverrides::new(words.iter().map(|word| word.parse().unwrap()).collect())
    }

    #[test]
    fn a_base_is_two_images() {
        let base: ImageOverride = "ubuntu=registry.example:5000/old/ubuntu:22.04"
            .parse()
            .unwrap();
        assert_eq!(base.named, "ubuntu");
        assert_eq!(base.taken, "registry.example:5000/old/ubuntu:22.04");
        for word in ["ubuntu:22.04", "", "=", "=ubuntu:22.04", "ubuntu="] {
            assert_eq!(
                word.parse::<ImageOverride>(),
                Err(BaseError::NoPair),
                "{word}"
            );
        }
        for (word, side) in [
            ("a=b=c", "b=c"),
            ("Ubuntu=ubuntu:22.04", "Ubuntu"),
            ("ubuntu=scratch", "scratch"),
            ("ubuntu=ubuntu\nRUN x", "ubuntu\nRUN x"),
        ] {
            let error = BaseError::NoReference(side.to_owned());
            assert_eq!(word.parse::<ImageOverride>(), Err(error), "{word}");
        }
    }

    #[test]
    fn an_image_is_replaced_however_it_is_written() {
        let bases = bases(&["docker.io/library/ubuntu=ubuntu:22.04", "nginx:1=ubuntu"]).unwrap();
        for reference in [
            "ubuntu",
            "ubuntu:latest",
            "library/ubuntu",
            "docker.io/ubuntu",
        ] {
            assert_eq!(bases.instead_of(reference), Some("ubuntu:22.04"));
        }
        // The image of an override is not overridden in turn.
        assert_eq!(bases.instead_of("nginx:1"), Some("ubuntu"));
        for reference in ["ubuntu:22.04", "nginx", "other/ubuntu", "", "$X"] {
            assert_eq!(bases.instead_of(reference), None, "{reference}");
        }
    }

    #[test]
    fn a_build_without_the_image_to_take_could_not_be_graded() {
        let bases = bases(&["ubuntu=ubuntu:22.04"]).unwrap();
        let missing = |reference: &str| {
            let reference = reference.to_owned();
            let similar = None;
            Ok(BuildFailure::BaseMissing { reference, similar })
        };
        let fault = bases.judged(missing("docker.io/library/ubuntu:22.04"), "x");
        assert_eq!(fault.unwrap_err().kind, FaultKind::Base);
        assert_eq!(bases.judged(missing("ubunut"), "x"), missing("ubunut"));
        let command = || Ok(BuildFailure::Command);
        assert_eq!(bases.judged(command(), "x"), command());
    }

    #[test]
    fn an_image_is_replaced_once() {
        let twice = bases(&["ubuntu=a", "nginx=b", "ubuntu:latest=c"]);
        assert_eq!(twice, Err(ReplacedTwice("ubuntu:latest".to_owned())));
    }
}
