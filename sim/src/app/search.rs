//! What a search must know about the world: a digest of everything that the future depends on, and
//! a world without the polls that find nothing new.
//!
//! A search by trials cannot copy an actor. What the actor has been told since it began determines
//! its state, so a digest of that represents it.

use std::hash::Hash;

use deadheat_model::history::Operation;
use deadheat_model::property::{Properties, PropertyId, Violation, Way};
use deadheat_model::run::RunStatus;
use xxhash_rust::xxh3::Xxh3;

use super::looking::{Looking, Polls, Search};
use super::place::{Look, Watched};
use super::what::{Agenda, Depth, What};
use super::world::World;
use crate::agenda::{Call, Fired, Owner, Pending, Seat, Span, State, Window};
use crate::name::Moment;
use crate::services::{Desk, Poll, Read, Told, keys, lock_keys};

impl World {
    /// Sets the search that looks at this world from the next trial on, or removes it.
    pub fn set_looking(&mut self, looking: Option<Looking>) {
        let is_possible = |looking: &Looking| looking.polls == Polls::Real || !self.stage.unfolds;
        assert!(
            looking.as_ref().is_none_or(is_possible),
            "invariant: polls are left out only where nothing can befall them"
        );
        self.search = looking.map(|looking| Box::new(Search::new(looking)));
    }

    /// Returns what the trial has broken so far, out of what is asked for.
    pub fn found(&mut self) -> Vec<Violation> {
        self.fold();
        let search = self.search.as_ref().expect("invariant: a search looks at this");
        let is_asked = |found: &&Violation| search.asks_for(found, &self.stage.cast);
        search.found.iter().filter(is_asked).cloned().collect()
    }

    /// Limits the search to this way of breaking, out of everything that it asks for.
    pub fn want(&mut self, way: Way) {
        let search = self.search.as_mut().expect("invariant: a search looks at this");
        search.wanted = Some(way);
    }

    pub(super) fn start_search(&mut self) {
        let Some(search) = &mut self.search else { return };
        search.told.clear();
        search.told.resize(self.stage.parts.len(), 0);
        search.properties.start(&self.stage.cast);
        search.folded = 0;
        search.forgotten = 0;
        search.found.clear();
        search.is_broken = false;
    }

    fn fold(&mut self) {
        let stage = self.stage.clone();
        let Some(mut search) = self.search.take() else { return };
        let events = self.events();
        for (index, event) in events.iter().enumerate().skip(search.folded) {
            let index = search.forgotten + index;
            search.properties.step(&stage.cast, index, event, &mut search.found);
        }
        search.folded = events.len();
        search.is_broken = search.found.iter().any(|found| search.asks_for(found, &stage.cast));
        self.search = Some(search);
    }

    /// Forgets what has happened, except for what properties remember. Returns whether something
    /// that the search asks for is broken.
    pub fn fold_away(&mut self) -> bool {
        self.fold();
        let search = self.search.as_mut().expect("invariant: a search looks at this");
        search.forgotten += std::mem::take(&mut search.folded);
        let is_broken = search.is_broken;
        self.events.clear();
        is_broken
    }

    /// Returns what properties remember, and which of them the search asks for.
    pub(super) fn judged(&self) -> (&Properties, &[PropertyId]) {
        let search = self.search.as_ref().expect("invariant: a search looks at this");
        (&search.properties, &search.looking.asked)
    }

    pub(super) fn search_state(&mut self, pending: &[Pending], whats: &[What]) -> State {
        self.fold();
        let search = self.search.as_ref().expect("invariant: a search looks at this");
        let mut hasher = Xxh3::new();
        search.told.hash(&mut hasher);
        search.properties.hash(&search.looking.asked, &mut hasher);
        self.server.hash(&mut hasher);
        self.link.hash(&mut hasher);
        self.documents.hash(&mut hasher);
        self.locks.hash(&mut hasher);
        self.queue.hash(&mut hasher);
        self.faults.hash(&mut hasher);
        self.unfinished.hash(&mut hasher);
        self.places.hash(&mut hasher);
        let mut order: Vec<usize> = (0..pending.len()).collect();
        order.sort_unstable_by_key(|index| pending[*index].name.key());
        for index in order {
            pending[index].name.key().hash(&mut hasher);
            whats[index].hash(&mut hasher);
        }
        State { digest: hasher.digest128(), is_broken: search.is_broken }
    }

    /// Takes a look for an actor. A search may make the actor wait if the look finds nothing new.
    pub(super) fn look(
        &mut self,
        seat: Seat,
        watched: Watched,
        agenda: &mut Agenda,
    ) -> Fired<Told> {
        let (stage, call) = (&*self.stage, watched.call);
        let mut desk = Desk::new(agenda, &mut self.events);
        let told = match &watched.look {
            Look::Request(message) => {
                let faults = &mut self.faults;
                Told::Answer(self.server.handle(stage, call, message, faults, &mut desk))
            }
            Look::Lock(ask) => Told::Lock(self.locks.handle(stage, call, *ask, &mut desk)),
        };
        if self.search.as_ref().is_some_and(|search| search.is_loose()) && is_nothing_new(&told) {
            let near = self.places[seat.0].near;
            let is_far = |poll: Poll| {
                poll.deadlines & near == 0 && self.longest(&watched, poll) > Span::ZERO
            };
            if watched.look.poll().is_some_and(is_far) {
                self.places[seat.0].watched = Some(watched);
                return Fired::Nobody;
            }
        }
        Fired::Wakes(seat, told)
    }

    /// Looks again for an actor that watches.
    pub(super) fn look_again(&mut self, seat: Seat, agenda: &mut Agenda) -> Fired<Told> {
        let watched = self.places[seat.0].watched.take();
        self.look(seat, watched.expect("invariant: who looks again has been watching"), agenda)
    }

    /// Begins a bounded wait. Its last polls are kept even if a search leaves polls out.
    pub(super) fn begin_looking(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        (bound, depth): (Span, Depth),
    ) {
        self.places[seat.0].near &= !(1 << depth);
        if !self.search.as_ref().is_some_and(|search| search.is_loose()) {
            return;
        }
        let network = &self.stage.scenario.network;
        let is_lock = call.operation() == Operation::Lock;
        let way = if is_lock { network.local } else { network.latency };
        match bound.as_us().checked_sub(way.latest.as_us()) {
            Some(far) if far > 0 => {
                let name = call.at(Moment::Deadline).part(1);
                let (owner, window) = (Owner::Actor(seat), Window::exactly(Span::from_us(far)));
                agenda.start(name, window, owner, [None; 2], What::Near(seat, depth));
            }
            _ => self.places[seat.0].near |= 1 << depth,
        }
    }

    /// Returns the longest time from a change of the answer until the actor that polls looks again.
    /// It is the sum of the way back of the last look, the pause, and the way there.
    fn longest(&self, watched: &Watched, poll: Poll) -> Span {
        let network = &self.stage.scenario.network;
        let way = match &watched.look {
            Look::Request(_) => network.latency,
            Look::Lock(_) => network.local,
        };
        way.latest + poll.pause.latest + way.latest
    }

    /// Takes each watched look again within one poll and its ways, if it would be answered
    /// differently now or if its bound is near.
    pub(super) fn watch(&mut self, agenda: &mut Agenda) {
        if !self.search.as_ref().is_some_and(|search| search.is_loose()) {
            return;
        }
        for index in 0..self.places.len() {
            let place = &self.places[index];
            let Some(watched) = &place.watched else { continue };
            let poll = watched.look.poll().expect("invariant: only polls are watched");
            let call = watched.call;
            let name = call.at(Moment::Repeats);
            let is_on_its_way = agenda.pending().iter().any(|pending| pending.name == name);
            if is_on_its_way {
                continue;
            }
            let is_near = poll.deadlines & place.near != 0;
            let keys = match &watched.look {
                Look::Request(message) => keys(message.request.thread(), message.document),
                Look::Lock(ask) => lock_keys(ask.lock),
            };
            let window = Window::between(Span::ZERO, self.longest(watched, poll));
            if is_near || self.would_be_new(index) {
                let what = What::Look(Seat(index));
                agenda.start(name, window, Owner::Link, keys, what);
            }
        }
    }

    /// Returns whether a watched look would be answered differently now.
    fn would_be_new(&mut self, index: usize) -> bool {
        let watched = self.places[index].watched.as_ref();
        let watched = watched.expect("invariant: it is watched");
        match &watched.look {
            Look::Lock(ask) => self.locks.is_free(ask.lock),
            Look::Request(message) => {
                !is_nothing_new(&Told::Answer(self.server.peek(&message.request)))
            }
        }
    }
}

/// Returns whether an actor that polls goes on polling after this.
fn is_nothing_new(told: &Told) -> bool {
    match told {
        Told::Lock(taken) => taken.is_none(),
        Told::Answer(Ok(Read::Runs(active))) => active.is_some(),
        Told::Answer(Ok(Read::Run(run))) => {
            run.status.is_active() && run.status != RunStatus::RequiresAction
        }
        Told::Answer(Ok(Read::Thread(_) | Read::Message(_) | Read::Messages(_)) | Err(_))
        | Told::Go
        | Told::Lost
        | Told::Row(_)
        | Told::Job(_) => false,
    }
}
