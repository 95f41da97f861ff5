//! Self-test: known-bad servers, guards and applications, each of which has to be found.
//!
//! Each has a *sound counterpart*, which is the same without the mistake. The same oracle has to
//! stay silent there. Otherwise finding the mistake would say nothing.

mod specimen;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::specimen::{SPECIMENS, Specimen, Version};

use super::check::{Until, play};
use super::strategies;
use super::subject::Subject;
use crate::engine::{Host, Lane, Play, Sweep, Watcher};
use crate::explore::StrategyName;
use crate::record::{Oracle, Selftested, Tested, Tried};
use crate::scenario::{self, Guards};
use crate::stage::Stage;

/// This many sequences of trials are played for each specimen.
const ROOTS: u64 = 50;

/// Each sequence has this many trials.
const TRIALS: u64 = 1_000;

/// The first seeds of two sequences are this far apart.
const APART: u64 = 1_000_000;

/// The strategies that look for the mistakes. Leaks are looked for under the first strategy alone,
/// because a leak is not detected by a strategy. Sound counterparts are also played under the first
/// strategy alone.
const STRATEGIES: [StrategyName; StrategyName::ALL.len()] = StrategyName::ALL;

/// Looks for every mistake, on this many OS threads. `stop` can end this early. Sequences that were
/// not played to their end are not counted then, and a specimen that was not begun has no row.
pub fn selftest(lanes: usize, stop: &dyn Watcher) -> Selftested {
    let (walk, mut rows) = (STRATEGIES[0], Vec::<Tested>::new());
    for (place, specimen) in SPECIMENS.iter().enumerate() {
        if stop.is_over() {
            break;
        }
        let look = |version, strategy| each_root(lanes, specimen, version, strategy, stop);
        // Several mistakes may have the same counterpart.
        let known = SPECIMENS[..place].iter().position(|known| known.is_as_sound(specimen));
        let alarms = match known {
            Some(known) => rows[known].alarms,
            None => look(specimen.sound, walk).found.len() as u64,
        };
        let tried = specimen.strategies().iter().map(|strategy| look(specimen.flawed, *strategy));
        let tried = tried.take_while(|tried| tried.sequences > 0).collect();
        let Specimen { name, wrong, oracle, .. } = *specimen;
        rows.push(Tested { name, wrong, oracle, tried, alarms });
    }
    let is_interrupted = stop.is_over();
    if is_interrupted {
        // A specimen that was only begun says nothing, unless something sound was blamed.
        rows.retain(|row| !row.tried.is_empty() || row.alarms > 0);
    }
    Selftested { roots: ROOTS, trials: TRIALS, planned: SPECIMENS.len(), rows, is_interrupted }
}

impl Specimen {
    fn strategies(&self) -> &'static [StrategyName] {
        match self.oracle {
            Oracle::Differs => &STRATEGIES[..1],
            Oracle::Breaks(_) | Oracle::Reaches(_) => &STRATEGIES,
        }
    }

    /// Returns whether the sound counterparts are the same and are tested for the same.
    fn is_as_sound(&self, other: &Specimen) -> bool {
        let asked = |one: &Specimen| (one.oracle, one.scenario, one.sound);
        asked(self) == asked(other)
    }

    /// Returns the stage of one of its versions.
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

/// Returns the first of this many trials under `walk` that shows the mistake, from 1.
pub fn first_telling(specimen: &Specimen, version: Version, trials: u64) -> Option<u64> {
    let stage = specimen.stage(version);
    let mut lane = Lane::new(stage.clone(), strategies(&stage, StrategyName::Walk)());
    let sequence = Sequence { first_seed: 1, trials };
    look(&stage, &mut lane, specimen.oracle, sequence, &|| false)
}

/// Trials of growing seeds.
#[derive(Clone, Copy)]
struct Sequence {
    first_seed: u64,
    trials: u64,
}

/// Returns the first trial that shows the mistake, in each sequence that has one.
fn each_root(
    lanes: usize,
    specimen: &Specimen,
    version: Version,
    strategy: StrategyName,
    stop: &dyn Watcher,
) -> Tried {
    let (stage, next) = (specimen.stage(version), AtomicU64::new(0));
    let makes = strategies(&stage, strategy);
    let lane = || {
        let mut lane = Lane::new(stage.clone(), makes());
        let mut looked = Vec::new();
        loop {
            let root = next.fetch_add(1, Ordering::Relaxed);
            if root >= ROOTS {
                break;
            }
            let sequence = Sequence { first_seed: 1 + root * APART, trials: TRIALS };
            let found = look(&stage, &mut lane, specimen.oracle, sequence, stop);
            if found.is_none() && stop.is_over() {
                break;
            }
            looked.push(found);
        }
        looked
    };
    let looked: Vec<Option<u64>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let join = |lane: std::thread::ScopedJoinHandle<'_, Vec<Option<u64>>>| match lane.join() {
            Ok(looked) => looked,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        lanes.into_iter().flat_map(join).collect()
    });
    let sequences = looked.len() as u64;
    let mut found: Vec<u64> = looked.into_iter().flatten().collect();
    found.sort_unstable();
    Tried { strategy: strategy.to_string(), sequences, found }
}

/// Returns the first trial of a sequence that shows the mistake. Returns `None` as well if the
/// sequence was ended before.
fn look(
    stage: &Arc<Stage>,
    lane: &mut Lane,
    oracle: Oracle,
    sequence: Sequence,
    stop: &dyn Watcher,
) -> Option<u64> {
    match oracle {
        Oracle::Differs => differs(stage, sequence, stop),
        oracle @ (Oracle::Breaks(_) | Oracle::Reaches(_)) => tells(lane, sequence, oracle, stop),
    }
}

fn tells(lane: &mut Lane, sequence: Sequence, oracle: Oracle, stop: &dyn Watcher) -> Option<u64> {
    let Sequence { first_seed, trials } = sequence;
    let tells = |lane: &mut Lane, trial: u64| {
        lane.play(Play::seed(first_seed + trial - 1));
        let (violations, marks) = lane.judge();
        match oracle {
            Oracle::Breaks(property) => violations.iter().any(|one| one.property == property),
            Oracle::Reaches(mark) => marks.has(mark),
            Oracle::Differs => unreachable!("invariant: a sweep tells that"),
        }
    };
    let mut played = 0;
    let mut found = None;
    while found.is_none() && played < trials && !stop.is_over() {
        played += 1;
        found = tells(lane, played).then_some(played);
    }
    stop.played(played);
    found
}

/// Plays a sweep like any other. Its determinism guard has to name the first event that differs.
fn differs(stage: &Arc<Stage>, sequence: Sequence, stop: &dyn Watcher) -> Option<u64> {
    let Sequence { first_seed, trials } = sequence;
    let plan = Sweep { first_seed, trials, lanes: 1, host: Host::default(), madsim_seed: 0 };
    let until = Until::stopped(stop);
    let played = play(&Subject::new("selftest", stage.clone()), plan, until);
    let is_located = |bug: &&crate::record::Bug| {
        let lines = bug.parting.as_ref().map(|parting| &parting.lines);
        lines.is_some_and(|lines| lines.iter().any(Option::is_some))
    };
    played.bugs.iter().find(is_located).map(|bug| bug.seed - first_seed + 1)
}
