//! A checked sweep as one JSON object on one line. Fields may be added, but no field changes its
//! meaning.

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

use super::coverage;
use super::human::surprise;
use super::statistics::rate;
use super::{stamp, words};
use crate::record::{Checked, Expected, Invocation, Part, Share, Shown, Struck, Summary, Varied};

#[derive(Serialize)]
struct Object<'a> {
    scenario: &'a str,
    /// What the scenario is.
    about: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vary: Option<Vary<'a>>,
    guard: Option<&'a str>,
    strategy: &'a str,
    seed: u64,
    trials: u64,
    elapsed_ms: u64,
    lanes: usize,
    occurrences: u64,
    properties: Vec<Property>,
    marks: Vec<Reached>,
    proved: Vec<&'static str>,
    findings: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strategies: Vec<Member<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault<'a>>,
    stuck: u64,
    out_of_budget: u64,
    interrupted: bool,
    ended: &'static str,
    coverage: coverage::Object,
    surprises: Vec<String>,
    bugs: Vec<Bug<'a>>,
    /// Null if too few trials were played to say so.
    expectation_met: Option<bool>,
    /// What merging needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a Part>,
}

/// A parameter that is varied, with its value here.
#[derive(Serialize)]
pub(super) struct Vary<'a> {
    name: &'a str,
    value: &'a str,
}

impl Vary<'_> {
    pub(super) fn of(varied: &Varied) -> Vary<'_> {
        Vary { name: &varied.name, value: &varied.value }
    }
}

#[derive(Serialize)]
pub(super) struct Property {
    name: &'static str,
    expected: &'static str,
    violated: u64,
    rate: f64,
    /// Null under other strategies than `walk`, whose trials are not a random sample.
    low: Option<f64>,
    high: Option<f64>,
    first_seed: Option<u64>,
}

#[derive(Serialize)]
struct Reached {
    name: &'static str,
    trials: u64,
}

#[derive(Serialize)]
struct Fault<'a> {
    name: &'a str,
    armed: u64,
    fired: u64,
    changed: u64,
    looked_at: u64,
}

/// What one strategy of a portfolio has found.
#[derive(Serialize)]
struct Member<'a> {
    name: &'a str,
    trials: u64,
    violated: u64,
    first_seed: Option<u64>,
}

#[derive(Serialize)]
struct Finding<'a> {
    property: &'static str,
    fingerprint: String,
    what: String,
    trials: u64,
    first_seed: Option<u64>,
    replay: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
}

#[derive(Serialize)]
struct Bug<'a> {
    seed: u64,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<Parting<'a>>,
}

/// The point where two runs of the trial diverge: an event's number, and its line in both runs, as
/// `replay --format jsonl` prints it.
#[derive(Serialize)]
struct Parting<'a> {
    event: usize,
    runs: [String; 2],
    lines: [Option<&'a str>; 2],
}

/// Returns the object of a scenario that was not run because its guard does not apply.
pub fn not_applicable(scenario: &str, invocation: &Invocation, reason: &str) -> String {
    let guard = &invocation.guards;
    let object = json!({ "scenario": scenario, "guard": guard, "not_applicable": reason });
    stamp::object("not-applicable", &object)
}

/// Returns the properties, in the order in which reports show them.
pub(super) fn properties(
    summary: &Summary,
    expected: [Expected; PropertyId::ALL.len()],
    is_a_sample: bool,
) -> Vec<Property> {
    let property = |property: PropertyId| {
        let tally = summary.violated(property);
        let rate = rate(tally.trials, summary.trials);
        Property {
            name: property.name(),
            expected: expected[property as usize].name(),
            violated: tally.trials,
            rate: rate.rate,
            low: is_a_sample.then_some(rate.low),
            high: is_a_sample.then_some(rate.high),
            first_seed: tally.first(),
        }
    };
    PropertyId::ALL.map(property).into()
}

/// Returns the object. `elapsed_ms` is how long the sweep took on the wall clock. `part` is what
/// merging needs, if it is one of several parts.
pub fn checked(
    checked: &Checked,
    vary: Option<&Varied>,
    elapsed_ms: u64,
    part: Option<&Part>,
) -> String {
    let summary = &checked.summary;
    let finding = |shown| finding(shown, checked);
    let settings = checked.invocation.settings.iter();
    let object = Object {
        scenario: &checked.scenario,
        about: &checked.about,
        set: settings.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        vary: vary.map(Vary::of),
        guard: checked.invocation.guards.as_deref(),
        strategy: checked.invocation.strategy.as_deref().unwrap_or("walk"),
        seed: checked.first_seed,
        trials: summary.trials,
        elapsed_ms,
        lanes: checked.lanes,
        occurrences: summary.occurrences,
        properties: properties(summary, checked.expected, checked.invocation.is_a_sample()),
        marks: Mark::ALL
            .map(|mark| Reached { name: mark.name(), trials: summary.reached(mark).trials })
            .into(),
        proved: checked.proved.iter().map(|property| property.name()).collect(),
        findings: checked.findings.iter().map(finding).collect(),
        strategies: checked.members.iter().map(member).collect(),
        faults: checked.faults.iter().map(fault).collect(),
        stuck: summary.stuck.trials,
        out_of_budget: summary.out_of_budget.trials,
        interrupted: checked.is_interrupted,
        ended: checked.ended.name(),
        coverage: coverage::object(checked),
        surprises: checked.surprises.iter().map(|one| surprise(one, checked)).collect(),
        bugs: checked.bugs.iter().map(bug).collect(),
        part,
        expectation_met: (checked.is_judged() || !checked.is_met()).then(|| checked.is_met()),
    };
    stamp::object("setting", &object)
}

fn finding<'a>(shown: &'a Shown, checked: &Checked) -> Finding<'a> {
    Finding {
        property: shown.way.fingerprint.property.name(),
        fingerprint: words::fingerprint(&shown.way.fingerprint, &checked.cast),
        what: words::finding(&shown.way, &checked.cast),
        trials: shown.tally.trials,
        first_seed: shown.tally.first(),
        replay: words::shown_line(&checked.invocation, shown),
        case: shown.case.as_deref(),
    }
}

fn bug(bug: &crate::record::Bug) -> Bug<'_> {
    let parting = bug.parting.as_ref().map(|parting| Parting {
        event: parting.event,
        runs: parting.runs.clone(),
        lines: parting.lines.each_ref().map(Option::as_deref),
    });
    Bug { seed: bug.seed, what: &bug.what, parting }
}

fn member((name, share): &(String, Share)) -> Member<'_> {
    Member {
        name,
        trials: share.trials,
        violated: share.violated.trials,
        first_seed: share.violated.first(),
    }
}

fn fault(struck: &Struck) -> Fault<'_> {
    Fault {
        name: &struck.name,
        armed: struck.armed.trials,
        fired: struck.fired.trials,
        changed: struck.changed,
        looked_at: struck.looked_at,
    }
}
