//! Chains: the equivalent of a thread, for strategies that were made for threads.
//!
//! An actor's own steps are one chain: each call from its sending to its reply, and each wait. Its
//! start is a chain on its own, because nothing that the actor does decides when it starts.
//! Whatever else happens in the actor's name forms one chain for each kind of moment. Such kinds
//! are the ends of its runs, the expiry of its locks, its deadlines, and the redelivery of its job.
//! Chains are keyed by names.

use deadheat_model::history::Operation;

use crate::agenda::{Moment, Name, mix};

/// Returns the key of the chain that an occurrence of this name belongs to.
pub fn chain(name: &Name) -> u64 {
    let actor = name.call.actor_key();
    if is_own_step(name) { actor } else { mix(actor, name.moment.key()) }
}

fn is_own_step(name: &Name) -> bool {
    match name.moment {
        Moment::Begins | Moment::Sends | Moment::Arrives | Moment::Returns => true,
        // The end of an actor, not of a run.
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
