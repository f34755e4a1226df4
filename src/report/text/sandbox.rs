use softy_checks::model::Text;
use softy_checks::observation::Sandbox;

use super::super::visible::visible;
use super::bases;
use super::finding::MESSAGE;
use super::page::Page;

/// Returns the environment of the stack, and each guarantee of the sandbox that was not met.
pub(super) fn lines(page: &Page, sandbox: &Sandbox) -> Vec<String> {
    let Sandbox {
        engine,
        driver,
        reach,
        egress: _,
        unenforced,
        refused_to_builds,
        base_images,
    } = sandbox;
    let ran = Text::new(
        format!("sandbox: engine {engine}, storage driver {driver}, reached by {reach}"),
        format!("bac à sable : moteur {engine}, pilote de stockage {driver}, accès par {reach}"),
    );
    let mut lines = page.wrap(0, &visible(page.say(&ran), MESSAGE));
    for gap in unenforced {
        let message = visible(page.say(&gap.message), MESSAGE);
        let code = visible(&gap.code, MESSAGE);
        lines.extend(page.item(&format!("{message} [{code}]")));
    }
    if !refused_to_builds.is_empty() {
        let hosts = refused_to_builds.join(", ");
        let refused = Text::new(
            format!("builds asked for what they may not reach: {hosts}"),
            format!("les constructions ont demandé ce qu’elles ne peuvent pas atteindre : {hosts}"),
        );
        lines.extend(page.item(&visible(page.say(&refused), MESSAGE)));
    }
    lines.extend(bases::all(page, base_images));
    lines
}
