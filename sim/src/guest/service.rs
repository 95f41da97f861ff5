//! Services: what actors share, and the desk at which a service works.

use std::any::Any;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::data::{Data, is, take};
use crate::agenda::Window;

/// A service: a state machine that several actors share, such as a table, a queue, a lock or
/// somebody else's server.
///
/// It does one thing at a time and decides nothing: it has no clock, no chance and no I/O. What
/// takes time, it starts at its [`Desk`]; when that is due, it [fires](Service::fire). Its `Hash`
/// has to cover all that its answers depend on, because a proof takes two states with one hash for
/// the same state.
pub trait Service: Hash + Send + Sized + 'static {
    /// What actors ask. In names and reports, a request is called after its variant.
    type Request: Debug + Hash + Send + 'static;
    /// What the service answers.
    type Reply: Debug + Hash + Send + 'static;
    /// What the service starts. Write `()` if it starts nothing.
    type Due: Debug + Hash + Send + 'static;

    /// Handles a request that has arrived. Returns the answer, or none if it comes later: see
    /// [`Desk::caller`].
    fn handle(&mut self, request: Self::Request, desk: &mut Desk<'_, Self>) -> Option<Self::Reply>;

    /// Carries out what was started and is due now.
    fn fire(&mut self, due: Self::Due, desk: &mut Desk<'_, Self>) {
        let _ = desk;
        panic!("a service has started {due:?}, but its `Service::fire` is not written")
    }

    /// Returns which part of the service a request touches, from 0. Strategies look for races
    /// among requests that touch the same part. Unless this is written, the service is one part.
    fn touches(request: &Self::Request) -> u16 {
        let _ = request;
        0
    }

    /// Returns a request as reports show it.
    fn shown(request: &Self::Request) -> String {
        format!("{request:?}")
    }

    /// Returns an answer as reports show it.
    fn shown_reply(reply: &Self::Reply) -> String {
        format!("{reply:?}")
    }
}

/// The way to a service of a simulation.
pub struct Port<S> {
    pub(super) index: usize,
    service: PhantomData<fn() -> S>,
}

impl<S> Port<S> {
    pub(super) fn new(index: usize) -> Port<S> {
        Port { index, service: PhantomData }
    }
}

impl<S> Clone for Port<S> {
    fn clone(&self) -> Port<S> {
        *self
    }
}

impl<S> Copy for Port<S> {}

/// Who waits for an answer. A service keeps it if it answers later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller {
    pub(super) seat: usize,
    pub(super) wait: u32,
}

/// Says whether something that was started is to be taken back.
type IsMoot = Box<dyn Fn(&dyn Data) -> bool>;

/// What a service wants done.
pub(super) enum Order {
    Start(Window, Box<dyn Data>),
    Cancel(IsMoot),
    Answer(Caller, Box<dyn Data>),
    Tell(Box<dyn Data>),
}

/// What a service works with.
pub(super) struct Work<'a> {
    /// Who waits, if somebody does.
    pub(super) caller: Option<Caller>,
    /// Decides among options by their weights.
    pub(super) chance: &'a mut dyn FnMut(&[u32]) -> usize,
    pub(super) orders: Vec<Order>,
}

/// The desk at which a service works: it starts what takes time, answers later, asks chance, and
/// tells what has happened. A desk lasts for one request, or for one thing that is due.
pub struct Desk<'a, S> {
    work: Work<'a>,
    service: PhantomData<S>,
}

impl<S: Service> Desk<'_, S> {
    /// Returns who waits for the answer to this request, for [`Desk::answer`]. Returns none if
    /// nobody does: it was only sent, or something is due.
    pub fn caller(&self) -> Option<Caller> {
        self.work.caller
    }

    /// Answers a caller that has waited. A caller is answered once.
    pub fn answer(&mut self, caller: Caller, reply: S::Reply) {
        self.work.orders.push(Order::Answer(caller, Box::new(reply)));
    }

    /// Starts something that takes this long. The service [fires](Service::fire) when it is due.
    pub fn start(&mut self, window: impl Into<Window>, due: S::Due) {
        self.work.orders.push(Order::Start(window.into(), Box::new(due)));
    }

    /// Takes back what the service has started, as far as it is not due yet.
    pub fn cancel(&mut self, is_moot: impl Fn(&S::Due) -> bool + 'static) {
        let is_moot = move |due: &dyn Data| due.as_any().downcast_ref().is_some_and(&is_moot);
        self.work.orders.push(Order::Cancel(Box::new(is_moot)));
    }

    /// Asks chance for one of several options, by their weights. Returns its place. The first
    /// option with a weight is the normal one; a proof takes no other unless faults are allowed.
    pub fn chance(&mut self, weights: &[u32]) -> usize {
        (self.work.chance)(weights)
    }

    /// Tells what has happened, for [properties](super::Sim::always) and reports.
    pub fn tell(&mut self, fact: impl Debug + Hash + Send + 'static) {
        self.work.orders.push(Order::Tell(Box::new(fact)));
    }
}

/// A service of some type.
pub(super) trait AnyService: Send {
    /// Handles a request. Returns the answer unless it comes later, and what is to be done.
    fn handle(
        &mut self,
        request: Box<dyn Data>,
        work: Work<'_>,
    ) -> (Option<Box<dyn Data>>, Vec<Order>);

    /// Carries out what is due. Returns what is to be done.
    fn fire(&mut self, due: Box<dyn Data>, work: Work<'_>) -> Vec<Order>;

    /// Returns a request as reports show it.
    fn shown(&self, request: &dyn Data) -> String;

    /// Returns an answer as reports show it.
    fn shown_reply(&self, reply: &dyn Data) -> String;

    /// Hashes its state.
    fn digest(&self, hasher: &mut dyn Hasher);

    /// Returns it as what it is.
    fn as_any(&self) -> &dyn Any;
}

/// A service as it is kept.
pub(super) struct Kept<S>(pub(super) S);

impl<S: Service> AnyService for Kept<S> {
    fn handle(
        &mut self,
        request: Box<dyn Data>,
        work: Work<'_>,
    ) -> (Option<Box<dyn Data>>, Vec<Order>) {
        let mut desk = Desk { work, service: PhantomData };
        let reply = self.0.handle(take(request), &mut desk);
        (reply.map(|reply| Box::new(reply) as Box<dyn Data>), desk.work.orders)
    }

    fn fire(&mut self, due: Box<dyn Data>, work: Work<'_>) -> Vec<Order> {
        let mut desk = Desk { work, service: PhantomData };
        self.0.fire(take(due), &mut desk);
        desk.work.orders
    }

    fn shown(&self, request: &dyn Data) -> String {
        S::shown(is(request))
    }

    fn shown_reply(&self, reply: &dyn Data) -> String {
        S::shown_reply(is(reply))
    }

    fn digest(&self, mut hasher: &mut dyn Hasher) {
        self.0.hash(&mut hasher);
    }

    fn as_any(&self) -> &dyn Any {
        &self.0
    }
}

/// A service, and the way to it.
pub(super) struct Hosted {
    pub(super) name: String,
    pub(super) service: Box<dyn AnyService>,
    /// How long a request takes to arrive, and a reply to return.
    pub(super) request: Window,
    pub(super) reply: Window,
    /// One request in this many is lost. None is if it is 0.
    pub(super) loses_requests: u32,
    /// The same for replies.
    pub(super) loses_replies: u32,
}
