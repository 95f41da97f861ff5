//! `no-duplicate-message`: per job and request at most one message is accepted, over all attempts
//! and retries. A process asks for the same in an iteration only once, too.

use super::{Property, PropertyId, Request, Step, Violation, Why, Witness};
use crate::history::{Cast, EventIndex, Operation, What};
use crate::id::{Actor, Job};

/// The first message of each job for each request.
#[derive(Debug, Default, Hash)]
pub(super) struct NoDuplicateMessage {
    first: Vec<(Option<Job>, Request, EventIndex, Actor)>,
}

impl Property for NoDuplicateMessage {
    fn start(&mut self, _: &Cast) {
        self.first.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::Message { .. } = step.event.what else { return };
        let Some(message) = step.ledger.messages().last() else { return };
        let (Some(request), by) = (message.request, message.by) else { return };
        let job = by.job();
        let known = self.first.iter().rev().find(|(of, asks, ..)| (*of, *asks) == (job, request));
        let Some((_, _, event, earlier)) = known else {
            self.first.push((job, request, EventIndex(step.index), by));
            return;
        };
        let witness = step.witness(Operation::AddMessage);
        let other = Witness { event: *event, by: Some(*earlier), ..witness };
        let id = PropertyId::NoDuplicateMessage;
        found.push(step.violation(id, Why::MessageTwice, witness).against(other));
    }
}
