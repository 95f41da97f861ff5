//! Processes: what happens to each actor from outside. It begins and ends, clicks, takes a job, is
//! paused, dies and is replaced.

use deadheat_model::history::{Death, Ending, Mark, Operation, What as Happened};
use deadheat_model::id::Actor;

use super::place::Place;
use super::what::{Agenda, What};
use super::world::World;
use crate::agenda::{Call, Fired, Owner, Seat, Window};
use crate::name::Moment;
use crate::scenario::{AttemptFault, FaultKind};
use crate::services::{Chance, Delivery, Desk, Supply, Told, Wanted};
use crate::stage::Part;

impl World {
    /// Returns the actors that have not ended, and what they wait for.
    pub fn waiting(&self) -> Vec<String> {
        let name = |delivery: &Delivery| self.stage.cast.name(delivery.actor());
        let on_queue = self.queue.waiting().map(|job| format!("{} waits for a worker", name(job)));
        let jobs = self.places.iter().filter_map(|place| place.job.as_ref());
        let at_work = jobs.map(|job| format!("{} has not ended", name(job)));
        let lost = self.queue.lost().map(|job| {
            format!("{} died with its worker, and nobody hands it out again", name(job))
        });
        on_queue.chain(at_work).chain(lost).collect()
    }

    /// Forgets the deadlines of bounded waits that are over, given as one bit per depth.
    pub(super) fn forget_deadlines(&mut self, agenda: &mut Agenda, seat: Seat, left: u32) {
        agenda.cancel(|what| {
            matches!(what, What::Deadline(of, depth) | What::Near(of, depth)
                if *of == seat && left & (1 << depth) != 0)
        });
        self.places[seat.0].late &= !left;
        self.places[seat.0].near &= !left;
    }

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

    /// Dispatches a job.
    pub(super) fn dispatch(&mut self, agenda: &mut Agenda, by: Actor, wanted: Wanted) {
        let mut desk = Desk::new(agenda, &mut self.events);
        if self.queue.handle(&self.stage, by, wanted, &mut self.locks, &mut desk) {
            self.unfinished += 1;
        }
    }

    /// Lets a worker take the job at the head of the queue.
    pub(super) fn take(&mut self, agenda: &mut Agenda) -> Fired<Told> {
        let stage = self.stage.clone();
        let (job, seat) = self.queue.take();
        let kind = stage.kind(job.actor());
        agenda.speak_as(seat, job.actor().into(), kind, stage.attempt_key(job.job, job.attempt));
        agenda.call(seat, Operation::Life);
        let place = &mut self.places[seat.0];
        (place.job, place.is_dead) = (Some(job), false);
        (place.late, place.near) = (0, 0);
        let Part::Worker(number) = stage.parts[seat.0] else {
            unreachable!("invariant: only a worker is idle");
        };
        let started = Happened::Started { worker: Some(number) };
        self.record(agenda, Some(job.actor()), started);
        let mut desk = Desk::new(agenda, &mut self.events);
        if let Some(ending) = self.queue.turns_away(&stage, job, &mut self.locks, &mut desk) {
            self.end(agenda, seat, ending);
            return Fired::Nobody;
        }
        if stage.unfolds {
            if let Some(timeout) = job.rules(&stage).timeout {
                let (name, window) =
                    (job.life(&stage).at(Moment::TimesOut), Window::exactly(timeout));
                let (owner, what) = (Owner::Actor(seat), What::JobTimesOut(seat));
                agenda.start(name, window, owner, [None; 2], what);
            }
            let mut desk = Desk::new(agenda, &mut self.events);
            self.queue.reserve(&stage, job, &mut desk);
            self.faults.on_attempt(&stage, job, seat, &mut desk);
        }
        let mut desk = Desk::new(agenda, &mut self.events);
        self.queue.offer(&stage, stage.scenario.queue.poll, &mut desk);
        Fired::Wakes(seat, Told::Job(job))
    }

    /// Ends an actor, or notes how it ends if it is paused. A worker has nothing to do after that.
    pub(super) fn end(&mut self, agenda: &mut Agenda, seat: Seat, ending: Ending) {
        let place = &mut self.places[seat.0];
        if place.pauses > 0 {
            place.ends = Some(ending);
            return;
        }
        let Some(job) = place.job.take() else {
            self.unfinished -= 1;
            self.forget_intents(agenda, seat);
            let by = agenda.actor(seat);
            self.record(agenda, Some(by), Happened::Ended(ending));
            self.close_faults(agenda);
            return;
        };
        if self.stage.unfolds {
            // It is over, so nothing can come between it and its end any more.
            agenda.cancel(|what| {
                matches!(what, What::JobTimesOut(of) | What::Faults(Chance::StrikesAt(_, of))
                    if *of == seat)
                    || matches!(what, What::Queue(Supply::Redeliver(of)) if *of == job)
            });
        }
        let mut desk = Desk::new(agenda, &mut self.events);
        if self.queue.end(&self.stage, job, ending, &mut self.locks, &mut desk) {
            self.unfinished -= 1;
        }
        self.close_faults(agenda);
        self.queue.rest(seat);
        let mut desk = Desk::new(agenda, &mut self.events);
        self.queue.offer(&self.stage, self.stage.scenario.network.local, &mut desk);
    }

    /// Forgets the intents of an actor that has ended, because it asks for nothing any more.
    fn forget_intents(&mut self, agenda: &mut Agenda, seat: Seat) {
        let place = &mut self.places[seat.0];
        if place.intents.is_empty() && !place.is_muted {
            return;
        }
        place.intents.clear();
        agenda.cancel(
            |what| matches!(what, What::IntentOver(of, ..) | What::Unmute(of) if *of == seat),
        );
    }

    /// Closes all faults once every actor has ended, because nothing is left that a fault could
    /// strike.
    fn close_faults(&mut self, agenda: &mut Agenda) {
        if self.unfinished > 0 || self.stage.scenario.faults.is_empty() {
            return;
        }
        // A copy of a job that another copy has settled may still be at work, or come back.
        let is_at_work = self.places.iter().any(|place| place.job.is_some());
        let comes_back = self.queue.waiting().chain(self.queue.lost()).next().is_some();
        if !is_at_work && !comes_back {
            self.faults.close(&mut Desk::new(agenda, &mut self.events));
        }
    }

    /// Makes a fault strike the process on this seat.
    pub(super) fn strike_process(
        &mut self,
        agenda: &mut Agenda,
        clause: usize,
        seat: Seat,
        call: Call,
    ) -> Fired<Told> {
        let by = agenda.actor(seat);
        self.faults.tell(clause, None, by, &mut Desk::new(agenda, &mut self.events));
        let FaultKind::Attempt(_, _, what) = self.stage.scenario.faults[clause].kind else {
            unreachable!("invariant: only this strikes a process")
        };
        match what {
            AttemptFault::Pause(time) => {
                self.places[seat.0].pauses += 1;
                if self.places[seat.0].pauses == 1 {
                    self.record(agenda, Some(by), Happened::Paused);
                }
                let name = call.at(Moment::Heals).part(clause as u16 + 1);
                agenda.start(name, time, Owner::Service, [None; 2], What::Resume(seat));
                Fired::Nobody
            }
            AttemptFault::Crash => self.kill(agenda, seat, Death::Crash),
        }
    }

    /// Ends an attempt that has lasted too long. Its worker kills itself. A paused worker does so
    /// when it continues, because the alarm is a signal to itself (D, laravel/framework
    /// `Worker::registerTimeoutHandler`).
    pub(super) fn time_out(&mut self, agenda: &mut Agenda, seat: Seat) -> Fired<Told> {
        let place = &mut self.places[seat.0];
        if place.pauses > 0 {
            place.dies = Some(Death::Timeout);
            return Fired::Nobody;
        }
        self.kill(agenda, seat, Death::Timeout)
    }

    /// Kills the process on this seat. What it has sent stays on its way, and its locks stay.
    fn kill(&mut self, agenda: &mut Agenda, seat: Seat, death: Death) -> Fired<Told> {
        let stage = self.stage.clone();
        let Some(job) = self.places[seat.0].job.take() else { return Fired::Nobody };
        // A worker that ends itself knows whether the job would be tried again. A dead one does not
        // know (D, laravel/framework `Worker::markJobAsFailedIfWillExceedMaxAttempts`).
        let last = death == Death::Timeout && job.attempt >= job.rules(&stage).tries;
        let by = agenda.actor(seat);
        agenda.kill(seat);
        agenda.cancel(|what| {
            matches!(what, What::Resume(of) | What::Faults(Chance::StrikesAt(_, of))
                if *of == seat)
                || matches!(what, What::Queue(Supply::Redeliver(of)) if last && *of == job)
        });
        self.places[seat.0] = Place { is_dead: true, ..Place::default() };
        self.link.forget(seat);
        self.record(agenda, Some(by), Happened::Killed { death, last });
        if last {
            let mut desk = Desk::new(agenda, &mut self.events);
            if self.queue.settle(&stage, job, &mut self.locks, &mut desk) {
                self.unfinished -= 1;
            }
            self.close_faults(agenda);
        } else {
            self.queue.lose(job);
        }
        let (name, window) = (job.life(&stage).at(Moment::Restarts), stage.scenario.queue.restart);
        agenda.start(name, window, Owner::Service, [None; 2], What::Restart(seat));
        Fired::Restarts(seat)
    }

    /// Resumes a paused process with what arrived for it meanwhile.
    pub(super) fn resume(&mut self, agenda: &mut Agenda, seat: Seat, by: Actor) -> Fired<Told> {
        let place = &mut self.places[seat.0];
        place.pauses -= 1;
        if place.pauses > 0 {
            return Fired::Nobody;
        }
        let (kept, ends, dies) = (place.kept.take(), place.ends.take(), place.dies.take());
        self.record(agenda, Some(by), Happened::Resumed);
        if let Some(death) = dies {
            return self.kill(agenda, seat, death);
        }
        if let Some(ending) = ends {
            self.end(agenda, seat, ending);
        }
        kept.map_or(Fired::Nobody, |told| Fired::Wakes(seat, told))
    }

    /// Returns whether the actor that made this call is no longer there to go on.
    pub(super) fn is_gone(&self, agenda: &Agenda, seat: Seat, call: Call, told: &Told) -> bool {
        self.stage.is_mortal
            && !matches!(told, Told::Job(_))
            && (self.places[seat.0].is_dead || agenda.who(seat) != call.who)
    }
}
