//! Outstanding: lets another strategy decide, and notes what had been started but had not fired
//! after this many picks. Code that follows these picks later holds that back.
//!
//! What was taken off the agenda counts as well, such as a killed worker's next request or a
//! cancelled run's end. It never fired, but it might fire under the draws of another trial. What
//! has an exact window needs no holding back once it is gone. It fires at its time or not at all,
//! under any strategy.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agenda::{Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// What was outstanding in the last trial.
#[derive(Clone, Debug, Default)]
pub struct Unfired {
    /// What had been started but had not fired.
    pub names: Vec<Name>,
    /// How many fates had been asked for.
    pub fates: usize,
}

/// The strategy.
pub struct Outstanding {
    decides: Box<dyn Strategy>,
    picks: usize,
    made: usize,
    is_over: bool,
    picked: Option<u32>,
    started: Vec<(u32, Name)>,
    unfired: Arc<Mutex<Unfired>>,
}

impl Outstanding {
    /// Lets this strategy decide. The second part says what was outstanding after `picks` of the
    /// last trial.
    pub fn new(decides: Box<dyn Strategy>, picks: usize) -> (Outstanding, Arc<Mutex<Unfired>>) {
        let unfired = Arc::default();
        let outstanding = Outstanding {
            decides,
            picks,
            made: 0,
            is_over: false,
            picked: None,
            started: Vec::new(),
            unfired: Arc::clone(&unfired),
        };
        (outstanding, unfired)
    }

    fn unfired(&self) -> MutexGuard<'_, Unfired> {
        self.unfired.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.unfired().names = self.started.iter().map(|(_, name)| *name).collect();
        }
    }
}

impl Strategy for Outstanding {
    fn begin(&mut self, seed: u64) -> Supply {
        (self.made, self.is_over, self.picked) = (0, false, None);
        self.started.clear();
        *self.unfired() = Unfired::default();
        self.decides.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        if !self.is_over {
            self.started.push((pending.uid, pending.name));
        }
        self.decides.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        let has_fired = self.picked == Some(pending.uid);
        let is_exact = pending.window.earliest == pending.window.latest;
        if !self.is_over && (has_fired || is_exact) {
            self.started.retain(|(uid, _)| *uid != pending.uid);
        }
        self.decides.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        if self.made == self.picks {
            self.close();
        }
        self.made += 1;
        let picked = self.decides.pick(pending, state)?;
        self.picked = Some(pending[picked.index].uid);
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        if !self.is_over {
            self.unfired().fates += 1;
        }
        self.decides.fate(name, weights)
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.close();
        self.decides.over(stop, state);
    }
}
