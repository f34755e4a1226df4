//! Files that Compose or the sandbox refuses.

use super::*;

#[test]
fn what_cannot_be_extended_is_a_problem_of_its_file() {
    use ProblemKind::*;
    let main = "task6/compose.yaml".to_owned();
    let other = "services:\n  a: {image: i, extends: {service: a, file: compose.yaml}}\n  b: {image: i, imag: j}\n";
    let cases = [
        (
            "{service: a, file: none.yml}",
            (Unreadable, main.clone(), 2),
        ),
        (
            "{service: c, file: o.yml}",
            (UndefinedName, main.clone(), 2),
        ),
        ("{file: o.yml}", (WrongType, main.clone(), 2)),
        ("c", (UndefinedName, main.clone(), 2)),
        ("a", (InvalidValue, main, 2)),
        (
            "{service: a, file: o.yml}",
            (InvalidValue, "task6/o.yml".to_owned(), 2),
        ),
        (
            "{service: b, file: o.yml}",
            (UnknownKey, "task6/o.yml".to_owned(), 3),
        ),
    ];
    for (extends, expected) in cases {
        let yaml = format!("services:\n  a: {{image: i, extends: {extends}}}\n");
        let found = problems(&[("compose.yaml", &yaml), ("o.yml", other)]);
        assert_eq!(found, [expected], "{extends}");
    }
    let far = [
        ("compose.yaml", "services:\n  base: {image: i}\n"),
        ("compose.override.yaml", "services:\n  b: {extends: base}\n"),
    ];
    assert_eq!(problems(&far)[0].1, "task6/compose.override.yaml");
}

#[test]
fn what_cannot_be_included_is_a_problem() {
    use ProblemKind::*;
    let c = ("c.yml", "services:\n  b: {image: i}\n");
    let d = ("d.yml", "include: [compose.yaml]\n");
    let cases = [
        ("include: [none.yml]\n", Unreadable),
        ("include: c.yml\n", WrongType),
        ("include: [{path: c.yml, env_file: none}]\n", Unreadable),
        ("include: [{path: c.yml, env_file: {a: b}}]\n", WrongType),
        (
            "include: [{path: c.yml, project_directory: true}]\n",
            WrongType,
        ),
        ("include: [{path: [{}]}]\n", WrongType),
        ("include: [d.yml]\n", InvalidValue),
        (
            "include: [c.yml]\nservices: {b: {image: j}}\n",
            InvalidValue,
        ),
        (
            "include: [c.yml]\nservices: {a: {extends: b}}\n",
            UndefinedName,
        ),
    ];
    for (yaml, kind) in cases {
        let found = problems(&[("compose.yaml", yaml), c, d]);
        assert_eq!((found.len(), found[0].0), (1, kind), "{yaml}");
    }
    let twice = "include: [c.yml, e.yml]\nservices: {b: {image: i}}\n";
    let e = ("e.yml", "include: [c.yml]\n");
    assert_eq!(services(&[("compose.yaml", twice), c, e]).len(), 1);
}

#[test]
fn what_leads_out_of_the_submission_is_refused() {
    for path in [
        "../../x.yml",
        "/etc/passwd",
        "~/x.yml",
        "https://example.com/x.git",
        "git@example.com:x",
        "oci://example.com/x",
    ] {
        for yaml in [
            format!("include: ['{path}']\n"),
            format!("include: [{{path: c.yml, project_directory: '{path}'}}]\n"),
            format!("include: [{{path: c.yml, env_file: '{path}'}}]\n"),
            format!("services:\n  a: {{extends: {{service: a, file: '{path}'}}}}\n"),
        ] {
            let (compose, project) = read(&[("compose.yaml", &yaml), ("c.yml", "services: {}")]);
            assert_eq!((compose.problems, project), (vec![], None), "{yaml}");
            assert_eq!(compose.refusals.len(), 1, "{yaml}");
        }
        let (compose, project) = read(&[(
            ".env",
            &format!("COMPOSE_FILE={path}\nCOMPOSE_PATH_SEPARATOR=;"),
        )]);
        assert_eq!((compose.refusals.len(), project), (1, None), "{path}");
        assert_eq!(compose.files, [path]);
    }
}

#[test]
fn what_a_file_laid_over_takes_away_is_not_refused() {
    let base = "services:\n  a: {image: i, privileged: true}\n";
    let over = "services:\n  a: {privileged: false}\n";
    let files = [("compose.yaml", base), ("compose.override.yaml", over)];
    assert_eq!(services(&files).len(), 1);
    let (compose, _) = read(&files[..1]);
    assert_eq!(compose.refusals.len(), 1);
    let wrong = ("compose.yaml", "services:\n  a: {image: i, ports: '1:1'}\n");
    let over = (
        "compose.override.yaml",
        "services:\n  a: {ports: ['1:1']}\n",
    );
    assert_eq!(problems(&[wrong, over])[0].0, ProblemKind::WrongType);
}

#[test]
fn files_that_multiply_end_early() {
    let folder = tempfile::tempdir().unwrap();
    let task = folder.path().join("task6");
    std::fs::create_dir(&task).unwrap();
    for number in 0..30 {
        let next = number + 1;
        let yaml = format!("include: [{next}.yml, ./{next}.yml]\n");
        std::fs::write(task.join(format!("{number}.yml")), yaml).unwrap();
    }
    std::fs::write(task.join("compose.yaml"), "include: [0.yml]\n").unwrap();
    assert_eq!(timed(folder.path()).0.problems.len(), 1);
    let chain: String = (1..5_000)
        .map(|number| {
            format!(
                "  s{number}: {{extends: s{}, dns: ['{number}']}}\n",
                number - 1
            )
        })
        .collect();
    let chained = format!("services:\n  s0: {{image: i}}\n{chain}");
    std::fs::write(task.join("compose.yaml"), chained).unwrap();
    assert_eq!(timed(folder.path()).0.problems.len(), 1);
    let large = format!(
        "services: {{a: {{image: i, labels: [{}]}}}}\n",
        "x,".repeat(9_000)
    );
    let many: String = (0..90)
        .map(|number| format!("  s{number}: {{extends: {{service: a, file: l.yml}}}}\n"))
        .collect();
    std::fs::write(task.join("l.yml"), large).unwrap();
    std::fs::write(task.join("compose.yaml"), format!("services:\n{many}")).unwrap();
    assert_eq!(timed(folder.path()).0.problems.len(), 1);
}
