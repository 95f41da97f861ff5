//! The search level by level against the search that plays trials: the same verdicts.

use deadheat::record::{Invocation, Verdict};
use deadheat::scenario::{Guards, Scenario};
use deadheat::study::{Question, Reduction, prove};
use deadheat_model::property::PropertyId;

use crate::util::scenario;

const GUARDS: [&str; 7] =
    ["none", "lock:ttl=60s", "lock:ttl=5s,covers=run", "await-run", "retry", "wait", "debounce"];

/// Returns whether something breaks, if that was decided.
fn is_broken(scenario: &Scenario, asked: &[PropertyId], without: &[Reduction]) -> Option<bool> {
    let question = Question {
        name: "levels".to_owned(),
        invocation: Invocation::default(),
        scenario: scenario.clone(),
        asked: asked.to_vec(),
        faults: 0,
        switches: None,
        states_max: 1_500,
        memory_max: 1 << 30,
        trials_max: 400,
        count_max: 0,
        without: without.to_vec(),
    };
    match prove(question, &|| None).0.verdict {
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
