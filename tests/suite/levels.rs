//! The search level by level against the search that plays trials: the same verdicts.

use deadheat::record::{Invocation, Verdict};
use deadheat::scenario::{Guards, Scenario};
use deadheat::study::{Question, Reduction, prove};
use deadheat_model::property::PropertyId;

use crate::util::{scenario, scenario_names};

const GUARDS: [&str; 7] =
    ["none", "lock:ttl=60s", "lock:ttl=5s,covers=run", "await-run", "retry", "wait", "debounce"];

fn question(scenario: &Scenario, asked: &[PropertyId], without: &[Reduction]) -> Question {
    Question {
        name: "levels".to_owned(),
        invocation: Invocation::default(),
        scenario: scenario.clone(),
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

#[test]
fn levels_find_what_trials_find() {
    let mut compared = 0;
    for name in ["double-click", "double-click-first", "check-then-act", "race-lease-3"] {
        for guard in GUARDS {
            let guards = Guards::parse(guard).unwrap();
            let Ok(guarded) = guards.apply(scenario(name)) else { continue };
            let alone = PropertyId::ALL.map(|property| vec![property]);
            for asked in alone.into_iter().chain([PropertyId::ALL.to_vec()]) {
                let [levels, trials] = [vec![], vec![Reduction::Levels]]
                    .map(|without| is_broken(&guarded, &asked, &without));
                if let (Some(levels), Some(trials)) = (levels, trials) {
                    assert_eq!(levels, trials, "{name}, {guard}, {asked:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 200, "{compared}");
}

/// Returns how many orders there are and how many of them break something, if they were counted.
fn counts(
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

/// States that become one wrongly show in the number of orders, even where no verdict shows it. All
/// scenarios take half an hour, so they are played only where the differential tests are asked for.
#[test]
fn levels_count_as_many_orders_as_trials_do() {
    let names = ["double-click", "double-click-first", "race-cancel", "cancel-is-eventual"];
    let is_all = std::env::var_os("DEADHEAT_DIFFERENTIAL").is_some();
    let names: Vec<String> =
        if is_all { scenario_names() } else { names.map(str::to_owned).to_vec() };
    let mut compared = 0;
    for name in names {
        for guard in GUARDS {
            let guards = Guards::parse(guard).unwrap();
            let Ok(guarded) = guards.apply(scenario(&name)) else { continue };
            for property in PropertyId::ALL {
                let [levels, trials] = [vec![], vec![Reduction::Levels]]
                    .map(|without| counts(&guarded, &[property], &without));
                if let (Some(levels), Some(trials)) = (levels, trials) {
                    assert_eq!(levels, trials, "{name}, {guard}, {property}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 30, "{compared}");
}
