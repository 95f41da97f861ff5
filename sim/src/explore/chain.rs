//! Chains: what plays the part of a thread for strategies that were made for threads.
//!
//! An actor's own steps are a chain: each call from its sending to its reply, each wait. Its start
//! is one on its own, since nothing that it does decides when it starts. What goes on beside it in
//! its name makes a chain for each kind of moment: the ends of its runs, the expiry of its locks,
//! its deadlines, the redelivery of its job. Chains are keyed by names.

use deadheat_model::history::Operation;

use crate::agenda::{Moment, Name, mix};

/// The key of the chain that an occurrence of this name belongs to.
pub fn chain(name: &Name) -> u64 {
    let actor = name.call.actor_key();
    if is_own_step(name) { actor } else { mix(actor, name.moment.key()) }
}

fn is_own_step(name: &Name) -> bool {
    match name.moment {
        Moment::Begins | Moment::Sends | Moment::Arrives | Moment::Returns => true,
        // An actor's, not a run's.
        Moment::Ends => name.call.operation == Operation::Life,
        Moment::Starts
        | Moment::Stops
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
