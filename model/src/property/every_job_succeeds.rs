//! `every-job-succeeds`: each dispatched job has an end that is *done*, and no attempt is its final
//! failure.

use super::{Property, PropertyId, Reason, Step, Violation, Why, Witness};
use crate::history::{Answer, Cast, Cause, End, Ending, Operation, What};
use crate::id::Actor;

/// The last refused call of each actor that is at work. A failure is blamed on it.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct EveryJobSucceeds {
    refused: Vec<(Actor, Witness)>,
}

impl Property for EveryJobSucceeds {
    fn start(&mut self, _: &Cast) {
        self.refused.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let id = PropertyId::EveryJobSucceeds;
        match (&step.event.what, step.event.by) {
            (What::Answered { operation, answer: Answer::Refused(_), .. }, Some(by))
                if by.job().is_some() =>
            {
                self.refused.retain(|(actor, _)| *actor != by);
                self.refused.push((by, step.witness(*operation)));
            }
            (What::Ended(Ending::Failed { cause, last: true }), Some(by)) if by.job().is_some() => {
                let refusal = self.refused.iter().find(|(actor, _)| *actor == by);
                let witness = match (cause, refusal) {
                    (Cause::Refused | Cause::Rejected, Some((_, witness))) => *witness,
                    _ => step.witness(Operation::Life),
                };
                let violation = step.violation(id, Why::JobFailed, witness);
                found.push(violation.since(Reason::of(*cause)));
            }
            (What::Ended(Ending::Exhausted), Some(_)) => {
                let violation = step.violation(id, Why::JobFailed, step.witness(Operation::Life));
                found.push(violation.since(Reason::Exhausted));
            }
            (What::Killed { last: true, death }, Some(_)) => {
                let violation = step.violation(id, Why::JobFailed, step.witness(Operation::Life));
                found.push(violation.since(Reason::of_death(*death)));
            }
            (What::End(End::Settled | End::Stuck), _) => {
                for job in step.ledger.jobs.iter().filter(|job| !job.done && !job.failed) {
                    let operation = Operation::Dispatch;
                    let witness = Witness { event: job.event, operation, by: job.by };
                    let why = if job.dropped { Why::JobDropped } else { Why::JobLost };
                    let mut violation = step.violation(id, why, witness);
                    violation.reason = job.stopped;
                    found.push(violation);
                }
            }
            _ => {}
        }
    }
}
