//! An actor at the gate: what it can do to the world, one occurrence at a time.
//!
//! # What folds
//!
//! A wait that no other actor can see folds into the next occurrence. It is *owed*, and becomes a
//! part of the window of what comes next. A wait may fold only under four conditions. It is
//! private. It has one successor, whose content is fixed when the wait begins. Nothing can cancel
//! either in between. Nothing reads the moment of its end. This is decided only here and in
//! [`Stage::unfolds`]:
//!
//! - A sleep, a pause and a back-off end when the next call is sent. The call's content is fixed by
//!   then, and nothing reads the moment. They are waited out if the actor can die meanwhile
//!   (`sends`).
//! - A reply tells the actor what was decided when the request arrived. It is an occurrence
//!   (`returns`) if it can be lost or late, or can come after its caller's patience. It folds
//!   otherwise, except in the following cases.
//! - *Inside a wait with a bound*, the moment of the reply is read, because the bound counts when a
//!   look, or a try for the lock, has been answered. A reply after which the actor goes on waiting
//!   is waited out ([`Actor::has_run_out`]), even a local one. A reply that ends the wait may fold,
//!   because nothing asks for the bound after it. Any reply after the bound may fold as well,
//!   because what is late stays late.
//! - `repeat` with a bound waits out everything that is owed before it asks for the bound. So does
//!   everything that begins a wait with a bound ([`Actor::settle`], [`Actor::begin_bounded`]).
//!
//! Each part is drawn by the name that it would have if it did not fold, so a trial is the same
//! whether it folds or not.

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
    /// The waits that fold into what comes next.
    owed: Parts,
    /// The key of the call that was answered last.
    answered: u64,
    /// Which of its bounded waits have reached their bound, by depth.
    late: u32,
    /// How many bounded waits it is in.
    depth: Depth,
    /// The bounded waits that it has left since it last parked, by depth.
    left: u32,
    /// What the history records when it parks next.
    note: Option<Happened>,
    /// How it polls, if it is polling.
    poll: Option<Poll>,
    /// How often it has parked. A loop that does not park in an iteration must be made to park.
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

    /// Continues in the name of `me`, which remembers nothing yet.
    pub(super) fn begin_as(&mut self, me: id::Actor) {
        self.me = Some(me);
        self.locals = Locals::default();
    }

    /// Returns the actor in whose name this is done.
    pub(super) fn me(&self) -> id::Actor {
        self.me.expect("invariant: nothing is done before somebody begins")
    }

    /// Parks without an occurrence of its own, until another occurrence concerns it.
    pub(super) async fn rest(&mut self) -> Word {
        self.park(|_, _, _, _| {}).await
    }

    /// Adds a wait of `window` before what comes next.
    pub(super) fn owe(&mut self, window: Window) {
        if !window.is_now() {
            self.owed.push(Part { key: PAUSE, window });
        }
    }

    /// Adds the way back of the reply to the call that was answered last.
    fn owe_reply(&mut self, way: Window) {
        if !way.is_now() {
            self.owed.push(Part { key: mix(self.answered, Moment::Returns.key()), window: way });
        }
    }

    /// Notes something worth counting.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.note = Some(Happened::Marked(mark));
    }

    /// Notes that a block was skipped.
    pub(super) fn skip(&mut self, asks: Vec<Label>) {
        self.note = Some(Happened::Skipped { asks });
    }

    /// Calls the server, and retries if the client's rules say so. Each retry is a call of its own.
    /// The server executes every one of them, because no client sends a key that would identify a
    /// retry (D, openai-python and openai-node). The reply's way back is owed if nothing can happen
    /// to the reply there.
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

    /// Waits out what is owed before something is sent, if the sender can die meanwhile. Returns
    /// false if nothing is owed.
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

    /// Parks until something that is sent now has arrived at a service. It parks until the reply
    /// has come back if replies travel on their own. What is owed folds into the way.
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

    /// Sends something to one of the application's own services.
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

    /// Asks for a lock once.
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

    /// Releases a lock.
    pub(super) async fn unlock(&mut self, held: Held) {
        let local = self.stage.scenario.network.local;
        let Held { lock, token, release } = held;
        let keys = lock_keys(lock);
        let what = move |seat| What::Unlock(seat, lock, token, release);
        self.ask(Operation::Unlock, local, keys, what).await;
    }

    /// Queries the documents table.
    pub(super) async fn query(&mut self, operation: Operation, query: Query) -> Option<ThreadId> {
        let local = self.stage.scenario.network.local;
        let keys = keys(None, self.locals.document);
        let word = self.ask(operation, local, keys, move |seat| What::Query(seat, query)).await;
        match word {
            Word::Row(thread) => thread,
            word => unreachable!("invariant: a query is answered, not {word:?}"),
        }
    }

    /// Clicks. The user's wait before that is over when the click reaches the application.
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

    /// Waits out what is owed as an occurrence of its own, because what comes next is not fixed
    /// yet.
    pub(super) async fn settle(&mut self, operation: Operation) {
        self.begin(operation, None).await;
    }

    /// Begins a bounded wait, which lasts for `bound` after what is owed is over.
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

    /// Starts polling. The actor takes one look after another, `pause` apart, until it has seen
    /// what it waits for or its deadline has come.
    pub(super) fn begin_polling(&mut self, pause: Window, deadline: Option<Depth>) {
        let deadlines = deadline.map_or(0, |depth| 1 << depth);
        self.poll = Some(Poll { pause, deadlines });
    }

    /// Stops polling.
    pub(super) fn end_polling(&mut self) {
        self.poll = None;
    }

    /// Returns whether a bounded wait has reached its bound, now that the last `operation` has been
    /// answered and the wait would go on. The reply is waited out first, because the bound is
    /// compared with its moment. A wait that was over before that is still over then.
    pub(super) async fn has_run_out(&mut self, depth: Depth, operation: Operation) -> bool {
        if !self.is_late(depth) && !self.owed.is_empty() {
            self.wait(move |seat, agenda| {
                (agenda.last_call(seat, operation).at(Moment::Returns), What::Begin(seat, None))
            })
            .await;
        }
        self.is_late(depth)
    }

    /// Returns whether a bounded wait had reached its bound when this actor was last let through.
    pub(super) fn is_late(&self, depth: Depth) -> bool {
        self.late & (1 << depth) != 0
    }

    /// Leaves a bounded wait, and all waits that were begun in it.
    pub(super) fn leave(&mut self, depth: Depth) {
        for inner in depth..self.depth {
            self.left |= 1 << inner;
        }
        self.depth = depth;
    }

    /// Ends this actor. A worker then waits for a job, and any other actor waits forever.
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

    /// Waits out what is owed as an occurrence of its own.
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

    /// Parks until an occurrence of its own fires. What is owed is a part of that occurrence.
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

/// What is owed, in order. It is hardly ever more than a reply and a pause.
type Parts = SmallVec<[Part; 4]>;

/// The key of a pause whose successor is not known yet.
const PAUSE: u64 = 0;

/// Keys the pauses by `own`, the key of the occurrence that they are the last part of if they do
/// not fold.
fn key_pauses(owed: &mut Parts, own: u64) {
    for (behind, part) in owed.iter_mut().rev().enumerate() {
        if part.key == PAUSE {
            // The last part has the key itself, and the others count down to it.
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

/// Returns how long a client waits before it retries a call, or none if it does not retry. These
/// are the rules of openai-python, openai-node and openai-go (D). They retry after 408, 409, 429,
/// 5xx and lost replies, never after 400. The wait is what `retry-after` says if that is at most a
/// minute. It is `min(0.5 * 2^n, 8)` seconds otherwise, less up to a quarter.
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
