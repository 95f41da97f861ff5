//! `every-request-answered`: each request has a completed run, created after its message, that
//! answers it. A request whose message was refused, or never sent, has none.

use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, End, What};

/// Needs no state: the ledger knows the requests.
#[derive(Debug, Default, Hash)]
pub(super) struct EveryRequestAnswered;

impl Property for EveryRequestAnswered {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::End(End::Settled | End::Stuck) = step.event.what else { return };
        for (_, facts) in step.ledger.requests.iter().filter(|(_, facts)| !facts.answered) {
            let (event, operation, by) = (facts.event, facts.operation, facts.by);
            let witness = Witness { event, operation, by };
            found.push(step.violation(PropertyId::EveryRequestAnswered, Why::Unanswered, witness));
        }
    }
}
