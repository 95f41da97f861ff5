//! Marks, which say what a trial reached, good or bad. They are a fold like the properties.

use super::Step;
use super::asking::Before;
use crate::history::{Answer, End, Ending, Mark, What};
use crate::id::{Actor, Id, RunId};

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    reached: u32,
    finished: u32,
}

impl Marks {
    /// Returns whether the trial reached this mark.
    pub const fn has(self, mark: Mark) -> bool {
        self.reached & (1 << mark as u32) != 0
    }

    const fn add(&mut self, mark: Mark) {
        self.reached |= 1 << mark as u32;
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        match &step.event.what {
            What::Marked(mark) => self.add(*mark),
            What::Clicked { kind, document, same: None } => {
                match step.ledger.requests.clicked_before(
                    step.index,
                    step.event.by,
                    *kind,
                    *document,
                ) {
                    Some(Before::SameIntent) => self.add(Mark::ClicksJoined),
                    Some(Before::OtherIntent) => self.add(Mark::ClicksApart),
                    None => {}
                }
            }
            What::Ignored { .. } => self.add(Mark::DispatchIgnored),
            What::Skipped { .. } => self.add(Mark::LockSkipped),
            What::Started { .. } => {
                if matches!(step.event.by, Some(Actor::Attempt(_, 2..))) {
                    self.add(Mark::TriedAgain);
                }
            }
            What::Ended(Ending::Done) => {
                let is_job = step.event.by.and_then(Actor::job).is_some();
                self.finished += u32::from(!is_job);
            }
            What::Answered { answer: Answer::Refused(error), .. } => {
                self.met(step, error.active_run());
            }
            What::Answered { answer: Answer::Runs(Some(run)), .. } => {
                self.add(Mark::Waited);
                self.met(step, Some(*run));
            }
            What::Message { .. } | What::RunCreated { .. } if step.ledger.is_shared() => {
                self.add(Mark::ThreadShared);
            }
            What::End(end) => {
                let everybody = step.cast.users.len() + step.cast.processes.len();
                if *end != End::OutOfBudget && self.finished as usize == everybody {
                    self.add(Mark::EverybodyFinished);
                }
            }
            What::Clicked { .. }
            | What::Dispatched { .. }
            | What::Ended(_)
            | What::Answered { .. }
            | What::Message { .. }
            | What::RunCreated { .. }
            | What::RunMoved { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::LockTaken { .. }
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Fault { .. }
            | What::IntentOver { .. } => {}
        }
    }

    fn met(&mut self, step: &Step<'_>, active: Option<RunId>) {
        let Some(run) = active else { return };
        if Some(step.ledger.runs[run.index()].by) != step.event.by {
            self.add(Mark::Contended);
        }
    }
}
