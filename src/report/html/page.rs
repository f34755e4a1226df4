//! Frame of the page, and its content security policy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use softy_checks::model::Language;

use super::words;

/// Placeholder of the submissions; no text can contain it, because all text is escaped.
pub(super) const CONTENT: &str = "<!--submissions-->";

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Returns a page with [`CONTENT`] in place of the submissions.
pub(super) fn page(language: Language, title: &str, overview: &Markup) -> String {
    let lang = match language {
        Language::English => "en",
        Language::French => "fr",
    };
    let page = html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) " · softy-check" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { (words::SKIP.to(language)) }
                header { h1 { (title) } }
                main id="content" tabindex="-1" {
                    (overview)
                    (PreEscaped(CONTENT))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// Returns the content security policy. It allows no request, and only this release's style sheet and script, by their hashes.
fn policy() -> String {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
