use super::configuration::RATE_LIMITED;
use super::round_robin;
use super::round_robin::causes::{HASHED, RANDOM, REPLICAS_LISTED, VARIABLE_ADDRESS};
use super::round_robin::mistakes::{
    ANSWERS_DOUBLED, ANSWERS_MISSING, NOT_ATTRIBUTABLE, NOT_ROUND_ROBIN, ONE_REPLICA_ONLY,
    REPLICAS_IDLE, WEIGHTED, WITNESSES_DISAGREE,
};
use super::stack_runs;
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Text, Unjudged};
use crate::observation::{Fault, Observation, Stack, Stage};

/// With five replicas of `back-end`, requests rotate over all five.
///
/// Three replicas are added to the same stack, and the proxy is restarted, as `docker-compose up --scale back-end=5` does:
/// nginx resolves names when it starts. The measurement is that of `round-robin`.
pub(super) static CHECK: Check = Check {
    id: "scales-further",
    points: 5,
    after: &[&round_robin::CHECK],
    stage: Stage::Scaling,
    title: Text::fixed(
        "requests take turns between five API servers too",
        "les requêtes vont aussi tour à tour à cinq serveurs API",
    ),
    mistakes: &[
        &FIVE_DID_NOT_START,
        &RATE_LIMITED,
        &ANSWERS_MISSING,
        &ANSWERS_DOUBLED,
        &NOT_ATTRIBUTABLE,
        &WITNESSES_DISAGREE,
        &HASHED,
        &RANDOM,
        &VARIABLE_ADDRESS,
        &REPLICAS_LISTED,
        &ONE_REPLICA_ONLY,
        &REPLICAS_IDLE,
        &WEIGHTED,
        &NOT_ROUND_ROBIN,
    ],
    notes: &[],
    judge,
};

/// Returns the title for this number of replicas.
pub(super) fn title(replicas: u32) -> Text {
    let Text { en, fr } = count(replicas);
    Text::new(
        format!("requests take turns between {en} API servers too"),
        format!("les requêtes vont aussi tour à tour à {fr} serveurs API"),
    )
}

static FIVE_DID_NOT_START: Mistake = Mistake {
    code: "five-did-not-start",
    hint: Text::fixed(
        "what is there two of, but not five? look for names, addresses and ports that are listed one by one",
        "qu’y a-t-il en deux exemplaires, mais pas en cinq ? cherchez des noms, adresses et ports cités un à un",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let asked = seen.asked.replicas;
    if let Some(tried) = tried(seen).filter(|tried| *tried != asked) {
        let detail = Text::new(
            format!("{tried} replicas were tried, the rubric asks for {asked}"),
            format!("{tried} répliques ont été essayées, le barème en demande {asked}"),
        );
        return Err(Unjudged::Fault(Fault::not_asked_then(detail)));
    }
    match seen
        .scaled
        .as_ref()
        .and_then(|stack| failed_containers(seen, stack))
    {
        Some(finding) => Ok(Judged::failed(finding)),
        None => round_robin::judge_volley(seen, seen.volley(asked)?),
    }
}

/// Returns the number of replicas above two with which the stack was observed; `None` if it was not.
fn tried(seen: &Observation) -> Option<u32> {
    let measured = seen.volleys.iter().map(|volley| volley.replicas);
    let containers = seen.scaled.iter().flat_map(|stack| &stack.containers);
    let started = containers
        .filter(|container| container.service == seen.back_end())
        .map(|container| container.number);
    measured
        .chain(started)
        .filter(|replicas| *replicas > 2)
        .max()
}

fn count(replicas: u32) -> Text {
    match replicas {
        3 => Text::fixed("three", "trois"),
        4 => Text::fixed("four", "quatre"),
        5 => Text::fixed("five", "cinq"),
        other => Text::new(other.to_string(), other.to_string()),
    }
}

/// Returns the finding for the first container that does not run with five replicas.
fn failed_containers(seen: &Observation, stack: &Stack) -> Option<Finding> {
    let cause = stack_runs::failed_containers(seen, stack)
        .into_iter()
        .next()?;
    let Text { en, fr } = count(seen.asked.replicas);
    let message = Text::new(
        format!(
            "with {en} replicas, not everything stays up: {}",
            cause.message.en
        ),
        format!(
            "avec {fr} répliques, tout ne reste pas en marche : {}",
            cause.message.fr
        ),
    );
    let hint = Text::new(
        format!(
            "what is there two of, but not {en}? look for names, addresses and ports that are listed one by one"
        ),
        format!(
            "qu’y a-t-il en deux exemplaires, mais pas en {fr} ? cherchez des noms, adresses et ports cités un à un"
        ),
    );
    let finding = FIVE_DID_NOT_START.finding(message).advising(hint);
    Some(finding.shown_by(cause.evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectations::Expectations;
    use crate::observation::correct::{container, correct};
    use crate::observation::{Container, State, Volley};

    fn code(seen: &Observation) -> Option<&'static str> {
        let judged = judge(seen).ok()?;
        judged.findings.first().map(|finding| finding.code)
    }

    fn rotation(order: &[u32]) -> Option<&'static str> {
        let volleys = correct().volleys.into_iter().map(|volley| Volley {
            sequence: order.repeat(40),
            ..volley
        });
        code(&Observation {
            volleys: volleys.collect(),
            ..correct()
        })
    }

    #[test]
    fn a_rotation_over_five_passes() {
        assert_eq!(judge(&correct()), Ok(Judged::passed()));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let volleys = correct().volleys.into_iter().take(1).collect();
        let seen = Observation {
            volleys,
            ..correct()
        };
        assert_eq!(judge(&seen), Err(Unjudged::Pending));
    }

    #[test]
    fn a_rotation_over_two_of_five_leaves_replicas_idle() {
        assert_eq!(rotation(&[1, 2]), Some("replicas-idle"));
        assert_eq!(rotation(&[3]), Some("one-replica-only"));
        assert_eq!(rotation(&[1, 2, 3, 4, 5, 5]), Some("weighted"));
    }

    #[test]
    fn another_number_than_was_tried_is_never_a_verdict() {
        let four = |seen: Observation| {
            judge(&seen.asking(Expectations {
                replicas: 4,
                ..Expectations::default()
            }))
        };
        assert!(matches!(four(correct()), Err(Unjudged::Fault(_))));
        let mut unseen = correct();
        unseen.volleys.truncate(1);
        assert_eq!(four(unseen.clone()), Err(Unjudged::Pending));
        unseen.scaled = Some(Stack {
            containers: (1..=5)
                .map(|number| container("back-end", number))
                .collect(),
            proxy: None,
        });
        assert!(matches!(four(unseen), Err(Unjudged::Fault(_))));
        let mut seen = correct();
        seen.volleys[1].replicas = 4;
        seen.volleys[1].sequence = [1, 2, 3, 4].repeat(20);
        assert_eq!(four(seen), Ok(Judged::passed()));
    }

    #[test]
    fn the_usual_title_is_that_of_five() {
        assert_eq!(title(5), CHECK.title);
        assert!(title(3).en.contains("three"));
    }

    #[test]
    fn five_that_do_not_stay_up_come_before_the_rotation() {
        let fifth = Container {
            state: State::Exited { status: 1 },
            ..container("back-end", 5)
        };
        let containers = vec![container("back-end", 1), fifth];
        let scaled = Some(Stack {
            containers,
            proxy: None,
        });
        assert_eq!(
            code(&Observation {
                scaled,
                ..correct()
            }),
            Some("five-did-not-start")
        );
    }
}
