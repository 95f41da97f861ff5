//! Proofs against sweeps, and counterexamples that are played again, on scenarios that are too
//! large for brute force.

use std::collections::BTreeSet;
use std::sync::Arc;

use deadheat::agenda::Fate;
use deadheat::engine::{Lane, Play};
use deadheat::explore::StrategyName;
use deadheat::record::Verdict;
use deadheat::scenario::Scenario;
use deadheat::stage::Stage;
use deadheat::study::{self, strategies};
use deadheat_model::history::End;
use deadheat_model::property::PropertyId;

use super::followed::follow;
use super::larger::larger;
use super::{Tally, asked_for, question};

const STRATEGIES: [StrategyName; 5] = [
    StrategyName::Walk,
    StrategyName::Pct(2),
    StrategyName::Pct(3),
    StrategyName::Urw,
    StrategyName::Extremes,
];

/// The number of trials of each strategy.
const SWEEP: u64 = 60;

/// The maximum number of trials for each search.
const PROOF: u64 = 800;

/// Returns what sweeps break with at most this many faults. A trial that is cut off certainly
/// breaks nothing.
fn swept(scenario: &Scenario, faults: u32, seed: u64, tally: &mut Tally) -> BTreeSet<PropertyId> {
    let stage = Arc::new(Stage::new(scenario.clone()));
    let mut broken = BTreeSet::new();
    for strategy in STRATEGIES {
        let mut lane = Lane::new(stage.clone(), strategies(&stage, strategy)());
        for seed in seed..seed + SWEEP {
            lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
            tally.trials += 1;
            let schedule = lane.take_schedule().expect("invariant: it was kept");
            // A fault is never the first option of a fate.
            let is_fault = |fate: &&Fate| fate.option != 0;
            let struck = schedule.fates.iter().filter(is_fault).count();
            if lane.end() != End::OutOfBudget && struck <= faults as usize {
                let (violations, _) = lane.judge();
                broken.extend(violations.iter().map(|found| found.property));
            }
        }
    }
    broken
}

fn compare(source: &str, scenario: &Scenario, (faults, seed): (u32, u64), tally: &mut Tally) {
    tally.scenarios += 1;
    let swept = swept(scenario, faults, seed, tally);
    // The properties that no sweep breaks are asked for together, and one of them also alone.
    let (broken, rest): (Vec<PropertyId>, Vec<PropertyId>) =
        PropertyId::ALL.into_iter().partition(|property| swept.contains(property));
    let one = rest.get(seed as usize % rest.len().max(1)).copied();
    let each = broken.iter().copied().chain(one).map(|property| vec![property]);
    for asked in each.chain((rest.len() > 1).then_some(rest)) {
        let question = question(scenario, &asked, faults, PROOF);
        let (proof, stage) = study::prove(&question, &|| None);
        let is_swept = asked.iter().any(|property| swept.contains(property));
        match proof.verdict {
            Verdict::Undecided(_) => tally.undecided += 1,
            Verdict::Proved { .. } => {
                tally.proved += 1;
                if is_swept {
                    tally.disagree(format!("{asked:?} is proved, and a sweep breaks it"), source);
                }
            }
            Verdict::Broken(found) => {
                tally.broken += 1;
                let breaks = found.trial.violations.iter().any(|one| asked.contains(&one.property));
                let followed = follow(&stage, &found.trial);
                let wrong = followed.err().or((!breaks).then(|| "it breaks nothing".to_owned()));
                if let Some(wrong) = wrong {
                    tally.disagree(format!("{asked:?}: of the counterexample, {wrong}"), source);
                }
            }
        }
    }
}

#[test]
fn no_sweep_breaks_what_is_proved_and_every_counterexample_can_be_followed() {
    let (count, first) = asked_for(15);
    let mut tally = Tally::default();
    for seed in (first..first + 30 * count).map(|seed| seed + 4_000_000) {
        if tally.scenarios == count {
            break;
        }
        let Some((source, scenario)) = larger(seed) else { continue };
        let faults = if scenario.has_fates() { (seed % 3) as u32 } else { 0 };
        compare(&format!("# --faults {faults}\n{source}"), &scenario, (faults, seed), &mut tally);
    }
    tally.assert_equal("sweeps");
}
