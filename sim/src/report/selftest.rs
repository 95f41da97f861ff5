//! A self-test as a table for people, as one to paste, and as JSON.

use std::fmt::Write as _;

use serde_json::json;

use super::human::grouped;
use super::{BAD, FAINT, GOOD, HEAD, paint};
use crate::record::{Selftested, Tested, Tried};

/// For people; each mistake with what is wrong.
pub fn human(selftested: &Selftested) -> String {
    let Selftested { roots, trials, .. } = *selftested;
    let mut text = format!(
        "{}\n  each is looked for in {} trials from each of {roots} seeds, and so is its sound \
         counterpart\n\n",
        paint(HEAD, "what is wrong on purpose"),
        grouped(trials),
    );
    let head = format!(
        "{:<23}{:<25}{:<10}{:>8}{:>8}{:>8}",
        "mistake", "found by", "strategy", "found", "median", "alarms"
    );
    let _ = writeln!(text, "  {}", paint(FAINT, &head));
    for (row, tried) in cells(selftested) {
        let is_met = tried.found.len() as u64 == roots && tried.alarms == 0;
        let found = format!("{:>8}", format!("{}/{roots}", tried.found.len()));
        let _ = writeln!(
            text,
            "  {:<23}{:<25}{:<10}{}{:>8}{:>8}",
            row.name,
            row.oracle.name(),
            tried.strategy,
            paint(if is_met { GOOD } else { BAD }, &found),
            median(tried, selftested),
            tried.alarms,
        );
        let _ = writeln!(text, "    {}", paint(FAINT, row.wrong));
    }
    let _ = writeln!(
        text,
        "\n  {}\n  median: so many trials were enough from half of the seeds\n  alarms: from so \
         many seeds the sound counterpart was blamed, too\n  determinism: two runs of a trial \
         differed, and the first event that is not the same was named",
        if selftested.is_met() {
            paint(GOOD, "all found, and no false alarm")
        } else {
            paint(BAD, "not everything was found, or there were false alarms")
        },
    );
    text
}

/// To paste.
pub fn markdown(selftested: &Selftested) -> String {
    let roots = selftested.roots;
    let mut text = String::from(
        "| mistake | what is wrong | found by | strategy | found | median | alarms |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (row, tried) in cells(selftested) {
        let _ = writeln!(
            text,
            "| `{}` | {} | `{}` | `{}` | {}/{roots} | {} | {} |",
            row.name,
            row.wrong,
            row.oracle.name(),
            tried.strategy,
            tried.found.len(),
            median(tried, selftested),
            tried.alarms,
        );
    }
    text
}

/// One object a line, for each mistake and strategy.
pub fn json(selftested: &Selftested) -> String {
    let mut text = String::new();
    for (row, tried) in cells(selftested) {
        let object = json!({
            "mistake": row.name,
            "wrong": row.wrong,
            "found_by": row.oracle.name(),
            "strategy": tried.strategy,
            "seeds": selftested.roots,
            "trials": selftested.trials,
            "found": tried.found.len(),
            "median": tried.median(selftested.roots),
            "alarms": tried.alarms,
        });
        let _ = writeln!(text, "{object}");
    }
    text
}

fn cells(selftested: &Selftested) -> impl Iterator<Item = (&Tested, &Tried)> {
    selftested.rows.iter().flat_map(|row| row.tried.iter().map(move |tried| (row, tried)))
}

fn median(tried: &Tried, selftested: &Selftested) -> String {
    match tried.median(selftested.roots) {
        Some(trial) => grouped(trial),
        None => format!("> {}", grouped(selftested.trials)),
    }
}
