//! Determinism: some trials are played a second time, in another lane. The second run has to be the
//! same trial. One trial in twenty is played on another host, and the first trials and those with
//! findings on madsim, with another seed of its own. Only madsim notices an actor that reads or
//! awaits its clock.
//!
//! The schedule alone decides a trial. Whatever else gets in is different in another lane, whose
//! memory has another past, or on another OS thread. Examples are ambient time, the order of a
//! hash, an address, and something that outlives a trial. Which trials are played again depends on
//! their seeds and on what they broke, never on which lane played them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadheat_model::history::{Event, History};
use deadheat_model::property::Way;

use crate::agenda::{Observed, Strategy, mix};
use crate::engine::{Host, Lane, Play, Sweep, Watcher};
use crate::explore::Scribe;
use crate::record::{Bug, Coverage, Digest, FIRST, Finding, Part, Parting, Trace, digest, line};
use crate::stage::Stage;

/// One trial in this many is played again, whichever lane plays it.
const ONE_IN: u64 = 20;

/// A run with a different result is played again up to this many times, until the difference shows.
const ATTEMPTS: u64 = 8;

/// Returns whether the trial with this seed is played again, whatever it breaks.
pub fn is_played_again(seed: u64) -> bool {
    // This is not every twentieth seed, because a strategy may depend on the seed, too.
    mix(seed, 0x0A6A_1A57).is_multiple_of(ONE_IN)
}

/// Trials are played again until this many occurrences have fired in them, once the sweep is
/// interrupted.
const WAITED_FOR: u64 = 50_000;

/// What is watched: a sweep of a stage, and whether a difference was found in it.
pub(super) struct Watch<'a> {
    stage: &'a Arc<Stage>,
    strategy: &'a (dyn Fn() -> Box<dyn Strategy> + Sync),
    plan: Sweep,
    watcher: &'a dyn Watcher,
    differs: AtomicBool,
}

/// A sweep is also over when two runs of a trial have differed, because nothing else counts then.
impl Watcher for Watch<'_> {
    fn is_over(&self) -> bool {
        self.differs.load(Ordering::Relaxed) || self.watcher.is_over()
    }

    fn is_interrupted(&self) -> bool {
        self.watcher.is_interrupted()
    }

    fn played(&self, trials: u64) {
        self.watcher.played(trials);
    }

    fn found(&self, way: Way, seed: u64) {
        self.watcher.found(way, seed);
    }
}

/// What one lane's trials have shown so far.
#[derive(Default)]
pub(super) struct Seen {
    second: Option<Second>,
    pub(super) coverage: Coverage,
    pub(super) traces: BTreeMap<u64, Trace>,
    pub(super) bug: Option<Bug>,
}

/// What a whole sweep has shown.
pub(super) struct Shown {
    pub(super) coverage: Coverage,
    /// The digests of the findings' first trials, by seed.
    pub(super) digests: BTreeMap<u64, Digest>,
    pub(super) bug: Option<Bug>,
}

impl<'a> Watch<'a> {
    /// Watches this sweep.
    pub(super) fn new(
        stage: &'a Arc<Stage>,
        strategy: &'a (dyn Fn() -> Box<dyn Strategy> + Sync),
        plan: Sweep,
        watcher: &'a dyn Watcher,
    ) -> Watch<'a> {
        Watch { stage, strategy, plan, watcher, differs: AtomicBool::new(false) }
    }

    /// Looks at the trial that the lane has just played. `is_first` says that it is one of the
    /// first trials with some finding.
    pub(super) fn look(&self, seen: &mut Seen, lane: &Lane, seed: u64, is_first: bool) {
        if is_first || seed - self.plan.first_seed < FIRST {
            seen.traces.insert(seed, trace(lane));
        }
        self.sample(seen, lane, seed);
    }

    /// Repeats the trial that the lane has just played, if its seed says so.
    pub(super) fn sample(&self, seen: &mut Seen, lane: &Lane, seed: u64) {
        if !is_played_again(seed) {
            return;
        }
        let second = seen.second.get_or_insert_with(|| self.second(self.other_host()));
        second.play(self.again(seed));
        self.cover(&mut seen.coverage, second);
        if trace(lane) == trace(&second.lane) {
            return;
        }
        self.differs.store(true, Ordering::Relaxed);
        let plan = (self.plan.host, self.plan.madsim_seed);
        let runs = [plan, (self.other_host(), self.again(seed).madsim_seed)];
        seen.bug.get_or_insert(differs(seed, Some(parting([lane, &second.lane], runs))));
    }

    /// Plays the first trials and the first trials with each finding again, on this OS thread.
    /// `bug` is what the lanes have found.
    pub(super) fn finish(&self, part: &Part, bug: Option<Bug>) -> Shown {
        let (traces, findings) = (&part.traces, &part.summary.findings);
        let coverage = part.coverage.clone();
        let mut shown = Shown { coverage, digests: BTreeMap::new(), bug };
        let mut seeds: Vec<u64> = traces.keys().copied().collect();
        let first_end = self.plan.first_seed + FIRST;
        seeds.retain(|seed| {
            let is_finding = |finding: &Finding| finding.seeds.binary_search(seed).is_ok();
            *seed < first_end || findings.iter().any(is_finding)
        });
        let (mut second, mut fired) = (self.second(Host::default()), 0);
        for seed in seeds {
            let is_waited_for = fired >= WAITED_FOR && self.is_interrupted();
            if is_waited_for || shown.bug.as_ref().is_some_and(|bug| bug.seed <= seed) {
                break;
            }
            second.play(self.again(seed));
            fired += second.lane.occurrences();
            // The trials that were already played again have been counted.
            if !is_played_again(seed) {
                self.cover(&mut shown.coverage, &second);
            }
            if findings.iter().any(|finding| finding.tally.first() == Some(seed)) {
                shown.digests.insert(seed, self.digest(&second.lane));
            }
            if traces[&seed] != trace(&second.lane) {
                self.differs.store(true, Ordering::Relaxed);
                shown.bug = Some(differs(seed, self.locate(&mut second, seed)));
            }
        }
        shown
    }

    /// Plays the same trial, each time in a new lane on a new OS thread, until one run differs from
    /// another.
    fn locate(&self, second: &mut Second, seed: u64) -> Option<Parting> {
        for attempt in 0..ATTEMPTS {
            // The first attempt is exactly as the sweep had it.
            let madsim_seed = self.plan.madsim_seed.wrapping_add(attempt);
            let play = || {
                let mut other = self.second(self.plan.host);
                other.play(Play { madsim_seed, ..Play::seed(seed) });
                other.lane
            };
            let other = std::thread::scope(|scope| scope.spawn(play).join());
            let other = other.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            if trace(&other) != trace(&second.lane) {
                let again = (Host::default(), self.again(seed).madsim_seed);
                let runs = [(self.plan.host, madsim_seed), again];
                return Some(parting([&other, &second.lane], runs));
            }
            second.play(self.again(seed));
        }
        None
    }

    fn again(&self, seed: u64) -> Play {
        Play { madsim_seed: madsim_seed(self.plan.madsim_seed, seed), ..Play::seed(seed) }
    }

    /// Returns a host that is not the sweep's, if there is one.
    fn other_host(&self) -> Host {
        let other = Host::ALL.iter().find(|host| **host != self.plan.host);
        *other.unwrap_or(&self.plan.host)
    }

    fn second(&self, host: Host) -> Second {
        let observed = Observed::new((self.strategy)(), Scribe::default());
        Second { lane: Lane::on(host, self.stage.clone(), Box::new(observed)) }
    }

    fn cover(&self, coverage: &mut Coverage, second: &Second) {
        let cast = &self.stage.cast;
        second.lane.observed(|scribe: &Scribe| coverage.add_trial(cast, &scribe.touches));
    }

    fn digest(&self, lane: &Lane) -> Digest {
        let history = History { cast: lane.cast(), events: lane.events(<[Event]>::to_vec) };
        digest(self.stage.digest, &history)
    }
}

/// A lane for second runs. It is kept, so that its memory is different and has another past.
struct Second {
    lane: Lane,
}

impl Second {
    fn play(&mut self, play: Play) {
        self.lane.play(play);
    }
}

/// Returns madsim's seed in the second run of a trial.
fn madsim_seed(first: u64, seed: u64) -> u64 {
    // This is never the first run's seed.
    first.wrapping_add(1 + seed % (1 << 32))
}

fn trace(lane: &Lane) -> Trace {
    let path = lane.path();
    lane.events(|events| Trace::of(events, path))
}

/// Returns where two runs of a trial diverge.
fn parting(lanes: [&Lane; 2], runs: [(Host, u64); 2]) -> Parting {
    let [one, other] = lanes.map(|lane| lane.events(<[Event]>::to_vec));
    let event = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let cast = lanes[0].cast();
    let line = |events: &[Event]| events.get(event).map(|event| line(&cast, event));
    let runs = runs.map(|(host, madsim_seed)| {
        if host == Host::Bare {
            return "--host bare".to_owned();
        }
        format!("--madsim-seed {madsim_seed}")
    });
    Parting { event, runs, lines: [line(&one), line(&other)] }
}

fn differs(seed: u64, parting: Option<Parting>) -> Bug {
    let what = "a second run of it came out otherwise: something escapes the schedule".to_owned();
    Bug { seed, what, parting }
}

/// Returns the difference with the smallest seed.
pub(super) fn first(bugs: impl IntoIterator<Item = Option<Bug>>) -> Option<Bug> {
    bugs.into_iter().flatten().min_by_key(|bug| bug.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trial_in_twenty_is_played_again_and_its_seed_says_which() {
        let again = |seeds: std::ops::Range<u64>| seeds.filter(|seed| is_played_again(*seed));
        let first: Vec<u64> = again(0..100).collect();
        assert_eq!(first, [4, 14, 15, 20, 56, 57]);
        for from in [0, 1 << 40] {
            let count = again(from..from + 100_000).count();
            assert!((4_800..5_200).contains(&count), "{count}");
        }
        // No residue is left out, whatever a strategy divides a seed by.
        for divisor in [2, 3, 4, 5, 7] {
            let rest = |rest| again(0..2_000).any(|seed| seed % divisor == rest);
            assert!((0..divisor).all(rest), "{divisor}");
        }
    }

    #[test]
    fn the_second_run_has_another_seed_of_madsims() {
        for (first, seed) in [(0, 0), (0, 1), (u64::MAX, 0), (7, (1 << 53) - 1)] {
            assert_ne!(madsim_seed(first, seed), first);
        }
    }
}
