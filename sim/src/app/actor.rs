//! An actor at the gate: what it can do to the world, one occurrence at a time.
//!
//! # What folds
//!
//! A wait that nobody else can see folds into the next occurrence: it is *owed*, and becomes a part
//! of the window of what comes next. A wait may fold only if it is private, has one successor whose
//! content is fixed when the wait begins, nothing can cancel either in between, and nothing reads
//! the moment of its end. So, decided here and in [`Stage::unfolds`] alone:
//!
//! - A sleep, a pause and a back-off end where the next call sets out. The call's content is fixed
//!   by then, and nothing reads the moment. Where the actor can die meanwhile, they are waited out
//!   (`sends`).
//! - A reply tells the actor what was decided when the request arrived. Where it can be lost, late,
//!   or come behind its caller's patience, it is an occurrence (`returns`); otherwise it folds,
//!   except here:
//! - *Inside a wait with a bound*, the moment of the reply is read: the bound counts when a look,
//!   or a try for the lock, has been answered. A reply after which the actor goes on waiting is
//!   waited out ([`Actor::has_run_out`]), a local one, too. A reply that ends the wait may fold,
//!   since nobody asks for the bound behind it; and so may any reply behind the bound, since what
//!   is late stays late.
//! - `repeat` with a bound waits out all that is owed before it asks for it, as does whatever
//!   begins a wait with a bound ([`Actor::settle`], [`Actor::begin_bounded`]).
//!
//! Each part is drawn by the name that it would have if it did not fold, so that a trial is the
//! same whether it folds or not.

use std::sync::Arc;

use smallvec::SmallVec;

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{Ending, Label, Mark, Operation, What as Happened};
use deadheat_model::id::{self, LockName, ThreadId};

use super::flaw::Flaw;
use super::locals::Locals;
use super::locks::Token;
use super::queue::{Order, Wanted};
use super::search::{Ask, Poll};
use super::stage::Stage;
use super::store::Query;
use super::world::{Depth, Lost, Message, Reply, What, Word, World, keys, lock_keys};
use crate::agenda::{Agenda, Gate, Keys, Moment, Name, Owner, Part, Seat, Span, Window, mix};
use crate::scenario::{Lock, Release};

/// One actor: its seat, what it remembers, and what it owes.
pub(super) struct Actor {
    gate: Arc<Gate<World>>,
    pub(super) stage: Arc<Stage>,
    seat: Seat,
    me: Option<id::Actor>,
    pub(super) locals: Locals,
    /// The waits that fold into whatever comes next.
    owed: Parts,
    /// The key of the call that was answered last.
    answered: u64,
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
            owed: Parts::new(),
            answered: 0,
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
        self.park(|_, _, _, _| {}).await
    }

    /// Waits for `window` before whatever comes next.
    pub(super) fn owe(&mut self, window: Window) {
        if !window.is_now() {
            self.owed.push(Part { key: PAUSE, window });
        }
    }

    /// The reply to the call that was answered last is on its way, for so long.
    fn owe_reply(&mut self, way: Window) {
        if !way.is_now() {
            self.owed.push(Part { key: mix(self.answered, Moment::Returns.key()), window: way });
        }
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.note = Some(Happened::Marked(mark));
    }

    /// Notes that a block was left out.
    pub(super) fn skip(&mut self, asks: Vec<Label>) {
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
                self.owe_reply(latency);
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
        if self.owed.is_empty() {
            return false;
        }
        self.wait(move |seat, agenda| {
            (agenda.call(seat, operation).at(Moment::Sends), What::Begin(seat, None))
        })
        .await;
        true
    }

    /// Parks until something that is sent now has arrived at a service, or has come back where
    /// replies travel on their own. What is owed folds into the way.
    fn arrive(
        &mut self,
        operation: Operation,
        is_sent: bool,
        way: Window,
        keys: Keys,
        what: impl FnOnce(Seat) -> What + Unpin,
    ) -> impl Future<Output = Word> {
        let patience = self.stage.unfolds.then_some(self.stage.scenario.client.timeout);
        self.park(move |seat, owed, world, agenda| {
            let call = if is_sent {
                agenda.last_call(seat, operation)
            } else {
                agenda.call(seat, operation)
            };
            let what = what(seat);
            if let (Some(patience), What::Request(..)) = (patience, &what) {
                world.wait_for(agenda, seat, call, patience);
            }
            let name = call.at(Moment::Arrives);
            if !owed.is_empty() {
                key_pauses(owed, call.at(Moment::Sends).key());
            }
            owed.push(Part { key: name.key(), window: way });
            agenda.start_after(name, owed, Owner::Link, keys, what);
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
        self.owe_reply(way);
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
    pub(super) async fn click(&mut self, wanted: Wanted) {
        let keys = keys(None, Some(wanted.document));
        let what = move |seat| What::Click(seat, wanted);
        self.ask(Operation::Click, Window::NOW, keys, what).await;
    }

    /// Puts a job on the queue.
    pub(super) async fn dispatch(&mut self, wanted: Wanted) {
        let local = self.stage.scenario.network.local;
        let keys = keys(None, Some(wanted.document));
        let what = move |seat| What::Dispatch(seat, wanted);
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
        self.wait(move |seat, agenda| {
            (agenda.call(seat, operation).at(Moment::Begins), What::Begin(seat, bound))
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

    /// Whether a bounded wait has come to its bound, now that the last `operation` has been
    /// answered and the wait would go on. The reply is waited out first: its moment is what the
    /// bound is compared with. What was over before that is over then.
    pub(super) async fn has_run_out(&mut self, depth: Depth, operation: Operation) -> bool {
        if !self.is_late(depth) && !self.owed.is_empty() {
            self.wait(move |seat, agenda| {
                (agenda.last_call(seat, operation).at(Moment::Returns), What::Begin(seat, None))
            })
            .await;
        }
        self.is_late(depth)
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

    /// Comes to its end, and waits for a job if it is a worker; forever if it is not.
    pub(super) async fn end(&mut self, ending: Ending) -> Order {
        self.leave(0);
        let word = self.wait(move |seat, agenda| {
            (agenda.call(seat, Operation::Life).at(Moment::Ends), What::End(seat, ending))
        });
        match word.await {
            Word::Job(order) => order,
            word => unreachable!("invariant: who has ended gets a job, not {word:?}"),
        }
    }

    /// Waits out what is owed, as an occurrence of its own.
    fn wait(
        &mut self,
        name: impl FnOnce(Seat, &mut Agenda<What>) -> (Name, What) + Unpin,
    ) -> impl Future<Output = Word> {
        self.park(move |seat, owed, _, agenda| {
            let (name, what) = name(seat, agenda);
            key_pauses(owed, name.key());
            if owed.last().is_none_or(|last| last.key != name.key()) {
                owed.push(Part { key: name.key(), window: Window::NOW });
            }
            agenda.start_after(name, owed, Owner::Actor(seat), [None; 2], what);
        })
    }

    /// Parks until an occurrence of its own fires. What is owed is a part of it.
    async fn park(
        &mut self,
        begin: impl FnOnce(Seat, &mut Parts, &mut World, &mut Agenda<What>) + Unpin,
    ) -> Word {
        let seat = self.seat;
        let (left, note) = (std::mem::take(&mut self.left), self.note.take());
        self.parks += 1;
        let owed = &mut self.owed;
        let park = self.gate.park(seat, move |world, agenda| {
            if left != 0 {
                world.forget_deadlines(agenda, seat, left);
            }
            if let Some(note) = note {
                world.record(agenda, Some(agenda.actor(seat)), note);
            }
            begin(seat, owed, world, agenda);
            owed.clear();
        });
        let Reply { word, late, call } = park.await;
        (self.late, self.answered) = (late, call);
        word
    }
}

/// What is owed, in order: hardly ever more than a reply and a pause.
type Parts = SmallVec<[Part; 4]>;

/// The key of a pause whose successor is not known yet.
const PAUSE: u64 = 0;

/// Keys the pauses by `own`, what they are the last part of where they do not fold.
fn key_pauses(owed: &mut Parts, own: u64) {
    for (behind, part) in owed.iter_mut().rev().enumerate() {
        if part.key == PAUSE {
            // The last one has the name itself, and the others count down to it.
            part.key = if behind == 0 { own } else { mix(own, behind as u64) };
        }
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
