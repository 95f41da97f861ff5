//! `no-duplicate-work`: per request at most one run spent tokens, however it ended.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, Operation, What};
use crate::id::{Id, RunId};

/// Needs no state: the ledger knows which run was first to be paid for.
#[derive(Debug, Default, Hash)]
pub(super) struct NoDuplicateWork;

impl Property for NoDuplicateWork {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::RunMoved { run, status, spent: true } = step.event.what else { return };
        if status.is_active() {
            return;
        }
        let requests = step.ledger.window(run).filter_map(|message| message.request);
        let first = requests
            .filter_map(|request| step.ledger.facts(request).paid_for)
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
