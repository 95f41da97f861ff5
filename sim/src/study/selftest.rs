//! Self-test: known-bad servers, guards and applications, each of which has to be found.
//!
//! Each stands beside its *sound counterpart*, the same without the mistake, in which the same
//! oracle has to stay silent. Otherwise finding it would say nothing.

mod specimen;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::specimen::{SPECIMENS, Specimen, Version};

use super::check::{Until, play};
use super::strategies;
use crate::app::Stage;
use crate::engine::{Lane, Play, Sweep};
use crate::explore::StrategyName;
use crate::record::{Oracle, Selftested, Tested, Tried};
use crate::scenario::{self, Guards};

/// So many sequences of trials for each.
const ROOTS: u64 = 50;

/// So many trials in each sequence.
const TRIALS: u64 = 1_000;

/// Sequences begin so far from each other.
const APART: u64 = 1_000_000;

/// The strategies that look for the mistakes. That of the leaks is always the first one: what tells
/// of those is no strategy.
const STRATEGIES: [StrategyName; 2] = [StrategyName::Walk, StrategyName::Portfolio];

/// Looks for every mistake, on so many OS threads. `stop` ends it early if it says so: what is left
/// counts as not found.
pub fn selftest(lanes: usize, stop: &(dyn Fn() -> bool + Sync)) -> Selftested {
    let mut sound: Vec<(&Specimen, StrategyName, u64)> = Vec::new();
    let mut rows = Vec::new();
    for specimen in &SPECIMENS {
        let mut tried = Vec::new();
        for strategy in specimen.strategies().iter().copied() {
            let look = |version| each_root(lanes, specimen, version, strategy, stop);
            // Several mistakes may have one counterpart.
            let known =
                sound.iter().find(|(one, by, _)| one.is_as_sound(specimen) && *by == strategy);
            let alarms =
                known.map_or_else(|| look(specimen.sound).len() as u64, |(.., alarms)| *alarms);
            sound.push((specimen, strategy, alarms));
            let found = look(specimen.flawed);
            tried.push(Tried { strategy: strategy.to_string(), found, alarms });
        }
        let Specimen { name, wrong, oracle, .. } = *specimen;
        rows.push(Tested { name, wrong, oracle, tried });
    }
    Selftested { roots: ROOTS, trials: TRIALS, rows }
}

impl Specimen {
    fn strategies(&self) -> &'static [StrategyName] {
        match self.oracle {
            Oracle::Differs => &STRATEGIES[..1],
            Oracle::Breaks(_) | Oracle::Reaches(_) => &STRATEGIES,
        }
    }

    /// Whether the sound counterparts are the same, and are asked the same.
    fn is_as_sound(&self, other: &Specimen) -> bool {
        let asked = |one: &Specimen| (one.oracle, one.scenario, one.sound);
        asked(self) == asked(other)
    }

    /// The stage of one of its versions.
    pub fn stage(&self, version: Version) -> Arc<Stage> {
        let settings: Vec<(String, String)> =
            version.set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let scenario = scenario::load(self.scenario, &settings).scenario;
        let scenario = scenario.expect("invariant: what is shipped has no mistakes");
        let guards = match version.guard {
            Some(guard) => Guards::parse(guard).expect("invariant: what is shipped is a guard"),
            None => Guards::none(),
        };
        let guarded = guards.apply(scenario).expect("invariant: the guard applies");
        Arc::new(Stage::flawed(guarded, version.flaw))
    }
}

/// The first trial that tells, in each sequence in which one does; sorted.
fn each_root(
    lanes: usize,
    specimen: &Specimen,
    version: Version,
    strategy: StrategyName,
    stop: &(dyn Fn() -> bool + Sync),
) -> Vec<u64> {
    let (stage, next) = (specimen.stage(version), AtomicU64::new(0));
    let makes = strategies(&stage, strategy);
    let lane = || {
        let mut lane = Lane::new(stage.clone(), makes());
        let mut found = Vec::new();
        while !stop() {
            let root = next.fetch_add(1, Ordering::Relaxed);
            if root >= ROOTS {
                break;
            }
            let first_seed = 1 + root * APART;
            found.extend(match specimen.oracle {
                Oracle::Differs => differs(&stage, first_seed),
                oracle => tells(&mut lane, first_seed, oracle),
            });
        }
        found
    };
    let mut found: Vec<u64> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let join = |lane: std::thread::ScopedJoinHandle<'_, Vec<u64>>| match lane.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        lanes.into_iter().flat_map(join).collect()
    });
    found.sort_unstable();
    found
}

fn tells(lane: &mut Lane, first_seed: u64, oracle: Oracle) -> Option<u64> {
    (1..=TRIALS).find(|trial| {
        lane.play(Play::seed(first_seed + trial - 1));
        let (violations, marks) = lane.judge();
        match oracle {
            Oracle::Breaks(property) => violations.iter().any(|one| one.property == property),
            Oracle::Reaches(mark) => marks.has(mark),
            Oracle::Differs => unreachable!("invariant: a sweep tells that"),
        }
    })
}

/// A sweep as any other: its determinism guard has to name the first event that is not the same.
fn differs(stage: &Arc<Stage>, first_seed: u64) -> Option<u64> {
    let plan = Sweep { first_seed, trials: TRIALS, lanes: 1, madsim_seed: 0 };
    let until = Until { findings: None, stop: &|| false };
    let played = play(stage, StrategyName::Walk, plan, until);
    let is_located = |bug: &&crate::record::Bug| {
        let lines = bug.parting.as_ref().map(|parting| &parting.lines);
        lines.is_some_and(|lines| lines.iter().any(Option::is_some))
    };
    played.bugs.iter().find(is_located).map(|bug| bug.seed - first_seed + 1)
}
