//! Who and what: newtypes for everything that has a number.
//!
//! The server numbers its objects from 1, in the order in which it makes them. Numbers are never
//! used to name an occurrence or to draw anything, since they change with the order.

use std::fmt;
use std::num::NonZeroU32;

use serde::Serialize;

/// A thread: a conversation that the server keeps. `thread_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ThreadId(NonZeroU32);

/// A message in a thread, the user's or the assistant's. `msg_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MessageId(NonZeroU32);

/// A run: the server working on a thread. `run_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunId(NonZeroU32);

/// An assistant: a model with its instructions. `asst_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AssistantId(NonZeroU32);

/// A tool call that a run wants answered; numbered within its run. `call_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ToolCallId(NonZeroU32);

/// Numbering that the ids share: `number` counts from 1, `index` from 0.
pub trait Id: Copy + Ord {
    /// The id of the object at `index` in the order of creation.
    fn at(index: usize) -> Self;

    /// Where the object stands in the order of creation, from 0.
    fn index(self) -> usize;
}

fn number(index: usize) -> NonZeroU32 {
    let number =
        u32::try_from(index + 1).expect("invariant: a trial makes fewer than 2^32 objects");
    NonZeroU32::new(number).expect("invariant: index + 1 is not zero")
}

fn index(number: NonZeroU32) -> usize {
    number.get() as usize - 1
}

impl Id for ThreadId {
    fn at(index: usize) -> Self {
        ThreadId(number(index))
    }

    fn index(self) -> usize {
        index(self.0)
    }
}

impl Id for MessageId {
    fn at(index: usize) -> Self {
        MessageId(number(index))
    }

    fn index(self) -> usize {
        index(self.0)
    }
}

impl Id for RunId {
    fn at(index: usize) -> Self {
        RunId(number(index))
    }

    fn index(self) -> usize {
        index(self.0)
    }
}

impl Id for AssistantId {
    fn at(index: usize) -> Self {
        AssistantId(number(index))
    }

    fn index(self) -> usize {
        index(self.0)
    }
}

impl Id for ToolCallId {
    fn at(index: usize) -> Self {
        ToolCallId(number(index))
    }

    fn index(self) -> usize {
        index(self.0)
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread_{}", self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run_{}", self.0)
    }
}

impl fmt::Display for AssistantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asst_{}", self.0)
    }
}

impl fmt::Display for ToolCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call_{}", self.0)
    }
}

/// A message's text: a handle that the server keeps and returns and never reads. What it stands for
/// is the caller's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TextId(pub u32);

/// A document of the application: its place in the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DocumentId(pub u16);

/// A kind of job, such as `generate`: its place in the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KindId(pub u16);

/// A dispatched job: `generate#2` is the second of its kind to be dispatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Job {
    /// What it does.
    pub kind: KindId,
    /// Which one of its kind, from 1, in the order of dispatch.
    pub number: u32,
}

/// Somebody who acts. A queue worker is none: it acts in the name of the job that it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Actor {
    /// A user: its place in the cast.
    User(u16),
    /// A process of its own: its place in the cast.
    Process(u16),
    /// An attempt at a job, from 1: `generate#2.1`.
    Attempt(Job, u16),
    /// A fault, by its place in the cast. It names occurrences; no event is its doing.
    Fault(u16),
}

impl Actor {
    /// The job at which this actor is an attempt.
    pub fn job(self) -> Option<Job> {
        match self {
            Actor::Attempt(job, _) => Some(job),
            Actor::User(_) | Actor::Process(_) | Actor::Fault(_) => None,
        }
    }
}

/// A lock: what its author calls it, with what stood in the braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LockName {
    /// Its place in the cast.
    pub text: u16,
    /// For `{thread}`.
    pub thread: Option<ThreadId>,
    /// For `{document}`.
    pub document: Option<DocumentId>,
    /// For `{section}`.
    pub section: Option<u16>,
}

/// What somebody asked for, as an author calls it, with what stood in the braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SameKey {
    /// As it is written.
    pub text: TextId,
    /// For `{thread}`.
    pub thread: Option<ThreadId>,
    /// For `{document}`.
    pub document: Option<DocumentId>,
    /// For `{section}`.
    pub section: Option<u16>,
    /// For `{iteration}`.
    pub iteration: Option<u32>,
}

impl SameKey {
    /// A key in which no braces stand.
    pub const fn of(text: TextId) -> SameKey {
        SameKey { text, thread: None, document: None, section: None, iteration: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbered_from_one() {
        assert_eq!(ThreadId::at(0).to_string(), "thread_1");
        assert_eq!(RunId::at(1).to_string(), "run_2");
        assert_eq!(RunId::at(1).index(), 1);
    }
}
