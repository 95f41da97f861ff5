//! The schedule: every pick that decided a trial, by name.

use deadheat_model::time::Time;

use super::Name;

/// What was decided in a trial: the order of the occurrences, and every fate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// What fired, in order.
    pub picks: Vec<Pick>,
    /// What chance decided beside the order, in the order in which it was asked.
    pub fates: Vec<Fate>,
}

/// One occurrence that was picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which one.
    pub name: Name,
    /// The time that it was given.
    pub at: Time,
}

/// One option that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What for.
    pub name: Name,
    /// Which option, from 0.
    pub option: usize,
}
