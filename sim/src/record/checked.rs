//! A checked sweep: what was expected, what came of it, and what is surprising about that.

use deadheat_model::history::{Cast, Mark};
use deadheat_model::property::{Fingerprint, PropertyId, Why};
use deadheat_model::time::Span;
use std::sync::Arc;

use super::{Coverage, Digest, Share, Summary, Tally};

/// A scenario's sweep, judged.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// The scenario as it was named, the parameters that were set, and the guards: what a replay
    /// has to be told.
    pub invocation: Invocation,
    /// Who takes part in it.
    pub cast: Arc<Cast>,
    /// The seed of the first trial.
    pub first_seed: u64,
    /// On how many OS threads it was played.
    pub lanes: usize,
    /// What the trials add up to.
    pub summary: Summary,
    /// What the trials that were played a second time have shown.
    pub watched: Watched,
    /// What was expected of each property, by [`PropertyId`].
    pub expected: [Expected; PropertyId::ALL.len()],
    /// How the properties break, each with a trial that shows it.
    pub findings: Vec<Shown>,
    /// The members of the portfolio, with what each has come to; empty without one.
    pub members: Vec<(String, Share)>,
    /// What became of the faults.
    pub faults: Vec<Struck>,
    /// Where the expectation is not met. Nothing: it is met.
    pub surprises: Vec<Surprise>,
    /// Our own bugs.
    pub bugs: Vec<Bug>,
    /// Whether somebody ended the sweep before its time.
    pub is_interrupted: bool,
    /// How much a trial may use.
    pub budget: Budget,
    /// What ended it.
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
    /// As many findings were there as were asked for.
    Findings,
    /// Too many of its first trials were out of budget.
    OutOfBudget,
    /// Somebody interrupted it.
    Interrupted,
    /// A bug of this program.
    Bug,
}

impl Ended {
    /// As JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Ended::Trials => "trials",
            Ended::Time => "time",
            Ended::Findings => "findings",
            Ended::OutOfBudget => "out_of_budget",
            Ended::Interrupted => "interrupted",
            Ended::Bug => "bug",
        }
    }
}

/// What the trials that were played a second time have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Which orders of conflicting operations occurred in them; its trials are all of them.
    pub coverage: Coverage,
}

/// What a replay has to be told beside the seed.
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
    /// Whether the trials are a random sample, so that rates have intervals: under `walk` alone.
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
    /// Anything.
    Allows,
    /// Nothing: no expectation covers the parameters that were set.
    NotJudged,
}

impl Expected {
    /// As JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Violates => "violates",
            Expected::Always => "always",
            Expected::Allows => "allows",
            Expected::NotJudged => "not_judged",
        }
    }
}

/// A finding with a trial that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What the violations have in common.
    pub fingerprint: Fingerprint,
    /// In which way the property is broken.
    pub why: Why,
    /// In how many trials.
    pub tally: Tally,
    /// The digest of the first one's history.
    pub digest: Option<Digest>,
    /// The file of the case that was made of it.
    pub case: Option<String>,
}

/// Where an expectation is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surprise {
    /// It should hold, and broke.
    Broke(PropertyId),
    /// It should break in some trial, and held in all.
    NeverBroke(PropertyId),
    /// It should break in each trial, and held in this many.
    Held(PropertyId, u64),
    /// Some trial should have reached it.
    NotReached(Mark),
    /// No trial should have reached it.
    Reached(Mark, Tally),
    /// The fault with this place struck in no trial.
    NeverStruck(usize),
}

impl Surprise {
    /// Whether some trial shows it, so that more trials would not change it.
    pub const fn has_shown_itself(&self) -> bool {
        match self {
            Surprise::Broke(_) | Surprise::Held(..) | Surprise::Reached(..) => true,
            Surprise::NeverBroke(_) | Surprise::NotReached(_) | Surprise::NeverStruck(_) => false,
        }
    }
}

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struck {
    /// What it is called.
    pub name: String,
    /// Which trials it could have struck in.
    pub armed: Tally,
    /// Which trials it struck in.
    pub fired: Tally,
    /// In how many of those that were looked at the same seed without this fault breaks other
    /// promises, or ends otherwise.
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
    /// Where two runs of it part, if that is what is wrong.
    pub parting: Option<Parting>,
}

impl Bug {
    /// The trial with this seed panicked, and said this.
    pub fn crash(seed: u64, what: String) -> Bug {
        Bug { seed, what, parting: None }
    }
}

/// Where two runs of a trial part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The first event that is not the same, counted from 0.
    pub event: usize,
    /// madsim's own seeds in the two runs.
    pub madsim_seeds: [u64; 2],
    /// That event's line in both; nothing where the history ends before it.
    pub lines: [Option<String>; 2],
}

impl Checked {
    /// Whether nothing was other than expected, as far as it was played.
    pub fn is_met(&self) -> bool {
        self.surprises.is_empty() && self.bugs.is_empty()
    }

    /// Whether so much was played that the expectation could be judged.
    pub fn is_judged(&self) -> bool {
        let was_ended = matches!(self.ended, Ended::Interrupted | Ended::OutOfBudget);
        self.summary.trials > 0 && !was_ended
    }

    /// Whether it is surprising that this property breaks.
    pub fn is_surprising(&self, property: PropertyId) -> bool {
        self.surprises.contains(&Surprise::Broke(property))
    }

    /// Whether some expectation covers this invocation.
    pub fn is_covered(&self) -> bool {
        self.expected.iter().all(|expected| *expected != Expected::NotJudged)
    }
}
