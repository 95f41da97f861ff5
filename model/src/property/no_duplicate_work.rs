//! `no-duplicate-work`: at most one of the runs that spent tokens for a request did not fail. A
//! retry after a run that failed, expired or was incomplete is not a duplicate. A cancelled run
//! does count, and so does a run whose creator has already been answered.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, Operation, What};
use crate::id::{Id, RunId};
use crate::run::RunStatus;

/// Needs no state: the ledger knows which run was paid for first.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct NoDuplicateWork;

impl Property for NoDuplicateWork {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::RunMoved { run, status, spent: true } = step.event.what else { return };
        // A run that fails answers nothing, so a retry is not a waste.
        if !matches!(status, RunStatus::Completed | RunStatus::Cancelled) {
            return;
        }
        let first = step
            .ledger
            .paid_for(run)
            .filter_map(|request| step.ledger.requests.facts(request).paid_for)
            .find(|first| *first != run);
        let creation = |run: RunId| {
            let facts = &step.ledger.runs[run.index()];
            Witness { event: facts.event, operation: Operation::CreateRun, by: Some(facts.by) }
        };
        if let Some(first) = first {
            let violation =
                step.violation(PropertyId::NoDuplicateWork, Why::PaidTwice, creation(run));
            found.push(violation.against(creation(first)));
        }
    }
}
