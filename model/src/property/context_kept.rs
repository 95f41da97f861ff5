//! `context-kept`: the thread of a new run contains the answer of every run of the same document
//! that completed before its creation.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::digest::{Digester, hash_set};
use crate::history::{Cast, Operation, What};
use crate::id::{DocumentId, Id, RunId, ThreadId};
use crate::run::RunStatus;

/// The first run that completed in each thread of each document.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct ContextKept {
    answers: Vec<(DocumentId, ThreadId, RunId)>,
}

impl ContextKept {
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(self.answers.iter().map(|(document, thread, _)| (document, thread)), hasher);
    }
}

impl Property for ContextKept {
    fn start(&mut self, _: &Cast) {
        self.answers.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        if let What::RunMoved { run, status: RunStatus::Completed, .. } = step.event.what {
            let facts = &step.ledger.runs[run.index()];
            let Some(document) = facts.document else { return };
            let mut known = self.answers.iter();
            if !known.any(|(of, in_, _)| (*of, *in_) == (document, facts.thread)) {
                self.answers.push((document, facts.thread, run));
            }
        } else if let What::RunCreated { thread, document: Some(document), .. } = step.event.what {
            let mut answers = self.answers.iter();
            let unseen = answers.find(|(of, in_, _)| *of == document && *in_ != thread);
            if let Some((_, _, earlier)) = unseen {
                let witness = step.witness(Operation::CreateRun);
                let facts = &step.ledger.runs[earlier.index()];
                let other = Witness { event: facts.event, by: Some(facts.by), ..witness };
                let id = PropertyId::ContextKept;
                found.push(step.violation(id, Why::ContextLost, witness).against(other));
            }
        }
    }
}
