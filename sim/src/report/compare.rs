//! A comparison of guards: as a table for people, in Markdown, as CSV and as JSON. Also the grid of
//! one property over a parameter's values.

mod csv;
mod grid;
mod human;
mod json;
mod markdown;

pub use self::csv::{csv, csv_head};
pub use self::grid::{first_broken, grid, grid_footer, grid_markdown};
pub use self::human::{compared, footer};
pub(super) use self::json::cost;
pub use self::json::json;
pub use self::markdown::markdown;

use deadheat_model::property::PropertyId;

use super::human::titled;
use super::statistics::{percent, rate};
use super::words::replay_line;
use super::{BAD, GOOD, WARN, paint};
use crate::record::{Bill, Compared, Invocation, Played, Row};
use std::fmt::Write as _;

/// The reason why a row has no figures.
const NOT_APPLICABLE: &str = "n/a";

/// The headings of the cost columns.
const COSTS: [&str; 6] = ["done: median", "done: 95 %", "calls", "runs", "wasted", "context lost"];

/// Returns the properties that break under at least one guard.
pub(super) fn broken(compared: &Compared) -> Vec<PropertyId> {
    let breaks = |row: &Row, property| {
        row.played().is_some_and(|played| played.summary.violated(property).trials > 0)
    };
    PropertyId::ALL
        .into_iter()
        .filter(|property| compared.rows.iter().any(|row| breaks(row, *property)))
        .collect()
}

/// Formats a rate with its interval: `71.2 % ±2.8`; `0 % <0.30`; `100 % >99.7`.
fn share(property: PropertyId, played: &Played) -> String {
    let (seen, trials) = (played.summary.violated(property).trials, played.summary.trials);
    if trials == 0 {
        return "-".to_owned();
    }
    let rate = rate(seen, trials);
    let number = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    if seen == 0 {
        return format!("0 % <{}", number(rate.high));
    }
    if seen == trials {
        return format!("100 % >{}", number(rate.low));
    }
    let shown = percent(rate.rate);
    let decimals = number(rate.rate).split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let margin = (rate.high - rate.rate).max(rate.rate - rate.low) * 100.0;
    format!("{shown} ±{margin:.decimals$}")
}

/// Returns the row's name, with a mark if the row has a footnote.
fn name(row: &Row, compared: &Compared) -> String {
    let mut name = row.guard.clone();
    if row.played().is_some_and(|played| !footnotes(played, compared).is_empty()) {
        name.push_str(" *");
    }
    name
}

/// Returns what a row costs, column by column.
fn costs(played: &Played) -> [String; COSTS.len()] {
    let Bill { done_ms_median, done_ms_p95, calls, runs, wasted_runs, context_lost } = played.bill;
    let trials = played.summary.trials;
    if trials == 0 {
        return [(); COSTS.len()].map(|()| "-".to_owned());
    }
    let mean = |sum: u64, decimals: usize| format!("{:.decimals$}", sum as f64 / trials as f64);
    [
        time(done_ms_median),
        time(done_ms_p95),
        mean(calls, 1),
        mean(runs, 2),
        mean(wasted_runs, 2),
        mean(context_lost, 2),
    ]
}

/// Formats a time: `340 ms`, `12.3 s`, `12.3 min`, `never`.
pub(super) fn time(ms: Option<u32>) -> String {
    match ms {
        None => "never".to_owned(),
        Some(ms) if ms < 1_000 => format!("{ms} ms"),
        Some(ms) if ms < 600_000 => format!("{:.1} s", f64::from(ms) / 1e3),
        Some(ms) => format!("{:.1} min", f64::from(ms) / 6e4),
    }
}

/// Returns what a reader must know about a row besides its figures.
pub(super) fn footnotes(played: &Played, compared: &Compared) -> Vec<String> {
    let mut notes = Vec::new();
    let (summary, planned) = (&played.summary, compared.trials);
    let count = |trials| super::number::plural(trials, "trial", "trials");
    if summary.out_of_budget.trials > 0 {
        let trials = count(summary.out_of_budget.trials);
        notes.push(format!("{trials} out of budget: there, it counts as never done"));
    }
    match &played.bug {
        Some(bug) => notes.push(format!("this program failed at seed {}: {}", bug.seed, bug.what)),
        None if summary.trials < planned => {
            notes.push(format!("interrupted after {}", count(summary.trials)));
        }
        None => {}
    }
    notes
}

/// Writes the footnotes of all rows, one line each.
fn write_footnotes(text: &mut String, compared: &Compared) {
    let (begun, planned) = (compared.rows.len(), compared.guards);
    if begun < planned {
        let _ = writeln!(text, "  * interrupted: {begun} of {planned} guards were compared");
    }
    for row in &compared.rows {
        let Some(played) = row.played() else { continue };
        for note in footnotes(played, compared) {
            let _ = writeln!(text, "  * {}: {note}", row.guard);
        }
        if let Some(bug) = &played.bug {
            let line = line_to_paste(compared, &row.guard, bug.seed);
            let _ = writeln!(text, "    {} please report it, with: {line}", paint(BAD, "bug"));
        }
    }
}

/// Returns the line that plays one trial of a row again.
fn line_to_paste(compared: &Compared, guard: &str, seed: u64) -> String {
    let guards = (guard != "none").then(|| guard.to_owned());
    replay_line(&Invocation { guards, ..compared.invocation.clone() }, seed, None)
}

/// Returns the scenario's name, with what was set.
fn heading(compared: &Compared) -> String {
    titled(&compared.scenario, &compared.invocation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_unit_that_fits() {
        assert_eq!(time(Some(340)), "340 ms");
        assert_eq!(time(Some(12_340)), "12.3 s");
        assert_eq!(time(Some(738_000)), "12.3 min");
        assert_eq!(time(None), "never");
    }
}
