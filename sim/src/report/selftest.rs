//! A self-test as a table for people, as a table to paste, and as JSON.

use std::fmt::Write as _;

use serde_json::json;

use super::number::grouped;
use super::stamp;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint};
use crate::record::{Selftested, Tested, Tried};

/// Renders the self-test for people. Each mistake is shown with what is wrong.
pub fn human(selftested: &Selftested) -> String {
    let Selftested { roots, trials, .. } = *selftested;
    let mut text = format!(
        "{}\n  trials until each is found: the median of {roots} seeds, at most {} trials each\n\n",
        paint(HEAD, "what is wrong on purpose"),
        grouped(trials),
    );
    let mut head = format!("{:<24}", "mistake");
    for strategy in strategies(selftested) {
        let _ = write!(head, "{strategy:>10}");
    }
    let _ = writeln!(text, "  {}", paint(FAINT, &head));
    for row in &selftested.rows {
        let _ = write!(text, "  {:<24}", row.name);
        for tried in &row.tried {
            let style = if tried.found.len() as u64 == tried.sequences { GOOD } else { BAD };
            let cell = format!("{:>11}", median(tried, selftested));
            let _ = write!(text, "{}", paint(style, &cell));
        }
        let told = format!("{}: {}", row.oracle.name(), row.wrong);
        let _ = writeln!(text, "\n    {}", paint(FAINT, &told));
        for Tried { strategy, sequences, found } in &row.tried {
            let found = found.len() as u64;
            if *sequences < roots {
                let what = format!("{strategy} was interrupted after {sequences} of {roots} seeds");
                let _ = writeln!(text, "    {} {what}", paint(WARN, "!"));
            }
            if found < *sequences {
                let what = format!("{strategy} found it from {found} of {sequences} seeds");
                let _ = writeln!(text, "    {} {what}", paint(BAD, "!"));
            }
        }
        if row.alarms > 0 {
            let what = format!("told of it from {} seeds where nothing is wrong", row.alarms);
            let _ = writeln!(text, "    {} {what}", paint(BAD, "!"));
        }
    }
    let found = format!("each was found from each of {roots} seeds, and nothing sound was blamed");
    let (begun, planned) = (selftested.rows.len(), selftested.planned);
    let interrupted = format!(
        "interrupted: {begun} of {planned} mistakes were looked for, and none of them was missed"
    );
    let verdict = if selftested.is_met() && selftested.is_interrupted {
        paint(WARN, &interrupted)
    } else if selftested.is_met() {
        paint(GOOD, &found)
    } else {
        paint(BAD, "not everything was found, or something sound was blamed")
    };
    let _ = writeln!(
        text,
        "\n  {verdict}\n  below each: the property that finds it, and what is wrong; what is sound \
         was played under walk alone\n  determinism: a second run differed, and the first event \
         that is not the same was named"
    );
    text
}

/// Renders the self-test as a table to paste.
pub fn markdown(selftested: &Selftested) -> String {
    let mut text = String::from("| mistake | what is wrong | told by |");
    let mut rule = String::from("| --- | --- | --- |");
    for strategy in strategies(selftested) {
        let _ = write!(text, " `{strategy}` |");
        rule.push_str(" ---: |");
    }
    let _ = write!(text, "\n{rule}\n");
    for row in &selftested.rows {
        let _ = write!(text, "| `{}` | {} | `{}` |", row.name, row.wrong, row.oracle.name());
        for tried in &row.tried {
            let (found, sequences) = (tried.found.len(), tried.sequences);
            let _ = write!(text, " {found}/{sequences} · {} |", median(tried, selftested));
        }
        // A mistake that is found regardless of the strategy has one column.
        let empty = strategies(selftested).len() - row.tried.len();
        let _ = writeln!(text, "{}", " |".repeat(empty));
    }
    text
}

/// Returns one object per line, for each mistake and strategy.
pub fn json(selftested: &Selftested) -> String {
    let mut text = String::new();
    for (row, tried) in cells(selftested) {
        let object = json!({
            "mistake": row.name,
            "wrong": row.wrong,
            "found_by": row.oracle.name(),
            "strategy": tried.strategy,
            "seeds": tried.sequences,
            "trials": selftested.trials,
            "found": tried.found.len(),
            "median": tried.median(),
            "alarms": row.alarms,
        });
        let _ = writeln!(text, "{}", stamp::object("mistake", &object));
    }
    text
}

fn cells(selftested: &Selftested) -> impl Iterator<Item = (&Tested, &Tried)> {
    selftested.rows.iter().flat_map(|row| row.tried.iter().map(move |tried| (row, tried)))
}

/// Returns the strategies of the row that has the most strategies.
fn strategies(selftested: &Selftested) -> Vec<&str> {
    let rows = selftested.rows.iter().map(|row| row.tried.iter());
    let longest = rows.max_by_key(ExactSizeIterator::len).into_iter().flatten();
    longest.map(|tried| tried.strategy.as_str()).collect()
}

fn median(tried: &Tried, selftested: &Selftested) -> String {
    match tried.median() {
        Some(trial) => grouped(trial),
        None => format!("> {}", grouped(selftested.trials)),
    }
}
