//! A trial at a branch: the beginning that is kept, and what can happen next.

use deadheat_model::property::PropertyId;
use deadheat_model::time::Time;

use super::{Count, Invocation, Name, Trial};

/// The branch.
#[derive(Clone, Debug)]
pub struct Branch {
    /// How the scenario was called.
    pub invocation: Invocation,
    /// The trial that keeps this beginning, with its whole schedule.
    pub trial: Trial,
    /// How many of its picks are kept.
    pub kept: usize,
    /// The property that is counted.
    pub property: PropertyId,
    /// What can happen next, what can be soonest first.
    pub choices: Vec<Choice>,
    /// How many trials were played for each choice.
    pub trials: u64,
}

impl Branch {
    /// Returns when the last of the picks that are kept happened.
    pub fn at(&self) -> Time {
        let picks = self.trial.schedule.iter().flat_map(|schedule| &schedule.picks);
        picks.take(self.kept).last().map(|pick| pick.at).unwrap_or_default()
    }
}

/// Something that can happen next.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its name.
    pub name: Name,
    /// When it can happen at the earliest.
    pub earliest: Time,
    /// When it happens at the latest.
    pub latest: Time,
    /// Whether it happens next in the trial.
    pub is_taken: bool,
    /// How many of the trials that begin like this, and in which it is next, break the property.
    /// There are none if it cannot be next.
    pub breaks: Count,
}
