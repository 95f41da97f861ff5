//! Faults: which clauses can strike at the moment, and which have struck. The victim of a fault
//! determines what the fault does.

use std::hash::{Hash, Hasher};

use crate::agenda::{Agenda, Name};
use crate::scenario::Fault;

/// A set of clauses, by their place in the scenario. Each clause is one bit.
pub type Clauses = u64;

/// The clauses of a trial.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Faults {
    open: Clauses,
    armed: Clauses,
    fired: Clauses,
}

impl Faults {
    /// Forgets the last trial. `open` contains the clauses that can strike from the beginning.
    pub(super) fn start(&mut self, open: Clauses) {
        *self = Faults { open, armed: 0, fired: 0 };
    }

    /// Sets whether the clause can strike from now on.
    pub(super) fn set_open(&mut self, clause: usize, is_open: bool) {
        let bit = 1 << clause;
        self.open = if is_open { self.open | bit } else { self.open & !bit };
    }

    /// Makes all clauses unable to strike from now on.
    pub(super) fn close(&mut self) {
        self.open = 0;
    }

    /// Returns the clauses that could have struck in this trial, and those that did.
    pub(super) fn count(&self) -> (Clauses, Clauses) {
        (self.armed, self.fired)
    }

    /// Returns whether this clause can strike at the moment.
    pub(super) fn is_open(&self, clause: usize) -> bool {
        self.open & (1 << clause) != 0
    }

    /// Returns whether the clause strikes now that it could. This is a fate, unless it is certain.
    pub(super) fn strikes<W>(
        &mut self,
        clause: usize,
        fault: &Fault,
        name: Name,
        agenda: &mut Agenda<W>,
    ) -> bool {
        self.armed |= 1 << clause;
        match fault.chance {
            0 => false,
            CERTAIN => true,
            chance => {
                let name = name.part(clause as u16 + 1);
                agenda.fate(name, &[CERTAIN - chance, chance]) == 1
            }
        }
    }

    /// Hashes what can still be read: which clauses can strike.
    pub(super) fn digest<H: Hasher>(&self, hasher: &mut H) {
        self.open.hash(hasher);
    }

    /// Records that the clause has struck.
    pub(super) fn fired(&mut self, clause: usize) {
        self.fired |= 1 << clause;
    }
}

/// A chance of one, in millionths.
const CERTAIN: u32 = 1_000_000;
