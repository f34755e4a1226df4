//! Random files of variables: `.env` and two of `env_file`.

use crate::cases::{Chance, Files};

/// Names of variables.
const NAMES: [&str; 8] = ["A", "B", "C", "D", "E.x", "F-1", "G[0]", "_h"];

/// Pieces of values.
const PIECES: [&str; 56] = [
    "a",
    "b c",
    "8",
    "é",
    "$A",
    "${B}",
    "$8",
    "$",
    "$$",
    "${C:-d}",
    "${C-}",
    "${D:+e}",
    "${D+}",
    "${A:-${B}}",
    "${Z}",
    "$Z",
    "${A:-{}}",
    "${A:-{x}y}",
    "#",
    " #",
    "# c",
    " # c",
    "\t# c",
    "'",
    "\"",
    "\\'",
    "\\\"",
    "\\n",
    "\\t",
    "\\\\",
    "\\$",
    "\\a",
    "\\c",
    "\\0101",
    "\\01",
    "\\0777",
    "\\x",
    "=",
    ":",
    ": ",
    " ",
    "  ",
    "\t",
    "\u{a0}",
    ".",
    "-",
    "[",
    "{",
    "}",
    "!",
    ";",
    "export ",
    "\r",
    "\u{85}",
    "\u{2003}",
    "\u{feff}",
];

/// Texts that may make a line invalid.
const SOUP: [&str; 40] = [
    "A", "B", "=", ":", " ", "\t", "\n", "\r\n", "'", "\"", "\\", "$", "{", "}", "#", "export",
    "export ", "export\t", "export\n", "é", "²", "-", "_", ".", "[", "]", "!", "${", "${A", "?",
    "+", ":-", "\u{b}", "\u{a0}", "\u{feff}", "0", "\\0", "$$", "\u{2028}", "/",
];

/// Returns a compose file that uses all of the variables, and the files that define them.
pub fn case(chance: &mut Chance) -> Files {
    let compose = "services:
  a:
    image: i
    env_file: [one.env, two.env]
    environment:
      N: '${A-none} ${B-none} ${C-none} ${D-none}'
      A2: ${_h}
      G:
      H: ${E}
  b:
    image: i
    env_file: two.env
    environment: [B=own, A]
  c:
    image: i
    label_file: [two.env, one.env]
";
    let file = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    vec![
        file("compose.yaml", compose.to_owned()),
        file(".env", text(chance)),
        file("one.env", text(chance)),
        file("two.env", text(chance)),
    ]
}

fn text(chance: &mut Chance) -> String {
    let end = chance.one_of(&["\n", "\n", "\n", "\r\n"]);
    let mut text = String::new();
    if chance.is(1, 20) {
        text.push('\u{feff}');
    }
    let wild = chance.is(1, 16);
    for _ in 0..chance.below(if wild { 3 } else { 9 }) {
        text += &match wild {
            true => soup(chance),
            false => line(chance),
        };
        text += end;
    }
    if chance.is(1, 20) {
        text = text.trim_end().to_owned();
    }
    text
}

fn soup(chance: &mut Chance) -> String {
    let words = chance.below(8);
    (0..words).map(|_| chance.one_of(&SOUP)).collect()
}

fn line(chance: &mut Chance) -> String {
    match chance.below(24) {
        0 => String::new(),
        1 => "# comment $ ' \" =".to_owned(),
        2 => "  \t".to_owned(),
        3 => chance.one_of(&NAMES).to_owned(),
        4 => format!("export {}", chance.one_of(&NAMES)),
        _ => {
            let before = chance.one_of(&["", "", "", "", "export ", "export\t", "  ", "export  "]);
            let equals = chance.one_of(&[
                "=", "=", "=", "=", " = ", ": ", ":", "= ", "=\t", " =", "\t=",
            ]);
            let name = chance.one_of(&NAMES);
            let value = value(chance);
            let after = chance.one_of(&["", "", "", "", " ", " # c", "\t", "# c", " #"]);
            format!("{before}{name}{equals}{value}{after}")
        }
    }
}

fn value(chance: &mut Chance) -> String {
    let count = chance.below(5);
    let pieces: Vec<&str> = (0..count).map(|_| chance.one_of(&PIECES)).collect();
    let bare = pieces.concat();
    let inside = |quote: char| {
        let pieces = pieces.iter().filter(|piece| !piece.starts_with(quote));
        let text: String = pieces.copied().collect();
        format!("{quote}{text}{quote}")
    };
    match chance.below(8) {
        0 | 1 => inside('\''),
        2 | 3 => inside('"'),
        4 => inside('"').replace("b c", "b\nc"),
        5 => format!("{} {}='2'", inside('"'), chance.one_of(&NAMES)),
        _ => bare.trim_start_matches(['\'', '"']).to_owned(),
    }
}
