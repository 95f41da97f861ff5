//! `all-settled`: the trial settles within `settle` after the faults stop. Every job has ended
//! then, no run is active, no actor waits, and no lock is left behind.

use std::hash::{Hash, Hasher};

use super::{Property, PropertyId, Reason, Step, Violation, Why, Witness};
use crate::digest::{Digester, hash_set};
use crate::history::{Cast, End, EventIndex, Operation, What};
use crate::id::{Actor, Id, LockName};
use crate::time::Time;

/// The deadline, the last event that settled something, and the locks that are held.
#[derive(Clone, Debug, Default)]
pub(super) struct AllSettled {
    deadline: Time,
    last: Option<(Time, Witness)>,
    held: Vec<(LockName, Actor, EventIndex)>,
}

/// Hashes the state without the times. A search knows no times, and decides only what is left in
/// the end.
impl Hash for AllSettled {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.held.hash(hasher);
    }
}

impl AllSettled {
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(self.held.iter().map(|(lock, by, _)| (lock, by)), hasher);
    }
}

impl Property for AllSettled {
    fn start(&mut self, cast: &Cast) {
        self.deadline = cast.heals_at + cast.settle;
        self.last = None;
        self.held.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let id = PropertyId::AllSettled;
        match step.event.what {
            What::LockTaken { lock } => {
                let by = step.event.by.expect("invariant: somebody takes a lock");
                self.held.push((lock, by, EventIndex(step.index)));
            }
            What::LockLeft { lock, freed: Some(holder), .. }
            | What::LockFreed { lock, holder, .. } => {
                if let Some(place) =
                    self.held.iter().position(|(of, by, _)| (*of, *by) == (lock, holder))
                {
                    let (_, by, event) = self.held.remove(place);
                    let witness = Witness { event, operation: Operation::Lock, by: Some(by) };
                    self.last = Some((step.event.at, witness));
                }
            }
            What::Ended(_) => {
                self.last = Some((step.event.at, step.witness(Operation::Life)));
            }
            What::RunMoved { run, status, .. } if !status.is_active() => {
                let facts = &step.ledger.runs[run.index()];
                let operation = Operation::CreateRun;
                let witness = Witness { event: facts.event, operation, by: Some(facts.by) };
                self.last = Some((step.event.at, witness));
            }
            What::End(End::Stuck) => {
                self.left_locks(step, found);
                let mut stuck = step.violation(id, Why::Stuck, step.witness(Operation::Life));
                stuck.reason = (!self.held.is_empty()).then_some(Reason::LockBusy);
                found.push(stuck);
            }
            What::End(End::OutOfBudget) if step.event.at > self.deadline => {
                found.push(step.violation(id, Why::Late, step.witness(Operation::Life)));
            }
            What::End(End::Settled) => {
                self.left_locks(step, found);
                if let Some((_, witness)) = self.last.filter(|(at, _)| *at > self.deadline) {
                    found.push(step.violation(id, Why::Late, witness));
                }
            }
            What::Clicked { .. }
            | What::Dispatched { .. }
            | What::Started { .. }
            | What::Answered { .. }
            | What::Message { .. }
            | What::RunCreated { .. }
            | What::RunMoved { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Ignored { .. }
            | What::Skipped { .. }
            | What::Fault { .. }
            | What::IntentOver { .. } => {}
        }
    }
}

impl AllSettled {
    fn left_locks(&self, step: &Step<'_>, found: &mut Vec<Violation>) {
        for (_, by, event) in &self.held {
            let witness = Witness { event: *event, operation: Operation::Lock, by: Some(*by) };
            let mut left = step.violation(PropertyId::AllSettled, Why::LockLeft, witness);
            left.reason = step.ledger.stopped_by(*by);
            found.push(left);
        }
    }
}
