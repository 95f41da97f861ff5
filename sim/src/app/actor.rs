//! An actor at the gate: what it can do to the world, one occurrence at a time.
//!
//! A wait that nobody else can see folds into the next occurrence: it is a *debt*, a window that is
//! added to the window of what comes next. It may fold only if it is private, has one successor
//! whose content is fixed when the wait begins, and nothing can cancel either in between.

use std::sync::Arc;

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{Ending, Label, Mark, Operation, What as Happened};
use deadheat_model::id::{self, DocumentId, KindId, LockName, ThreadId};

use super::flaw::Flaw;
use super::locals::Locals;
use super::locks::Token;
use super::queue::Order;
use super::search::{Ask, Poll};
use super::stage::Stage;
use super::store::Query;
use super::world::{Depth, Lost, Message, Reply, What, Word, World, keys, lock_keys};
use crate::agenda::{Agenda, Gate, Keys, Moment, Owner, Seat, Span, Window};
use crate::scenario::{Lock, Release};

/// One actor: its seat, what it remembers, and what it owes.
pub(super) struct Actor {
    gate: Arc<Gate<World>>,
    pub(super) stage: Arc<Stage>,
    seat: Seat,
    me: Option<id::Actor>,
    pub(super) locals: Locals,
    /// The wait that is folded into whatever comes next.
    debt: Window,
    /// Which of its bounded waits have come to their bound, by depth.
    late: u32,
    /// How many bounded waits it is in.
    depth: Depth,
    /// Bounded waits that it has left since it parked last, by depth.
    left: u32,
    /// What the history is told when it parks next.
    note: Option<Happened>,
    /// How it polls, while it does.
    poll: Option<Poll>,
    /// How often it has parked: a loop that does not park in an iteration has to be made to.
    pub(super) parks: u64,
}

impl Actor {
    pub(super) fn new(gate: Arc<Gate<World>>, stage: Arc<Stage>, seat: Seat) -> Actor {
        Actor {
            gate,
            stage,
            seat,
            me: None,
            locals: Locals::default(),
            debt: Window::NOW,
            late: 0,
            depth: 0,
            left: 0,
            note: None,
            poll: None,
            parks: 0,
        }
    }

    /// From now on, this is done by `me`, who remembers nothing yet.
    pub(super) fn begin_as(&mut self, me: id::Actor) {
        self.me = Some(me);
        self.locals = Locals::default();
    }

    /// In whose name this is done.
    pub(super) fn me(&self) -> id::Actor {
        self.me.expect("invariant: nothing is done before somebody begins")
    }

    /// Parks without an occurrence of its own, until somebody else's concerns it.
    pub(super) async fn rest(&mut self) -> Word {
        self.park(|_, _, _| {}).await
    }

    /// Waits for `window` before whatever comes next.
    pub(super) fn owe(&mut self, window: Window) {
        self.debt = self.debt + window;
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.note = Some(Happened::Marked(mark));
    }

    /// Notes that a block was left out.
    pub(super) fn skip(&mut self, asks: Option<Label>) {
        self.note = Some(Happened::Skipped { asks });
    }

    /// Calls the server, and calls again where the client's rules say so: each time is a call of
    /// its own. The server executes every one of them, since no client sends a key by which it
    /// could tell them apart (D, openai-python and openai-node). Where nothing can happen to the
    /// reply on its way back, that is owed.
    pub(super) async fn call(
        &mut self,
        operation: Operation,
        request: Request,
        asks: Option<Label>,
    ) -> Result<Result<Response, ApiError>, Lost> {
        let (latency, retries) =
            (self.stage.scenario.network.latency, self.stage.scenario.client.retries);
        let keys = keys(self.locals.thread, None);
        let document = self.locals.document;
        let (mut request, mut tries) = (request, 0);
        loop {
            let is_sent = self.stage.unfolds && self.send(operation).await;
            let again = (tries < retries).then(|| request.clone());
            let message = Message { request, asks, document, poll: self.poll };
            let what = move |seat| What::Request(seat, message);
            let answer = match self.arrive(operation, is_sent, latency, keys, what).await {
                Word::Answer(answer) => Ok(answer),
                Word::Lost => Err(Lost),
                word => unreachable!("invariant: a call is answered, not {word:?}"),
            };
            if !self.stage.unfolds {
                self.debt = latency;
            }
            let Some(once_more) = again else { return answer };
            let Some(wait) = back_off(tries, &answer, self.stage.flaw) else { return answer };
            request = once_more;
            self.mark(Mark::CallRetried);
            self.owe(wait);
            tries += 1;
        }
    }

    /// Waits out what is owed before something is sent, where the sender can die meanwhile. False
    /// if nothing is owed.
    async fn send(&mut self, operation: Operation) -> bool {
        let debt = self.pay();
        if debt.is_now() {
            return false;
        }
        let sent = self.park(move |seat, _, agenda| {
            let name = agenda.call(seat, operation).at(Moment::Sends);
            agenda.start(name, debt, Owner::Actor(seat), [None; 2], What::Begin(seat, None));
        });
        sent.await;
        true
    }

    /// Parks until something that is sent now has arrived at a service, or has come back where
    /// replies travel by themselves. What is owed folds into the way.
    fn arrive(
        &mut self,
        operation: Operation,
        is_sent: bool,
        way: Window,
        keys: Keys,
        what: impl FnOnce(Seat) -> What + Unpin,
    ) -> impl Future<Output = Word> {
        let window = self.pay() + way;
        let patience = self.stage.unfolds.then_some(self.stage.scenario.client.timeout);
        self.park(move |seat, world, agenda| {
            let call = if is_sent {
                agenda.last_call(seat, operation)
            } else {
                agenda.call(seat, operation)
            };
            let what = what(seat);
            if let (Some(patience), What::Request(..)) = (patience, &what) {
                world.wait_for(agenda, seat, call, patience);
            }
            agenda.start(call.at(Moment::Arrives), window, Owner::Link, keys, what);
        })
    }

    /// Has something arrive at a service of the application's own.
    async fn ask(
        &mut self,
        operation: Operation,
        way: Window,
        keys: Keys,
        what: impl FnOnce(Seat) -> What + Unpin,
    ) -> Word {
        let is_sent = self.stage.unfolds && self.send(operation).await;
        let word = self.arrive(operation, is_sent, way, keys, what).await;
        self.debt = way;
        word
    }

    /// Asks for a lock, once.
    pub(super) async fn lock(&mut self, lock: &Lock, name: LockName) -> Option<Token> {
        let local = self.stage.scenario.network.local;
        let ask = Ask { lock: name, ttl: lock.ttl, place: lock.place, poll: self.poll };
        let keys = lock_keys(name);
        let what = move |seat| What::Lock(seat, ask);
        let word = self.ask(Operation::Lock, local, keys, what).await;
        match word {
            Word::Lock(token) => token,
            word => unreachable!("invariant: a lock is taken or not, and not {word:?}"),
        }
    }

    /// Gives a lock back.
    pub(super) async fn unlock(&mut self, held: Held) {
        let local = self.stage.scenario.network.local;
        let Held { lock, token, release } = held;
        let keys = lock_keys(lock);
        let what = move |seat| What::Unlock(seat, lock, token, release);
        self.ask(Operation::Unlock, local, keys, what).await;
    }

    /// Asks the documents table.
    pub(super) async fn query(&mut self, operation: Operation, query: Query) -> Option<ThreadId> {
        let local = self.stage.scenario.network.local;
        let keys = keys(None, self.locals.document);
        let word = self.ask(operation, local, keys, move |seat| What::Query(seat, query)).await;
        match word {
            Word::Row(thread) => thread,
            word => unreachable!("invariant: a query is answered, not {word:?}"),
        }
    }

    /// Clicks. What the user waited before is over when the click reaches the application.
    pub(super) async fn click(&mut self, kind: KindId, document: DocumentId) {
        let keys = keys(None, Some(document));
        let what = move |seat| What::Click(seat, kind, document);
        self.ask(Operation::Click, Window::NOW, keys, what).await;
    }

    /// Puts a job on the queue.
    pub(super) async fn dispatch(&mut self, kind: KindId, document: DocumentId) {
        let local = self.stage.scenario.network.local;
        let keys = keys(None, Some(document));
        let section = self.locals.section;
        let what = move |seat| What::Dispatch(seat, kind, document, section);
        self.ask(Operation::Dispatch, local, keys, what).await;
    }

    /// Waits out what is owed, as an occurrence of its own: what comes next is not fixed yet.
    pub(super) async fn settle(&mut self, operation: Operation) {
        self.begin(operation, None).await;
    }

    /// Begins a bounded wait: from when what is owed is over, for `bound`.
    pub(super) async fn begin_bounded(&mut self, operation: Operation, bound: Span) -> Depth {
        let depth = self.depth;
        self.begin(operation, Some((bound, depth))).await;
        self.depth += 1;
        depth
    }

    async fn begin(&mut self, operation: Operation, bound: Option<(Span, Depth)>) {
        let window = self.pay();
        self.park(move |seat, _, agenda| {
            let call = agenda.call(seat, operation);
            let what = What::Begin(seat, bound);
            let owner = Owner::Actor(seat);
            agenda.start(call.at(Moment::Begins), window, owner, [None; 2], what);
        })
        .await;
    }

    /// From now on, it takes one look after the other, `pause` apart, until it has seen what it
    /// waits for, or its deadline has come.
    pub(super) fn begin_polling(&mut self, pause: Window, deadline: Option<Depth>) {
        let deadlines = deadline.map_or(0, |depth| 1 << depth);
        self.poll = Some(Poll { pause, deadlines });
    }

    /// It looks no more.
    pub(super) fn end_polling(&mut self) {
        self.poll = None;
    }

    /// Whether a bounded wait had come to its bound when this actor was last let through.
    pub(super) fn is_late(&self, depth: Depth) -> bool {
        self.late & (1 << depth) != 0
    }

    /// Leaves a bounded wait, and all that were begun in it.
    pub(super) fn leave(&mut self, depth: Depth) {
        for inner in depth..self.depth {
            self.left |= 1 << inner;
        }
        self.depth = depth;
    }

    /// Comes to its end, and waits for a job if it is a worker; for ever if it is not.
    pub(super) async fn end(&mut self, ending: Ending) -> Order {
        self.leave(0);
        let window = self.pay();
        let word = self.park(move |seat, _, agenda| {
            let life = agenda.call(seat, Operation::Life).at(Moment::Ends);
            let what = What::End(seat, ending);
            agenda.start(life, window, Owner::Actor(seat), [None; 2], what);
        });
        match word.await {
            Word::Job(order) => order,
            word => unreachable!("invariant: who has ended gets a job, not {word:?}"),
        }
    }

    fn pay(&mut self) -> Window {
        std::mem::replace(&mut self.debt, Window::NOW)
    }

    async fn park(
        &mut self,
        begin: impl FnOnce(Seat, &mut World, &mut Agenda<What>) + Unpin,
    ) -> Word {
        let seat = self.seat;
        let (left, note) = (std::mem::take(&mut self.left), self.note.take());
        self.parks += 1;
        let park = self.gate.park(seat, move |world, agenda| {
            if left != 0 {
                world.forget_deadlines(agenda, seat, left);
            }
            if let Some(note) = note {
                world.record(agenda, Some(agenda.actor(seat)), note);
            }
            begin(seat, world, agenda);
        });
        let Reply { word, late } = park.await;
        self.late = late;
        word
    }
}

/// A lock that is held.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) lock: LockName,
    pub(super) token: Token,
    pub(super) release: Release,
}

/// How long a client waits before it makes a call again; nothing if it does not. The rules of
/// openai-python, openai-node and openai-go (D): 408, 409, 429, 5xx and lost replies, never 400;
/// what `retry-after` says if it is at most a minute, else `min(0.5 * 2^n, 8)` seconds, less up to
/// a quarter.
fn back_off(
    tries: u32,
    answer: &Result<Result<Response, ApiError>, Lost>,
    flaw: Option<Flaw>,
) -> Option<Window> {
    let error = match answer {
        Ok(Ok(_)) => return None,
        Ok(Err(error)) => Some(error),
        Err(Lost) => None,
    };
    let is_final = |status| !matches!(status, 408 | 409 | 429 | 500..);
    let gives_up = flaw != Some(Flaw::RetriesRefusals);
    if error.is_some_and(|error| is_final(error.status())) && gives_up {
        return None;
    }
    if let Some(ApiError::RateLimited { retry_after: Some(after) }) = error
        && *after <= Span::from_secs(60)
        && *after > Span::ZERO
    {
        return Some(Window::exactly(*after));
    }
    let longest = Span::from_ms((500 << tries.min(4)).min(8_000));
    Some(Window::between(Span::from_us(longest.as_us() / 4 * 3), longest))
}
