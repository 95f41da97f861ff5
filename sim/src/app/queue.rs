//! The queue: jobs in the order of their dispatch, and the workers who have nothing to do.
//!
//! A job is handed out when a worker is idle and every earlier job has been taken. Redelivery,
//! uniqueness and overlap come here.

use std::collections::VecDeque;

use deadheat_model::id::{DocumentId, Job, KindId};

use crate::agenda::Seat;

/// A job on the queue: which attempt at it is next, and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which one.
    pub job: Job,
    /// Which attempt comes next, from 1.
    pub attempt: u16,
    /// The document that it works on.
    pub document: DocumentId,
    /// The section that it was dispatched for.
    pub section: Option<u16>,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Order>,
    idle: Vec<Seat>,
    is_offering: bool,
    dispatched: Vec<u32>,
}

impl Queue {
    /// Empties the queue and makes all workers idle.
    pub(super) fn start(&mut self, kinds: usize, workers: impl Iterator<Item = Seat>) {
        self.waiting.clear();
        self.is_offering = false;
        self.dispatched.clear();
        self.dispatched.resize(kinds, 0);
        self.idle.clear();
        self.idle.extend(workers);
        self.idle.reverse();
    }

    /// Numbers a new job of this kind.
    pub(super) fn number(&mut self, kind: KindId) -> Job {
        let count = &mut self.dispatched[usize::from(kind.0)];
        *count += 1;
        Job { kind, number: *count }
    }

    /// The jobs that nobody has taken, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Order> {
        self.waiting.iter()
    }

    /// Puts a job at the end of the queue.
    pub(super) fn push(&mut self, order: Order) {
        self.waiting.push_back(order);
    }

    /// A worker has nothing to do.
    pub(super) fn rest(&mut self, worker: Seat) {
        self.idle.push(worker);
        self.idle.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// The job that is to be handed out next, if a worker can take it and it is not on offer yet.
    pub(super) fn offer(&mut self) -> Option<Order> {
        if self.is_offering || self.idle.is_empty() {
            return None;
        }
        let order = self.waiting.front().copied()?;
        self.is_offering = true;
        Some(order)
    }

    /// Hands out the job that is on offer, to the idle worker with the lowest number.
    pub(super) fn take(&mut self) -> (Order, Seat) {
        self.is_offering = false;
        let order = self.waiting.pop_front();
        let worker = self.idle.pop();
        order.zip(worker).expect("invariant: a job is on offer while a worker is idle")
    }
}
