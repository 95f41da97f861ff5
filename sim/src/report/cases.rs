//! Kept cases for people and for scripts: the current state of each.

use std::fmt::Write as _;

use serde::Serialize;

use super::number::{grouped, plural};
use super::stamp;
use super::statistics::{percent, rate};
use super::words::quote;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint};
use crate::record::{Case, Difference, Expects, How, Kept, Looked, State};

/// At most this many pending occurrences are named.
const PENDING_MAX: usize = 4;

/// Renders all kept cases. The text ends with a blank line.
pub fn kept(all: &[Kept], program: &str) -> String {
    let mut text = format!("{}\n", paint(HEAD, "kept cases"));
    for kept in all {
        let (style, word) = match (&kept.state, kept.is_finding()) {
            (_, true) => (BAD, "fails again"),
            (State::Open | State::Elsewhere { .. }, false) => (WARN, "open"),
            (State::Fixed { .. }, _) => (GOOD, "fixed"),
            (State::Drifted { .. } | State::Lost(_), _) => (WARN, "drifted"),
        };
        let _ = writeln!(text, "  {} {}", paint(style, &format!("{word:<11}")), kept.file);
        let mut lines = vec![kept.case.what.clone()];
        lines.extend(why(&kept.state));
        if kept.has_changed {
            lines.push("its scenario has changed since".to_owned());
        }
        if matches!(kept.state, State::Fixed { .. }) && kept.case.expect == Expects::Open {
            let file = quote(&kept.file);
            lines.push(format!("so that it stays so: {program} keep --fixed {file}"));
        }
        for line in lines {
            let _ = writeln!(text, "              {}", paint(FAINT, &line));
        }
    }
    text.push('\n');
    text
}

/// Explains why its state is what it is, unless the word already says so. Each reason is one
/// sentence.
pub fn why(state: &State) -> Vec<String> {
    match state {
        State::Open => Vec::new(),
        State::Elsewhere { first, looked } => {
            let left = match first {
                Some(first) => difference(first),
                None => "in its order it does not fail any more, but others do".to_owned(),
            };
            let found = looked.iter().filter(|looked| looked.failing > 0);
            [left].into_iter().chain(found.map(look)).collect()
        }
        State::Fixed { first, looked } => {
            let impossible = first.iter().map(difference);
            impossible.chain(looked.iter().map(look)).collect()
        }
        State::Drifted { first, looked } => {
            let found = looked.iter().map(look);
            let advice = "it says nothing about this scenario: run it to find what it shows again";
            [difference(first)].into_iter().chain(found).chain([advice.to_owned()]).collect()
        }
        State::Lost(why) => vec![why.clone()],
    }
}

/// Returns what was seen in some trials, as a sentence without a full stop. A walk's trials are a
/// sample and have an interval.
fn look(looked: &Looked) -> String {
    let Looked { under, failing, of } = looked;
    let (trials, rate) = (plural(*of, "trial", "trials"), rate(*failing, *of));
    let fail = match failing {
        0 => "none fails as it did".to_owned(),
        1 => "1 fails as it did".to_owned(),
        failing => format!("{} fail as it did", grouped(*failing)),
    };
    match under.as_deref() {
        None => format!("of {trials} near it, {fail}"),
        Some("walk") if *failing == 0 => {
            format!("of {trials} under walk, {fail}: at most {}", percent(rate.high))
        }
        Some("walk") => {
            let (low, high) = (percent(rate.low), percent(rate.high));
            format!("of {trials} under walk, {fail}: {low} to {high}")
        }
        Some(under) => format!("of {trials} under {under}, {fail}"),
    }
}

/// Returns where a trial first differs from a case's schedule, as a sentence without a full stop.
pub fn difference(first: &Difference) -> String {
    let Difference { number, expected, how } = first;
    let what = match expected.as_str() {
        "" => format!("pick {number}, behind the end of its schedule,"),
        name => format!("pick {number}, {name},"),
    };
    match how {
        How::Unknown => format!("{what} is nobody's now: there is none of this name"),
        How::Missing => format!("{what} does not happen"),
        How::After(other) => format!("{what} cannot come about any more before {other}"),
        How::Fate => format!("before {what} chance is asked for something else"),
        How::Instead(pending) => {
            let named = pending.iter().take(PENDING_MAX).map(String::as_str);
            let more = match pending.len().saturating_sub(PENDING_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named: Vec<&str> = named.collect();
            format!("{what} is not pending, but {}{more}", named.join(", "))
        }
    }
}

/// Returns the outcome of a case that was followed pick by pick, as a sentence.
pub fn verdict(case: &Case, fails: bool, first: Option<&Difference>) -> String {
    let fate = if fails { open(case) } else { paint(GOOD, "it does not fail as it did") };
    match first {
        None => format!("{fate}\n"),
        Some(first) => format!("{fate}\nbut {}\n", difference(first)),
    }
}

fn open(case: &Case) -> String {
    paint(BAD, &format!("it fails as it did: {}", case.what))
}

/// Returns the outcome of a case, with the reasons.
pub fn judged(case: &Case, state: &State) -> String {
    let head = match state {
        State::Open => open(case),
        State::Elsewhere { .. } => paint(BAD, &format!("it is not fixed: {}", case.what)),
        State::Fixed { .. } => paint(GOOD, "fixed: it does not fail as it did"),
        State::Drifted { .. } | State::Lost(_) => {
            paint(WARN, "drifted: what it names is no longer there")
        }
    };
    let reasons = why(state).into_iter().map(|why| format!("  {why}\n"));
    format!("{head}\n{}", reasons.collect::<String>())
}

#[derive(Serialize)]
struct Object<'a> {
    case: &'a str,
    scenario: &'a str,
    what: &'a str,
    expect: Expects,
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
    scenario_changed: bool,
    replay: String,
    expectation_met: bool,
}

/// Returns one object on one line.
pub fn json(kept: &Kept, program: &str) -> String {
    let object = Object {
        case: &kept.file,
        scenario: &kept.case.scenario.name,
        what: &kept.case.what,
        expect: kept.case.expect,
        state: kept.state.name(),
        why: why(&kept.state),
        scenario_changed: kept.has_changed,
        replay: format!("{program} replay {}", quote(&kept.file)),
        expectation_met: !kept.is_finding(),
    };
    stamp::object("case", &object)
}
