//! How trials are played: under which strategy, and within which budget.

use std::cell::Cell;

use super::host::{Host, Keep};
use super::sim::Sim;
use crate::agenda::{Budget, Observed, Schedule, Span, Strategy, Supply, Time};
use crate::explore::times::Recorder;
use crate::explore::{Replay, StrategyName, Survey, Walk};

/// A simulation, and how it is played.
pub(super) struct Plan<'a> {
    pub(super) setup: &'a dyn Fn(&mut Sim),
    pub(super) strategy: StrategyName,
    pub(super) budget: Budget,
}

impl Plan<'_> {
    /// Returns what plays it under this strategy.
    pub(super) fn under(&self, strategy: Box<dyn Strategy>) -> Host<'_> {
        Host::new(self.setup, strategy, self.budget)
    }

    /// Returns what plays it under its own strategy.
    pub(super) fn host(&self) -> Host<'_> {
        let horizon = self.budget.time;
        let mut survey = Survey::until(horizon);
        if self.strategy.needs_survey() {
            let walk = Box::new(Walk::default());
            let mut first = self.under(Box::new(Observed::new(walk, Survey::until(horizon))));
            first.play(Survey::SEED, Keep::Nothing);
            survey = first.ask(|observed: &Observed<Survey>| observed.observer().clone());
        }
        self.under(self.strategy.strategy(&survey))
    }

    /// Returns the same schedule with its picks at simple times.
    pub(super) fn with_simple_times(&self, schedule: Schedule) -> Schedule {
        let replay = Box::new(Replay::new(schedule.clone()));
        let mut host = self.under(Box::new(Observed::new(replay, Recorder::default())));
        host.play(0, Keep::Nothing);
        let times = host.ask(|observed: &Observed<Recorder>| {
            observed.observer().recorded.simple(schedule.picks.len(), self.budget.time)
        });
        let Some(times) = times else { return schedule };
        let mut schedule = schedule;
        for (pick, at) in schedule.picks.iter_mut().zip(times) {
            pick.at = at;
        }
        schedule
    }
}

/// How many occurrences may still fire to make a failure small, or to explain it. A large
/// simulation is then explained as far as that goes.
pub(super) struct Effort(Cell<u64>);

impl Effort {
    /// Returns a whole effort, which is a matter of seconds.
    pub(super) fn new() -> Effort {
        Effort(Cell::new(1_000_000))
    }

    /// Plays a trial. Plays nothing if the strategy has nothing left, or if the effort is spent.
    pub(super) fn play(&self, host: &mut Host<'_>, seed: u64, keep: Keep) -> Supply {
        if self.0.get() == 0 {
            return Supply::Nothing;
        }
        let supply = host.play(seed, keep);
        self.0.set(self.0.get().saturating_sub(host.occurrences()));
        supply
    }
}

/// Returns a budget.
pub(super) fn budget(occurrences: u64, time: Span) -> Budget {
    Budget { picks: occurrences, time: Time::ZERO + time }
}
