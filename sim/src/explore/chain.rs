//! Chains: the equivalent of a thread, for strategies that were made for threads.
//!
//! An actor's own steps are one chain: each call from its sending to its reply, and each wait. Its
//! start is a chain on its own, because nothing that the actor does decides when it starts.
//! Whatever else happens in the actor's name forms one chain for each phase of a call, such as an
//! expiry or a deadline. What it has sent and does not wait for is a chain on its own. Chains are
//! keyed by names.

use crate::agenda::{Name, Sort, mix};

/// Returns the key of the chain that an occurrence of this name belongs to.
#[inline]
pub fn chain(name: &Name) -> u64 {
    let actor = name.call.who_key();
    match name.sort {
        Sort::Step | Sort::Private | Sort::Visit => actor,
        Sort::Sent => mix(name.call.key(), name.phase_key()),
        Sort::Begin | Sort::Copy | Sort::Other => mix(actor, name.phase_key()),
    }
}
