//! `one-active-run`: the spans from creation to end of the runs in a thread do not overlap, and no
//! client message was accepted inside one. This is the server's own promise, so its violation is a
//! bug in this project.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::digest::{Digester, hash_set};
use crate::history::{Cast, Operation, What};
use crate::id::{Id, RunId, ThreadId};

/// The active runs, each with its creation.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct OneActiveRun {
    active: Vec<(RunId, ThreadId, Witness)>,
}

impl OneActiveRun {
    fn busy(&self, thread: ThreadId) -> Option<Witness> {
        self.active.iter().find(|(_, locked, _)| *locked == thread).map(|(_, _, witness)| *witness)
    }
}

impl OneActiveRun {
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(self.active.iter().map(|(run, thread, _)| (run, thread)), hasher);
    }
}

impl Property for OneActiveRun {
    fn start(&mut self, _: &Cast) {
        self.active.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let id = PropertyId::OneActiveRun;
        if let What::RunCreated { run, thread, .. } = step.event.what {
            let witness = step.witness(Operation::CreateRun);
            if let Some(other) = self.busy(thread) {
                found.push(step.violation(id, Why::SecondRun, witness).against(other));
            }
            self.active.push((run, thread, witness));
        } else if let What::Message { thread, .. } = step.event.what {
            if let Some(other) = self.busy(thread) {
                let witness = step.witness(Operation::AddMessage);
                found.push(step.violation(id, Why::MessageDuringRun, witness).against(other));
            }
        } else if let What::RunMoved { run, status, .. } = step.event.what
            && !status.is_active()
        {
            debug_assert!(run.index() < step.ledger.runs.len());
            self.active.retain(|(active, _, _)| *active != run);
        }
    }
}
