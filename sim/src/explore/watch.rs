//! Watching: lets another strategy decide, and notes how much of the trial had passed when
//! something was broken. It does not know what was broken, or how.

use std::sync::{Arc, Mutex, PoisonError};

use crate::agenda::{Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// How much of a trial had been decided when something was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broke {
    /// This many occurrences had fired.
    pub picks: usize,
    /// This many fates had been asked for.
    pub fates: usize,
}

/// The strategy.
pub struct Watch {
    decides: Box<dyn Strategy>,
    here: Broke,
    broke: Arc<Mutex<Option<Broke>>>,
}

impl Watch {
    /// Lets this strategy decide. The second part says when the last trial broke something, if it
    /// did.
    pub fn new(decides: Box<dyn Strategy>) -> (Watch, Arc<Mutex<Option<Broke>>>) {
        let broke = Arc::new(Mutex::new(None));
        (Watch { decides, here: Broke { picks: 0, fates: 0 }, broke: broke.clone() }, broke)
    }

    fn look(&mut self, state: &mut dyn FnMut() -> State) {
        let mut broke = self.broke.lock().unwrap_or_else(PoisonError::into_inner);
        if broke.is_none() && state().is_broken {
            *broke = Some(self.here);
        }
    }
}

impl Strategy for Watch {
    fn begin(&mut self, seed: u64) -> Supply {
        self.here = Broke { picks: 0, fates: 0 };
        *self.broke.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.decides.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.decides.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.decides.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        self.look(state);
        self.here.picks += 1;
        self.decides.pick(pending, state)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.here.fates += 1;
        self.decides.fate(name, weights)
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.look(state);
        self.decides.over(stop, state);
    }
}
