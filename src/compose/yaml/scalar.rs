//! Types of scalars, by go-yaml's rules.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Value;

/// Prefix of the tags that YAML itself defines.
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// Returns the value of a scalar, or `None` if its text does not match its tag.
///
/// Dates become texts: versions of Compose disagree on them.
pub(super) fn value(text: &str, tag: Option<&str>, is_plain: bool) -> Option<Value> {
    let as_text = || Some(Value::Text(text.to_owned()));
    let Some(tag) = tag else {
        return if is_plain {
            plain(text).or_else(as_text)
        } else {
            as_text()
        };
    };
    let found = plain(text);
    match (tag.strip_prefix(CORE).unwrap_or_default(), found) {
        ("null", found @ Some(Value::Null))
        | ("bool", found @ Some(Value::Bool(_)))
        | ("int", found @ Some(Value::Integer(_)))
        | ("float", found @ Some(Value::Float(_))) => found,
        #[expect(clippy::cast_precision_loss, reason = "as go-yaml does")]
        ("float", Some(Value::Integer(number))) => i64::try_from(number)
            .ok()
            .map(|number| Value::Float(number as f64)),
        ("timestamp", _) => is_date(text).then(as_text).flatten(),
        ("null" | "bool" | "int" | "float", _) => None,
        ("binary", _) => {
            let lines: String = text
                .chars()
                .filter(|sign| !"\r\n".contains(*sign))
                .collect();
            let bytes = STANDARD.decode(lines).ok()?;
            Some(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        (_, _) => as_text(),
    }
}

/// Returns the value of a text without quotes, or `None` if it is simply a text.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Value::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    match text.chars().next()? {
        '.' => float(text),
        '+' | '-' | '0'..='9' if !is_date(text) => {
            let digits = text.replace('_', "");
            integer(&digits)
                .map(Value::Integer)
                .or_else(|| float(&digits))
        }
        _ => None,
    }
}

/// Parses a number with or without a fraction and an exponent.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    if !has_digits || !is_digits(whole) || !is_digits(fraction) || !is_exponent {
        return None;
    }
    // A number that is too large is a text.
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Value::Float(number))
}

/// Parses a number of 64 bits: decimal, or after `0b`, `0`, `0o` and `0x` in base 2, 8, 8 and 16.
fn integer(text: &str) -> Option<i128> {
    let (is_negative, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(unsigned) => (text.starts_with('-'), unsigned),
        None => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (digits, base) = match lower.get(..2) {
        Some("0x") => (lower.get(2..)?, 16),
        Some("0o") => (lower.get(2..)?, 8),
        Some("0b") => (lower.get(2..)?, 2),
        Some(start) if start.starts_with('0') => (lower.get(1..)?, 8),
        Some(_) | None => (lower.as_str(), 10),
    };
    // As in go-yaml, a sign is allowed after lower-case `0b` and `0o`, if the text does not begin with one.
    let (is_negative, digits) = match digits.strip_prefix(['+', '-']) {
        Some(behind) if text.starts_with("0b") || text.starts_with("0o") => {
            (digits.starts_with('-'), behind)
        }
        Some(_) => return None,
        None => (is_negative, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, base).ok()?);
    let is_signed = text.starts_with(['+', '-']) || is_negative;
    let number = if is_negative { -number } else { number };
    (!is_signed || i64::try_from(number).is_ok()).then_some(number)
}

/// Returns true if a text is a date, with or without a time, by go-yaml's rules.
pub(super) fn is_date(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else {
        return false;
    };
    let Some((month, rest)) = rest.split_once('-') else {
        return false;
    };
    let end = rest.find(|sign: char| !sign.is_ascii_digit());
    let (day, time) = rest.split_at(end.unwrap_or(rest.len()));
    let is_year = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    let (Some(year), Some(month), Some(day)) = (
        year.parse().ok().filter(|_| is_year),
        within(month, 1, 12),
        within(day, 1, 31),
    ) else {
        return false;
    };
    day <= days_of(year, month) && is_time(time)
}

/// Returns true if a text is empty or the time of a date: `T…` with a zone, or a space and a time without one.
fn is_time(text: &str) -> bool {
    let (clock, needs_zone) = match (text.strip_prefix(['T', 't']), text.strip_prefix(' ')) {
        (Some(clock), _) => (clock, true),
        (None, Some(clock)) => (clock, false),
        (None, None) => return text.is_empty(),
    };
    let end = clock.find(|sign: char| !sign.is_ascii_digit() && !":.,".contains(sign));
    let (clock, zone) = clock.split_at(end.unwrap_or(clock.len()));
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let is_clock = match parts.as_slice() {
        [hour, minute, second] => {
            within(hour, 0, 23).is_some()
                && within(minute, 0, 59).is_some()
                && within(second, 0, 59).is_some()
        }
        _ => false,
    };
    let is_fraction = fraction.is_none_or(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    let is_zone = match zone
        .strip_prefix(['+', '-'])
        .map(|zone| zone.split_once(':'))
    {
        Some(Some((hours, minutes))) => {
            hours.len() == 2
                && minutes.len() == 2
                && within(hours, 0, 24).is_some()
                && within(minutes, 0, 60).is_some()
        }
        Some(None) => false,
        None => zone == "Z",
    };
    is_clock && is_fraction && (if needs_zone { is_zone } else { zone.is_empty() })
}

/// Parses a number of one or two digits within bounds.
fn within(text: &str, least: u32, most: u32) -> Option<u32> {
    let is_number =
        (1..=2).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number)?;
    (least..=most).contains(&number).then_some(number)
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
