//! Noted: lets another strategy decide, and records what it could choose between.

use crate::agenda::{Name, Observer, Pending, Picked};

/// One decision.
#[derive(Clone, Debug)]
pub struct Note {
    /// What fired.
    pub picked: Pending,
    /// What else was pending.
    pub others: Vec<Pending>,
}

/// One choice of chance.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What it was for.
    pub name: Name,
    /// Which option was taken.
    pub option: usize,
    /// How likely each option is.
    pub weights: Vec<u32>,
    /// How many picks had been made.
    pub after: usize,
}

/// All decisions of a trial, in order.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// What fired.
    pub picks: Vec<Note>,
    /// What chance decided.
    pub fates: Vec<Chosen>,
}

impl Observer for Decided {
    fn begin(&mut self) {
        *self = Decided::default();
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let is_other = |(index, _): &(usize, &Pending)| *index != picked.index;
        let others = pending.iter().enumerate().filter(is_other).map(|(_, one)| *one).collect();
        self.picks.push(Note { picked: pending[picked.index], others });
    }

    fn chosen(&mut self, name: &Name, weights: &[u32], option: usize) {
        let after = self.picks.len();
        self.fates.push(Chosen { name: *name, option, weights: weights.to_vec(), after });
    }
}
