//! Fixtures: each is reported as its name requires, in both languages. `SOFTY_CHECK_BLESS=1` rewrites the reports.

mod fixture;

use std::fs;

use fixture::{Fixture, VerdictLine, codes, complaints, is_asked, stdout, top, verdicts};

const LANGUAGES: [&str; 2] = ["en", "fr"];

#[test]
fn every_mistake_has_a_fixture_and_every_fixture_a_mistake() {
    let (known, fixtures) = (codes(), Fixture::all());
    if is_asked("SOFTY_CHECK_FIXTURE") {
        return;
    }
    let without = known.iter().filter(|code| {
        !fixtures
            .iter()
            .any(|fixture| fixture.code() == Some(**code))
    });
    assert_eq!(
        without.collect::<Vec<_>>(),
        [&""; 0],
        "codes without a fixture"
    );
    let odd = fixtures
        .iter()
        .filter_map(Fixture::code)
        .filter(|code| !known.contains(code));
    assert_eq!(odd.collect::<Vec<_>>(), [""; 0], "fixtures of no code");
}

#[test]
fn recorded_fixtures_are_judged_and_reported_as_written_down() {
    if is_asked("SOFTY_CHECK_BLESS") {
        let in_ci = is_asked("CI");
        assert!(!in_ci, "no blessing in CI: bless where somebody reads it");
        assert_eq!(complaints(Fixture::all(), bless), "");
    }
    assert_eq!(complaints(Fixture::all(), is_as_written_down), "");
}

#[test]
fn fixtures_that_need_no_engine_are_graded_for_real() {
    if is_asked("SOFTY_CHECK_BLESS") {
        return;
    }
    let mut fixtures = Fixture::all();
    fixtures.retain(|fixture| !fixture.needs_stack());
    assert_eq!(complaints(fixtures, Fixture::is_graded_as_recorded), "");
}

/// Records a submission and rewrites its reports. A submission that needs an engine is recorded only if live runs are
/// requested.
fn bless(fixture: &Fixture) -> Result<(), String> {
    if !fixture.needs_stack() || (is_asked("SOFTY_CHECK_LIVE") && fixture.is_quick()) {
        fixture.record()?;
    }
    for language in LANGUAGES {
        let report = fixture.replay(&["--lang", language]);
        let path = top().join(fixture.path(&format!("report.{language}.txt")));
        fs::write(path, report.stdout).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn is_as_written_down(fixture: &Fixture) -> Result<(), String> {
    is_called_by_its_first_mistake(fixture)?;
    let mut languages = LANGUAGES.iter();
    languages.try_for_each(|language| is_reported(fixture, language))
}

fn is_called_by_its_first_mistake(fixture: &Fixture) -> Result<(), String> {
    let verdicts = verdicts(&fixture.replay(&["--format", "json"]))?;
    let Some(expected) = fixture.code() else {
        return is_right(&verdicts);
    };
    let first = verdicts.iter().find(|(_, status, _)| status == "failed");
    match first {
        Some((_, _, Some(code))) if code == expected => Ok(()),
        other => Err(format!("the first mistake is {other:?}")),
    }
}

/// Checks that every check has passed, except advice: an empty site is also right.
fn is_right(verdicts: &[VerdictLine]) -> Result<(), String> {
    let lost = verdicts
        .iter()
        .find(|(id, status, _)| status != "passed" && id != "front-page");
    match lost {
        None => Ok(()),
        Some(lost) => Err(format!("a right submission loses {lost:?}")),
    }
}

fn is_reported(fixture: &Fixture, language: &str) -> Result<(), String> {
    let path = fixture.path(&format!("report.{language}.txt"));
    let written = fs::read_to_string(top().join(&path)).unwrap_or_default();
    let said = stdout(&fixture.replay(&["--lang", language]));
    if said == written {
        return Ok(());
    }
    let mut lines = said.lines().zip(written.lines());
    let first = lines.find(|(said, written)| said != written);
    Err(format!("{} says otherwise: {first:?}", path.display()))
}
