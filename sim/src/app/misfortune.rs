//! Misfortune: what faults do to processes and to all actors, and when they can do it.

use deadheat_model::history::{Death, Freed, Operation, What as Happened};
use deadheat_model::id::Actor;

use super::queue::Order;
use super::world::{Agenda, Reply, What, Word, World};
use crate::agenda::{Call, Fired, Name, Owner, Seat, Window};
use crate::name::Moment;
use crate::scenario::{AttemptFault, FaultKind, WorldFault};

impl World {
    /// Puts on the agenda when faults can strike, and the faults that strike all actors.
    pub(super) fn start_faults(&mut self, agenda: &mut Agenda) {
        self.outages = 0;
        if self.stage.scenario.faults.is_empty() {
            return;
        }
        let stage = self.stage.clone();
        let mut open = 0;
        for (clause, fault) in stage.scenario.faults.iter().enumerate() {
            let actor = Actor::Fault(clause as u16);
            let call = stage.call_of(actor, Operation::Life);
            let mut start = |moment, window, what| {
                agenda.start(call.at(moment), window, Owner::Service, [None; 2], what);
            };
            if fault.at.is_some() {
                open |= 1 << clause;
            } else if matches!(fault.kind, FaultKind::World(_)) {
                start(Moment::Strikes, fault.during, What::Strike(clause));
            } else {
                let (from, to) = (fault.during.earliest, fault.during.latest);
                if from.as_us() == 0 {
                    open |= 1 << clause;
                } else {
                    start(Moment::Starts, Window::exactly(from), What::Open(clause, true));
                }
                start(Moment::Ends, Window::exactly(to), What::Open(clause, false));
            }
        }
        self.faults.start(open);
    }

    /// Closes all faults once every actor has ended, because nothing is left that a fault could
    /// strike.
    pub(super) fn close_faults(&mut self, agenda: &mut Agenda) {
        if self.unfinished > 0 || self.stage.scenario.faults.is_empty() {
            return;
        }
        // A copy of a job that another copy has settled may still be at work, or come back.
        let is_at_work = self.places.iter().any(|place| place.order.is_some());
        let comes_back = self.queue.waiting().chain(self.queue.lost()).next().is_some();
        if !is_at_work && !comes_back {
            self.faults.close();
            agenda.cancel(|what| matches!(what, What::Open(..) | What::Strike(_)));
        }
    }

    /// Notes that a fault has struck.
    pub(super) fn fault(
        &mut self,
        agenda: &Agenda,
        clause: usize,
        call: Option<Call>,
        victim: Actor,
    ) {
        self.faults.fired(clause);
        let call = call.map(|call| (call.operation(), call.nth));
        let by = (!matches!(victim, Actor::Fault(_))).then_some(victim);
        self.record(agenda, by, Happened::Fault { clause: clause as u16, call });
    }

    /// Lets a fault strike all actors, if it does strike.
    pub(super) fn strike(&mut self, agenda: &mut Agenda, clause: usize, name: Name) {
        let stage = self.stage.clone();
        let fault = &stage.scenario.faults[clause];
        let FaultKind::World(what) = fault.kind else {
            unreachable!("invariant: only this is struck at a time of its own")
        };
        let fate = name.call.at(Moment::Plan);
        if self.faults.strikes(clause, fault, fate, agenda) {
            self.fault(agenda, clause, None, name.call.actor());
            self.befall_everybody(agenda, clause, what, name.call);
        }
    }

    fn befall_everybody(
        &mut self,
        agenda: &mut Agenda,
        clause: usize,
        what: WorldFault,
        call: Call,
    ) {
        match what {
            WorldFault::Outage(time) => {
                self.outages += 1;
                let name = call.at(Moment::Heals);
                agenda.start(name, time, Owner::Service, [None; 2], What::Heal(clause));
            }
            WorldFault::Failover => {
                for (lock, token) in self.locks.lose() {
                    let (holder, why) = (token.actor, Freed::Lost);
                    self.record(agenda, None, Happened::LockFreed { lock, holder, why });
                    agenda.cancel(|what| match what {
                        What::LockExpires(of, by) => (*of, *by) == (lock, token),
                        _ => false,
                    });
                }
            }
        }
    }

    /// Puts on the agenda what may happen to the process of an attempt that has begun.
    pub(super) fn arm(&mut self, agenda: &mut Agenda, seat: Seat, order: Order) {
        let stage = self.stage.clone();
        let of_attempts = |kind| match kind {
            FaultKind::Attempt(kind, after, _) => Some((kind, after)),
            FaultKind::Call(..) | FaultKind::Run(_) | FaultKind::World(_) => None,
        };
        for (clause, fault, (kind, after)) in stage.faults(of_attempts) {
            if kind != order.job.kind || fault.at.is_some() || !self.faults.is_open(clause) {
                continue;
            }
            let life = self.life(order);
            if self.faults.strikes(clause, fault, life.at(Moment::Plan), agenda) {
                let name = life.at(Moment::Strikes).part(clause as u16 + 1);
                let what = What::StrikeAt(clause, seat);
                agenda.start(name, after, Owner::Service, [None; 2], what);
            }
        }
    }

    /// Removes from the agenda what could have come between an attempt and its end, because it is
    /// over.
    pub(super) fn disarm(&mut self, agenda: &mut Agenda, seat: Seat, order: Order) {
        if self.stage.unfolds {
            agenda.cancel(|what| match what {
                What::JobTimesOut(of) | What::StrikeAt(_, of) => *of == seat,
                What::Redeliver(of) => *of == order,
                _ => false,
            });
        }
    }

    /// Makes a fault strike the process on this seat.
    pub(super) fn strike_at(
        &mut self,
        agenda: &mut Agenda,
        clause: usize,
        seat: Seat,
        call: Call,
    ) -> Fired<Word> {
        let by = agenda.actor(seat);
        self.fault(agenda, clause, None, by);
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

    /// Applies the fault that is to strike right after this call has reached its service, if any.
    pub(super) fn victim_of(&mut self, agenda: &mut Agenda, seat: Seat, call: Call) -> Fired<Word> {
        let stage = self.stage.clone();
        let scripted = stage.scripted.iter().find(|(_, at)| *at == call.key());
        let Some((clause, _)) = scripted else { return Fired::Nobody };
        let fault = &stage.scenario.faults[*clause];
        let is_there = self.places[seat.0].order.is_some() && agenda.who(seat) == call.who;
        let mut strikes = || self.faults.strikes(*clause, fault, call.at(Moment::Strikes), agenda);
        match fault.kind {
            FaultKind::Attempt(..) if is_there && strikes() => {
                return self.strike_at(agenda, *clause, seat, call);
            }
            FaultKind::World(what) if strikes() => {
                self.fault(agenda, *clause, Some(call), call.actor());
                self.befall_everybody(agenda, *clause, what, call);
            }
            FaultKind::Attempt(..)
            | FaultKind::World(_)
            | FaultKind::Call(..)
            | FaultKind::Run(_) => {}
        }
        Fired::Nobody
    }

    /// Does the same for a call whose actor is about to be woken.
    pub(super) fn struck_at(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        name: Name,
    ) -> Option<Fired<Reply>> {
        if self.stage.scripted.is_empty() || name.moment() != Moment::Arrives {
            return None;
        }
        match self.victim_of(agenda, seat, name.call) {
            Fired::Restarts(seat) => Some(Fired::Restarts(seat)),
            Fired::Nobody | Fired::Wakes(..) => None,
        }
    }

    /// Ends an attempt that has lasted too long. Its worker kills itself. A paused worker does so
    /// when it continues, because the alarm is a signal to itself (D, laravel/framework
    /// `Worker::registerTimeoutHandler`).
    pub(super) fn time_out(&mut self, agenda: &mut Agenda, seat: Seat) -> Fired<Word> {
        let place = &mut self.places[seat.0];
        if place.pauses > 0 {
            place.dies = Some(Death::Timeout);
            return Fired::Nobody;
        }
        self.kill(agenda, seat, Death::Timeout)
    }

    /// Kills the process on this seat. What it has sent stays on its way, and its locks stay.
    pub(super) fn kill(&mut self, agenda: &mut Agenda, seat: Seat, death: Death) -> Fired<Word> {
        let Some(order) = self.places[seat.0].order.take() else { return Fired::Nobody };
        let by = agenda.actor(seat);
        let tries = super::delivery::rules(&self.stage.scenario, order).tries;
        // A worker that ends itself knows whether the job would be tried again. A dead one does not
        // know (D, laravel/framework `Worker::markJobAsFailedIfWillExceedMaxAttempts`).
        let last = death == Death::Timeout && order.attempt >= tries;
        agenda.kill(seat);
        agenda.cancel(|what| match what {
            What::StrikeAt(_, of) | What::Resume(of) => *of == seat,
            What::Redeliver(of) => last && *of == order,
            _ => false,
        });
        let place = &mut self.places[seat.0];
        *place = super::world::Place { is_dead: true, ..Default::default() };
        self.record(agenda, Some(by), Happened::Killed { death, last });
        if last {
            self.settle(agenda, order);
            self.close_faults(agenda);
        } else {
            self.queue.lose(order);
        }
        let (name, window) =
            (self.life(order).at(Moment::Restarts), self.stage.scenario.queue.restart);
        agenda.start(name, window, Owner::Service, [None; 2], What::Restart(seat));
        Fired::Restarts(seat)
    }

    /// Resumes a paused process with what arrived for it meanwhile.
    pub(super) fn resume(&mut self, agenda: &mut Agenda, seat: Seat, by: Actor) -> Fired<Word> {
        let place = &mut self.places[seat.0];
        place.pauses -= 1;
        if place.pauses > 0 {
            return Fired::Nobody;
        }
        let (kept, ends) = (place.kept.take(), place.ends.take());
        let dies = place.dies.take();
        self.record(agenda, Some(by), Happened::Resumed);
        if let Some(death) = dies {
            return self.kill(agenda, seat, death);
        }
        if let Some(ending) = ends {
            self.end(agenda, seat, ending);
        }
        match kept {
            Some(word) => Fired::Wakes(seat, word),
            None => Fired::Nobody,
        }
    }
}
