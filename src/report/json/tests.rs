use std::error::Error;
use std::net::IpAddr;

use serde_json::{Value, json};
use softy_checks::Status;
use softy_checks::model::Text;
use softy_checks::observation::{Circumstances, Fault, FaultKind};

use super::{SCHEMA, render};
use crate::report::Report;
use crate::report::sample::{
    NOT_ASKED, after, bare, failed, held, hostile, not_graded, note, report, sandbox, shown, volley,
};

/// Renders the report, validates it against the published schema, and returns the parsed JSON.
fn validated(report: &Report) -> Result<Value, Box<dyn Error>> {
    let schema: Value = serde_json::from_str(SCHEMA)?;
    let validator = jsonschema::validator_for(&schema)?;
    let value: Value = serde_json::from_str(&render(report)?)?;
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    Ok(value)
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().into_iter();
    object
        .flat_map(|object| object.keys())
        .map(String::as_str)
        .collect()
}

#[test]
fn a_report_has_the_keys_of_the_contract_in_their_order() -> Result<(), Box<dyn Error>> {
    let value = validated(&report([
        failed(shown()),
        Status::Passed,
        after("answer-command"),
        Status::Passed,
    ]))?;
    let document = [
        "schema",
        "tool",
        "task",
        "submission",
        "gradable",
        "score",
        "out_of",
        "whole",
        "seconds",
        "phases",
        "checks",
        "by_hand",
        "observation",
    ];
    assert_eq!(keys(&value), document);
    let check = [
        "id",
        "title",
        "status",
        "points",
        "out_of",
        "code",
        "message",
        "hint",
        "comparison",
        "place",
        "evidence",
        "others",
        "notes",
    ];
    assert_eq!(keys(&value["checks"][0]), check);
    Ok(())
}

#[test]
fn a_check_says_what_came_of_it() -> Result<(), Box<dyn Error>> {
    let value = validated(&report([
        failed(bare()),
        Status::Passed,
        after("answer-command"),
        NOT_ASKED,
    ]))?;
    let expected = json!({
        "id": "answer-command",
        "title": {"en": "the file says how to start two servers", "fr": "le fichier dit comment lancer deux serveurs"},
        "status": "failed", "points": 0, "out_of": 20,
        "code": "other-service",
        "message": {"en": "`backend` is scaled", "fr": "c’est `backend` qui est multiplié"},
        "hint": {"en": "which service does the exercise scale?", "fr": "quel service l’exercice multiplie-t-il ?"},
        "others": [], "notes": [],
    });
    assert_eq!(value["checks"][0], expected);
    let skipped = &value["checks"][2];
    assert_eq!(
        (&skipped["reason"], &skipped["because"]),
        (&json!("after"), &json!("answer-command"))
    );
    assert_eq!(skipped["points"], json!(0));
    let not_asked = &value["checks"][3];
    assert_eq!(
        (&not_asked["reason"], &not_asked["points"]),
        (&json!("not-asked"), &Value::Null)
    );
    Ok(())
}

#[test]
fn trouble_is_no_score_of_zero() -> Result<(), Box<dyn Error>> {
    let value = validated(&report([
        Status::Passed,
        Status::Passed,
        not_graded(),
        not_graded(),
    ]))?;
    assert_eq!(
        (&value["gradable"], &value["score"]),
        (&json!(false), &Value::Null)
    );
    let check = &value["checks"][2];
    assert_eq!(
        (&check["status"], &check["points"]),
        (&json!("not-graded"), &Value::Null)
    );
    assert_eq!(check["fault"]["kind"], "engine");
    assert_eq!(check["fault"].get("detail_fr"), None);
    Ok(())
}

#[test]
fn the_checker_s_own_words_about_its_trouble_are_in_both_languages() -> Result<(), Box<dyn Error>> {
    let fault = Fault::new(FaultKind::Time, Text::fixed("too slow", "trop lent"));
    let mut report = report([
        Status::Passed,
        Status::Passed,
        Status::NotGraded(fault.clone()),
        NOT_ASKED,
    ]);
    report.observation.fault = Some(fault.clone());
    let value = validated(&report)?;
    let told = &value["checks"][2]["fault"];
    assert_eq!(
        (&told["detail"], &told["detail_fr"]),
        (&json!("too slow"), &json!("trop lent"))
    );
    let recorded = &value["observation"]["fault"];
    assert_eq!(serde_json::from_value::<Fault>(recorded.clone())?, fault);
    Ok(())
}

#[test]
fn what_was_seen_is_in_the_report() -> Result<(), Box<dyn Error>> {
    let mut report = report([
        Status::Passed,
        Status::Passed,
        Status::Passed,
        Status::Passed,
    ]);
    report.verdicts[0].notes.push(note());
    report.observation.volleys = vec![volley(&[1, 2], 2, 2)];
    report.observation.sandbox = Some(sandbox());
    report.observation.circumstances = vec![Circumstances {
        replicas: 2,
        addresses: vec![vec![IpAddr::from([172, 19, 0, 2])], Vec::new()],
        resolved: None,
        workers: Some(2),
    }];
    report.observation.held = Some(held(1, 15));
    let value = validated(&report)?;
    assert_eq!(
        value["observation"]["volleys"][0]["sequence"],
        json!([1, 2, 1, 2])
    );
    let images = &value["observation"]["sandbox"]["base_images"];
    assert_eq!(images[0]["taken"], "ubuntu:22.04");
    assert_eq!(images[2]["id"], Value::Null);
    assert_eq!(value["observation"]["circumstances"][0]["workers"], 2);
    assert_eq!(value["by_hand"][0], "docker-compose up --scale back-end=2");
    assert_eq!(value["checks"][0]["notes"][0]["code"], "other-lines");
    Ok(())
}

#[test]
fn hostile_text_is_kept_exactly_and_shown_harmlessly() -> Result<(), Box<dyn Error>> {
    let report = report([
        failed(hostile()),
        Status::Passed,
        Status::Passed,
        Status::Passed,
    ]);
    let text = render(&report)?;
    assert!(text.ends_with("}\n"));
    let obeyed =
        |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    assert!(!text.contains(obeyed));
    let value = validated(&report)?;
    assert_eq!(
        value["checks"][0]["place"]["file"],
        "\x1b[2J\u{202e}x\ny\u{9b}1m"
    );
    Ok(())
}

#[test]
fn characters_beyond_sixteen_bits_survive_their_escape() -> Result<(), Box<dyn Error>> {
    let mut report = report([
        Status::Passed,
        Status::Passed,
        Status::Passed,
        Status::Passed,
    ]);
    report.submission = "\u{e0041}🙂".to_owned();
    assert!(render(&report)?.contains("\\udb40\\udc41🙂"));
    assert_eq!(validated(&report)?["submission"], "\u{e0041}🙂");
    Ok(())
}

#[test]
fn the_schema_refuses_a_failure_without_its_code() -> Result<(), Box<dyn Error>> {
    let schema: Value = serde_json::from_str(SCHEMA)?;
    let validator = jsonschema::validator_for(&schema)?;
    let mut value = validated(&report([
        failed(bare()),
        Status::Passed,
        Status::Passed,
        Status::Passed,
    ]))?;
    value["checks"][0]["code"] = Value::Null;
    assert!(!validator.is_valid(&value));
    Ok(())
}
