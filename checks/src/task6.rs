//! The checks of task 6, *Scale Horizontally*, one check per file.

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
mod script;
mod stack_runs;

use crate::model::{Check, Text};
use crate::observation::Observation;

pub use round_robin::{choice_is_open, is_disturbed, is_hidden};

/// Returns a check's title, with the number of replicas and the service that a rubric asks for.
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

/// Every check of task 6, each after those that it depends on.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectations::Expectations;
    use crate::observation::correct::{correct, service, with_services};

    #[test]
    fn the_usual_titles_are_those_of_the_checks() {
        for check in TASK6 {
            assert_eq!(title(check, &correct()), check.title, "{}", check.id);
        }
    }

    #[test]
    fn titles_have_the_service_and_the_number_that_a_rubric_asks_for() {
        let seen = with_services(vec![service("api")]).asking(Expectations {
            services: vec!["api".to_owned()],
            replicas: 3,
            ..Expectations::default()
        });
        for (check, words) in [
            (&compose_file::CHECK, "has a service `api`"),
            (&can_scale::CHECK, "second container of `api`"),
            (&scales_further::CHECK, "between three API servers"),
        ] {
            assert!(title(check, &seen).en.contains(words), "{}", check.id);
        }
    }
}
