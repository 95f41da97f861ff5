//! Threads: messages in order, and at most one active run.

use serde::Serialize;

use crate::id::{MessageId, RunId, TextId, ThreadId};

/// In whose name a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user's, added by a client.
    User,
    /// The assistant's: written by a run, or added by a client in its name.
    Assistant,
}

/// A message, as a client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thread that it stands in.
    pub thread: ThreadId,
    /// In whose name.
    pub role: Role,
    /// What it says; none where a run wrote it.
    pub text: Option<TextId>,
    /// The run that wrote it.
    pub run: Option<RunId>,
    /// Whether its writer finished it (D, spec: message status `incomplete`).
    pub whole: bool,
}

/// What the server knows of a thread: what stands in it, oldest first, and what works on it.
#[derive(Debug, Default, Hash)]
pub(crate) struct Thread {
    pub(crate) messages: Vec<MessageId>,
    pub(crate) runs: Vec<RunId>,
    pub(crate) active: Option<RunId>,
    pub(crate) has_user_message: bool,
}

impl Thread {
    /// Empties the thread and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.runs.clear();
        self.active = None;
        self.has_user_message = false;
    }
}
