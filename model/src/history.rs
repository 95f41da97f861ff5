//! What happened in a trial: the cast first, then every event in order. A history is append-only.
//!
//! A history contains the application's events as well as the server's, so that a property needs
//! nothing else. Events say what happened and which actor did it, never why the schedule chose it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::id::{
    Actor, DocumentId, Job, KindId, LockName, MessageId, RunId, SameKey, TextId, ThreadId,
};
use crate::run::RunStatus;
use crate::time::{Span, Time};

/// The record of a trial. The cast comes first and is the same for every trial of a scenario.
#[derive(Clone, Debug)]
pub struct History {
    /// The participants, and what the properties must know in advance.
    pub cast: Arc<Cast>,
    /// The events in order. Times never decrease.
    pub events: Vec<Event>,
}

/// The participants of a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cast {
    /// The documents, by [`DocumentId`].
    pub documents: Vec<Document>,
    /// The users, by the number in [`Actor::User`].
    pub users: Vec<Member>,
    /// The processes, by the number in [`Actor::Process`].
    pub processes: Vec<Member>,
    /// The kinds of job, by [`KindId`].
    pub kinds: Vec<Kind>,
    /// The locks as their authors named them, by [`LockName::text`], such as `thread:{thread}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
    /// The faults, by the number in [`Actor::Fault`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// The texts of messages and the keys of requests, by [`TextId`], as their author wrote them.
    #[serde(skip)]
    pub texts: Vec<String>,
    /// Two clicks of a user within this time ask for the same thing.
    pub intent: Span,
    /// When the last fault is over.
    pub heals_at: Time,
    /// How long after that everything may take to settle.
    pub settle: Span,
}

/// A document at the beginning of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its name as its author wrote it, such as `7`.
    pub name: String,
    /// How many sections it has; 0 if it is generated as a whole.
    pub sections: u16,
    /// The thread that its row names at the beginning.
    pub thread: Option<ThreadId>,
}

/// A user or a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name, such as `stress-worker-2`.
    pub name: String,
    /// The name that it shares with the members that do the same, such as `stress-worker`.
    pub role: String,
    /// The number of the first of those members.
    pub first: u16,
    /// Whether it ever waits for a run that it has created.
    pub waits: bool,
}

/// A kind of job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// Its name, such as `generate`.
    pub name: String,
    /// What the dispatch of such a job asks for.
    pub asks: Vec<Asked>,
    /// Whether it ever waits for a run that it has created.
    pub waits: bool,
}

/// Something that a job asks the assistant for, as far as its list of actions shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Asked {
    /// The question.
    pub what: Question,
    /// Whether it is asked for each of the document's sections. Otherwise it is asked for the
    /// document as a whole, or for the section that the job was dispatched for.
    pub by_section: bool,
    /// Whether it may stay unanswered.
    pub is_optional: bool,
}

/// A question, as an author wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// A message, with its number among the actor's questions and what it says.
    Message {
        /// Its number among its actor's questions, from 0.
        nth: u16,
        /// What it says.
        text: TextId,
    },
    /// One of several messages. The actor's path decides which one.
    Either,
    /// Everything with this key, from any actor.
    Same(SameText),
}

/// The key of a request as its author wrote it: `same = "summary of {document}"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "one for each local that may stand in a key")]
pub struct SameText {
    /// What it says.
    pub text: TextId,
    /// Whether it contains `{thread}`.
    pub by_thread: bool,
    /// Whether it contains `{document}`.
    pub by_document: bool,
    /// Whether it contains `{section}`.
    pub by_section: bool,
    /// Whether it contains `{iteration}`.
    pub by_iteration: bool,
}

impl SameText {
    /// Returns the key with the values for its braces.
    pub fn key(self, key: SameKey) -> SameKey {
        SameKey {
            text: self.text,
            thread: key.thread.filter(|_| self.by_thread),
            document: key.document.filter(|_| self.by_document),
            section: key.section.filter(|_| self.by_section),
            iteration: key.iteration.filter(|_| self.by_iteration),
        }
    }
}

impl Cast {
    /// Returns the actor's name as schedules and reports spell it, such as `browser` or
    /// `generate#2.1`.
    pub fn name(&self, actor: Actor) -> String {
        match actor {
            Actor::User(index) => self.users[usize::from(index)].name.clone(),
            Actor::Process(index) => self.processes[usize::from(index)].name.clone(),
            Actor::Attempt(job, attempt) => format!("{}.{attempt}", self.job(job)),
            Actor::Fault(index) => format!("fault#{}", index + 1),
        }
    }

    /// Returns what the actor is, such as `browser`, `stress-worker` or `generate`.
    pub fn role(&self, actor: Actor) -> &str {
        match actor {
            Actor::User(index) => &self.users[usize::from(index)].role,
            Actor::Process(index) => &self.processes[usize::from(index)].role,
            Actor::Attempt(job, _) => &self.kind(job.kind).name,
            Actor::Fault(index) => &self.faults[usize::from(index)],
        }
    }

    /// Returns whether the actor ever waits for a run that it has created.
    pub fn waits(&self, actor: Actor) -> bool {
        match actor {
            Actor::User(index) => self.users[usize::from(index)].waits,
            Actor::Process(index) => self.processes[usize::from(index)].waits,
            Actor::Attempt(job, _) => self.kind(job.kind).waits,
            Actor::Fault(_) => false,
        }
    }

    /// Returns the lock's full name, such as `thread:thread_1`.
    pub fn lock(&self, lock: LockName) -> String {
        let mut name = self.locks[usize::from(lock.text)].clone();
        if let Some(thread) = lock.thread {
            name = name.replace("{thread}", &thread.to_string());
        }
        if let Some(document) = lock.document {
            name = name.replace("{document}", &self.document(document).name);
        }
        if let Some(section) = lock.section {
            name = name.replace("{section}", &section.to_string());
        }
        name
    }

    /// Returns the full key of a request, such as `summary of 7`.
    pub fn same(&self, key: SameKey) -> String {
        let mut name = self.text(key.text).to_owned();
        let mut put = |local: &str, value: Option<String>| {
            if let Some(value) = value {
                name = name.replace(local, &value);
            }
        };
        put("{thread}", key.thread.map(|thread| thread.to_string()));
        put("{document}", key.document.map(|document| self.document(document).name.clone()));
        put("{section}", key.section.map(|section| section.to_string()));
        put("{iteration}", key.iteration.map(|iteration| iteration.to_string()));
        name
    }

    /// Returns what a text says.
    pub fn text(&self, text: TextId) -> &str {
        self.texts.get(text.0 as usize).map_or("", String::as_str)
    }

    /// Returns the job's name, such as `generate#2`.
    pub fn job(&self, job: Job) -> String {
        format!("{}#{}", self.kind(job.kind).name, job.number)
    }

    /// Returns what is known about a kind of job.
    pub fn kind(&self, kind: KindId) -> &Kind {
        &self.kinds[usize::from(kind.0)]
    }

    /// Returns what is known about a document.
    pub fn document(&self, document: DocumentId) -> &Document {
        &self.documents[usize::from(document.0)]
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When it happened.
    pub at: Time,
    /// The actor that did it; none if the server or the queue did it.
    pub by: Option<Actor>,
    /// What happened.
    pub what: What,
}

impl Event {
    /// Returns whether it creates this run.
    pub fn creates(&self, of: RunId) -> bool {
        matches!(self.what, What::RunCreated { run, .. } if run == of)
    }

    /// Returns whether it ends this run.
    pub fn ends(&self, of: RunId) -> bool {
        matches!(self.what, What::RunMoved { run, status, .. } if run == of && !status.is_active())
    }

    /// Returns the active run because of which the server refused this call.
    pub fn refused_by(&self) -> Option<RunId> {
        if let What::Answered { answer: Answer::Refused(error), .. } = &self.what {
            error.active_run()
        } else {
            None
        }
    }
}

/// Returns the actor that created this run.
pub fn creator(events: &[Event], run: RunId) -> Option<Actor> {
    events.iter().find(|event| event.creates(run))?.by
}

/// An event's place in its history, counted from 0.
///
/// It adds nothing to a hash, because a search treats histories as equal if they differ only in the
/// places of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventIndex(pub usize);

impl Hash for EventIndex {
    fn hash<H: Hasher>(&self, _: &mut H) {
        // Nothing.
    }
}

/// What happened. The list is closed, and a new kind of event is a new variant at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A user clicked to have a job done on a document.
    Clicked {
        /// The kind of job.
        kind: KindId,
        /// The document.
        document: DocumentId,
        /// The key of what it asks for, if it has one.
        same: Option<SameKey>,
    },
    /// A job was put on the queue.
    Dispatched {
        /// Which one.
        job: Job,
        /// The document that it works on.
        document: DocumentId,
        /// The section that it was dispatched for, counted from 1.
        section: Option<u16>,
        /// The key of what it is to produce, if it has one.
        same: Option<SameKey>,
    },
    /// An actor started. An attempt at a job also names the worker that took it, counted from 1.
    Started {
        /// The worker.
        worker: Option<u16>,
    },
    /// An actor ended.
    Ended(Ending),
    /// A call reached the server and was answered immediately.
    Answered {
        /// The call's number among the actor's calls of this operation, from 1.
        nth: u32,
        /// What it asked for.
        operation: Operation,
        /// The thread that it named.
        thread: Option<ThreadId>,
        /// What it asks the assistant for, if it adds a message.
        asks: Option<Label>,
        /// Its result.
        answer: Answer,
    },
    /// A client's message was accepted.
    Message {
        /// The message.
        message: MessageId,
        /// The thread that contains it.
        thread: ThreadId,
        /// The document that its writer works on.
        document: Option<DocumentId>,
        /// What it asks for; none if it only states something.
        asks: Option<Label>,
    },
    /// A run was created.
    RunCreated {
        /// The run.
        run: RunId,
        /// The thread that it works on.
        thread: ThreadId,
        /// The document that its creator works on.
        document: Option<DocumentId>,
    },
    /// A run changed its status. It ended if the new status is not active.
    RunMoved {
        /// The run.
        run: RunId,
        /// Its new status.
        status: RunStatus,
        /// Whether it has ever been at work, which means that its tokens are paid for.
        spent: bool,
    },
    /// A document's row was read.
    RowRead {
        /// The document.
        document: DocumentId,
        /// The thread that the row named.
        thread: Option<ThreadId>,
    },
    /// A document's thread was saved in its row.
    ThreadSaved {
        /// The document.
        document: DocumentId,
        /// The thread that the row names now.
        thread: ThreadId,
    },
    /// An answer was saved in a document's row.
    ReplySaved {
        /// The document.
        document: DocumentId,
        /// The section, counted from 1.
        section: Option<u16>,
        /// The run whose answer it is; none if a client wrote that message.
        run: Option<RunId>,
    },
    /// Something worth counting.
    Marked(Mark),
    /// The trial is over.
    End(End),
    /// A lock was granted. Its holder enters the block that the lock guards.
    LockTaken {
        /// The lock.
        lock: LockName,
    },
    /// A lock was not granted.
    LockBusy {
        /// The lock.
        lock: LockName,
        /// The actor that held it.
        holder: Actor,
    },
    /// The holder's block is over, and the release has reached the lock service.
    LockLeft {
        /// The lock.
        lock: LockName,
        /// The actor whose block it was.
        holder: Actor,
        /// The actor whose lock was freed by the release: the holder, another actor, or none.
        freed: Option<Actor>,
    },
    /// The lock service freed a lock on its own. The lock's holder does not know.
    LockFreed {
        /// The lock.
        lock: LockName,
        /// The actor that had held it.
        holder: Actor,
        /// Why it was freed.
        why: Freed,
    },
    /// The process in which an attempt was at work is dead. If `last` is set, no other attempt
    /// follows.
    Killed {
        /// What killed it.
        death: Death,
        /// Whether its job has failed permanently.
        last: bool,
    },
    /// The process in which an attempt is at work is paused.
    Paused,
    /// The paused process continues.
    Resumed,
    /// A job was not put on the queue because it had to be unique.
    Ignored {
        /// The kind of job.
        kind: KindId,
        /// The document that it would have worked on.
        document: DocumentId,
        /// The section that it would have been dispatched for.
        section: Option<u16>,
        /// The key of what it would have produced, if it has one.
        same: Option<SameKey>,
    },
    /// A lock was busy, and the block that it guards was skipped.
    Skipped {
        /// What messages in that block would have asked for.
        asks: Vec<Label>,
    },
    /// A fault struck.
    Fault {
        /// The fault, by its place in the cast.
        clause: u16,
        /// The call that it struck, if it struck one.
        call: Option<(Operation, u32)>,
    },
    /// From now on, the same click or dispatch of this user or process asks for something new.
    IntentOver {
        /// The kind of job that was asked for.
        kind: KindId,
        /// The document.
        document: DocumentId,
    },
}

/// Why a lock service freed a lock on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freed {
    /// Its time was up.
    Expired,
    /// The service lost it.
    Lost,
}

/// What killed a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// A crash.
    Crash,
    /// The job's `timeout`, at which the worker kills itself.
    Timeout,
}

/// What a message asks for. A label and the message's writer together identify a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// What it is a part of.
    pub scope: Scope,
    /// Its number among its actor's questions, from 0.
    pub nth: u16,
    /// What it says.
    pub text: TextId,
    /// Whether it may stay unanswered.
    pub is_optional: bool,
}

/// What a message is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A job on the document, or on one of its sections.
    Work {
        /// The document.
        document: DocumentId,
        /// The section, counted from 1.
        section: Option<u16>,
    },
    /// This iteration of a process.
    Iteration(u32),
    /// Processes that share one key and ask for the same thing.
    Shared(SameKey),
    /// A request of its own, identified by a key, whatever the message says.
    Same(SameKey),
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A thread.
    Thread(ThreadId),
    /// A message.
    Message(MessageId),
    /// A run, with its status at that moment.
    Run(RunId, RunStatus),
    /// A list of runs, with the first active run in it.
    Runs(Option<RunId>),
    /// A list of messages, with the message that was looked for.
    Messages(Option<MessageId>),
    /// A refusal.
    Refused(ApiError),
}

/// What an actor does, as schedules, fingerprints and reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The actor's own start and end.
    Life,
    /// A user's click.
    Click,
    /// Putting a job on the queue.
    Dispatch,
    /// Reading a document's row.
    LoadDocument,
    /// Saving the thread in a document's row.
    SaveThread,
    /// Saving an answer in a document's row.
    SaveReply,
    /// A call.
    CreateThread,
    /// A call.
    AddMessage,
    /// A call.
    ListMessages,
    /// A call.
    CreateRun,
    /// A call.
    RetrieveRun,
    /// A call.
    ListRuns,
    /// A call.
    CancelRun,
    /// A call.
    SubmitOutputs,
    /// Waiting for a thread without an active run.
    WaitIdle,
    /// Waiting for a run's end.
    AwaitRun,
    /// Repeating something for a time.
    Repeat,
    /// Taking a lock.
    Lock,
    /// Releasing a lock.
    Unlock,
    /// Preventing other jobs of the kind from running at the same time as this one.
    Overlap,
    /// Preventing other jobs of the kind from being dispatched while this one exists.
    Unique,
    /// A fault's strike.
    Fault,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Operation; 22] = [
        Operation::Life,
        Operation::Click,
        Operation::Dispatch,
        Operation::LoadDocument,
        Operation::SaveThread,
        Operation::SaveReply,
        Operation::CreateThread,
        Operation::AddMessage,
        Operation::ListMessages,
        Operation::CreateRun,
        Operation::RetrieveRun,
        Operation::ListRuns,
        Operation::CancelRun,
        Operation::SubmitOutputs,
        Operation::WaitIdle,
        Operation::AwaitRun,
        Operation::Repeat,
        Operation::Lock,
        Operation::Unlock,
        Operation::Overlap,
        Operation::Unique,
        Operation::Fault,
    ];

    /// Returns the operation's name, which is the verb of scenario files if there is one.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Life => "life",
            Operation::Click => "click",
            Operation::Dispatch => "dispatch",
            Operation::LoadDocument => "load_document",
            Operation::SaveThread => "save_thread",
            Operation::SaveReply => "save_reply",
            Operation::CreateThread => "create_thread",
            Operation::AddMessage => "add_message",
            Operation::ListMessages => "list_messages",
            Operation::CreateRun => "create_run",
            Operation::RetrieveRun => "retrieve_run",
            Operation::ListRuns => "list_runs",
            Operation::CancelRun => "cancel_run",
            Operation::SubmitOutputs => "submit_outputs",
            Operation::WaitIdle => "wait_idle",
            Operation::AwaitRun => "await_run",
            Operation::Repeat => "repeat",
            Operation::Lock => "lock",
            Operation::Unlock => "unlock",
            Operation::Overlap => "overlap",
            Operation::Unique => "unique",
            Operation::Fault => "fault",
        }
    }
}

impl Operation {
    /// Returns the HTTP method and the path of a call to the server.
    pub const fn route(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Operation::CreateThread => ("POST", "/v1/threads"),
            Operation::AddMessage => ("POST", "/v1/threads/{thread}/messages"),
            Operation::ListMessages => ("GET", "/v1/threads/{thread}/messages"),
            Operation::CreateRun => ("POST", "/v1/threads/{thread}/runs"),
            Operation::RetrieveRun => ("GET", "/v1/threads/{thread}/runs/{run}"),
            Operation::ListRuns => ("GET", "/v1/threads/{thread}/runs"),
            Operation::CancelRun => ("POST", "/v1/threads/{thread}/runs/{run}/cancel"),
            Operation::SubmitOutputs => {
                ("POST", "/v1/threads/{thread}/runs/{run}/submit_tool_outputs")
            }
            Operation::Life
            | Operation::Click
            | Operation::Dispatch
            | Operation::LoadDocument
            | Operation::SaveThread
            | Operation::SaveReply
            | Operation::WaitIdle
            | Operation::AwaitRun
            | Operation::Repeat
            | Operation::Lock
            | Operation::Unlock
            | Operation::Overlap
            | Operation::Unique
            | Operation::Fault => return None,
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How an actor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// It reached the end of its list of actions, or stopped.
    Done,
    /// Something was thrown and not caught. If `last` is set, no other attempt follows.
    Failed {
        /// What was thrown.
        cause: Cause,
        /// Whether this was the last attempt.
        last: bool,
    },
    /// Another job of its kind was at work on the document, so it went back to the queue at once.
    Released,
    /// Another job of its kind was at work on the document, so it was dropped without any report.
    Dropped,
    /// It was delivered more often than it may be tried, so it failed before it did anything.
    Exhausted,
}

/// What an action may throw. The `on` lists of scenario files name these causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Refused by the active-run rule.
    Refused,
    /// Refused for another reason.
    Rejected,
    /// There is no document to work on.
    NoDocument,
    /// There is no thread to work in.
    NoThread,
    /// There is no run to ask about.
    NoRun,
    /// A bounded wait timed out.
    TimedOut,
    /// The run ended without completing.
    RunFailed,
    /// The run waits for tool outputs.
    NeedsAction,
    /// There is no answer to read or to save.
    NoReply,
    /// The action `fail`.
    Failed,
    /// Another actor held the lock.
    LockBusy,
    /// The server answered 429 or 5xx, and the client gave up.
    Unavailable,
    /// No reply came, and the client gave up.
    NoAnswer,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 13] = [
        Cause::Refused,
        Cause::Rejected,
        Cause::NoDocument,
        Cause::NoThread,
        Cause::NoRun,
        Cause::TimedOut,
        Cause::RunFailed,
        Cause::NeedsAction,
        Cause::NoReply,
        Cause::Failed,
        Cause::LockBusy,
        Cause::Unavailable,
        Cause::NoAnswer,
    ];

    /// Returns the cause as scenario files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Refused => "refused",
            Cause::Rejected => "rejected",
            Cause::NoDocument => "no_document",
            Cause::NoThread => "no_thread",
            Cause::NoRun => "no_run",
            Cause::TimedOut => "timed_out",
            Cause::RunFailed => "run_failed",
            Cause::NeedsAction => "needs_action",
            Cause::NoReply => "no_reply",
            Cause::Failed => "failed",
            Cause::LockBusy => "lock_busy",
            Cause::Unavailable => "unavailable",
            Cause::NoAnswer => "no_answer",
        }
    }

    /// Returns what has happened when it is thrown, in words for authors.
    pub const fn meaning(self) -> &'static str {
        match self {
            Cause::Refused => "the server refused a call because a run was active",
            Cause::Rejected => "the server refused a call for another reason",
            Cause::NoDocument => "there is no document to work on",
            Cause::NoThread => "there is no thread to work in",
            Cause::NoRun => "there is no run to ask about",
            Cause::TimedOut => "a wait timed out",
            Cause::RunFailed => "the run did not complete",
            Cause::NeedsAction => "the run waits for tool outputs",
            Cause::NoReply => "there is no answer to read or save",
            Cause::Failed => "the action `fail`",
            Cause::LockBusy => "somebody else held the lock",
            Cause::Unavailable => "the server answered 429 or 5xx, and the client gave up",
            Cause::NoAnswer => "no reply came, and the client gave up",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that a trial may reach. It is neither good nor bad, and shows what was exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A look at a thread found an active run in it.
    Waited,
    /// A wait timed out, and its actor went on anyway.
    WentOn,
    /// Two actors worked in one thread.
    ThreadShared,
    /// An actor found another actor's run active in its thread.
    Contended,
    /// A failed job was tried again.
    TriedAgain,
    /// Every user and process reached the end of its list.
    EverybodyFinished,
    /// A lock was busy, and the block that it guards was skipped.
    LockSkipped,
    /// A lock was busy, and its actor waited for it.
    LockWaited,
    /// A click came too soon after the last one, and was ignored.
    ClickIgnored,
    /// A job was not put on the queue because it had to be unique.
    DispatchIgnored,
    /// A job was handed out again while an earlier copy was still at work.
    Redelivered,
    /// The API client made a call again.
    CallRetried,
    /// Two clicks of a user count as one request because they were within `intent`.
    ClicksJoined,
    /// Two such clicks count as two requests because they were further apart than `intent`.
    ClicksApart,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Mark; 14] = [
        Mark::Waited,
        Mark::WentOn,
        Mark::ThreadShared,
        Mark::Contended,
        Mark::TriedAgain,
        Mark::EverybodyFinished,
        Mark::LockSkipped,
        Mark::LockWaited,
        Mark::ClickIgnored,
        Mark::DispatchIgnored,
        Mark::Redelivered,
        Mark::CallRetried,
        Mark::ClicksJoined,
        Mark::ClicksApart,
    ];

    /// Returns the mark as scenario files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Mark::Waited => "waited",
            Mark::WentOn => "went-on",
            Mark::ThreadShared => "thread-shared",
            Mark::Contended => "contended",
            Mark::TriedAgain => "tried-again",
            Mark::EverybodyFinished => "everybody-finished",
            Mark::LockSkipped => "lock-skipped",
            Mark::LockWaited => "lock-waited",
            Mark::ClickIgnored => "click-ignored",
            Mark::DispatchIgnored => "dispatch-ignored",
            Mark::Redelivered => "redelivered",
            Mark::CallRetried => "call-retried",
            Mark::ClicksJoined => "clicks-joined",
            Mark::ClicksApart => "clicks-apart",
        }
    }

    /// Returns what it says about a trial, in words for authors.
    pub const fn meaning(self) -> &'static str {
        match self {
            Mark::Waited => "a look at a thread found an active run in it",
            Mark::WentOn => "a wait timed out, and its actor went on anyway",
            Mark::ThreadShared => "two actors wrote to one thread",
            Mark::Contended => "an actor found another actor's run active in its thread",
            Mark::TriedAgain => "a failed job was tried again",
            Mark::EverybodyFinished => "every user and process came to the end of its list",
            Mark::LockSkipped => "a lock was busy, and its block was left out",
            Mark::LockWaited => "a lock was busy, and its actor waited for it",
            Mark::ClickIgnored => "a click came too soon after the last one and was ignored",
            Mark::DispatchIgnored => "a unique job was already there, so the dispatch was ignored",
            Mark::Redelivered => "a job was handed out again while an earlier copy was at work",
            Mark::CallRetried => "the API client made a call again",
            Mark::ClicksJoined => "two clicks of a user within `intent` count as one request",
            Mark::ClicksApart => {
                "two clicks of a user further apart than `intent` count as two requests"
            }
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Nothing is pending, and no actor waits.
    Settled,
    /// Nothing is pending, and an actor waits forever.
    Stuck,
    /// Its budget was used up while something was pending.
    OutOfBudget,
}

impl End {
    /// Returns the end as JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            End::Settled => "settled",
            End::Stuck => "stuck",
            End::OutOfBudget => "out_of_budget",
        }
    }
}
