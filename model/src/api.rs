//! What clients ask the server for and what it answers, as closed enums with the exact wording of
//! refusals.
//!
//! Each fact about the real API names its source and how reliable that is. R is recorded traffic. D
//! is first-party documentation, a specification or an SDK. U is a user's report of a real reply. I
//! is inferred from a pattern. The table-driven test in `tests/suite/refusals.rs` has a row and a
//! source for every refusal.

use std::fmt;

use serde::Serialize;

use crate::id::{AssistantId, MessageId, RunId, TextId, ThreadId, ToolCallId};
use crate::run::{Run, RunStatus};
use crate::thread::{Message, Role};
use crate::time::Span;

/// A call to the server, as far as it can race with anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// `POST /threads`, without messages.
    CreateThread,
    /// `GET /threads/{thread}`.
    RetrieveThread {
        /// Which one.
        thread: ThreadId,
    },
    /// `POST /threads/{thread}/messages`.
    AddMessage {
        /// The thread that receives it.
        thread: ThreadId,
        /// The side in whose name it is written. Clients may write for the assistant, too.
        role: Role,
        /// What it says.
        text: TextId,
    },
    /// `GET /threads/{thread}/messages/{message}`.
    RetrieveMessage {
        /// The thread.
        thread: ThreadId,
        /// Which of its messages.
        message: MessageId,
    },
    /// `GET /threads/{thread}/messages`.
    ListMessages {
        /// The thread.
        thread: ThreadId,
        /// Only messages that this run wrote.
        run: Option<RunId>,
        /// Which part of the list.
        page: Page<MessageId>,
    },
    /// `POST /threads/{thread}/runs`.
    CreateRun {
        /// The thread to work on.
        thread: ThreadId,
        /// The assistant that is to work.
        assistant: AssistantId,
    },
    /// `POST /threads/runs`: a thread, possibly a message, and a run, or nothing at all.
    CreateThreadAndRun {
        /// The assistant that is to work.
        assistant: AssistantId,
        /// The user's first message.
        text: Option<TextId>,
    },
    /// `GET /threads/{thread}/runs/{run}`.
    RetrieveRun {
        /// The thread.
        thread: ThreadId,
        /// Which of its runs.
        run: RunId,
    },
    /// `GET /threads/{thread}/runs`.
    ListRuns {
        /// The thread.
        thread: ThreadId,
        /// Which part of the list.
        page: Page<RunId>,
    },
    /// `POST /threads/{thread}/runs/{run}/cancel`.
    CancelRun {
        /// The thread.
        thread: ThreadId,
        /// Which of its runs.
        run: RunId,
    },
    /// `POST /threads/{thread}/runs/{run}/submit_tool_outputs`.
    SubmitToolOutputs {
        /// The thread.
        thread: ThreadId,
        /// Which of its runs.
        run: RunId,
        /// The tool calls that are answered. They must be all tool calls of the run.
        calls: Box<[ToolCallId]>,
    },
}

impl Request {
    /// Returns the thread that it is about, if that exists already.
    pub fn thread(&self) -> Option<ThreadId> {
        match *self {
            Request::CreateThread | Request::CreateThreadAndRun { .. } => None,
            Request::RetrieveThread { thread }
            | Request::AddMessage { thread, .. }
            | Request::RetrieveMessage { thread, .. }
            | Request::ListMessages { thread, .. }
            | Request::CreateRun { thread, .. }
            | Request::RetrieveRun { thread, .. }
            | Request::ListRuns { thread, .. }
            | Request::CancelRun { thread, .. }
            | Request::SubmitToolOutputs { thread, .. } => Some(thread),
        }
    }

    /// Returns the run that it asks about.
    pub fn run(&self) -> Option<RunId> {
        match *self {
            Request::RetrieveRun { run, .. }
            | Request::CancelRun { run, .. }
            | Request::SubmitToolOutputs { run, .. }
            | Request::ListMessages { run: Some(run), .. } => Some(run),
            Request::CreateThread
            | Request::RetrieveThread { .. }
            | Request::AddMessage { .. }
            | Request::RetrieveMessage { .. }
            | Request::ListMessages { run: None, .. }
            | Request::CreateRun { .. }
            | Request::CreateThreadAndRun { .. }
            | Request::ListRuns { .. } => None,
        }
    }
}

/// The part of a list that a client asks for. Lists are sorted by time of creation (D, spec:
/// `order`, default `desc`). The server keeps the true order even within one second (U, community
/// 1121489).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page<I> {
    /// At most this many items, 1 to 100.
    pub limit: u32,
    /// Newest or oldest first.
    pub order: Order,
    /// Only objects after this one in the ordered list.
    pub after: Option<I>,
    /// Only objects before this one in the ordered list.
    pub before: Option<I>,
}

impl<I> Default for Page<I> {
    /// Returns the page of the newest twenty (D, spec: `limit` default 20, `order` default `desc`).
    fn default() -> Self {
        Page { limit: 20, order: Order::NewestFirst, after: None, before: None }
    }
}

/// How a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// `desc`, the default: the last message is the first element.
    NewestFirst,
    /// `asc`.
    OldestFirst,
}

/// The server's response to a request that it grants. The status is HTTP 200, never 201 (R, all
/// cassettes).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    /// The thread created or asked for.
    Thread(ThreadId),
    /// The message added or asked for.
    Message(Message),
    /// The run created, changed or asked for, as it was at that moment.
    Run(Run),
    /// A page of messages.
    Messages(List<Message>),
    /// A page of runs.
    Runs(List<Run>),
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct List<T> {
    /// The objects, as they were at that moment.
    pub data: Vec<T>,
    /// Whether the list has more objects.
    pub has_more: bool,
}

/// A refusal as data. It is a normal outcome. `Display` prints the exact message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiError {
    /// A client tried to create a run while another run was active. This is the rule that this
    /// project is about.
    ThreadHasActiveRun {
        /// The busy thread.
        thread: ThreadId,
        /// The active run.
        run: RunId,
    },
    /// A client tried to add a message while a run was active. This is the same rule.
    MessageWhileRunActive {
        /// The busy thread.
        thread: ThreadId,
        /// The active run.
        run: RunId,
    },
    /// The run is over or is already being cancelled.
    CannotCancel {
        /// The run's status.
        status: RunStatus,
    },
    /// The run does not wait for tool outputs.
    OutputsNotAccepted {
        /// The run's status.
        status: RunStatus,
    },
    /// The outputs are not for exactly the tool calls that the run waits for.
    WrongOutputs(Box<WrongOutputs>),
    /// There is nothing to answer, neither a user's message nor instructions.
    InvalidThread,
    /// No such thread.
    NoThread(ThreadId),
    /// No such assistant.
    NoAssistant(AssistantId),
    /// No such run in that thread.
    NoRun(RunId),
    /// No such message in that thread.
    NoMessage(MessageId),
    /// `limit` is over 100.
    LimitAboveMaximum(u32),
    /// `limit` is under 1.
    LimitBelowMinimum(u32),
    /// Too many requests arrived. `retry_after` is the value of the header of that name, if
    /// present.
    RateLimited {
        /// How long to wait.
        retry_after: Option<Span>,
    },
    /// The server failed.
    Internal,
    /// The server is overloaded.
    Overloaded,
}

/// Tool outputs that do not match what the run waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WrongOutputs {
    /// The calls that the run waits for.
    pub expected: Vec<ToolCallId>,
    /// The calls that were answered.
    pub got: Vec<ToolCallId>,
}

/// The largest `limit` of a list (D, spec).
pub const LIMIT_MAX: u32 = 100;

impl ApiError {
    /// Returns the HTTP status. The active-run rule answers 400, not 409 (U, TripSit/TripBot#939
    /// and openai-python#1023), so no SDK retries it on its own.
    pub const fn status(&self) -> u16 {
        match self {
            ApiError::NoThread(_)
            | ApiError::NoAssistant(_)
            | ApiError::NoRun(_)
            | ApiError::NoMessage(_) => 404,
            ApiError::RateLimited { .. } => 429,
            ApiError::Internal => 500,
            ApiError::Overloaded => 503,
            ApiError::ThreadHasActiveRun { .. }
            | ApiError::MessageWhileRunActive { .. }
            | ApiError::CannotCancel { .. }
            | ApiError::OutputsNotAccepted { .. }
            | ApiError::WrongOutputs(_)
            | ApiError::InvalidThread
            | ApiError::LimitAboveMaximum(_)
            | ApiError::LimitBelowMinimum(_) => 400,
        }
    }

    /// Returns the error's `type`. A rate limit of these endpoints has the common type (U,
    /// community 1366574), unlike a rate limit of the chat endpoints.
    pub const fn kind(&self) -> &'static str {
        if let ApiError::Internal = self {
            "server_error"
        } else if let ApiError::Overloaded = self {
            "service_unavailable_error"
        } else {
            "invalid_request_error"
        }
    }

    /// Returns the error's `param`.
    pub const fn param(&self) -> Option<&'static str> {
        if let ApiError::LimitAboveMaximum(_) | ApiError::LimitBelowMinimum(_) = self {
            Some("limit")
        } else {
            None
        }
    }

    /// Returns the error's `code`. The active-run rule has none, so clients must identify it by its
    /// text.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            ApiError::InvalidThread => Some("invalid_thread"),
            ApiError::LimitAboveMaximum(_) => Some("integer_above_max_value"),
            ApiError::LimitBelowMinimum(_) => Some("integer_below_min_value"),
            ApiError::RateLimited { .. } => Some("rate_limit_exceeded"),
            ApiError::Overloaded => Some("server_is_overloaded"),
            ApiError::ThreadHasActiveRun { .. }
            | ApiError::MessageWhileRunActive { .. }
            | ApiError::CannotCancel { .. }
            | ApiError::OutputsNotAccepted { .. }
            | ApiError::WrongOutputs(_)
            | ApiError::NoThread(_)
            | ApiError::NoAssistant(_)
            | ApiError::NoRun(_)
            | ApiError::NoMessage(_)
            | ApiError::Internal => None,
        }
    }

    /// Returns the active run if the active-run rule refused the call.
    pub const fn active_run(&self) -> Option<RunId> {
        if let ApiError::ThreadHasActiveRun { run, .. }
        | ApiError::MessageWhileRunActive { run, .. } = self
        {
            Some(*run)
        } else {
            None
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApiError::ThreadHasActiveRun { thread, run } => {
                write!(f, "Thread {thread} already has an active run {run}.")
            }
            ApiError::MessageWhileRunActive { thread, run } => {
                write!(f, "Can't add messages to {thread} while a run {run} is active.")
            }
            ApiError::CannotCancel { status } => {
                write!(f, "Cannot cancel run with status '{status}'.")
            }
            ApiError::OutputsNotAccepted { status } => {
                write!(f, "Runs in status \"{status}\" do not accept tool outputs.")
            }
            ApiError::WrongOutputs(outputs) => {
                let (expected, got) = (quoted(&outputs.expected), quoted(&outputs.got));
                write!(f, "Expected tool outputs for call_ids [{expected}], got [{got}]")
            }
            ApiError::InvalidThread => f.write_str(
                "Run creation requires a Thread with a user message \
                 or an assistant with instructions.",
            ),
            ApiError::NoThread(id) => write!(f, "No thread found with id '{id}'."),
            ApiError::NoAssistant(id) => write!(f, "No assistant found with id '{id}'."),
            ApiError::NoRun(id) => write!(f, "No run found with id '{id}'."),
            ApiError::NoMessage(id) => write!(f, "No message found with id '{id}'."),
            ApiError::LimitAboveMaximum(limit) => write!(
                f,
                "Invalid 'limit': integer above maximum value. \
                 Expected a value <= {LIMIT_MAX}, but got {limit} instead."
            ),
            ApiError::LimitBelowMinimum(limit) => write!(
                f,
                "Invalid 'limit': integer below minimum value. \
                 Expected a value >= 1, but got {limit} instead."
            ),
            ApiError::RateLimited { .. } => {
                f.write_str("You've exceeded the rate limit, please slow down and try again later.")
            }
            ApiError::Internal => f.write_str(
                "The server had an error while processing your request. Sorry about that!",
            ),
            ApiError::Overloaded => {
                f.write_str("The engine is currently overloaded, please try again later.")
            }
        }
    }
}

fn quoted(calls: &[ToolCallId]) -> String {
    calls.iter().map(|call| format!("'{call}'")).collect::<Vec<_>>().join(", ")
}
