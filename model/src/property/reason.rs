//! Reasons: what a violation came from, where something did not happen that should have, or where a
//! run was in the way.

use serde::Serialize;

use crate::history::{Cause, Death};

/// What a violation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
    /// The run wants tool outputs, and nobody submits them.
    WaitsForTools,
    /// Somebody else held a lock.
    LockBusy,
    /// A lock was busy, and what it guards was left out.
    Skipped,
    /// A job was dropped, since another one was at work.
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
    /// Nobody asked for a run.
    NoRun,
    /// The run was at work, and its creator waited for it.
    AtWork,
    /// Its creator went on without waiting for it.
    NotAwaited,
    /// It was being cancelled.
    Cancelling,
    /// It had ended, and its thread was still locked.
    Ended,
    /// Its creator never heard of it: the reply was lost.
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

    /// As fingerprints spell it.
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

    /// Why a job fails that throws this.
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

    /// Why its creator did not wait for a run whose creation this fault struck.
    pub(super) fn of_fault(name: &str) -> Option<Reason> {
        match name {
            "lose_reply" => Some(Reason::ReplyLost),
            "duplicate" => Some(Reason::SentTwice),
            _ => None,
        }
    }

    /// Why a job fails whose worker dies this way.
    pub const fn of_death(death: Death) -> Reason {
        match death {
            Death::Crash => Reason::Crashed,
            Death::Timeout => Reason::Killed,
        }
    }
}
