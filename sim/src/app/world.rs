//! The world: the services, what is known about each actor, and what every occurrence does to them.
//!
//! An actor changes nothing itself. It puts an occurrence on the agenda. When that occurrence
//! fires, the world hands it to the service that it concerns, and tells the actor what came of it.
//! What happens to users and processes is in `processes`.

use std::sync::Arc;

use deadheat_model::history::{End, Event, Mark, Operation, What as Happened};
use deadheat_model::id::Actor;

use super::looking::Search;
use super::place::{Look, Place, Watched};
use super::what::{Agenda, Depth, Reply, What};
use crate::agenda::{self, Call, Fired, Name, Owner, Seat, Span, Stop, Window};
use crate::name::Moment;
use crate::scenario::{FaultKind, WorldFault};
use crate::services::{
    Chance, Clauses, Desk, Documents, Faults, Link, Locks, Packet, Queue, Server, Supply, Told,
};
use crate::stage::{Part, Stage};

/// The services, and the history.
#[derive(Clone)]
pub struct World {
    pub(super) stage: Arc<Stage>,
    pub(super) server: Server,
    pub(super) link: Link,
    pub(super) documents: Documents,
    pub(super) locks: Locks,
    pub(super) queue: Queue,
    pub(super) faults: Faults,
    pub(super) places: Vec<Place>,
    /// The number of users, processes and jobs that have not ended.
    pub(super) unfinished: usize,
    pub(super) events: Vec<Event>,
    pub(super) search: Option<Box<Search>>,
}

impl World {
    /// Returns the world of this stage. It is empty until [`World::start`].
    pub fn new(stage: Arc<Stage>) -> World {
        World {
            server: Server::new(&stage),
            stage,
            link: Link::default(),
            documents: Documents::default(),
            locks: Locks::default(),
            queue: Queue::default(),
            faults: Faults::default(),
            places: Vec::new(),
            unfinished: 0,
            events: Vec::new(),
            search: None,
        }
    }

    /// Resets everything to the beginning of a trial but keeps the allocated memory.
    pub fn start(&mut self, agenda: &mut Agenda) {
        let stage = self.stage.clone();
        self.events.clear();
        self.server.start(&stage);
        self.link.start(stage.parts.len());
        self.documents.start(&stage.cast.documents);
        self.locks.start();
        self.places.clear();
        self.places.resize_with(stage.parts.len(), Place::default);
        self.unfinished = 0;
        let is_worker = |(seat, part)| matches!(part, &Part::Worker(_)).then_some(seat);
        self.queue.start(stage.cast.kinds.len(), stage.seats().filter_map(is_worker));
        for (seat, part) in stage.seats() {
            let Part::Solo(solo) = part else { continue };
            agenda.speak_as(seat, solo.actor.into(), stage.kind(solo.actor), solo.key);
            self.unfinished += 1;
            let name = agenda.call(seat, Operation::Life).at(Moment::Starts);
            let owner = Owner::Actor(seat);
            agenda.start(name, solo.start, owner, [None; 2], What::Start(seat));
        }
        self.faults.start(&stage, &mut Desk::new(agenda, &mut self.events));
        self.start_search();
    }

    /// Returns what has happened so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the faults that could have struck in this trial, and those that did.
    pub fn faults(&self) -> (Clauses, Clauses) {
        self.faults.count()
    }

    pub(super) fn record(&mut self, agenda: &Agenda, by: Option<Actor>, what: Happened) {
        self.events.push(Event { at: agenda.now(), by, what });
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, agenda: &Agenda, by: Actor, mark: Mark) {
        self.record(agenda, Some(by), Happened::Marked(mark));
    }

    /// Does the same as [`World::carry_out`], and reports it to the code that listens. The report
    /// has a span for the actor, one for its call, and what the history says about it, stamped with
    /// virtual time.
    fn carry_out_and_tell(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Told> {
        let (actor, operation, nth) = (name.call.actor(), name.call.operation(), name.call.nth);
        let actor = tracing::debug_span!("actor", name = self.stage.cast.name(actor));
        let call = tracing::debug_span!(parent: &actor, "call", name = %operation, nth);
        let before = self.events.len();
        let fired = call.in_scope(|| self.carry_out(name, what, agenda));
        let at = agenda.now();
        call.in_scope(|| {
            tracing::debug!(%at, "{:?}", name.moment());
            for event in &self.events[before..] {
                tracing::debug!(%at, "  {:?}", event.what);
            }
        });
        fired
    }

    /// Does what an occurrence is there for.
    #[inline]
    fn carry_out(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Told> {
        let call = name.call;
        let by = call.actor();
        match what {
            What::Start(seat) => {
                self.record(agenda, Some(by), Happened::Started { worker: None });
                Fired::Wakes(seat, Told::Go)
            }
            What::Begin(seat, bound) => {
                self.begin(agenda, seat, call, bound);
                Fired::Wakes(seat, Told::Go)
            }
            What::Deadline(seat, depth) => {
                self.places[seat.0].late |= 1 << depth;
                Fired::Nobody
            }
            What::Near(seat, depth) => {
                self.places[seat.0].near |= 1 << depth;
                Fired::Nobody
            }
            What::Look(seat) => self.look_again(seat, agenda),
            What::Click(seat, wanted) => {
                self.click(agenda, seat, call, wanted);
                Fired::Wakes(seat, Told::Go)
            }
            What::IntentOver(seat, kind, document) => {
                self.places[seat.0].intents.retain(|known| *known != (kind, document));
                self.record(agenda, Some(by), Happened::IntentOver { kind, document });
                Fired::Nobody
            }
            What::Unmute(seat) => {
                self.places[seat.0].is_muted = false;
                Fired::Nobody
            }
            What::Dispatch(seat, wanted) => {
                self.intend(agenda, seat, call, wanted);
                self.dispatch(agenda, by, wanted);
                Fired::Wakes(seat, Told::Go)
            }
            What::Query(seat, query) => {
                let mut desk = Desk::new(agenda, &mut self.events);
                Fired::Wakes(seat, Told::Row(self.documents.handle(by, query, &mut desk)))
            }
            What::Lock(seat, ask) => {
                self.look(seat, Watched { call, look: Look::Lock(ask) }, agenda)
            }
            What::Unlock(seat, lock, token, release) => {
                let mut desk = Desk::new(agenda, &mut self.events);
                self.locks.release(&self.stage, by, (lock, token), release, &mut desk);
                Fired::Wakes(seat, Told::Go)
            }
            What::End(seat, ending) => {
                self.end(agenda, seat, ending);
                Fired::Nobody
            }
            What::JobTimesOut(seat) => self.time_out(agenda, seat),
            What::Restart(seat) => {
                self.queue.rest(seat);
                let mut desk = Desk::new(agenda, &mut self.events);
                self.queue.offer(&self.stage, self.stage.scenario.queue.poll, &mut desk);
                Fired::Nobody
            }
            What::Resume(seat) => self.resume(agenda, seat, by),
            What::Link(packet) => self.arrive(agenda, call, packet),
            What::Server(due) => {
                self.server.fire(due, &mut Desk::new(agenda, &mut self.events));
                Fired::Nobody
            }
            What::Queue(Supply::Take) => self.take(agenda),
            What::Queue(Supply::Return(delivery)) => {
                let mut desk = Desk::new(agenda, &mut self.events);
                self.queue.push(&self.stage, delivery, &mut desk);
                Fired::Nobody
            }
            What::Queue(Supply::Redeliver(delivery)) => {
                let is_at_work = self.places.iter().any(|place| place.job == Some(delivery));
                let mut desk = Desk::new(agenda, &mut self.events);
                self.queue.redeliver(&self.stage, delivery, is_at_work, &mut desk);
                Fired::Nobody
            }
            What::Locks(expiry) => {
                let mut desk = Desk::new(agenda, &mut self.events);
                self.locks.fire(&self.stage, expiry, &mut desk);
                Fired::Nobody
            }
            What::Faults(chance) => self.strike(agenda, chance, call),
        }
    }

    /// Carries out what has reached its end of the link. No actor is woken before a reply has come
    /// back if replies travel on their own.
    fn arrive(&mut self, agenda: &mut Agenda, call: Call, packet: Packet) -> Fired<Told> {
        let mut desk = Desk::new(agenda, &mut self.events);
        let to = (&mut self.server, &mut self.faults);
        match packet {
            Packet::Request(seat, message) if !self.stage.unfolds => {
                self.look(seat, Watched { call, look: Look::Request(message) }, agenda)
            }
            Packet::Request(seat, message) => {
                if self.link.deliver(&self.stage, (seat, call), message, to, &mut desk) {
                    self.strike_on_arrival(agenda, seat, call)
                } else {
                    Fired::Nobody
                }
            }
            Packet::Again(message) => {
                self.link.deliver_again(&self.stage, call, &message, to, &mut desk);
                Fired::Nobody
            }
            Packet::Returns(seat, answer) => {
                match self.link.returns(seat, call, answer, &mut desk) {
                    Some(told) => Fired::Wakes(seat, told),
                    None => Fired::Nobody,
                }
            }
            Packet::GivesUp(seat) => Fired::Wakes(seat, self.link.gives_up(seat)),
            Packet::Heals => {
                self.link.heals();
                Fired::Nobody
            }
        }
    }

    /// Lets a fault do what it does at a time of its own.
    fn strike(&mut self, agenda: &mut Agenda, chance: Chance, call: Call) -> Fired<Told> {
        match chance {
            Chance::Opens(clause) => self.faults.set_open(clause, true),
            Chance::Closes(clause) => self.faults.set_open(clause, false),
            Chance::Strikes(clause) => {
                let mut desk = Desk::new(agenda, &mut self.events);
                if let Some(what) = self.faults.on_all(&self.stage, clause, call, &mut desk) {
                    self.befall_all(agenda, what, call);
                }
            }
            Chance::StrikesAt(clause, seat) => {
                return self.strike_process(agenda, clause, seat, call);
            }
        }
        Fired::Nobody
    }

    /// Lets the fault strike that is to strike right after this call has reached its service, if
    /// there is one.
    fn strike_on_arrival(&mut self, agenda: &mut Agenda, seat: Seat, call: Call) -> Fired<Told> {
        if self.stage.scripted.is_empty() {
            return Fired::Nobody;
        }
        let is_there = self.places[seat.0].job.is_some() && agenda.who(seat) == call.who;
        let strikes = |kind| match kind {
            FaultKind::Attempt(..) => is_there.then_some(None),
            FaultKind::World(what) => Some(Some(what)),
            FaultKind::Call(..) | FaultKind::Run(_) => None,
        };
        let mut desk = Desk::new(agenda, &mut self.events);
        match self.faults.on_arrival(&self.stage, call, strikes, &mut desk) {
            Some((clause, None)) => return self.strike_process(agenda, clause, seat, call),
            Some((clause, Some(what))) => {
                self.faults.tell(clause, Some(call), call.actor(), &mut desk);
                self.befall_all(agenda, what, call);
            }
            None => {}
        }
        Fired::Nobody
    }

    /// Does to the services what strikes all actors.
    fn befall_all(&mut self, agenda: &mut Agenda, what: WorldFault, call: Call) {
        let mut desk = Desk::new(agenda, &mut self.events);
        match what {
            WorldFault::Outage(time) => self.link.breaks(call, time, &mut desk),
            WorldFault::Failover => self.locks.lose(&mut desk),
        }
    }

    /// Wakes the actor that made a call, if it is there to go on.
    #[inline]
    fn wake(&mut self, agenda: &mut Agenda, name: Name, seat: Seat, told: Told) -> Fired<Reply> {
        if self.is_gone(agenda, seat, name.call, &told) {
            return Fired::Nobody;
        }
        if name.moment() == Moment::Arrives
            && let Fired::Restarts(seat) = self.strike_on_arrival(agenda, seat, name.call)
        {
            return Fired::Restarts(seat);
        }
        let place = &mut self.places[seat.0];
        let Some(told) = place.keep(told) else { return Fired::Nobody };
        let reply = Reply { told, late: place.late, call: name.call.key() };
        if let Some(search) = &mut self.search {
            search.observe(seat, &reply);
        }
        Fired::Wakes(seat, reply)
    }

    fn begin(&mut self, agenda: &mut Agenda, seat: Seat, call: Call, bound: Option<(Span, Depth)>) {
        if let Some((bound, depth)) = bound {
            self.places[seat.0].late &= !(1 << depth);
            let name = call.at(Moment::Deadline);
            let (owner, window) = (Owner::Actor(seat), Window::exactly(bound));
            agenda.start(name, window, owner, [None; 2], What::Deadline(seat, depth));
            self.begin_looking(agenda, seat, call, (bound, depth));
        }
    }
}

impl agenda::World for World {
    type What = What;
    type Reply = Reply;

    fn fire(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Reply> {
        let fired = if tracing::enabled!(tracing::Level::DEBUG) {
            self.carry_out_and_tell(name, what, agenda)
        } else {
            self.carry_out(name, what, agenda)
        };
        if self.search.is_some() {
            self.watch(agenda);
        }
        match fired {
            Fired::Nobody => Fired::Nobody,
            Fired::Restarts(seat) => Fired::Restarts(seat),
            Fired::Wakes(seat, told) => self.wake(agenda, name, seat, told),
        }
    }

    fn is_waiting(&self) -> bool {
        self.unfinished > 0
    }

    fn over(&mut self, stop: Stop, agenda: &Agenda) {
        let end = match stop {
            Stop::Settled => End::Settled,
            Stop::Stuck => End::Stuck,
            Stop::OutOfBudget => End::OutOfBudget,
            Stop::Abandoned => return,
        };
        self.record(agenda, None, Happened::End(end));
    }

    fn state(&mut self, pending: &[agenda::Pending], whats: &[What]) -> agenda::State {
        self.search_state(pending, whats)
    }
}
