use softy_checks::Status;

use super::super::sample::{failed, hostile, note, report, shown, volley};
use super::*;

const PASSED: Status = Status::Passed;

fn rendered(report: &Report) -> String {
    render(report, Language::English).unwrap()
}

#[test]
fn a_mistake_is_shown_with_what_differs_and_where() {
    let mut report = report([failed(shown()), PASSED, PASSED, PASSED]);
    report.verdicts[1].notes.push(note());
    let page = rendered(&report);
    for part in [
        "<p class=\"message\"><code>backend</code> is scaled <code class=\"code\">other-service</code></p>",
        "<pre>up --scale <mark>backend</mark>=2</pre>",
        "<code>task6/2-api-servers.txt:12:12</code>",
        "<figcaption>back-end-2</figcaption><pre>Traceback:\n  KeyError\n</pre>",
        "<p class=\"hint\">which service does the exercise scale?</p>",
        "the file has other lines <code class=\"code\">other-lines</code>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn hostile_text_is_text() {
    let mut report = report([failed(hostile()), PASSED, PASSED, PASSED]);
    report.submission = "<img src=x onerror=alert(1)>\"'&\u{202e}`<!--submissions-->".to_owned();
    let page = rendered(&report);
    assert!(!page.contains("<img") && page.contains("&lt;img src=x"));
    assert!(!page.contains(['\x1b', '\u{202e}', '\u{9b}']));
    assert!(!page.contains(CONTENT));
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn a_rotation_is_drawn_and_told() {
    let mut report = report([PASSED, PASSED, PASSED, PASSED]);
    report.observation.volleys = vec![volley(&[1, 2], 20, 2), volley(&[2, 0], 30, 5)];
    report.observation.volleys[1].unanswered = vec![1];
    let page = rendered(&report);
    assert!(
        page.contains("<title id=\"p0-0\">2 replicas: 1 2 1 2"),
        "{page}"
    );
    assert!(
        page.contains("<path class=\"r1\" d=\"M22 1h12v12h-12zM50 1h"),
        "{page}"
    );
    assert!(
        page.contains("<title id=\"p0-1\">5 replicas: ✗ ? 2 ? 2"),
        "{page}"
    );
    assert!(
        page.contains(">✗</text>") && page.contains(">?</text>") && !page.contains(">×</text>")
    );
    assert!(page.contains(" 2 ? …</title>"), "{page}");
}

#[test]
fn no_line_begins_with_punctuation_and_code_stays_as_it_is() {
    let shown = finding::words("chaque réplique (20 : 20) ; `a ; b` ?").into_string();
    let expected = "chaque réplique (20\u{a0}: 20)\u{a0}; <code>a ; b</code>\u{a0}?";
    assert_eq!(shown, expected);
}

#[test]
fn nothing_in_the_page_is_fetched_or_styled_in_place() {
    let page = rendered(&report([failed(shown()), PASSED, PASSED, PASSED]));
    for part in [" src=", " style=", "@import", "url(", " onclick="] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}
