//! Runs: their statuses, and the legal changes between them as data.

use std::fmt;

use serde::Serialize;

use crate::id::{AssistantId, RunId, ThreadId};

/// A run, as a client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The thread that it works on.
    pub thread: ThreadId,
    /// The assistant that works.
    pub assistant: AssistantId,
    /// Its status at that moment.
    pub status: RunStatus,
    /// How many tool calls it waits for while it requires action. They are `call_1` to `call_n`.
    pub calls: u8,
}

/// A run's status (D, openai-openapi `RunObject.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Accepted, but not started yet.
    Queued,
    /// At work.
    InProgress,
    /// Waits for the outputs of tool calls.
    RequiresAction,
    /// Asked to stop, but not stopped yet.
    Cancelling,
    /// Stopped on request.
    Cancelled,
    /// Ended with an error.
    Failed,
    /// Ended with an answer.
    Completed,
    /// Ended by a token limit, with part of an answer.
    Incomplete,
    /// Ended because it took too long.
    Expired,
}

impl RunStatus {
    /// Every status, in the order of the specification.
    pub const ALL: [RunStatus; 9] = [
        RunStatus::Queued,
        RunStatus::InProgress,
        RunStatus::RequiresAction,
        RunStatus::Cancelling,
        RunStatus::Cancelled,
        RunStatus::Failed,
        RunStatus::Completed,
        RunStatus::Incomplete,
        RunStatus::Expired,
    ];

    /// Returns whether a run of this status locks its thread (D, "Assistants deep dive": a thread
    /// is locked while a run is `in_progress` and not in a terminal state).
    pub const fn is_active(self) -> bool {
        matches!(
            self,
            RunStatus::Queued
                | RunStatus::InProgress
                | RunStatus::RequiresAction
                | RunStatus::Cancelling
        )
    }

    /// Returns the status as the API spells it.
    pub const fn name(self) -> &'static str {
        match self {
            RunStatus::Queued => "queued",
            RunStatus::InProgress => "in_progress",
            RunStatus::RequiresAction => "requires_action",
            RunStatus::Cancelling => "cancelling",
            RunStatus::Cancelled => "cancelled",
            RunStatus::Failed => "failed",
            RunStatus::Completed => "completed",
            RunStatus::Incomplete => "incomplete",
            RunStatus::Expired => "expired",
        }
    }

    /// Returns whether `next` may follow this status.
    pub fn may_become(self, next: RunStatus) -> bool {
        TRANSITIONS.contains(&(self, next))
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Every legal change of a run's status. The documentation shows these changes as a picture. This
/// table was put together from its prose, the stream events and recorded traffic (I for the edges
/// out of `queued` and `cancelling`). A cancel may lose to a completion (D, "attempted, not
/// guaranteed"). A run that goes on despite its cancel can also expire.
pub const TRANSITIONS: &[(RunStatus, RunStatus)] = &[
    (RunStatus::Queued, RunStatus::InProgress),
    (RunStatus::Queued, RunStatus::Cancelling),
    (RunStatus::Queued, RunStatus::Expired),
    (RunStatus::Queued, RunStatus::Failed),
    (RunStatus::InProgress, RunStatus::RequiresAction),
    (RunStatus::InProgress, RunStatus::Cancelling),
    (RunStatus::InProgress, RunStatus::Completed),
    (RunStatus::InProgress, RunStatus::Failed),
    (RunStatus::InProgress, RunStatus::Incomplete),
    (RunStatus::InProgress, RunStatus::Expired),
    (RunStatus::RequiresAction, RunStatus::Queued),
    (RunStatus::RequiresAction, RunStatus::Cancelling),
    (RunStatus::RequiresAction, RunStatus::Cancelled),
    (RunStatus::RequiresAction, RunStatus::Expired),
    (RunStatus::Cancelling, RunStatus::Cancelled),
    (RunStatus::Cancelling, RunStatus::Completed),
    (RunStatus::Cancelling, RunStatus::Failed),
    (RunStatus::Cancelling, RunStatus::Expired),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_may_change_is_active_and_no_other() {
        for status in RunStatus::ALL {
            let changes = TRANSITIONS.iter().any(|(from, _)| *from == status);
            assert_eq!(changes, status.is_active(), "{status}");
        }
    }

    #[test]
    fn every_status_but_the_first_can_be_reached() {
        for status in &RunStatus::ALL[1..] {
            assert!(TRANSITIONS.iter().any(|(_, to)| to == status), "{status}");
        }
    }
}
