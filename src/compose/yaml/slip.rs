//! Syntax errors of a file, with messages that explain how to correct them.

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::scanner::Spot;
use crate::compose::findings::Findings;
use crate::compose::source::{Mark, Source};

/// A syntax error and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    trouble: Trouble,
    start: Spot,
    width: usize,
}

/// A kind of syntax error. Lines are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A file beyond the limits of this module.
    TooLarge,
    /// A character that YAML does not allow.
    Character(char),
    /// A character with which no token begins.
    CannotBegin(char),
    /// A line that should be a key and has no `: `.
    NoColon,
    /// A `:` after a value.
    ValueInLine,
    /// A `-` after other text on its line.
    EntryInLine,
    /// A quote that does not close.
    OpenQuote,
    /// An unknown escape.
    Escape(char),
    /// Text after `|`, `>` or a directive.
    AfterIndicator,
    /// A `*` or `&` without a name.
    Anchor(char),
    /// An invalid tag.
    Tag,
    /// An invalid line that begins with `%`.
    Directive,
    /// A YAML version that Compose does not support.
    Version,
    /// A missing value.
    NoContent,
    /// A bracket that does not close.
    OpenBracket(char),
    /// A missing comma between the items in brackets.
    NoComma { bracket: char, line: usize },
    /// A missing key in the mapping that begins at `line`.
    NotAKey { line: usize },
    /// A missing `-` in the list that begins at `line`.
    NotAnEntry { line: usize },
    /// Text after the end of a document.
    AfterDocument,
    /// An alias without an anchor.
    UnknownAnchor,
    /// A value of `<<` that is not a mapping.
    NotToMerge,
    /// A key that is not a text.
    NotAText,
    /// A text that does not match its tag.
    NotItsTag,
    /// A key that its mapping already has at `line`.
    Duplicate { line: usize },
}

impl Slip {
    /// Returns an error at one character.
    pub fn new(trouble: Trouble, start: Spot) -> Slip {
        let width = 1;
        Slip {
            trouble,
            start,
            width,
        }
    }

    /// Extends the error up to a position.
    pub fn wide(self, end: Spot) -> Slip {
        let width = end.at.saturating_sub(self.start.at);
        Slip { width, ..self }
    }

    /// Returns its position as a mark.
    pub fn mark(&self, file: usize) -> Mark {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Mark {
            file,
            line: number(self.start.line).saturating_add(1),
            column: number(self.start.column).saturating_add(1),
            width: number(self.width),
        }
    }

    /// Reports it as a finding.
    pub fn report(&self, source: &Source, findings: &mut Findings) {
        let mark = self.mark(source.index);
        let place = source.place(mark);
        let line = place.map(|place| place.snippet).unwrap_or_default();
        let start = self.start.column;
        let word: String = line.chars().skip(start).take(self.width).collect();
        let word = word.trim_matches(['"', '\'', ' ']).replace('`', "'");
        let kind = match self.trouble {
            Trouble::Duplicate { .. } => ProblemKind::DuplicateKey,
            Trouble::NotAText => ProblemKind::WrongType,
            _ => ProblemKind::Syntax,
        };
        if kind == ProblemKind::DuplicateKey {
            findings.oddity(Text::new(
                format!("Compose v2 refuses the second `{word}`, v1 takes it in place of the first"),
                format!("Compose v2 refuse la seconde clé `{word}`, v1 la prend à la place de la première"),
            ));
        }
        findings.problem(kind, mark, self.message(&word));
    }

    /// Returns the message: the facts and the correction. `word` is the text at the position.
    fn message(&self, word: &str) -> Text {
        match self.trouble {
            Trouble::TooLarge => Text::fixed(
                "the file is too deep, or too large with its aliases filled in",
                "le fichier est trop profond, ou trop grand une fois ses alias remplacés",
            ),
            Trouble::Character(character) => {
                let code = format!("U+{:04X}", u32::from(character));
                Text::new(
                    format!("YAML does not allow the character {code}: delete it"),
                    format!("YAML n’admet pas le caractère {code} : supprimez-le"),
                )
            }
            Trouble::CannotBegin('\t') => Text::fixed(
                "there is a tab here, where YAML allows spaces only: indent with spaces",
                "il y a ici une tabulation, et YAML n’admet que des espaces : indentez avec des espaces",
            ),
            Trouble::CannotBegin(character) => {
                let shown = if character == '`' { '\'' } else { character };
                Text::new(
                    format!("no value can begin with `{shown}`: put it in quotes"),
                    format!(
                        "aucune valeur ne peut commencer par `{shown}` : mettez-la entre guillemets"
                    ),
                )
            }
            Trouble::NoColon => Text::fixed(
                "this is neither `key: value` nor `- item`: is the `:`, or the space after it, missing?",
                "ce n’est ni `clé: valeur` ni `- élément` : manque-t-il le `:`, ou l’espace qui le suit ?",
            ),
            Trouble::ValueInLine => Text::fixed(
                "no `key:` can stand here: the line is indented too deep, or the value needs quotes because of its `: `",
                "aucune `clé:` n’est possible ici : la ligne est trop indentée, ou la valeur doit être entre guillemets à cause de son `: `",
            ),
            Trouble::EntryInLine => Text::fixed(
                "no `- ` can stand here: a list begins on the line after its key",
                "aucun `- ` n’est possible ici : une liste commence à la ligne qui suit sa clé",
            ),
            Trouble::OpenQuote => Text::fixed(
                "the quote that opens here does not close",
                "le guillemet ouvert ici ne se ferme pas",
            ),
            Trouble::Escape(character) => {
                let shown = if character == '`' { '\'' } else { character };
                Text::new(
                    format!(
                        "`\\{shown}` means nothing in double quotes: write `\\\\`, or use single quotes"
                    ),
                    format!(
                        "`\\{shown}` ne veut rien dire entre guillemets doubles : écrivez `\\\\`, ou prenez des guillemets simples"
                    ),
                )
            }
            Trouble::AfterIndicator => Text::fixed(
                "only a comment can follow on this line: the text begins on the next one",
                "seul un commentaire peut suivre sur cette ligne : le texte commence à la suivante",
            ),
            Trouble::Anchor(character) => Text::new(
                format!(
                    "a name of letters, digits, `_` and `-` has to follow `{character}`: put the value in quotes if it is a text"
                ),
                format!(
                    "un nom fait de lettres, de chiffres, de `_` et de `-` doit suivre `{character}` : si c’est un texte, mettez-le entre guillemets"
                ),
            ),
            Trouble::Tag => Text::fixed(
                "this is read as a tag, because of its `!`, and is none: put it in quotes if it is a text",
                "à cause de son `!`, ceci est lu comme une étiquette, et n’en est pas une : si c’est un texte, mettez-le entre guillemets",
            ),
            Trouble::Directive => Text::fixed(
                "Compose does not read this line, which begins with `%`: delete it",
                "Compose ne lit pas cette ligne, qui commence par `%` : supprimez-la",
            ),
            Trouble::Version => Text::fixed(
                "Compose takes no line of this kind but `%YAML 1.1`, once: delete it",
                "Compose n’admet qu’une ligne de ce genre, `%YAML 1.1` : supprimez-la",
            ),
            Trouble::NoContent => Text::fixed(
                "a value is missing before this",
                "il manque une valeur avant ceci",
            ),
            Trouble::OpenBracket(bracket) => Text::new(
                format!("the `{bracket}` that opens here does not close"),
                format!("le `{bracket}` ouvert ici ne se ferme pas"),
            ),
            Trouble::NoComma { bracket, line } => {
                let (closing, line) = (closing(bracket), line + 1);
                Text::new(
                    format!(
                        "a `,` or the `{closing}` of the `{bracket}` of line {line} is missing before this"
                    ),
                    format!(
                        "il manque avant ceci une `,` ou le `{closing}` du `{bracket}` de la ligne {line}"
                    ),
                )
            }
            Trouble::NotAKey { line } => {
                let line = line + 1;
                Text::new(
                    format!(
                        "this fits no key: the keys that begin on line {line} stand in one column, each with `: ` after it"
                    ),
                    format!(
                        "ceci n’est pas une clé : celles qui commencent à la ligne {line} sont dans une même colonne, chacune suivie de `: `"
                    ),
                )
            }
            Trouble::NotAnEntry { line } => {
                let line = line + 1;
                Text::new(
                    format!(
                        "a `- ` is missing: the items of the list that begins on line {line} stand in one column"
                    ),
                    format!(
                        "il manque un `- ` : les éléments de la liste qui commence à la ligne {line} sont dans une même colonne"
                    ),
                )
            }
            Trouble::AfterDocument => Text::fixed(
                "this follows the end of the YAML document: the line is indented less than the first, or a `---` is missing",
                "ceci suit la fin du document YAML : la ligne est moins indentée que la première, ou il manque un `---`",
            ),
            Trouble::UnknownAnchor => Text::new(
                format!("`{word}` refers to an anchor that is not defined above it"),
                format!("`{word}` désigne une ancre qui n’est pas définie plus haut"),
            ),
            Trouble::NotToMerge => Text::fixed(
                "`<<` takes a mapping, or a list of mappings",
                "`<<` attend un objet (`clé: valeur`), ou une liste d’objets",
            ),
            Trouble::NotAText => Text::fixed(
                "a key is not a short text: is a list meant here?",
                "une clé n’est pas un texte court : s’agit-il d’une liste ?",
            ),
            Trouble::NotItsTag => Text::new(
                format!("`{word}`: the value is not what its tag says"),
                format!("`{word}` : la valeur n’est pas ce que dit son étiquette"),
            ),
            Trouble::Duplicate { line } => {
                let line = line + 1;
                Text::new(
                    format!("the key `{word}` is on line {line} already: keep one of the two"),
                    format!("la clé `{word}` est déjà à la ligne {line} : n’en gardez qu’une"),
                )
            }
        }
    }
}

fn closing(bracket: char) -> char {
    match bracket {
        '[' => ']',
        _ => '}',
    }
}
