use softy_checks::model::Language;
use softy_checks::observation::{BaseImage, Sandbox};
use softy_checks::{Status, judge};

use super::*;

/// Returns the line, the column and the English description of the error in a text.
fn wrong(text: &str) -> (usize, usize, String) {
    let wrong = file::parse(text).unwrap_err();
    let (line, column) = place(text, wrong.at);
    (line, column, wrong.reason.en.into_owned())
}

#[test]
fn the_printed_rubric_is_the_usual_one_in_both_languages() {
    for language in [Language::English, Language::French] {
        assert_eq!(file::parse(printed(language)).unwrap(), Rubric::default());
    }
    assert_eq!(file::parse("").unwrap(), Rubric::default());
}

#[test]
fn what_is_commented_out_in_it_is_right_too() {
    for language in [Language::English, Language::French] {
        let text = printed(language);
        let text = text.replace("# pass-mark", "pass-mark");
        let rubric = file::parse(&text.replace("# \"ubuntu", "\"ubuntu")).unwrap();
        assert_eq!(rubric.pass_mark, Some(50));
        assert_eq!(rubric.bases()[0].taken, "ubuntu:22.04");
    }
}

#[test]
fn a_rubric_can_change_everything() {
    let text = "out-of = 20\npass-mark = 10\n[points]\nanswer-file = 0\nanswer-newline = 0\n\
        answer-command = 10\ncompose-file = 0\ncan-scale = 0\nback-end-private = 0\nimages-build = 0\n\
        stack-runs = 0\napi-answers = 0\nround-robin = 0x0a\nscales-further = 0\n\
        [answer]\nline-alone = true\nequivalent-commands = true\n[stack]\nreplicas = 3\negress = true\n\
        service-names = [\"api\", \"back-end\"]\n";
    let rubric = file::parse(text).unwrap();
    assert_eq!((rubric.out_of, rubric.pass_mark), (20, Some(10)));
    assert_eq!(rubric.points["round-robin"], 10);
    let asked = rubric.asked();
    assert!(asked.line_alone && asked.equivalent_commands && rubric.stack.egress);
    assert_eq!(asked.replicas, 3);
    assert_eq!(asked.services, ["api", "back-end"]);
    let json = serde_json::to_string(&rubric).unwrap();
    assert_eq!(serde_json::from_str::<Rubric>(&json).unwrap(), rubric);
}

#[test]
fn unknown_words_have_a_place_and_a_nearest() {
    let (line, column, reason) = wrong("out-of = 100\n[stack]\nreplica = 5\n");
    assert_eq!((line, column), (3, 1));
    assert!(reason.ends_with("the nearest is `replicas`"), "{reason}");
    let (line, _, reason) = wrong("[points]\nround-robbin = 20\n");
    assert_eq!(line, 2);
    assert!(reason.ends_with("the nearest is `round-robin`"), "{reason}");
    let (.., reason) = wrong("\"\\u001b[2J\" = 1\n");
    assert!(reason.contains("known are `out-of`"), "{reason}");
    assert!(!reason.contains('\u{1b}'), "{reason}");
}

#[test]
fn points_that_do_not_add_up_have_a_place() {
    let (line, _, reason) = wrong("\n[points]\nround-robin = 25\n");
    assert_eq!(line, 2);
    assert!(
        reason.starts_with("the points add up to 105, not to 100"),
        "{reason}"
    );
    let (line, column, _) = wrong("# twenty\nout-of = 20\n");
    assert_eq!((line, column), (2, 1));
    let (line, _, reason) = wrong("pass-mark = 101\n");
    assert_eq!(
        (line, reason.as_str()),
        (1, "nobody can reach 101 of 100 points")
    );
}

#[test]
fn values_are_of_their_kind_and_in_their_bounds() {
    for (text, line, words) in [
        ("[stack]\nreplicas = 6\n", 2, "from 3 to 5"),
        ("[stack]\nreplicas = 2\n", 2, "from 3 to 5"),
        (
            "[stack]\nreplicas = 99999999999999999999\n",
            2,
            "from 3 to 5",
        ),
        ("[stack]\negress = \"yes\"\n", 2, "`true` or `false`"),
        ("[points]\nround-robin = -1\n", 2, "from 0"),
        ("[points]\nround-robin = 20.5\n", 2, "whole number"),
        ("points = 5\n", 1, "as in `[points]`"),
        (
            "[stack]\nservice-names = \"api\"\n",
            2,
            "a list of one or more",
        ),
        ("[stack]\nservice-names = []\n", 2, "a list of one or more"),
        ("[stack]\nservice-names = [5]\n", 2, "name in quotes"),
        (
            "[stack]\nservice-names = [\"-d\"]\n",
            2,
            "`-d` names no service",
        ),
        ("[base-images]\nubuntu = 22\n", 2, "name in quotes"),
        (
            "[base-images]\nubuntu = \"Ubuntu\"\n",
            2,
            "no image can be called",
        ),
        (
            "[base-images]\nubuntu = \"a\"\n\"ubuntu:latest\" = \"b\"\n",
            3,
            "replaced twice",
        ),
        ("[stack]\nreplicas = 5\nreplicas = 4\n", 3, "duplicate"),
        ("[stack\n", 1, ""),
        ("out-of == 1\n", 1, ""),
    ] {
        let (at, _, reason) = wrong(text);
        assert_eq!(at, line, "{text}: {reason}");
        assert!(reason.contains(words), "{text}: {reason}");
    }
}

fn sandbox(egress: bool, taken: Option<&str>) -> Sandbox {
    Sandbox {
        engine: String::new(),
        driver: String::new(),
        reach: "address".to_owned(),
        egress,
        unenforced: Vec::new(),
        refused_to_builds: Vec::new(),
        base_images: vec![BaseImage {
            reference: "ubuntu".to_owned(),
            services: Vec::new(),
            taken: taken.map(str::to_owned),
            id: None,
            digest: None,
        }],
    }
}

#[test]
fn a_stack_that_was_given_less_is_not_judged() {
    let text = std::fs::read_to_string("fixtures/correct/observation.json").unwrap();
    let seen: Observation = serde_json::from_str(&text).unwrap();
    let lost = |rubric: &str, sandbox: Option<Sandbox>| {
        let seen = Observation {
            sandbox,
            ..seen.clone()
        };
        let seen = file::parse(rubric).unwrap().ask(seen);
        let verdicts = judge(TASK6, &seen);
        let lost = verdicts
            .iter()
            .filter(|verdict| verdict.status != Status::Passed);
        assert!(
            (lost.clone()).all(|verdict| matches!(verdict.status, Status::NotGraded(_))),
            "{verdicts:?}"
        );
        lost.count()
    };
    let open = "[stack]\negress = true\n";
    let base = "[base-images]\n\"ubuntu:latest\" = \"ubuntu:22.04\"\n";
    assert_eq!(lost("", None), 0);
    assert_eq!(lost(open, Some(sandbox(true, None))), 0);
    assert_eq!(lost(open, Some(sandbox(false, None))), 6);
    assert_eq!(lost(open, None), 6);
    assert_eq!(lost(base, Some(sandbox(false, Some("ubuntu:22.04")))), 0);
    assert_eq!(lost(base, Some(sandbox(false, None))), 6);
    assert_eq!(lost(base, None), 6);
    assert_eq!(lost("[stack]\nreplicas = 4\n", None), 1);
}
