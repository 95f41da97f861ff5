//! Newtypes for everything that has a number.
//!
//! The server numbers its objects from 1, in the order in which it creates them. Numbers are never
//! used to name an occurrence or to draw anything, because they change with the order.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// A thread, which is a conversation that the server keeps. Shown as `thread_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ThreadId(NonZeroU32);

/// A message in a thread, from the user or the assistant. Shown as `msg_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MessageId(NonZeroU32);

/// A run, in which the server works on a thread. Shown as `run_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunId(NonZeroU32);

/// An assistant, which is a model with its instructions. Shown as `asst_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AssistantId(NonZeroU32);

/// A tool call that a run wants answered. It is numbered within its run and shown as `call_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ToolCallId(NonZeroU32);

/// The numbering that all ids share. `number` counts from 1, `index` from 0.
pub trait Id: Copy + Ord {
    /// Returns the id of the object at `index` in the order of creation.
    fn at(index: usize) -> Self;

    /// Returns the object's place in the order of creation, counted from 0.
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

/// A handle to a message's text. The server keeps and returns it but never reads it. The caller
/// decides what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TextId(pub u32);

/// A document of the application, by its place in the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DocumentId(pub u16);

/// A kind of job, such as `generate`, by its place in the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KindId(pub u16);

/// A dispatched job. `generate#2` is the second job of its kind to be dispatched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Job {
    /// What it does.
    pub kind: KindId,
    /// Its number among the jobs of its kind, from 1, in the order of dispatch.
    pub number: u32,
}

/// Something that acts. A queue worker is not an actor, because it acts in the name of the job that
/// it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Actor {
    /// A user, by its place in the cast.
    User(u16),
    /// A process of its own, by its place in the cast.
    Process(u16),
    /// An attempt at a job, numbered from 1, such as `generate#2.1`.
    Attempt(Job, u16),
    /// A fault, by its place in the cast. It occurs in the names of occurrences but performs no
    /// event.
    Fault(u16),
}

/// Written as an [`Identity`].
impl Hash for Job {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u128(Identity::Job(*self).word());
    }
}

/// Written as an [`Identity`], and an attempt with its number.
impl Hash for Actor {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match *self {
            Actor::User(place) => hasher.write_u128(Identity::User(place).word()),
            Actor::Process(place) => hasher.write_u128(Identity::Process(place).word()),
            Actor::Attempt(job, attempt) => (job, attempt).hash(hasher),
            Actor::Fault(place) => (u8::MAX, place).hash(hasher),
        }
    }
}

impl Actor {
    /// Returns the job that this actor is an attempt at.
    pub fn job(self) -> Option<Job> {
        match self {
            Actor::Attempt(job, _) => Some(job),
            Actor::User(_) | Actor::Process(_) | Actor::Fault(_) => None,
        }
    }
}

/// A lock's name as its author wrote it, with the values for its braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LockName {
    /// Its place in the cast.
    pub text: u16,
    /// The value of `{thread}`.
    pub thread: Option<ThreadId>,
    /// The value of `{document}`.
    pub document: Option<DocumentId>,
    /// The value of `{section}`.
    pub section: Option<u16>,
}

/// The key of a request as its author wrote it, with the values for its braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SameKey {
    /// The key as it is written.
    pub text: TextId,
    /// The value of `{thread}`.
    pub thread: Option<ThreadId>,
    /// The value of `{document}`.
    pub document: Option<DocumentId>,
    /// The value of `{section}`.
    pub section: Option<u16>,
    /// The value of `{iteration}`.
    pub iteration: Option<u32>,
}

impl SameKey {
    /// Returns a key without braces.
    pub const fn of(text: TextId) -> SameKey {
        SameKey { text, thread: None, document: None, section: None, iteration: None }
    }
}

/// Something that may be known by another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A user, by its place in the cast.
    User(u16),
    /// A process, by its place in the cast.
    Process(u16),
    /// A job.
    Job(Job),
    /// The place of a task, by its number.
    Seat(u32),
}

impl Identity {
    /// Returns the word that stands for this identity in a hash.
    pub const fn word(self) -> u128 {
        match self {
            Identity::User(place) => 1 << 64 | place as u128,
            Identity::Process(place) => 2 << 64 | place as u128,
            Identity::Job(job) => 3 << 64 | (job.kind.0 as u128) << 32 | job.number as u128,
            Identity::Seat(place) => 4 << 64 | place as u128,
        }
    }

    /// Returns the identity for which this word stands.
    pub const fn of(word: u128) -> Option<Identity> {
        let place = word as u32;
        match word >> 64 {
            1 => Some(Identity::User(place as u16)),
            2 => Some(Identity::Process(place as u16)),
            3 => {
                let kind = KindId((word >> 32) as u16);
                Some(Identity::Job(Job { kind, number: place }))
            }
            4 => Some(Identity::Seat(place)),
            _ => None,
        }
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
