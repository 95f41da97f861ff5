//! The enabled set: which of the pending occurrences can fire next, for a strategy that picks an
//! order and no times.
//!
//! It keeps a [`Zone`] in step with the agenda: it has to be told of everything that is added, of
//! what is picked, and of everything that is gone.

use super::Zone;
use crate::agenda::{Pending, Picked, Time};

/// A zone, and what stands where in it.
#[derive(Debug, Default)]
pub struct Enabled {
    zone: Zone,
    /// What is pending, by its number, in the zone's order: numbers grow.
    uids: Vec<u32>,
    /// What is about to fire.
    picked: Option<u32>,
    now: Time,
}

impl Enabled {
    /// A new trial begins: nothing is pending.
    pub fn begin(&mut self) {
        *self = Enabled::default();
    }

    /// This was put on the agenda.
    pub fn added(&mut self, pending: &Pending) {
        debug_assert!(self.uids.last().is_none_or(|last| *last < pending.uid));
        self.zone.add(pending.window);
        self.uids.push(pending.uid);
    }

    /// This left the agenda: it was picked and fires, or it will not happen. Whether it fires.
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

    /// Whether some times within all windows let this one fire next.
    pub fn can_fire(&self, pending: &Pending) -> bool {
        self.zone.can_fire(self.index(pending))
    }

    /// Picks what stands at this place in what is pending, and can fire. Its time is an estimate:
    /// no later than any that its order allows.
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
