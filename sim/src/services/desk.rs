//! The desk: the agenda and the history, as a service sees them.

use deadheat_model::history::{Event, What as Happened};
use deadheat_model::id::Actor;

use crate::agenda::{Agenda, Keys, Name, Owner, Window};

/// What a service works with. `W` is what an occurrence does in the world that the service is in.
pub struct Desk<'a, W> {
    agenda: &'a mut Agenda<W>,
    events: &'a mut Vec<Event>,
}

/// A world's occurrences, if some of them are a service's, which are of type `T`.
pub trait Holds<T> {
    /// Returns the service's occurrence as one of the world's.
    fn hold(what: T) -> Self;

    /// Returns the service's occurrence, or none if this is another one.
    fn held(&self) -> Option<&T>;
}

impl<'a, W> Desk<'a, W> {
    /// Returns a desk on this agenda. What happens is added to `events`.
    pub fn new(agenda: &'a mut Agenda<W>, events: &'a mut Vec<Event>) -> Desk<'a, W> {
        Desk { agenda, events }
    }

    /// Records what has happened now, and who did it.
    #[inline]
    pub fn tell(&mut self, by: Option<Actor>, what: Happened) {
        self.events.push(Event { at: self.agenda.now(), by, what });
    }

    /// Puts one of the service's occurrences on the agenda.
    #[inline]
    pub fn start<T>(&mut self, name: Name, window: Window, owner: Owner, keys: Keys, what: T)
    where
        W: Holds<T>,
    {
        self.agenda.start(name, window, owner, keys, W::hold(what));
    }

    /// Removes those of the service's occurrences from the agenda that are moot.
    pub fn cancel<T>(&mut self, is_moot: impl Fn(&T) -> bool)
    where
        W: Holds<T>,
    {
        self.agenda.cancel(|what| what.held().is_some_and(&is_moot));
    }

    /// Returns one of the weighted options, by its place. The strategy chooses it.
    pub fn fate(&mut self, name: Name, weights: &[u32]) -> usize {
        self.agenda.fate(name, weights)
    }
}

/// A world of one service.
impl<T> Holds<T> for T {
    fn hold(what: T) -> T {
        what
    }

    fn held(&self) -> Option<&T> {
        Some(self)
    }
}
