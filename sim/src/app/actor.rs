//! An actor at the gate: what it can do to the world, one occurrence at a time.
//!
//! A wait that nobody else can see folds into the next occurrence: it is a *debt*, a window that is
//! added to the window of what comes next. It may fold only if it is private, has one successor
//! whose content is fixed when the wait begins, and nothing can cancel either in between.

use std::sync::Arc;

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{Ending, Label, Mark, Operation};
use deadheat_model::id::{self, DocumentId, KindId, ThreadId};

use super::locals::Locals;
use super::queue::Order;
use super::stage::Stage;
use super::store::Query;
use super::world::{Depth, Reply, What, Word, World, keys};
use crate::agenda::{Agenda, Gate, Moment, Owner, Seat, Span, Window};

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
    mark: Option<Mark>,
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
            mark: None,
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
        self.mark = Some(mark);
    }

    /// Calls the server. The reply's way back is owed: nothing can happen to it.
    pub(super) async fn call(
        &mut self,
        operation: Operation,
        request: Request,
        asks: Option<Label>,
    ) -> Result<Response, ApiError> {
        let latency = self.stage.scenario.network.latency;
        let window = self.pay() + latency;
        let keys = keys(self.locals.thread, None);
        let word = self.park(move |seat, _, agenda| {
            let call = agenda.call(seat, operation);
            let what = What::Request(seat, request, asks);
            agenda.start(call.at(Moment::Arrives), window, Owner::Link, keys, what);
        });
        let word = word.await;
        self.debt = latency;
        match word {
            Word::Answer(answer) => answer,
            word => unreachable!("invariant: a call is answered, not {word:?}"),
        }
    }

    /// Asks the documents table.
    pub(super) async fn query(&mut self, operation: Operation, query: Query) -> Option<ThreadId> {
        let local = self.stage.scenario.network.local;
        let window = self.pay() + local;
        let keys = keys(None, self.locals.document);
        let word = self.park(move |seat, _, agenda| {
            let name = agenda.call(seat, operation).at(Moment::Arrives);
            agenda.start(name, window, Owner::Link, keys, What::Query(seat, query));
        });
        let word = word.await;
        self.debt = local;
        match word {
            Word::Row(thread) => thread,
            word => unreachable!("invariant: a query is answered, not {word:?}"),
        }
    }

    /// Clicks. What the user waited before is over when the click reaches the application.
    pub(super) async fn click(&mut self, kind: KindId, document: DocumentId) {
        let window = self.pay();
        let keys = keys(None, Some(document));
        self.park(move |seat, _, agenda| {
            let name = agenda.call(seat, Operation::Click).at(Moment::Arrives);
            agenda.start(name, window, Owner::Link, keys, What::Click(seat, kind, document));
        })
        .await;
    }

    /// Puts a job on the queue.
    pub(super) async fn dispatch(&mut self, kind: KindId, document: DocumentId) {
        let local = self.stage.scenario.network.local;
        let window = self.pay() + local;
        let keys = keys(None, Some(document));
        let section = self.locals.section;
        self.park(move |seat, _, agenda| {
            let name = agenda.call(seat, Operation::Dispatch).at(Moment::Arrives);
            let what = What::Dispatch(seat, kind, document, section);
            agenda.start(name, window, Owner::Link, keys, what);
        })
        .await;
        self.debt = local;
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
        let (left, mark) = (std::mem::take(&mut self.left), self.mark.take());
        self.parks += 1;
        let park = self.gate.park(seat, move |world, agenda| {
            if left != 0 {
                world.forget_deadlines(agenda, seat, left);
            }
            if let Some(mark) = mark {
                world.mark(agenda, agenda.actor(seat), mark);
            }
            begin(seat, world, agenda);
        });
        let Reply { word, late } = park.await;
        self.late = late;
        word
    }
}
