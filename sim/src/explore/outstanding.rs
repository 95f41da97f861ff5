//! Outstanding: lets another strategy decide, and notes what had been started but had not fired
//! after this many picks. Code that follows these picks later holds that back.
//!
//! What was taken off the agenda counts as well, such as a killed worker's next request or a
//! cancelled run's end. It never fired, but it might fire under the draws of another trial. What
//! has an exact window needs no holding back once it is gone. It fires at its time or not at all,
//! under any strategy.

use crate::agenda::{Name, Observer, Part, Pending, Picked, State};

/// What was outstanding in the last trial.
#[derive(Clone, Debug, Default)]
pub struct Unfired {
    /// What had been started but had not fired.
    pub names: Vec<Name>,
    /// How many fates had been asked for.
    pub fates: usize,
}

/// Notes what is outstanding after some of a trial's picks.
#[derive(Clone, Debug)]
pub struct Outstanding {
    picks: usize,
    made: usize,
    is_over: bool,
    picked: Option<u32>,
    started: Vec<(u32, Name)>,
    unfired: Unfired,
}

impl Outstanding {
    /// Notes what is outstanding after this many picks.
    pub fn after(picks: usize) -> Outstanding {
        Outstanding {
            picks,
            made: 0,
            is_over: false,
            picked: None,
            started: Vec::new(),
            unfired: Unfired::default(),
        }
    }

    /// Returns what was outstanding in the last trial.
    pub fn unfired(&self) -> &Unfired {
        &self.unfired
    }

    fn close(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.unfired.names = self.started.iter().map(|(_, name)| *name).collect();
        }
    }
}

impl Observer for Outstanding {
    fn begin(&mut self) {
        *self = Outstanding::after(self.picks);
    }

    fn added(&mut self, pending: &Pending, _: &[Part]) {
        if !self.is_over {
            self.started.push((pending.uid, pending.name));
        }
    }

    fn gone(&mut self, pending: &Pending) {
        let has_fired = self.picked == Some(pending.uid);
        let is_exact = pending.window.earliest == pending.window.latest;
        if !self.is_over && (has_fired || is_exact) {
            self.started.retain(|(uid, _)| *uid != pending.uid);
        }
    }

    fn before(&mut self, _: &mut dyn FnMut() -> State) {
        if self.made == self.picks {
            self.close();
        }
        self.made += 1;
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        self.picked = Some(pending[picked.index].uid);
    }

    fn chosen(&mut self, _: &Name, _: &[u32], _: usize) {
        if !self.is_over {
            self.unfired.fates += 1;
        }
    }

    fn over(&mut self, _: &mut dyn FnMut() -> State) {
        self.close();
    }
}
