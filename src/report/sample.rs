//! Sample verdicts and observations for the tests of every format.

use std::sync::{Mutex, PoisonError};

use softy_checks::model::{
    Check, Comparison, Evidence, Finding, Judged, Mistake, Note, Place, Text,
};
use softy_checks::observation::{
    AllHeld, Answer, BaseImage, Compose, Connection, Content, Fault, FaultKind, Held, Observation,
    Sandbox, Stage, Volley, Witness,
};
use softy_checks::{Expectations, Reason, Status, Verdict};

use super::{Phase, Report};
use crate::rubric::Rubric;

static COMMAND: Check = check(
    "answer-command",
    20,
    Text::fixed(
        "the file says how to start two servers",
        "le fichier dit comment lancer deux serveurs",
    ),
);
static SAFE: Check = check(
    "compose-safe",
    0,
    Text::fixed("nothing is refused", "rien n’est refusé"),
);
static ROTATION: Check = check(
    "round-robin",
    20,
    Text::fixed(
        "requests take turns between the two API servers",
        "les requêtes vont tour à tour aux deux serveurs API",
    ),
);
static PAGE: Check = check(
    "front-page",
    0,
    Text::fixed("the site is served", "le site est servi"),
);

/// Mistake of every failed verdict in these samples.
pub(super) static MISTAKE: Mistake = Mistake {
    code: "other-service",
    hint: Text::fixed(
        "which service does the exercise scale?",
        "quel service l’exercice multiplie-t-il ?",
    ),
};

const fn check(id: &'static str, points: u32, title: Text) -> Check {
    Check {
        id,
        points,
        after: &[],
        stage: Stage::LAST,
        title,
        mistakes: &[],
        notes: &[],
        judge: |_| Ok(Judged::passed()),
    }
}

/// Returns a report of the four checks `answer-command`, `compose-safe`, `round-robin` and `front-page`.
pub(super) fn report(statuses: [Status; 4]) -> Report {
    let checks: [&'static Check; 4] = [&COMMAND, &SAFE, &ROTATION, &PAGE];
    let verdicts = checks.into_iter().zip(statuses);
    Report {
        task: "task6",
        submission: "./student".to_owned(),
        verdicts: verdicts
            .map(|(check, status)| verdict(check, status))
            .collect(),
        observation: observation(),
        rubric: Rubric::default(),
        seconds: 12.34,
        phases: vec![Phase {
            name: "images".into(),
            seconds: 5.5,
        }],
    }
}

fn verdict(check: &'static Check, status: Status) -> Verdict {
    Verdict {
        check,
        status,
        notes: Vec::new(),
    }
}

pub(super) fn failed(finding: Finding) -> Status {
    Status::Failed {
        finding: Box::new(finding),
        others: Vec::new(),
    }
}

pub(super) fn after(id: &'static str) -> Status {
    Status::Skipped(Reason::After(id))
}

pub(super) fn not_graded() -> Status {
    Status::NotGraded(Fault::told(FaultKind::Engine, "connection refused\x1b[2J"))
}

pub(super) const NOT_ASKED: Status = Status::Skipped(Reason::NotAsked);

/// Returns a finding without any evidence.
pub(super) fn bare() -> Finding {
    MISTAKE.finding(Text::fixed(
        "`backend` is scaled",
        "c’est `backend` qui est multiplié",
    ))
}

/// Returns a finding with a comparison, a place and logs.
pub(super) fn shown() -> Finding {
    bare()
        .comparing(Comparison {
            expected: "up --scale back-end=2".to_owned(),
            found: "up --scale backend=2".to_owned(),
            marks: vec![(11, 18)],
        })
        .at(Some(Place {
            file: "task6/2-api-servers.txt".to_owned(),
            line: 12,
            column: 12,
            width: 7,
            snippet: "up --scale backend=2".to_owned(),
        }))
        .shown_by(vec![
            Evidence {
                source: "back-end-2".to_owned(),
                lines: vec!["Traceback:".to_owned(), "  KeyError".to_owned()],
            },
            Evidence {
                source: "proxy".to_owned(),
                lines: vec!["start worker process 27".to_owned()],
            },
        ])
}

/// Returns a finding in which every text that a student controls is an attack on the reader.
pub(super) fn hostile() -> Finding {
    let attack = "\x1b[2J\u{202e}x\ny\u{9b}1m".to_owned();
    MISTAKE
        .finding(Text::new(attack.clone(), attack.clone()))
        .comparing(Comparison {
            expected: "up".to_owned(),
            found: attack.clone(),
            marks: vec![(0, 1), (900, 2)],
        })
        .at(Some(Place {
            file: attack.clone(),
            line: u32::MAX,
            column: 0,
            width: u32::MAX,
            snippet: attack.clone(),
        }))
        .shown_by(vec![Evidence {
            source: attack.clone(),
            lines: vec![attack],
        }])
}

pub(super) fn note() -> Note {
    Note {
        code: "other-lines",
        message: Text::fixed("the file has other lines", "le fichier a d’autres lignes"),
    }
}

/// Returns a volley on one connection.
pub(super) fn volley(order: &[u32], times: usize, replicas: u32) -> Volley {
    Volley {
        replicas,
        connection: Connection::KeptAlive,
        witness: Witness::Logs,
        sequence: order.repeat(times),
        doubled: Vec::new(),
        unanswered: Vec::new(),
        received: Vec::new(),
        workers: 0,
        others: Vec::new(),
        refused: None,
    }
}

/// Returns the observation of requests to five replicas, one of which is paused.
pub(super) fn held(waited: u32, passed_by: u32) -> Held {
    Held {
        replicas: 5,
        period: 5,
        workers: 2,
        waited,
        passed_by,
        all: Some(AllHeld {
            requests: 21,
            answered: 4,
        }),
        unasked: Vec::new(),
    }
}

fn observation() -> Observation {
    Observation {
        schema: Observation::SCHEMA,
        taken: None,
        answer: Some(Answer::Read {
            content: Content::Text("docker-compose up --scale back-end=2\n".to_owned()),
        }),
        empty_folders: Vec::new(),
        scripts: Vec::new(),
        binds: Vec::new(),
        compose: Some(Compose::default()),
        images: None,
        stack: None,
        api: None,
        front_page: None,
        volleys: Vec::new(),
        set_aside: Vec::new(),
        askers: Vec::new(),
        circumstances: Vec::new(),
        held: None,
        scaled: None,
        fault: None,
        unseen: None,
        nginx: None,
        sandbox: None,
        advice: None,
        asked: Expectations::default(),
    }
}

/// Returns a sandbox with three base images: one overridden, one of no registry, and one that the engine does not have.
pub(super) fn sandbox() -> Sandbox {
    let image = |reference: &str, id: Option<&str>| BaseImage {
        reference: reference.to_owned(),
        services: vec!["back-end".to_owned()],
        taken: None,
        id: id.map(|digits| format!("sha256:{}", digits.repeat(16))),
        digest: None,
    };
    let ubuntu = BaseImage {
        taken: Some("ubuntu:22.04".to_owned()),
        digest: Some(format!("ubuntu@sha256:{}", "0a1b".repeat(16))),
        ..image("ubuntu:latest", Some("4e5f"))
    };
    Sandbox {
        engine: "20.10.24".to_owned(),
        driver: "overlay2".to_owned(),
        reach: "address".to_owned(),
        egress: false,
        unenforced: Vec::new(),
        refused_to_builds: Vec::new(),
        base_images: vec![ubuntu, image("nginx", Some("2c3d")), image("mongo", None)],
    }
}

static COLOURS: Mutex<()> = Mutex::new(());

/// Calls `write` with colours off. Takes a lock, because colours are one setting for the whole process.
pub(super) fn without_colours<T>(write: impl FnOnce() -> T) -> T {
    let _alone = COLOURS.lock().unwrap_or_else(PoisonError::into_inner);
    colored::control::set_override(false);
    write()
}

/// Calls `write` with colours on. Takes the same lock as [`without_colours`].
pub(super) fn with_colours<T>(write: impl FnOnce() -> T) -> T {
    let _alone = COLOURS.lock().unwrap_or_else(PoisonError::into_inner);
    colored::control::set_override(true);
    write()
}
