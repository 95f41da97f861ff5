//! What is known about each actor from outside.

use std::hash::{Hash, Hasher};

use deadheat_model::history::{Death, Ending};
use deadheat_model::id::{DocumentId, KindId};

use crate::agenda::Call;
use crate::services::{Delivery, LockAsk, Message, Poll, Told};

/// What is known about a seat.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Place {
    /// Which of its actor's bounded waits have reached their bound, as one bit per depth.
    pub(super) late: u32,
    /// Which of them are near their bound, if a search leaves polls out.
    pub(super) near: u32,
    /// The job that its worker works on.
    pub(super) job: Option<Delivery>,
    /// Whether its actor is dead and no other actor has taken its place.
    pub(super) is_dead: bool,
    /// How many pauses it is in. It stays paused until all of them are over.
    pub(super) pauses: u32,
    /// What its actor would have received meanwhile.
    pub(super) kept: Option<Told>,
    /// How its actor would have ended meanwhile.
    pub(super) ends: Option<Ending>,
    /// What its actor would have died of meanwhile.
    pub(super) dies: Option<Death>,
    /// Whether its user's clicks are ignored at the moment.
    pub(super) is_muted: bool,
    /// What its user or process asked for a moment ago, if it is not a job.
    pub(super) intents: Vec<(KindId, DocumentId)>,
    /// What its actor polls, if a search leaves out the polls that find nothing new.
    pub(super) watched: Option<Watched>,
}

impl Place {
    /// Hashes what can still be read.
    pub(super) fn digest<H: Hasher>(&self, hasher: &mut H) {
        (self.late, self.near, self.job, self.is_dead).hash(hasher);
        (self.pauses, &self.kept, self.ends, self.dies).hash(hasher);
        (self.is_muted, &self.intents).hash(hasher);
        self.watched.as_ref().map(|watched| &watched.look).hash(hasher);
    }

    /// Keeps what its actor is told until the actor continues, or returns it.
    pub(super) fn keep(&mut self, told: Told) -> Option<Told> {
        if self.pauses == 0 {
            return Some(told);
        }
        self.kept = Some(told);
        None
    }
}

/// A look that is taken repeatedly.
#[derive(Clone, Debug, Hash)]
pub(super) struct Watched {
    pub(super) call: Call,
    pub(super) look: Look,
}

/// What an actor looks at.
#[derive(Clone, Debug, Hash)]
pub(super) enum Look {
    /// Something on the server.
    Request(Message),
    /// A lock.
    Lock(LockAsk),
}

impl Look {
    /// Returns how the actor looks again, if it does.
    pub(super) fn poll(&self) -> Option<Poll> {
        match self {
            Look::Request(message) => message.poll,
            Look::Lock(ask) => ask.poll,
        }
    }
}
