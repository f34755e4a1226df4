//! Words of the HTML page.

use softy_checks::model::Text;

pub(super) use super::super::words::{
    EXPECTED, FOUND, MISTAKES, SCORES, UNREADABLE, percent, tenths,
};

pub(super) const CLASS: Text = Text::fixed("task6: all submissions", "task6 : tous les rendus");
pub(super) const SKIP: Text = Text::fixed("skip to the content", "aller au contenu");
pub(super) const SUBMISSIONS: Text = Text::fixed("submissions", "rendus");
pub(super) const SEARCH: Text = Text::fixed("find", "chercher");
pub(super) const STATUS: Text = Text::fixed("status", "état");
pub(super) const ALL: Text = Text::fixed("all", "tous");
pub(super) const PASSED: Text = Text::fixed("passed", "réussi");
pub(super) const FAILED: Text = Text::fixed("failed", "échoué");
pub(super) const PARTIAL: Text = Text::fixed("in part", "en partie");
pub(super) const NOT_GRADED: Text = Text::fixed("not graded", "non noté");
pub(super) const SKIPPED: Text = Text::fixed("not judged", "non jugé");
pub(super) const SHOWN: Text = Text::fixed("{shown} of {all} shown", "{shown} sur {all} affichés");
pub(super) const STUDENT: Text = Text::fixed("student", "étudiant");
pub(super) const GROUP: Text = Text::fixed("group", "groupe");
pub(super) const SCORE: Text = Text::fixed("score", "note");
pub(super) const MISTAKE: Text = Text::fixed("first mistake", "première erreur");
pub(super) const SECONDS: Text = Text::fixed("seconds", "secondes");
pub(super) const CONSEQUENCE: Text = Text::fixed("as a consequence: ", "par conséquent : ");
pub(super) const ROTATION: Text = Text::fixed(
    "which API container answered",
    "quel conteneur d’API a répondu",
);
pub(super) const BY_HAND: Text = Text::fixed("by hand", "à la main");
pub(super) const BACK: Text = Text::fixed("back to the table", "retour au tableau");
