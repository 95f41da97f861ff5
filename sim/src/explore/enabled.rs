//! The enabled set: which of the pending occurrences can fire next, for a strategy that picks an
//! order and no times.
//!
//! It keeps a [`Zone`] in step with the agenda. Its caller has to report everything that is added,
//! what is picked, and everything that is gone.

use super::Zone;
use crate::agenda::{Pending, Picked, Time};

/// A zone, and which occurrence has which index in it.
#[derive(Debug, Default)]
pub struct Enabled {
    zone: Zone,
    /// The numbers of the pending occurrences, in the zone's order. The numbers grow.
    uids: Vec<u32>,
    /// What is about to fire.
    picked: Option<u32>,
    now: Time,
}

impl Enabled {
    /// Begins a new trial, in which nothing is pending.
    pub fn begin(&mut self) {
        *self = Enabled::default();
    }

    /// Notes that this was put on the agenda.
    pub fn added(&mut self, pending: &Pending) {
        debug_assert!(self.uids.last().is_none_or(|last| *last < pending.uid));
        self.zone.add(pending.window);
        self.uids.push(pending.uid);
    }

    /// Notes that this left the agenda. Either it was picked and fires, or it will not happen.
    /// Returns whether it fires.
    pub fn gone(&mut self, pending: &Pending) -> bool {
        let index = self.index(pending);
        self.uids.remove(index);
        let fires = self.picked.take_if(|picked| *picked == pending.uid).is_some();
        if fires {
            self.zone.fire(index);
        } else {
            self.zone.remove(index);
        }
        fires
    }

    /// Returns whether this occurrence can fire next at some times within all windows.
    pub fn can_fire(&self, pending: &Pending) -> bool {
        self.zone.can_fire(self.index(pending))
    }

    /// Picks the occurrence at this place in `pending`, which has to be able to fire. Its time is
    /// an estimate, and is no later than any time that its order allows.
    pub fn pick(&mut self, pending: &[Pending], index: usize) -> Picked {
        let picked = &pending[index];
        self.picked = Some(picked.uid);
        self.now = self.now + self.zone.soonest(self.index(picked));
        Picked { index, at: self.now }
    }

    fn index(&self, pending: &Pending) -> usize {
        let index = self.uids.binary_search(&pending.uid);
        index.expect("invariant: what is on the agenda was added")
    }
}
