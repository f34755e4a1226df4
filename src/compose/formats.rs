//! Texts with a format of their own: durations, sizes, and words of a short list.

use std::time::Duration;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::source::Mark;

/// A format of texts.
#[derive(Debug)]
pub(super) struct StringFormat {
    /// Predicate that returns true if a text has this format.
    pub fits: fn(&str) -> bool,
    /// Name of the format in messages.
    pub name: Text,
}

/// Name of the duration format in messages.
const A_DURATION: Text = Text::fixed("a duration such as `1m30s`", "une durée comme `1m30s`");

pub(super) static DURATION: StringFormat = StringFormat {
    fits: |text| duration(text).is_some(),
    name: A_DURATION,
};

/// Duration with an optional sign, for `stop_grace_period`: a negative one means no limit.
pub(super) static GRACE_PERIOD: StringFormat = StringFormat {
    fits: |text| duration(text.strip_prefix(['-', '+']).unwrap_or(text)).is_some(),
    name: A_DURATION,
};

pub(super) static SIZE: StringFormat = StringFormat {
    fits: is_size,
    name: Text::fixed("a size such as `64m`", "une taille comme `64m`"),
};

pub(super) static WHOLE: StringFormat = StringFormat {
    fits: |text| text.parse::<i64>().is_ok(),
    name: Text::fixed("a whole number", "un nombre entier"),
};

pub(super) static PAIR: StringFormat = StringFormat {
    fits: |text| text.contains('='),
    name: Text::fixed("`NAME=VALUE`", "`NOM=VALEUR`"),
};

pub(super) static HOST: StringFormat = StringFormat {
    fits: |text| text.contains(['=', ':']),
    name: Text::fixed("`NAME=ADDRESS`", "`NOM=ADRESSE`"),
};

pub(super) static ADDRESS: StringFormat = StringFormat {
    fits: |text| text.parse::<std::net::IpAddr>().is_ok(),
    name: Text::fixed(
        "an address such as `127.0.0.1`",
        "une adresse comme `127.0.0.1`",
    ),
};

pub(super) static RESTART: StringFormat = StringFormat {
    fits: is_restart,
    name: Text::fixed(
        "one of `no`, `always`, `on-failure`, `unless-stopped`",
        "l’une des valeurs `no`, `always`, `on-failure`, `unless-stopped`",
    ),
};

pub(super) static PULL_POLICY: StringFormat = StringFormat {
    fits: is_pull_policy,
    name: Text::fixed(
        "one of `always`, `never`, `build`, `missing`, `refresh`, `daily`, `weekly`, `every_12h`",
        "l’une des valeurs `always`, `never`, `build`, `missing`, `refresh`, `daily`, `weekly`, `every_12h`",
    ),
};

pub(super) static NETWORK_MODE: StringFormat = StringFormat {
    fits: |text| ["", "none", "bridge", "default", "host"].contains(&text) || names_another(text),
    name: Text::fixed(
        "one of `none`, `bridge`, `service:NAME`",
        "l’une des valeurs `none`, `bridge`, `service:NOM`",
    ),
};

pub(super) static IPC: StringFormat = StringFormat {
    fits: |text| {
        ["", "none", "private", "shareable", "host"].contains(&text) || names_another(text)
    },
    name: Text::fixed(
        "one of `none`, `private`, `shareable`, `service:NAME`",
        "l’une des valeurs `none`, `private`, `shareable`, `service:NOM`",
    ),
};

pub(super) static PID: StringFormat = StringFormat {
    fits: |text| ["", "host"].contains(&text) || names_another(text),
    name: Text::fixed("`service:NAME`", "`service:NOM`"),
};

pub(super) static UTS: StringFormat = StringFormat {
    fits: |text| ["", "host"].contains(&text),
    name: Text::fixed("`host`", "`host`"),
};

pub(super) static CGROUP: StringFormat = StringFormat {
    fits: |text| ["host", "private"].contains(&text),
    name: Text::fixed("`host` or `private`", "`host` ou `private`"),
};

pub(super) static ALL: StringFormat = StringFormat {
    fits: |text| text == "all",
    name: Text::fixed("`all`", "`all`"),
};

pub(super) static ORDER: StringFormat = StringFormat {
    fits: |text| ["start-first", "stop-first"].contains(&text),
    name: Text::fixed(
        "`start-first` or `stop-first`",
        "`start-first` ou `stop-first`",
    ),
};

pub(super) static WATCH_ACTION: StringFormat = StringFormat {
    fits: |text| ["rebuild", "sync", "restart", "sync+restart", "sync+exec"].contains(&text),
    name: Text::fixed(
        "one of `rebuild`, `sync`, `restart`, `sync+restart`, `sync+exec`",
        "l’une des valeurs `rebuild`, `sync`, `restart`, `sync+restart`, `sync+exec`",
    ),
};

pub(super) static RECURSIVE: StringFormat = StringFormat {
    fits: |text| ["enabled", "disabled", "writable", "readonly"].contains(&text),
    name: Text::fixed(
        "one of `enabled`, `disabled`, `writable`, `readonly`",
        "l’une des valeurs `enabled`, `disabled`, `writable`, `readonly`",
    ),
};

pub(super) static SELINUX: StringFormat = StringFormat {
    fits: |text| ["z", "Z"].contains(&text),
    name: Text::fixed("`z` or `Z`", "`z` ou `Z`"),
};

pub(super) static ENV_FORMAT: StringFormat = StringFormat {
    fits: |text| ["", "raw"].contains(&text),
    name: Text::fixed("`raw`", "`raw`"),
};

/// Notes a text that does not have the required format.
pub(super) fn check(
    text: &str,
    form: &StringFormat,
    path: &str,
    mark: Mark,
    findings: &mut Findings,
) {
    if (form.fits)(text) {
        return;
    }
    let name = &form.name;
    findings.problem(
        ProblemKind::InvalidValue,
        mark,
        Text::new(
            format!("`{path}` takes {}, not `{text}`", name.en),
            format!("`{path}` attend {}, pas `{text}`", name.fr),
        ),
    );
}

/// Parses numbers with units, in Go's duration format plus days and weeks.
pub(super) fn duration(text: &str) -> Option<Duration> {
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

/// Returns true if a text is a number of bytes, with or without one of Docker's units; `-1` means unlimited.
fn is_size(text: &str) -> bool {
    bytes(text).is_some()
}

/// Parses a size into a number of bytes; `-1` means unlimited.
pub(super) fn bytes(text: &str) -> Option<f64> {
    let end = text.rfind(|character: char| character.is_ascii_digit() || character == '.');
    let (number, unit) = text.split_at(end.map_or(0, |end| end + 1));
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_lowercase();
    let number: f64 = number
        .parse()
        .ok()
        .filter(|size| *size >= 0.0 || number == "-1")?;
    let power = unit.trim_end_matches('b').trim_end_matches('i');
    let spelt = ["", "b", "ib"].map(|end| format!("{power}{end}"));
    let powers = ["", "k", "m", "g", "t", "p"];
    let power = powers.iter().position(|known| *known == power)?;
    let factor = 1024_f64.powi(i32::try_from(power).ok()?);
    spelt.contains(&unit).then_some(number * factor)
}

fn is_restart(text: &str) -> bool {
    let (policy, count) = text.split_once(':').unwrap_or((text, "0"));
    match policy {
        "" | "no" | "always" | "unless-stopped" => policy == text,
        "on-failure" => count.parse::<u32>().is_ok(),
        _ => false,
    }
}

/// Returns true if a text is a pull policy. Compose's schema is not anchored: it accepts one of the words anywhere in the text.
fn is_pull_policy(text: &str) -> bool {
    let words = [
        "always",
        "never",
        "build",
        "if_not_present",
        "missing",
        "refresh",
        "daily",
        "weekly",
    ];
    let every = text.strip_prefix("every_").and_then(duration);
    words.contains(&text) || every.is_some()
}

fn names_another(text: &str) -> bool {
    text.starts_with("service:") || text.starts_with("container:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1500)));
        for text in ["", "5", "s", "1 s", "-1s", "1x", "9999999999999999999999w"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_those_of_docker() {
        for text in ["64m", "64", "1.5 GiB", "-1", "10KB", "0", "1gb", "2PiB"] {
            assert!(is_size(text), "{text}");
        }
        for text in ["", "12x", "m", "1 0", "-5", "1mm", "1 kbb", "1.2.3"] {
            assert!(!is_size(text), "{text}");
        }
    }

    #[test]
    fn policies_are_those_of_compose() {
        let restart = ["no", "always", "on-failure:5", "unless-stopped"];
        assert!(restart.iter().all(|text| is_restart(text)));
        assert!(
            !["allways", "always:3", "on-failure:x"]
                .iter()
                .any(|text| is_restart(text))
        );
        assert!(is_pull_policy("every_12h") && !is_pull_policy("nope"));
    }
}
