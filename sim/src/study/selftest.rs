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

/// The strategies that look for the mistakes. Under the first one alone, a leak is looked for,
/// since what tells of it is no strategy, and a sound counterpart is played.
const STRATEGIES: [StrategyName; StrategyName::ALL.len()] = StrategyName::ALL;

/// Looks for every mistake, on so many OS threads. `stop` ends it early if it says so: what is left
/// counts as not found.
pub fn selftest(lanes: usize, stop: &(dyn Fn() -> bool + Sync)) -> Selftested {
    let (walk, mut rows) = (STRATEGIES[0], Vec::<Tested>::new());
    for (place, specimen) in SPECIMENS.iter().enumerate() {
        let look = |version, strategy| each_root(lanes, specimen, version, strategy, stop);
        // Several mistakes may have one counterpart.
        let known = SPECIMENS[..place].iter().position(|known| known.is_as_sound(specimen));
        let alarms = match known {
            Some(known) => rows[known].alarms,
            None => look(specimen.sound, walk).len() as u64,
        };
        let tried = specimen.strategies().iter().map(|strategy| {
            let found = look(specimen.flawed, *strategy);
            Tried { strategy: strategy.to_string(), found }
        });
        let Specimen { name, wrong, oracle, .. } = *specimen;
        rows.push(Tested { name, wrong, oracle, tried: tried.collect(), alarms });
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

/// The first of so many trials under `walk` that tells, from 1.
pub fn first_telling(specimen: &Specimen, version: Version, trials: u64) -> Option<u64> {
    let stage = specimen.stage(version);
    let mut lane = Lane::new(stage.clone(), strategies(&stage, StrategyName::Walk)());
    look(&stage, &mut lane, specimen.oracle, Sequence { first_seed: 1, trials })
}

/// Trials of growing seeds.
#[derive(Clone, Copy)]
struct Sequence {
    first_seed: u64,
    trials: u64,
}

fn look(stage: &Arc<Stage>, lane: &mut Lane, oracle: Oracle, sequence: Sequence) -> Option<u64> {
    match oracle {
        Oracle::Differs => differs(stage, sequence),
        oracle => tells(lane, sequence, oracle),
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
            let sequence = Sequence { first_seed: 1 + root * APART, trials: TRIALS };
            found.extend(look(&stage, &mut lane, specimen.oracle, sequence));
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

fn tells(lane: &mut Lane, sequence: Sequence, oracle: Oracle) -> Option<u64> {
    let Sequence { first_seed, trials } = sequence;
    (1..=trials).find(|trial| {
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
fn differs(stage: &Arc<Stage>, sequence: Sequence) -> Option<u64> {
    let Sequence { first_seed, trials } = sequence;
    let plan = Sweep { first_seed, trials, lanes: 1, madsim_seed: 0 };
    let until = Until { findings: None, stop: &|| false };
    let played = play(stage, StrategyName::Walk, plan, until);
    let is_located = |bug: &&crate::record::Bug| {
        let lines = bug.parting.as_ref().map(|parting| &parting.lines);
        lines.is_some_and(|lines| lines.iter().any(Option::is_some))
    };
    played.bugs.iter().find(is_located).map(|bug| bug.seed - first_seed + 1)
}
