//! A checked sweep: what was expected, what the result was, and what is surprising about it.

use deadheat_model::history::{Cast, Mark};
use deadheat_model::property::{PropertyId, Way};
use deadheat_model::time::Span;
use std::sync::Arc;

use super::{Coverage, Digest, Part, Share, Summary, Tally};

/// A scenario's sweep, judged.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// The scenario as it was named, the parameters that were set, and the guards. A replay needs
    /// these.
    pub invocation: Invocation,
    /// The cast of the scenario.
    pub cast: Arc<Cast>,
    /// The seed of the first trial.
    pub first_seed: u64,
    /// How many OS threads played it.
    pub lanes: usize,
    /// The totals of the trials.
    pub summary: Summary,
    /// What the trials leave behind for other parts of the sweep.
    pub part: Part,
    /// What the trials that were played a second time have shown.
    pub watched: Watched,
    /// What was expected of each property, by [`PropertyId`].
    pub expected: [Expected; PropertyId::ALL.len()],
    /// The properties that no order can break, of those that no trial broke. Only a search that
    /// ends soon says so.
    pub proved: Vec<PropertyId>,
    /// How the properties break, each with a trial that shows it.
    pub findings: Vec<Shown>,
    /// The members of the portfolio, with the results of each. This is empty without a portfolio.
    pub members: Vec<(String, Share)>,
    /// What became of the faults.
    pub faults: Vec<Struck>,
    /// Where the expectation is not met. This is empty if it is met.
    pub surprises: Vec<Surprise>,
    /// The bugs of this program.
    pub bugs: Vec<Bug>,
    /// Whether the sweep was interrupted before its end.
    pub is_interrupted: bool,
    /// How much a trial may use.
    pub budget: Budget,
    /// The rule that ended it.
    pub ended: Ended,
}

/// How much a trial may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most this many occurrences.
    pub picks: u64,
    /// No later than this after the beginning.
    pub time: Span,
}

/// Which rule ended a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All trials were played.
    Trials,
    /// Its time was over.
    Time,
    /// There were as many findings as were asked for.
    Findings,
    /// Nothing new was found for as many trials as were asked for.
    Quiet,
    /// Too many of its first trials were out of budget.
    OutOfBudget,
    /// It was interrupted.
    Interrupted,
    /// A bug of this program.
    Bug,
}

impl Ended {
    /// Returns the name that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Ended::Trials => "trials",
            Ended::Time => "time",
            Ended::Findings => "findings",
            Ended::Quiet => "quiet",
            Ended::OutOfBudget => "out_of_budget",
            Ended::Interrupted => "interrupted",
            Ended::Bug => "bug",
        }
    }
}

/// What the trials that were played a second time have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Which orders of conflicting operations occurred in them. Its trials are all of them.
    pub coverage: Coverage,
}

/// What a replay needs besides the seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program, as it can be called.
    pub program: String,
    /// The scenario, as it was named.
    pub scenario: String,
    /// The parameters that were set.
    pub settings: Vec<(String, String)>,
    /// The guards, as `--guard` takes them, if there are any.
    pub guards: Option<String>,
    /// The strategy, as `--strategy` takes it, if it is not `walk`.
    pub strategy: Option<String>,
}

impl Invocation {
    /// Returns whether the trials are a random sample, so that rates have intervals. Only `walk`
    /// gives one.
    pub fn is_a_sample(&self) -> bool {
        self.strategy.is_none()
    }
}

/// What is expected of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every trial keeps it.
    Holds,
    /// Some trial breaks it.
    Violates,
    /// Every trial breaks it.
    Always,
    /// Anything is allowed.
    Allows,
    /// At most this many of a million trials break it.
    AtMost(u32),
    /// Nothing is expected, because no expectation covers the parameters that were set.
    NotJudged,
}

impl Expected {
    /// Returns the name that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Violates => "violates",
            Expected::Always => "always",
            Expected::Allows => "allows",
            Expected::AtMost(_) => "at_most",
            Expected::NotJudged => "not_judged",
        }
    }
}

/// A finding with a trial that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The way of breaking.
    pub way: Way,
    /// How many trials have it.
    pub tally: Tally,
    /// The digest of the first trial's history.
    pub digest: Option<Digest>,
    /// The file of the case that was made from it.
    pub case: Option<String>,
}

/// Where an expectation is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surprise {
    /// It should hold but broke.
    Broke(PropertyId),
    /// It should break in some trial but held in all.
    NeverBroke(PropertyId),
    /// It should break in each trial but held in this many.
    Held(PropertyId, u64),
    /// Some trial should have reached it.
    NotReached(Mark),
    /// No trial should have reached it.
    Reached(Mark, Tally),
    /// The fault with this place struck in no trial.
    NeverStruck(usize),
    /// It breaks in more than this many of a million trials, with its whole interval.
    TooOften(PropertyId, u32),
    /// It breaks more often than in the baseline, where this many trials broke it, of this many.
    Worse(PropertyId, u64, u64),
}

impl Surprise {
    /// Returns the property that it is about, if it is about one.
    pub const fn property(&self) -> Option<PropertyId> {
        match self {
            Surprise::Broke(property)
            | Surprise::NeverBroke(property)
            | Surprise::Held(property, _)
            | Surprise::TooOften(property, _)
            | Surprise::Worse(property, ..) => Some(*property),
            Surprise::NotReached(_) | Surprise::Reached(..) | Surprise::NeverStruck(_) => None,
        }
    }

    /// Returns whether some trial shows it, so that more trials would not change it.
    pub const fn has_shown_itself(&self) -> bool {
        match self {
            Surprise::Broke(_)
            | Surprise::Held(..)
            | Surprise::Reached(..)
            | Surprise::TooOften(..)
            | Surprise::Worse(..) => true,
            Surprise::NeverBroke(_) | Surprise::NotReached(_) | Surprise::NeverStruck(_) => false,
        }
    }
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struck {
    /// Its name.
    pub name: String,
    /// The trials in which it could have struck.
    pub armed: Tally,
    /// The trials in which it struck.
    pub fired: Tally,
    /// How many of the trials that were looked at this fault changed: the same seed without it
    /// breaks other promises, or ends otherwise.
    pub changed: u64,
    /// How many were looked at.
    pub looked_at: u64,
}

/// A bug of this program, with the trial that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bug {
    /// The trial's seed.
    pub seed: u64,
    /// What is wrong.
    pub what: String,
    /// Where two runs of it diverge, if that is what is wrong.
    pub parting: Option<Parting>,
}

impl Bug {
    /// Returns the bug of the trial with this seed, which panicked with this message.
    pub fn crash(seed: u64, what: String) -> Bug {
        Bug { seed, what, parting: None }
    }
}

/// Where two runs of a trial diverge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The first event that is not the same, counted from 0.
    pub event: usize,
    /// The options that tell the two runs apart.
    pub runs: [String; 2],
    /// The line of that event in both runs. It is `None` where the history ends before it.
    pub lines: [Option<String>; 2],
}

/// How a sweep is judged. Where several apply, the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judged {
    /// This program has a bug.
    Bug,
    /// Something is not as expected.
    Unexpected,
    /// It was interrupted before its end.
    Interrupted,
    /// The time was up before the first trial.
    Unplayed,
    /// Some trial was out of budget.
    OutOfBudget,
    /// No expectation covers the settings or the guards.
    NotCovered,
    /// Everything is as expected.
    Expected,
}

impl Checked {
    /// Judges the sweep.
    pub fn judged(&self) -> Judged {
        if !self.bugs.is_empty() {
            Judged::Bug
        } else if !self.surprises.is_empty() {
            Judged::Unexpected
        } else if self.is_interrupted {
            Judged::Interrupted
        } else if self.summary.trials == 0 {
            Judged::Unplayed
        } else if self.summary.out_of_budget.trials > 0 {
            Judged::OutOfBudget
        } else if !self.is_covered() {
            Judged::NotCovered
        } else {
            Judged::Expected
        }
    }

    /// Returns whether everything was as expected, as far as it was played.
    pub fn is_met(&self) -> bool {
        !matches!(self.judged(), Judged::Bug | Judged::Unexpected)
    }

    /// Returns whether enough was played to judge the expectation.
    pub fn is_judged(&self) -> bool {
        let was_ended = matches!(self.ended, Ended::Interrupted | Ended::OutOfBudget);
        self.summary.trials > 0 && !was_ended
    }

    /// Returns whether it is surprising that this property breaks.
    pub fn is_surprising(&self, property: PropertyId) -> bool {
        self.surprises.iter().any(|surprise| match surprise {
            Surprise::Broke(broken)
            | Surprise::TooOften(broken, _)
            | Surprise::Worse(broken, ..) => *broken == property,
            Surprise::NeverBroke(_)
            | Surprise::Held(..)
            | Surprise::NotReached(_)
            | Surprise::Reached(..)
            | Surprise::NeverStruck(_) => false,
        })
    }

    /// Returns whether some expectation covers this invocation.
    pub fn is_covered(&self) -> bool {
        self.expected.iter().all(|expected| *expected != Expected::NotJudged)
    }
}
