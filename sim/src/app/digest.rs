//! The digest of a state: everything that its future depends on, except for times.
//!
//! It consists of what each actor and each service says about itself. Two states with one digest go
//! on alike if they also agree in when the pending occurrences may fire. Actors that are alike may
//! have changed places.

use std::hash::{Hash, Hasher};

use deadheat_model::digest::Digester;
use deadheat_model::id::{Actor, RunId};

use super::alike::{Names, Renaming, Seen};
use super::machine::Machine;
use super::place::{Look, Watched};
use super::what::{Agenda, What};
use super::world::World;
use crate::agenda::{Pending, Seat};
use crate::services::{Answer, Lost, Packet};

impl World {
    /// Returns the digest of the state with these actors, and the numbers of what is pending in an
    /// order of its own. Names count if it is `by_name`. `later` says by how much an occurrence can
    /// be later than another.
    pub fn digest(
        &self,
        machines: &[Machine],
        agenda: &Agenda,
        by_name: bool,
        later: &dyn Fn(u32, u32) -> i64,
    ) -> (u128, Vec<u32>) {
        let (pending, whats) = (agenda.pending(), agenda.whats());
        let seen = Seen { world: self, machines, pending, whats, later };
        // A fault that is to strike at one call tells actors and calls apart.
        let counts_calls = by_name || !self.stage.scripted.is_empty();
        let names = (!counts_calls).then(|| seen.names());
        let mut hasher = Renaming::new(names.as_ref());
        let seats = names.as_ref().map_or_else(|| (0..machines.len()).collect(), Names::seats);
        for seat in seats {
            machines[seat].digest(&self.stage, &mut hasher);
            self.places[seat].digest(&mut hasher);
            self.link.digest_of(seat, &mut hasher);
            if self.stage.is_mortal {
                // What a dead actor has sent finds out whether another one has taken its place.
                agenda.speaker(Seat(seat)).map(Actor::from).hash(&mut hasher);
            }
        }
        let (properties, asked) = self.judged();
        properties.digest(asked, &mut hasher);
        self.server.digest(&self.stage, &self.referred(machines, whats), &mut hasher);
        self.link.digest(&mut hasher);
        self.documents.hash(&mut hasher);
        self.locks.digest(&mut hasher);
        self.queue.digest(&mut hasher);
        self.faults.digest(&mut hasher);
        self.unfinished.hash(&mut hasher);
        let label = |(one, what): (&Pending, &What)| {
            let name = if by_name { one.name.key() } else { 0 };
            (self.label(one, what, &hasher), name, one.uid)
        };
        let mut labels: Vec<(u64, u64, u32)> = pending.iter().zip(whats).map(label).collect();
        labels.sort_unstable();
        for (label, name, _) in &labels {
            label.hash(&mut hasher);
            if by_name {
                name.hash(&mut hasher);
            }
        }
        if counts_calls {
            agenda.counts().for_each(|counts| counts.hash(&mut hasher));
        }
        (hasher.finish128(), labels.into_iter().map(|(_, _, uid)| uid).collect())
    }

    /// Returns what a pending occurrence is to the future. Its number among the calls of its actor
    /// does not matter, and neither does which call set a run to work.
    pub(super) fn label<H: Digester>(&self, pending: &Pending, what: &What, under: &H) -> u64 {
        let mut hasher = under.fresh();
        if !matches!(what, What::Server(_)) {
            let name = pending.name;
            (name.call.actor(), name.call.operation(), name.moment(), name.part).hash(&mut hasher);
        }
        if let What::Link(Packet::Returns(seat, answer)) = what {
            // A reply that comes too late belongs to a call that is over.
            let is_awaited = self.link.is_awaited(*seat, pending.name.call);
            (seat, is_awaited).hash(&mut hasher);
            hash_told(answer, &mut hasher);
        } else {
            what.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Returns the runs that somebody can still ask about.
    fn referred(&self, machines: &[Machine], whats: &[What]) -> Vec<RunId> {
        let mut runs: Vec<RunId> =
            machines.iter().flat_map(|one| one.refers_to(&self.stage)).collect();
        for what in whats {
            match what {
                What::Link(Packet::Request(_, message) | Packet::Again(message)) => {
                    runs.extend(message.request.run());
                }
                What::Link(Packet::Returns(_, answer)) => {
                    runs.extend(told_run(answer));
                }
                // These are about no run. A run that is at work is in the digest anyway.
                What::Link(Packet::GivesUp(_) | Packet::Heals)
                | What::Start(_)
                | What::Begin(..)
                | What::Deadline(..)
                | What::Near(..)
                | What::Look(_)
                | What::Click(..)
                | What::IntentOver(..)
                | What::Unmute(_)
                | What::Dispatch(..)
                | What::Query(..)
                | What::Lock(..)
                | What::Unlock(..)
                | What::End(..)
                | What::JobTimesOut(_)
                | What::Restart(_)
                | What::Resume(_)
                | What::Server(_)
                | What::Queue(_)
                | What::Locks(_)
                | What::Faults(_) => {}
            }
        }
        runs.extend(self.places.iter().filter_map(|place| match &place.watched {
            Some(Watched { look: Look::Request(message), .. }) => message.request.run(),
            Some(Watched { look: Look::Lock(_), .. }) | None => None,
        }));
        runs
    }
}

/// Hashes what can matter of an answer that is on its way.
fn hash_told<H: Hasher>(answer: &Result<Answer, Lost>, hasher: &mut H) {
    match answer {
        Ok(Ok(read)) => read.digest(hasher),
        Ok(Err(_)) | Err(Lost) => (2_u8, answer).hash(hasher),
    }
}

/// Returns the run that an actor knows when it has been told this.
fn told_run(answer: &Result<Answer, Lost>) -> Option<RunId> {
    answer.as_ref().ok()?.as_ref().ok()?.run()
}
