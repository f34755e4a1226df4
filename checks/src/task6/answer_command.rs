use super::answer_file;
use crate::model::{Check, Judged, Judgement, Mistake, Text};
use crate::observation::Observation;

/// The command that the exercise asks for.
const EXPECTED: &str = "docker-compose up --scale back-end=2";

/// One line of the answer file is, byte for byte, `docker-compose up --scale back-end=2`.
pub(super) static CHECK: Check = Check {
    id: "answer-command",
    points: 20,
    after: &[&answer_file::CHECK],
    title: Text::fixed(
        "the answer is the exact command that starts two API servers",
        "la réponse est la commande exacte qui démarre deux serveurs API",
    ),
    mistakes: &[&OTHER_SPELLING],
    judge,
};

static OTHER_SPELLING: Mistake = Mistake {
    code: "other-spelling",
    hint: Text::fixed(
        "compare character by character with the command in the exercise",
        "comparez caractère par caractère avec la commande de l’exercice",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let mut lines = seen.answer.bytes().split(|&byte| byte == b'\n');
    if lines.any(|line| line == EXPECTED.as_bytes()) {
        return Ok(Judged::passed());
    }
    Ok(Judged::failed(OTHER_SPELLING.finding(Text::fixed(
        "no line is `docker-compose up --scale back-end=2`",
        "aucune ligne n’est `docker-compose up --scale back-end=2`",
    ))))
}
