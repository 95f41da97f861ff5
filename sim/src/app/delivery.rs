//! Delivery: how jobs get from a dispatch to a worker, and what happens to them then. The rules are
//! those of Laravel's queue on Redis (D, laravel/framework 13.x, `Queue/RedisQueue`,
//! `Queue/Worker`).
//!
//! A job that is not deleted within `retry_after` is handed out again *beside* the copy that is
//! still at work. The end of the first copy does not withdraw the second one. Attempts are counted
//! per job, over all its copies. Redis counts them per copy.

use deadheat_model::history::{Ending, Mark, Operation, What as Happened};
use deadheat_model::id::{Actor, LockName};

use super::flaw::Flaw;
use super::locks::Token;
use super::queue::{Order, Wanted};
use super::search::LockAsk;
use super::stage::Part;
use super::world::{Agenda, What, Word, World};
use crate::agenda::{Call, Fired, Owner, Seat, Window};
use crate::name::{self, Moment, Touched};
use crate::scenario::{self, LockPlace, Overlap, Release};

impl World {
    /// Handles a user's click.
    pub(super) fn click(&mut self, agenda: &mut Agenda, seat: Seat, call: Call, wanted: Wanted) {
        let (Wanted { kind, document, same, .. }, by) = (wanted, call.actor());
        self.record(agenda, Some(by), Happened::Clicked { kind, document, same });
        self.intend(agenda, seat, call, wanted);
        if self.places[seat.0].is_muted {
            self.mark(agenda, by, Mark::ClickIgnored);
            return;
        }
        if let Some(window) = self.stage.debounce(by) {
            self.places[seat.0].is_muted = true;
            let (name, window) = (call.at(Moment::Deadline), Window::exactly(window));
            agenda.start(name, window, Owner::Actor(seat), [None; 2], What::Unmute(seat));
        }
        self.dispatch(agenda, by, wanted);
    }

    /// Notes that a user or process asks for something. It still means the same thing if it asked
    /// for that a moment ago.
    pub(super) fn intend(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        Wanted { kind, document, same, .. }: Wanted,
    ) {
        let is_meant = self.places[seat.0].intents.contains(&(kind, document));
        let is_seen = self.search.as_ref().is_none_or(|search| search.sees_intents());
        if call.actor().job().is_some() || same.is_some() || is_meant || !is_seen {
            return;
        }
        self.places[seat.0].intents.push((kind, document));
        let (name, window) =
            (call.at(Moment::Expires), Window::exactly(self.stage.scenario.intent));
        let what = What::IntentOver(seat, kind, document);
        agenda.start(name, window, Owner::Actor(seat), [None; 2], what);
    }

    /// Forgets the intents of an actor that has ended, because it asks for nothing any more.
    fn forget_intents(&mut self, agenda: &mut Agenda, seat: Seat) {
        let place = &mut self.places[seat.0];
        if place.intents.is_empty() && !place.is_muted {
            return;
        }
        place.intents.clear();
        agenda.cancel(|what| match what {
            What::IntentOver(of, ..) | What::Unmute(of) => *of == seat,
            _ => false,
        });
    }

    /// Puts a job on the queue, unless it must be unique and there already is one.
    pub(super) fn dispatch(
        &mut self,
        agenda: &mut Agenda,
        by: Actor,
        Wanted { kind, document, section, same }: Wanted,
    ) {
        let job = self.queue.next(kind);
        let rules = &self.stage.scenario.jobs[usize::from(kind.0)];
        if rules.unique {
            let ttl = rules.unique_for;
            // The lock is taken in the name of the job, before the job exists.
            let call = self.stage.call_of(Actor::Attempt(job, 1), Operation::Unique);
            let lock = self.stage.unique_lock(kind, document);
            if self.lock(agenda, call, LockAsk::once(lock, ttl, LockPlace::Cache)).is_none() {
                self.record(agenda, Some(by), Happened::Ignored { kind, document, section, same });
                return;
            }
        }
        self.queue.dispatched(job);
        self.unfinished += 1;
        self.record(agenda, Some(by), Happened::Dispatched { job, document, section, same });
        if self.queue.is_offering() && self.stage.flaw == Some(Flaw::LosesJob) {
            return;
        }
        self.queue.push(Order { job, attempt: 1, document, section });
        self.offer(agenda, self.stage.scenario.queue.poll);
    }

    /// Offers the job at the head of the queue, if a worker can take it.
    pub(super) fn offer(&mut self, agenda: &mut Agenda, window: Window) {
        let Some(order) = self.queue.offer() else { return };
        let name = self.life(order).at(Moment::Starts);
        let keys = name::keys([Some(Touched::Queue), Some(Touched::Document(order.document))]);
        agenda.start(name, window, Owner::Service, keys, What::Take);
    }

    /// Lets a worker take the job at the head of the queue.
    pub(super) fn take(&mut self, agenda: &mut Agenda) -> Fired<Word> {
        let (order, seat) = self.queue.take();
        let actor = Actor::Attempt(order.job, order.attempt);
        let life = self.life(order);
        agenda.speak_as(seat, actor.into(), self.stage.attempt_key(order.job, order.attempt));
        agenda.call(seat, Operation::Life);
        let place = &mut self.places[seat.0];
        (place.order, place.is_dead) = (Some(order), false);
        (place.late, place.near) = (0, 0);
        let Part::Worker(number) = self.stage.parts[seat.0] else {
            unreachable!("invariant: only a worker is idle");
        };
        self.record(agenda, Some(actor), Happened::Started { worker: Some(number) });
        if let Some(ending) = self.turned_away(agenda, order) {
            self.end(agenda, seat, ending);
            return Fired::Nobody;
        }
        self.set_alarms(agenda, seat, order, life);
        self.offer(agenda, self.stage.scenario.queue.poll);
        Fired::Wakes(seat, Word::Job(order))
    }

    /// Returns how a job ends if a worker does not even begin it.
    fn turned_away(&mut self, agenda: &mut Agenda, order: Order) -> Option<Ending> {
        let rules = rules(&self.stage.scenario, order);
        if order.attempt > rules.tries {
            return Some(Ending::Exhausted);
        }
        let (overlap, ttl) = (rules.overlap, rules.overlap_for);
        if overlap == Overlap::Allow {
            return None;
        }
        let by = Actor::Attempt(order.job, order.attempt);
        let call = self.stage.call_of(by, Operation::Overlap);
        let lock = self.stage.overlap_lock(order.job.kind, order.document);
        let taken = self.lock(agenda, call, LockAsk::once(lock, ttl, LockPlace::Cache));
        match (taken, overlap) {
            (Some(_), _) => None,
            (None, Overlap::Drop) => Some(Ending::Dropped),
            (None, _) => Some(Ending::Released),
        }
    }

    /// Puts on the agenda what can come between an attempt and its end.
    fn set_alarms(&mut self, agenda: &mut Agenda, seat: Seat, order: Order, life: Call) {
        if !self.stage.unfolds {
            return;
        }
        if let Some(timeout) = rules(&self.stage.scenario, order).timeout {
            let (name, window) = (life.at(Moment::TimesOut), Window::exactly(timeout));
            agenda.start(name, window, Owner::Actor(seat), [None; 2], What::JobTimesOut(seat));
        }
        if let Some(after) = self.stage.scenario.queue.retry_after {
            let (name, window) = (life.at(Moment::Redelivers), Window::exactly(after));
            let keys = name::keys([Some(Touched::Queue), None]);
            agenda.start(name, window, Owner::Service, keys, What::Redeliver(order));
        }
        self.arm(agenda, seat, order);
    }

    /// Ends an actor. A worker has nothing to do after that.
    pub(super) fn end(&mut self, agenda: &mut Agenda, seat: Seat, ending: Ending) {
        let by = agenda.actor(seat);
        let Some(order) = self.places[seat.0].order.take() else {
            self.unfinished -= 1;
            self.forget_intents(agenda, seat);
            self.record(agenda, Some(by), Happened::Ended(ending));
            self.close_faults(agenda);
            return;
        };
        let rules = rules(&self.stage.scenario, order);
        let (tries, overlap) = (rules.tries, rules.overlap);
        let (backoff, release_after) = (rules.backoff, rules.release_after);
        self.disarm(agenda, seat, order);
        let is_turned_away =
            matches!(ending, Ending::Released | Ending::Dropped | Ending::Exhausted);
        match ending {
            Ending::Failed { cause, .. } if order.attempt < tries => {
                let ending = Ending::Failed { cause, last: false };
                self.record(agenda, Some(by), Happened::Ended(ending));
                self.put_back(agenda, order, backoff);
            }
            Ending::Released => {
                self.record(agenda, Some(by), Happened::Ended(ending));
                self.put_back(agenda, order, release_after);
            }
            _ => {
                self.record(agenda, Some(by), Happened::Ended(ending));
                self.settle(agenda, order);
            }
        }
        if overlap != Overlap::Allow && !is_turned_away {
            let lock = self.stage.overlap_lock(order.job.kind, order.document);
            self.unlock(agenda, by, lock, Token { actor: by, nth: 1 }, Release::Owner);
        }
        self.close_faults(agenda);
        self.queue.rest(seat);
        self.offer(agenda, self.stage.scenario.network.local);
    }

    /// Settles a job, which no worker tries again.
    pub(super) fn settle(&mut self, agenda: &mut Agenda, order: Order) {
        if !self.queue.settle(order.job) {
            return;
        }
        self.unfinished -= 1;
        if rules(&self.stage.scenario, order).unique {
            let (kind, by) = (order.job.kind, Actor::Attempt(order.job, order.attempt));
            let token = Token { actor: Actor::Attempt(order.job, 1), nth: 1 };
            let lock: LockName = self.stage.unique_lock(kind, order.document);
            self.unlock(agenda, by, lock, token, Release::Owner);
        }
    }

    fn put_back(&mut self, agenda: &mut Agenda, order: Order, backoff: Window) {
        let order = Order { attempt: self.queue.next_attempt(order.job), ..order };
        let name = self.life(order).at(Moment::Begins);
        let keys = name::keys([Some(Touched::Queue), None]);
        agenda.start(name, backoff, Owner::Service, keys, What::Return(order));
    }

    pub(super) fn back_on_the_queue(&mut self, agenda: &mut Agenda, order: Order) {
        self.queue.push(order);
        self.offer(agenda, self.stage.scenario.queue.poll);
    }

    /// Hands out a job again that was taken long ago, as another attempt.
    pub(super) fn redeliver(&mut self, agenda: &mut Agenda, order: Order) {
        let is_at_work = self.places.iter().any(|place| place.order == Some(order));
        if is_at_work {
            let by = Actor::Attempt(order.job, order.attempt);
            self.mark(agenda, by, Mark::Redelivered);
        }
        self.queue.found(order);
        let order = Order { attempt: self.queue.next_attempt(order.job), ..order };
        self.back_on_the_queue(agenda, order);
    }

    /// Returns the call that names what happens to an attempt as a whole.
    pub(super) fn life(&self, order: Order) -> Call {
        self.stage.call_of(Actor::Attempt(order.job, order.attempt), Operation::Life)
    }
}

pub(super) fn rules(scenario: &scenario::Scenario, order: Order) -> &scenario::Job {
    &scenario.jobs[usize::from(order.job.kind.0)]
}
