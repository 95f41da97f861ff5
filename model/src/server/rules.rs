//! What is decided about the server from outside: its rules, what a run will do, and when what it
//! has started is due.

use crate::id::RunId;
use crate::run::RunStatus;
use crate::switches::Switches;
use crate::time::{Span, Window};

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// From a run's creation until it is at work. Zero by default: in nine of nine recorded polls
    /// `queued` was visible in the reply to the creation only (R).
    pub queue_time: Window,
    /// From a run's start, or its return to work, until it ends or asks for tool outputs.
    pub run_time: Window,
    /// From a granted cancel until the run has stopped. It locks its thread until then (R,
    /// supercompat `cancelRun`: `cancelled` within 5 s).
    pub cancel_time: Window,
    /// How long after its creation a run expires; submitting outputs does not extend it (D).
    pub expires_after: Span,
    /// How often a run asks for tool outputs at most; then it completes instead. A model asks
    /// as often as it likes: how often is the author's to say.
    pub tool_turns: u32,
    /// What is not known of the real server.
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

/// What a run will do when its time has come: decided outside, when it is set to work.
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

/// All that is decided about a run when it is set to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What it will do.
    pub outcome: Outcome,
    /// How long its thread stays locked after its end; no time at all, as far as anybody has
    /// reported of the real server. The shape is known from agentscope-java#3109.
    pub lag: Option<Window>,
    /// Whether it completes although it is being cancelled (D, "attempted, not guaranteed").
    pub outruns_cancel: bool,
}

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Plan {
        Plan { outcome, lag: None, outruns_cancel: false }
    }
}

/// Something that the server has started and that somebody has to [`fire`](super::Server::fire).
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
    /// A run that is over lets go of its thread.
    ThreadFrees(RunId),
}

impl Due {
    /// The run that it is about.
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

/// What a request, or something due, brings about beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `due` is to be fired within the window, counted from now.
    Start(Due, Window),
    /// Nothing that was started for this run is due any more.
    Clear(RunId),
    /// The run has this status now. `spent`: it has been at work, so its tokens are paid for.
    Moved {
        /// Which run.
        run: RunId,
        /// As it stands now.
        status: RunStatus,
        /// Whether it has ever been at work.
        spent: bool,
    },
}
