//! An explanation of one violation in one trial: the orders that matter, the moment from which it
//! could not be avoided any more, the nearest schedule without it, and which guards remove it.

use std::sync::Arc;

use deadheat_model::history::{Answer, Cast, Event, What};
use deadheat_model::id::RunId;
use deadheat_model::property::{Fingerprint, PropertyId, Violation, Why};

pub use crate::agenda::{Moment, Name};

use super::{Compared, Invocation, Trial};

/// The explanation.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// How it was called.
    pub invocation: Invocation,
    /// The case's file, if one is explained.
    pub case: Option<String>,
    /// Who takes part in it.
    pub cast: Arc<Cast>,
    /// The trial, with its schedule.
    pub trial: Trial,
    /// What is explained.
    pub violation: Violation,
    /// What it has in common with others.
    pub fingerprint: Fingerprint,
    /// What else the trial breaks, each way once.
    pub others: Vec<(Fingerprint, Why)>,
    /// Who relied on what, what came in between, and what they did then.
    pub race: Option<Race>,
    /// The events that have to do with it, by their places.
    pub related: Vec<usize>,
    /// For each pick, the event that tells of it.
    pub told_by: Vec<Option<usize>>,
    /// The place of the pick that broke it.
    pub broke: usize,
    /// Trials in which nothing is kept.
    pub plain: Rates,
    /// What decides it.
    pub orders: Matters,
    /// How often it fails by how much of the trial is kept.
    pub moment: Inevitable,
    /// The nearest trial without it.
    pub nearest: Option<Nearest>,
    /// The trials that were played in search of that.
    pub tried: u64,
    /// What each guard makes of it; guards that do not apply are told there, too.
    pub guards: Compared,
    /// Where it is rare: for each of the rows, how many trials near this one fail in the same way.
    pub near: Vec<Option<Count>>,
    /// How far it came.
    pub known: Known,
}

/// A race as three events, by their places in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// What somebody relied on: a look, what was granted, or what they had waited for; nothing if
    /// nobody looked.
    pub relied: Option<usize>,
    /// Whether that is the end of a wait with a bound.
    pub has_waited: bool,
    /// What came in between, or was in the way.
    pub between: Option<usize>,
    /// What they did then.
    pub acted: usize,
}

/// How far an explanation came before somebody interrupted. What comes later is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// What broke.
    Violation,
    /// The orders that matter.
    Orders,
    /// The moment when it became inevitable.
    Moment,
    /// The nearest schedule that passes.
    Nearest,
    /// Everything.
    All,
}

/// A count out of a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many fail.
    pub failing: u64,
    /// Of how many.
    pub trials: u64,
    /// How many more were given up, since they could not be kept on their course.
    pub skipped: u64,
}

impl Count {
    /// The share of those that fail; 0 if there are none.
    pub fn share(self) -> f64 {
        self.failing as f64 / self.trials.max(1) as f64
    }

    /// Whether all of them fail, and there are some.
    pub const fn is_all(self) -> bool {
        self.trials > 0 && self.failing == self.trials
    }
}

/// How many trials fail in the same way, for any actors, and how many break the property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// How many were played.
    pub trials: u64,
    /// Those that fail in the same way.
    pub alike: u64,
    /// Those that break the property.
    pub breaks: u64,
}

/// Something that a trial can have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The first one fires before the second one does.
    Before(Name, Name),
    /// Chance takes this option.
    Chance(Name, usize),
}

/// What decides the violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matters {
    /// The orders, each with what comes of it if it alone is reversed.
    pub features: Vec<(Feature, Count)>,
    /// How many of the trial's picks are kept in front of that.
    pub kept: usize,
    /// With all of them.
    pub with: Count,
    /// With at least one of them otherwise.
    pub without: Count,
}

impl Matters {
    /// How many more fail with them than without, as a share; 0 if there are none.
    pub fn gap(&self) -> f64 {
        if self.features.is_empty() { 0.0 } else { self.with.share() - self.without.share() }
    }
}

/// How often it fails by how many picks are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inevitable {
    /// This many picks are kept, and this many of the trials fail; by picks.
    pub by_kept: Vec<(usize, Count)>,
    /// From this many on, all fail.
    pub from: Option<usize>,
}

/// A trial near the explained one that does not break its property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The first pick in which it differs, from 0; or the one in which chance chooses otherwise.
    pub place: usize,
    /// In which way.
    pub change: Change,
    /// How many picks from there on stand in another order than before, or are new, or gone.
    pub moved: usize,
    /// Whether everything else follows in its order; otherwise it is drawn anew.
    pub follows: bool,
    /// What it breaks that the explained trial does not.
    pub breaks: Vec<PropertyId>,
}

/// How a trial leaves another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// All fires in the same order, at other times.
    Times,
    /// Something else fires.
    Pick {
        /// What fired.
        was: Name,
        /// What fires instead.
        is: Name,
    },
    /// Chance takes another option.
    Chance {
        /// What for.
        name: Name,
        /// Which one it took.
        was: usize,
        /// Which one it takes.
        is: usize,
    },
}

impl Explained {
    /// The run that a call of this trial created.
    pub fn run_of(&self, name: Name) -> Option<RunId> {
        run_of(&self.trial.history.events, name)
    }
}

/// The run that this call created or changed in these events.
pub fn run_of(events: &[Event], name: Name) -> Option<RunId> {
    let call = name.call;
    events.iter().find_map(|event| match event.what {
        What::Answered { nth, operation, answer: Answer::Run(run, _), .. } => {
            let answered = (event.by, operation, nth);
            (answered == (Some(call.actor), call.operation, call.nth)).then_some(run)
        }
        _ => None,
    })
}
