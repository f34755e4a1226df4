//! Result table: a line for each case, columns for each condition.

use std::time::Duration;

use super::condition::Condition;
use super::graded::Graded;
use crate::median::median;

/// Returns the table. A line has a case's name, its expected results and, for each condition, the number of runs, the
/// number of wrong and of missing verdicts, and the median of the durations in seconds. The last two lines are sums.
pub fn table(cases: &[(&str, String)], graded: &[Graded]) -> String {
    let all: Vec<&Graded> = graded.iter().collect();
    let mut lines = vec![
        line("", "", |condition| format!("{:>24}", condition.name())),
        line("case", "comes out", |_| {
            format!("{:>7}{:>6}{:>5}{:>6}", "runs", "wrong", "n.g.", "s")
        }),
    ];
    lines.extend(cases.iter().map(|(name, comes_out)| {
        let mut of_it = all.clone();
        of_it.retain(|one| one.case == *name);
        line(name, comes_out, |condition| columns(&of_it, condition))
    }));
    lines.push(line("all", "", |condition| columns(&all, condition)));
    lines.push(format!(
        "{} runs, {} wrong verdicts, {} not graded (n.g.)",
        all.len(),
        count(&all, Graded::is_wrong),
        count(&all, Graded::is_not_graded)
    ));
    lines.join("\n")
}

fn line(name: &str, comes_out: &str, columns: impl Fn(Condition) -> String) -> String {
    let columns: String = Condition::ALL.into_iter().map(columns).collect();
    format!("{name:34}{comes_out:36}{columns}")
}

fn columns(graded: &[&Graded], condition: Condition) -> String {
    let mut of_it = graded.to_vec();
    of_it.retain(|one| one.condition == condition);
    let took: Vec<Duration> = of_it.iter().map(|one| one.took).collect();
    format!(
        "{:>7}{:>6}{:>5}{:>6.1}",
        of_it.len(),
        count(&of_it, Graded::is_wrong),
        count(&of_it, Graded::is_not_graded),
        median(took).as_secs_f64()
    )
}

fn count(graded: &[&Graded], is: fn(&Graded) -> bool) -> usize {
    graded.iter().filter(|one| is(one)).count()
}

#[cfg(test)]
mod tests {
    use super::super::graded::Verdict;
    use super::*;

    fn graded(case: &str, condition: Condition, verdict: Verdict, seconds: u64) -> Graded {
        Graded {
            case: case.to_owned(),
            condition,
            verdict,
            took: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn each_run_counts_for_its_case_and_its_condition() {
        let cases = [
            ("correct", "full marks".to_owned()),
            ("random", "random".to_owned()),
        ];
        let wrong = Verdict::Wrong("score 100".to_owned());
        let not_graded = Verdict::NotGraded("time".to_owned());
        let table = table(
            &cases,
            &[
                graded("correct", Condition::Idle, Verdict::Right, 5),
                graded("correct", Condition::Idle, Verdict::Right, 9),
                graded("correct", Condition::Idle, Verdict::Right, 6),
                graded("random", Condition::Busy, wrong, 7),
                graded("random", Condition::Starved, not_graded, 40),
            ],
        );
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = table.lines().map(words).collect();
        assert_eq!(
            lines,
            [
                "busy idle starved",
                "case comes out runs wrong n.g. s runs wrong n.g. s runs wrong n.g. s",
                "correct full marks 0 0 0 0.0 3 0 0 6.0 0 0 0 0.0",
                "random random 1 1 0 7.0 0 0 0 0.0 1 0 1 40.0",
                "all 1 1 0 7.0 3 0 0 6.0 1 0 1 40.0",
                "5 runs, 1 wrong verdicts, 1 not graded (n.g.)",
            ]
        );
    }
}
