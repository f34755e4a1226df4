//! Paths of the submission that are mounted at the place of another kind of file.

use crate::model::{Finding, Mistake, Text};
use crate::observation::{Bind, BindKind, Observation};
use crate::task6::images_build::BACKSLASH;
use crate::wording::code;

pub(in crate::task6) static BIND_SOURCE_MISSING: Mistake = Mistake {
    code: "bind-source-missing",
    hint: Text::fixed(
        "the path in `volumes` counts from the compose file: compare it with the repository, letter by letter; is the file committed and pushed?",
        "le chemin dans `volumes` part du fichier compose : comparez-le avec le dépôt, à la lettre près ; le fichier est-il commité et poussé ?",
    ),
};

pub(in crate::task6) static BIND_OF_OTHER_KIND: Mistake = Mistake {
    code: "bind-of-other-kind",
    hint: Text::fixed(
        "in `volumes`, a file is mounted at the path of a file and a folder at that of a folder: write both sides alike",
        "dans `volumes`, un fichier se monte sur le chemin d’un fichier et un dossier sur celui d’un dossier : écrivez les deux côtés de même",
    ),
};

/// Error texts of the engine and of programs for a folder at the place of a file, or a file at that of a folder, in lower case.
const OTHER_KIND: [&str; 7] = [
    "not a directory",
    "is a directory",
    "isadirectoryerror",
    "cannot mkdir",
    "cannot overwrite",
    "file exists",
    "'__main__' module",
];

/// Returns the finding for a bind of a service that these lines name; `words` describe the effect.
pub(super) fn cause(
    seen: &Observation,
    service: &str,
    lines: &[&str],
    words: &Text,
) -> Option<Finding> {
    let own = || seen.binds.iter().filter(|bind| bind.service == service);
    lines.iter().rev().find_map(|line| {
        let bind = own().find(|bind| names(line, bind))?;
        let said = line.to_lowercase();
        match bind.kind {
            BindKind::Missing => Some(missing(bind, words)),
            BindKind::File | BindKind::Folder
                if OTHER_KIND.iter().any(|sign| said.contains(sign)) =>
            {
                Some(other_kind(bind, words))
            }
            BindKind::File | BindKind::Folder => None,
        }
    })
}

/// Returns the finding for a bind whose source does not exist.
pub(in crate::task6) fn missing(bind: &Bind, words: &Text) -> Finding {
    let (source, target) = (code(&bind.source), code(&bind.target));
    let finding = BIND_SOURCE_MISSING.finding(Text::new(
        format!(
            "{} because {source} is not in the repository: Docker makes an empty folder in its place, and mounts that at {target}",
            words.en
        ),
        format!(
            "{} car {source} n’est pas dans le dépôt : Docker crée un dossier vide à sa place, et le monte sur {target}",
            words.fr
        ),
    ));
    match bind.source.contains('\\') {
        true => finding.advising(BACKSLASH),
        false => finding,
    }
}

fn other_kind(bind: &Bind, words: &Text) -> Finding {
    let (source, target) = (code(&bind.source), code(&bind.target));
    let (en, fr) = match bind.kind {
        BindKind::File => (
            "is a file, and the image has a folder at",
            "est un fichier, et l’image a un dossier à l’emplacement",
        ),
        BindKind::Folder | BindKind::Missing => (
            "is a folder, and the image has a file at",
            "est un dossier, et l’image a un fichier à l’emplacement",
        ),
    };
    BIND_OF_OTHER_KIND.finding(Text::new(
        format!("{} because {source} {en} {target}", words.en),
        format!("{} car {source} {fr} {target}", words.fr),
    ))
}

/// Returns whether a line names the path of a bind in the container, or a path below it.
fn names(line: &str, bind: &Bind) -> bool {
    let target = bind.target.trim_start_matches('/');
    line.match_indices(target).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let behind = line[start + target.len()..].chars().next();
        let ends = |character: char| !(character.is_alphanumeric() || "._-".contains(character));
        before.is_none_or(|character| character == '/' || ends(character))
            && behind.is_none_or(ends)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::correct;

    fn found(kind: BindKind, target: &str, line: &str) -> Option<&'static str> {
        let seen = Observation {
            binds: vec![Bind {
                service: "proxy".to_owned(),
                source: "task6/proxy/default.conf".to_owned(),
                target: target.to_owned(),
                kind,
            }],
            ..correct()
        };
        let words = Text::fixed("x ended", "x s’est arrêté,");
        let finding = cause(&seen, "proxy", &[line], &words)?;
        assert_eq!(cause(&seen, "back-end", &[line], &words), None);
        Some(finding.code)
    }

    #[test]
    fn a_backslash_in_a_source_is_advised_on() {
        let hint = |source: &str| {
            let bind = Bind {
                service: "proxy".to_owned(),
                source: source.to_owned(),
                target: "/etc/nginx/conf.d/default.conf".to_owned(),
                kind: BindKind::Missing,
            };
            missing(&bind, &Text::fixed("x ended", "x s’est arrêté,")).hint
        };
        assert_eq!(hint("task6/.\\proxy\\default.conf"), BACKSLASH);
        assert_eq!(hint("task6/proxy/default.conf"), BIND_SOURCE_MISSING.hint);
    }

    #[test]
    fn a_bind_is_known_by_its_place_in_the_container() {
        let file = "/etc/nginx/conf.d/default.conf";
        let mounting = format!(
            "error mounting \"/x\" to rootfs at \"{file}\": mount /x:{file}: not a directory: unknown"
        );
        let missing = Some("bind-source-missing");
        assert_eq!(found(BindKind::Missing, file, &mounting), missing);
        assert_eq!(
            found(BindKind::Folder, file, &mounting),
            Some("bind-of-other-kind")
        );
        let reading = format!("[crit] pread() \"{file}\" failed (21: Is a directory)");
        assert_eq!(found(BindKind::Missing, file, &reading), missing);
        let script = "python3: can't open file '/app/api.py': [Errno 2] No such file or directory";
        assert_eq!(found(BindKind::Missing, "/app", script), missing);
        assert_eq!(found(BindKind::Folder, "/app", script), None);
        assert_eq!(found(BindKind::Missing, "/app/api", script), None);
    }
}
