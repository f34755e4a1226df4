//! What comes of the whole catalogue when little or nothing was seen.

use softy_checks::observation::{Answer, Compose, Content, Fault, FaultKind, Observation, Service};
use softy_checks::{Asked, Reason, Status, TASK6, Verdict, judge};

/// A right answer file and compose file, and nothing of the stack.
fn without_stack(fault: Option<Fault>) -> Observation {
    let content = Content::from(b"docker-compose up --scale back-end=2\n".to_vec());
    let back_end = Service {
        name: "back-end".to_owned(),
        place: None,
        container_name: None,
        ports: Vec::new(),
        depends_on: Vec::new(),
        builds: true,
        image: None,
    };
    Observation {
        schema: Observation::SCHEMA,
        answer: Some(Answer::Read { content }),
        empty_folders: Vec::new(),
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
        circumstances: Vec::new(),
        held: None,
        scaled: None,
        fault,
        nginx: None,
        sandbox: None,
        advice: None,
        asked: Asked::default(),
    }
}

/// The verdicts on what needs no engine, and those on the stack.
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
