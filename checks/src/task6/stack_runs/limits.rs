//! Limits of the sandbox that a container has reached, by its log and by its number of processes.

use super::DISK_LIMIT;
use crate::model::{Finding, Note, Text};
use crate::observation::{Container, Stack};
use crate::wording::code;

/// Exit status of a program that the kernel kills for a file over the limit: 128 and the number of SIGXFSZ.
const FILE_TOO_LARGE: i64 = 153;

/// Error texts of programs and shells for such a file.
const OF_A_FILE: [&str; 2] = ["File too large", "File size limit exceeded"];

/// Error texts of programs to which the kernel gives no further process or thread; each is sufficient alone.
const OF_PROCESSES: [&str; 5] = [
    "can't start new thread",
    "fork: retry",
    "Cannot fork",
    "can't fork",
    "failed to create new OS thread",
];

/// Error text of the kernel for this case, which it also uses for others.
const NOT_NOW: &str = "Resource temporarily unavailable";

/// Words that occur in the same line in this case, or in one of the lines above it.
const STARTERS: [&str; 2] = ["fork", "thread"];

/// Number of lines in a traceback from the call to the error.
const CALL: usize = 4;

/// Returns the finding for a container that exited at the limit on the size of a file.
pub(super) fn file_too_large(container: &Container, name: &str, status: i64) -> Option<Finding> {
    let says_so = |line: &String| OF_A_FILE.iter().any(|words| line.contains(words));
    if status != FILE_TOO_LARGE && !(status != 0 && container.log.iter().any(says_so)) {
        return None;
    }
    Some(DISK_LIMIT.finding(Text::new(
        format!("{name} ended with exit status {status} because it wrote a larger file than the sandbox lets it"),
        format!("{name} s’est arrêté avec le code de sortie {status} : il écrivait un fichier plus grand que le bac à sable ne le permet"),
    )))
}

/// Returns a note on a container that has reached its limit on processes. The limit does not end the container, but may be the
/// reason why no program listens.
pub(super) fn note(stack: &Stack) -> Option<Note> {
    let mut containers = stack.containers.iter();
    containers.find_map(|container| {
        let name = stack.label(container);
        let message = match (container.all_processes, refusal(&container.log)) {
            (Some(limit), _) => Text::new(
                format!("{name} has all the {limit} processes that the sandbox gives it, and can start no other"),
                format!("{name} a les {limit} processus que le bac à sable lui accorde, et ne peut en démarrer aucun autre"),
            ),
            (None, Some(line)) => Text::new(
                format!("{name} asked for more processes or threads than the sandbox gives it: {}", code(line)),
                format!("{name} a demandé plus de processus ou de fils d’exécution que le bac à sable n’en donne : {}", code(line)),
            ),
            (None, None) => return None,
        };
        Some(Note {
            code: "process-limit",
            message,
        })
    })
}

/// Returns the last line of a log that reports a process or thread that could not be started.
fn refusal(log: &[String]) -> Option<&str> {
    let is_one = |index: usize, line: &String| {
        OF_PROCESSES.iter().any(|words| line.contains(words))
            || (line.contains(NOT_NOW) && starts_one(&log[index.saturating_sub(CALL)..=index]))
    };
    let mut lines = log.iter().enumerate().rev();
    let (_, line) = lines.find(|(index, line)| is_one(*index, line))?;
    Some(line)
}

fn starts_one(lines: &[String]) -> bool {
    let starts = |line: &String| STARTERS.iter().any(|word| line.contains(word));
    lines.iter().any(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::container;

    fn said(lines: &[&str]) -> Container {
        Container {
            log: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..container("back-end", 1)
        }
    }

    fn noted(container: Container) -> Option<&'static str> {
        let containers = vec![container];
        let stack = Stack {
            containers,
            proxy: None,
        };
        note(&stack).map(|note| note.code)
    }

    #[test]
    fn a_file_over_the_limit_is_told_by_the_status_or_the_words() {
        let code = |container: &Container, status| {
            file_too_large(container, "`a`", status).map(|finding| finding.code)
        };
        let silent = said(&[]);
        assert_eq!(code(&silent, 153), Some("disk-limit"));
        assert_eq!(code(&silent, 1), None);
        let python = said(&["OSError: [Errno 27] File too large"]);
        assert_eq!(code(&python, 1), Some("disk-limit"));
        assert_eq!(code(&python, 0), None);
    }

    #[test]
    fn a_process_that_cannot_be_started_is_noted() {
        let limit = Some("process-limit");
        assert_eq!(
            noted(said(&["RuntimeError: can't start new thread"])),
            limit
        );
        assert_eq!(noted(said(&["sh: 1: Cannot fork"])), limit);
        let traceback = [
            "    if os.fork() == 0:",
            "       ~~~~~~~^^",
            "BlockingIOError: [Errno 11] Resource temporarily unavailable",
        ];
        assert_eq!(noted(said(&traceback)), limit);
        let all_processes = Some(128);
        let full = Container {
            all_processes,
            ..said(&[])
        };
        assert_eq!(noted(full), limit);
    }

    #[test]
    fn a_socket_that_is_not_ready_is_not() {
        let line = "recv() failed (11: Resource temporarily unavailable)";
        assert_eq!(noted(said(&[line])), None);
        assert_eq!(noted(said(&[])), None);
    }
}
