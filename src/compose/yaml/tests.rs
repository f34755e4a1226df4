use softy_checks::observation::ProblemKind;

use super::*;
use crate::compose::tests::bounded;

fn parsed(text: &str) -> Result<Node, ProblemKind> {
    let mut findings = Findings::default();
    let source = findings.add("f".to_owned(), text.to_owned());
    let documents = bounded(|| parse(&source, &mut findings));
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
    let printed = [1.5, 1.1, 1000.0, 123456.0, 1e6, 1e20, 1e-7, -0.0].map(float);
    let expected = [
        "1.5", "1.1", "1000", "123456", "1e+06", "1e+20", "1e-07", "-0",
    ];
    assert_eq!(printed, expected);
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
