//! Reasons: what caused a violation, if something that should have happened did not happen, or if a
//! run was in the way.

use serde::{Deserialize, Serialize};

use crate::history::{Cause, Death};

/// What caused a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The active-run rule refused a call.
    Refused,
    /// The server refused a call for another reason.
    Rejected,
    /// The run failed, expired or was incomplete.
    RunFailed,
    /// The run was cancelled.
    Cancelled,
    /// A wait timed out.
    TimedOut,
    /// The run waits for tool outputs, but no actor submits them.
    WaitsForTools,
    /// Another actor held a lock.
    LockBusy,
    /// A lock was busy, and the block that it guards was skipped.
    Skipped,
    /// A job was dropped because another one was at work.
    Dropped,
    /// A click or a dispatch was ignored.
    Ignored,
    /// A job was handed out too often.
    Exhausted,
    /// A worker died.
    Crashed,
    /// A job's `timeout` killed its worker.
    Killed,
    /// The server could not be reached.
    Unavailable,
    /// Something was missing: a document, a thread, a run, or an answer to read.
    Missing,
    /// The action `fail`.
    Failed,
    /// No actor asked for a run.
    NoRun,
    /// The run was at work, and its creator waited for it.
    AtWork,
    /// Its creator went on without waiting for it.
    NotAwaited,
    /// It was being cancelled.
    Cancelling,
    /// It had ended, and its thread was still locked.
    Ended,
    /// Its creator never learned about it, because the reply was lost.
    ReplyLost,
    /// The request that created it reached the server twice.
    SentTwice,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 23] = [
        Reason::Refused,
        Reason::Rejected,
        Reason::RunFailed,
        Reason::Cancelled,
        Reason::TimedOut,
        Reason::WaitsForTools,
        Reason::LockBusy,
        Reason::Skipped,
        Reason::Dropped,
        Reason::Ignored,
        Reason::Exhausted,
        Reason::Crashed,
        Reason::Killed,
        Reason::Unavailable,
        Reason::Missing,
        Reason::Failed,
        Reason::NoRun,
        Reason::AtWork,
        Reason::NotAwaited,
        Reason::Cancelling,
        Reason::Ended,
        Reason::ReplyLost,
        Reason::SentTwice,
    ];

    /// Returns the reason as fingerprints spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Refused => "refused",
            Reason::Rejected => "rejected",
            Reason::RunFailed => "run failed",
            Reason::Cancelled => "cancelled",
            Reason::TimedOut => "timed out",
            Reason::WaitsForTools => "waits for tools",
            Reason::LockBusy => "lock busy",
            Reason::Skipped => "skipped",
            Reason::Dropped => "dropped",
            Reason::Ignored => "ignored",
            Reason::Exhausted => "handed out too often",
            Reason::Crashed => "crashed",
            Reason::Killed => "killed by its timeout",
            Reason::Unavailable => "unavailable",
            Reason::Missing => "something missing",
            Reason::Failed => "failed",
            Reason::NoRun => "no run",
            Reason::AtWork => "awaited",
            Reason::NotAwaited => "not awaited",
            Reason::Cancelling => "cancelling",
            Reason::Ended => "ended",
            Reason::ReplyLost => "reply lost",
            Reason::SentTwice => "sent twice",
        }
    }

    /// Returns why a job that throws this fails.
    pub const fn of(cause: Cause) -> Reason {
        match cause {
            Cause::Refused => Reason::Refused,
            Cause::Rejected => Reason::Rejected,
            Cause::NoDocument | Cause::NoThread | Cause::NoRun | Cause::NoReply => Reason::Missing,
            Cause::TimedOut => Reason::TimedOut,
            Cause::RunFailed => Reason::RunFailed,
            Cause::NeedsAction => Reason::WaitsForTools,
            Cause::Failed => Reason::Failed,
            Cause::LockBusy => Reason::LockBusy,
            Cause::Unavailable | Cause::NoAnswer => Reason::Unavailable,
        }
    }

    /// Returns why a run's creator did not wait for it, if this fault struck its creation.
    pub(super) fn of_fault(name: &str) -> Option<Reason> {
        match name {
            "lose_reply" => Some(Reason::ReplyLost),
            "duplicate" => Some(Reason::SentTwice),
            _ => None,
        }
    }

    /// Returns why a job fails when its worker dies this way.
    pub const fn of_death(death: Death) -> Reason {
        match death {
            Death::Crash => Reason::Crashed,
            Death::Timeout => Reason::Killed,
        }
    }
}
