//! The rates of a scenario's properties as a function of a parameter, as bars.

use std::fmt::Write as _;

use deadheat_model::property::PropertyId;

use super::human::{endless, surprise, titled};
use super::number::grouped;
use super::page;
use super::statistics::{percent, rate};
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint, words};
use crate::record::{Checked, Ended, Invocation, Judged, Varied};

/// The length of the longest bar.
const BAR: usize = 44;

/// Plots one scenario under each value of the parameter. `planned` is how many values were to be
/// played. The text ends with a blank line.
pub fn plot(rows: &[(Varied, Checked)], planned: usize) -> String {
    let Some((varied, first)) = rows.first() else { return String::new() };
    let mut text = head(rows, planned, varied, first);
    let counts = |property: PropertyId| {
        let rates = rows.iter().map(move |(_, checked)| {
            let summary = &checked.summary;
            rate(summary.violated(property).trials, summary.trials).rate
        });
        rates.collect::<Vec<f64>>()
    };
    let (mut always, mut never) = (Vec::new(), Vec::new());
    for property in PropertyId::ALL {
        let rates = counts(property);
        let is_same = rates.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits());
        match rates.first() {
            Some(rate) if is_same && *rate == 0.0 => never.push(property.name()),
            Some(rate) if is_same && *rate >= 1.0 => always.push(property.name()),
            _ => block(&mut text, rows, property),
        }
    }
    constant(&mut text, "always broken", &always);
    constant(&mut text, "never broken", &never);
    for (varied, checked) in rows {
        remarks(&mut text, varied, checked);
    }
    text.push('\n');
    text
}

fn head(rows: &[(Varied, Checked)], planned: usize, varied: &Varied, first: &Checked) -> String {
    let settings = first.invocation.settings.iter();
    let others = settings.filter(|(name, _)| *name != varied.name).cloned().collect();
    let invocation = Invocation { settings: others, ..first.invocation.clone() };
    let name = titled(&first.scenario, &invocation);
    let played = rows.iter().filter(|(_, checked)| checked.summary.trials > 0).count();
    let few = format!("{played} of {planned} values were played");
    let worst = rows.iter().map(|(_, checked)| checked.judged()).min();
    let (style, verdict) = match worst.unwrap_or(Judged::Unplayed) {
        Judged::Bug => (BAD, "a bug in Deadheat".to_owned()),
        Judged::Unexpected => (BAD, "not as expected".to_owned()),
        Judged::Interrupted => (WARN, format!("interrupted: {few}")),
        _ if rows.len() < planned => (WARN, format!("interrupted: {few}")),
        Judged::Unplayed => (WARN, format!("inconclusive: {few}")),
        Judged::OutOfBudget => (WARN, "inconclusive: out of budget".to_owned()),
        Judged::NotCovered => {
            (WARN, "without an expectation, only one-active-run is judged".to_owned())
        }
        Judged::Expected => (GOOD, "as expected".to_owned()),
    };
    let mut text = format!("{}  {}\n", paint(HEAD, &name), paint(style, &verdict));
    let _ = writeln!(text, "  {}", first.about);
    let most = rows.iter().map(|(_, checked)| checked.summary.trials).max().unwrap_or(0);
    let interval = if first.invocation.is_a_sample() { ", with its 95 % interval" } else { "" };
    let effort = format!(
        "at most {} trials for each value of {}, from seed {}; the share that breaks a \
         property{interval}",
        grouped(most),
        varied.name,
        first.first_seed
    );
    for line in page::lines(&effort, 96) {
        let _ = writeln!(text, "  {}", paint(FAINT, &line));
    }
    text
}

/// Writes a property that varies, with a bar for each value.
fn block(text: &mut String, rows: &[(Varied, Checked)], property: PropertyId) {
    let _ = writeln!(text, "\n  {}  {}", paint(HEAD, property.name()), property.promise());
    let label = |varied: &Varied| shortened(&format!("{}={}", varied.name, varied.value));
    let width = rows.iter().map(|(varied, _)| label(varied).chars().count()).max().unwrap_or(0);
    for (varied, checked) in rows {
        let trials = checked.summary.trials;
        let seen = checked.summary.violated(property).trials;
        let rate = rate(seen, trials);
        let low = percent(rate.low);
        let interval = match (trials, rate.rate) {
            (0, _) => "no trial".to_owned(),
            _ if !checked.invocation.is_a_sample() => String::new(),
            (_, 0.0) => format!("at most {}", percent(rate.high)),
            _ => format!("{} to {}", low.trim_end_matches(" %"), percent(rate.high)),
        };
        let _ = writeln!(
            text,
            "  {:<width$} {:>9} {}{} {}",
            label(varied),
            percent(rate.rate),
            paint(FAINT, "│"),
            bar(seen, trials),
            paint(FAINT, &interval),
        );
    }
}

/// Draws a bar in eighths of a character, padded with blanks. A share that is not zero is visible.
fn bar(seen: u64, trials: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (seen, trials) = (u128::from(seen), u128::from(trials.max(1)));
    let eighths = (seen * 8 * BAR as u128 + trials / 2) / trials;
    let eighths = eighths.max(seen.min(1)) as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(EIGHTHS[eighths % 8]);
    format!("{bar:<BAR$}")
}

/// Shortens a label so that it leaves room for its bar.
fn shortened(label: &str) -> String {
    const LABEL_MAX: usize = 22;
    if label.chars().count() <= LABEL_MAX {
        return label.to_owned();
    }
    let kept: String = label.chars().take(LABEL_MAX - 1).collect();
    format!("{kept}…")
}

fn constant(text: &mut String, what: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let line = format!("{what}: {}", names.join(", "));
    text.push('\n');
    for (index, line) in page::lines(&line, 94).iter().enumerate() {
        let _ = writeln!(text, "  {}{line}", if index == 0 { "" } else { "  " });
    }
}

/// Writes what a reader must know about a value besides its rates.
fn remarks(text: &mut String, varied: &Varied, checked: &Checked) {
    let label = format!("{}={}", varied.name, varied.value);
    for one in &checked.surprises {
        let _ = writeln!(text, "  {} {label}: {}", paint(BAD, "!"), surprise(one, checked));
    }
    let replay = |seed: u64| words::replay_line(&checked.invocation, seed, None);
    if let Some(seed) = checked.summary.out_of_budget.first() {
        let trials = grouped(checked.summary.out_of_budget.trials);
        let mark = paint(WARN, "!");
        let line = replay(seed);
        let said = match checked.ended {
            Ended::OutOfBudget => endless(checked),
            Ended::Trials
            | Ended::Time
            | Ended::Findings
            | Ended::Quiet
            | Ended::Interrupted
            | Ended::Bug => format!("out of budget in {trials} trials"),
        };
        let _ = writeln!(text, "  {mark} {label}: {said}: {line}");
    }
    for bug in &checked.bugs {
        let (mark, line) = (paint(BAD, "bug"), replay(bug.seed));
        let _ = writeln!(text, "  {mark} {label}: {}\n    please report it: {line}", bug.what);
    }
    if checked.is_interrupted {
        let _ = writeln!(text, "  {} {label}: interrupted", paint(WARN, "!"));
    } else if checked.summary.trials == 0 {
        let said = "the time was over before a trial was played";
        let _ = writeln!(text, "  {} {label}: {said}", paint(WARN, "!"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_is_seen_if_there_is_any() {
        let check = |seen: u64, full: usize, whole: usize| {
            let bar = bar(seen, 100_000);
            assert_eq!(bar.chars().count(), BAR, "{seen}");
            assert_eq!(bar.matches('█').count(), full, "{seen}");
            assert_eq!(bar.trim_end().chars().count(), whole, "{seen}");
        };
        check(0, 0, 0);
        check(1, 0, 1);
        check(50_000, 22, 22);
        check(99_000, 43, 44);
        check(100_000, BAR, BAR);
    }
}
