//! `right-answer`: the client messages that a completed run answers are exactly those of the job
//! that created it. They are the messages after the last earlier completed run and before its
//! creation. An answer that a job saved is its own run's answer.

use super::ledger::{MessageFacts, works_for_the_same};
use super::{Property, PropertyId, Step, Violation, Why, Witness};
use crate::history::{Cast, Operation, What};
use crate::id::{Id, RunId};
use crate::run::RunStatus;

/// Needs no state: the ledger knows what each run is to answer.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct RightAnswer;

impl Property for RightAnswer {
    fn start(&mut self, _: &Cast) {}

    fn step(&mut self, step: &Step<'_>, found: &mut Vec<Violation>) {
        if let What::RunMoved { run, status: RunStatus::Completed, .. } = step.event.what {
            found.extend(wrong_window(step, run));
        } else if let What::ReplySaved { run, .. } = step.event.what {
            found.extend(wrong_reply(step, run));
        }
    }
}

fn wrong_window(step: &Step<'_>, run: RunId) -> Option<Violation> {
    let creator = &step.ledger.runs[run.index()];
    let operation = Operation::CreateRun;
    let witness = Witness { event: creator.event, operation, by: Some(creator.by) };
    let id = PropertyId::RightAnswer;
    // A message that asks for nothing cannot be answered wrongly.
    let mut questions = step.ledger.window(run).filter(|message| message.request.is_some());
    let others = questions.clone().find(|message| !works_for_the_same(message.by, creator.by));
    if let Some(message) = others {
        let operation = Operation::AddMessage;
        let other = Witness { event: message.event, operation, by: Some(message.by) };
        return Some(step.violation(id, Why::AnswersOthers, witness).against(other));
    }
    let has_nothing = questions.next().is_none();
    let mut messages = step.ledger.messages().iter();
    let wrote = |message: &MessageFacts| {
        message.request.is_some() && works_for_the_same(message.by, creator.by)
    };
    (has_nothing && messages.any(wrote)).then(|| step.violation(id, Why::AnswersNothing, witness))
}

fn wrong_reply(step: &Step<'_>, run: Option<RunId>) -> Option<Violation> {
    let saver = step.event.by?;
    let witness = step.witness(Operation::SaveReply);
    let violation = step.violation(PropertyId::RightAnswer, Why::SavedOthers, witness);
    let Some(run) = run else { return Some(violation) };
    let creator = &step.ledger.runs[run.index()];
    let operation = Operation::CreateRun;
    let other = Witness { event: creator.event, operation, by: Some(creator.by) };
    (!works_for_the_same(saver, creator.by)).then(|| violation.against(other))
}
