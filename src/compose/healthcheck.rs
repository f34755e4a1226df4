//! `healthcheck`.

use std::time::Duration;

use super::context::Context;
use super::project::Healthcheck;
use super::yaml::{Node, Value};

/// What the engine takes where a file says nothing.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

/// The sandbox's bounds: tests come often enough that a stack with conditions starts quickly, and rarely enough to cost
/// nothing.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
const MOST_RETRIES: u32 = 300;

/// A service's own health check; `None` where it leaves the image's.
pub(super) fn healthcheck(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Option<Healthcheck> {
    let node = service.get("healthcheck")?;
    let asked = duration(node, "interval", context)
        .unwrap_or(INTERVAL)
        .max(SHORTEST);
    let interval = asked.min(LONGEST_INTERVAL);
    let retries = node
        .text("retries")
        .and_then(|text| text.parse().ok())
        .unwrap_or(RETRIES);
    Some(Healthcheck {
        test: test(node, path, context),
        interval,
        timeout: duration(node, "timeout", context)
            .unwrap_or(TIMEOUT)
            .clamp(SHORTEST, LONGEST),
        retries: as_patient(retries, asked, interval),
        start_period: duration(node, "start_period", context)
            .unwrap_or_default()
            .min(LONGEST),
    })
}

/// How many failures in a row take as long at the sandbox's interval as the student's did at theirs.
fn as_patient(retries: u32, asked: Duration, interval: Duration) -> u32 {
    let patience = asked
        .saturating_mul(retries.clamp(1, MOST_RETRIES))
        .as_millis();
    let retries = patience.div_ceil(interval.as_millis().max(1));
    u32::try_from(retries)
        .unwrap_or(MOST_RETRIES)
        .min(MOST_RETRIES)
}

fn test(node: &Node, path: &str, context: &mut Context) -> Vec<String> {
    if node.flag("disable") {
        return vec!["NONE".to_owned()];
    }
    let Some(test) = node.get("test") else {
        return Vec::new();
    };
    if let Value::Text(command) = &test.value {
        return vec!["CMD-SHELL".to_owned(), command.clone()];
    }
    let words = test.texts();
    if !words
        .first()
        .is_none_or(|first| ["NONE", "CMD", "CMD-SHELL"].contains(&first.as_str()))
    {
        let en =
            format!("the list `{path}.healthcheck.test` begins with `CMD`, `CMD-SHELL` or `NONE`");
        let fr =
            format!("la liste `{path}.healthcheck.test` commence par `CMD`, `CMD-SHELL` ou `NONE`");
        context.invalid(test.mark, en, fr);
    }
    words
}

fn duration(node: &Node, key: &str, context: &mut Context) -> Option<Duration> {
    let entry = node.entry(key)?;
    let text = entry.value.scalar()?;
    let duration = parsed(&text);
    if duration.is_none() {
        let en = format!("`{key}` takes a duration such as `1m30s`, not `{text}`");
        context.invalid(
            entry.value.mark,
            en,
            format!("`{key}` attend une durée comme `1m30s`, pas `{text}`"),
        );
    }
    duration
}

/// Numbers with units, as Go writes durations, plus days and weeks.
fn parsed(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|character: char| character.is_ascii_digit() || character == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let seconds = number.parse::<f64>().ok()? * seconds(unit)?;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86_400.0),
        "w" => Some(604_800.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(parsed("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(parsed("1.5s"), Some(Duration::from_millis(1500)));
        for text in ["", "5", "s", "1 s", "-1s", "1x", "9999999999999999999999w"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_shorter_interval_keeps_the_patience() {
        assert_eq!(as_patient(3, INTERVAL, LONGEST_INTERVAL), 45);
        assert_eq!(
            as_patient(5, Duration::from_secs(1), Duration::from_secs(1)),
            5
        );
    }
}
