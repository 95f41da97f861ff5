//! How a search looks at a trial, and what it tracks meanwhile.

use std::hash::{Hash, Hasher};

use deadheat_model::history::Cast;
use deadheat_model::property::{Properties, PropertyId, Violation, Way};
use xxhash_rust::xxh3::Xxh3;

use super::what::Reply;
use crate::agenda::Seat;
use crate::services::Told;

/// How a search looks at a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looking {
    /// The properties that it asks for.
    pub asked: Vec<PropertyId>,
    /// Whether polls that find nothing new are left out.
    ///
    /// If so, an actor that polls learns of a changed answer within one poll and its ways after the
    /// change, at any moment of that time. Real polls lie on a grid, so this makes more orders
    /// possible than there are. What holds in all of these orders really holds. What breaks in one
    /// of them may be impossible.
    ///
    /// A look whose answer may come after the bound of its wait decides something, even if it finds
    /// nothing new. So polls are left out only until the longest way back before the bound. Each
    /// poll after that is an occurrence, and the first one comes within one poll and its ways. A
    /// poll that takes no time is never left out, because its actor would go on forever at one
    /// moment.
    pub polls: Polls,
}

/// What happens to polls in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polls {
    /// Each poll is an occurrence, as always.
    Real,
    /// Polls that find nothing new are left out.
    Loose,
}

/// What a search tracks while a trial is played.
#[derive(Clone)]
pub(super) struct Search {
    pub(super) looking: Looking,
    /// The only way of breaking that it asks for, if there is one.
    pub(super) wanted: Option<Way>,
    /// What the actor on each seat has received since it began.
    pub(super) told: Vec<u64>,
    pub(super) properties: Properties,
    pub(super) folded: usize,
    /// How many events were folded and forgotten.
    pub(super) forgotten: usize,
    pub(super) found: Vec<Violation>,
    pub(super) is_broken: bool,
}

impl Search {
    pub(super) fn new(looking: Looking) -> Search {
        Search {
            looking,
            wanted: None,
            told: Vec::new(),
            properties: Properties::default(),
            folded: 0,
            forgotten: 0,
            found: Vec::new(),
            is_broken: false,
        }
    }

    /// Returns whether this is what the search asks for.
    pub(super) fn asks_for(&self, found: &Violation, cast: &Cast) -> bool {
        let way = || found.way(cast);
        self.looking.asked.contains(&found.property)
            && self.wanted.is_none_or(|wanted| wanted == way())
    }

    /// Records what the actor on this seat receives.
    pub(super) fn observe(&mut self, seat: Seat, reply: &Reply) {
        let mut hasher = Xxh3::new();
        if let Told::Job(delivery) = &reply.told {
            delivery.hash(&mut hasher);
        } else {
            (self.told[seat.0], reply.late, &reply.told).hash(&mut hasher);
        }
        self.told[seat.0] = hasher.finish();
    }

    /// Returns whether it matters when something that was asked for is something new. It does not
    /// if no property asks who asked for what, but what is found must be real.
    pub(super) fn sees_intents(&self) -> bool {
        self.looking.polls == Polls::Real
            || self.looking.asked.iter().any(|property| property.reads_requests())
    }

    pub(super) fn is_loose(&self) -> bool {
        self.looking.polls == Polls::Loose
    }
}
