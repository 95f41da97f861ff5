//! `every-request-answered`: each request has a completed run, created after its message, that
//! answers it. A request whose message was refused, or never sent, has none.

use super::{Property, PropertyId, RequestFacts, Step, Violation, Why, Witness};
use crate::history::{Cast, End, What};

/// Needs no state: the ledger knows the requests.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct EveryRequestAnswered;

impl Property for EveryRequestAnswered {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        let What::End(End::Settled | End::Stuck) = step.event.what else { return };
        let is_open = |facts: &&RequestFacts| !facts.answered && !facts.is_optional;
        for facts in step.ledger.requests.iter().filter(is_open) {
            let (event, operation, by) = (facts.event, facts.operation, facts.by);
            let witness = Witness { event, operation, by };
            let id = PropertyId::EveryRequestAnswered;
            let violation = step.violation(id, Why::Unanswered, witness);
            found.push(violation.since(facts.obstacle()));
        }
    }
}
