//! `no-rejected-call`: the active-run rule refused no call. This is a count rather than a promise,
//! because a guard that retries breaks it by design.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Answer, Cast, Operation, What};
use crate::id::Id;

/// Needs no state: the ledger knows which actor created the active run.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct NoRejectedCall;

impl Property for NoRejectedCall {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::Answered { operation, answer: Answer::Refused(error), .. } = &step.event.what
        else {
            return;
        };
        let Some(run) = error.active_run() else { return };
        let active = &step.ledger.runs[run.index()];
        let other =
            Witness { event: active.event, operation: Operation::CreateRun, by: Some(active.by) };
        let witness = step.witness(*operation);
        let id = PropertyId::NoRejectedCall;
        let violation = step.violation(id, Why::Refused, witness).against(other);
        found.push(violation.since(step.ledger.activity(step.cast, run, step.event.by)));
    }
}
