//! Pages of `docs/checks/`, embedded in the program.

use softy_checks::model::{Language, Text};

/// Page about a check.
struct Page {
    /// Check's id.
    id: &'static str,
    /// Text of the page in Markdown.
    text: Text,
}

/// Returns the page of the check with this id.
pub(super) fn page(id: &str, language: Language) -> Option<&'static str> {
    let page = PAGES.iter().find(|page| page.id == id)?;
    Some(page.text.to(language))
}

/// Returns the section of a page about this mistake, from its heading to the line before the next heading.
pub(super) fn section<'a>(page: &'a str, code: &str) -> Option<&'a str> {
    let start = page.find(&format!("\n## `{code}`\n"))? + 1;
    let rest = page.get(start..)?;
    let end = rest.find("\n\n## ").map_or(rest.len(), |end| end + 1);
    rest.get(..end)
}

/// Pages in the order of the checks.
static PAGES: &[Page] = &[
    Page {
        id: "answer-file",
        text: Text::fixed(
            include_str!("../../../docs/checks/answer-file.md"),
            include_str!("../../../docs/checks/answer-file.fr.md"),
        ),
    },
    Page {
        id: "answer-newline",
        text: Text::fixed(
            include_str!("../../../docs/checks/answer-newline.md"),
            include_str!("../../../docs/checks/answer-newline.fr.md"),
        ),
    },
    Page {
        id: "answer-command",
        text: Text::fixed(
            include_str!("../../../docs/checks/answer-command.md"),
            include_str!("../../../docs/checks/answer-command.fr.md"),
        ),
    },
    Page {
        id: "compose-file",
        text: Text::fixed(
            include_str!("../../../docs/checks/compose-file.md"),
            include_str!("../../../docs/checks/compose-file.fr.md"),
        ),
    },
    Page {
        id: "compose-safe",
        text: Text::fixed(
            include_str!("../../../docs/checks/compose-safe.md"),
            include_str!("../../../docs/checks/compose-safe.fr.md"),
        ),
    },
    Page {
        id: "can-scale",
        text: Text::fixed(
            include_str!("../../../docs/checks/can-scale.md"),
            include_str!("../../../docs/checks/can-scale.fr.md"),
        ),
    },
    Page {
        id: "back-end-private",
        text: Text::fixed(
            include_str!("../../../docs/checks/back-end-private.md"),
            include_str!("../../../docs/checks/back-end-private.fr.md"),
        ),
    },
    Page {
        id: "images-build",
        text: Text::fixed(
            include_str!("../../../docs/checks/images-build.md"),
            include_str!("../../../docs/checks/images-build.fr.md"),
        ),
    },
    Page {
        id: "stack-runs",
        text: Text::fixed(
            include_str!("../../../docs/checks/stack-runs.md"),
            include_str!("../../../docs/checks/stack-runs.fr.md"),
        ),
    },
    Page {
        id: "api-answers",
        text: Text::fixed(
            include_str!("../../../docs/checks/api-answers.md"),
            include_str!("../../../docs/checks/api-answers.fr.md"),
        ),
    },
    Page {
        id: "round-robin",
        text: Text::fixed(
            include_str!("../../../docs/checks/round-robin.md"),
            include_str!("../../../docs/checks/round-robin.fr.md"),
        ),
    },
    Page {
        id: "scales-further",
        text: Text::fixed(
            include_str!("../../../docs/checks/scales-further.md"),
            include_str!("../../../docs/checks/scales-further.fr.md"),
        ),
    },
    Page {
        id: "front-page",
        text: Text::fixed(
            include_str!("../../../docs/checks/front-page.md"),
            include_str!("../../../docs/checks/front-page.fr.md"),
        ),
    },
];
