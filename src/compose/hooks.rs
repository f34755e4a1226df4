//! `post_start`: commands run in a container once it has started.

use super::command::words;
use super::context::Context;
use super::environment::valued;
use super::project::Hook;
use super::yaml::Node;

/// The hooks of a service, in their order.
pub(super) fn post_start(service: &Node, path: &str, context: &mut Context) -> Vec<Hook> {
    check_commands(service, "pre_stop", path, context);
    check_commands(service, "post_start", path, context);
    let hooks = service
        .get("post_start")
        .map(Node::items)
        .unwrap_or_default();
    hooks.iter().map(|node| hook(node, context)).collect()
}

fn hook(node: &Node, context: &mut Context) -> Hook {
    Hook {
        command: words(node.get("command"), &mut context.findings).unwrap_or_default(),
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
