//! Scripts that Linux cannot run as they are: with Windows line endings, or without the permission.

use crate::model::{Finding, Mistake, Text};
use crate::observation::Script;
use crate::wording::code;

pub(super) static SCRIPT_CRLF: Mistake = Mistake {
    code: "script-crlf",
    hint: Text::fixed(
        "on Linux a carriage return at the end of a line is a part of the command: save the file with the line ends `LF`, and let `* text eol=lf` in `.gitattributes` keep them",
        "sous Linux, un retour chariot en fin de ligne fait partie de la commande : enregistrez le fichier avec des fins de ligne `LF`, et laissez `* text eol=lf` dans `.gitattributes` les conserver",
    ),
};

pub(super) static SCRIPT_NOT_EXECUTABLE: Mistake = Mistake {
    code: "script-not-executable",
    hint: Text::fixed(
        "`git update-index --chmod=+x` followed by the file gives it the permission in the repository, also on Windows, and `RUN chmod +x` in the image",
        "`git update-index --chmod=+x` suivi du fichier lui donne la permission dans le dépôt, aussi sous Windows, et `RUN chmod +x` dans l’image",
    ),
};

/// Error texts for a script whose interpreter has a carriage return in its name, so that the kernel does not find it.
const NOT_FOUND: [&str; 4] = [
    "no such file or directory",
    "not found",
    "bad interpreter",
    "exec format error",
];

/// A carriage return, as programs print it.
const RETURN: [&str; 3] = ["\\r'", "\r", "^M"];

/// Returns the finding for the script that stopped a program, if the printed lines name it; `command` is the command that ran,
/// and `words` describe the effect.
pub(super) fn cause(
    scripts: &[Script],
    command: &[String],
    lines: &[&str],
    words: &Text,
) -> Option<Finding> {
    let lines = || lines.iter().rev();
    lines()
        .find_map(|line| {
            let mut named = scripts.iter().filter(|script| names(line, script.name()));
            named.find_map(|script| of_line(script, line, words))
        })
        .or_else(|| {
            let line = lines().find(|line| RETURN.iter().any(|sign| line.contains(sign)))?;
            let has_windows_lines = |script: &&Script| script.windows_line.is_some();
            let is_run = |script: &&Script| command.iter().any(|word| names(word, script.name()));
            let mut with = scripts.iter().filter(has_windows_lines);
            let script = with.clone().find(is_run).or_else(|| with.next())?;
            windows(script, line, words)
        })
}

/// Returns the finding for a script that a line names, if the line reports an error that the script explains.
fn of_line(script: &Script, line: &str, words: &Text) -> Option<Finding> {
    let said = line.to_lowercase();
    if said.contains("permission denied") {
        return (!script.is_executable).then(|| not_executable(script, line, words));
    }
    let is_not_found = NOT_FOUND.iter().any(|sign| said.contains(sign));
    if is_not_found || is_reported(line, script.name()) {
        return windows(script, line, words);
    }
    None
}

fn windows(script: &Script, line: &str, words: &Text) -> Option<Finding> {
    let number = script.windows_line?;
    let (path, line) = (code(&script.path), code(line));
    let finding = SCRIPT_CRLF.finding(Text::new(
        format!(
            "{} because {path} has Windows line ends (CRLF), from line {number} on: {line}",
            words.en
        ),
        format!(
            "{} car {path} a des fins de ligne Windows (CRLF), dès la ligne {number} : {line}",
            words.fr
        ),
    ));
    Some(finding)
}

fn not_executable(script: &Script, line: &str, words: &Text) -> Finding {
    let (path, line) = (code(&script.path), code(line));
    SCRIPT_NOT_EXECUTABLE.finding(Text::new(
        format!("{} because {path} may not be executed: {line}", words.en),
        format!(
            "{} car {path} n’a pas la permission d’être exécuté : {line}",
            words.fr
        ),
    ))
}

/// Returns whether a line contains a file's name, and not as a part of another name.
fn names(line: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "._-".contains(character);
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let behind = line[start + name.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

/// Returns whether a shell reports an error in that file: `start.sh: 2: …` or `start.sh: line 2: …`.
fn is_reported(line: &str, name: &str) -> bool {
    let mut behind = line.split(name).skip(1);
    behind.any(|rest| {
        let rest = rest.strip_prefix(": ").unwrap_or_default();
        let rest = rest.strip_prefix("line ").unwrap_or(rest);
        let number = rest.split(':').next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(path: &str, windows_line: Option<u32>, is_executable: bool) -> Script {
        Script {
            path: path.to_owned(),
            windows_line,
            is_executable,
        }
    }

    fn found(scripts: &[Script], command: &[&str], line: &str) -> Option<(&'static str, String)> {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let words = Text::fixed("x ended", "x s’est arrêté,");
        let finding = cause(scripts, &command, &[line, "bye"], &words)?;
        Some((finding.code, finding.message.en.into_owned()))
    }

    #[test]
    fn windows_line_ends_are_told_by_each_way_to_run_a_script() {
        let scripts = [script("task6/api/start.sh", Some(1), true)];
        for line in [
            "exec ./start.sh: no such file or directory",
            "exec: \"./start.sh\": no such file or directory: unknown",
            "/bin/sh: 1: ./start.sh: not found",
            "sh: ./start.sh: not found",
            "bash: line 1: ./start.sh: cannot execute: required file not found",
            "bash: ./start.sh: /bin/bash^M: bad interpreter: No such file or directory",
            "env: './start.sh': No such file or directory",
            "start.sh: 2: set: Illegal option -",
            "/app/start.sh: line 2: set: -\r: invalid option",
            "start.sh: 5: Syntax error: end of file unexpected (expecting \"then\")",
            "/usr/bin/env: 'bash\\r': No such file or directory",
            "m.sh: line 1: cd: $'/app\\r': No such file or directory",
            "python3: can't open file '/app/api.py\\r': [Errno 2] No such file or directory",
        ] {
            let (code, message) = found(&scripts, &["sh", "start.sh"], line).unwrap();
            assert_eq!(code, "script-crlf", "{line}");
            assert!(message.contains("`task6/api/start.sh`"), "{message}");
        }
        let unix = [script("task6/api/start.sh", None, true)];
        assert_eq!(found(&unix, &[], "/bin/sh: 1: ./start.sh: not found"), None);
        assert_eq!(
            found(&scripts, &[], "/bin/sh: 1: ./restart.sh: not found"),
            None
        );
        assert_eq!(found(&scripts, &[], "start.sh is ready"), None);
    }

    #[test]
    fn the_script_that_runs_is_meant_where_none_is_named() {
        let scripts = [
            script("task6/api/a.sh", Some(1), true),
            script("task6/api/run.py", Some(2), true),
        ];
        let line = "/usr/bin/env: 'python3\\r': No such file or directory";
        let (_, message) = found(&scripts, &["./run.py"], line).unwrap();
        assert!(message.contains("`task6/api/run.py`"), "{message}");
    }

    #[test]
    fn a_lost_permission_is_told_where_the_file_lacks_it() {
        for line in [
            "exec: \"./start.sh\": permission denied: unknown",
            "/bin/sh: 1: ./start.sh: Permission denied",
            "env: './start.sh': Permission denied",
        ] {
            let lost = [script("task6/api/start.sh", Some(1), false)];
            let (code, _) = found(&lost, &[], line).unwrap();
            assert_eq!(code, "script-not-executable", "{line}");
            let given = [script("task6/api/start.sh", Some(1), true)];
            assert_eq!(found(&given, &[], line), None, "{line}");
        }
    }
}
