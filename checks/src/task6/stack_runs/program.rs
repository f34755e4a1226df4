//! Causes of a program's exit, from its command and the last lines of its log.

use crate::model::{Finding, Mistake, Text};
use crate::observation::Container;
use crate::wording::code;

pub(super) static ONLY_PRINTS: Mistake = Mistake {
    code: "command-only-prints",
    hint: Text::fixed(
        "`echo` prints and ends; what starts the server? look at the last `CMD` of the Dockerfile, and at `command`",
        "`echo` affiche puis se termine ; qu’est-ce qui lance le serveur ? regardez le dernier `CMD` du Dockerfile, et `command`",
    ),
};

pub(super) static COMMAND_NOT_FOUND: Mistake = Mistake {
    code: "command-not-found",
    hint: Text::fixed(
        "is the program’s name spelt right, and does the image install it?",
        "le nom du programme est-il bien écrit, et l’image l’installe-t-elle ?",
    ),
};

pub(super) static SCRIPT_MISSING: Mistake = Mistake {
    code: "script-missing",
    hint: Text::fixed(
        "compare where `COPY` puts the file with where the command looks for it, and with `WORKDIR`",
        "comparez l’endroit où `COPY` met le fichier avec celui où la commande le cherche, et avec `WORKDIR`",
    ),
};

pub(super) static PYTHON_SYNTAX: Mistake = Mistake {
    code: "python-syntax-error",
    hint: Text::fixed(
        "look at that line and the one above: an indentation, a bracket, a colon or a quote",
        "regardez cette ligne et celle du dessus : une indentation, une parenthèse, un deux-points ou un guillemet",
    ),
};

pub(super) static PYTHON_MODULE_MISSING: Mistake = Mistake {
    code: "python-module-missing",
    hint: Text::fixed(
        "the image has what its Dockerfile installs and nothing of your own machine: which package brings that module?",
        "l’image contient ce que son Dockerfile installe, et rien de votre machine : quel paquet apporte ce module ?",
    ),
};

pub(in crate::task6) static PYTHON_ERROR: Mistake = Mistake {
    code: "python-error",
    hint: Text::fixed(
        "the last line of the traceback says what happened, the lines above it where",
        "la dernière ligne de la trace dit ce qui s’est passé, les lignes au-dessus disent où",
    ),
};

pub(super) static ADDRESS_IN_USE: Mistake = Mistake {
    code: "address-in-use",
    hint: Text::fixed(
        "inside one container, two programs want the same port: is a server started twice?",
        "dans un même conteneur, deux programmes veulent le même port : un serveur est-il lancé deux fois ?",
    ),
};

/// Exit status of shells for a command that they do not find.
const NOT_FOUND: i64 = 127;

/// Returns the cause of a container's exit with this status, if it is certain.
pub(super) fn cause(container: &Container, name: &str, status: i64) -> Option<Finding> {
    if status == 0 {
        let command = printing(&container.command)?;
        return Some(ONLY_PRINTS.finding(only_prints(name, command)));
    }
    let log = &container.log;
    if let Some(line) = last(log, "address already in use") {
        return Some(ADDRESS_IN_USE.finding(quoted(
            name,
            line,
            "a port is taken already",
            "un port est déjà pris",
        )));
    }
    if let Some(line) = last(log, "can't open file") {
        return Some(SCRIPT_MISSING.finding(quoted(
            name,
            line,
            "the script is not in the image",
            "le script n’est pas dans l’image",
        )));
    }
    if let Some(exception) = Exception::of(log) {
        return Some(exception.finding(name));
    }
    if status == NOT_FOUND
        && let Some(line) = last(log, "not found")
    {
        return Some(COMMAND_NOT_FOUND.finding(quoted(
            name,
            line,
            "a program is not in the image",
            "un programme n’est pas dans l’image",
        )));
    }
    None
}

/// Returns place and message of a log's last Python exception, as text to append to a message.
pub(in crate::task6) fn raised(log: &[String]) -> Option<Text> {
    let exception = Exception::of(log)?;
    Some(exception.words(String::new(), String::new()))
}

/// Returns the finding for a command that the image does not have, from the engine's error message.
pub(super) fn not_found(name: &str, error: &str) -> Option<Finding> {
    const SIGNS: [&str; 2] = ["executable file not found", "no such file or directory"];
    let is_missing = SIGNS.iter().any(|sign| error.contains(sign));
    let program = error
        .split("exec: \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())?;
    let program = code(program);
    is_missing.then(|| {
        COMMAND_NOT_FOUND.finding(Text::new(
            format!("{name} could not be started: its image has no program {program}"),
            format!("{name} n’a pas pu être démarré : son image n’a pas de programme {program}"),
        ))
    })
}

/// Returns the command of a container, if it only prints words.
fn printing(command: &[String]) -> Option<&str> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        [shell, "-c", script] if shell.ends_with("sh") => {
            let chained = [';', '&', '|', '\n']
                .iter()
                .any(|sign| script.contains(*sign));
            let echoes = script.split_whitespace().next() == Some("echo");
            (!chained && echoes).then_some(script)
        }
        ["echo" | "/bin/echo" | "/usr/bin/echo", ..] => Some("echo"),
        _ => None,
    }
}

fn only_prints(name: &str, command: &str) -> Text {
    let command = code(command);
    Text::new(
        format!("expected {name} to stay up, but its command {command} prints a line and ends"),
        format!(
            "{name} devait rester en marche ; sa commande {command} affiche une ligne et se termine"
        ),
    )
}

fn quoted(name: &str, line: &str, en: &str, fr: &str) -> Text {
    let line = code(line);
    Text::new(
        format!("{name} ended because {en}: {line}"),
        format!("{name} s’est arrêté, car {fr} : {line}"),
    )
}

/// Returns the last line with these words, which are in lower case, ignoring the case of the line.
fn last<'a>(log: &'a [String], words: &str) -> Option<&'a str> {
    log.iter()
        .rev()
        .map(String::as_str)
        .find(|line| line.to_lowercase().contains(words))
}

/// Exception that ended a Python program.
#[derive(Debug, PartialEq, Eq)]
struct Exception<'a> {
    /// Last line of the traceback.
    line: &'a str,
    /// File and line in the student's own program, as far as the log still has it.
    place: Option<(&'a str, u32)>,
}

impl<'a> Exception<'a> {
    /// Parses the last exception of a log: its line, after the frames that lead to it.
    fn of(log: &'a [String]) -> Option<Exception<'a>> {
        let index = log.iter().rposition(|line| is_exception(line))?;
        let frames: Vec<(&str, u32)> = log[..index].iter().filter_map(|line| frame(line)).collect();
        let own = frames.iter().rev().find(|(file, _)| is_own(file));
        let is_traced = log[..index]
            .iter()
            .any(|line| line.starts_with("Traceback (most recent call last)"));
        if frames.is_empty() && !is_traced {
            return None;
        }
        Some(Exception {
            line: &log[index],
            place: own.copied(),
        })
    }

    fn finding(&self, name: &str) -> Finding {
        let (kind, words) = self.line.split_once(": ").unwrap_or((self.line, ""));
        match kind {
            "SyntaxError" | "IndentationError" | "TabError" => PYTHON_SYNTAX.finding(self.words(
                format!("{name} ended because Python cannot read its program"),
                format!("{name} s’est arrêté parce que Python ne peut pas lire son programme"),
            )),
            "ModuleNotFoundError" => PYTHON_MODULE_MISSING.finding(self.words(
                format!(
                    "{name} ended because its image lacks the Python module {}",
                    code(module(words))
                ),
                format!(
                    "{name} s’est arrêté parce que son image n’a pas le module Python {}",
                    code(module(words))
                ),
            )),
            _ => PYTHON_ERROR.finding(self.words(
                format!("{name} ended with a Python error"),
                format!("{name} s’est arrêté sur une erreur Python"),
            )),
        }
    }

    /// Returns the facts, with the place and Python's own words.
    fn words(&self, en: String, fr: String) -> Text {
        let line = code(self.line);
        match self.place {
            Some((file, number)) => {
                let file = code(file);
                Text::new(
                    format!("{en}, at line {number} of {file}: {line}"),
                    format!("{fr}, à la ligne {number} de {file} : {line}"),
                )
            }
            None => Text::new(format!("{en}: {line}"), format!("{fr} : {line}")),
        }
    }
}

/// Returns the module's name in `No module named 'flask_cors'`.
fn module(words: &str) -> &str {
    words.split('\'').nth(1).unwrap_or(words)
}

/// Returns whether a line is the end of a traceback: it begins with the exception's name, followed by its message.
fn is_exception(line: &str) -> bool {
    const ENDINGS: [&str; 3] = ["Error", "Exception", "Exit"];
    let kind = line.split(':').next().unwrap_or_default();
    let is_name = |character: char| character.is_alphanumeric() || "._".contains(character);
    kind.chars().all(is_name) && ENDINGS.iter().any(|ending| kind.ends_with(ending))
}

/// Returns file and line of `  File "/app/api.py", line 12, in <module>`.
fn frame(line: &str) -> Option<(&str, u32)> {
    let (file, rest) = line
        .trim_start()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    let digits = rest
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    Some((file, digits.parse().ok()?))
}

/// Returns whether a file belongs to the submission, and not to Python or a package.
fn is_own(file: &str) -> bool {
    const OTHERS: [&str; 3] = ["/lib/python", "-packages/", "<frozen "];
    !OTHERS.iter().any(|sign| file.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::container;

    fn found(status: i64, command: &[&str], log: &[&str]) -> Option<Finding> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let container = Container {
            command: owned(command),
            log: owned(log),
            ..container("back-end", 1)
        };
        cause(&container, "`back-end` 1", status)
    }

    fn code_of(status: i64, command: &[&str], log: &[&str]) -> Option<&'static str> {
        found(status, command, log).map(|finding| finding.code)
    }

    #[test]
    fn a_command_that_only_prints_is_named() {
        for (command, shown) in [
            (&["echo", "Hello, World!"][..], "`echo`"),
            (&["/bin/echo", "Hello,", "World!"], "`echo`"),
            (&["/bin/sh", "-c", "echo Hello"], "`echo Hello`"),
        ] {
            let finding = found(0, command, &["Hello, World!"]).unwrap();
            assert_eq!(finding.code, "command-only-prints");
            let words = format!("its command {shown} prints a line");
            assert!(finding.message.en.contains(&words), "{shown}");
        }
    }

    #[test]
    fn a_command_that_does_more_than_print_is_not() {
        for command in [
            &["nginx"][..],
            &["/bin/sh", "-c", "echo ready; exec nginx"],
            &["/bin/sh", "-c", "python3 api.py"],
            &["python3", "-c", "echo = 1"],
        ] {
            assert_eq!(code_of(0, command, &["ready"]), None, "{command:?}");
        }
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let log = [
            "  File \"/app/api.py\", line 12",
            "    def hello()",
            "               ^",
            "SyntaxError: expected ':'",
        ];
        let finding = found(1, &[], &log).unwrap();
        assert_eq!(finding.code, "python-syntax-error");
        assert!(
            finding
                .message
                .en
                .contains("line 12 of `/app/api.py`: `SyntaxError: expected ':'`")
        );
    }

    #[test]
    fn a_missing_module_is_named_with_the_program_s_own_line() {
        let log = [
            "Traceback (most recent call last):",
            "  File \"/app/api.py\", line 2, in <module>",
            "    from flask_cors import CORS",
            "ModuleNotFoundError: No module named 'flask_cors'",
        ];
        let finding = found(1, &[], &log).unwrap();
        assert_eq!(finding.code, "python-module-missing");
        assert!(
            finding
                .message
                .fr
                .contains("module Python `flask_cors`, à la ligne 2")
        );
    }

    #[test]
    fn of_another_exception_the_frame_in_the_program_counts() {
        let log = [
            "Traceback (most recent call last):",
            "  File \"/app/api.py\", line 9, in <module>",
            "    app.run(port='x')",
            "  File \"/usr/lib/python3/dist-packages/flask/app.py\", line 900, in run",
            "    cli.show_server_banner()",
            "ValueError: port must be an integer",
        ];
        let finding = found(1, &[], &log).unwrap();
        assert_eq!(finding.code, "python-error");
        assert!(finding.message.en.contains("line 9 of `/app/api.py`"));
    }

    #[test]
    fn a_line_behind_an_exception_is_none() {
        for line in ["", "stopped: bye"] {
            let log = [
                "Traceback (most recent call last):",
                "  File \"/app/api.py\", line 3, in <module>",
                "KeyError: 'PORT'",
                line,
            ];
            let finding = found(1, &[], &log).unwrap();
            assert!(finding.message.en.ends_with("`KeyError: 'PORT'`"), "{line}");
        }
    }

    #[test]
    fn words_that_only_look_like_an_exception_are_not() {
        assert_eq!(code_of(1, &[], &["Error: cannot connect"]), None);
        assert_eq!(code_of(1, &[], &["npm ERR! code 1"]), None);
        assert_eq!(
            code_of(
                0,
                &[],
                &["Traceback (most recent call last):", "KeyError: 'a'"]
            ),
            None
        );
    }

    #[test]
    fn what_is_not_in_the_image_is_named() {
        let script =
            ["python3: can't open file '/app/app.py': [Errno 2] No such file or directory"];
        assert_eq!(code_of(2, &[], &script), Some("script-missing"));
        let program = ["/bin/sh: 1: flask: not found"];
        assert_eq!(code_of(127, &[], &program), Some("command-not-found"));
        assert_eq!(code_of(1, &[], &program), None);
        let error = "exec: \"gunicorn\": executable file not found in $PATH: unknown";
        let finding = not_found("`back-end` 1", error).unwrap();
        assert!(finding.message.en.contains("no program `gunicorn`"));
        for error in [
            "Address already in use",
            "exec: \"/app/run.sh\": permission denied: unknown",
        ] {
            assert_eq!(not_found("`back-end` 1", error), None, "{error}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_named() {
        let log = [
            "Address already in use",
            "Port 5252 is in use by another program.",
        ];
        assert_eq!(code_of(1, &[], &log), Some("address-in-use"));
    }
}
