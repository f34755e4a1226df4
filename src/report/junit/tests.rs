use quick_xml::Reader;
use quick_xml::events::BytesStart;

use super::super::sample::{
    NOT_ASKED, after, failed, hostile, not_graded, report, shown, without_colours,
};
use super::*;

/// Returns every element with its attributes, in order; panics if the XML is not well formed.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut elements = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => elements.push(element(&start)),
            Event::Eof => return elements,
            _ => {}
        }
    }
}

fn element(start: &BytesStart) -> String {
    let name = start.name().as_ref().to_owned();
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = quick_xml::escape::unescape(&attribute.value).unwrap();
        format!(" {}={value}", attribute.key.as_ref())
    });
    name + &attributes.collect::<String>()
}

#[test]
fn a_suite_counts_what_its_cases_say() {
    let statuses = [
        failed(shown()),
        NOT_ASKED,
        after("answer-command"),
        not_graded(),
    ];
    let xml = without_colours(|| render(&report(statuses), Language::English).unwrap());
    let expected = [
        "testsuites name=softy-check",
        "testsuite name=./student tests=4 failures=1 errors=1 skipped=2 time=12.340",
        "testcase classname=./student name=answer-command time=0",
        "failure type=other-service message=`backend` is scaled",
        "testcase classname=./student name=compose-safe time=0",
        "skipped message=not asked for",
        "testcase classname=./student name=round-robin time=0",
        "skipped message=skipped because `answer-command` did not pass",
        "testcase classname=./student name=front-page time=0",
        "error type=not-graded message=the Docker engine could not do its part",
    ];
    assert_eq!(elements(&xml), expected);
    assert!(xml.contains("found     up --scale backend=2\n"), "{xml}");
}

#[test]
fn hostile_text_is_text_and_no_character_is_forbidden() {
    let mut report = report([
        failed(hostile()),
        Status::Passed,
        not_graded(),
        Status::Passed,
    ]);
    report.submission = "\"><failure/>\u{ffff}\x01]]>&amp;".to_owned();
    let xml = without_colours(|| render(&report, Language::French).unwrap());
    let names: Vec<String> = elements(&xml);
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("failure"))
            .count(),
        1
    );
    assert!(
        names[1].starts_with("testsuite name=\"><failure/>\u{fffd}\\x01]]>&amp; "),
        "{}",
        names[1]
    );
    let is_forbidden = |character: char| character < ' ' && character != '\n';
    assert!(!xml.contains(is_forbidden) && !xml.contains(['\u{ffff}', '\u{202e}', '\u{9b}']));
}
