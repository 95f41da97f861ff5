//! The cases of random scenarios. On the scenario that it comes from, each case fails as it did,
//! both by names and strictly, whichever strategy found it.

use std::sync::Arc;

use deadheat::stage::Stage;

use super::larger::larger;
use super::{asked_for, report};
use crate::cases::{STRATEGIES, followed};

/// The number of trials of each scenario under each strategy.
const TRIALS: u64 = 3;

#[test]
fn every_case_of_a_random_scenario_is_followed() {
    let (count, first) = asked_for(30);
    let (mut scenarios, mut cases, mut lost) = (0, 0, Vec::new());
    for seed in first..first + count {
        let Some((source, scenario)) = larger(seed) else { continue };
        scenarios += 1;
        let stage = Arc::new(Stage::new(scenario));
        for strategy in STRATEGIES {
            let (more, fewer) = followed("random", &stage, strategy, TRIALS);
            cases += more;
            lost.extend(fewer.into_iter().map(|one| (one, source.clone())));
        }
    }
    report(&format!("{cases} cases of {scenarios} scenarios"));
    lost.sort_by_key(|(_, source)| source.len());
    if let Some((one, source)) = lost.first() {
        panic!("{} of {cases} cases are not followed: {one}\n{source}", lost.len());
    }
    assert!(cases > 0);
}
