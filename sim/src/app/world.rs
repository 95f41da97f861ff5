//! The world: the services, and what every occurrence does to them.
//!
//! An actor changes nothing itself: it puts an occurrence on the agenda, and when that fires, the
//! world changes and the history says so.

use std::sync::Arc;

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{
    Answer, End, Ending, Event, Label, Mark, Operation, What as Happened,
};
use deadheat_model::id::{Actor, DocumentId, Id, KindId, ThreadId};
use deadheat_model::server::{Due, Effect, Outcome, Server};

use super::queue::{Order, Queue};
use super::stage::{Part, Stage};
use super::store::{Query, Store};
use crate::agenda::{self, Call, Key, Keys, Moment, Name, Owner, Seat, Span, Stop, Time, Window};

type Agenda = agenda::Agenda<What>;

/// What an occurrence does.
#[derive(Debug)]
pub enum What {
    /// A user or a process begins.
    Start(Seat),
    /// A wait is over; where it has a bound, its deadline is counted from now.
    Begin(Seat, Option<(Span, Depth)>),
    /// A bounded wait has come to its bound.
    Deadline(Seat, Depth),
    /// A request reaches the server.
    Request(Seat, Request, Option<Label>),
    /// A user's click reaches the application.
    Click(Seat, KindId, DocumentId),
    /// A job reaches the queue.
    Dispatch(Seat, KindId, DocumentId, Option<u16>),
    /// A query reaches the database.
    Query(Seat, Query),
    /// A worker takes the job that is on offer.
    Take,
    /// A failed job comes back to the queue.
    Return(Order),
    /// An actor comes to its end.
    End(Seat, Ending),
    /// Something that the server has started.
    Server(Due),
}

/// How many bounded waits an actor was in when it began this one.
pub(super) type Depth = u8;

/// What an actor is handed when its occurrence fires, and which of its bounded waits have come to
/// their bound by then: a bit per depth.
#[derive(Debug)]
pub struct Reply {
    pub(super) word: Word,
    pub(super) late: u32,
}

#[derive(Debug)]
pub(super) enum Word {
    /// Go on.
    Go,
    /// The server's answer.
    Answer(Result<Response, ApiError>),
    /// The thread that a row names now.
    Row(Option<ThreadId>),
    /// A job to do.
    Job(Order),
}

/// The services, and the history.
pub struct World {
    stage: Arc<Stage>,
    server: Server,
    effects: Vec<Effect>,
    /// The call that a run's occurrences are named after.
    causes: Vec<Call>,
    store: Store,
    queue: Queue,
    late: Vec<u32>,
    /// What each seat's actor works on; a worker's job, too.
    at_work: Vec<(Option<DocumentId>, Option<Order>)>,
    /// Users, processes and jobs that have not come to their end.
    unfinished: usize,
    events: Vec<Event>,
}

impl World {
    /// The world of this stage. It is empty until [`World::start`].
    pub fn new(stage: Arc<Stage>) -> World {
        World {
            server: stage.server(),
            stage,
            effects: Vec::new(),
            causes: Vec::new(),
            store: Store::default(),
            queue: Queue::default(),
            late: Vec::new(),
            at_work: Vec::new(),
            unfinished: 0,
            events: Vec::new(),
        }
    }

    /// Makes everything as it is at the beginning of a trial, and keeps the memory.
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
        self.late.clear();
        self.late.resize(stage.parts.len(), 0);
        self.at_work.clear();
        self.at_work.resize(stage.parts.len(), (None, None));
        self.unfinished = 0;
        let is_worker = |(seat, part)| matches!(part, &Part::Worker(_)).then_some(seat);
        self.queue.start(stage.cast.kinds.len(), stage.seats().filter_map(is_worker));
        for (seat, part) in stage.seats() {
            let Part::Solo(solo) = part else { continue };
            agenda.speak_as(seat, solo.actor, solo.key);
            self.at_work[seat.0].0 = solo.document;
            self.unfinished += 1;
            let name = agenda.call(seat, Operation::Life).at(Moment::Starts);
            let owner = Owner::Actor(seat);
            agenda.start(name, solo.start, owner, [None; 2], What::Start(seat));
        }
    }

    /// What has happened so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who has not come to an end, and what they wait for.
    pub fn waiting(&self) -> Vec<String> {
        let cast = &self.stage.cast;
        let on_queue = self.queue.waiting().map(|order| {
            format!("{} waits for a worker", cast.name(Actor::Attempt(order.job, order.attempt)))
        });
        let at_work = self.at_work.iter().filter_map(|(_, order)| order.as_ref()).map(|order| {
            format!("{} has not ended", cast.name(Actor::Attempt(order.job, order.attempt)))
        });
        on_queue.chain(at_work).collect()
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, agenda: &Agenda, by: Actor, mark: Mark) {
        self.record(agenda.now(), Some(by), Happened::Marked(mark));
    }

    /// Bounded waits are over, a bit per depth: their deadlines do not count any more.
    pub(super) fn forget_deadlines(&mut self, agenda: &mut Agenda, seat: Seat, left: u32) {
        agenda.cancel(|what| match what {
            What::Deadline(of, depth) => *of == seat && left & (1 << depth) != 0,
            _ => false,
        });
        self.late[seat.0] &= !left;
    }

    fn record(&mut self, at: Time, by: Option<Actor>, what: Happened) {
        self.events.push(Event { at, by, what });
    }

    fn request(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        request: &Request,
        asks: Option<Label>,
    ) -> Word {
        let stage = &self.stage;
        let mut outcome = || choose_outcome(&stage.scenario.server.outcomes, agenda, call);
        let answer = self.server.handle(request, &mut outcome, &mut self.effects);
        let (at, by) = (agenda.now(), Some(call.actor));
        let document = self.at_work[seat.0].0;
        let answered = Happened::Answered {
            nth: call.nth,
            operation: call.operation,
            thread: thread_of(request),
            asks,
            answer: summary(&answer),
        };
        self.record(at, by, answered);
        match (&answer, request) {
            (Ok(Response::Message(message)), Request::AddMessage { thread, .. }) => {
                let (message, thread) = (message.id, *thread);
                self.record(at, by, Happened::Message { message, thread, document, asks });
            }
            (Ok(Response::Run(run)), Request::CreateRun { thread, .. }) => {
                let (run, thread) = (run.id, *thread);
                self.causes.push(call);
                self.record(at, by, Happened::RunCreated { run, thread, document });
            }
            (Ok(Response::Run(run)), Request::SubmitToolOutputs { .. }) => {
                self.causes[run.id.index()] = call;
            }
            _ => {}
        }
        self.carry_out_effects(agenda, Some(call));
        Word::Answer(answer)
    }

    /// Does what the server said beside its answer. `call` is what it answered, if anything.
    fn carry_out_effects(&mut self, agenda: &mut Agenda, call: Option<Call>) {
        if self.effects.is_empty() {
            return;
        }
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Start(due, window) => {
                    let run = due.run();
                    let cause = self.causes[run.index()];
                    let name = match due {
                        Due::RunStarts(_) => cause.at(Moment::Starts),
                        Due::RunEnds(_) => cause.at(Moment::Ends),
                        Due::RunExpires(_) => cause.at(Moment::Expires),
                        Due::RunStops(_) => call.unwrap_or(cause).at(Moment::Stops),
                    };
                    let thread = self.server.find_run(run).map(|run| Key::Thread(run.thread));
                    agenda.start(name, window, Owner::Service, [thread, None], What::Server(due));
                }
                Effect::Clear(run) => {
                    agenda.cancel(|what| matches!(what, What::Server(due) if due.run() == run));
                }
                Effect::Moved { run, status, spent } => {
                    let moved = Happened::RunMoved { run, status, spent };
                    self.record(agenda.now(), None, moved);
                }
            }
        }
        self.effects = effects;
    }

    fn dispatch(
        &mut self,
        agenda: &mut Agenda,
        by: Actor,
        kind: KindId,
        document: DocumentId,
        section: Option<u16>,
    ) {
        let job = self.queue.number(kind);
        self.unfinished += 1;
        self.record(agenda.now(), Some(by), Happened::Dispatched { job, document, section });
        self.queue.push(Order { job, attempt: 1, document, section });
        self.offer(agenda, self.stage.scenario.queue.poll);
    }

    /// Offers the job at the head of the queue, if somebody can take it.
    fn offer(&mut self, agenda: &mut Agenda, window: Window) {
        let Some(order) = self.queue.offer() else { return };
        let actor = Actor::Attempt(order.job, order.attempt);
        let key = self.stage.attempt_key(order.job, order.attempt);
        let name = Call::new(actor, key, Operation::Life, 1).at(Moment::Starts);
        let keys = [Some(Key::Queue), Some(Key::Document(order.document))];
        agenda.start(name, window, Owner::Service, keys, What::Take);
    }

    fn take(&mut self, agenda: &mut Agenda) -> (Seat, Word) {
        let (order, seat) = self.queue.take();
        let actor = Actor::Attempt(order.job, order.attempt);
        agenda.speak_as(seat, actor, self.stage.attempt_key(order.job, order.attempt));
        agenda.call(seat, Operation::Life);
        self.at_work[seat.0] = (Some(order.document), Some(order));
        let Part::Worker(number) = self.stage.parts[seat.0] else {
            unreachable!("invariant: only a worker is idle");
        };
        self.record(agenda.now(), Some(actor), Happened::Started { worker: Some(number) });
        self.offer(agenda, self.stage.scenario.queue.poll);
        (seat, Word::Job(order))
    }

    fn end(&mut self, agenda: &mut Agenda, seat: Seat, ending: Ending) {
        let by = agenda.actor(seat);
        let Some(order) = self.at_work[seat.0].1.take() else {
            self.unfinished -= 1;
            self.record(agenda.now(), Some(by), Happened::Ended(ending));
            return;
        };
        let job = &self.stage.scenario.jobs[usize::from(order.job.kind.0)];
        let (tries, backoff) = (job.tries, job.backoff);
        match ending {
            Ending::Failed { cause, .. } if order.attempt < tries => {
                let ending = Ending::Failed { cause, last: false };
                self.record(agenda.now(), Some(by), Happened::Ended(ending));
                self.put_back(agenda, order, backoff);
            }
            _ => {
                self.unfinished -= 1;
                self.record(agenda.now(), Some(by), Happened::Ended(ending));
            }
        }
        self.queue.rest(seat);
        self.offer(agenda, self.stage.scenario.network.local);
    }

    fn put_back(&mut self, agenda: &mut Agenda, order: Order, backoff: Window) {
        let order = Order { attempt: order.attempt + 1, ..order };
        let actor = Actor::Attempt(order.job, order.attempt);
        let key = self.stage.attempt_key(order.job, order.attempt);
        let name = Call::new(actor, key, Operation::Life, 1).at(Moment::Begins);
        let keys = [Some(Key::Queue), None];
        agenda.start(name, backoff, Owner::Service, keys, What::Return(order));
    }

    fn begin(&mut self, agenda: &mut Agenda, seat: Seat, call: Call, bound: Option<(Span, Depth)>) {
        if let Some((bound, depth)) = bound {
            self.late[seat.0] &= !(1 << depth);
            let name = call.at(Moment::Deadline);
            let (owner, window) = (Owner::Actor(seat), Window::exactly(bound));
            agenda.start(name, window, owner, [None; 2], What::Deadline(seat, depth));
        }
    }
}

impl World {
    /// The same as [`World::carry_out`], told to whoever listens: a span for the actor, one for its
    /// call, and what the history says of it, stamped with virtual time.
    fn carry_out_and_tell(
        &mut self,
        name: Name,
        what: What,
        agenda: &mut Agenda,
    ) -> Option<(Seat, Reply)> {
        let Call { actor, operation, nth, .. } = name.call;
        let actor = tracing::debug_span!("actor", name = self.stage.cast.name(actor));
        let call = tracing::debug_span!(parent: &actor, "call", name = %operation, nth);
        let before = self.events.len();
        let fired = call.in_scope(|| self.carry_out(name, what, agenda));
        let at = agenda.now();
        call.in_scope(|| {
            tracing::debug!(%at, "{:?}", name.moment);
            for event in &self.events[before..] {
                tracing::debug!(%at, "  {:?}", event.what);
            }
        });
        fired
    }

    fn carry_out(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Option<(Seat, Reply)> {
        let (seat, word) = match what {
            What::Start(seat) => {
                let by = agenda.actor(seat);
                self.record(agenda.now(), Some(by), Happened::Started { worker: None });
                (seat, Word::Go)
            }
            What::Begin(seat, bound) => {
                self.begin(agenda, seat, name.call, bound);
                (seat, Word::Go)
            }
            What::Deadline(seat, depth) => {
                self.late[seat.0] |= 1 << depth;
                return None;
            }
            What::Request(seat, request, asks) => {
                (seat, self.request(agenda, seat, name.call, &request, asks))
            }
            What::Click(seat, kind, document) => {
                let by = agenda.actor(seat);
                self.record(agenda.now(), Some(by), Happened::Clicked { kind, document });
                self.dispatch(agenda, by, kind, document, None);
                (seat, Word::Go)
            }
            What::Dispatch(seat, kind, document, section) => {
                let by = agenda.actor(seat);
                self.dispatch(agenda, by, kind, document, section);
                (seat, Word::Go)
            }
            What::Query(seat, query) => {
                let (thread, happened) = self.store.answer(query);
                self.record(agenda.now(), Some(agenda.actor(seat)), happened);
                (seat, Word::Row(thread))
            }
            What::Take => self.take(agenda),
            What::Return(order) => {
                self.queue.push(order);
                self.offer(agenda, self.stage.scenario.queue.poll);
                return None;
            }
            What::End(seat, ending) => {
                self.end(agenda, seat, ending);
                return None;
            }
            What::Server(due) => {
                self.server.fire(due, &mut self.effects);
                self.carry_out_effects(agenda, None);
                return None;
            }
        };
        Some((seat, Reply { word, late: self.late[seat.0] }))
    }
}

impl agenda::World for World {
    type What = What;
    type Reply = Reply;

    fn fire(&mut self, name: Name, what: What, agenda: &mut Agenda) -> Option<(Seat, Reply)> {
        if tracing::enabled!(tracing::Level::DEBUG) {
            self.carry_out_and_tell(name, what, agenda)
        } else {
            self.carry_out(name, what, agenda)
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
        };
        self.record(agenda.now(), None, Happened::End(end));
    }
}

/// What an occurrence touches that is about a thread and a document.
pub(super) fn keys(thread: Option<ThreadId>, document: Option<DocumentId>) -> Keys {
    [thread.map(Key::Thread), document.map(Key::Document)]
}

fn no_run() -> Outcome {
    unreachable!("invariant: creating a thread starts no run")
}

fn choose_outcome(outcomes: &[(Outcome, u32)], agenda: &mut Agenda, call: Call) -> Outcome {
    if let [(only, _)] = outcomes {
        return *only;
    }
    let weights: Vec<u32> = outcomes.iter().map(|(_, weight)| *weight).collect();
    outcomes[agenda.fate(call.at(Moment::Outcome), &weights)].0
}

fn thread_of(request: &Request) -> Option<ThreadId> {
    match *request {
        Request::CreateThread | Request::CreateThreadAndRun { .. } => None,
        Request::RetrieveThread { thread }
        | Request::AddMessage { thread, .. }
        | Request::RetrieveMessage { thread, .. }
        | Request::ListMessages { thread, .. }
        | Request::CreateRun { thread, .. }
        | Request::RetrieveRun { thread, .. }
        | Request::ListRuns { thread, .. }
        | Request::CancelRun { thread, .. }
        | Request::SubmitToolOutputs { thread, .. } => Some(thread),
    }
}

fn summary(answer: &Result<Response, ApiError>) -> Answer {
    match answer {
        Ok(Response::Thread(thread)) => Answer::Thread(*thread),
        Ok(Response::Message(message)) => Answer::Message(message.id),
        Ok(Response::Run(run)) => Answer::Run(run.id, run.status),
        Ok(Response::Messages(list)) => Answer::Messages(list.data.first().map(|found| found.id)),
        Ok(Response::Runs(list)) => {
            let active = list.data.iter().find(|run| run.status.is_active());
            Answer::Runs(active.map(|run| run.id))
        }
        Err(error) => Answer::Refused(error.clone()),
    }
}
