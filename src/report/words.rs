//! Words that several formats have.

use softy_checks::model::Text;

pub(super) static SCORES: Text = Text::fixed("scores", "notes");
pub(super) static MISTAKES: Text =
    Text::fixed("most frequent mistakes", "erreurs les plus fréquentes");
pub(super) static UNREADABLE: Text = Text::fixed(
    "result files that could not be read",
    "fichiers de résultat illisibles",
);
pub(super) static NOT_ZERO: Text = Text::fixed(
    "could not be graded; this is not a score of zero",
    "impossible à noter ; ce n’est pas une note de zéro",
);
pub(super) static EXPECTED: Text = Text::fixed("expected", "attendu");
pub(super) static FOUND: Text = Text::fixed("found", "trouvé");
