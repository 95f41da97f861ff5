//! An explanation as Markdown, for a ticket.

use std::fmt::Write as _;

use super::guards::{found, worse_than_none};
use super::{capital, moment, nearest, orders, race, story};
use crate::record::{Explained, Outcome};
use crate::report::human::titled;
use crate::report::statistics::{percent, rate};
use crate::report::{mermaid, words};

/// At most this many guards are listed.
const GUARDS_MAX: usize = 8;

/// Returns the text. `again` is the line that replays the trial.
pub fn markdown(explained: &Explained, again: &str) -> String {
    let title = titled(&explained.scenario, &explained.invocation);
    let property = explained.way.fingerprint.property.name();
    let said = words::violation(&explained.violation, &explained.trial);
    let sentence = race::race(explained).unwrap_or(said);
    let mut text = format!("## {}: {property}\n\n", escaped(&title));
    let _ = writeln!(text, "{}\n\n```console\n{again}\n```\n", escaped(&capital(&sentence)));
    let diagram = mermaid::sequence(&explained.trial, &explained.violation);
    let _ = writeln!(text, "```mermaid\n{diagram}```\n\n### The story\n");
    for step in story::sentences(explained) {
        let _ = writeln!(text, "1. {} s: {}", step.at, escaped(&step.said));
    }
    for (heading, said) in [
        ("Why here and not elsewhere", orders(explained)),
        ("When it became inevitable", moment(explained)),
        ("The nearest schedule without it", nearest(explained)),
    ] {
        let _ = writeln!(text, "\n### {heading}\n\n{}", escaped(&said));
    }
    text.push_str("\n### What removes it\n\n");
    let _ = writeln!(text, "| guard | fails like this | {property} | breaks more often |");
    text.push_str("| --- | --: | --: | --- |\n");
    let mut rows: Vec<_> = explained
        .guards
        .rows
        .iter()
        .filter_map(|row| match &row.outcome {
            Outcome::Played(played) => Some((row, played, found(explained, played))),
            Outcome::NotApplicable(_) => None,
        })
        .collect();
    rows.sort_by_key(|(row, _, alike)| (row.guard == "none", *alike));
    for (row, played, alike) in rows.into_iter().take(GUARDS_MAX) {
        let trials = played.summary.trials;
        let broken = played.summary.violated(explained.way.fingerprint.property).trials;
        let [alike, broken] = [alike, broken].map(|seen| percent(rate(seen, trials).rate));
        let worse = worse_than_none(explained, played).join(", ");
        let _ = writeln!(text, "| `{}` | {alike} | {broken} | {worse} |", row.guard);
    }
    text
}

/// Escapes what means something in Markdown. Names and texts are somebody's input.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '!') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
