//! What a first walk shows of a scenario: how often there is a choice, and how much each chain
//! does.
//!
//! There is a choice where more than one occurrence is pending. Not all of them can fire next, but
//! no strategy needs to know it that well.

use std::collections::BTreeMap;

use super::chain::chain;
use crate::agenda::{Observer, Pending, Picked, Time};

/// What is known of a scenario before it is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// How often more than one occurrence was pending.
    choices: u64,
    /// How many occurrences each chain had.
    work: BTreeMap<u64, u64>,
    /// How long a trial may last. Times are no later than this where an order leaves a choice.
    pub horizon: Time,
}

impl Survey {
    /// Returns a survey of nothing yet, with this horizon.
    pub fn until(horizon: Time) -> Survey {
        Survey { horizon, ..Survey::default() }
    }

    /// Returns roughly how many choices a trial has. This is at least one.
    pub fn choices(&self) -> u64 {
        self.choices.max(1)
    }

    /// Returns roughly how many occurrences this chain has.
    pub fn work(&self, chain: u64) -> u64 {
        self.work.get(&chain).copied().unwrap_or(0)
    }
}

impl Observer for Survey {
    fn begin(&mut self) {
        *self = Survey::until(self.horizon);
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        self.choices += u64::from(pending.len() > 1);
        *self.work.entry(chain(&pending[picked.index].name)).or_default() += 1;
    }
}
