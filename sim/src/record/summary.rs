//! The totals of a sweep. They hold only sums and smallest seeds, so that the order of trials does
//! not matter.

use deadheat_model::history::{Cast, End, Mark};
use deadheat_model::property::{Marks, PropertyId, Violation, Way};
use serde::{Deserialize, Serialize};

use super::Sketch;

/// How many trials something held in, and their smallest and largest seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub trials: u64,
    first_seed: u64,
    last_seed: u64,
}

impl Tally {
    /// Counts the trial with this seed. The same trial may be reported more than once.
    fn count(&mut self, seed: u64) {
        if self.trials == 0 || self.last_seed != seed {
            self.add(Tally { trials: 1, first_seed: seed, last_seed: seed });
        }
    }

    fn add(&mut self, other: Tally) {
        if self.trials == 0 {
            *self = other;
        } else if other.trials > 0 {
            self.trials += other.trials;
            self.first_seed = self.first_seed.min(other.first_seed);
            self.last_seed = self.last_seed.max(other.last_seed);
        }
    }

    /// Returns the smallest seed, if there is one.
    pub fn first(self) -> Option<u64> {
        (self.trials > 0).then_some(self.first_seed)
    }
}

/// Violations that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The way of breaking.
    pub way: Way,
    /// How many trials have it.
    pub tally: Tally,
    /// The smallest seeds of those, at most [`AGAIN`].
    pub seeds: Vec<u64>,
}

/// This many of the trials with a finding are played a second time.
pub const AGAIN: usize = 16;

impl Finding {
    /// Counts the trial with this seed. Returns whether it is one of the first.
    fn count(&mut self, seed: u64) -> bool {
        self.tally.count(seed);
        let is_new = self.seeds.len() < AGAIN && self.seeds.last() != Some(&seed);
        if is_new {
            self.seeds.push(seed);
        }
        is_new
    }

    fn merge(&mut self, other: &Finding) {
        self.tally.add(other.tally);
        self.seeds.extend_from_slice(&other.seeds);
        self.seeds.sort_unstable();
        self.seeds.truncate(AGAIN);
    }
}

/// What became of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultTally {
    /// The trials in which it could have struck.
    pub armed: Tally,
    /// The trials in which it struck.
    pub fired: Tally,
    /// The smallest seeds of those, at most [`SAMPLE`].
    pub sample: Vec<u64>,
}

/// The change that a fault made is determined in this many of the trials in which it struck.
pub const SAMPLE: usize = 100;

impl FaultTally {
    fn merge(&mut self, other: &FaultTally) {
        self.armed.add(other.armed);
        self.fired.add(other.fired);
        self.sample.extend_from_slice(&other.sample);
        self.sample.sort_unstable();
        self.sample.truncate(SAMPLE);
    }
}

/// A trial that was played: what is counted besides its violations and marks.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Its seed.
    pub seed: u64,
    /// How many occurrences fired.
    pub occurrences: u64,
    /// The hash of its schedule, without its times.
    pub path: u64,
    /// How it ended.
    pub end: End,
    /// The faults that could have struck, with a bit for each.
    pub armed: u64,
    /// The faults that struck.
    pub fired: u64,
}

/// The totals of a sweep, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many trials.
    pub trials: u64,
    /// How many occurrences fired in them.
    pub occurrences: u64,
    /// The schedules, without their times.
    pub schedules: Sketch,
    /// Which trials broke each property, by [`PropertyId`].
    pub violated: [Tally; PropertyId::ALL.len()],
    /// Which trials reached each mark, by [`Mark`].
    pub reached: [Tally; Mark::ALL.len()],
    /// Violations that are alike, sorted.
    pub findings: Vec<Finding>,
    /// What became of each fault that could have struck, by its place in the scenario.
    pub faults: Vec<FaultTally>,
    /// Which trials got stuck.
    pub stuck: Tally,
    /// Which trials were out of budget.
    pub out_of_budget: Tally,
    /// The results of each member of a portfolio, by its place. This is empty without a portfolio.
    pub shares: Vec<Share>,
}

/// The results of one member of a portfolio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How many trials it has played.
    pub trials: u64,
    /// Which of them broke any property.
    pub violated: Tally,
}

impl Summary {
    /// Adds one trial. The trials of one summary are added by growing seed. Returns whether it is
    /// one of the first trials with some finding.
    pub fn add_trial(
        &mut self,
        cast: &Cast,
        played: Counted,
        violations: &[Violation],
        marks: Marks,
    ) -> bool {
        let seed = played.seed;
        self.trials += 1;
        self.occurrences += played.occurrences;
        self.schedules.add(played.path);
        if played.armed != 0 {
            self.add_faults(played);
        }
        for mark in Mark::ALL.into_iter().filter(|mark| marks.has(*mark)) {
            self.reached[mark as usize].count(seed);
        }
        match played.end {
            End::Settled => {}
            End::Stuck => self.stuck.count(seed),
            End::OutOfBudget => self.out_of_budget.count(seed),
        }
        let mut is_first = false;
        for violation in violations {
            self.violated[violation.property as usize].count(seed);
            is_first |= self.finding(violation.way(cast)).count(seed);
        }
        is_first
    }

    /// Notes that the member of a portfolio with this place played the trial that was added last.
    pub fn add_share(&mut self, place: usize, seed: u64, is_violated: bool) {
        let share = self.share(place);
        share.trials += 1;
        if is_violated {
            share.violated.count(seed);
        }
    }

    fn share(&mut self, place: usize) -> &mut Share {
        if self.shares.len() <= place {
            self.shares.resize_with(place + 1, Share::default);
        }
        &mut self.shares[place]
    }

    fn add_faults(&mut self, played: Counted) {
        let length = (u64::BITS - played.armed.leading_zeros()) as usize;
        if self.faults.len() < length {
            self.faults.resize_with(length, FaultTally::default);
        }
        for (clause, fault) in self.faults.iter_mut().enumerate() {
            if played.armed & 1 << clause != 0 {
                fault.armed.count(played.seed);
            }
            if played.fired & 1 << clause != 0 {
                fault.fired.count(played.seed);
                if fault.sample.len() < SAMPLE {
                    fault.sample.push(played.seed);
                }
            }
        }
    }

    /// Adds another part of the same sweep.
    pub fn merge(&mut self, other: &Summary) {
        self.trials += other.trials;
        self.occurrences += other.occurrences;
        self.schedules.merge(&other.schedules);
        for (mine, theirs) in self.violated.iter_mut().zip(other.violated) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.reached.iter_mut().zip(other.reached) {
            mine.add(theirs);
        }
        if self.faults.len() < other.faults.len() {
            self.faults.resize_with(other.faults.len(), FaultTally::default);
        }
        for (mine, theirs) in self.faults.iter_mut().zip(&other.faults) {
            mine.merge(theirs);
        }
        self.stuck.add(other.stuck);
        self.out_of_budget.add(other.out_of_budget);
        for (place, theirs) in other.shares.iter().enumerate() {
            let mine = self.share(place);
            mine.trials += theirs.trials;
            mine.violated.add(theirs.violated);
        }
        for finding in &other.findings {
            self.finding(finding.way).merge(finding);
        }
    }

    /// Returns which trials broke this property.
    pub fn violated(&self, property: PropertyId) -> Tally {
        self.violated[property as usize]
    }

    /// Returns which trials reached this mark.
    pub fn reached(&self, mark: Mark) -> Tally {
        self.reached[mark as usize]
    }

    /// Returns how many different fingerprints there are.
    pub fn fingerprints(&self) -> u64 {
        let mut fingerprints: Vec<_> =
            self.findings.iter().map(|one| one.way.fingerprint).collect();
        fingerprints.dedup();
        fingerprints.len() as u64
    }

    fn finding(&mut self, way: Way) -> &mut Finding {
        // There are few, and most violations are like a known one.
        let at = self.findings.iter().position(|known| known.way == way).unwrap_or_else(|| {
            let at = self.findings.partition_point(|known| known.way < way);
            self.findings.insert(at, Finding { way, tally: Tally::default(), seeds: Vec::new() });
            at
        });
        &mut self.findings[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_is_independent_of_the_order() {
        let part = |seed: u64, stuck: bool| {
            let end = if stuck { End::Stuck } else { End::Settled };
            let mut part = Summary::default();
            let played = Counted { seed, occurrences: 3, path: seed, end, armed: 0, fired: 0 };
            part.add_trial(&Cast::default(), played, &[], Marks::default());
            part
        };
        let parts = [part(4, true), part(2, false), part(3, true)];
        let merged = |order: [usize; 3]| {
            let mut whole = Summary::default();
            for index in order {
                whole.merge(&parts[index]);
            }
            whole
        };
        assert_eq!(merged([0, 1, 2]), merged([2, 1, 0]));
        let stuck = merged([0, 1, 2]).stuck;
        assert_eq!((stuck.trials, stuck.first()), (2, Some(3)));
    }
}
