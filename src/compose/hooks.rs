//! `post_start`: commands that run in a container after its start. `pre_start`: commands that run in containers of their own
//! before the service's first container starts.

use softy_checks::model::Text;

use super::command::words;
use super::context::Context;
use super::dangers::TOO_MANY_HOOKS;
use super::environment::valued;
use super::project::Hook;
use super::yaml::Node;

/// Maximum number of `pre_start` hooks of a service: each one is a container, possibly with an image of its own.
const MOST_BEFORE: usize = 8;

/// Returns the hooks that run after the service's start, in file order.
pub(super) fn post_start(service: &Node, path: &str, context: &mut Context) -> Vec<Hook> {
    check_commands(service, "pre_stop", path, context);
    hooks(service, "post_start", path, context)
}

/// Returns the hooks that run before the service's start, in file order.
pub(super) fn pre_start(service: &Node, path: &str, context: &mut Context) -> Vec<Hook> {
    let nodes = service.get("pre_start").map(Node::items);
    let nodes = nodes.unwrap_or_default();
    if let [_, ..] = nodes {
        context.findings.oddity(Text::fixed(
            "only Compose 5.3 and later knows `pre_start`: earlier releases refuse the file",
            "seul Compose 5.3 ou plus récent connaît `pre_start` : les versions précédentes refusent le fichier",
        ));
    }
    if let Some(node) = nodes.get(MOST_BEFORE) {
        let key = format!("{path}.pre_start");
        context.findings.refuse(&key, node.mark, &TOO_MANY_HOOKS);
    }
    for node in nodes.iter().filter(|node| node.flag("per_replica")) {
        let en = format!("Compose does not support `{path}.pre_start.per_replica`: leave it out");
        let fr =
            format!("Compose ne prend pas en charge `{path}.pre_start.per_replica` : retirez-la");
        context.invalid(node.mark, en, fr);
    }
    hooks(service, "pre_start", path, context)
}

fn hooks(service: &Node, key: &str, path: &str, context: &mut Context) -> Vec<Hook> {
    check_commands(service, key, path, context);
    let nodes = service.get(key).map(Node::items).unwrap_or_default();
    nodes.iter().map(|node| hook(node, context)).collect()
}

fn hook(node: &Node, context: &mut Context) -> Hook {
    Hook {
        command: words(node.get("command"), &mut context.findings).unwrap_or_default(),
        image: node.text("image"),
        user: node.text("user"),
        working_dir: node.text("working_dir"),
        environment: valued(node.get("environment"), context),
    }
}

/// Notes hooks without `command`.
fn check_commands(service: &Node, key: &str, path: &str, context: &mut Context) {
    for node in service.get(key).map(Node::items).unwrap_or_default() {
        if node.get("command").is_none() {
            let en = format!("an entry of `{path}.{key}` has no `command`");
            let fr = format!("une entrée de `{path}.{key}` n’a pas de `command`");
            context.invalid(node.mark, en, fr);
        }
    }
}
