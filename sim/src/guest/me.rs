//! What an actor holds: itself. Everything that it does besides its own business, it does with
//! this.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::poll_fn;
use std::hash::Hash;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use super::data::{Data, take};
use super::place::{Ask, Over, Wait, Wants};
use super::service::{Port, Service};
use super::words::variant;
use crate::agenda::{Span, Window};

/// What an actor shares with its host.
#[derive(Default)]
pub(super) struct Slot {
    next: Wait,
    wants: Wants,
    told: Vec<(Wait, Box<dyn Data>)>,
}

impl Slot {
    /// Tells what has come of a wait.
    pub(super) fn tell(&mut self, wait: Wait, reply: Box<dyn Data>) {
        self.told.push((wait, reply));
    }

    /// Takes what the actor wants, and how it has ended if it has.
    pub(super) fn take_wants(&mut self, over: Option<Over>) -> Wants {
        let mut wants = std::mem::take(&mut self.wants);
        wants.over = over;
        wants
    }

    /// Forgets everything, because the actor is dead.
    pub(super) fn forget(&mut self) {
        self.wants = Wants::default();
        self.told.clear();
    }

    fn ask(&mut self, ask: Ask) -> Wait {
        self.next += 1;
        self.wants.asks.push((self.next, ask));
        self.next
    }

    fn reply(&mut self, wait: Wait) -> Option<Box<dyn Data>> {
        let at = self.told.iter().position(|(known, _)| *known == wait)?;
        Some(self.told.swap_remove(at).1)
    }

    /// Stops waiting for something.
    fn drop_wait(&mut self, wait: Wait) {
        let asks = self.wants.asks.len();
        self.wants.asks.retain(|(known, _)| *known != wait);
        let was_told = self.reply(wait).is_some();
        if asks == self.wants.asks.len() && !was_told {
            self.wants.dropped.push(wait);
        }
    }
}

/// An actor's own handle: it calls services, sends messages, waits, and tells what it has done.
///
/// An actor must wait for nothing else, read no clock, draw no random numbers of its own, and start
/// no tasks or threads: the schedule would not decide these.
#[derive(Clone)]
pub struct Me {
    name: Rc<str>,
    slot: Rc<RefCell<Slot>>,
}

impl Me {
    pub(super) fn new(name: Rc<str>, slot: Rc<RefCell<Slot>>) -> Me {
        Me { name, slot }
    }

    /// Returns the actor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks a service, and waits for the answer. Where a request or a reply can be lost, this can
    /// wait forever: see [`Me::within`].
    pub async fn call<S: Service>(&self, port: Port<S>, request: S::Request) -> S::Reply {
        self.wait(ask(port, request, true)).await
    }

    /// Sends a message to a service, and does not wait until it arrives. Two messages arrive in any
    /// order that the way allows. Nobody receives an answer.
    pub fn send<S: Service>(&self, port: Port<S>, request: S::Request) {
        self.slot.borrow_mut().ask(ask(port, request, false));
    }

    /// Waits for a time within the window.
    pub async fn sleep(&self, window: impl Into<Window>) {
        self.wait::<()>(Ask::Sleep { word: "sleep", window: window.into() }).await;
    }

    /// Waits for something, but no longer than this. Returns none if it takes longer; what was
    /// asked for may still happen.
    pub async fn within<T>(&self, span: Span, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let window = Window::exactly(span);
        let mut bound = pin!(self.wait::<()>(Ask::Sleep { word: "within", window }));
        poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            bound.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Asks chance for one of several options, by their weights. Returns its place. `what` is its
    /// name. The first option with a weight is the normal one; a proof takes no other unless faults
    /// are allowed.
    pub async fn chance(&self, what: &str, weights: &[u32]) -> usize {
        self.wait(Ask::Chance { word: what.to_owned(), weights: weights.to_vec() }).await
    }

    /// Tells what has happened, for [properties](super::Sim::always) and reports.
    pub fn tell(&self, fact: impl Debug + Hash + Send + 'static) {
        self.slot.borrow_mut().wants.facts.push(Box::new(fact));
    }

    fn wait<T: 'static>(&self, ask: Ask) -> Waiting<T> {
        Waiting { slot: self.slot.clone(), step: Step::Asks(Some(ask)), told: PhantomData }
    }
}

fn ask<S: Service>(port: Port<S>, request: S::Request, is_awaited: bool) -> Ask {
    let (part, word) = (S::touches(&request), variant(&request));
    Ask::Call { to: port.index, part, word, request: Box::new(request), is_awaited }
}

/// A wait for something.
struct Waiting<T> {
    slot: Rc<RefCell<Slot>>,
    step: Step,
    told: PhantomData<fn() -> T>,
}

enum Step {
    /// It has not been polled.
    Asks(Option<Ask>),
    Waits(Wait),
    IsOver,
}

impl<T: 'static> Future for Waiting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let slot = self.slot.clone();
        match &mut self.step {
            Step::Asks(ask) => {
                let ask = ask.take().expect("invariant: it is asked for once");
                let wait = slot.borrow_mut().ask(ask);
                self.step = Step::Waits(wait);
                Poll::Pending
            }
            Step::Waits(wait) => {
                let Some(reply) = slot.borrow_mut().reply(*wait) else { return Poll::Pending };
                self.step = Step::IsOver;
                Poll::Ready(take(reply))
            }
            Step::IsOver => panic!("a wait is not polled again once it is over"),
        }
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        if let Step::Waits(wait) = self.step {
            self.slot.borrow_mut().drop_wait(wait);
        }
    }
}
