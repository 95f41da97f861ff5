//! The queue: jobs in the order of their dispatch, and the workers that have nothing to do. The
//! rules are those of Laravel's queue on Redis (D, laravel/framework 13.x, `Queue/RedisQueue`,
//! `Queue/Worker`).
//!
//! A job is handed out when a worker is idle and every earlier job has been taken. A job that is
//! not deleted within `retry_after` is handed out again *beside* the copy that is still at work.
//! The end of the first copy does not withdraw the second one. Attempts are counted per job, over
//! all its copies. Redis counts them per copy.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use deadheat_model::digest::{Digester, hash_set};
use deadheat_model::history::{Ending, Mark, Operation, What as Happened};
use deadheat_model::id::{Actor, DocumentId, Job, KindId};

use super::{Desk, Expiry, Holds, LockAsk, Locks, Token, Wanted};
use crate::agenda::{Call, Owner, Seat, Window};
use crate::name::{self, Moment, Touched};
use crate::scenario::{self, LockPlace, Overlap, Release};
use crate::stage::{Flaw, Stage};

/// A job on the queue, with the next attempt at it and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// Which one.
    pub job: Job,
    /// Which attempt comes next, from 1.
    pub attempt: u16,
    /// The document that it works on.
    pub document: DocumentId,
    /// The section that it was dispatched for.
    pub section: Option<u16>,
}

impl Delivery {
    /// Returns the attempt as an actor.
    pub fn actor(&self) -> Actor {
        Actor::Attempt(self.job, self.attempt)
    }

    /// Returns the call that names what happens to the attempt as a whole.
    pub fn life(&self, stage: &Stage) -> Call {
        stage.call_of(self.actor(), Operation::Life)
    }

    /// Returns the rules for jobs of its kind.
    pub fn rules<'a>(&self, stage: &'a Stage) -> &'a scenario::Job {
        &stage.scenario.jobs[usize::from(self.job.kind.0)]
    }
}

/// What the queue has on the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Supply {
    /// A worker takes the job that is on offer.
    Take,
    /// A failed job returns to the queue.
    Return(Delivery),
    /// A job that was taken is handed out again.
    Redeliver(Delivery),
}

/// The queue.
#[derive(Clone, Debug, Default, Hash)]
pub struct Queue {
    waiting: VecDeque<Delivery>,
    idle: Vec<Seat>,
    is_offering: bool,
    /// The jobs that were dispatched, by kind.
    jobs: Vec<Vec<JobState>>,
    /// The jobs that died with their workers.
    lost: Vec<Delivery>,
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
    pub fn start(&mut self, kinds: usize, workers: impl Iterator<Item = Seat>) {
        self.waiting.clear();
        self.is_offering = false;
        self.lost.clear();
        self.jobs.iter_mut().for_each(Vec::clear);
        self.jobs.resize_with(kinds, Vec::new);
        self.idle.clear();
        self.idle.extend(workers);
        self.idle.reverse();
    }

    /// Puts a job on the queue, unless it must be unique and there already is one. Returns whether
    /// it was dispatched.
    pub fn handle<W: Holds<Supply> + Holds<Expiry>>(
        &mut self,
        stage: &Stage,
        by: Actor,
        Wanted { kind, document, section, same }: Wanted,
        locks: &mut Locks,
        desk: &mut Desk<'_, W>,
    ) -> bool {
        let jobs = &mut self.jobs[usize::from(kind.0)];
        let job = Job { kind, number: jobs.len() as u32 + 1 };
        let delivery = Delivery { job, attempt: 1, document, section };
        let rules = delivery.rules(stage);
        if rules.unique {
            // The lock is taken in the name of the job, before the job exists.
            let call = stage.call_of(delivery.actor(), Operation::Unique);
            let lock = stage.unique_lock(kind, document);
            let ask = LockAsk::once(lock, rules.unique_for, LockPlace::Cache);
            if locks.handle(stage, call, ask, desk).is_none() {
                desk.tell(Some(by), Happened::Ignored { kind, document, section, same });
                return false;
            }
        }
        jobs.push(JobState { attempts: 1, is_settled: false });
        desk.tell(Some(by), Happened::Dispatched { job, document, section, same });
        if !(self.is_offering && stage.flaw == Some(Flaw::LosesJob)) {
            self.push(stage, delivery, desk);
        }
        true
    }

    /// Hands out a job again that was taken long ago, as another attempt. `is_at_work` says whether
    /// its worker is still at work on it.
    pub fn redeliver<W: Holds<Supply>>(
        &mut self,
        stage: &Stage,
        delivery: Delivery,
        is_at_work: bool,
        desk: &mut Desk<'_, W>,
    ) {
        if is_at_work {
            desk.tell(Some(delivery.actor()), Happened::Marked(Mark::Redelivered));
        }
        self.lost.retain(|lost| *lost != delivery);
        let again = self.again(delivery);
        self.push(stage, again, desk);
    }

    /// Puts a job at the end of the queue.
    pub fn push<W: Holds<Supply>>(
        &mut self,
        stage: &Stage,
        delivery: Delivery,
        desk: &mut Desk<'_, W>,
    ) {
        self.waiting.push_back(delivery);
        self.offer(stage, stage.scenario.queue.poll, desk);
    }

    /// Offers the job that is to be handed out next, if a worker can take it and it is not on offer
    /// yet.
    pub fn offer<W: Holds<Supply>>(
        &mut self,
        stage: &Stage,
        window: Window,
        desk: &mut Desk<'_, W>,
    ) {
        let Some(next) = self.waiting.front().filter(|_| !self.idle.is_empty()) else { return };
        if std::mem::replace(&mut self.is_offering, true) {
            return;
        }
        let name = next.life(stage).at(Moment::Starts);
        let keys = name::keys([Some(Touched::Queue), Some(Touched::Document(next.document))]);
        desk.start(name, window, Owner::Service, keys, Supply::Take);
    }

    /// Hands out the job that is on offer, to the idle worker with the lowest number.
    pub fn take(&mut self) -> (Delivery, Seat) {
        self.is_offering = false;
        let delivery = self.waiting.pop_front();
        let worker = self.idle.pop();
        delivery.zip(worker).expect("invariant: a job is on offer while a worker is idle")
    }

    /// Returns how a job ends if a worker does not even begin it.
    pub fn turns_away<W: Holds<Expiry>>(
        &self,
        stage: &Stage,
        delivery: Delivery,
        locks: &mut Locks,
        desk: &mut Desk<'_, W>,
    ) -> Option<Ending> {
        let rules = delivery.rules(stage);
        if delivery.attempt > rules.tries {
            return Some(Ending::Exhausted);
        }
        let ending = match rules.overlap {
            Overlap::Allow => return None,
            Overlap::Drop => Ending::Dropped,
            Overlap::Release => Ending::Released,
        };
        let call = stage.call_of(delivery.actor(), Operation::Overlap);
        let lock = stage.overlap_lock(delivery.job.kind, delivery.document);
        let ask = LockAsk::once(lock, rules.overlap_for, LockPlace::Cache);
        locks.handle(stage, call, ask, desk).is_none().then_some(ending)
    }

    /// Puts on the agenda when a job that was taken is handed out again.
    pub fn reserve<W: Holds<Supply>>(
        &self,
        stage: &Stage,
        delivery: Delivery,
        desk: &mut Desk<'_, W>,
    ) {
        if let Some(after) = stage.scenario.queue.retry_after {
            let (name, window) =
                (delivery.life(stage).at(Moment::Redelivers), Window::exactly(after));
            let keys = name::keys([Some(Touched::Queue), None]);
            desk.start(name, window, Owner::Service, keys, Supply::Redeliver(delivery));
        }
    }

    /// Records the end of an attempt. It is tried again later, or its job is settled. Returns
    /// whether the job is settled now.
    pub fn end<W: Holds<Supply> + Holds<Expiry>>(
        &mut self,
        stage: &Stage,
        delivery: Delivery,
        ending: Ending,
        locks: &mut Locks,
        desk: &mut Desk<'_, W>,
    ) -> bool {
        let (rules, by) = (delivery.rules(stage), delivery.actor());
        let (ending, again) = match ending {
            Ending::Failed { cause, .. } if delivery.attempt < rules.tries => {
                (Ending::Failed { cause, last: false }, Some(rules.backoff))
            }
            Ending::Released => (ending, Some(rules.release_after)),
            Ending::Done | Ending::Failed { .. } | Ending::Dropped | Ending::Exhausted => {
                (ending, None)
            }
        };
        desk.tell(Some(by), Happened::Ended(ending));
        let is_settled = match again {
            Some(backoff) => {
                let again = self.again(delivery);
                let name = again.life(stage).at(Moment::Begins);
                let keys = name::keys([Some(Touched::Queue), None]);
                desk.start(name, backoff, Owner::Service, keys, Supply::Return(again));
                false
            }
            None => self.settle(stage, delivery, locks, desk),
        };
        let has_begun = !matches!(ending, Ending::Released | Ending::Dropped | Ending::Exhausted);
        if rules.overlap != Overlap::Allow && has_begun {
            let lock = stage.overlap_lock(delivery.job.kind, delivery.document);
            let token = Token::of(stage.call_of(by, Operation::Overlap));
            locks.release(stage, by, (lock, token), Release::Owner, desk);
        }
        is_settled
    }

    /// Settles a job, which no worker tries again. Returns false if it was settled before.
    pub fn settle<W: Holds<Expiry>>(
        &mut self,
        stage: &Stage,
        delivery: Delivery,
        locks: &mut Locks,
        desk: &mut Desk<'_, W>,
    ) -> bool {
        let Delivery { job, document, .. } = delivery;
        if std::mem::replace(&mut self.state(job).is_settled, true) {
            return false;
        }
        if delivery.rules(stage).unique {
            let lock = stage.unique_lock(job.kind, document);
            let token = Token::of(stage.call_of(Actor::Attempt(job, 1), Operation::Unique));
            locks.release(stage, delivery.actor(), (lock, token), Release::Owner, desk);
        }
        true
    }

    /// Records that a worker has nothing to do.
    pub fn rest(&mut self, worker: Seat) {
        self.idle.push(worker);
        self.idle.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Records that the job has died with its worker.
    pub fn lose(&mut self, delivery: Delivery) {
        self.lost.push(delivery);
    }

    /// Returns the jobs that have died with their workers and have not been handed out again.
    pub fn lost(&self) -> impl Iterator<Item = &Delivery> {
        self.lost.iter()
    }

    /// Returns the jobs that no worker has taken, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &Delivery> {
        self.waiting.iter()
    }

    /// Returns how many jobs of each kind were dispatched.
    pub fn counts(&self) -> impl Iterator<Item = u32> {
        self.jobs.iter().map(|jobs| jobs.len() as u32)
    }

    /// Returns the number of the last attempt at a job.
    pub fn attempt(&self, job: Job) -> u16 {
        self.jobs[usize::from(job.kind.0)][job.number as usize - 1].attempts
    }

    /// Hashes what can still be read. Jobs of a kind are in no order, and neither are idle workers.
    pub fn digest<H: Digester>(&self, hasher: &mut H) {
        (&self.waiting, self.idle.len(), self.is_offering).hash(hasher);
        hash_set(&self.lost, hasher);
        for (kind, jobs) in self.jobs.iter().enumerate() {
            let job = |number| Job { kind: KindId(kind as u16), number };
            hash_set((1..).map(job).zip(jobs.iter().copied()), hasher);
        }
    }

    /// Hashes what it knows about a job.
    pub fn digest_of<H: Hasher>(&self, job: Job, hasher: &mut H) {
        self.jobs[usize::from(job.kind.0)][job.number as usize - 1].hash(hasher);
        self.waiting.iter().position(|delivery| delivery.job == job).hash(hasher);
    }

    /// Numbers another attempt at the job.
    fn again(&mut self, delivery: Delivery) -> Delivery {
        let state = self.state(delivery.job);
        state.attempts = state.attempts.saturating_add(1);
        Delivery { attempt: state.attempts, ..delivery }
    }

    fn state(&mut self, job: Job) -> &mut JobState {
        &mut self.jobs[usize::from(job.kind.0)][job.number as usize - 1]
    }
}
