//! A comparison: what a scenario breaks and costs under one guard after another, each under the
//! same seeds.

use deadheat_model::cost::Cost;
use deadheat_model::property::PropertyId;

use super::{Bug, Expected, Invocation, Summary};

/// A scenario under several guards.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// The scenario as it was named, and the parameters that were set.
    pub invocation: Invocation,
    /// The parameter that is varied, if one is.
    pub vary: Option<Varied>,
    /// The seed of each row's first trial.
    pub first_seed: u64,
    /// How many trials each row was meant to have.
    pub trials: u64,
    /// How many guards were meant to have a row.
    pub guards: usize,
    /// A row for each guard. The row without a guard comes first.
    pub rows: Vec<Row>,
}

/// A parameter that is varied, with its value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A guard, with its result.
#[derive(Clone, Debug)]
pub struct Row {
    /// The guard, as the command line spells it.
    pub guard: String,
    /// Its result.
    pub outcome: Outcome,
}

/// The result of a guard.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It makes no sense in this scenario. The text says why, in a sentence.
    NotApplicable(String),
    /// It was played.
    Played(Box<Played>),
}

/// The trials of a row.
#[derive(Clone, Debug)]
pub struct Played {
    /// What they add up to.
    pub summary: Summary,
    /// What they cost.
    pub bill: Bill,
    /// What was expected of each property, by [`PropertyId`].
    pub expected: [Expected; PropertyId::ALL.len()],
    /// The bug of this program that ended the row.
    pub bug: Option<Bug>,
}

impl Row {
    /// Returns the row's trials, if the guard could be applied.
    pub fn played(&self) -> Option<&Played> {
        match &self.outcome {
            Outcome::Played(played) => Some(played),
            Outcome::NotApplicable(_) => None,
        }
    }
}

impl Compared {
    /// Returns whether some row was ended early, and not by a bug.
    pub fn is_cut(&self) -> bool {
        let mut played = self.rows.iter().filter_map(Row::played);
        played.any(|played| played.bug.is_none() && played.summary.trials < self.trials)
    }
}

/// What all trials together cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Half of the trials were done within this many milliseconds. It is `None` if fewer were ever
    /// done.
    pub done_ms_median: Option<u32>,
    /// 95 % of the trials were done within this many milliseconds. It is `None` if fewer were ever
    /// done.
    pub done_ms_p95: Option<u32>,
    /// API calls.
    pub calls: u64,
    /// Runs that were paid for.
    pub runs: u64,
    /// Runs that were paid for in vain.
    pub wasted_runs: u64,
    /// Runs that could not see an earlier answer.
    pub context_lost: u64,
}

/// A row keeps the times of this many trials, which take 4 MB. These are its first trials, and the
/// quantiles are those of these trials.
pub const TIMES_MAX: u64 = 1_000_000;

/// The time of a trial that is never done. It is later than any other time.
const NEVER: u32 = u32::MAX;

/// What trials cost, while it is added up. The order of trials does not matter.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    bill: Bill,
    done_ms: Vec<u32>,
}

impl Costs {
    /// Adds the trial with this place in the sweep, counted from 0.
    pub fn add_trial(&mut self, trial_index: u64, cost: &Cost) {
        self.bill.calls += cost.calls;
        self.bill.runs += cost.runs;
        self.bill.wasted_runs += cost.wasted_runs;
        self.bill.context_lost += cost.context_lost;
        if trial_index < TIMES_MAX {
            let ms = |us: u64| u32::try_from(us / 1_000).unwrap_or(NEVER - 1).min(NEVER - 1);
            self.done_ms.push(cost.done_after.map_or(NEVER, |span| ms(span.as_us())));
        }
    }

    /// Adds another part of the same sweep.
    pub fn merge(&mut self, other: &Costs) {
        self.bill.calls += other.bill.calls;
        self.bill.runs += other.bill.runs;
        self.bill.wasted_runs += other.bill.wasted_runs;
        self.bill.context_lost += other.bill.context_lost;
        self.done_ms.extend_from_slice(&other.done_ms);
    }

    /// Returns the total.
    pub fn bill(mut self) -> Bill {
        let done_ms_median = quantile(&mut self.done_ms, 50);
        let done_ms_p95 = quantile(&mut self.done_ms, 95);
        Bill { done_ms_median, done_ms_p95, ..self.bill }
    }
}

/// Returns the smallest time within which this percentage of the trials were done.
fn quantile(times: &mut [u32], percent: usize) -> Option<u32> {
    let place = (times.len() * percent).div_ceil(100).checked_sub(1)?;
    let (_, time, _) = times.select_nth_unstable(place);
    (*time != NEVER).then_some(*time)
}

#[cfg(test)]
mod tests {
    use deadheat_model::time::Span;

    use super::*;

    fn bill(times: &[Option<u64>]) -> Bill {
        let mut costs = Costs::default();
        for time in times {
            let done_after = time.map(Span::from_ms);
            costs.add_trial(0, &Cost { done_after, ..Cost::default() });
        }
        costs.bill()
    }

    #[test]
    fn a_trial_that_never_gets_there_is_later_than_all_others() {
        let check = |times: &[Option<u64>], median: Option<u32>, p95: Option<u32>| {
            let bill = bill(times);
            assert_eq!((bill.done_ms_median, bill.done_ms_p95), (median, p95), "{times:?}");
        };
        check(&[], None, None);
        check(&[Some(7)], Some(7), Some(7));
        check(&[None], None, None);
        check(&[None, Some(3)], Some(3), None);
        check(&[None, Some(3), None], None, None);
        check(&[Some(30), None, Some(10), Some(20)], Some(20), None);
        let mut many: Vec<Option<u64>> = (1..=95).rev().map(Some).collect();
        many.extend([None; 5]);
        check(&many, Some(50), Some(95));
        many.push(None);
        check(&many, Some(51), None);
    }

    #[test]
    fn parts_may_be_merged_in_any_order() {
        let part = |ms: u64, calls: u64| {
            let mut part = Costs::default();
            let done_after = Some(Span::from_ms(ms));
            part.add_trial(0, &Cost { done_after, calls, ..Cost::default() });
            part
        };
        let merged = |order: [u64; 3]| {
            let mut whole = Costs::default();
            for index in order {
                whole.merge(&part(index * 10, index));
            }
            whole.bill()
        };
        assert_eq!(merged([1, 2, 3]), merged([3, 1, 2]));
        assert_eq!(merged([1, 2, 3]).done_ms_median, Some(20));
    }

    #[test]
    fn no_more_times_are_kept_than_there_is_room_for() {
        let mut costs = Costs::default();
        costs.add_trial(TIMES_MAX - 1, &Cost::default());
        costs.add_trial(TIMES_MAX, &Cost { calls: 1, ..Cost::default() });
        assert_eq!((costs.done_ms.len(), costs.bill.calls), (1, 1));
    }
}
