//! The world of a simulation: its services, what is known about its actors, and what every
//! occurrence does.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

use super::data::Data;
use super::history::{Facts, Moment, Property, Sort, State};
use super::place::{Doing, Place, Told, Wait};
use super::quiet::quietly;
use super::service::{Caller, Hosted};
use super::trial::{Found, Line};
use super::words::{DIES, DRAWN, LIFE, STARTS, Words};
use crate::agenda::{self, Call, Fired, Key, Name, Owner, Pending, Phase, Seat, Stop, Who};

pub(super) type Agenda = agenda::Agenda<What>;

/// What an occurrence does.
pub(super) enum What {
    /// An actor begins, or is begun again.
    Start(Seat),
    /// A wait of an actor is over.
    Wake(Seat, Wait),
    /// An actor's chance is drawn.
    Chance(Seat, Wait, Vec<u32>),
    /// A request reaches its service.
    Arrives { from: Option<(Seat, Wait)>, to: usize, request: Box<dyn Data> },
    /// A reply reaches its caller.
    Returns(Seat, Wait, Box<dyn Data>),
    /// An actor does what it has wanted since it was told a reply.
    Goes(Seat),
    /// Something that a service has started is due.
    Due { of: usize, due: Box<dyn Data> },
    /// An actor dies.
    Dies(Seat),
}

/// The world.
#[derive(Default)]
pub(super) struct World {
    pub(super) services: Vec<Hosted>,
    pub(super) places: Vec<Place>,
    pub(super) properties: Vec<Property>,
    pub(super) facts: Facts,
    pub(super) words: Words,
    /// Who is still to be answered by a service that answers later.
    pub(super) owed: Vec<(Caller, Call)>,
    /// How many occurrences are named after each call.
    pub(super) parts: BTreeMap<u64, u16>,
    /// What is broken.
    pub(super) found: Vec<Found>,
    /// How a guest has used this wrongly, if it has.
    pub(super) misuse: Option<String>,
    /// What happened, in words, if that is recorded.
    pub(super) log: Option<Vec<Line>>,
    /// What has fired last.
    last: Option<Name>,
}

impl World {
    /// Begins a trial with these services, actors and properties.
    pub(super) fn start(
        &mut self,
        services: Vec<Hosted>,
        places: Vec<Place>,
        properties: Vec<Property>,
        agenda: &mut Agenda,
    ) {
        let (words, log) = (std::mem::take(&mut self.words), self.log.take().map(|_| Vec::new()));
        *self = World { services, places, properties, words, log, ..World::default() };
        for index in 0..self.places.len() {
            let (seat, place) = (Seat(index), &self.places[index]);
            let (start, dies) = (place.start, place.dies);
            agenda.speak_as(seat, Who(place.key), place.kind, place.key);
            let life = self.words.symbol(LIFE);
            let name = Name::new(agenda.call(seat, life), STARTS);
            agenda.start(name, start, Owner::Service, [None; 2], What::Start(seat));
            if let Some((window, _)) = dies {
                let name = Name::new(agenda.call(seat, life), DIES);
                agenda.start(name, window, Owner::Service, [None; 2], What::Dies(seat));
            }
        }
    }

    /// Returns the name of the actor that makes this call.
    pub(super) fn who(&self, call: &Call) -> &str {
        let place = self.places.iter().find(|place| Who(place.key) == call.who);
        place.map_or("nobody", |place| &place.name)
    }

    /// Returns the name of an occurrence, in text.
    pub(super) fn text(&self, name: &Name) -> String {
        self.words.text(name, self.who(&name.call))
    }

    pub(super) fn log(&mut self, agenda: &Agenda, who: &str, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(Line { at: agenda.now(), who: who.to_owned(), text: text() });
        }
    }

    pub(super) fn log_of(&mut self, agenda: &Agenda, seat: Seat, text: impl FnOnce() -> String) {
        if self.log.is_some() {
            let who = self.places[seat.0].name.clone();
            self.log(agenda, &who, text);
        }
    }

    /// Notes that a guest has used this wrongly.
    pub(super) fn misuse(&mut self, text: String) {
        self.misuse.get_or_insert(text);
    }
}

impl agenda::World for World {
    type What = What;
    type Reply = Told;

    fn fire(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Told> {
        self.last = Some(name);
        match what {
            What::Start(seat) => {
                let place = &mut self.places[seat.0];
                (place.has_started, place.is_dead) = (true, false);
                self.log_of(agenda, seat, || "starts".to_owned());
                Fired::Wakes(seat, Told::Start)
            }
            What::Wake(seat, wait) => self.wake(seat, wait, Box::new(())),
            What::Chance(seat, wait, weights) => {
                let option = agenda.fate(Name::new(name.call, DRAWN), &weights);
                self.wake(seat, wait, Box::new(option))
            }
            What::Arrives { from, to, request } => {
                self.arrive(agenda, name.call, from, to, request)
            }
            What::Returns(seat, wait, reply) => {
                if self.places[seat.0].awaits(wait) {
                    self.log_of(agenda, seat, || format!("is answered: {reply:?}"));
                }
                self.wake(seat, wait, reply)
            }
            What::Goes(seat) => {
                if let Some(wants) = self.places[seat.0].held.take() {
                    self.release(seat, wants, agenda);
                }
                Fired::Nobody
            }
            What::Due { of, due } => {
                let who = self.services[of].name.clone();
                self.log(agenda, &who, || format!("{due:?} is due"));
                let at = (of, name.call);
                let orders = self.serve(agenda, at, None, |service, work| service.fire(due, work));
                self.carry_out(agenda, at, orders.unwrap_or_default());
                Fired::Nobody
            }
            What::Dies(seat) => self.die(seat, agenda),
        }
    }

    fn is_waiting(&self) -> bool {
        self.places.iter().any(Place::is_waiting)
    }

    fn over(&mut self, stop: Stop, agenda: &Agenda) {
        match stop {
            Stop::Settled => {}
            Stop::Stuck => {
                let waiting = self.places.iter().filter(|place| place.is_waiting());
                let waiting: Vec<String> =
                    waiting.map(|place| waits_for(place, &self.services, &self.words)).collect();
                let why = waiting.join(", and ");
                self.log(agenda, "!", || why.clone());
                self.found.push(Found { property: "all-settled".to_owned(), why });
            }
            Stop::OutOfBudget | Stop::Abandoned => return,
        }
        self.judge(Moment::End);
    }

    fn state(&mut self, pending: &[Pending], whats: &[What]) -> agenda::State {
        let mut hasher = Xxh3::new();
        for place in &self.places {
            (place.told, place.has_started, place.is_over, place.is_dead).hash(&mut hasher);
            place.held.is_some().hash(&mut hasher);
            place.debt.iter().for_each(|(name, _)| name.key().hash(&mut hasher));
            place.waits.len().hash(&mut hasher);
        }
        for hosted in &self.services {
            hosted.service.digest(&mut hasher);
        }
        self.facts.digest().hash(&mut hasher);
        let mut order: Vec<usize> = (0..pending.len()).collect();
        order.sort_unstable_by_key(|index| pending[*index].name.key());
        for index in order {
            pending[index].name.key().hash(&mut hasher);
            match &whats[index] {
                What::Arrives { request: data, .. }
                | What::Returns(_, _, data)
                | What::Due { due: data, .. } => data.digest(&mut hasher),
                What::Start(_)
                | What::Wake(..)
                | What::Chance(..)
                | What::Goes(_)
                | What::Dies(_) => {}
            }
        }
        let is_broken = !self.found.is_empty();
        (is_broken, self.found.len()).hash(&mut hasher);
        agenda::State { digest: hasher.digest128(), is_broken }
    }
}

impl World {
    /// Looks at all properties.
    pub(super) fn judge(&mut self, moment: Moment) {
        let World { properties, services, facts, .. } = self;
        let state = State { services, facts };
        let mut broken = Vec::new();
        for property in properties.iter_mut().filter(|property| property.is_asked(moment)) {
            match quietly(|| property.looks(&state)) {
                Ok(false) => {}
                Ok(true) => broken.push((property.name.clone(), None)),
                Err(message) => {
                    property.is_decided = true;
                    broken.push((property.name.clone(), Some(format!("it panics: {message}"))));
                }
            }
        }
        for (property, why) in broken {
            let after = || match (moment, &self.last) {
                (Moment::Now, Some(last)) => format!("after {}", self.text(last)),
                (Moment::Now, None) | (Moment::End, _) => "at the end of the trial".to_owned(),
            };
            let why = why.unwrap_or_else(after);
            self.found.push(Found { property, why });
        }
    }

    /// Returns what some trial has to reach.
    pub(super) fn sought(&self) -> impl Iterator<Item = String> {
        let sometimes = self.properties.iter().filter(|one| one.sort == Sort::Sometimes);
        sometimes.map(|property| property.name.clone())
    }

    /// Returns whether this trial has not reached what some trial has to reach.
    pub(super) fn seeks(&self, name: &str) -> bool {
        let mut sometimes = self.properties.iter().filter(|one| one.sort == Sort::Sometimes);
        sometimes.any(|property| property.name == name && !property.is_decided)
    }

    /// Returns a hash of all that the trial did, if its picks and fates have this hash.
    pub(super) fn digest(&self, path: u64) -> u64 {
        let mut hasher = Xxh3::with_seed(path);
        self.places.iter().for_each(|place| place.told.hash(&mut hasher));
        self.services.iter().for_each(|hosted| hosted.service.digest(&mut hasher));
        (self.facts.digest(), &self.found).hash(&mut hasher);
        hasher.finish()
    }
}

/// Returns the key of a part of a service.
pub(super) fn key(service: usize, part: u16) -> Key {
    Key((service as u32) << 16 | u32::from(part))
}

/// Returns the number of the next occurrence that is named after a call, from 1.
pub(super) fn next(parts: &mut BTreeMap<u64, u16>, call: &Call) -> u16 {
    let part = parts.entry(call.key()).or_default();
    *part += 1;
    *part
}

/// Returns whether a fault strikes once in this many calls, and did now.
pub(super) fn is_lost(call: Call, phase: Phase, once_in: u32, agenda: &mut Agenda) -> bool {
    once_in > 0 && agenda.fate(Name::new(call, phase), &[once_in - 1, 1]) == 1
}

/// Returns what an actor waits for when nothing is pending any more.
fn waits_for(place: &Place, services: &[Hosted], words: &Words) -> String {
    let what = |(_, doing): &(Wait, Doing)| {
        let call = Call::new(Who(place.key), place.key, doing.action, doing.nth);
        let action = format!("{}#{}", words.action(&call), doing.nth);
        match doing.to {
            Some(to) => format!("{action} of `{}`", services[to].name),
            None => action,
        }
    };
    let waits: Vec<String> = place.waits.iter().map(what).collect();
    format!("`{}` waits forever for {}", place.name, waits.join(" and "))
}
