//! What an actor is made of while it waits: its blocks, its call, and what it does with the answer.

use deadheat_model::api::Request;
use deadheat_model::history::{Label, Operation};
use deadheat_model::id::{LockName, RunId, ThreadId};

use super::super::what::Depth;
use crate::agenda::{Span, Window};
use crate::scenario::{Causes, Lock, NewMessage, Release, Until, Wait};
use crate::services::{Answer, LockAsk, Lost, Query, Token, Wanted};
use crate::stage::ListId;

/// A list that is being performed, with its progress and what happens at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    pub(super) list: ListId,
    /// The place of the action that comes next.
    pub(super) next: u32,
    pub(super) block: Block,
    /// Whether the actor has parked since the list began. It must park before the list starts
    /// again, so that the trial's budget bounds every loop.
    pub(super) has_parked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Block {
    /// Nothing more happens.
    Once,
    /// The list starts again.
    Repeat { iteration: u32, until: Until, pause: Window, deadline: Depth, outer: Option<u32> },
    /// The list starts again with the next section.
    Sections { last: u16, pause: Window, outer: Option<u16> },
    /// The block releases a lock.
    Locked(Held),
    /// The block catches what is thrown in it.
    Try { on: Causes, otherwise: ListId },
    /// The block catches what is thrown in it, and its list starts again.
    Retry { on: Causes, left: u32, wait: Window },
}

/// The call that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Out {
    pub(super) operation: Operation,
    /// What is sent. `None` if it was sent and is not going to be sent again.
    pub(super) sent: Option<Sent>,
    /// How often it has been retried.
    pub(super) tries: u32,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sent {
    Request(Request, Option<Label>),
    Query(Query),
    Lock(LockAsk),
    Unlock(Held),
    Click(Wanted),
    Dispatch(Wanted),
}

/// A lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) lock: LockName,
    pub(super) token: Token,
    pub(super) release: Release,
}

impl Out {
    /// Returns the run that it asks about, if it may be sent again.
    pub(super) fn run(&self) -> Option<RunId> {
        match &self.sent {
            Some(Sent::Request(request, _)) => request.run(),
            _ => None,
        }
    }
}

/// What a client knows when its call is over.
pub(super) type Outcome = Result<Answer, Lost>;

/// What an actor does with what it is told next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Doing {
    /// It goes on.
    Nothing,
    /// It remembers the thread, the message, the run or the reply.
    Thread,
    Message,
    Run,
    Reply,
    /// It waits until no run is active in the thread, and then adds the message, if there is one.
    Idle {
        thread: ThreadId,
        wait: Wait,
        message: Option<NewMessage>,
    },
    /// It waits until the run is over.
    Over {
        thread: ThreadId,
        run: RunId,
        bound: Option<Span>,
        poll: Window,
    },
    /// It cancels whatever run is active in the thread.
    Cancel(ThreadId),
    /// It goes on, even if there was nothing to cancel.
    Cancelled,
    /// It takes a lock, and performs the list while it holds it.
    Lock {
        lock: Lock,
        name: LockName,
        list: ListId,
        has_waited: bool,
    },
}

impl Doing {
    /// Returns the bound of the wait and the time between two looks.
    pub(super) fn polls(&self) -> Option<(Option<Span>, Window)> {
        match self {
            Doing::Idle { wait, .. } => Some((wait.bound, wait.poll)),
            Doing::Over { bound, poll, .. } => Some((*bound, *poll)),
            Doing::Lock { lock, .. } => Some((lock.bound, lock.poll)),
            Doing::Nothing
            | Doing::Thread
            | Doing::Message
            | Doing::Run
            | Doing::Reply
            | Doing::Cancel(_)
            | Doing::Cancelled => None,
        }
    }

    /// Returns what it does to look once.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Doing::Idle { .. } | Doing::Cancel(_) => Operation::ListRuns,
            Doing::Over { .. } => Operation::RetrieveRun,
            Doing::Lock { .. } => Operation::Lock,
            Doing::Nothing
            | Doing::Thread
            | Doing::Message
            | Doing::Run
            | Doing::Reply
            | Doing::Cancelled => unreachable!("invariant: {self:?} is no wait"),
        }
    }
}
