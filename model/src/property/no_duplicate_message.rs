//! `no-duplicate-message`: at most one message per request is accepted, whatever job, attempt or
//! retry adds it.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, Operation, What};

/// Needs no state: the ledger knows the first message for each request.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct NoDuplicateMessage;

impl Property for NoDuplicateMessage {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::Message { .. } = step.event.what else { return };
        let Some(message) = step.ledger.messages().last() else { return };
        let Some((event, by)) = message.earlier else { return };
        let witness = step.witness(Operation::AddMessage);
        let other = Witness { event, by: Some(by), ..witness };
        let id = PropertyId::NoDuplicateMessage;
        found.push(step.violation(id, Why::MessageTwice, witness).against(other));
    }
}
