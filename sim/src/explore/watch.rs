//! Watching: lets another strategy decide, and notes how much of the trial had passed when
//! something was broken. It does not know what was broken, or how.

use crate::agenda::{Name, Observer, State};

/// How much of a trial had been decided when something was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Broke {
    /// This many occurrences had fired.
    pub picks: usize,
    /// This many fates had been asked for.
    pub fates: usize,
}

/// Notes when the last trial broke something.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    here: Broke,
    /// When it broke, if it did.
    pub broke: Option<Broke>,
}

impl Watch {
    fn look(&mut self, state: &mut dyn FnMut() -> State) {
        if self.broke.is_none() && state().is_broken {
            self.broke = Some(self.here);
        }
    }
}

impl Observer for Watch {
    fn begin(&mut self) {
        *self = Watch::default();
    }

    fn before(&mut self, state: &mut dyn FnMut() -> State) {
        self.look(state);
        self.here.picks += 1;
    }

    fn chosen(&mut self, _: &Name, _: &[u32], _: usize) {
        self.here.fates += 1;
    }

    fn over(&mut self, state: &mut dyn FnMut() -> State) {
        self.look(state);
    }
}
