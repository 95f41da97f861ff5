//! Faults: which clauses of a scenario can strike at the moment, whether they do, and which have.
//!
//! A fault is a rule that one service applies: the link to a call, the server to a run, the locks
//! and the link to all actors. What it does to a process, the world does. Of the faults that can
//! strike a call, the first that strikes is applied. Of those that can strike a run, all are.

use std::hash::{Hash, Hasher};

use deadheat_model::history::{Operation, What as Happened};
use deadheat_model::id::Actor;
use deadheat_model::server::Plan;

use super::{Delivery, Desk, Holds};
use crate::agenda::{Call, Name, Owner, Seat, Window};
use crate::name::Moment;
use crate::scenario::{CallFault, Fault, FaultKind, RunFault, WorldFault};
use crate::stage::Stage;

/// A set of clauses, by their place in the scenario. Each clause is one bit.
pub type Clauses = u64;

/// What a clause does at a time of its own. Each has the clause's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chance {
    /// It can strike from now on.
    Opens(usize),
    /// It cannot strike any more.
    Closes(usize),
    /// It strikes all actors, if it does.
    Strikes(usize),
    /// It strikes the process on this seat.
    StrikesAt(usize, Seat),
}

/// The clauses of a trial.
#[derive(Clone, Debug, Default, Hash)]
pub struct Faults {
    open: Clauses,
    armed: Clauses,
    fired: Clauses,
}

impl Faults {
    /// Forgets the last trial, and puts on the agenda when faults can strike, and the faults that
    /// strike all actors.
    pub fn start<W: Holds<Chance>>(&mut self, stage: &Stage, desk: &mut Desk<'_, W>) {
        *self = Faults::default();
        for (clause, fault) in stage.scenario.faults.iter().enumerate() {
            let call = stage.call_of(Actor::Fault(clause as u16), Operation::Life);
            let mut start = |moment, window, chance| {
                desk.start(call.at(moment), window, Owner::Service, [None; 2], chance);
            };
            if fault.at.is_some() {
                self.open |= 1 << clause;
            } else if matches!(fault.kind, FaultKind::World(_)) {
                start(Moment::Strikes, fault.during, Chance::Strikes(clause));
            } else {
                let (from, to) = (fault.during.earliest, fault.during.latest);
                if from.as_us() == 0 {
                    self.open |= 1 << clause;
                } else {
                    start(Moment::Starts, Window::exactly(from), Chance::Opens(clause));
                }
                start(Moment::Ends, Window::exactly(to), Chance::Closes(clause));
            }
        }
    }

    /// Makes a clause able to strike, or unable to.
    pub fn set_open(&mut self, clause: usize, is_open: bool) {
        let bit = 1 << clause;
        self.open = if is_open { self.open | bit } else { self.open & !bit };
    }

    /// Makes all clauses unable to strike from now on, because nothing is left to be struck.
    pub fn close<W: Holds<Chance>>(&mut self, desk: &mut Desk<'_, W>) {
        self.open = 0;
        desk.cancel(|chance| match chance {
            Chance::Opens(_) | Chance::Closes(_) | Chance::Strikes(_) => true,
            Chance::StrikesAt(..) => false,
        });
    }

    /// Returns the first of the faults that strikes this call, if one does.
    pub fn on_call<W>(
        &mut self,
        stage: &Stage,
        call: Call,
        desk: &mut Desk<'_, W>,
    ) -> Option<CallFault> {
        let of_calls = |kind| match kind {
            FaultKind::Call(operation, what) => Some((operation, what)),
            FaultKind::Run(_) | FaultKind::Attempt(..) | FaultKind::World(_) => None,
        };
        for (clause, fault, (operation, what)) in stage.faults(of_calls) {
            let can = operation.is_none_or(|operation| operation == call.operation())
                && self.is_open(clause)
                && stage.is_at(clause, call);
            if can && self.strikes(clause, fault, call.at(Moment::Strikes), desk) {
                self.tell(clause, Some(call), call.actor(), desk);
                return Some(what);
            }
        }
        None
    }

    /// Changes what a run will do that this call sets to work. Returns the clauses that struck, for
    /// [`Faults::tell_all`].
    pub fn on_run<W>(
        &mut self,
        stage: &Stage,
        call: Call,
        plan: &mut Plan,
        desk: &mut Desk<'_, W>,
    ) -> Clauses {
        let mut struck = 0;
        let of_runs = |kind| match kind {
            FaultKind::Run(what) => Some(what),
            FaultKind::Call(..) | FaultKind::Attempt(..) | FaultKind::World(_) => None,
        };
        for (clause, fault, what) in stage.faults(of_runs) {
            let can = self.is_open(clause) && stage.is_at(clause, call);
            if can && self.strikes(clause, fault, call.at(Moment::Plan), desk) {
                struck |= 1 << clause;
                match what {
                    RunFault::Ends(outcome) => plan.outcome = outcome,
                    RunFault::Lag(lag) => plan.lag = Some(lag),
                    RunFault::CancelLoses => plan.outruns_cancel = true,
                }
            }
        }
        struck
    }

    /// Puts on the agenda what may happen to the process of an attempt that has begun.
    pub fn on_attempt<W: Holds<Chance>>(
        &mut self,
        stage: &Stage,
        delivery: Delivery,
        seat: Seat,
        desk: &mut Desk<'_, W>,
    ) {
        let of_attempts = |kind| match kind {
            FaultKind::Attempt(kind, after, _) => Some((kind, after)),
            FaultKind::Call(..) | FaultKind::Run(_) | FaultKind::World(_) => None,
        };
        for (clause, fault, (kind, after)) in stage.faults(of_attempts) {
            if kind != delivery.job.kind || fault.at.is_some() || !self.is_open(clause) {
                continue;
            }
            let life = delivery.life(stage);
            if self.strikes(clause, fault, life.at(Moment::Plan), desk) {
                let name = life.at(Moment::Strikes).part(clause as u16 + 1);
                let what = Chance::StrikesAt(clause, seat);
                desk.start(name, after, Owner::Service, [None; 2], what);
            }
        }
    }

    /// Returns the fault of this sort that is to strike right after this call, with its place, if
    /// it does strike.
    pub fn on_arrival<W, T>(
        &mut self,
        stage: &Stage,
        call: Call,
        of: impl Fn(FaultKind) -> Option<T>,
        desk: &mut Desk<'_, W>,
    ) -> Option<(usize, T)> {
        let (clause, _) = *stage.scripted.iter().find(|(_, at)| *at == call.key())?;
        let fault = &stage.scenario.faults[clause];
        let what = of(fault.kind)?;
        self.strikes(clause, fault, call.at(Moment::Strikes), desk).then_some((clause, what))
    }

    /// Returns what this clause does to all actors, if it does strike at its time.
    pub fn on_all<W>(
        &mut self,
        stage: &Stage,
        clause: usize,
        call: Call,
        desk: &mut Desk<'_, W>,
    ) -> Option<WorldFault> {
        let fault = &stage.scenario.faults[clause];
        let FaultKind::World(what) = fault.kind else {
            unreachable!("invariant: only this strikes at a time of its own")
        };
        let strikes = self.strikes(clause, fault, call.at(Moment::Plan), desk);
        if strikes {
            self.tell(clause, None, call.actor(), desk);
        }
        strikes.then_some(what)
    }

    /// Records that a fault has struck.
    pub fn tell<W>(
        &mut self,
        clause: usize,
        call: Option<Call>,
        victim: Actor,
        desk: &mut Desk<'_, W>,
    ) {
        self.fired |= 1 << clause;
        let call = call.map(|call| (call.operation(), call.nth));
        let by = (!matches!(victim, Actor::Fault(_))).then_some(victim);
        desk.tell(by, Happened::Fault { clause: clause as u16, call });
    }

    /// Records that these faults have struck a call.
    pub fn tell_all<W>(&mut self, mut struck: Clauses, call: Call, desk: &mut Desk<'_, W>) {
        while struck != 0 {
            let clause = struck.trailing_zeros() as usize;
            struck &= struck - 1;
            self.tell(clause, Some(call), call.actor(), desk);
        }
    }

    /// Returns the clauses that could have struck in this trial, and those that did.
    pub fn count(&self) -> (Clauses, Clauses) {
        (self.armed, self.fired)
    }

    /// Hashes what can still be read: which clauses can strike.
    pub fn digest<H: Hasher>(&self, hasher: &mut H) {
        self.open.hash(hasher);
    }

    fn is_open(&self, clause: usize) -> bool {
        self.open & (1 << clause) != 0
    }

    /// Returns whether the clause strikes now that it could. This is a fate, unless it is certain.
    fn strikes<W>(
        &mut self,
        clause: usize,
        fault: &Fault,
        name: Name,
        desk: &mut Desk<'_, W>,
    ) -> bool {
        self.armed |= 1 << clause;
        match fault.chance {
            0 => false,
            CERTAIN => true,
            chance => {
                let name = name.part(clause as u16 + 1);
                desk.fate(name, &[CERTAIN - chance, chance]) == 1
            }
        }
    }
}

/// A chance of one, in millionths.
const CERTAIN: u32 = 1_000_000;
