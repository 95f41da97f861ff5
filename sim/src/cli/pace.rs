//! Pace: how long a command may take, shared evenly among what it plays. Also what all code that
//! plays trials asks and reports.

use std::time::{Duration, Instant};

use deadheat_model::property::Way;

use super::interrupt;
use super::progress::{self, Bound};
use crate::engine::Watcher;
use crate::record::Cut;

/// The time of a whole command.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    begun: Instant,
    bound: Option<Duration>,
}

impl Pace {
    /// Starts the time of the command.
    pub(super) fn begin(bound: Option<Duration>) -> Pace {
        Pace { begun: Instant::now(), bound }
    }

    /// Returns how long the command has taken so far.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Returns the time of the next one, if this many are left. The time left is shared evenly.
    pub(super) fn share(&self, left: usize) -> Share {
        let now = Instant::now();
        let share = |bound: Duration| {
            let rest = (self.begun + bound).saturating_duration_since(now);
            now + rest / u32::try_from(left.max(1)).unwrap_or(u32::MAX)
        };
        Share { end: self.bound.map(share) }
    }

    /// Returns why a command that is one study has to end early, if it has to. The command asks
    /// once for each trial.
    pub(super) fn cut(&self) -> Option<Cut> {
        progress::played(1);
        if interrupt::is_raised() {
            return Some(Cut::Interrupted);
        }
        self.bound.filter(|bound| self.elapsed() >= *bound).map(|_| Cut::Time)
    }
}

/// The time of one of several. It has no end if there is no time limit.
#[derive(Clone, Copy)]
pub(super) struct Share {
    end: Option<Instant>,
}

impl Share {
    /// As much time as is needed.
    pub(super) const ALL: Share = Share { end: None };

    /// Returns what ends a sweep of this many trials, for a progress bar.
    pub(super) fn bound(&self, trials: u64) -> Bound {
        match self.end {
            Some(end) => Bound::Time(end.saturating_duration_since(Instant::now())),
            None => Bound::Trials(trials),
        }
    }
}

impl Watcher for Share {
    fn is_over(&self) -> bool {
        interrupt::is_raised() || self.end.is_some_and(|end| Instant::now() >= end)
    }

    fn is_interrupted(&self) -> bool {
        interrupt::is_raised()
    }

    fn played(&self, trials: u64) {
        progress::played(trials);
    }

    fn found(&self, _: Way, _: u64) {
        progress::found();
    }
}
