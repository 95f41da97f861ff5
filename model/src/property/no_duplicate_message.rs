//! `no-duplicate-message`: per request at most one message is accepted, whatever job, attempt or
//! retry adds it.

use super::{Property, PropertyId, Request, Step, Violation, Why, Witness};
use crate::history::{Cast, EventIndex, Operation, What};
use crate::id::Actor;

/// The first message for each request.
#[derive(Debug, Default, Hash)]
pub(super) struct NoDuplicateMessage {
    first: Vec<(Request, EventIndex, Actor)>,
}

impl Property for NoDuplicateMessage {
    fn start(&mut self, _: &Cast) {
        self.first.clear();
    }

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::Message { .. } = step.event.what else { return };
        let Some(message) = step.ledger.messages().last() else { return };
        let (Some(request), by) = (message.request, message.by) else { return };
        let known = self.first.iter().rev().find(|(of, ..)| *of == request);
        let Some((_, event, earlier)) = known else {
            self.first.push((request, EventIndex(step.index), by));
            return;
        };
        let witness = step.witness(Operation::AddMessage);
        let other = Witness { event: *event, by: Some(*earlier), ..witness };
        let id = PropertyId::NoDuplicateMessage;
        found.push(step.violation(id, Why::MessageTwice, witness).against(other));
    }
}
