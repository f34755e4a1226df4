//! Random values with variables.

use crate::cases::{Chance, Files};

const VARIABLES: &str = "A=a\nB='b c'\nEMPTY=\nD='$A'\nE={}\n";

/// Pieces of values.
const PIECES: [&str; 44] = [
    "$A",
    "${A}",
    "$B",
    "$EMPTY",
    "${EMPTY}",
    "$Z",
    "${Z}",
    "$D",
    "$$",
    "$",
    "$8",
    "${A:-x}",
    "${Z:-x}",
    "${Z-x}",
    "${EMPTY-x}",
    "${EMPTY:-x}",
    "${A:+x}",
    "${A+x}",
    "${Z:+x}",
    "${EMPTY:+x}",
    "${A?e}",
    "${A:?e}",
    "${Z:-${B}}",
    "${Z:-${Y:-y}}",
    "${A:-${Y}}",
    "${Z:-{}}",
    "${Z:-{a}}",
    "${Z:-a{b}",
    "}",
    "{",
    "a",
    " ",
    "-",
    "${Z:-a}b}",
    "${Z:-a b:c}",
    "${Z-$A}",
    "${Z:-$$}",
    "${ſ:-s}",
    "$_A",
    "${_A1}",
    "${Z:+${Y}}",
    "${A:-?}",
    "é",
    "$é",
];

/// Texts that make most values invalid.
const SOUP: [&str; 20] = [
    "${", "}", "$", "{", ":", "-", "?", "+", "A", "Z", "${A", "${Z:-", "${Z:?", "${A!", " ", "${}",
    "${1}", "${A:x}", "\n", "${EMPTY?",
];

/// Returns a compose file with ten values, or with one that may be invalid.
pub fn case(chance: &mut Chance) -> Files {
    let wild = chance.is(1, 4);
    let values = (0..if wild { 1 } else { 10 }).map(|index| {
        let count = 1 + chance.below(5);
        let pieces = (0..count).map(|_| match wild {
            true => chance.one_of(&SOUP),
            false => chance.one_of(&PIECES),
        });
        let text: String = pieces.collect();
        let quoted = text.replace('\\', "\\\\").replace('\n', "\\n");
        format!("      V{index}: \"{quoted}\"\n")
    });
    let values: String = values.collect();
    let compose = format!("services:\n  a:\n    image: i\n    environment:\n{values}");
    vec![
        ("compose.yaml".to_owned(), compose.into_bytes()),
        (".env".to_owned(), VARIABLES.as_bytes().to_vec()),
    ]
}
