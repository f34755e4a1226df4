use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text};
use crate::observation::{Answer, FileKind, Observation, Stage};
use crate::wording::{code, codes};

/// The answer file is at the path that the exercise requires: `task6/2-api-servers.txt` is a regular file with text in it.
///
/// Text is UTF-8, of which ASCII is a part. `answer-command` judges the text itself, `answer-newline` its end.
pub(super) static CHECK: Check = Check {
    id: "answer-file",
    points: 5,
    after: &[],
    stage: Stage::Answer,
    title: Text::fixed(
        "`task6/2-api-servers.txt` is there and has text in it",
        "`task6/2-api-servers.txt` est là et contient du texte",
    ),
    mistakes: &[
        &ANSWER_MISSING,
        &ANSWER_ELSEWHERE,
        &ANSWER_NOT_REGULAR,
        &ANSWER_TOO_LARGE,
        &ANSWER_EMPTY,
        &ANSWER_UTF16,
        &ANSWER_NOT_TEXT,
    ],
    notes: &[OTHER_FOLDER],
    judge,
};

const OTHER_FOLDER: &str = "other-folder";

static ANSWER_MISSING: Mistake = Mistake {
    code: "answer-missing",
    hint: Text::fixed(
        "the file must be committed and pushed: does your repository’s web page show it?",
        "le fichier doit être commité et poussé : la page web de votre dépôt le montre-t-elle ?",
    ),
};

static ANSWER_ELSEWHERE: Mistake = Mistake {
    code: "answer-elsewhere",
    hint: Text::fixed(
        "compare the folder and each character of the name with those that the exercise gives",
        "comparez le dossier et chaque caractère du nom avec ceux que donne l’exercice",
    ),
};

static ANSWER_NOT_REGULAR: Mistake = Mistake {
    code: "answer-not-regular",
    hint: Text::fixed(
        "`ls -l task6` shows what stands there: a line that begins with `-` is an ordinary file",
        "`ls -l task6` montre ce qu’il y a là : une ligne qui commence par `-` est un fichier ordinaire",
    ),
};

static ANSWER_TOO_LARGE: Mistake = Mistake {
    code: "answer-too-large",
    hint: Text::fixed(
        "the exercise asks for one command, not for what it prints",
        "l’exercice demande une commande, pas ce qu’elle affiche",
    ),
};

static ANSWER_EMPTY: Mistake = Mistake {
    code: "answer-empty",
    hint: Text::fixed(
        "was the file saved before it was committed? `cat task6/2-api-servers.txt` shows what is in it",
        "le fichier a-t-il été enregistré avant le commit ? `cat task6/2-api-servers.txt` montre ce qu’il contient",
    ),
};

static ANSWER_UTF16: Mistake = Mistake {
    code: "answer-utf16",
    hint: Text::fixed(
        "PowerShell’s `>` writes UTF-16; an editor shows the encoding and can save the file as UTF-8",
        "le `>` de PowerShell écrit en UTF-16 ; un éditeur montre l’encodage et peut enregistrer le fichier en UTF-8",
    ),
};

static ANSWER_NOT_TEXT: Mistake = Mistake {
    code: "answer-not-text",
    hint: Text::fixed(
        "open the file in a plain text editor: a word processor’s document is not a text file",
        "ouvrez le fichier dans un éditeur de texte brut : le document d’un traitement de texte n’est pas un fichier texte",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let notes = seen.taken.iter().map(|folder| taken(folder)).collect();
    let finding = match seen.seen(Stage::Answer, &seen.answer)? {
        Answer::Missing { elsewhere } => Some(missing(elsewhere)),
        Answer::NotRegular { kind } => Some(not_regular(*kind)),
        Answer::TooLarge { bytes } => Some(too_large(*bytes)),
        Answer::Read { content } => unfit(content.bytes()),
    };
    Ok(Judged::from_findings(finding.into_iter().collect()).with_notes(notes))
}

fn taken(folder: &str) -> Note {
    let folder = code(folder);
    Note {
        code: OTHER_FOLDER,
        message: Text::new(
            format!("{folder} was taken for the folder `task6`"),
            format!("{folder} a été pris pour le dossier `task6`"),
        ),
    }
}

fn missing(elsewhere: &[String]) -> Finding {
    if elsewhere.is_empty() {
        return ANSWER_MISSING.finding(Text::fixed(
            "there is no file `task6/2-api-servers.txt`",
            "il n’y a pas de fichier `task6/2-api-servers.txt`",
        ));
    }
    let found = codes(elsewhere);
    ANSWER_ELSEWHERE.finding(Text::new(
        format!("expected `task6/2-api-servers.txt`, found {found}"),
        format!("attendu : `task6/2-api-servers.txt` ; trouvé : {found}"),
    ))
}

fn not_regular(kind: FileKind) -> Finding {
    let Text { en, fr } = name(kind);
    ANSWER_NOT_REGULAR.finding(Text::new(
        format!("expected an ordinary file `task6/2-api-servers.txt`, found {en}"),
        format!("attendu : un fichier ordinaire `task6/2-api-servers.txt` ; trouvé : {fr}"),
    ))
}

fn name(kind: FileKind) -> Text {
    match kind {
        FileKind::Directory => Text::fixed("a folder", "un dossier"),
        FileKind::Symlink => Text::fixed(
            "a symbolic link that leads out of the repository or nowhere",
            "un lien symbolique qui mène hors du dépôt ou nulle part",
        ),
        FileKind::Fifo => Text::fixed("a named pipe", "un tube nommé"),
        FileKind::Socket => Text::fixed("a socket", "une socket"),
        FileKind::Device => Text::fixed("a device", "un périphérique"),
    }
}

fn too_large(bytes: u64) -> Finding {
    ANSWER_TOO_LARGE.finding(Text::new(
        format!("expected one command, found {bytes} bytes"),
        format!("attendu : une commande ; trouvé : {bytes} octets"),
    ))
}

/// Returns the finding that these bytes are not text or contain only white space; `None` for other text.
fn unfit(bytes: &[u8]) -> Option<Finding> {
    if is_utf16(bytes) {
        return Some(ANSWER_UTF16.finding(Text::fixed(
            "expected UTF-8, where a letter of the command is one byte, found UTF-16, where it is two",
            "attendu : de l’UTF-8, où une lettre de la commande fait un octet ; trouvé : de l’UTF-16, où elle en fait deux",
        )));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if is_blank(text) => Some(empty(bytes.len())),
        Ok(text) => text.find('\0').map(not_text),
        Err(error) => Some(not_text(error.valid_up_to())),
    }
}

fn empty(bytes: usize) -> Finding {
    if bytes == 0 {
        return ANSWER_EMPTY.finding(Text::fixed("the file is empty", "le fichier est vide"));
    }
    ANSWER_EMPTY.finding(Text::fixed(
        "the file has nothing but white space in it",
        "le fichier ne contient que des blancs",
    ))
}

fn not_text(offset: usize) -> Finding {
    let byte = offset + 1;
    ANSWER_NOT_TEXT.finding(Text::new(
        format!("expected text, found a byte that belongs to none: byte {byte} of the file"),
        format!("attendu : du texte ; trouvé : un octet qui n’en est pas, le nº {byte} du fichier"),
    ))
}

fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_whitespace() || character == '\u{feff}')
}

/// Returns whether the bytes begin with UTF-16's byte order mark, or every other byte is zero as in UTF-16 without one.
fn is_utf16(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let little = pairs.iter().all(|pair| pair[0] != 0 && pair[1] == 0);
    let big = pairs.iter().all(|pair| pair[0] == 0 && pair[1] != 0);
    marked || (!pairs.is_empty() && (little || big))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::{answer, correct};

    fn found(answer: Answer) -> Option<Finding> {
        let seen = Observation {
            answer: Some(answer),
            ..correct()
        };
        judge(&seen).ok()?.findings.into_iter().next()
    }

    fn code(answer: Answer) -> Option<&'static str> {
        found(answer).map(|finding| finding.code)
    }

    fn message(content: &[u8]) -> String {
        let finding = found(answer(content)).unwrap();
        finding.message.en.into_owned()
    }

    #[test]
    fn text_passes_whatever_it_says() {
        assert_eq!(code(answer("docker-compose up --scale back-end=2\n")), None);
        assert_eq!(code(answer("“é”")), None);
    }

    #[test]
    fn no_file_is_missing() {
        let elsewhere = Vec::new();
        assert_eq!(code(Answer::Missing { elsewhere }), Some("answer-missing"));
    }

    #[test]
    fn a_file_of_that_name_in_another_folder_is_elsewhere() {
        let elsewhere = vec!["2-api-servers.txt".to_owned()];
        assert_eq!(
            code(Answer::Missing { elsewhere }),
            Some("answer-elsewhere")
        );
    }

    #[test]
    fn a_pipe_is_not_regular() {
        let kind = FileKind::Fifo;
        assert_eq!(
            code(Answer::NotRegular { kind }),
            Some("answer-not-regular")
        );
    }

    #[test]
    fn a_gigabyte_is_too_large() {
        let bytes = 1 << 30;
        assert_eq!(code(Answer::TooLarge { bytes }), Some("answer-too-large"));
    }

    #[test]
    fn nothing_but_white_space_is_empty() {
        assert_eq!(code(answer("")), Some("answer-empty"));
        assert_eq!(code(answer(" \r\n\t\n")), Some("answer-empty"));
        assert_eq!(code(answer("\u{feff}\n")), Some("answer-empty"));
    }

    #[test]
    fn white_space_is_told_from_no_byte_at_all() {
        assert_eq!(message(b""), "the file is empty");
        assert_eq!(message(b"\n"), "the file has nothing but white space in it");
    }

    #[test]
    fn two_bytes_a_letter_is_utf16() {
        assert_eq!(code(answer(b"\xff\xfed\0o\0")), Some("answer-utf16"));
        assert_eq!(code(answer(b"\xfe\xff\0d\0o")), Some("answer-utf16"));
        assert_eq!(code(answer(b"d\0o\0c\0")), Some("answer-utf16"));
        assert_eq!(code(answer(b"\0d\0o\0c")), Some("answer-utf16"));
    }

    #[test]
    fn bytes_that_are_no_text_are_found() {
        assert_eq!(code(answer(b"docker\0compose")), Some("answer-not-text"));
        assert_eq!(code(answer(b"caf\xe9")), Some("answer-not-text"));
        assert!(message(b"docker\0compose").ends_with("byte 7 of the file"));
        assert!(message(b"caf\xe9").ends_with("byte 4 of the file"));
    }
}
