//! Random YAML files: small compose files in all forms of YAML, some of them invalid at one place.

use crate::cases::{Chance, Files};

/// Texts without quotes: words, numbers, and texts that resemble other types.
const WORDS: &[&str] = &[
    "a",
    "b c",
    "yes",
    "no",
    "on",
    "Off",
    "y",
    "true",
    "True",
    "FALSE",
    "null",
    "~",
    "Null",
    "0",
    "1",
    "-1",
    "+1",
    "01",
    "08",
    "0o17",
    "0x1F",
    "0b101",
    "1_000",
    "-0b11",
    "0b-1",
    "0o+7",
    "1e3",
    "1.5",
    ".5",
    "1.",
    "-.5",
    "+.5e-3",
    "1e999",
    "12:30:45",
    "18446744073709551615",
    "9223372036854775808",
    "99999999999999999999",
    "-9223372036854775809",
    "0.1",
    "100000000000000000000000",
    "1e21",
    "123456789.125",
    "1e-7",
    "-0",
    "-0.0",
    "0x",
    "0b2",
    "0o8",
    "1__0",
    "_1",
    "1_",
    ".",
    "--",
    "---a",
    "a-b",
    "a:b",
    "a#b",
    "80:80",
    "-a",
    ":a",
    "it's",
    "\\n",
    "é",
    "日本",
    "\u{a0}",
    "=",
    "$$A",
    "0x_F",
    "1.5_0",
    "..",
    "a;b",
    "a|b",
    "a>b",
    "a&b",
    "a*b",
    "a%b",
    "a@b",
    "a!b",
    "a'b'",
    "a\"b\"",
    "a  b",
    "a\tb",
];

/// Texts without quotes that are invalid at many places.
const ODD_WORDS: &[&str] = &[
    "-",
    "a: b",
    "a :b",
    "a #b",
    "http://x:80/?a=b",
    "[a]",
    "{a}",
    "a]",
    "a,b",
    "a?b",
    "?a",
    "@a",
    "`a`",
    "%a",
    "!a",
    "&a",
    "*a",
    "|",
    ">",
    "'",
    "\"",
    "\u{85}",
    "\u{2028}",
    "<<",
    "1,000",
    ".inf",
    "-.INF",
    "+.inf",
    ".nan",
    "?",
    ":",
    "- a",
    "? a",
    "{",
    "}",
    "[",
    "]",
    ",",
    "a}",
    "a[b",
    "#a",
    "...",
    "---",
];

/// Texts inside quotes.
const QUOTED: &[&str] = &[
    "a",
    "",
    " ",
    "a b",
    "a: b",
    "#",
    " # ",
    "1",
    "true",
    "null",
    "a  b",
    "\\n",
    "\\t",
    "\\x41",
    "\\u00e9",
    "\\U0001F600",
    "\\\"",
    "''",
    "\\\\",
    "\\ ",
    "\\e",
    "\\N",
    "\\_",
    "é",
    "{a}",
    "[",
    "a\tb",
    "\\L",
    "*a",
    "\\0",
];

/// Texts that are invalid inside quotes.
const ODD_QUOTED: &[&str] = &[
    "\\/",
    "\\d",
    "\\xZZ",
    "\\uD800",
    "\\U00110000",
    "\\'",
    "'",
    "\"",
];

/// Line breaks inside a text.
const BREAKS: [&str; 6] = ["\n", "\n\n", " \n ", "\\\n", "\t\n", "\n\t"];

/// Texts whose insertion may make a file invalid.
const ODD: [&str; 44] = [
    "\t", " ", "\n", "\r", ":", ": ", "-", "- ", "#", " #", "\"", "'", "[", "]", "{", "}", ",",
    "?", "? ", "!", "&", "*", "|", ">", "%", "@", "`", "\\", "\u{feff}", "\u{85}", "\u{2028}",
    "\u{7f}", "\u{1}", "\0", "---", "\n---\n", "\n...\n", "é", "  ", "\n\t\n", "\n \t \n",
    "!reset ", "<<: ", "\t# c",
];

/// Returns a compose file.
pub fn case(chance: &mut Chance) -> Files {
    let odd = chance.is(1, 3);
    let mut text = Form {
        odd,
        ..Form::default()
    }
    .file(chance);
    if chance.is(1, 4) {
        spoil(&mut text, chance);
    }
    match chance.below(20) {
        0 | 1 => text = text.replace('\n', "\r\n"),
        2 => text = text.replace('\n', "\r"),
        3 => text.insert(0, '\u{feff}'),
        4 => text = text.trim_end().to_owned(),
        _ => {}
    }
    let mut bytes = text.into_bytes();
    if chance.is(1, 200) {
        let at = chance.below(bytes.len() + 1);
        bytes.insert(at, 0xe9);
    }
    vec![("compose.yaml".to_owned(), bytes)]
}

/// Changes a file at one place.
fn spoil(text: &mut String, chance: &mut Chance) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if places.is_empty() {
        return;
    }
    let at = places[chance.below(places.len())];
    match chance.below(6) {
        0 => {
            text.remove(at);
        }
        1 => {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            text.insert_str(
                start,
                chance.one_of(&[" ", "  ", "\t", "   ", "    ", "- "]),
            );
        }
        2 => {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let line = lines[chance.below(lines.len())].to_owned();
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            text.insert_str(start, &line);
        }
        _ => text.insert_str(at, chance.one_of(&ODD)),
    }
}

/// State while a file is written.
#[derive(Default)]
struct Form {
    /// Number of anchors so far, of mappings and of scalars.
    mappings: usize,
    scalars: usize,
    /// True if the file may contain texts that Compose refuses.
    odd: bool,
    /// True where values of any type are valid.
    is_free: bool,
}

impl Form {
    fn file(&mut self, chance: &mut Chance) -> String {
        let tame = [
            "",
            "",
            "",
            "",
            "---\n",
            "--- # c\n",
            "%YAML 1.1\n---\n",
            "%TAG !e! tag:e,1:\n---\n",
            "# c\n\n",
            "\n\n",
        ];
        let odd = [
            "%YAML 1.2\n---\n",
            "%FOO a\n---\n",
            "...\n",
            "\t\n",
            "%YAML 1.1\n",
            "%TAG ! a\n---\n",
        ];
        let mut text = self.pick(chance, &tame, &odd).to_owned();
        if chance.is(2, 3) {
            self.is_free = chance.is(1, 4);
            let anchored = self.mapping(chance, 0, false);
            self.is_free = false;
            text += &format!("x-a: &m0{anchored}\n");
            self.mappings = 1;
        }
        if chance.is(1, 2) {
            let scalar = self.scalar(chance, 0, false);
            text += &format!("x-b: &s0{scalar}\n");
            self.scalars = 1;
        }
        text += "services:\n";
        let step = 1 + chance.below(4);
        let inner = step + 1 + chance.below(4);
        text += &format!(
            "{}a:{}\n",
            " ".repeat(step),
            self.pick(
                chance,
                &["", "", " ", "  # c", "\t", " !!map"],
                &[" # c\t", "\t# c", " !x", " &q"]
            )
        );
        let indent = " ".repeat(inner);
        for key in ["image", "environment", "labels", "command", "x-c"] {
            self.is_free = key == "x-c";
            let value = match key {
                "image" => " i".to_owned(),
                "environment" | "labels" => match chance.below(8) {
                    0 | 1 => self.list(chance, inner, false),
                    _ => self.mapping(chance, inner, false),
                },
                "command" => self.list(chance, inner, false),
                _ => self.value(chance, inner, false),
            };
            let is_there = key == "image" || chance.is(1, 2);
            if is_there {
                text += &format!("{indent}{key}:{value}{}\n", self.comment(chance, inner));
            }
        }
        if chance.is(1, 12) {
            text += chance.one_of(&[
                "---\nservices: {a: {labels: {z: 1}}}\n",
                "...\n",
                "---\n",
                "...\n---\nservices:\n  b: {image: j}\n",
                "---\nservices: {a: {environment: !reset {}}}\n",
                "...\n...\n",
                "---\n# c\n",
                "--- !!map\nx-z: *m0\n",
                "---\nservices: {a: {labels: !override {z: 1}}}\n",
            ]);
        }
        text
    }

    /// Returns the text after a `:` or `-`, which begins with a space or a line end.
    fn value(&mut self, chance: &mut Chance, indent: usize, in_flow: bool) -> String {
        match chance.below(if self.odd || self.is_free { 10 } else { 100 }) {
            0 => self.list(chance, indent, in_flow),
            1 | 2 => self.mapping(chance, indent, in_flow),
            _ => self.scalar(chance, indent, in_flow),
        }
    }

    /// Returns one of the `tame` words; in an odd file, one time in eight, one of the `odd` words.
    fn pick<'w>(&self, chance: &mut Chance, tame: &[&'w str], odd: &[&'w str]) -> &'w str {
        match self.odd && chance.is(1, 8) {
            true => chance.one_of(odd),
            false => chance.one_of(tame),
        }
    }

    /// Returns a tag, an anchor, both or none.
    fn properties(&self, chance: &mut Chance) -> &'static str {
        if !chance.is(1, 8) {
            return "";
        }
        let tame = &[
            " !!str",
            " !x",
            " !",
            " !<tag:yaml.org,2002:str>",
            " &n",
            " &n !!str",
            " !!str &n",
            " !reset",
            " !override",
        ];
        let odd = &[
            " !!int",
            " !!float",
            " !!bool",
            " !e!x",
            " !!null",
            " !!binary",
            " !!timestamp",
            " !%41",
            " !a!",
            " &n &n",
            " &",
        ];
        self.pick(chance, tame, odd)
    }

    fn scalar(&mut self, chance: &mut Chance, indent: usize, in_flow: bool) -> String {
        if chance.is(1, 16) && self.scalars > 0 {
            return " ".to_owned()
                + self.pick(chance, &["*s0", "*s0 "], &["*m0", "*n", "*zz", "*s0:", "*"]);
        }
        let properties = self.properties(chance);
        let space = self.pick(chance, &[" ", " ", " ", "  "], &["\t", " \t", "", "\n "]);
        let deeper = " ".repeat(indent + 1 + chance.below(3));
        let text = match chance.below(12) {
            0 | 1 => self.quoted(chance, '"', &deeper),
            2 | 3 => self.quoted(chance, '\'', &deeper),
            4 if !in_flow => self.block(chance, indent),
            5 if !in_flow => {
                let first = self.word(chance);
                format!("{first}\n{deeper}{}", self.word(chance))
            }
            6 => String::new(),
            _ => self.word(chance).to_owned(),
        };
        format!("{properties}{space}{text}")
    }

    fn word(&self, chance: &mut Chance) -> &'static str {
        self.pick(chance, WORDS, ODD_WORDS)
    }

    fn mapping(&mut self, chance: &mut Chance, indent: usize, in_flow: bool) -> String {
        let properties = self.properties(chance);
        let count = chance.below(5);
        if in_flow || count == 0 || chance.is(1, 4) {
            let entries: Vec<String> = (0..count)
                .map(|_| {
                    let key = self.key(chance);
                    let colon =
                        self.pick(chance, &[":", ":", ":", " :"], &["", ": # c\n    ", ":\t"]);
                    let value = match chance.is(1, 8) {
                        true => String::new(),
                        false => self.value(chance, indent, true),
                    };
                    format!("{key}{colon}{value}")
                })
                .collect();
            let comma = [", ", ", ", ",", " , ", ",\n        ", ", # c\n        "];
            let comma = self.pick(
                chance,
                &comma,
                &[",\n", ",,", ";", ",\t", ",\n\t", ",#c\n "],
            );
            let tail = self.pick(chance, &["", "", " ", ""], &[",,", "\n", "\n\t", ",", ", "]);
            return format!("{properties} {{{}{tail}}}", entries.join(comma));
        }
        let deeper = indent + 1 + chance.below(3);
        let mut text = format!("{properties}{}", self.comment(chance, indent));
        let start = format!("\n{}", " ".repeat(deeper));
        if self.mappings > 0 && chance.is(1, 4) {
            let tame = [
                "<<: *m0",
                "<<: [*m0]",
                "<<: {ka: 1}",
                "<<: [*m0, {ka: 1, kb: x}]",
            ];
            let odd = [
                "<<: *s0",
                "<<: a",
                "<<: ",
                "<<: [a]",
                "\"<<\": *m0",
                "!!merge <<: *m0",
                "<<: [[*m0]]",
                "<< : *m0",
            ];
            text += &start;
            text += self.pick(chance, &tame, &odd);
        }
        for _ in 0..count {
            let key = self.key(chance);
            let value = self.value(chance, deeper, false);
            text += &match chance.below(16) {
                0 => format!("{start}? {key}{start}:{value}"),
                1 => format!("{start}? {key}"),
                2 => format!("{start}{key} :{value}"),
                _ => format!("{start}{key}:{value}"),
            };
            text += &self.comment(chance, deeper);
        }
        text
    }

    fn key(&mut self, chance: &mut Chance) -> String {
        match chance.below(24) {
            0 if self.odd => "<<".to_owned(),
            1 => format!("'q k{}'", chance.below(100)),
            2 => format!("\"d\\x41{}\"", chance.below(100)),
            3 if self.odd => self.word(chance).to_owned(),
            4 if self.scalars > 0 && self.odd => "*s0 ".to_owned(),
            5 => format!("k: {}", chance.below(100)).replace(": ", "-"),
            6 if self.odd => "&n K".to_owned(),
            7 => format!("!!str {}", chance.below(100)),
            8 if self.odd => format!("K{}", chance.below(3)),
            _ => format!("K{}", chance.below(1000)),
        }
    }

    fn list(&mut self, chance: &mut Chance, indent: usize, in_flow: bool) -> String {
        let properties = self.properties(chance);
        let count = chance.below(4);
        if in_flow || count == 0 || chance.is(1, 4) {
            let items: Vec<String> = (0..count)
                .map(|_| match self.item(chance, indent, true) {
                    blank if blank.trim().is_empty() => " a".to_owned(),
                    item => item,
                })
                .collect();
            let comma = self.pick(
                chance,
                &[",", ",", " ,", ",\n         "],
                &[", # c\n   ", ",,", "\n,"],
            );
            let tail = self.pick(chance, &["", "", " "], &[",,", "\n", ","]);
            return format!("{properties} [{}{tail}]", items.join(comma));
        }
        let deeper = match chance.is(1, 3) {
            true => indent,
            false => indent + 1 + chance.below(3),
        };
        let mut text = format!("{properties}{}", self.comment(chance, indent));
        for _ in 0..count {
            let value = self.item(chance, deeper + 1, false);
            let start = " ".repeat(deeper);
            text += &format!("\n{start}-{value}{}", self.comment(chance, deeper));
        }
        text
    }

    /// Returns an item of a list, usually one that `environment` and `command` accept.
    fn item(&mut self, chance: &mut Chance, indent: usize, in_flow: bool) -> String {
        match chance.below(4) {
            0 if self.odd || self.is_free => self.value(chance, indent, in_flow),
            1 => format!(" K{}=v", chance.below(1000)),
            2 => format!(" {}", self.quoted(chance, '"', "          ")),
            _ => format!(" {}", self.text(chance)),
        }
    }

    /// Returns a word of the string type.
    fn text(&self, chance: &mut Chance) -> &'static str {
        let tame = [
            "a", "b c", "yes", "y", "a-b", "a:b", "80:80", "it's", "=", "é", "a#b", "'1'",
            "\"true\"", "0x", "1e999", "12:30",
        ];
        self.pick(chance, &tame, ODD_WORDS)
    }

    /// Returns a comment at the end of a line or on its own lines; often empty.
    fn comment(&self, chance: &mut Chance, indent: usize) -> String {
        if !chance.is(1, 3) {
            return String::new();
        }
        let indent = " ".repeat(indent);
        let tame = [
            " # c",
            " # c",
            "\nINDENT# c",
            "\n# c",
            "\n",
            " ",
            "\n # c\n\nINDENT   # d",
            "\n# c\n\t# d",
            "\n ",
        ];
        let odd = ["# c", "\t# c", "\n\t", "\n\t# c", "\t", "\n \t \n"];
        self.pick(chance, &tame, &odd).replace("INDENT", &indent)
    }

    fn quoted(&self, chance: &mut Chance, quote: char, indent: &str) -> String {
        let mut text = quote.to_string();
        for part in 0..1 + chance.below(3) {
            if part > 0 && chance.is(1, 4) {
                text += chance.one_of(&BREAKS);
                text += indent;
            }
            let piece = self.pick(chance, QUOTED, ODD_QUOTED);
            match quote {
                '"' => text += &piece.replace("''", "'"),
                _ => text += &piece.replace("\\\"", "\""),
            }
        }
        text.push(quote);
        text
    }

    fn block(&self, chance: &mut Chance, indent: usize) -> String {
        let tame = &["|", ">", "|-", ">-", "|+", ">+", "| # c", ">\t"];
        let header = self.pick(
            chance,
            tame,
            &["|2", ">1-", "|-1", "|+2", ">3", "|0", "|a", "|#c"],
        );
        let own = indent + 1 + chance.below(3);
        let mut text = header.to_owned();
        for _ in 0..chance.below(5) {
            let deeper = own + [0, 0, 0, 1, 2][chance.below(5)];
            text += &match chance.below(8) {
                0 => "\n".to_owned(),
                1 => format!("\n{}", " ".repeat(chance.below(own + 1))),
                2 => format!("\n{}\ta", " ".repeat(own)),
                3 if self.odd => "\n\t".to_owned(),
                _ => format!("\n{}{}", " ".repeat(deeper), self.word(chance)),
            };
        }
        text
    }
}
