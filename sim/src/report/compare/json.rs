//! A comparison as JSON: one object per row, each on its own line. Fields may be added, but no
//! field changes its meaning.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::stamp;
use crate::record::{Compared, Outcome, Played, Row};
use crate::report::json::{Property, Vary, properties};

#[derive(Serialize)]
struct Object<'a> {
    scenario: &'a str,
    about: &'a str,
    guard: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vary: Option<Vary<'a>>,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_applicable: Option<&'a str>,
    #[serde(flatten)]
    figures: Option<Figures<'a>>,
}

/// The figures of a row whose guard could be applied.
#[derive(Serialize)]
struct Figures<'a> {
    trials: u64,
    properties: Vec<Property>,
    cost: Cost,
    stuck: u64,
    out_of_budget: u64,
    interrupted: bool,
    bug: Option<Bug<'a>>,
}

/// What a trial costs on average.
#[derive(Serialize)]
pub(in crate::report) struct Cost {
    /// Half of the trials are done within this many milliseconds.
    pub(in crate::report) done_ms_median: Option<u32>,
    /// 95 % of the trials are done within this many milliseconds.
    pub(in crate::report) done_ms_p95: Option<u32>,
    /// API calls.
    pub(in crate::report) calls: f64,
    /// Runs that were paid for.
    pub(in crate::report) runs: f64,
    /// Runs that were paid for in vain.
    pub(in crate::report) wasted_runs: f64,
    /// Runs that could not see an earlier answer.
    pub(in crate::report) context_lost: f64,
}

#[derive(Serialize)]
struct Bug<'a> {
    seed: u64,
    what: &'a str,
}

/// Returns the scenario's lines.
pub fn json(compared: &Compared) -> String {
    let line = |row: &Row| {
        let object = object(compared, row);
        stamp::object("comparison", &object) + "\n"
    };
    compared.rows.iter().map(line).collect()
}

fn object<'a>(compared: &'a Compared, row: &'a Row) -> Object<'a> {
    let settings = compared.invocation.settings.iter();
    let (not_applicable, figures) = match &row.outcome {
        Outcome::NotApplicable(reason) => (Some(reason.as_str()), None),
        Outcome::Played(played) => (None, Some(figures(compared, played))),
    };
    Object {
        scenario: &compared.scenario,
        about: &compared.about,
        guard: &row.guard,
        set: settings.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        vary: compared.vary.as_ref().map(Vary::of),
        seed: compared.first_seed,
        not_applicable,
        figures,
    }
}

fn figures<'a>(compared: &Compared, played: &'a Played) -> Figures<'a> {
    let summary = &played.summary;
    Figures {
        trials: summary.trials,
        properties: properties(summary, played.expected, true),
        cost: cost(played),
        stuck: summary.stuck.trials,
        out_of_budget: summary.out_of_budget.trials,
        interrupted: played.bug.is_none() && summary.trials < compared.trials,
        bug: played.bug.as_ref().map(|bug| Bug { seed: bug.seed, what: &bug.what }),
    }
}

/// Returns what a trial costs on average.
pub(in crate::report) fn cost(played: &Played) -> Cost {
    let bill = played.bill;
    let mean = |sum: u64| sum as f64 / played.summary.trials.max(1) as f64;
    Cost {
        done_ms_median: bill.done_ms_median,
        done_ms_p95: bill.done_ms_p95,
        calls: mean(bill.calls),
        runs: mean(bill.runs),
        wasted_runs: mean(bill.wasted_runs),
        context_lost: mean(bill.context_lost),
    }
}
