//! What happened in a trial: the cast, then every event in order. Append-only.
//!
//! The application's events stand here beside the server's, so that a property needs nothing else.
//! Events say what happened and who did it, never why the schedule had it so.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use crate::api::ApiError;
use crate::id::{
    Actor, DocumentId, Job, KindId, LockName, MessageId, RunId, SameKey, TextId, ThreadId,
};
use crate::run::RunStatus;
use crate::time::{Span, Time};

/// A trial's record. The cast comes first; it is the same for every trial of a scenario.
#[derive(Clone, Debug)]
pub struct History {
    /// Who takes part, and what the properties have to know beforehand.
    pub cast: Arc<Cast>,
    /// What happened, in order; times never go back.
    pub events: Vec<Event>,
}

/// Who takes part in a trial.
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
    /// The locks as their authors call them, by [`LockName::text`]: `thread:{thread}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
    /// The faults, by the number in [`Actor::Fault`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// What messages say and requests are called, by [`TextId`], as their author wrote it.
    #[serde(skip)]
    pub texts: Vec<String>,
    /// Two clicks of a user within this time ask for the same thing.
    pub intent: Span,
    /// When the last fault is over.
    pub heals_at: Time,
    /// How long after that everything may take to come to rest.
    pub settle: Span,
}

/// A document as the trial finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// As its author calls it: `7`.
    pub name: String,
    /// How many sections it has; 0 if it is generated as a whole.
    pub sections: u16,
    /// The thread that its row names at the beginning.
    pub thread: Option<ThreadId>,
}

/// A user or a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name: `stress-worker-2`.
    pub name: String,
    /// The name that it shares with those who do the same: `stress-worker`.
    pub role: String,
    /// The number of the first one of those.
    pub first: u16,
    /// Whether it ever waits for a run that it has created.
    pub waits: bool,
}

/// A kind of job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// Its name: `generate`.
    pub name: String,
    /// What dispatching one asks for.
    pub asks: Vec<Asked>,
    /// Whether it ever waits for a run that it has created.
    pub waits: bool,
}

/// Something that a job asks the assistant for, as far as its list of actions tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Asked {
    /// The question.
    pub what: Question,
    /// Whether it is asked for each of the document's sections; otherwise for the document as a
    /// whole, or the section that the job was dispatched for.
    pub by_section: bool,
    /// Whether it may stay unanswered.
    pub is_optional: bool,
}

/// A question, as an author wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// A message, which of the actor's questions it is, from 0, and what it says.
    Message {
        /// Which of its actor's questions, from 0.
        nth: u16,
        /// What it says.
        text: TextId,
    },
    /// One of several messages: it depends on the way which one.
    Either,
    /// Whatever goes by this key, from any actor.
    Same(SameText),
}

/// The key of a request as its author wrote it: `same = "summary of {document}"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "one for each local that may stand in a key")]
pub struct SameText {
    /// What it says.
    pub text: TextId,
    /// Whether `{thread}` stands in it.
    pub by_thread: bool,
    /// Whether `{document}` stands in it.
    pub by_document: bool,
    /// Whether `{section}` stands in it.
    pub by_section: bool,
    /// Whether `{iteration}` stands in it.
    pub by_iteration: bool,
}

impl SameText {
    /// The key, with what stands in the braces.
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
    /// The actor's name, as schedules and reports spell it: `browser`, `generate#2.1`.
    pub fn name(&self, actor: Actor) -> String {
        match actor {
            Actor::User(index) => self.users[usize::from(index)].name.clone(),
            Actor::Process(index) => self.processes[usize::from(index)].name.clone(),
            Actor::Attempt(job, attempt) => format!("{}.{attempt}", self.job(job)),
            Actor::Fault(index) => format!("fault#{}", index + 1),
        }
    }

    /// What the actor is: `browser`, `stress-worker`, `generate`.
    pub fn role(&self, actor: Actor) -> &str {
        match actor {
            Actor::User(index) => &self.users[usize::from(index)].role,
            Actor::Process(index) => &self.processes[usize::from(index)].role,
            Actor::Attempt(job, _) => &self.kind(job.kind).name,
            Actor::Fault(index) => &self.faults[usize::from(index)],
        }
    }

    /// Whether the actor ever waits for a run that it has created.
    pub fn waits(&self, actor: Actor) -> bool {
        match actor {
            Actor::User(index) => self.users[usize::from(index)].waits,
            Actor::Process(index) => self.processes[usize::from(index)].waits,
            Actor::Attempt(job, _) => self.kind(job.kind).waits,
            Actor::Fault(_) => false,
        }
    }

    /// The lock's name in full: `thread:thread_1`.
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

    /// The key of a request in full: `summary of 7`.
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

    /// What a text says.
    pub fn text(&self, text: TextId) -> &str {
        self.texts.get(text.0 as usize).map_or("", String::as_str)
    }

    /// The job's name: `generate#2`.
    pub fn job(&self, job: Job) -> String {
        format!("{}#{}", self.kind(job.kind).name, job.number)
    }

    /// What is known of a kind of job.
    pub fn kind(&self, kind: KindId) -> &Kind {
        &self.kinds[usize::from(kind.0)]
    }

    /// What is known of a document.
    pub fn document(&self, document: DocumentId) -> &Document {
        &self.documents[usize::from(document.0)]
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When.
    pub at: Time,
    /// Who did it; nobody where the server or the queue did.
    pub by: Option<Actor>,
    /// What.
    pub what: What,
}

/// An event's place in its history, from 0.
///
/// It hashes to nothing: to a search, histories that differ in where something stands are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventIndex(pub usize);

impl Hash for EventIndex {
    fn hash<H: Hasher>(&self, _: &mut H) {
        // Nothing.
    }
}

/// What happened. A closed list: a new kind of event is a new variant at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A user clicked, to have a job done on a document.
    Clicked {
        /// The kind of job.
        kind: KindId,
        /// The document.
        document: DocumentId,
        /// What it asks for, by a key.
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
        /// What it is to bring about, by a key.
        same: Option<SameKey>,
    },
    /// An actor began. A job's attempt also says which worker took it, counted from 1.
    Started {
        /// The worker.
        worker: Option<u16>,
    },
    /// An actor came to its end.
    Ended(Ending),
    /// A call reached the server and was answered there and then.
    Answered {
        /// Which one of the actor's calls of this operation, from 1.
        nth: u32,
        /// What it asked for.
        operation: Operation,
        /// The thread that it named.
        thread: Option<ThreadId>,
        /// What it asks the assistant for, where it adds a message.
        asks: Option<Label>,
        /// What came of it.
        answer: Answer,
    },
    /// A client's message was accepted.
    Message {
        /// The message.
        message: MessageId,
        /// Where it stands.
        thread: ThreadId,
        /// The document that its writer works on.
        document: Option<DocumentId>,
        /// What it asks for; nothing if it only tells something.
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
    /// A run changed its status; it ended if the status is not active.
    RunMoved {
        /// The run.
        run: RunId,
        /// As it stands now.
        status: RunStatus,
        /// Whether it has ever been at work, so that its tokens are paid for.
        spent: bool,
    },
    /// A document's row was read.
    RowRead {
        /// The document.
        document: DocumentId,
        /// The thread that the row named.
        thread: Option<ThreadId>,
    },
    /// A document's row was told its thread.
    ThreadSaved {
        /// The document.
        document: DocumentId,
        /// The thread that it names now.
        thread: ThreadId,
    },
    /// A document's row was given an answer.
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
    /// A lock was granted: its holder enters the block that the lock guards.
    LockTaken {
        /// The lock.
        lock: LockName,
    },
    /// A lock was not granted.
    LockBusy {
        /// The lock.
        lock: LockName,
        /// Who held it.
        holder: Actor,
    },
    /// The holder's block is over, and the release has reached the lock service.
    LockLeft {
        /// The lock.
        lock: LockName,
        /// Whose block it was.
        holder: Actor,
        /// Whose lock that freed: the holder's own, nobody's, or somebody else's.
        freed: Option<Actor>,
    },
    /// The lock service freed a lock on its own. Its holder does not know.
    LockFreed {
        /// The lock.
        lock: LockName,
        /// Who had held it.
        holder: Actor,
        /// Why.
        why: Freed,
    },
    /// The process in which an attempt was at work is dead. `last`: nobody tries again.
    Killed {
        /// What killed it.
        death: Death,
        /// Whether its job has failed for good.
        last: bool,
    },
    /// The process in which an attempt is at work stands still.
    Paused,
    /// It goes on.
    Resumed,
    /// A job was not put on the queue, since it was to be unique.
    Ignored {
        /// The kind of job.
        kind: KindId,
        /// The document that it would have worked on.
        document: DocumentId,
        /// The section that it would have been dispatched for.
        section: Option<u16>,
        /// What it would have brought about, by a key.
        same: Option<SameKey>,
    },
    /// A lock was busy, and the block that it guards was left out.
    Skipped {
        /// What messages in that block would have asked for.
        asks: Vec<Label>,
    },
    /// A fault struck.
    Fault {
        /// Which one: its place in the cast.
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
    /// Its time was over.
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
    /// The job's `timeout`: the worker kills itself.
    Timeout,
}

/// What a message asks for. Together with its writer it names a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// What it is a part of.
    pub scope: Scope,
    /// Which of its actor's questions it is, from 0.
    pub nth: u16,
    /// What it says.
    pub text: TextId,
    /// Whether it may stay unanswered.
    pub is_optional: bool,
}

/// What a message is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A job: the document, or one of its sections.
    Work {
        /// The document.
        document: DocumentId,
        /// The section, counted from 1.
        section: Option<u16>,
    },
    /// A process: this iteration of it.
    Iteration(u32),
    /// Processes that go by one key ask for the same.
    Shared(SameKey),
    /// It is a request of its own, by a key: whatever it says.
    Same(SameKey),
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A thread.
    Thread(ThreadId),
    /// A message.
    Message(MessageId),
    /// A run, as it stood.
    Run(RunId, RunStatus),
    /// A list of runs, with the first active one in it.
    Runs(Option<RunId>),
    /// A list of messages, with the one that was looked for.
    Messages(Option<MessageId>),
    /// A refusal.
    Refused(ApiError),
}

/// What an actor does, as it is named in schedules, fingerprints and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The actor itself: it starts and ends.
    Life,
    /// A user's click.
    Click,
    /// Putting a job on the queue.
    Dispatch,
    /// Reading a document's row.
    LoadDocument,
    /// Telling the row its thread.
    SaveThread,
    /// Giving the row an answer.
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
    /// Doing something for a time.
    Repeat,
    /// Taking a lock.
    Lock,
    /// Giving a lock back.
    Unlock,
    /// Keeping other jobs of the kind from running beside this one.
    Overlap,
    /// Keeping other jobs of the kind from being dispatched beside this one.
    Unique,
    /// A fault that strikes.
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

    /// As it is spelled: the verb of a scenario file where there is one.
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

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How an actor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// It came to the end of its list, or stopped.
    Done,
    /// Something was thrown and not caught. `last`: nobody tries again.
    Failed {
        /// What was thrown.
        cause: Cause,
        /// Whether this was the last attempt.
        last: bool,
    },
    /// Another job of its kind was at work on the document: it went back to the queue at once.
    Released,
    /// Another job of its kind was at work on the document: it was dropped, and nobody says so.
    Dropped,
    /// It was delivered more often than it may be tried: it failed before it did anything.
    Exhausted,
}

/// What an action may throw. `on` lists of scenario files name these.
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
    /// A bounded wait came to its bound.
    TimedOut,
    /// The run ended otherwise than completed.
    RunFailed,
    /// The run waits for tool outputs.
    NeedsAction,
    /// There is no answer to read or to save.
    NoReply,
    /// The action `fail`.
    Failed,
    /// Somebody else held the lock.
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

    /// As scenario files spell it.
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

    /// What has happened when it is thrown, for authors.
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

/// Something that a trial may reach and that is neither good nor bad: it shows what was exercised.
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
    /// Every user and process came to the end of its list.
    EverybodyFinished,
    /// A lock was busy, and the block that it guards was left out.
    LockSkipped,
    /// A lock was busy, and its actor waited for it.
    LockWaited,
    /// A click came too soon after the last one, and was ignored.
    ClickIgnored,
    /// A job was not put on the queue, since it was to be unique.
    DispatchIgnored,
    /// A job was handed out again while an earlier copy was still at work.
    Redelivered,
    /// The API client made a call again.
    CallRetried,
    /// Two clicks of a user count as one request: they came within `intent`.
    ClicksJoined,
    /// Two such clicks count as two requests: they came further apart than `intent`.
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

    /// As scenario files spell it.
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

    /// What it says of a trial, for authors.
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
    /// Nothing is pending and nobody waits.
    Settled,
    /// Nothing is pending, and an actor waits forever.
    Stuck,
    /// Its budget was used up while something was pending.
    OutOfBudget,
}

impl End {
    /// As JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            End::Settled => "settled",
            End::Stuck => "stuck",
            End::OutOfBudget => "out_of_budget",
        }
    }
}
