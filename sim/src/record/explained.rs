//! An explanation of one violation in one trial: the orders that matter, the moment from which it
//! could no longer be avoided, the nearest schedule without it, and which guards remove it.

use std::sync::Arc;

use deadheat_model::history::{Answer, Cast, Event, Mark, What};
use deadheat_model::id::RunId;
use deadheat_model::property::{PropertyId, Violation, Way};

pub use crate::agenda::Name;
pub use crate::name::Moment;

use super::{Account, Compared, Invocation, Trial};

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
    /// The cast of the scenario.
    pub cast: Arc<Cast>,
    /// The trial, with its schedule.
    pub trial: Trial,
    /// Its account.
    pub account: Account,
    /// What is explained.
    pub violation: Violation,
    /// Its way of breaking.
    pub way: Way,
    /// What else the trial breaks, each way once.
    pub others: Vec<Way>,
    /// What an actor relied on, what came in between, and what the actor did then.
    pub race: Option<Race>,
    /// The events that concern it, by their places.
    pub related: Vec<usize>,
    /// The event that shows each pick.
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
    /// The result of each guard. Guards that do not apply are listed there, too.
    pub guards: Compared,
    /// How many trials near this one fail in the same way, for each of the rows. This is only
    /// measured if the violation is rare.
    pub near: Vec<Option<Count>>,
    /// Whether no order under the guards of each row breaks the property, as far as a search that
    /// ends soon tells.
    pub never: Vec<bool>,
    /// How far the explanation came.
    pub known: Known,
}

/// A race as three events, by their places in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// What the actor relied on: a look, what was granted, or what it had waited for. It is `None`
    /// if the actor did not look.
    pub relied: Option<usize>,
    /// What came in between, or was in the way.
    pub between: Option<usize>,
    /// What the actor did then.
    pub acted: usize,
}

impl Race {
    /// Returns whether the actor relied on a wait that it had given up.
    pub fn has_waited(&self, events: &[Event]) -> bool {
        self.relied.is_some_and(|at| matches!(events[at].what, What::Marked(Mark::WentOn)))
    }
}

/// How far an explanation came before it was interrupted. What comes later is not known.
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
    /// Out of how many.
    pub trials: u64,
    /// How many more were given up, because they could not be kept on their course.
    pub skipped: u64,
}

impl Count {
    /// Returns the share of those that fail. This is 0 if there are none.
    pub fn share(self) -> f64 {
        self.failing as f64 / self.trials.max(1) as f64
    }

    /// Returns whether all of them fail, and there are some.
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
    /// The orders, each with the result if it alone is reversed.
    pub features: Vec<(Feature, Count)>,
    /// How many of the trial's picks are kept before that.
    pub kept: usize,
    /// The trials with all of them.
    pub with: Count,
    /// The trials with at least one of them otherwise.
    pub without: Count,
    /// How many orders there are with all of them, if each of these orders breaks the property and
    /// a search has counted them.
    pub every: Option<u128>,
}

impl Matters {
    /// Returns how many more fail with them than without, as a share. This is 0 if there are none.
    pub fn gap(&self) -> f64 {
        if self.features.is_empty() { 0.0 } else { self.with.share() - self.without.share() }
    }
}

/// How often it fails, by how many picks are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inevitable {
    /// How many picks are kept, and how many of the trials then fail, sorted by picks.
    pub by_kept: Vec<(usize, Count)>,
    /// All trials fail from this many picks on.
    pub from: Option<usize>,
    /// How many orders go on from there, if each of these orders breaks the property and a search
    /// has counted them.
    pub every: Option<u128>,
}

/// A trial near the explained one that does not break its property.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The trial.
    pub trial: Trial,
    /// Its account.
    pub account: Account,
    /// The first pick in which it differs, from 0, or the pick in which chance chooses otherwise.
    pub place: usize,
    /// How it differs.
    pub change: Change,
    /// How many picks from there on are in another order than before, are new, or are gone.
    pub moved: usize,
    /// Whether everything else follows in its order. Otherwise it is drawn again.
    pub follows: bool,
    /// What it breaks that the explained trial does not.
    pub breaks: Vec<PropertyId>,
}

/// How a trial leaves another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Everything fires in the same order, at other times.
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
        /// What it is for.
        name: Name,
        /// Which option it took.
        was: usize,
        /// Which option it takes.
        is: usize,
    },
}

impl Explained {
    /// Returns the run that a call of this trial created.
    pub fn run_of(&self, name: Name) -> Option<RunId> {
        run_of(&self.trial.history.events, name)
    }
}

/// Returns the run that this call created or changed in these events.
pub fn run_of(events: &[Event], name: Name) -> Option<RunId> {
    let call = name.call;
    events.iter().find_map(|event| {
        let What::Answered { nth, operation, answer: Answer::Run(run, _), .. } = event.what else {
            return None;
        };
        let answered = (event.by, operation, nth);
        (answered == (Some(call.actor()), call.operation(), call.nth)).then_some(run)
    })
}
