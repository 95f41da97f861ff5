//! Chains: what plays the part of a thread for strategies that were made for threads.
//!
//! An actor's own steps are a chain: each call from its sending to its reply, each wait. What goes
//! on beside it in its name makes a chain for each kind of moment: the ends of its runs, the expiry
//! of its locks, its deadlines, the redelivery of its job. Chains are keyed by names.

use std::collections::BTreeMap;

use deadheat_model::history::Operation;

use crate::agenda::{Moment, Name, Pick, mix};

/// The key of the chain that an occurrence of this name belongs to.
pub fn chain(name: &Name) -> u64 {
    let actor = name.call.actor_key();
    if is_own_step(name) { actor } else { mix(actor, name.moment.key()) }
}

fn is_own_step(name: &Name) -> bool {
    match name.moment {
        Moment::Begins | Moment::Sends | Moment::Arrives | Moment::Returns => true,
        // An actor's, not a run's.
        Moment::Starts | Moment::Ends => name.call.operation == Operation::Life,
        Moment::Stops
        | Moment::Expires
        | Moment::Deadline
        | Moment::Outcome
        | Moment::Frees
        | Moment::TimesOut
        | Moment::Repeats
        | Moment::Strikes
        | Moment::Heals
        | Moment::Redelivers
        | Moment::Restarts
        | Moment::Plan => false,
    }
}

/// What a first walk has shown of a scenario: how long trials are, and how much each chain does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    work: BTreeMap<u64, u64>,
    length: u64,
}

impl Survey {
    /// What these picks show.
    pub fn of(picks: &[Pick]) -> Survey {
        let mut survey = Survey { work: BTreeMap::new(), length: picks.len() as u64 };
        for pick in picks {
            *survey.work.entry(chain(&pick.name)).or_default() += 1;
        }
        survey
    }

    /// How many occurrences a trial has, or so.
    pub fn length(&self) -> u64 {
        self.length.max(1)
    }

    /// How many occurrences this chain has, or so.
    pub fn work(&self, chain: u64) -> u64 {
        self.work.get(&chain).copied().unwrap_or(0)
    }
}
