//! Coverage in words: which rule ended a sweep, how many schedules it has seen, and in which orders
//! conflicting operations occurred.

use std::fmt::Write as _;

use deadheat_model::history::{Cast, Operation};
use serde::Serialize;

use super::number::{grouped, plural};
use super::page::Detail;
use super::{FAINT, paint};
use crate::record::{Act, Checked, Distinct, Ended, Pair, Thing};

/// At most this many pairs are named in a report for people.
const NAMED: usize = 12;

/// Returns how a sweep ended and what it covered. Each line is indented.
pub(super) fn lines(checked: &Checked, detail: Detail) -> String {
    let (summary, coverage) = (&checked.summary, &checked.watched.coverage);
    let schedules = schedules(summary.schedules.distinct());
    let mut text = format!("  {}; {schedules}\n", ended(checked));
    if coverage.trials == 0 {
        return text;
    }
    let same = if checked.bugs.is_empty() { " with the same result" } else { "" };
    let _ = write!(text, "  {} replayed{same}", grouped(coverage.trials));
    let (both, one_way) = (coverage.both_ways(), coverage.one_way().count());
    let never = coverage.never_met().count();
    let _ = match both + one_way + never {
        0 => writeln!(text, "; no two operations conflict in them"),
        pairs => {
            let never = if never > 0 { format!(", {never} in none") } else { String::new() };
            let pairs = plural(pairs as u64, "pair conflicts", "pairs conflict");
            writeln!(text, "; {pairs}: {both} seen in both orders, {one_way} in one{never}")
        }
    };
    if detail == Detail::Verbose && one_way > 0 {
        let _ = writeln!(text, "  {}", paint(FAINT, "seen in one order only"));
        for (pair, orders) in coverage.one_way().take(NAMED) {
            let [first, second] = in_order(pair, orders.forth, &checked.cast);
            let thing = thing(pair.thing, &checked.cast);
            let _ = writeln!(text, "    {thing:<9} {first}, then {second}");
        }
        if one_way > NAMED {
            let _ = writeln!(text, "    … and {} more (`--format json` has all)", one_way - NAMED);
        }
    }
    text
}

fn ended(checked: &Checked) -> String {
    let trials = plural(checked.summary.trials, "trial", "trials");
    match checked.ended {
        Ended::Trials => format!("{trials}, as requested"),
        Ended::Time => format!("stopped after {trials}: time is up"),
        Ended::Findings => {
            let findings = plural(checked.summary.fingerprints(), "finding", "findings");
            format!("stopped after {trials}: {findings}")
        }
        Ended::Quiet => format!("stopped after {trials}: nothing new any more"),
        Ended::OutOfBudget => format!("stopped after {trials}: out of budget"),
        Ended::Interrupted => format!("interrupted after {trials}"),
        Ended::Bug => format!("stopped after {trials}: a bug"),
    }
}

fn schedules(distinct: Distinct) -> String {
    match distinct {
        Distinct::Exactly(count) => plural(count, "schedule", "different schedules"),
        Distinct::About(count) => format!("about {} different schedules", grouped(rounded(count))),
    }
}

/// Rounds a count to the number of digits that an estimate within three in a hundred has.
fn rounded(count: u64) -> u64 {
    let unit = 10_u64.pow(count.max(1).ilog10().saturating_sub(2));
    (count + unit / 2) / unit * unit
}

/// The coverage as an object.
#[derive(Serialize)]
pub(super) struct Object {
    /// How many trials were played a second time.
    played_twice: u64,
    schedules: u64,
    schedules_are_exact: bool,
    both_ways: usize,
    one_way: Vec<Order>,
    never: Vec<Both>,
}

/// A pair in the one order in which it occurred.
#[derive(Serialize)]
struct Order {
    thing: String,
    first: String,
    second: String,
}

/// A pair that never met.
#[derive(Serialize)]
struct Both {
    thing: String,
    one: String,
    other: String,
}

pub(super) fn object(checked: &Checked) -> Object {
    let (coverage, cast) = (&checked.watched.coverage, &checked.cast);
    let schedules = checked.summary.schedules.distinct();
    let one_way = coverage.one_way().map(|(pair, orders)| {
        let [first, second] = in_order(pair, orders.forth, cast);
        Order { thing: thing(pair.thing, cast), first, second }
    });
    let never = coverage.never_met().map(|pair| {
        let [one, other] = in_order(pair, true, cast);
        Both { thing: thing(pair.thing, cast), one, other }
    });
    Object {
        played_twice: coverage.trials,
        schedules: schedules.count(),
        schedules_are_exact: matches!(schedules, Distinct::Exactly(_)),
        both_ways: coverage.both_ways(),
        one_way: one_way.collect(),
        never: never.collect(),
    }
}

/// Returns the names of a pair's two acts, the earlier one first.
fn in_order(pair: Pair, is_forth: bool, cast: &Cast) -> [String; 2] {
    let is_alike = pair.one.role == pair.other.role;
    let (one, other) = if is_alike { ("", "a later ") } else { ("", "") };
    let (one, other) = (act(pair.one, one, cast), act(pair.other, other, cast));
    if is_forth { [one, other] } else { [other, one] }
}

/// Names an act: `create_run of generate`, `create_run of a later generate ends`.
fn act(act: Act, which: &str, cast: &Cast) -> String {
    let who = format!("{which}{}", act.role.name(cast));
    match (act.operation, act.moment_name()) {
        (Operation::Life, moment) => format!("{who} {}", moment.unwrap_or_default()),
        (operation, None) => format!("{operation} of {who}"),
        (operation, Some(moment)) => format!("{operation} of {who} {moment}"),
    }
}

fn thing(thing: Thing, cast: &Cast) -> String {
    match thing {
        Thing::Thread => "thread".to_owned(),
        Thing::Document => "document".to_owned(),
        Thing::Queue => "queue".to_owned(),
        Thing::Lock(text) => format!("lock {}", cast.locks[usize::from(text)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_three_digits() {
        for (count, shown) in [(0, 0), (999, 999), (8_765, 8_770), (123_456, 123_000)] {
            assert_eq!(rounded(count), shown);
        }
    }
}
