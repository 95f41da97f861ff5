//! Actions: what an actor does, line by line. They are checked and resolved.

use deadheat_model::history::{Cause, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::time::{Span, Window};

use super::choice::{Asking, Busy, LockPlace, Release, ReplyPick, Sees, Then};

/// One line of a scenario: something that an actor does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `load_document`.
    LoadDocument,
    /// `create_thread`.
    CreateThread,
    /// `save_thread`.
    SaveThread(Overwrite),
    /// `add_message`.
    AddMessage(NewMessage),
    /// `wait_idle`.
    WaitIdle(Wait),
    /// `safe_add_message`: a wait, then a message. What it checked may have changed by the time it
    /// acts.
    SafeAddMessage(NewMessage, Wait),
    /// `create_run`.
    CreateRun,
    /// `await_run`.
    AwaitRun {
        /// The maximum time that it waits.
        bound: Option<Span>,
        /// The time between two polls.
        poll: Window,
    },
    /// `cancel_run`.
    CancelRun,
    /// `cancel_active`.
    CancelActive,
    /// `submit_outputs`.
    SubmitOutputs,
    /// `read_reply`.
    ReadReply(ReplyPick),
    /// `save_reply`.
    SaveReply,
    /// `lock`.
    Lock {
        /// The lock, and how it is taken.
        lock: Lock,
        /// What is done while it is held.
        list: Vec<Action>,
    },
    /// `retry`.
    Retry {
        /// What is tried.
        list: Vec<Action>,
        /// The causes on which it tries again.
        on: Causes,
        /// The maximum number of further tries.
        times: u32,
        /// The time before each further try.
        wait: Window,
    },
    /// `try`.
    Try {
        /// What is tried.
        list: Vec<Action>,
        /// What is caught.
        on: Causes,
        /// What is done when something was caught.
        otherwise: Vec<Action>,
    },
    /// `if`.
    If {
        /// The local that is checked.
        local: Local,
        /// Whether the local has to be set or unset.
        is_set: bool,
        /// What is done if so.
        list: Vec<Action>,
        /// What is done otherwise.
        otherwise: Vec<Action>,
    },
    /// `repeat`.
    Repeat {
        /// What is repeated.
        list: Vec<Action>,
        /// When it stops.
        until: Until,
        /// The time between two iterations.
        pause: Window,
    },
    /// `for_each_section`.
    ForEachSection {
        /// What is done for each section.
        list: Vec<Action>,
        /// The time between two sections.
        pause: Window,
    },
    /// `click`.
    Click {
        /// The kind of job that the click dispatches.
        job: KindId,
        /// The document that it is about.
        document: DocumentId,
        /// The key of what it asks for.
        same: Option<SameText>,
    },
    /// `dispatch`.
    Dispatch {
        /// The kind of job.
        job: KindId,
        /// The document. If none is named, the actor's own.
        document: Option<DocumentId>,
        /// The key of what it asks for.
        same: Option<SameText>,
    },
    /// `sleep`.
    Sleep(Window),
    /// `stop`.
    Stop,
    /// `fail`.
    Fail,
}

impl Action {
    /// Returns the lists within this action.
    pub fn lists(&self) -> Vec<&[Action]> {
        match self {
            Action::Lock { list, .. }
            | Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => vec![list],
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                vec![list, otherwise]
            }
            Action::LoadDocument
            | Action::CreateThread
            | Action::SaveThread(_)
            | Action::AddMessage(_)
            | Action::WaitIdle(_)
            | Action::SafeAddMessage(..)
            | Action::CreateRun
            | Action::AwaitRun { .. }
            | Action::CancelRun
            | Action::CancelActive
            | Action::SubmitOutputs
            | Action::ReadReply(_)
            | Action::SaveReply
            | Action::Click { .. }
            | Action::Dispatch { .. }
            | Action::Sleep(_)
            | Action::Stop
            | Action::Fail => Vec::new(),
        }
    }

    /// Returns the lists within this action, so that they can be rewritten.
    pub(crate) fn lists_mut(&mut self) -> Vec<&mut Vec<Action>> {
        match self {
            Action::Lock { list, .. }
            | Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => vec![list],
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                vec![list, otherwise]
            }
            Action::LoadDocument
            | Action::CreateThread
            | Action::SaveThread(_)
            | Action::AddMessage(_)
            | Action::WaitIdle(_)
            | Action::SafeAddMessage(..)
            | Action::CreateRun
            | Action::AwaitRun { .. }
            | Action::CancelRun
            | Action::CancelActive
            | Action::SubmitOutputs
            | Action::ReadReply(_)
            | Action::SaveReply
            | Action::Click { .. }
            | Action::Dispatch { .. }
            | Action::Sleep(_)
            | Action::Stop
            | Action::Fail => Vec::new(),
        }
    }

    /// Returns the kind of job that it puts on the queue.
    pub(super) fn job(&self) -> Option<KindId> {
        let (Action::Click { job, .. } | Action::Dispatch { job, .. }) = self else { return None };
        Some(*job)
    }

    /// Returns the document that it names.
    pub(super) fn document(&self) -> Option<DocumentId> {
        let (Action::Click { document, .. } | Action::Dispatch { document: Some(document), .. }) =
            self
        else {
            return None;
        };
        Some(*document)
    }

    /// Returns its verb as scenario files spell it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Action::LoadDocument => "load_document",
            Action::CreateThread => "create_thread",
            Action::SaveThread(_) => "save_thread",
            Action::AddMessage(_) => "add_message",
            Action::WaitIdle(_) => "wait_idle",
            Action::SafeAddMessage(..) => "safe_add_message",
            Action::CreateRun => "create_run",
            Action::AwaitRun { .. } => "await_run",
            Action::CancelRun => "cancel_run",
            Action::CancelActive => "cancel_active",
            Action::SubmitOutputs => "submit_outputs",
            Action::ReadReply(_) => "read_reply",
            Action::SaveReply => "save_reply",
            Action::Lock { .. } => "lock",
            Action::Retry { .. } => "retry",
            Action::Try { .. } => "try",
            Action::If { .. } => "if",
            Action::Repeat { .. } => "repeat",
            Action::ForEachSection { .. } => "for_each_section",
            Action::Click { .. } => "click",
            Action::Dispatch { .. } => "dispatch",
            Action::Sleep(_) => "sleep",
            Action::Stop => "stop",
            Action::Fail => "fail",
        }
    }
}

/// Whether `save_thread` overwrites a thread that the row already names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overwrite {
    /// The last writer wins.
    Always,
    /// Compare and set: the loser takes the thread that the row names.
    IfEmpty,
}

/// A message to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewMessage {
    /// What it says.
    pub text: TextId,
    /// Whether it asks for an answer.
    pub asks: Asking,
    /// The key of what it asks for.
    pub same: Option<SameText>,
    /// The number of the question among its actor's questions, from 0. The same text is the same
    /// question.
    pub nth: u16,
}

/// A wait for a thread without an active run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// The maximum time that it waits.
    pub bound: Option<Span>,
    /// The time between two polls.
    pub poll: Window,
    /// Which of the thread's runs it looks at.
    pub sees: Sees,
    /// What happens when it reaches the bound.
    pub then: Then,
}

/// A lock around a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Its name.
    pub key: LockKey,
    /// The maximum time that it is held. If `None`, it is held forever.
    pub ttl: Option<Span>,
    /// What happens when another actor holds it.
    pub busy: Busy,
    /// The maximum time that an actor waits for it.
    pub bound: Option<Span>,
    /// The time between two tries.
    pub poll: Window,
    /// Which owner's lock the release frees.
    pub release: Release,
    /// Where it is kept.
    pub place: LockPlace,
}

/// A lock's name, with the locals that it contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockKey {
    /// Its text.
    pub text: TextId,
    /// Whether it contains `{thread}`.
    pub by_thread: bool,
    /// Whether it contains `{document}`.
    pub by_document: bool,
    /// Whether it contains `{section}`.
    pub by_section: bool,
}

/// How long something is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// This many times.
    Times(u32),
    /// No new iteration starts after this time. The current one still ends.
    During(Span),
}

/// Something that an actor remembers. It is unset until an action sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Local {
    /// The document that it works on.
    Document,
    /// The section that it works on.
    Section,
    /// The iteration that it is in.
    Iteration,
    /// The thread that it works in.
    Thread,
    /// The run that it created last.
    Run,
    /// The message that it wrote last.
    Message,
    /// The answer that it read last.
    Reply,
    /// The active run that caused its last refusal.
    RefusedBy,
}

impl Local {
    /// Every local.
    pub const ALL: [Local; 8] = [
        Local::Document,
        Local::Section,
        Local::Iteration,
        Local::Thread,
        Local::Run,
        Local::Message,
        Local::Reply,
        Local::RefusedBy,
    ];

    /// Returns its name as scenario files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Local::Document => "document",
            Local::Section => "section",
            Local::Iteration => "iteration",
            Local::Thread => "thread",
            Local::Run => "run",
            Local::Message => "message",
            Local::Reply => "reply",
            Local::RefusedBy => "refused_by",
        }
    }
}

/// A set of causes: an `on` list. It has one bit for each cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Causes(u16);

impl Causes {
    /// Every cause.
    pub const ANY: Causes = Causes((1 << Cause::ALL.len()) - 1);

    /// Returns the set with this cause added.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Causes {
        Causes(self.0 | 1 << cause as u16)
    }

    /// Returns whether the cause is in the set.
    pub const fn has(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }
}
