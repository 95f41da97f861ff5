//! A checked sweep for people: how often each promise broke, whether that was expected, and the
//! line to paste for each way of breaking.

use std::fmt::Write as _;
use std::time::Duration;

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

use super::number::{grouped, plural};
pub use super::page::Detail;
use super::page::{lines, paragraph};
use super::statistics::{percent, rate};
use super::{BAD, FAINT, GOOD, HEAD, WARN, coverage, paint, words};
use crate::record::{Bug, Checked, Ended, Expected, Invocation, Judged, Parting, Shown, Surprise};

/// The maximum width of the text that says what broke, beside the number of trials.
const SENTENCE: usize = 87;

/// Renders the report. The text ends with a blank line.
pub fn checked(checked: &Checked, elapsed: Duration, detail: Detail) -> String {
    let mut text = head(checked);
    write_effort(&mut text, checked, elapsed);
    write_properties(&mut text, checked);
    write_members(&mut text, checked);
    write_findings(&mut text, checked, detail);
    write_marks(&mut text, checked);
    write_faults(&mut text, checked);
    let _ = write!(text, "\n{}", coverage::lines(checked, detail));
    for one in &checked.surprises {
        let _ = writeln!(text, "  {} {}", paint(BAD, "!"), surprise(one, checked));
    }
    write_budget(&mut text, checked);
    for bug in &checked.bugs {
        write_bug(&mut text, checked, bug);
    }
    text.push('\n');
    text
}

/// Formats the line of a scenario: how it went, its settings, its trials and its time.
pub fn line(word: &str, scenario: &str, settings: &str, trials: u64, elapsed: Duration) -> String {
    let style = match word {
        "ok" => GOOD,
        "FAIL" => BAD,
        _ => WARN,
    };
    let word = paint(style, &format!("{word:<4}"));
    let trials = plural(trials, "trial", "trials");
    let seconds = elapsed.as_secs_f64();
    format!("{word}  {scenario:<40}{settings:>12}{trials:>18}{seconds:>8.1} s\n")
}

/// Returns how a sweep went, in a word: `ok`, `FAIL`, or `??` if there is no answer.
pub fn word(checked: &Checked) -> &'static str {
    match checked.judged() {
        Judged::Bug | Judged::Unexpected => "FAIL",
        Judged::Interrupted | Judged::Unplayed | Judged::OutOfBudget | Judged::NotCovered => "??",
        Judged::Expected => "ok",
    }
}

fn head(checked: &Checked) -> String {
    let verdict = match checked.judged() {
        Judged::Bug => paint(BAD, "a bug in Deadheat"),
        Judged::Unexpected => paint(BAD, "not as expected"),
        Judged::Interrupted => paint(WARN, "interrupted"),
        Judged::Unplayed => paint(WARN, "inconclusive: time was up before the first trial"),
        Judged::OutOfBudget => paint(WARN, "inconclusive: out of budget"),
        Judged::NotCovered => {
            let what = match checked.invocation.guards {
                Some(_) => "no expectation covers this guard",
                None => "no expectation covers these settings",
            };
            paint(WARN, &format!("{what}; only one-active-run is judged"))
        }
        Judged::Expected => paint(GOOD, "as expected"),
    };
    let mut text = format!("{}  {verdict}\n", paint(HEAD, &title(checked)));
    let _ = writeln!(text, "  {}", checked.about);
    text
}

/// Returns the scenario's name, with what was set and what guards it.
pub fn title(checked: &Checked) -> String {
    titled(&checked.scenario, &checked.invocation)
}

/// Returns the same for a scenario that was not run because its guard does not apply.
pub fn not_applicable(scenario: &str, invocation: &Invocation, reason: &str) -> String {
    let title = paint(HEAD, &titled(scenario, invocation));
    format!("{title}  {}\n\n", paint(FAINT, &format!("n/a: {reason}")))
}

/// Returns a scenario's name, with what was set and what guards it.
pub fn titled(scenario: &str, invocation: &Invocation) -> String {
    let mut title = scenario.to_owned();
    for (name, value) in &invocation.settings {
        let _ = write!(title, " {name}={value}");
    }
    if let Some(guards) = &invocation.guards {
        let _ = write!(title, " {guards}");
    }
    if let Some(strategy) = &invocation.strategy {
        let _ = write!(title, " --strategy {strategy}");
    }
    title
}

fn write_effort(text: &mut String, checked: &Checked, elapsed: Duration) {
    let summary = &checked.summary;
    let (trials, seconds) = (summary.trials, elapsed.as_secs_f64());
    let lanes = if checked.lanes == 1 { "lane" } else { "lanes" };
    let per_second = u128::from(trials) * 1_000_000 / elapsed.as_micros().max(1);
    let line = format!(
        "{} trials from seed {}, {:.1} occurrences each; {seconds:.2} s on {} {lanes}, \
         {} trials a second",
        grouped(trials),
        checked.first_seed,
        summary.occurrences as f64 / trials.max(1) as f64,
        checked.lanes,
        grouped(u64::try_from(per_second).unwrap_or(u64::MAX)),
    );
    let _ = writeln!(text, "  {}\n", paint(FAINT, &line));
}

fn write_properties(text: &mut String, checked: &Checked) {
    let summary = &checked.summary;
    // A rate has no interval under strategies other than walk, because their trials are not a
    // random sample.
    let is_a_sample = checked.invocation.is_a_sample();
    let interval = if is_a_sample { "95 % interval" } else { "" };
    let head = format!(
        "{:<25}{:>10}   {interval:<19}{:<12}first seed",
        "property", "broken in", "expected"
    );
    let _ = writeln!(text, "  {}", paint(FAINT, &head));
    for property in PropertyId::ALL {
        let tally = summary.violated(property);
        let Some(first) = tally.first() else { continue };
        let rate = rate(tally.trials, summary.trials);
        let (low, high) = (percent(rate.low), percent(rate.high));
        let interval = format!("{} to {high}", low.trim_end_matches(" %"));
        let interval = if is_a_sample { interval } else { String::new() };
        let (style, expected) = judged(checked, property);
        let _ = writeln!(
            text,
            "  {property:<25}{:>10}   {interval:<19}{}{first}",
            percent(rate.rate),
            paint(style, &format!("{expected:<12}")),
        );
    }
    let held = PropertyId::ALL.into_iter();
    let held = held.filter(|property| summary.violated(*property).trials == 0);
    let (missing, held): (Vec<_>, Vec<_>) =
        held.partition(|property| judged(checked, *property).0 == BAD);
    if summary.trials == 0 {
        return;
    }
    let bound = format!("at most {}", percent(rate(0, summary.trials).high));
    let bound = if is_a_sample { bound } else { String::new() };
    let mut row = |what: &str, bound: &str, style, word| {
        let word = paint(style, word);
        let _ = writeln!(text, "  {what:<25}{:>10}   {bound:<19}{word}", "0 %");
    };
    for property in missing {
        row(property.name(), &bound, BAD, judged(checked, property).1);
    }
    let all = held.len();
    let (proved, sampled): (Vec<PropertyId>, Vec<PropertyId>) =
        held.into_iter().partition(|property| checked.proved.contains(property));
    for (group, bound) in [(proved, "proved"), (sampled, bound.as_str())] {
        let what = match group.as_slice() {
            [] => continue,
            [one] => one.name().to_owned(),
            several if several.len() == PropertyId::ALL.len() => "all".to_owned(),
            several if several.len() == all => "all others".to_owned(),
            several => format!("{} others", several.len()),
        };
        row(&what, bound, GOOD, "hold");
    }
}

/// Returns what was expected of a property. The style shows whether the expectation was met.
fn judged(checked: &Checked, property: PropertyId) -> (anstyle::Style, &'static str) {
    let surprising = checked.surprises.iter().any(|one| one.property() == Some(property));
    let word = match checked.expected[property as usize] {
        Expected::Holds => "to hold",
        Expected::Violates => "to break",
        Expected::Always => "always",
        Expected::Allows => "either",
        Expected::AtMost(_) => "bounded",
        Expected::NotJudged => "not judged",
    };
    (if surprising { BAD } else { GOOD }, word)
}

/// Writes what each strategy of a portfolio has found.
fn write_members(text: &mut String, checked: &Checked) {
    if checked.members.is_empty() {
        return;
    }
    let head =
        format!("{:<25}{:>10}   {:<19}first seed", "strategy", "trials", "broke something in");
    let _ = writeln!(text, "\n  {}", paint(FAINT, &head));
    for (name, share) in &checked.members {
        let (trials, violated) = (grouped(share.trials), grouped(share.violated.trials));
        let first = share.violated.first().map_or("-".to_owned(), |seed| seed.to_string());
        let _ = writeln!(text, "  {name:<25}{trials:>10}   {violated:<19}{first}");
    }
}

fn write_findings(text: &mut String, checked: &Checked, detail: Detail) {
    let is_told = |shown: &&Shown| {
        detail != Detail::Brief || judged(checked, shown.way.fingerprint.property).0 == BAD
    };
    let told: Vec<&Shown> = checked.findings.iter().filter(is_told).collect();
    let mut last = None;
    for shown in told {
        let property = shown.way.fingerprint.property;
        if last != Some(property) {
            let _ = writeln!(text, "\n  {}", paint(HEAD, property.name()));
        }
        last = Some(property);
        let what = words::finding(&shown.way, &checked.cast);
        let mut trials = grouped(shown.tally.trials);
        for line in lines(&what, SENTENCE) {
            let _ = writeln!(text, "  {:>9}  {line}", std::mem::take(&mut trials));
        }
        if let Some(line) = words::shown_line(&checked.invocation, shown) {
            let _ = writeln!(text, "             {}", paint(FAINT, &line));
            if let Some(case) = &shown.case {
                let _ = writeln!(text, "             {}", paint(FAINT, &format!("case: {case}")));
            }
        }
    }
}

fn write_marks(text: &mut String, checked: &Checked) {
    let summary = &checked.summary;
    let reached: Vec<String> = Mark::ALL
        .into_iter()
        .filter(|mark| summary.reached(*mark).trials > 0)
        .map(|mark| {
            let share = rate(summary.reached(mark).trials, summary.trials).rate;
            format!("{mark} in {}", percent(share))
        })
        .collect();
    if !reached.is_empty() {
        let reached = format!("reached: {}", reached.join(", "));
        let _ = write!(text, "\n{}", paragraph(&reached, (2, 2)));
    }
    // A reader who does not know `intent` cannot tell what such a sweep has judged.
    for (mark, requests, how) in [
        (Mark::ClicksJoined, "one request", "they are within"),
        (Mark::ClicksApart, "two requests", "they are further apart than"),
    ] {
        let trials = summary.reached(mark).trials;
        if trials > 0 {
            let share = percent(rate(trials, summary.trials).rate);
            let intent = checked.cast.intent;
            let _ = writeln!(
                text,
                "  repeated clicks count as {requests} in {share}: {how} `intent` ({intent})"
            );
        }
    }
}

fn write_faults(text: &mut String, checked: &Checked) {
    if checked.faults.is_empty() {
        return;
    }
    let head = format!("{:<25}{:>10}{:>10}   changed the result", "fault", "armed in", "struck in");
    let _ = writeln!(text, "\n  {}", paint(FAINT, &head));
    for fault in &checked.faults {
        let changed = match fault.looked_at {
            0 => "-".to_owned(),
            looked_at => format!("in {} of {looked_at}", fault.changed),
        };
        let _ = writeln!(
            text,
            "  {:<25}{:>10}{:>10}   {changed}",
            fault.name,
            grouped(fault.armed.trials),
            grouped(fault.fired.trials),
        );
    }
}

fn write_budget(text: &mut String, checked: &Checked) {
    let tally = checked.summary.out_of_budget;
    if let Some(seed) = tally.first() {
        let trials = plural(tally.trials, "trial was", "trials were");
        let said = match checked.ended {
            Ended::OutOfBudget => endless(checked),
            Ended::Trials
            | Ended::Time
            | Ended::Findings
            | Ended::Quiet
            | Ended::Interrupted
            | Ended::Bug => format!("{trials} out of budget; see what was still pending:"),
        };
        let line = words::replay_line(&checked.invocation, seed, None);
        let _ = writeln!(text, "  {} {said}\n    {line}", paint(WARN, "!"));
    }
}

/// Returns why a sweep was ended that would have run for too long.
pub(super) fn endless(checked: &Checked) -> String {
    let (summary, budget) = (&checked.summary, checked.budget);
    format!(
        "stopped after {}: {} of them were out of budget ({} picks or {}); something goes on \
         forever",
        plural(summary.trials, "trial", "trials"),
        grouped(summary.out_of_budget.trials),
        grouped(budget.picks),
        budget.time,
    )
}

fn write_bug(text: &mut String, checked: &Checked, bug: &Bug) {
    let line = words::replay_line(&checked.invocation, bug.seed, None);
    let (word, seed, what) = (paint(BAD, "bug"), bug.seed, &bug.what);
    let _ = writeln!(text, "  {word} this program failed in the trial with seed {seed}: {what}");
    if let Some(Parting { event, runs, lines }) = &bug.parting {
        let _ = writeln!(text, "    the first event that is not the same is number {event}:");
        for (run, line) in runs.iter().zip(lines) {
            let line = line.as_deref().unwrap_or("(the history has ended; other picks were made)");
            let _ = writeln!(text, "      {run}  {line}");
        }
    }
    let _ = writeln!(text, "    please report it, with this line: {line}");
}

/// Returns where an expectation is not met, in a sentence.
pub fn surprise(surprise: &Surprise, checked: &Checked) -> String {
    let trials = checked.summary.trials;
    match surprise {
        Surprise::Broke(property) => {
            let broken = checked.summary.violated(*property).trials;
            let times = plural(broken, "trial", "trials");
            format!(
                "`{property}` is expected to hold, but broke in {times}: {}",
                property.promise()
            )
        }
        Surprise::NeverBroke(property) => {
            let times = plural(trials, "trial", "trials");
            format!("`{property}` is expected to break, but held in all {times}")
        }
        Surprise::Held(property, held) => {
            let times = plural(*held, "trial", "trials");
            format!("`{property}` is expected to break in every trial, but held in {times}")
        }
        Surprise::TooOften(property, most) => {
            let rate = rate(checked.summary.violated(*property).trials, trials);
            let (low, high) = (percent(rate.low), percent(rate.high));
            format!(
                "`{property}` breaks in {} of trials ({low} to {high}), and in at most {} by \
                 `at_most`",
                percent(rate.rate),
                percent(f64::from(*most) / 1e6),
            )
        }
        Surprise::Worse(property, broken, of) => {
            let interval = |seen, trials| {
                let rate = rate(seen, trials);
                format!("{} ({} to {})", percent(rate.rate), percent(rate.low), percent(rate.high))
            };
            let now = interval(checked.summary.violated(*property).trials, trials);
            let then = interval(*broken, *of);
            format!("`{property}` breaks in {now} of trials, in the baseline in {then}")
        }
        Surprise::NotReached(mark) => {
            format!("no trial reached the mark `{mark}`: {}", mark.meaning())
        }
        Surprise::NeverStruck(clause) => {
            let name = &checked.faults[*clause].name;
            format!(
                "{name} never struck, so it tests nothing: play more trials, or set \
                 `optional = true`"
            )
        }
        Surprise::Reached(mark, tally) => {
            let times = plural(tally.trials, "trial", "trials");
            format!("{times} reached the mark `{mark}`, but none should: {}", mark.meaning())
        }
    }
}
