//! Tests of the whole catalogue with little or no observation.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

use softy_checks::model::Text;
use softy_checks::observation::{
    Answer, Compose, Content, Fault, FaultKind, Image, ImageState, Observation, Refusal, Service,
    Stage, Unseen,
};
use softy_checks::{Expectations, Reason, Status, TASK6, Verdict, judge};

/// Returns an observation with a correct answer file and compose file and without the stack, which the run missed because of
/// `fault`; without a fault, its options exclude the stack.
fn without_stack(fault: Option<Fault>) -> Observation {
    let last = match fault {
        Some(_) => Stage::LAST,
        None => Stage::Compose,
    };
    let content = Content::from(b"docker-compose up --scale back-end=2\n".to_vec());
    let back_end = Service {
        name: "back-end".to_owned(),
        place: None,
        container_name: None,
        ports: Vec::new(),
        depends_on: Vec::new(),
        builds: true,
        image: None,
        fixed_address: None,
    };
    Observation {
        schema: Observation::SCHEMA,
        taken: None,
        answer: Some(Answer::Read { content }),
        empty_folders: Vec::new(),
        scripts: Vec::new(),
        binds: Vec::new(),
        compose: Some(Compose {
            files: vec!["task6/docker-compose.yml".to_owned()],
            services: vec![back_end],
            ..Compose::default()
        }),
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
        fault,
        unseen: None,
        nginx: None,
        sandbox: None,
        advice: None,
        asked: Expectations::default(),
    }
    .ended(TASK6, last)
}

/// Returns the verdicts of the checks that need no engine, and those of the checks of the stack.
fn verdicts(seen: &Observation) -> (Vec<Verdict>, Vec<Verdict>) {
    let mut files = judge(TASK6, seen);
    let stack = files.split_off(7);
    (files, stack)
}

#[test]
fn a_fault_spares_the_files_and_leaves_the_stack_ungraded() {
    let fault = Fault::told(FaultKind::Engine, "connection refused");
    let (files, stack) = verdicts(&without_stack(Some(fault.clone())));
    assert!(files.iter().all(|verdict| verdict.status == Status::Passed));
    assert!(
        stack
            .iter()
            .all(|verdict| verdict.status == Status::NotGraded(fault.clone()))
    );
}

#[test]
fn a_stack_that_was_not_asked_for_is_skipped() {
    let (files, stack) = verdicts(&without_stack(None));
    assert_eq!(files.iter().map(Verdict::points).sum::<u32>(), 50);
    assert!(
        stack
            .iter()
            .all(|verdict| verdict.status == Status::Skipped(Reason::NotAsked))
    );
}

#[test]
fn an_unreadable_compose_file_is_no_missing_one_and_the_answer_counts() {
    let fault = Fault::told(
        FaultKind::Files,
        "task6/docker-compose.yml: Permission denied",
    );
    let seen = Observation {
        compose: None,
        ..without_stack(Some(fault.clone()))
    };
    let (files, stack) = verdicts(&seen);
    let (answer, compose) = files.split_at(3);
    assert!(
        answer
            .iter()
            .all(|verdict| verdict.status == Status::Passed)
    );
    let ungraded = Status::NotGraded(fault);
    assert!(
        compose
            .iter()
            .chain(&stack)
            .all(|verdict| verdict.status == ungraded)
    );
}

#[test]
fn files_that_cannot_be_read_leave_everything_ungraded() {
    let fault = Fault::told(FaultKind::Files, "task6: Permission denied");
    let seen = Observation {
        fault: Some(fault.clone()),
        ..Observation::of_answer(None)
    };
    let ungraded = Status::NotGraded(fault);
    assert!(
        judge(TASK6, &seen)
            .iter()
            .all(|verdict| verdict.status == ungraded)
    );
}

#[test]
fn what_follows_a_failed_check_is_skipped_because_of_it() {
    let seen = Observation {
        compose: Some(Compose::default()),
        ..without_stack(None)
    };
    let (files, stack) = verdicts(&seen);
    assert!(matches!(files[3].status, Status::Failed { .. }));
    let skipped = Status::Skipped(Reason::After("compose-file"));
    assert!(
        files[4..]
            .iter()
            .chain(&stack)
            .all(|verdict| verdict.status == skipped)
    );
}

#[test]
fn an_empty_submission_earns_nothing() {
    let seen = Observation {
        answer: Some(Answer::Missing {
            elsewhere: Vec::new(),
        }),
        compose: Some(Compose::default()),
        ..without_stack(None)
    };
    let (files, stack) = verdicts(&seen);
    assert_eq!(
        files.iter().chain(&stack).map(Verdict::points).sum::<u32>(),
        0
    );
}

/// Returns the observation of a submission whose service is `backend`, by a run of every stage up to `last`.
fn of_backend(last: Stage) -> Observation {
    let mut seen = without_stack(None);
    if let Some(compose) = &mut seen.compose {
        compose.services[0].name = "backend".to_owned();
    }
    seen.ended(TASK6, last)
}

/// Returns the same observation, as a release wrote it that did not record the reasons for missing stages.
fn old(seen: Observation) -> Observation {
    Observation {
        unseen: None,
        ..seen
    }
}

/// Returns the status of a check by a rubric that also accepts `backend` as the API servers' service.
fn status(seen: Observation, id: &str) -> Status {
    let services = ["back-end", "backend"].map(str::to_owned).to_vec();
    let asked = Expectations {
        services,
        ..Expectations::default()
    };
    status_asking(seen, asked, id)
}

fn is_stopped(status: &Status) -> bool {
    matches!(status, Status::NotGraded(Fault { kind: FaultKind::Stopped, detail })
        if detail.en.contains("`compose-file`"))
}

#[test]
fn what_an_earlier_check_kept_from_being_run_is_not_graded_once_that_passes() {
    let seen = of_backend(Stage::LAST);
    let reasons = seen.unseen.clone().unwrap_or_default();
    let stopped = Unseen::StoppedBy("compose-file".to_owned());
    assert_eq!(reasons.get(&Stage::Images), Some(&stopped));
    assert_eq!(reasons.len(), 6);
    for recorded in [seen.clone(), old(seen)] {
        assert_eq!(status(recorded.clone(), "compose-file"), Status::Passed);
        assert_eq!(status(recorded.clone(), "can-scale"), Status::Passed);
        for id in ["images-build", "round-robin", "front-page"] {
            assert!(is_stopped(&status(recorded.clone(), id)), "{id}");
        }
        let (files, stack) = verdicts(&recorded.asking(Expectations::default()));
        let skipped = Status::Skipped(Reason::After("compose-file"));
        let mut behind = files[4..].iter().chain(&stack);
        assert!(behind.all(|verdict| verdict.status == skipped));
    }
}

#[test]
fn what_was_not_asked_for_stays_so_by_any_rubric() {
    let seen = of_backend(Stage::Compose);
    let not_asked = Status::Skipped(Reason::NotAsked);
    assert_eq!(status(seen.clone(), "stack-runs"), not_asked);
    // A recording without the reason could also come from a run that was stopped.
    assert!(is_stopped(&status(old(seen), "stack-runs")));
}

#[test]
fn an_old_recording_of_files_alone_is_judged_by_its_files() {
    let (files, stack) = verdicts(&old(without_stack(None)).asking(Expectations::default()));
    assert!(files.iter().all(|verdict| verdict.status == Status::Passed));
    let not_asked = Status::Skipped(Reason::NotAsked);
    assert!(stack.iter().all(|verdict| verdict.status == not_asked));
}

#[test]
fn stages_that_are_missing_as_no_option_leaves_them_out_are_not_graded() {
    let ready = Image {
        service: "back-end".to_owned(),
        state: ImageState::Ready,
    };
    let images = Observation {
        images: Some(vec![ready]),
        ..old(without_stack(None))
    };
    let not_asked = Status::Skipped(Reason::NotAsked);
    assert_eq!(status_of(&images, "images-build"), Status::Passed);
    assert_eq!(status_of(&images, "stack-runs"), not_asked);
    let odd = Observation {
        api: Some(Vec::new()),
        ..images
    };
    for id in ["stack-runs", "round-robin"] {
        assert!(matches!(status_of(&odd, id), Status::NotGraded(_)), "{id}");
    }
    let compose = Observation {
        compose: None,
        ..old(without_stack(None))
    };
    let graded = status_of(&compose, "compose-file");
    assert!(matches!(graded, Status::NotGraded(_)), "{graded:?}");
}

/// Returns the status of a check by the usual rubric.
fn status_of(seen: &Observation, id: &str) -> Status {
    status_asking(seen.clone(), Expectations::default(), id)
}

fn status_asking(seen: Observation, asked: Expectations, id: &str) -> Status {
    let verdicts = judge(TASK6, &seen.asking(asked)).into_iter();
    let mut statuses = verdicts.filter(|verdict| verdict.check.id == id);
    statuses
        .next()
        .expect("the check is in the catalogue")
        .status
}

#[test]
fn a_stage_that_is_missing_for_no_reason_is_the_checkers_own_mistake() {
    let seen = without_stack(None).ended(TASK6, Stage::LAST);
    let kind = seen.fault.as_ref().map(|fault| fault.kind);
    assert_eq!(kind, Some(FaultKind::Checker));
    let (_, stack) = verdicts(&seen);
    let mut statuses = stack.iter().map(|verdict| &verdict.status);
    assert!(statuses.all(|status| matches!(status, Status::NotGraded(_))));
}

#[test]
fn a_service_that_a_refused_file_hides_costs_what_is_judged_by_it() {
    let refusal = Refusal {
        key: "include".to_owned(),
        danger: Text::fixed("it leads out", "elle mène hors du rendu"),
        instead: Text::fixed("keep it inside", "gardez-la dedans"),
        place: None,
    };
    let mut seen = without_stack(None);
    if let Some(compose) = &mut seen.compose {
        compose.services.clear();
        compose.refusals.push(refusal);
    }
    let seen = seen.ended(TASK6, Stage::LAST);
    let behind = Status::Skipped(Reason::After("compose-safe"));
    for id in ["can-scale", "back-end-private", "round-robin"] {
        assert_eq!(status_of(&seen, id), behind, "{id}");
    }
}
