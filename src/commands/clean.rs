use std::sync::Arc;

use serde::Serialize;
use softy_checks::model::{Language, Text};
use softy_checks::observation::Fault;
use tokio::runtime::Runtime;

use super::interruption::interruption;
use super::{CommandError, engine_trouble, output};
use crate::cli::{Clean, ListFormat};
use crate::report::ExitStatus;
use crate::sandbox::{
    Bound, Cached, Found, ImageOverrides, Kind, Life, OwnedResource, Sandbox, Sweeper, Swept,
};

/// Result of a sweep or of a dry run; also the JSON output.
#[derive(Debug, Serialize)]
struct List {
    dry_run: bool,
    /// Leftovers of dead runs; removed unless it is a dry run.
    removed: Vec<Line>,
    /// Entries to evict from the build cache: those over its limits, or all if so requested; removed unless it is a dry run.
    cache: Vec<CacheLine>,
    /// Leftovers that could not be removed.
    left: Vec<Line>,
    /// Runs that are alive or may be.
    spared: Vec<Spared>,
}

#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    name: String,
    run: String,
    /// Age of the run in seconds.
    age: u64,
    /// Reason why it could not be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip)]
    words: Text,
}

#[derive(Debug, Serialize)]
struct CacheLine {
    kind: &'static str,
    name: String,
    /// Age of the entry in seconds.
    age: u64,
    bytes: u64,
    #[serde(skip)]
    words: Text,
}

#[derive(Debug, Serialize)]
struct Spared {
    run: String,
    /// True if the run's process was found; the process of a run on another machine cannot be checked.
    found: bool,
}

pub(super) fn run(arguments: &Clean) -> Result<ExitStatus, CommandError> {
    let list = Runtime::new()?.block_on(sweep_until_interrupted(arguments))?;
    let written = match arguments.format {
        ListFormat::Text => list.text(arguments.spoken.language()),
        ListFormat::Json => {
            serde_json::to_string_pretty(&list).map_err(std::io::Error::from)? + "\n"
        }
    };
    output::to_stdout(&written)?;
    Ok(match list.left.as_slice() {
        [] => ExitStatus::Passed,
        [..] => ExitStatus::CouldNotGrade,
    })
}

async fn sweep_until_interrupted(arguments: &Clean) -> Result<List, CommandError> {
    let interruption = interruption()?;
    let engine = arguments.engine.endpoint()?;
    let list = async {
        let sweeper = Sandbox::open(&engine, None, ImageOverrides::default(), Arc::default())
            .await?
            .sweeper()
            .with_kept();
        let bound = match arguments.cache {
            true => Bound::Everything,
            false => Bound::Usual,
        };
        if arguments.dry_run {
            let Found { dead, spared } = sweeper.look().await?;
            let swept = Swept {
                removed: dead,
                left: Vec::new(),
                spared,
            };
            let cached = sweeper.bound_cache(bound, true).await?;
            return Ok::<_, Fault>(List::new(&sweeper, swept, cached, true));
        }
        let swept = sweeper.sweep().await?;
        let cached = sweeper.bound_cache(bound, false).await?;
        Ok(List::new(&sweeper, swept, cached, false))
    };
    let list = async {
        match list.await {
            Ok(list) => Ok(list),
            Err(fault) => Err(engine_trouble(&engine, fault).await),
        }
    };
    tokio::select! {
        list = list => list,
        () = interruption => Err(CommandError::Interrupted),
    }
}

impl List {
    fn new(sweeper: &Sweeper, swept: Swept, cached: Vec<Cached>, dry_run: bool) -> List {
        let removed = swept.removed.iter();
        let left = swept.left.iter();
        let spared = swept.spared.into_iter();
        List {
            dry_run,
            removed: removed
                .map(|thing| Line::new(sweeper, thing, None))
                .collect(),
            cache: cached.into_iter().map(CacheLine::new).collect(),
            left: left
                .map(|(thing, why)| Line::new(sweeper, thing, Some(why.clone())))
                .collect(),
            spared: spared
                .map(|(run, life)| Spared {
                    run,
                    found: life == Life::Alive,
                })
                .collect(),
        }
    }

    fn text(&self, language: Language) -> String {
        let removed = self.removed.iter().map(|line| line.text(language));
        let cache = self.cache.iter().map(|line| line.text(language));
        let left = self.left.iter().map(|line| line.text(language));
        let spared = self.spared.iter().map(|spared| spared.words());
        let conclusion = [self.conclusion()];
        let words = spared.chain(conclusion);
        let words = words.map(|words| words.to(language).to_owned());
        removed
            .chain(cache)
            .chain(left)
            .chain(words)
            .map(|line| line + "\n")
            .collect()
    }

    fn conclusion(&self) -> Text {
        let (removed, left) = (self.removed.len() + self.cache.len(), self.left.len());
        match (removed, left) {
            (0, 0) => Text::fixed(
                "nothing is left of any killed run",
                "il ne reste rien d’une exécution tuée",
            ),
            (removed, 0) if self.dry_run => Text::new(
                format!("would be removed: {removed}"),
                format!("seraient supprimés : {removed}"),
            ),
            (removed, 0) => Text::new(
                format!("removed: {removed}"),
                format!("supprimés : {removed}"),
            ),
            (removed, left) => Text::new(
                format!("removed: {removed}, could not be removed: {left}"),
                format!("supprimés : {removed}, impossibles à supprimer : {left}"),
            ),
        }
    }
}

impl Line {
    fn new(sweeper: &Sweeper, thing: &OwnedResource, reason: Option<String>) -> Line {
        let (kind, words) = kind(thing.kind);
        Line {
            kind,
            words,
            name: thing.name.clone(),
            run: thing.run.clone(),
            age: sweeper.age(thing).as_secs(),
            reason,
        }
    }

    fn text(&self, language: Language) -> String {
        let run = Text::fixed("run", "exécution");
        let line = format!(
            "{:<9}  {}  {} {}  {}",
            self.words.to(language),
            self.name,
            run.to(language),
            self.run,
            age(self.age).to(language)
        );
        match &self.reason {
            Some(reason) => format!("{line}  {reason}"),
            None => line,
        }
    }
}

impl CacheLine {
    fn new(cached: Cached) -> CacheLine {
        let (kind, words) = kind(cached.kind);
        CacheLine {
            kind,
            words,
            name: cached.name,
            age: cached.age.as_secs(),
            bytes: cached.bytes,
        }
    }

    fn text(&self, language: Language) -> String {
        let size = self.bytes.div_ceil(1 << 20);
        let words = Text::new(format!("cache, {size} MB"), format!("cache, {size} Mo"));
        format!(
            "{:<9}  {}  {}  {}",
            self.words.to(language),
            self.name,
            words.to(language),
            age(self.age).to(language)
        )
    }
}

impl Spared {
    fn words(&self) -> Text {
        let run = &self.run;
        if self.found {
            return Text::new(
                format!("run {run} goes on and is left alone"),
                format!("l’exécution {run} est en cours et reste intacte"),
            );
        }
        Text::new(
            format!(
                "run {run} was begun elsewhere and may go on: it is left alone until no run can be that old"
            ),
            format!(
                "l’exécution {run} a été lancée ailleurs et peut être en cours : elle reste intacte tant qu’une exécution peut durer"
            ),
        )
    }
}

/// Returns the JSON name of a kind, and its words.
fn kind(kind: Kind) -> (&'static str, Text) {
    match kind {
        Kind::Container => ("container", Text::fixed("container", "conteneur")),
        Kind::Network => ("network", Text::fixed("network", "réseau")),
        Kind::Volume => ("volume", Text::fixed("volume", "volume")),
        Kind::Image => ("image", Text::fixed("image", "image")),
    }
}

/// Returns a duration in its largest whole unit.
fn age(seconds: u64) -> Text {
    const UNITS: [(u64, &str, &str); 3] = [(86400, "d", "j"), (3600, "h", "h"), (60, "min", "min")];
    let unit = UNITS.iter().find(|(length, ..)| seconds >= *length);
    let (length, en, fr) = unit.unwrap_or(&(1, "s", "s"));
    let count = seconds / length;
    Text::new(format!("{count} {en}"), format!("{count} {fr}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(removed: usize, spared: Vec<Spared>) -> List {
        let (kind, words) = kind(Kind::Network);
        let line = || Line {
            kind,
            words: words.clone(),
            name: "softy-check-0123456789ab-default".to_owned(),
            run: "0123456789ab".to_owned(),
            age: 185,
            reason: None,
        };
        List {
            dry_run: true,
            removed: (0..removed).map(|_| line()).collect(),
            cache: Vec::new(),
            left: Vec::new(),
            spared,
        }
    }

    #[test]
    fn a_list_names_the_thing_its_run_and_its_age() {
        let spared = Spared {
            run: "ba9876543210".to_owned(),
            found: true,
        };
        assert_eq!(
            list(1, vec![spared]).text(Language::English),
            "network    softy-check-0123456789ab-default  run 0123456789ab  3 min\n\
             run ba9876543210 goes on and is left alone\n\
             would be removed: 1\n"
        );
        assert_eq!(
            list(1, Vec::new()).text(Language::French),
            "réseau     softy-check-0123456789ab-default  exécution 0123456789ab  3 min\n\
             seraient supprimés : 1\n"
        );
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(
            list(0, Vec::new()).text(Language::English),
            "nothing is left of any killed run\n"
        );
    }

    #[test]
    fn an_age_has_its_largest_unit() {
        let ages = [0, 59, 60, 7200, 3 * 86400];
        let words = ages.map(|seconds| age(seconds).to(Language::French).to_owned());
        assert_eq!(words, ["0 s", "59 s", "1 min", "2 h", "3 j"]);
    }
}
