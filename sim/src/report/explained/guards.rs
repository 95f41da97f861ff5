//! The guards that remove a violation. The guards that help most come first.

use std::fmt::Write as _;

use anstyle::Style;
use deadheat_model::property::PropertyId;

use super::{PARAGRAPH, UNKNOWN, heading, lines, paragraph_in};
use crate::record::{Count, Explained, Finding, Known, Played};
use crate::report::number::plural;
use crate::report::statistics::{Rate, percent, rate};
use crate::report::{BAD, FAINT, GOOD, HEAD, paint};

/// A guard that was played.
#[derive(Clone, Copy)]
struct Row<'a> {
    guard: &'a str,
    played: &'a Played,
    near: Option<Count>,
    /// Whether no order breaks the property.
    is_proved: bool,
}

impl Row<'_> {
    /// Returns how often it fails like this. The trials are those near the trial, if that was
    /// measured.
    fn alike(&self, explained: &Explained) -> Count {
        self.near.unwrap_or_else(|| Count {
            failing: found(explained, self.played),
            trials: self.played.summary.trials,
            skipped: 0,
        })
    }

    fn broken(&self, property: PropertyId) -> Count {
        let summary = &self.played.summary;
        let failing = summary.violated(property).trials;
        Count { failing, trials: summary.trials, skipped: 0 }
    }
}

/// Writes the guards, with the effect of each on the violation.
pub(super) fn write(text: &mut String, explained: &Explained) {
    heading(text, "Which guards help");
    if explained.known < Known::All {
        let (begun, planned) = (explained.guards.rows.len(), explained.guards.guards);
        let few = format!("It was ended when {begun} of {planned} guards had been tried.");
        paragraph_in(text, if begun == 0 { UNKNOWN } else { &few });
    }
    let property = explained.way.fingerprint.property;
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut not_applicable: Vec<&str> = Vec::new();
    for (place, row) in explained.guards.rows.iter().enumerate() {
        let near = explained.near.get(place).copied().flatten();
        match row.played() {
            Some(played) => {
                let is_proved = explained.never.get(place).copied().unwrap_or(false);
                rows.push(Row { guard: &row.guard, played, near, is_proved });
            }
            None => not_applicable.push(&row.guard),
        }
    }
    let Some(none) = rows.iter().copied().find(|row| row.guard == "none") else { return };
    let is_help = |row: &Row<'_>| {
        // The property has to break less often, counting all its ways of breaking.
        let [with, without] =
            [row, &none].map(|row| row.near.unwrap_or_else(|| row.broken(property)));
        rate(with.failing, with.trials).high < rate(without.failing, without.trials).low
    };
    rows.retain(|row| row.guard != "none");
    // Equal rows keep the program's own order.
    rows.sort_by_key(|row| (row.alike(explained).failing, row.broken(property).failing));
    let (helping, others): (Vec<Row<'_>>, Vec<Row<'_>>) = rows.into_iter().partition(is_help);
    if let Some(near) = none.near {
        let trials = plural(near.trials, "trial", "trials");
        let rare = format!(
            "This failure is rare, so \"near it\" counts {trials} that begin like this one, \
             with new times; the next column counts any breaking of {property}."
        );
        paragraph_in(text, &rare);
    }
    let first = if explained.near.is_empty() { "this failure" } else { "near it" };
    let head = format!("{:<23}{first:>12}{property:>23}   what it breaks more often", "guard");
    let _ = writeln!(text, "    {}", paint(FAINT, &head));
    for row in helping.iter().chain([&none]) {
        write_row(text, explained, row, &none);
    }
    let names: Vec<&str> = others.iter().map(|row| row.guard).collect();
    if helping.is_empty() {
        paragraph_in(text, "None of the guards removes it.");
    }
    for (lead, names) in [("no help", names), ("does not apply here", not_applicable)] {
        if names.is_empty() {
            continue;
        }
        for line in lines(&format!("{lead}: {}", names.join(", ")), PARAGRAPH) {
            let _ = writeln!(text, "    {}", paint(FAINT, &line));
        }
    }
}

fn write_row(text: &mut String, explained: &Explained, row: &Row<'_>, none: &Row<'_>) {
    let broken = row.broken(explained.way.fingerprint.property);
    let [(like, style), (broken, other)] = [row.alike(explained), broken].map(share);
    let broken = if row.is_proved { "proved: never" } else { &broken };
    let name = if row.guard == "none" { "(no guard)" } else { row.guard };
    let name = format!("{name:<23}");
    let (like, broken) = (format!("{like:>12}"), format!("{broken:>23}"));
    let news = news(explained, row.played, none.played);
    let first = news.first().map(|news| format!("   {news}")).unwrap_or_default();
    let figures = format!("{}{}{first}", paint(style, &like), paint(other, &broken));
    let _ = writeln!(text, "    {}{figures}", paint(HEAD, &name));
    for more in news.iter().skip(1) {
        let _ = writeln!(text, "{:65}{more}", "");
    }
}

/// Returns in how many trials a guard leaves the same fingerprint.
pub(in crate::report) fn found(explained: &Explained, played: &Played) -> u64 {
    let is_it = |one: &&Finding| one.way == explained.way;
    played.summary.findings.iter().find(is_it).map_or(0, |found| found.tally.trials)
}

/// Returns a rate and its style. The rate has its bound if nothing was seen.
fn share(count: Count) -> (String, Style) {
    let rate = rate(count.failing, count.trials);
    match count.failing {
        _ if count.trials == 0 => ("-".to_owned(), FAINT),
        0 => (format!("0 of {}", count.trials), GOOD),
        _ if count.is_all() => (percent(rate.rate), BAD),
        _ => (percent(rate.rate), Style::new()),
    }
}

/// Returns the other properties that a guard breaks more often than no guard does.
pub(super) fn worse_under(
    explained: &Explained,
    played: &Played,
    none: &Played,
) -> impl Iterator<Item = PropertyId> {
    let own = explained.way.fingerprint.property;
    PropertyId::ALL.into_iter().filter(move |property| {
        *property != own && share_of(*property, played).low > share_of(*property, none).high
    })
}

fn share_of(property: PropertyId, played: &Played) -> Rate {
    rate(played.summary.violated(property).trials, played.summary.trials)
}

/// Returns what a guard breaks more often than no guard does, each with its rate.
fn news(explained: &Explained, played: &Played, none: &Played) -> Vec<String> {
    let said = |property: PropertyId| {
        let [now, before] = [played, none].map(|played| share_of(property, played).rate);
        let now = percent(now);
        if before == 0.0 {
            return format!("{property} {now}");
        }
        format!("{property} {} -> {now}", percent(before).trim_end_matches(" %"))
    };
    worse_under(explained, played, none).map(said).collect()
}

/// Returns what a guard breaks more often than no guard does, each with its rate.
pub(in crate::report) fn worse_than_none(explained: &Explained, played: &Played) -> Vec<String> {
    let none = explained.guards.rows.iter().find(|row| row.guard == "none");
    none.and_then(|row| row.played()).map_or_else(Vec::new, |none| news(explained, played, none))
}
