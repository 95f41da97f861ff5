//! The search level by level against the search that plays trials: the same verdicts.

use std::sync::Arc;

use deadheat::record::Verdict;
use deadheat::scenario::{self, Guards, Scenario, Settings};
use deadheat::stage::Stage;
use deadheat::study::{Question, Reduction, Subject, prove};
use deadheat_model::property::PropertyId;

use crate::util::{scenario_names, source};

const GUARDS: [&str; 7] =
    ["none", "lock:ttl=60s", "lock:ttl=5s,covers=run", "await-run", "retry", "wait", "debounce"];

fn question(scenario: &Scenario, asked: &[PropertyId], without: &[Reduction]) -> Question {
    Question {
        subject: Subject::new("levels", Arc::new(Stage::new(scenario.clone()))),
        asked: asked.to_vec(),
        faults: 0,
        switches: None,
        states_max: 1_500,
        memory_max: 1 << 30,
        trials_max: 2_000,
        count_max: 0,
        without: without.to_vec(),
    }
}

/// Returns whether something breaks, if that was decided.
fn is_broken(scenario: &Scenario, asked: &[PropertyId], without: &[Reduction]) -> Option<bool> {
    let question = Question { trials_max: 400, ..question(scenario, asked, without) };
    match prove(&question, &|| None).0.verdict {
        Verdict::Proved(_) => Some(false),
        Verdict::Broken(_) => Some(true),
        Verdict::Undecided(_) => None,
    }
}

/// Returns the scenarios of a file: within each of these guards, and with the guards and settings
/// for which the file has expectations.
fn variants(name: &str) -> Vec<(String, Scenario)> {
    let source = source(name);
    let plain = scenario::load(&source, &Settings::new());
    let guards = GUARDS.map(|guard| (Guards::parse(guard).unwrap(), Settings::new()));
    let asked = guards.into_iter().chain(plain.variants);
    asked
        .filter_map(|(guards, settings)| {
            let scenario = scenario::load(&source, &settings).scenario?;
            Some((format!("{name} {settings:?} {guards}"), guards.apply(scenario).ok()?))
        })
        .collect()
}

/// Returns the scenarios that are compared. All of them take half an hour, so they are compared only
/// where the differential tests are asked for.
fn compared(few: [&str; 4]) -> Vec<(String, Scenario)> {
    let is_all = std::env::var_os("DEADHEAT_DIFFERENTIAL").is_some();
    let names = if is_all { scenario_names() } else { few.map(str::to_owned).to_vec() };
    names.iter().flat_map(|name| variants(name)).collect()
}

#[test]
fn levels_find_what_trials_find() {
    let mut count = 0;
    let few = ["double-click", "double-click-first", "check-then-act", "race-lease-3"];
    for (title, scenario) in compared(few) {
        let alone = PropertyId::ALL.map(|property| vec![property]);
        for asked in alone.into_iter().chain([PropertyId::ALL.to_vec()]) {
            let [levels, trials] = [vec![], vec![Reduction::Levels]]
                .map(|without| is_broken(&scenario, &asked, &without));
            if let (Some(levels), Some(trials)) = (levels, trials) {
                assert_eq!(levels, trials, "{title}, {asked:?}");
                count += 1;
            }
        }
    }
    assert!(count > 200, "{count}");
}

/// Returns how many orders there are and how many of them break something, if they were counted.
pub(crate) fn counts(
    scenario: &Scenario,
    asked: &[PropertyId],
    without: &[Reduction],
) -> Option<(u128, u128)> {
    let question = Question { count_max: 2_000, ..question(scenario, asked, without) };
    match prove(&question, &|| None).0.verdict {
        Verdict::Broken(found) => found.counted,
        Verdict::Proved(_) | Verdict::Undecided(_) => None,
    }
}

/// States that become one wrongly show in the number of orders, even where no verdict shows it.
#[test]
fn levels_count_as_many_orders_as_trials_do() {
    let mut count = 0;
    for (title, scenario) in
        compared(["double-click", "double-click-first", "race-cancel", "cancel-is-eventual"])
    {
        for property in PropertyId::ALL {
            let [levels, trials] = [vec![], vec![Reduction::Levels]]
                .map(|without| counts(&scenario, &[property], &without));
            if let (Some(levels), Some(trials)) = (levels, trials) {
                assert_eq!(levels, trials, "{title}, {property}");
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count}");
}
