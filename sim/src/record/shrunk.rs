//! A trial that was shrunk: what it was, what it has become, and what was tried for it.

use std::fmt;

use deadheat_model::property::Way;

use super::{Case, Cut, Invocation, Trial};

/// The result for a trial that broke something.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The scenario's name.
    pub scenario: String,
    /// How it was called.
    pub invocation: Invocation,
    /// The trial's seed.
    pub seed: u64,
    /// How large it was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// The way of breaking.
    pub way: Way,
    /// Whether fewer context switches would be enough.
    pub fewer: Fewer,
    /// The search for fewer switches had at most this many faults strike.
    pub faults: u32,
    /// What was tried.
    pub effort: Effort,
    /// Why it was ended early, if it was.
    pub cut: Option<Cut>,
    /// The shrunk trial, from its case, at concrete times.
    pub trial: Trial,
    /// The shrunk scenario, as a file has it.
    pub text: String,
    /// Everything that is needed to play it again.
    pub case: Case,
}

/// The size of a trial. What counts most comes first. A trial is smaller if the first number that
/// differs is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Users, processes, and the queue's workers if there are jobs.
    pub actors: u64,
    /// Loops that continue until some time.
    pub open_loops: u64,
    /// Iterations of other loops, and sections of documents.
    pub rounds: u64,
    /// Lines of what actors do.
    pub actions: u64,
    /// Faults that can strike, and outcomes of runs besides completing.
    pub faults: u64,
    /// Documents, kinds of job, and the options that are switched on.
    pub features: u64,
    /// How often jobs, calls and lists are tried again, and runs ask for tools.
    pub again: u64,
    /// Context switches until it broke.
    pub switches: u32,
    /// Occurrences until it broke.
    pub occurrences: u64,
    /// How long runs are at work and faults last at most, in microseconds.
    pub longest: u64,
}

/// Whether fewer context switches would be enough, in the scenario as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fewer {
    /// No order has fewer, whatever the latencies. All of these orders were searched.
    Impossible,
    /// None was found, but the search for them was cut off.
    NotFound,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Smaller scenarios.
    pub candidates: u64,
    /// Those that still break in this way.
    pub accepted: u64,
    /// Trials that were played.
    pub trials: u64,
    /// Occurrences that fired in them.
    pub occurrences: u64,
}

impl fmt::Display for Fewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fewer::Impossible => "impossible",
            Fewer::NotFound => "not-found",
        })
    }
}
