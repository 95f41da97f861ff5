//! Threads, which have messages in order and at most one active run.

use serde::Serialize;

use crate::id::{MessageId, RunId, TextId, ThreadId};

/// The side in whose name a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user. A client added the message.
    User,
    /// The assistant. A run wrote the message, or a client added it in the assistant's name.
    Assistant,
}

/// A message, as a client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thread that contains it.
    pub thread: ThreadId,
    /// The side in whose name it is written.
    pub role: Role,
    /// What it says; none if a run wrote it.
    pub text: Option<TextId>,
    /// The run that wrote it.
    pub run: Option<RunId>,
    /// Whether its writer finished it (D, spec: message status `incomplete`).
    pub whole: bool,
}

/// What the server knows about a thread: its contents, oldest first, and the runs that work on it.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Thread {
    pub(crate) messages: Vec<MessageId>,
    pub(crate) runs: Vec<RunId>,
    pub(crate) active: Option<RunId>,
    pub(crate) has_user_message: bool,
}

impl Thread {
    /// Empties the thread but keeps its allocated memory.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.runs.clear();
        self.active = None;
        self.has_user_message = false;
    }
}
