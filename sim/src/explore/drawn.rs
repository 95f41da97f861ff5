//! Drawn times: when each pending occurrence fires, where each has a time of its own from the
//! start.

use crate::agenda::{Picked, Strategy, Time};

/// A strategy that gives each occurrence a time of its own from the start.
pub trait Draws: Strategy {
    /// Returns when the occurrence at this index fires, and what breaks a tie.
    fn drawn(&self, index: usize) -> (Time, u64);
}

/// When each pending occurrence fires, and what breaks a tie. They are in the order of what is
/// pending.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn(Vec<(Time, u64)>);

impl Drawn {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes when the occurrence fires that was just put on the agenda.
    pub(super) fn added(&mut self, at: Time, tie: u64) {
        self.0.push((at, tie));
    }

    /// Notes that the occurrence at this index left the agenda. The last one took its place.
    pub(super) fn gone(&mut self, index: usize) {
        self.0.swap_remove(index);
    }

    /// Returns when the occurrence at this index fires, and what breaks a tie.
    pub(super) fn of(&self, index: usize) -> (Time, u64) {
        self.0[index]
    }

    /// Returns what fires first.
    pub(super) fn soonest(&self) -> Picked {
        let (mut index, mut first) = (0, self.0[0]);
        for (other, drawn) in self.0.iter().enumerate().skip(1) {
            if *drawn < first {
                (index, first) = (other, *drawn);
            }
        }
        Picked { index, at: first.0 }
    }
}
