//! What actors ask of services, and what they are told.

use std::hash::{Hash, Hasher};

use deadheat_model::api::{ApiError, Request, Response};
use deadheat_model::history::{Answer as Recorded, Label};
use deadheat_model::id::{DocumentId, KindId, LockName, MessageId, RunId, SameKey, ThreadId};
use deadheat_model::run::Run;

use super::locks::Token;
use super::queue::Delivery;
use crate::agenda::{Keys, Span, Window};
use crate::name::{self, Touched};
use crate::scenario::{LockPlace, Overwrite};

/// A request on its way, with what the history will record about it.
#[derive(Clone, Debug, Hash)]
pub struct Message {
    /// What is asked of the server.
    pub request: Request,
    /// The question that it puts to the assistant, if it does.
    pub asks: Option<Label>,
    /// The document that its sender works on.
    pub document: Option<DocumentId>,
    /// How its sender asks again until the answer changes, if it does.
    pub poll: Option<Poll>,
}

/// How an actor polls: until the answer changes, or until one of these deadlines has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Poll {
    /// The time between a reply and the next look.
    pub pause: Window,
    /// The deadlines that end it, as one bit per depth.
    pub deadlines: u32,
}

/// A query to the documents table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// Read a row.
    Load(DocumentId),
    /// Write the thread's column.
    SaveThread(DocumentId, ThreadId, Overwrite),
    /// Write the answer's column.
    SaveReply(DocumentId, Option<u16>, Option<RunId>),
}

/// What an actor asks for when it asks for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockAsk {
    /// Which lock.
    pub lock: LockName,
    /// How long it is held at most, or none if it does not expire.
    pub ttl: Option<Span>,
    /// Where it is kept.
    pub place: LockPlace,
    /// How the actor asks again while the lock is busy, if it does.
    pub poll: Option<Poll>,
}

impl LockAsk {
    /// Returns what an actor asks for when it asks once.
    pub fn once(lock: LockName, ttl: Option<Span>, place: LockPlace) -> LockAsk {
        LockAsk { lock, ttl, place, poll: None }
    }
}

/// A job that an actor wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The kind of job.
    pub kind: KindId,
    /// The document that it is about.
    pub document: DocumentId,
    /// The section, if it is about one.
    pub section: Option<u16>,
    /// The key of what it is to produce, if it has one.
    pub same: Option<SameKey>,
}

/// What an actor is told when its occurrence fires.
#[derive(Clone, Debug, Hash)]
pub enum Told {
    /// Go on.
    Go,
    /// The server's answer.
    Answer(Answer),
    /// There is no answer.
    Lost,
    /// The thread that a row names now.
    Row(Option<ThreadId>),
    /// The lock is taken, or another actor holds it.
    Lock(Option<Token>),
    /// A job to do.
    Job(Delivery),
}

/// There is no reply, and the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lost;

/// The server's answer, as far as an actor reads it.
pub type Answer = Result<Read, ApiError>;

/// What an actor reads of a response. It cannot look at anything else, so a search need not know
/// anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Read {
    /// A thread.
    Thread(ThreadId),
    /// A message that was added.
    Message(MessageId),
    /// A run, as it was at that moment.
    Run(Run),
    /// The first active run of a list.
    Runs(Option<RunId>),
    /// The first message of a list, and the run that wrote it.
    Messages(Option<(MessageId, Option<RunId>)>),
}

impl Read {
    /// Hashes what can matter. Nobody asks which message was added.
    pub(crate) fn digest<H: Hasher>(&self, hasher: &mut H) {
        match self {
            Read::Message(_) => 0_u8.hash(hasher),
            Read::Thread(_) | Read::Run(_) | Read::Runs(_) | Read::Messages(_) => {
                (1_u8, self).hash(hasher);
            }
        }
    }

    /// Returns the run that an actor knows when it has read this.
    pub(crate) fn run(&self) -> Option<RunId> {
        match self {
            Read::Run(run) => Some(run.id),
            Read::Runs(active) => *active,
            Read::Thread(_) | Read::Message(_) | Read::Messages(_) => None,
        }
    }

    /// Returns the answer as the history records it.
    pub(super) fn recorded(&self) -> Recorded {
        match *self {
            Read::Thread(thread) => Recorded::Thread(thread),
            Read::Message(message) => Recorded::Message(message),
            Read::Run(run) => Recorded::Run(run.id, run.status),
            Read::Runs(active) => Recorded::Runs(active),
            Read::Messages(first) => Recorded::Messages(first.map(|(message, _)| message)),
        }
    }
}

impl From<Response> for Read {
    fn from(response: Response) -> Read {
        match response {
            Response::Thread(thread) => Read::Thread(thread),
            Response::Message(message) => Read::Message(message.id),
            Response::Run(run) => Read::Run(run),
            Response::Runs(list) => {
                let active = list.data.iter().find(|run| run.status.is_active());
                Read::Runs(active.map(|run| run.id))
            }
            Response::Messages(list) => {
                Read::Messages(list.data.first().map(|message| (message.id, message.run)))
            }
        }
    }
}

/// Returns what an occurrence touches that concerns a thread and a document.
#[inline]
pub fn keys(thread: Option<ThreadId>, document: Option<DocumentId>) -> Keys {
    name::keys([thread.map(Touched::Thread), document.map(Touched::Document)])
}
