//! How properties break.

use serde::{Deserialize, Serialize};

/// The ways in which properties break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Why {
    /// A run was created while another one was active.
    SecondRun,
    /// A message was accepted while a run was active.
    MessageDuringRun,
    /// The active-run rule refused a call.
    Refused,
    /// The last attempt at a job failed.
    JobFailed,
    /// A job never ended.
    JobLost,
    /// A job was dropped, and never done.
    JobDropped,
    /// Nothing answers a request.
    Unanswered,
    /// A second run was paid for to answer one request.
    PaidTwice,
    /// A run answered another actor's message.
    AnswersOthers,
    /// A run had no message of its creator to answer.
    AnswersNothing,
    /// A job saved another actor's answer.
    SavedOthers,
    /// A message is in a thread that the document's row does not name.
    OrphanThread,
    /// A run could not see an earlier answer.
    ContextLost,
    /// A job added the same message again.
    MessageTwice,
    /// Two holders were in a lock's block at the same time.
    LockShared,
    /// A lock is held, but no actor is left that could release it.
    LockLeft,
    /// An actor waits forever.
    Stuck,
    /// The trial took too long to settle.
    Late,
}

impl Why {
    /// Returns its word, as cases spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Why::SecondRun => "second-run",
            Why::MessageDuringRun => "message-during-run",
            Why::Refused => "refused",
            Why::JobFailed => "job-failed",
            Why::JobLost => "job-lost",
            Why::JobDropped => "job-dropped",
            Why::Unanswered => "unanswered",
            Why::PaidTwice => "paid-twice",
            Why::AnswersOthers => "answers-others",
            Why::AnswersNothing => "answers-nothing",
            Why::SavedOthers => "saved-others",
            Why::OrphanThread => "orphan-thread",
            Why::ContextLost => "context-lost",
            Why::MessageTwice => "message-twice",
            Why::LockShared => "lock-shared",
            Why::LockLeft => "lock-left",
            Why::Stuck => "stuck",
            Why::Late => "late",
        }
    }
}
