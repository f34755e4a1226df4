use super::answer_file;
use crate::model::{Check, Judged, Judgement, Mistake, Text};
use crate::observation::{Observation, Stage};
use crate::wording::visible;

/// The answer file ends with a newline, as the exercise requires: its last byte is `\n`.
///
/// A newline ends a line. If an editor shows no empty line below the command, the newline may be missing. More than one
/// newline passes.
pub(super) static CHECK: Check = Check {
    id: "answer-newline",
    points: 5,
    after: &[&answer_file::CHECK],
    stage: Stage::Answer,
    title: Text::fixed(
        "the answer file ends with a newline",
        "le fichier de réponse se termine par une nouvelle ligne",
    ),
    mistakes: &[&NO_FINAL_NEWLINE],
    notes: &[],
    judge,
};

static NO_FINAL_NEWLINE: Mistake = Mistake {
    code: "no-final-newline",
    hint: Text::fixed(
        "`cat -A task6/2-api-servers.txt` shows each newline as `$`; most editors have a setting that adds the last one",
        "`cat -A task6/2-api-servers.txt` montre chaque nouvelle ligne par un `$` ; la plupart des éditeurs ont un réglage qui ajoute la dernière",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let bytes = seen.seen(Stage::Answer, &seen.answer)?.bytes();
    if bytes.ends_with(b"\n") {
        return Ok(Judged::passed());
    }
    let last = String::from_utf8_lossy(bytes).chars().next_back();
    Ok(Judged::failed(NO_FINAL_NEWLINE.finding(message(last))))
}

fn message(last: Option<char>) -> Text {
    let (en, fr) = match last {
        None => ("nothing".to_owned(), "rien".to_owned()),
        Some(' ') => ("a space".to_owned(), "un espace".to_owned()),
        Some(last) => (
            format!("`{}`", visible(last)),
            format!("`{}`", visible(last)),
        ),
    };
    Text::new(
        format!("expected a newline at the end of the file, found {en}"),
        format!("attendu : une nouvelle ligne à la fin du fichier ; trouvé : {fr}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::{answer, correct};

    fn code(content: &str) -> Option<&'static str> {
        let answer = answer(content);
        let judged = judge(&Observation {
            answer: Some(answer),
            ..correct()
        })
        .ok()?;
        judged.findings.first().map(|finding| finding.code)
    }

    #[test]
    fn a_final_newline_passes() {
        assert_eq!(code("docker-compose\n"), None);
        assert_eq!(code("docker-compose\r\n"), None);
        assert_eq!(code("docker-compose\n\n"), None);
    }

    #[test]
    fn any_other_last_byte_is_no_final_newline() {
        assert_eq!(code("docker-compose"), Some("no-final-newline"));
        assert_eq!(code("docker-compose\n "), Some("no-final-newline"));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        assert_eq!(code(""), Some("no-final-newline"));
    }
}
