//! `healthcheck`.

use std::time::Duration;

use super::context::Context;
use super::formats;
use super::project::Healthcheck;
use super::yaml::{Node, Value};

/// The engine's defaults.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

/// The sandbox's bounds. Tests run often enough that a stack with conditions starts quickly, and rarely enough to cost almost
/// nothing.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
const MOST_RETRIES: u32 = 300;

/// Translates a service's own health check, or returns `None` if it keeps the image's.
pub(super) fn healthcheck(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Option<Healthcheck> {
    let node = service.get("healthcheck")?;
    let asked = duration(node, "interval").unwrap_or(INTERVAL).max(SHORTEST);
    let interval = asked.min(LONGEST_INTERVAL);
    let retries = node
        .text("retries")
        .and_then(|text| text.parse().ok())
        .unwrap_or(RETRIES);
    Some(Healthcheck {
        test: test(node, path, context),
        interval,
        timeout: duration(node, "timeout")
            .unwrap_or(TIMEOUT)
            .clamp(SHORTEST, LONGEST),
        retries: as_patient(retries, asked, interval),
        start_period: duration(node, "start_period")
            .unwrap_or_default()
            .min(LONGEST),
    })
}

/// Returns the number of failures in a row that take as long at the sandbox's interval as `retries` take at the student's.
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
        let en = format!(
            "the list `{path}.healthcheck.test` must begin with `CMD`, `CMD-SHELL` or `NONE`"
        );
        let fr = format!(
            "la liste `{path}.healthcheck.test` doit commencer par `CMD`, `CMD-SHELL` ou `NONE`"
        );
        context.invalid(test.mark, en, fr);
    }
    words
}

/// Parses a duration in the format that the table of keys requires.
fn duration(node: &Node, key: &str) -> Option<Duration> {
    formats::duration(&node.text(key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_interval_keeps_the_patience() {
        assert_eq!(as_patient(3, INTERVAL, LONGEST_INTERVAL), 45);
        assert_eq!(
            as_patient(5, Duration::from_secs(1), Duration::from_secs(1)),
            5
        );
    }
}
