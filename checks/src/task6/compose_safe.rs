use super::compose_file;
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Text, Unjudged};
use crate::observation::{Observation, Refusal, Service, Stage};
use crate::wording::code;

/// The sandbox refuses nothing in the compose file: it can start the stack.
///
/// The stack of a submission runs on another person’s machine. The sandbox refuses by name every key that would reach out of
/// the stack’s own containers (the host’s files, its network, its devices, more rights than nginx and Flask need), and does not
/// start the stack. The exercise requires none of these keys.
pub(super) static CHECK: Check = Check {
    id: "compose-safe",
    points: 0,
    after: &[&compose_file::CHECK],
    stage: Stage::Compose,
    title: Text::fixed(
        "nothing in the compose file reaches out of its containers",
        "rien dans le fichier compose ne sort de ses conteneurs",
    ),
    mistakes: &[&COMPOSE_REFUSED],
    notes: &[],
    judge,
};

static COMPOSE_REFUSED: Mistake = Mistake {
    code: "compose-refused",
    hint: Text::fixed(
        "the exercise can be solved without this key",
        "l’exercice se résout sans cette clé",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let compose = seen.seen(Stage::Compose, &seen.compose)?;
    if compose.files.is_empty() {
        return Err(Unjudged::Stopped(compose_file::CHECK.id.to_owned()));
    }
    if !compose.refusals.is_empty() {
        return Ok(Judged::from_findings(
            compose.refusals.iter().map(refused).collect(),
        ));
    }
    Ok(Judged::passed())
}

/// Returns the API servers' service; if none is known, reports that a refused file hides it.
pub(super) fn back_end(seen: &Observation) -> Result<&Service, Unjudged> {
    let compose = seen.seen(Stage::Compose, &seen.compose)?;
    let back_end = compose.back_end();
    back_end.ok_or_else(|| Unjudged::Stopped(CHECK.id.to_owned()))
}

fn refused(refusal: &Refusal) -> Finding {
    let (key, danger) = (code(&refusal.key), &refusal.danger);
    let message = Text::new(
        format!("{key} is refused: {}", danger.en),
        format!("la clé {key} est refusée : {}", danger.fr),
    );
    COMPOSE_REFUSED
        .finding(message)
        .advising(refusal.instead.clone())
        .at(refusal.place.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Compose;
    use crate::observation::correct::{compose, correct};

    fn judged(compose: Compose) -> Judgement {
        judge(&Observation {
            compose: Some(compose),
            ..correct()
        })
    }

    fn privileged() -> Refusal {
        Refusal {
            key: "services.proxy.privileged".to_owned(),
            danger: Text::fixed("it gives the host away", "elle livre l’hôte"),
            instead: Text::fixed(
                "nginx needs no such right",
                "nginx n’a pas besoin de ce droit",
            ),
            place: None,
        }
    }

    #[test]
    fn nothing_refused_passes() {
        assert_eq!(judged(compose()), Ok(Judged::passed()));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let stopped = Unjudged::Stopped("compose-file".to_owned());
        assert_eq!(judged(Compose::default()), Err(stopped));
    }

    #[test]
    fn each_refusal_is_a_finding_with_its_own_hint() {
        let refusals = vec![privileged(), privileged()];
        let judged = judged(Compose {
            refusals,
            ..compose()
        });
        let findings = judged.unwrap_or_default().findings;
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[0].code, "compose-refused");
        assert_eq!(findings[0].hint, privileged().instead);
    }
}
