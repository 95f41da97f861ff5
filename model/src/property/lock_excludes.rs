//! `lock-excludes`: the blocks of different holders of one lock do not overlap, although each
//! holder was granted the lock.
//!
//! A block begins when the lock is granted. It ends when its release reaches the lock service, or
//! when its holder is killed. The expiry of the lock does not end the block, because its holder
//! does not know. A lock that a dead actor asked for may still be granted, but then no actor enters
//! a block.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::digest::{Digester, hash_set};
use crate::history::{Cast, EventIndex, Operation, What};
use crate::id::{Actor, LockName};

/// The blocks that actors are in, and the actors that are dead.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct LockExcludes {
    open: Vec<(LockName, Actor, EventIndex)>,
    dead: Vec<Actor>,
}

impl LockExcludes {
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(self.open.iter().map(|(lock, by, _)| (lock, by)), hasher);
        hash_set(&self.dead, hasher);
    }
}

impl Property for LockExcludes {
    fn start(&mut self, _: &Cast) {
        self.open.clear();
        self.dead.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        match (&step.event.what, step.event.by) {
            (What::LockTaken { lock }, Some(by)) if !self.dead.contains(&by) => {
                let mut open = self.open.iter();
                let other = open.find(|(of, holder, _)| of == lock && *holder != by);
                if let Some((_, holder, event)) = other {
                    let witness = step.witness(Operation::Lock);
                    let other = Witness { event: *event, by: Some(*holder), ..witness };
                    let id = PropertyId::LockExcludes;
                    found.push(step.violation(id, Why::LockShared, witness).against(other));
                }
                self.open.push((*lock, by, EventIndex(step.index)));
            }
            (What::LockLeft { lock, holder, .. }, _) => {
                let mut open = self.open.iter();
                let left = open.rposition(|(of, by, _)| (of, by) == (lock, holder));
                if let Some(left) = left {
                    self.open.remove(left);
                }
            }
            (What::Killed { .. }, Some(dead)) => {
                self.open.retain(|(_, by, _)| *by != dead);
                self.dead.push(dead);
            }
            _ => {}
        }
    }
}
