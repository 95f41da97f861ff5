//! Accesses: how something is touched, by any actor of a kind.

use crate::agenda::{Key, Owner, Pending};

/// A kind of access: what kind of actor does what, and which moment of that touches something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    kind: u16,
    action: u8,
    phase: u8,
}

impl Access {
    /// Returns how this occurrence touches this key. Returns none if it does not, or if it only
    /// tells its actor what came of a touch.
    pub fn of(pending: &Pending, key: Key) -> Option<Access> {
        let name = &pending.name;
        let touches = name.sort.visits() || pending.owner == Owner::Service;
        (touches && pending.keys.contains(&Some(key))).then_some(Access {
            kind: name.call.kind,
            action: name.call.action,
            phase: name.phase,
        })
    }
}

/// How one key is touched in a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// What is touched.
    pub key: Key,
    /// In which ways, each once, in the order of the first of each.
    pub accesses: Vec<Access>,
    /// By which chains, and how often by each, in the order of their first touches.
    pub chains: Vec<(u64, u64)>,
}

impl Touched {
    /// Returns this key, which nobody has touched yet.
    pub fn new(key: Key) -> Touched {
        Touched { key, accesses: Vec::new(), chains: Vec::new() }
    }

    /// Notes a touch.
    pub fn touch(&mut self, access: Access, chain: u64) {
        if !self.accesses.contains(&access) {
            self.accesses.push(access);
        }
        match self.chains.iter_mut().find(|(known, _)| *known == chain) {
            Some((_, touches)) => *touches += 1,
            None => self.chains.push((chain, 1)),
        }
    }

    /// Returns how often it is touched.
    pub fn touches(&self) -> u64 {
        self.chains.iter().map(|(_, touches)| touches).sum()
    }

    /// Returns whether it is touched by more than one chain, so that the order can matter.
    pub fn is_shared(&self) -> bool {
        self.chains.len() > 1
    }
}
