//! `one-thread-per-document`: every thread that got a message for a document is the one that the
//! document's row names at the end.

use std::hash::Hash as _;

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::digest::{Digester, hash_set};
use crate::history::{Cast, End, Operation, What};
use crate::id::{DocumentId, ThreadId};

/// Each document's row, and the first message in each of its threads.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct OneThreadPerDocument {
    rows: Vec<(Option<ThreadId>, Option<Witness>)>,
    threads: Vec<(DocumentId, ThreadId, Witness)>,
}

impl OneThreadPerDocument {
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        self.rows.iter().for_each(|(thread, _)| thread.hash(hasher));
        hash_set(self.threads.iter().map(|(document, thread, _)| (document, thread)), hasher);
    }
}

impl Property for OneThreadPerDocument {
    fn start(&mut self, cast: &Cast) {
        self.rows.clear();
        self.rows.extend(cast.documents.iter().map(|document| (document.thread, None)));
        self.threads.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        if let What::ThreadSaved { document, thread } = step.event.what {
            let witness = step.witness(Operation::SaveThread);
            self.rows[usize::from(document.0)] = (Some(thread), Some(witness));
        } else if let What::Message { document: Some(document), thread, .. } = step.event.what {
            let mut known = self.threads.iter();
            if !known.any(|(of, in_, _)| (*of, *in_) == (document, thread)) {
                let witness = step.witness(Operation::AddMessage);
                self.threads.push((document, thread, witness));
            }
        } else if let What::End(End::Settled | End::Stuck) = step.event.what {
            for (document, thread, witness) in &self.threads {
                let (named, saved) = self.rows[usize::from(document.0)];
                if named == Some(*thread) {
                    continue;
                }
                let id = PropertyId::OneThreadPerDocument;
                let violation = step.violation(id, Why::OrphanThread, *witness);
                found.push(match saved {
                    Some(saved) => violation.against(saved),
                    None => violation,
                });
            }
        }
    }
}
