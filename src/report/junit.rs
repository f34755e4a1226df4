//! JUnit XML for Jenkins and GitLab: one suite per submission, one case per check.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use softy_checks::model::Language;
use softy_checks::{Reason, Status, Verdict};

use super::visible::{MESSAGE, visible};
use super::{Report, Student, text};
use crate::batch::Summary;

/// Returns the XML of one submission.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report, language: Language) -> io::Result<String> {
    let mut xml = Vec::new();
    document(&mut xml, |suites| {
        suite(suites, &Student::of(report), report, language)
    })?;
    String::from_utf8(xml).map_err(io::Error::other)
}

/// Writes one suite per submission; a result file that cannot be read is a suite with an error.
///
/// # Errors
/// When writing to `sink` fails, or a result file can no longer be read.
pub fn write(summary: &Summary, language: Language, sink: &mut dyn Write) -> io::Result<()> {
    document(sink, |suites| {
        for row in &summary.submissions {
            let report = summary.graded(row)?.report;
            suite(suites, &Student::from(row), &report, language)?;
        }
        for unreadable in &summary.unreadable {
            let file = unreadable.file.to_string_lossy();
            unread(suites, &file, &unreadable.reason)?;
        }
        Ok(())
    })
}

type Xml<'a> = Writer<&'a mut dyn Write>;

fn document(
    sink: &mut dyn Write,
    content: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = Writer::new_with_indent(sink, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites");
    let named = suites.with_attribute(("name", env!("CARGO_PKG_NAME")));
    let writer = named.write_inner_content(content)?;
    writer.get_mut().write_all(b"\n")
}

fn suite(xml: &mut Xml, student: &Student, report: &Report, language: Language) -> io::Result<()> {
    let count = |is: fn(&Status) -> bool| {
        let statuses = report.verdicts.iter().map(|verdict| &verdict.status);
        statuses.filter(|status| is(status)).count().to_string()
    };
    let name = student.label();
    let time = format!("{:.3}", report.seconds);
    xml.create_element("testsuite")
        .with_attribute(("name", &*allowed(&name)))
        .with_attribute(("tests", &*count(|_| true)))
        .with_attribute(("failures", &*count(is_failed)))
        .with_attribute(("errors", &*count(is_not_graded)))
        .with_attribute(("skipped", &*count(is_skipped)))
        .with_attribute(("time", &*time))
        .write_inner_content(|cases| {
            let mut verdicts = report.verdicts.iter();
            verdicts.try_for_each(|verdict| case(cases, &name, verdict, language))
        })?;
    Ok(())
}

/// Writes a case. Its `classname` is the suite's name, because GitLab shows it as such.
fn case(xml: &mut Xml, class: &str, verdict: &Verdict, language: Language) -> io::Result<()> {
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", &*allowed(class)))
        .with_attribute(("name", verdict.check.id))
        .with_attribute(("time", "0"));
    match &verdict.status {
        Status::Passed => element.write_empty()?,
        Status::Failed { finding, .. } => {
            let message = finding.message.to(language);
            element.write_inner_content(|case| {
                result(case, "failure", finding.code, message, verdict, language)
            })?
        }
        Status::Skipped(Reason::After(_) | Reason::NotAsked) => {
            let message = text::reason(verdict, language).unwrap_or_default();
            element.write_inner_content(|case| {
                let skipped = case.create_element("skipped");
                skipped
                    .with_attribute(("message", &*message))
                    .write_empty()?;
                Ok(())
            })?
        }
        Status::NotGraded(fault) => {
            let message = fault.kind.message();
            element.write_inner_content(|case| {
                result(
                    case,
                    "error",
                    "not-graded",
                    message.to(language),
                    verdict,
                    language,
                )
            })?
        }
    };
    Ok(())
}

/// Writes a `failure` or an `error` with its kind, its message on one line, and all details as its text.
fn result(
    xml: &mut Xml,
    element: &str,
    kind: &str,
    message: &str,
    verdict: &Verdict,
    language: Language,
) -> io::Result<()> {
    let details = text::details(verdict, language).join("\n");
    xml.create_element(element)
        .with_attribute(("type", kind))
        .with_attribute(("message", &*allowed(&visible(message, MESSAGE))))
        .write_text_content(BytesText::new(&allowed(&details)))?;
    Ok(())
}

fn unread(xml: &mut Xml, file: &str, reason: &str) -> io::Result<()> {
    let name = allowed(&visible(file, MESSAGE));
    let suite = xml
        .create_element("testsuite")
        .with_attribute(("name", &*name))
        .with_attribute(("tests", "1"))
        .with_attribute(("failures", "0"))
        .with_attribute(("errors", "1"))
        .with_attribute(("skipped", "0"))
        .with_attribute(("time", "0"));
    suite.write_inner_content(|cases| {
        let case = cases
            .create_element("testcase")
            .with_attribute(("classname", &*name))
            .with_attribute(("name", "result-file"))
            .with_attribute(("time", "0"));
        case.write_inner_content(|case| {
            let message = allowed(&visible(reason, MESSAGE));
            let error = case.create_element("error");
            let error = error.with_attribute(("type", "unreadable"));
            error.with_attribute(("message", &*message)).write_empty()?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

/// Replaces every character that XML 1.0 cannot contain with U+FFFD.
fn allowed(text: &str) -> String {
    let is_allowed = |character: char| match character {
        '\t' | '\n' => true,
        '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    };
    let characters = text.chars();
    characters
        .map(|character| {
            if is_allowed(character) {
                character
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

fn is_failed(status: &Status) -> bool {
    matches!(status, Status::Failed { .. })
}

fn is_not_graded(status: &Status) -> bool {
    matches!(status, Status::NotGraded(_))
}

fn is_skipped(status: &Status) -> bool {
    matches!(status, Status::Skipped(_))
}

#[cfg(test)]
mod tests;
