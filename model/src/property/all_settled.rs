//! `all-settled`: after the faults stop, within `settle`, every job has ended, no run is active,
//! and nobody waits.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, End, Operation, What};
use crate::id::Id;
use crate::time::Time;

/// The deadline, and the last event that brought something to rest.
#[derive(Debug, Default, Hash)]
pub(super) struct AllSettled {
    deadline: Time,
    last: Option<(Time, Witness)>,
}

impl Property for AllSettled {
    fn start(&mut self, cast: &Cast) {
        self.deadline = cast.heals_at + cast.settle;
        self.last = None;
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let id = PropertyId::AllSettled;
        match step.event.what {
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
                found.push(step.violation(id, Why::Stuck, step.witness(Operation::Life)));
            }
            What::End(End::OutOfBudget) if step.event.at > self.deadline => {
                found.push(step.violation(id, Why::Late, step.witness(Operation::Life)));
            }
            What::End(End::Settled) => {
                if let Some((_, witness)) = self.last.filter(|(at, _)| *at > self.deadline) {
                    found.push(step.violation(id, Why::Late, witness));
                }
            }
            _ => {}
        }
    }
}
