//! What is decided about the server from outside: its rules, what a run will do, and when something
//! that it has started is due.

use crate::id::RunId;
use crate::run::RunStatus;
use crate::switches::Switches;
use crate::time::{Span, Window};

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The time from a run's creation until it is at work. It is zero by default, because in nine
    /// of nine recorded polls `queued` was visible only in the reply to the creation (R).
    pub queue_time: Window,
    /// The time from a run's start, or its return to work, until it ends or asks for tool outputs.
    pub run_time: Window,
    /// The time from a granted cancel until the run has stopped. The run locks its thread until
    /// then (R, supercompat `cancelRun`: `cancelled` within 5 s).
    pub cancel_time: Window,
    /// How long after its creation a run expires. Submitting outputs does not extend this time (D).
    pub expires_after: Span,
    /// How often a run asks for tool outputs at most. It completes instead after that. A model asks
    /// as often as it likes, so the author must say how often.
    pub tool_turns: u32,
    /// What is not known about the real server.
    pub switches: Switches,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            queue_time: Window::NOW,
            run_time: Window::between(Span::from_secs(2), Span::from_secs(20)),
            cancel_time: Window::between(Span::from_ms(100), Span::from_secs(5)),
            expires_after: Span::from_secs(600),
            tool_turns: 1,
            switches: Switches::default(),
        }
    }
}

/// What a run will do when it is due. This is decided outside, when the run is set to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It answers.
    Completed,
    /// It ends with an error.
    Failed,
    /// It answers in part.
    Incomplete,
    /// It asks for the outputs of this many tool calls.
    NeedsAction(u8),
    /// It works until it expires.
    Stuck,
}

/// Everything that is decided about a run when it is set to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What it will do.
    pub outcome: Outcome,
    /// How long its thread stays locked after its end. No report about the real server mentions any
    /// such time. The shape is known from agentscope-java#3109.
    pub lag: Option<Window>,
    /// Whether it completes although it is being cancelled (D, "attempted, not guaranteed").
    pub outruns_cancel: bool,
}

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Plan {
        Plan { outcome, lag: None, outruns_cancel: false }
    }
}

/// Something that the server has started and that the caller must [`fire`](super::Server::fire).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// A queued run begins its work.
    RunStarts(RunId),
    /// A run does what its outcome says.
    RunEnds(RunId),
    /// A run that is being cancelled stops.
    RunStops(RunId),
    /// A run has lasted too long.
    RunExpires(RunId),
    /// A run that is over releases its thread.
    ThreadFrees(RunId),
}

impl Due {
    /// Returns the run that it concerns.
    pub const fn run(self) -> RunId {
        match self {
            Due::RunStarts(run)
            | Due::RunEnds(run)
            | Due::RunStops(run)
            | Due::RunExpires(run)
            | Due::ThreadFrees(run) => run,
        }
    }
}

/// An effect of a request, or of something due, besides its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `due` is to be fired within the window, counted from now.
    Start(Due, Window),
    /// Nothing that was started for this run is due any more.
    Clear(RunId),
    /// The run has this status now. If `spent` is set, it has been at work, so its tokens are paid
    /// for.
    Moved {
        /// Which run.
        run: RunId,
        /// Its new status.
        status: RunStatus,
        /// Whether it has ever been at work.
        spent: bool,
    },
}
