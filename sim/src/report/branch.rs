//! A branch of a trial for people, and as JSON.

use std::fmt::Write as _;

use serde_json::json as object;

use super::number::plural;
use super::statistics::{percent, rate};
use super::words::replay_line;
use super::{FAINT, HEAD, paint, stamp};
use crate::record::{Branch, Choice};

/// Renders the branch. `again` is the line that shows it.
pub fn human(branch: &Branch, again: &str) -> String {
    let cast = &branch.trial.history.cast;
    let title = format!("{}, seed {}", branch.trial.scenario, branch.trial.seed);
    let kept = plural(branch.kept as u64, "pick", "picks");
    let mut text = format!("{}  after {kept}, at {} s\n", paint(HEAD, &title), branch.at());
    let picks = branch.trial.schedule.iter().flat_map(|schedule| &schedule.picks);
    if let Some(last) = picks.take(branch.kept).last() {
        let _ = writeln!(text, "  the last one: {}", last.name.display(cast));
    }
    if branch.choices.is_empty() {
        text.push_str("  nothing is left to happen\n");
        return text;
    }
    let names: Vec<String> = branch.choices.iter().map(|one| one.name.display(cast)).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0).max(12);
    let breaks = format!("breaks {}", branch.property);
    let head = format!("{:<width$}  {:>19}  {breaks:>24}", "what can be next", "between (s)");
    let _ = writeln!(text, "\n  {}", paint(FAINT, &head));
    for (one, name) in branch.choices.iter().zip(&names) {
        let (from, to) = (one.earliest, one.latest);
        let between = if from == to { from.to_string() } else { format!("{from} to {to}") };
        let mark = if one.is_taken { "   <- here" } else { "" };
        let _ = writeln!(text, "  {name:<width$}  {between:>19}  {:>24}{mark}", share(one));
    }
    let _ = writeln!(text, "\n  take one and go on: {again} --pick NAME");
    text
}

fn share(one: &Choice) -> String {
    let (failing, trials) = (one.breaks.failing, one.breaks.trials);
    if trials == 0 {
        return "cannot be next".to_owned();
    }
    format!("{} of {trials}", percent(rate(failing, trials).rate))
}

/// Returns the line that shows a branch. `named` are the picks that were named.
pub fn line(branch: &Branch, until: usize, named: &[String]) -> String {
    let mut line = replay_line(&branch.invocation, branch.trial.seed, None);
    let _ = write!(line, " --until {until}");
    for name in named {
        let _ = write!(line, " --pick {}", super::words::quote(name));
    }
    line
}

/// Returns one object on one line.
pub fn json(branch: &Branch, again: &str) -> String {
    let cast = &branch.trial.history.cast;
    let choice = |one: &Choice| {
        let rate = rate(one.breaks.failing, one.breaks.trials);
        object!({
            "name": one.name.display(cast),
            "earliest_us": one.earliest.as_us(),
            "latest_us": one.latest.as_us(),
            "is_taken": one.is_taken,
            "failing": one.breaks.failing,
            "trials": one.breaks.trials,
            "low": rate.low,
            "high": rate.high,
        })
    };
    let object = object!({
        "scenario": branch.trial.scenario,
        "seed": branch.trial.seed,
        "picks_kept": branch.kept,
        "at_us": branch.at().as_us(),
        "property": branch.property,
        "choices": branch.choices.iter().map(choice).collect::<Vec<_>>(),
        "replay": again,
    });
    stamp::object("branch", &object)
}
