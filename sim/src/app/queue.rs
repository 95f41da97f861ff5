//! The queue: jobs in the order of their dispatch, and the workers that have nothing to do.
//!
//! A job is handed out when a worker is idle and every earlier job has been taken.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use deadheat_model::digest::{Digester, hash_set};
use deadheat_model::id::{DocumentId, Job, KindId, SameKey};

use crate::agenda::Seat;

/// A job on the queue, with the next attempt at it and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// A job that an actor wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The kind of job.
    pub kind: KindId,
    /// The document that it is about.
    pub document: DocumentId,
    /// The section, if it is about one.
    pub section: Option<u16>,
    /// The key of what it is to produce, if it has one.
    pub same: Option<SameKey>,
}

/// The queue.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Queue {
    waiting: VecDeque<Order>,
    idle: Vec<Seat>,
    is_offering: bool,
    /// The jobs that were dispatched, by kind.
    jobs: Vec<Vec<JobState>>,
    /// The jobs that died with their workers.
    lost: Vec<Order>,
}

/// What the queue knows about a job.
#[derive(Clone, Copy, Debug, Hash)]
struct JobState {
    /// The number of attempts that have been made, or that wait for a worker.
    attempts: u16,
    /// Whether no worker tries it again.
    is_settled: bool,
}

impl Queue {
    /// Empties the queue and makes all workers idle.
    pub(super) fn start(&mut self, kinds: usize, workers: impl Iterator<Item = Seat>) {
        self.waiting.clear();
        self.is_offering = false;
        self.lost.clear();
        self.jobs.iter_mut().for_each(Vec::clear);
        self.jobs.resize_with(kinds, Vec::new);
        self.idle.clear();
        self.idle.extend(workers);
        self.idle.reverse();
    }

    /// Hashes what can still be read. Jobs of a kind are in no order, and neither are idle workers.
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        (&self.waiting, self.idle.len(), self.is_offering).hash(hasher);
        hash_set(&self.lost, hasher);
        for kind in 0..self.jobs.len() {
            hash_set(self.jobs(kind), hasher);
        }
    }

    /// Hashes what it knows about a job.
    pub(super) fn digest_of<H: Hasher>(&self, job: Job, hasher: &mut H) {
        self.jobs[usize::from(job.kind.0)][job.number as usize - 1].hash(hasher);
        self.waiting.iter().position(|order| order.job == job).hash(hasher);
    }

    /// Returns how many jobs of each kind were dispatched.
    pub(super) fn counts(&self) -> impl Iterator<Item = u32> {
        self.jobs.iter().map(|jobs| jobs.len() as u32)
    }

    /// Returns the number of the last attempt at a job.
    pub(super) fn attempt(&self, job: Job) -> u16 {
        self.jobs[usize::from(job.kind.0)][job.number as usize - 1].attempts
    }

    fn jobs(&self, kind: usize) -> impl Iterator<Item = (Job, JobState)> {
        let job = move |number| Job { kind: KindId(kind as u16), number };
        (1..).map(job).zip(self.jobs[kind].iter().copied())
    }

    /// Returns the next job of this kind to be dispatched.
    pub(super) fn next(&self, kind: KindId) -> Job {
        Job { kind, number: self.jobs[usize::from(kind.0)].len() as u32 + 1 }
    }

    /// Records that the job is dispatched now.
    pub(super) fn dispatched(&mut self, job: Job) {
        self.jobs[usize::from(job.kind.0)].push(JobState { attempts: 1, is_settled: false });
    }

    /// Numbers another attempt at the job.
    pub(super) fn next_attempt(&mut self, job: Job) -> u16 {
        let state = self.state(job);
        state.attempts = state.attempts.saturating_add(1);
        state.attempts
    }

    /// Records that no worker tries this job again. Returns false if that is already known.
    pub(super) fn settle(&mut self, job: Job) -> bool {
        !std::mem::replace(&mut self.state(job).is_settled, true)
    }

    /// Records that the job has died with its worker.
    pub(super) fn lose(&mut self, order: Order) {
        self.lost.push(order);
    }

    /// Records that the job is handed out again.
    pub(super) fn found(&mut self, order: Order) {
        self.lost.retain(|lost| *lost != order);
    }

    /// Returns the jobs that have died with their workers and have not been handed out again.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Order> {
        self.lost.iter()
    }

    fn state(&mut self, job: Job) -> &mut JobState {
        &mut self.jobs[usize::from(job.kind.0)][job.number as usize - 1]
    }

    /// Returns the jobs that no worker has taken, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Order> {
        self.waiting.iter()
    }

    /// Puts a job at the end of the queue.
    pub(super) fn push(&mut self, order: Order) {
        self.waiting.push_back(order);
    }

    /// Records that a worker has nothing to do.
    pub(super) fn rest(&mut self, worker: Seat) {
        self.idle.push(worker);
        self.idle.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Returns whether a worker is about to take a job.
    pub(super) fn is_offering(&self) -> bool {
        self.is_offering
    }

    /// Offers the job that is to be handed out next, if a worker can take it and it is not on offer
    /// yet.
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
