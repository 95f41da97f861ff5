//! The world: the services, and what every occurrence does to them.
//!
//! An actor changes nothing itself. It puts an occurrence on the agenda. The world changes when
//! that occurrence fires, and the history says so. Calls to the server are handled in `wire`, jobs
//! in `delivery`, and things that go wrong in `misfortune`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{
    Death, End, Ending, Event, Label, Mark, Operation, What as Happened,
};
use deadheat_model::id::{Actor, DocumentId, KindId, LockName, ThreadId};
use deadheat_model::server::{Due, Effect, Plan, Server};

use super::faults::{Clauses, Faults};
use super::locks::{Locks, Token};
use super::queue::{Order, Queue, Wanted};
use super::search::{LockAsk, Look, Poll, Search, Watched};
use super::stage::{Part, Stage};
use super::store::{Query, Store};
use crate::agenda::{self, Call, Fired, Keys, Name, Owner, Seat, Span, Stop, Window};
use crate::name::{self, Moment, Touched};
use crate::scenario::Release;

pub(super) type Agenda = agenda::Agenda<What>;

/// What an occurrence does.
#[derive(Clone, Debug, Hash)]
pub enum What {
    /// A user or a process begins.
    Start(Seat),
    /// A wait is over. Its deadline is counted from now if it has a bound.
    Begin(Seat, Option<(Span, Depth)>),
    /// A bounded wait has reached its bound.
    Deadline(Seat, Depth),
    /// A bounded wait is so near its bound that a look may be answered after it. This occurs only
    /// in a search.
    Near(Seat, Depth),
    /// A request reaches the server.
    Request(Seat, Message),
    /// A request reaches the server again.
    Again(Message),
    /// A reply, or the news that there will be none, reaches its caller.
    Returns(Seat, Box<Result<Result<Response, ApiError>, Lost>>),
    /// A caller has waited for a reply as long as it is willing to.
    GiveUp(Seat),
    /// A user's click reaches the application.
    Click(Seat, Wanted),
    /// Something that was asked for a while ago is something new when it is asked for again.
    IntentOver(Seat, KindId, DocumentId),
    /// The user's next click counts again.
    Unmute(Seat),
    /// A job reaches the queue.
    Dispatch(Seat, Wanted),
    /// A query reaches the database.
    Query(Seat, Query),
    /// An actor asks for a lock.
    Lock(Seat, LockAsk),
    /// An actor that polls looks again. This occurs only in a search.
    Look(Seat),
    /// An actor releases a lock.
    Unlock(Seat, LockName, Token, Release),
    /// A lock's time is over.
    LockExpires(LockName, Token),
    /// A worker takes the job that is on offer.
    Take,
    /// A failed job returns to the queue.
    Return(Order),
    /// A job that was taken is handed out again.
    Redeliver(Order),
    /// An actor ends.
    End(Seat, Ending),
    /// A job has lasted too long.
    JobTimesOut(Seat),
    /// A new worker takes the place of a dead one.
    Restart(Seat),
    /// A fault can strike from now on, or cannot any more.
    Open(usize, bool),
    /// A fault strikes all actors.
    Strike(usize),
    /// A fault strikes the process on this seat.
    StrikeAt(usize, Seat),
    /// The effect of a fault on all actors is over.
    Heal(usize),
    /// A paused process continues.
    Resume(Seat),
    /// Something that the server has started is due.
    Server(Due),
}

/// A request on its way, with what the history will record about it.
#[derive(Clone, Debug, Hash)]
pub struct Message {
    pub(super) request: Request,
    pub(super) asks: Option<Label>,
    /// The document that its sender works on.
    pub(super) document: Option<DocumentId>,
    /// Whether its sender asks again until the answer changes.
    pub(super) poll: Option<Poll>,
}

/// There is no reply, and the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lost;

/// How many bounded waits an actor was in when it began this one.
pub(super) type Depth = u8;

/// What an actor receives when its occurrence fires, and which of its bounded waits have reached
/// their bound by then, as one bit per depth.
#[derive(Debug)]
pub struct Reply {
    pub(super) word: Word,
    pub(super) late: u32,
    /// The key of the call that it answers.
    pub(super) call: u64,
}

#[derive(Clone, Debug, Hash)]
pub(super) enum Word {
    /// Go on.
    Go,
    /// The server's answer.
    Answer(Result<Response, ApiError>),
    /// There is no answer.
    Lost,
    /// The thread that a row names now.
    Row(Option<ThreadId>),
    /// The lock is taken, or another actor holds it.
    Lock(Option<Token>),
    /// A job to do.
    Job(Order),
}

/// What is known about a seat.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Place {
    /// Which of its actor's bounded waits have reached their bound, as one bit per depth.
    pub(super) late: u32,
    /// Which of them are near their bound, if a search leaves polls out.
    pub(super) near: u32,
    /// The job that its worker works on.
    pub(super) order: Option<Order>,
    /// The call whose reply it waits for, if replies travel on their own.
    pub(super) waits_for: Option<Call>,
    /// Whether its actor is dead and no other actor has taken its place.
    pub(super) is_dead: bool,
    /// The call that a flawed server has admitted but not carried out yet.
    pub(super) admitted: Option<Call>,
    /// How many pauses it is in. It stays paused until all of them are over.
    pub(super) pauses: u32,
    /// What its actor would have received meanwhile.
    pub(super) kept: Option<Word>,
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
    /// Hashes what can still be read. The names of calls are not a part of it.
    pub(super) fn digest<H: Hasher>(&self, hasher: &mut H) {
        (self.late, self.near, self.order).hash(hasher);
        (self.waits_for.is_some(), self.is_dead, self.admitted.is_some()).hash(hasher);
        (self.pauses, &self.kept, self.ends, self.dies).hash(hasher);
        (self.is_muted, &self.intents).hash(hasher);
        self.watched.as_ref().map(|watched| &watched.look).hash(hasher);
    }
}

/// The services, and the history.
#[derive(Clone)]
pub struct World {
    pub(super) stage: Arc<Stage>,
    pub(super) server: Server,
    pub(super) effects: Vec<Effect>,
    /// The call that a run's occurrences are named after.
    pub(super) causes: Vec<Call>,
    pub(super) store: Store,
    pub(super) locks: Locks,
    pub(super) queue: Queue,
    pub(super) faults: Faults,
    /// How many outages there are at the moment.
    pub(super) outages: u32,
    pub(super) places: Vec<Place>,
    /// The number of users, processes and jobs that have not ended.
    pub(super) unfinished: usize,
    events: Vec<Event>,
    pub(super) search: Option<Box<Search>>,
}

impl World {
    /// Returns the world of this stage. It is empty until [`World::start`].
    pub fn new(stage: Arc<Stage>) -> World {
        World {
            server: stage.server(),
            stage,
            effects: Vec::new(),
            causes: Vec::new(),
            store: Store::default(),
            locks: Locks::default(),
            queue: Queue::default(),
            faults: Faults::default(),
            outages: 0,
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
        self.causes.clear();
        self.server.clear();
        for _ in 0..stage.threads {
            let created =
                self.server.handle(&Request::CreateThread, &mut no_run, &mut self.effects);
            debug_assert!(created.is_ok());
        }
        self.store.start(&stage.cast.documents);
        self.locks.clear();
        self.places.clear();
        self.places.resize_with(stage.parts.len(), Place::default);
        self.unfinished = 0;
        let is_worker = |(seat, part)| matches!(part, &Part::Worker(_)).then_some(seat);
        self.queue.start(stage.cast.kinds.len(), stage.seats().filter_map(is_worker));
        for (seat, part) in stage.seats() {
            let Part::Solo(solo) = part else { continue };
            agenda.speak_as(seat, solo.actor.into(), solo.key);
            self.unfinished += 1;
            let name = agenda.call(seat, Operation::Life).at(Moment::Starts);
            let owner = Owner::Actor(seat);
            agenda.start(name, solo.start, owner, [None; 2], What::Start(seat));
        }
        self.start_faults(agenda);
        self.start_search();
    }

    /// Forgets what has happened so far.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Returns what has happened so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the faults that could have struck in this trial, and those that did.
    pub fn faults(&self) -> (Clauses, Clauses) {
        self.faults.count()
    }

    /// Returns the actors that have not ended, and what they wait for.
    pub fn waiting(&self) -> Vec<String> {
        let cast = &self.stage.cast;
        let name = |order: &Order| cast.name(Actor::Attempt(order.job, order.attempt));
        let on_queue =
            self.queue.waiting().map(|order| format!("{} waits for a worker", name(order)));
        let orders = self.places.iter().filter_map(|place| place.order.as_ref());
        let at_work = orders.map(|order| format!("{} has not ended", name(order)));
        let lost = self.queue.lost().map(|order| {
            format!("{} died with its worker, and nobody hands it out again", name(order))
        });
        on_queue.chain(at_work).chain(lost).collect()
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, agenda: &Agenda, by: Actor, mark: Mark) {
        self.record(agenda, Some(by), Happened::Marked(mark));
    }

    /// Forgets the deadlines of bounded waits that are over, given as one bit per depth.
    pub(super) fn forget_deadlines(&mut self, agenda: &mut Agenda, seat: Seat, left: u32) {
        agenda.cancel(|what| match what {
            What::Deadline(of, depth) | What::Near(of, depth) => {
                *of == seat && left & (1 << depth) != 0
            }
            _ => false,
        });
        self.places[seat.0].late &= !left;
        self.places[seat.0].near &= !left;
    }

    pub(super) fn record(&mut self, agenda: &Agenda, by: Option<Actor>, what: Happened) {
        self.events.push(Event { at: agenda.now(), by, what });
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

impl World {
    /// Does the same as [`World::carry_out`], and reports it to the code that listens. The report
    /// has a span for the actor, one for its call, and what the history says about it, stamped with
    /// virtual time.
    fn carry_out_and_tell(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Word> {
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

    /// Does what an occurrence is there for. What wakes an actor comes first.
    #[inline]
    fn carry_out(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Fired<Word> {
        let call = name.call;
        let by = call.actor();
        match what {
            What::Start(seat) => {
                self.record(agenda, Some(by), Happened::Started { worker: None });
                return Fired::Wakes(seat, Word::Go);
            }
            What::Begin(seat, bound) => {
                self.begin(agenda, seat, call, bound);
                return Fired::Wakes(seat, Word::Go);
            }
            What::Request(seat, message) => return self.request(agenda, seat, call, message),
            What::Returns(seat, answer) => return self.returns(agenda, seat, call, *answer),
            What::GiveUp(seat) => {
                self.places[seat.0].waits_for = None;
                return Fired::Wakes(seat, Word::Lost);
            }
            What::Click(seat, wanted) => {
                self.click(agenda, seat, call, wanted);
                return Fired::Wakes(seat, Word::Go);
            }
            What::Dispatch(seat, wanted) => {
                self.intend(agenda, seat, call, wanted);
                self.dispatch(agenda, by, wanted);
                return Fired::Wakes(seat, Word::Go);
            }
            What::Query(seat, query) => {
                let (thread, happened) = self.store.answer(query);
                self.record(agenda, Some(by), happened);
                return Fired::Wakes(seat, Word::Row(thread));
            }
            What::Lock(seat, ask) => {
                return self.look(seat, Watched { call, look: Look::Lock(ask) }, agenda);
            }
            What::Look(seat) => return self.look_again(seat, agenda),
            What::Unlock(seat, lock, token, release) => {
                self.unlock(agenda, by, lock, token, release);
                return Fired::Wakes(seat, Word::Go);
            }
            What::Take => return self.take(agenda),
            What::JobTimesOut(seat) => return self.time_out(agenda, seat),
            What::StrikeAt(clause, seat) => return self.strike_at(agenda, clause, seat, call),
            What::Resume(seat) => return self.resume(agenda, seat, by),
            What::Deadline(seat, depth) => self.places[seat.0].late |= 1 << depth,
            What::Near(seat, depth) => self.places[seat.0].near |= 1 << depth,
            What::Unmute(seat) => self.places[seat.0].is_muted = false,
            What::IntentOver(seat, kind, document) => {
                self.places[seat.0].intents.retain(|known| *known != (kind, document));
                let what = Happened::IntentOver { kind, document };
                self.record(agenda, Some(by), what);
            }
            What::Again(message) => self.again(agenda, name.call, &message),
            What::LockExpires(lock, token) => self.lock_expires(agenda, lock, token),
            What::Return(order) => self.back_on_the_queue(agenda, order),
            What::Redeliver(order) => self.redeliver(agenda, order),
            What::End(seat, ending) if self.places[seat.0].pauses > 0 => {
                self.places[seat.0].ends = Some(ending);
            }
            What::End(seat, ending) => self.end(agenda, seat, ending),
            What::Restart(seat) => {
                self.queue.rest(seat);
                self.offer(agenda, self.stage.scenario.queue.poll);
            }
            What::Open(clause, is_open) => self.faults.set_open(clause, is_open),
            What::Strike(clause) => self.strike(agenda, clause, name),
            What::Heal(_) => self.outages -= 1,
            What::Server(due) => {
                self.server.fire(due, &mut self.effects);
                self.carry_out_effects(agenda, None);
            }
        }
        Fired::Nobody
    }

    /// Returns whether the actor that made this call is no longer there to go on.
    fn is_gone(&self, agenda: &Agenda, seat: Seat, call: Call, what: &Word) -> bool {
        self.stage.is_mortal
            && !matches!(what, Word::Job(_))
            && (self.places[seat.0].is_dead || agenda.who(seat) != call.who)
    }

    #[inline]
    fn wake(&mut self, agenda: &mut Agenda, name: Name, seat: Seat, word: Word) -> Fired<Reply> {
        if self.is_gone(agenda, seat, name.call, &word) {
            return Fired::Nobody;
        }
        if let Some(dead) = self.struck_at(agenda, seat, name) {
            return dead;
        }
        let place = &mut self.places[seat.0];
        if place.pauses > 0 {
            place.kept = Some(word);
            return Fired::Nobody;
        }
        let reply = Reply { word, late: place.late, call: name.call.key() };
        if let Some(search) = &mut self.search {
            search.observe(seat, &reply);
        }
        Fired::Wakes(seat, reply)
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
            Fired::Wakes(seat, word) => self.wake(agenda, name, seat, word),
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

/// Returns what an occurrence touches that concerns a thread and a document.
#[inline]
pub(super) fn keys(thread: Option<ThreadId>, document: Option<DocumentId>) -> Keys {
    name::keys([thread.map(Touched::Thread), document.map(Touched::Document)])
}

/// Returns what taking or releasing a lock touches.
pub(super) fn lock_keys(lock: LockName) -> Keys {
    let thread = lock.thread.map(Touched::Thread);
    name::keys([Some(Touched::Lock(lock.text)), thread.or(lock.document.map(Touched::Document))])
}

fn no_run() -> Plan {
    unreachable!("invariant: creating a thread starts no run")
}
