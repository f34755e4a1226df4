//! The checks of task 6, *Scale Horizontally*, one file a check.

mod answer_command;
mod answer_file;
mod answer_newline;
mod api_answers;
mod back_end_private;
mod can_scale;
mod compose_file;
mod compose_safe;
mod configuration;
mod front_page;
mod images_build;
mod round_robin;
mod scales_further;
mod stack_runs;

use crate::model::{Check, Text};
use crate::observation::Observation;

pub use round_robin::choice_is_open;

/// A check's title, with the number of replicas and the service that a rubric asks for.
pub fn title(check: &Check, seen: &Observation) -> Text {
    if check.id == scales_further::CHECK.id {
        return scales_further::title(seen.asked.replicas);
    }
    if check.id == compose_file::CHECK.id {
        return compose_file::title(seen.back_end());
    }
    if check.id == can_scale::CHECK.id {
        return can_scale::title(seen.back_end());
    }
    check.title.clone()
}

/// Every check of task 6, each behind those it comes after.
pub static TASK6: &[&Check] = &[
    &answer_file::CHECK,
    &answer_newline::CHECK,
    &answer_command::CHECK,
    &compose_file::CHECK,
    &compose_safe::CHECK,
    &can_scale::CHECK,
    &back_end_private::CHECK,
    &images_build::CHECK,
    &stack_runs::CHECK,
    &api_answers::CHECK,
    &round_robin::CHECK,
    &scales_further::CHECK,
    &front_page::CHECK,
];
