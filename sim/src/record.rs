//! What a trial or a sweep leaves behind, as data. It renders nothing and runs nothing.

mod account;
mod branch;
mod case;
mod checked;
mod compared;
mod coverage;
mod entries;
mod explained;
mod lines;
mod part;
mod proof;
mod rate;
mod selftested;
mod shrunk;
mod sketch;
mod steps;
mod summary;
mod threshold;
mod trace;

pub use self::account::{Account, Cause, Fired, Line, Wait, Waited};
pub use self::branch::{Branch, Choice};
pub use self::case::{
    BadCase, CASE_FORMAT, CASE_MAX, Case, Difference, Expects, How, Kept, Looked, Origin, Print,
    ShrunkFrom, State, Witnessed,
};
pub use self::checked::{
    Budget, Bug, Checked, Ended, Expected, Invocation, Judged, Parting, Shown, Struck, Surprise,
    Watched,
};
pub use self::compared::{Bill, Compared, Costs, Outcome, Played, Row, TIMES_MAX, Varied};
pub use self::coverage::{Act, Coverage, Orders, Pair, Thing};
pub use self::explained::{
    Change, Count, Explained, Feature, Inevitable, Known, Matters, Moment, Name, Nearest, Race,
    Rates, run_of,
};
pub use self::lines::{Digest, LINES_FORMAT, digest, line, lines};
pub use self::part::{FIRST, Part};
pub use self::proof::{
    Assumed, Counterexample, Cut, FewerActors, Proof, Proved, Purpose, Searched, Verdict,
};
pub use self::rate::{Rate, rate};
pub use self::selftested::{Oracle, Selftested, Tested, Tried};
pub use self::shrunk::{Effort, Fewer, Shrunk, Size};
pub use self::sketch::{Distinct, Sketch};
pub use self::steps::{Chosen, Pick, Steps};
pub use self::summary::{AGAIN, Counted, FaultTally, Finding, SAMPLE, Share, Summary, Tally};
pub use self::threshold::{Answered, Probe, Threshold, Verged};
pub use self::trace::Trace;

use crate::agenda::Schedule;
use deadheat_model::history::{End, History};
use deadheat_model::property::{Marks, Violation};

/// A trial that was kept, with everything that can be said about it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The scenario's name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// What happened.
    pub history: History,
    /// How many occurrences fired.
    pub occurrences: u64,
    /// What it broke.
    pub violations: Vec<Violation>,
    /// What it reached.
    pub marks: Marks,
    /// How it ended.
    pub end: End,
    /// What was still pending, or which actor was waiting for what, if the trial did not come to
    /// rest.
    pub unfinished: Vec<String>,
    /// The digest of its history.
    pub digest: Digest,
    /// The picks that decided it, if they were recorded.
    pub schedule: Option<Schedule>,
}
