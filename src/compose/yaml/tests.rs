use softy_checks::observation::ProblemKind;

use super::*;
use crate::compose::tests::quickly;

fn parsed(text: &str) -> Result<Node, ProblemKind> {
    let mut findings = Findings::default();
    let source = findings.add("f".to_owned(), text.to_owned());
    let documents = quickly(|| parse(&source, &mut findings));
    let mut documents = documents.ok_or_else(|| findings.into_compose().problems[0].kind)?;
    Ok(documents.remove(0))
}

#[test]
fn keys_and_values_know_their_place() {
    let tree = parsed("a:\n  bc: yes\n").unwrap();
    let entry = tree.get("a").unwrap().entry("bc").unwrap().clone();
    assert_eq!(
        entry.mark,
        Mark {
            file: 0,
            line: 2,
            column: 3,
            width: 2
        }
    );
    assert_eq!(
        entry.value.mark,
        Mark {
            file: 0,
            line: 2,
            column: 7,
            width: 3
        }
    );
    assert_eq!(entry.value.value, Value::Text("yes".to_owned()));
}

#[test]
fn anchors_and_merge_keys_are_resolved() {
    let tree = parsed("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n").unwrap();
    let y = tree.get("y").unwrap();
    assert_eq!(
        (y.text("a"), y.text("b")),
        (Some("1".to_owned()), Some("3".to_owned()))
    );
    assert_eq!(y.get("a").unwrap().mark.line, 1);
}

#[test]
fn a_duplicate_key_is_told_from_bad_syntax() {
    assert_eq!(parsed("a: 1\na: 2\n"), Err(ProblemKind::DuplicateKey));
    let merged = "x: &x {a: 1}\ny: &y {b: 1}\nz:\n  <<: *x\n";
    assert!(parsed(&format!("{merged}w:\n  <<: [*x, *y]\n")).is_ok());
    assert_eq!(
        parsed(&format!("{merged}  <<: *y\n")),
        Err(ProblemKind::DuplicateKey)
    );
    assert_eq!(parsed("a: [1\n"), Err(ProblemKind::Syntax));
    assert_eq!(parsed("a:\n\tb: 1\n"), Err(ProblemKind::Syntax));
    assert_eq!(parsed("a: b\0c\n"), Err(ProblemKind::Syntax));
    assert_eq!(parsed("80: x\n"), Err(ProblemKind::WrongType));
}

#[test]
fn numbers_are_printed_as_go_does() {
    let numbers = [1.5, 1.1, 1000.0, 123456.0, 1e6, 1e20, 1e-7, -0.0];
    let printed = numbers.map(float);
    let expected = [
        "1.5", "1.1", "1000", "123456", "1e+06", "1e+20", "1e-07", "-0",
    ];
    assert_eq!(printed, expected);
    let endless = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float);
    assert_eq!(endless, ["+Inf", "-Inf", "NaN"]);
}

#[test]
fn bombs_end_early() {
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let item = format!("*a{}", level - 1);
        aliases += &format!("a{level}: &a{level} [{}]\n", [item.as_str(); 9].join(", "));
    }
    assert_eq!(parsed(&aliases), Err(ProblemKind::Syntax));
    assert_eq!(parsed(&"[".repeat(100_000)), Err(ProblemKind::Syntax));
    assert_eq!(parsed(&"- ".repeat(100_000)), Err(ProblemKind::Syntax));
    assert_eq!(
        parsed(&"a: 1\n".repeat(30_000)),
        Err(ProblemKind::DuplicateKey)
    );
    assert_eq!(parsed(&"a: 1\n".repeat(200_000)), Err(ProblemKind::Syntax));
    assert_eq!(parsed(&"- 1\n".repeat(250_000)), Err(ProblemKind::Syntax));
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(500_000),
        ["*a"; 900].join(", ")
    );
    assert_eq!(parsed(&long), Err(ProblemKind::Syntax));
    assert_eq!(parsed("a: &a [*a]\n"), Err(ProblemKind::Syntax));
}

/// Returns the value of the key `a`.
fn value(text: &str) -> Option<Value> {
    Some(parsed(text).ok()?.get("a")?.value.clone())
}

#[test]
fn plain_texts_have_the_types_of_go_yaml() {
    let text = |text: &str| Value::Text(text.to_owned());
    let cases = [
        ("yes", text("yes")),
        ("True", Value::Bool(true)),
        ("~", Value::Null),
        ("", Value::Null),
        ("017", Value::Integer(15)),
        ("0o17", Value::Integer(15)),
        ("0x1F", Value::Integer(31)),
        ("-0b11", Value::Integer(-3)),
        ("0b-1", Value::Integer(-1)),
        ("1_000", Value::Integer(1000)),
        ("08", Value::Float(8.0)),
        ("1e3", Value::Float(1000.0)),
        ("1e999", text("1e999")),
        ("18446744073709551615", Value::Integer(u64::MAX.into())),
        ("-9223372036854775809", Value::Float(-9223372036854775809.0)),
        ("12:30", text("12:30")),
        ("2024-01-01", text("2024-01-01")),
        ("!!str 1", text("1")),
        ("!!int '1'", Value::Integer(1)),
        ("!!float 1", Value::Float(1.0)),
        ("!!binary aGk=", text("hi")),
        ("!x 1", text("1")),
        ("! 1", Value::Integer(1)),
        ("! '1'", text("1")),
        ("+.inf", Value::Float(f64::INFINITY)),
    ];
    for (written, expected) in cases {
        assert_eq!(
            value(&format!("a: {written}\n")),
            Some(expected),
            "{written}"
        );
    }
    for written in [
        "!!int x",
        "!!bool yes",
        "!!null a",
        "!!binary '*'",
        "!u!x 1",
    ] {
        assert_eq!(value(&format!("a: {written}\n")), None, "{written}");
    }
}

#[test]
fn texts_are_read_as_by_libyaml() {
    let cases = [
        ("a: b # c\n", "b"),
        ("a: \"b\"# c\n", "b"),
        ("a: b#c\n", "b#c"),
        ("a: b\n  c\n\n  d\n", "b c\nd"),
        ("a: 'b\n\n  c''d'\n", "b\nc'd"),
        ("a: \"b\\\n   c \\x41\\u00e9\"\n", "bc Aé"),
        ("a: |\n  b\n   c\n\n", "b\n c\n"),
        ("a: >-\n  b\n  c\n\n  d\n", "b c\nd"),
        ("a: |2+\n   b\n\n", " b\n\n"),
        ("a:\tb\n", "b"),
        ("# c\n\t# d\na: b\n", "b"),
        ("? a\n: b\n", "b"),
        ("%YAML 1.1\n--- # c\na: b\n...\n", "b"),
        ("%TAG !e! tag:e,1:\n---\na: !e!x b\n", "b"),
        ("\u{feff}a: b\r\n", "b"),
        ("a: http://b:80/?c=d\n", "http://b:80/?c=d"),
        ("&k a: b\n", "b"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            value(text),
            Some(Value::Text(expected.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn what_go_yaml_refuses_is_refused() {
    let refused = [
        "a:\n  b: c\n\t\n",
        "a: b: c\n",
        "a: - b\n",
        "a: @b\n",
        "a: 'b\n",
        "a: \"\\d\"\n",
        "a: [b\n",
        "a: {b\n",
        "a: *b\n",
        "{a: b?c}\n",
        "a: |x\n  b\n",
        "a:\n  b: c\n d: e\n",
        "a: b\nc\n",
        "%YAML 1.2\n---\na: b\n",
        "a: b\n]\n",
        "a: [b,, c]\n",
        "<<: a\n",
        "a: {<<: 1}\n",
        "a: \u{7f}\n",
        "a: 1\n'a': 2\n",
        "&x a: b\n*x : c\nx: d\n",
    ];
    for text in refused {
        assert!(parsed(text).is_err(), "{text}");
    }
}

#[test]
fn aliases_are_keys_and_values() {
    let tree = parsed("&k a: &v 1\nb: *v\nc: {*k : 2}\n").unwrap();
    assert_eq!(tree.get("b").unwrap().value, Value::Integer(1));
    assert_eq!(tree.get("c").unwrap().text("a").as_deref(), Some("2"));
    let merged = parsed("a: {<<: [{b: 1, c: 2}, {b: 3, d: 4}], c: 5}\n").unwrap();
    let merged = merged.get("a").unwrap();
    let texts = ["b", "c", "d"].map(|key| merged.text(key).unwrap());
    assert_eq!(texts, ["1", "5", "4"]);
}

#[test]
fn reset_takes_keys_and_items_away_but_not_inside_of_override() {
    let tree =
        parsed("a: [!reset 1, 2]\nb: !override [!reset 1]\nc: !reset {x: 1, x: 2}\n").unwrap();
    assert_eq!(tree.get("a").unwrap().items().len(), 1);
    assert_eq!(tree.get("b").unwrap().texts(), ["1"]);
    assert_eq!(tree.entry("c").unwrap().tag, Some(Tag::Reset));
    let merged = parsed("a: &a !reset {x: 1}\nb: {<<: *a}\nc: {<<: [*a, {y: 2}]}\n").unwrap();
    assert!(merged.get("b").unwrap().entries().is_empty());
    assert_eq!(merged.get("c").unwrap().entries().len(), 1);
}

#[test]
fn slips_are_told_in_words_with_their_place() {
    let cases = [
        ("a:\n\tb: c\n", 2, 1, "tab"),
        ("a: 1\nb:2\nc: 3\n", 2, 1, "neither `key: value` nor"),
        ("a: b\n  c: d\n", 2, 4, "indented too deep"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "one column"),
        ("a: 'b\n", 1, 4, "does not close"),
        ("a: [b\nc: d\n", 2, 2, "of the `[` of line 1"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "on line 1 already"),
        ("a: *b\n", 1, 4, "`*b` refers to an anchor"),
        ("a: \"\\d\"\n", 1, 5, "`\\d` means nothing"),
    ];
    for (text, line, column, words) in cases {
        let mut findings = Findings::default();
        let source = findings.add("f".to_owned(), text.to_owned());
        assert!(parse(&source, &mut findings).is_none(), "{text}");
        let problem = findings.into_compose().problems.remove(0);
        let place = problem.place.unwrap();
        assert!(problem.message.en.contains(words), "{}", problem.message.en);
        assert_eq!((place.line, place.column), (line, column), "{text}");
    }
}
