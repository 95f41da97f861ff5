//! What has happened, and the properties that look at it.

use super::data::{Data, digest_of};
use super::service::{Hosted, Port, Service};

/// What actors and services have told, in order.
#[derive(Default)]
pub(super) struct Facts {
    told: Vec<(String, Box<dyn Data>)>,
    digest: u64,
}

impl Facts {
    pub(super) fn add(&mut self, who: String, fact: Box<dyn Data>) {
        self.digest = digest_of(&*fact, self.digest.wrapping_add(1));
        self.told.push((who, fact));
    }

    /// Returns the hash of all facts, in order.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }
}

/// The state of a simulation between two occurrences, as a property sees it: its services, and
/// what has been told.
///
/// It holds no times. A property that could read them could not be proved.
pub struct State<'a> {
    pub(super) services: &'a [Hosted],
    pub(super) facts: &'a Facts,
}

impl State<'_> {
    /// Returns a service.
    pub fn of<S: Service>(&self, port: Port<S>) -> &S {
        let service = self.services[port.index].service.as_any();
        service.downcast_ref().expect("invariant: a port knows what its service is")
    }

    /// Returns everything of this type that has been told, in order.
    pub fn facts<T: 'static>(&self) -> impl Iterator<Item = &T> {
        self.told().map(|(_, fact)| fact)
    }

    /// Returns the same, each with the name of the actor or the service that has told it.
    pub fn told<T: 'static>(&self) -> impl Iterator<Item = (&str, &T)> {
        let all = self.facts.told.iter();
        all.filter_map(|(who, fact)| Some((who.as_str(), fact.as_any().downcast_ref()?)))
    }
}

/// When a property is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Something has happened.
    Now,
    /// The trial is over.
    End,
}

/// What a property says about the states of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// All of them are like this.
    Always,
    /// The last one is.
    Finally,
    /// Some state of some trial is.
    Sometimes,
}

/// A property.
pub(super) struct Property {
    pub(super) name: String,
    pub(super) sort: Sort,
    pub(super) is_so: Box<dyn Fn(&State<'_>) -> bool + Send>,
    /// Whether nothing that comes can change what is known of it in this trial.
    pub(super) is_decided: bool,
}

impl Property {
    /// Returns whether it is to be looked at.
    pub(super) fn is_asked(&self, moment: Moment) -> bool {
        !self.is_decided && (self.sort != Sort::Finally || moment == Moment::End)
    }

    /// Looks at a state. Returns whether the property is broken.
    pub(super) fn looks(&mut self, state: &State<'_>) -> bool {
        let is_so = (self.is_so)(state);
        match self.sort {
            Sort::Always | Sort::Finally => {
                self.is_decided = !is_so;
                !is_so
            }
            Sort::Sometimes => {
                self.is_decided = is_so;
                false
            }
        }
    }
}
