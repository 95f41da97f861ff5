//! Actions: what an actor does, line by line, checked and resolved.

use deadheat_model::history::{Cause, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::time::{Span, Window};

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
    /// `safe_add_message`: a wait, then a message. What is checked may have changed when it acts.
    SafeAddMessage(NewMessage, Wait),
    /// `create_run`.
    CreateRun,
    /// `await_run`.
    AwaitRun {
        /// How long at the most.
        bound: Option<Span>,
        /// Between two looks.
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
        /// Which lock, and how it is taken.
        lock: Lock,
        /// What is done while it is held.
        list: Vec<Action>,
    },
    /// `retry`.
    Retry {
        /// What is tried.
        list: Vec<Action>,
        /// What makes it try again.
        on: Causes,
        /// How often it is tried again at the most.
        times: u32,
        /// In front of each further try.
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
        /// Which local is looked at.
        local: Local,
        /// Whether it has to be set or unset.
        is_set: bool,
        /// What is done then.
        list: Vec<Action>,
        /// What is done otherwise.
        otherwise: Vec<Action>,
    },
    /// `repeat`.
    Repeat {
        /// What is repeated.
        list: Vec<Action>,
        /// Until when.
        until: Until,
        /// Between two iterations.
        pause: Window,
    },
    /// `for_each_section`.
    ForEachSection {
        /// What is done for each.
        list: Vec<Action>,
        /// Between two sections.
        pause: Window,
    },
    /// `click`.
    Click {
        /// The kind of job that the click dispatches.
        job: KindId,
        /// The document that it is about.
        document: DocumentId,
        /// What it asks for, by a key.
        same: Option<SameText>,
    },
    /// `dispatch`.
    Dispatch {
        /// The kind of job.
        job: KindId,
        /// The document; the actor's own if none is named.
        document: Option<DocumentId>,
        /// What it asks for, by a key.
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
    /// The lists within this action.
    pub fn lists(&self) -> Vec<&[Action]> {
        match self {
            Action::Lock { list, .. }
            | Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => vec![list],
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                vec![list, otherwise]
            }
            _ => Vec::new(),
        }
    }

    /// The lists within this action, to be rewritten.
    pub(super) fn lists_mut(&mut self) -> Vec<&mut Vec<Action>> {
        match self {
            Action::Lock { list, .. }
            | Action::Retry { list, .. }
            | Action::Repeat { list, .. }
            | Action::ForEachSection { list, .. } => vec![list],
            Action::Try { list, otherwise, .. } | Action::If { list, otherwise, .. } => {
                vec![list, otherwise]
            }
            _ => Vec::new(),
        }
    }

    /// Its verb, as scenario files spell it.
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

/// Whether `save_thread` writes over a thread that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overwrite {
    /// The last writer wins.
    Always,
    /// Compare and set: the loser takes what the row says.
    IfEmpty,
}

/// A message to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// What it says.
    pub text: TextId,
    /// Whether it asks for an answer.
    pub asks: Asking,
    /// What it asks for, by a key.
    pub same: Option<SameText>,
    /// Which of its actor's questions it is, from 0: the same text is the same question.
    pub nth: u16,
}

/// Whether a message asks for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// It does.
    Request,
    /// It does, and may stay unanswered.
    Optional,
    /// It only tells something.
    Nothing,
}

/// A wait for a thread without an active run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long at the most.
    pub bound: Option<Span>,
    /// Between two looks.
    pub poll: Window,
    /// How many of the thread's runs it looks at.
    pub sees: Sees,
    /// What happens at the bound.
    pub then: Then,
}

/// A lock around a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// What it is called.
    pub key: LockKey,
    /// How long it is held at the most; for ever if nothing.
    pub ttl: Option<Span>,
    /// What happens when somebody else holds it.
    pub busy: Busy,
    /// How long it is waited for at the most.
    pub bound: Option<Span>,
    /// Between two tries.
    pub poll: Window,
    /// Whose lock the release frees.
    pub release: Release,
    /// Where it is kept.
    pub place: LockPlace,
}

/// A lock's name, with the locals that stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockKey {
    /// Its text.
    pub text: TextId,
    /// Whether `{thread}` stands in it.
    pub by_thread: bool,
    /// Whether `{document}` stands in it.
    pub by_document: bool,
    /// Whether `{section}` stands in it.
    pub by_section: bool,
}

/// What happens when somebody else holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// It is asked for again and again.
    Wait,
    /// The block is left out.
    Skip,
    /// It throws `lock_busy`.
    Fail,
}

/// Whose lock a release frees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// The owner's alone: the lock service compares.
    Owner,
    /// Whoever's it is.
    Any,
}

/// Where a lock is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockPlace {
    /// In a cache, which may lose it.
    Cache,
    /// In a row of the database.
    Row,
}

/// How much of a thread a wait looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// The newest twenty runs: a whole page.
    All,
    /// The newest run alone.
    Newest,
}

/// What happens when a wait comes to its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It throws `timed_out`.
    Throw,
    /// It goes on as if the thread were idle.
    GoOn,
}

/// Which message is taken for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyPick {
    /// The one that the actor's own run wrote.
    Run,
    /// The newest one, whoever wrote it.
    Newest,
}

/// How long something is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So many times.
    Times(u32),
    /// No new iteration after this time; the current one ends.
    During(Span),
}

/// Something that an actor remembers, and that is unset until an action sets it.
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
    /// The run that was in its way.
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

    /// As scenario files spell it.
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

/// A set of causes: an `on` list. A bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes(u16);

impl Causes {
    /// Whatever is thrown.
    pub const ANY: Causes = Causes((1 << Cause::ALL.len()) - 1);

    /// The set with this one in it, too.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Causes {
        Causes(self.0 | 1 << cause as u16)
    }

    /// Whether the cause is in the set.
    pub const fn has(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }
}
