//! Cases: a failing trial in a file, which can be played again by names.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::trial::Trial;
use super::words::parse;
use crate::agenda::{Fate, Pick, Schedule, Time};

/// A failing trial, as it is kept in a file: what broke, and the picks that decided the trial. It
/// can be played again after changes that leave the names of its occurrences alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The version of the library that wrote it.
    deadheat: String,
    /// The test that it is of.
    pub test: String,
    /// The strategy that found it, and the seed of the trial in which it did.
    pub strategy: String,
    /// See `strategy`.
    pub seed: u64,
    /// The property that it breaks.
    pub property: String,
    picks: Vec<PickText>,
    fates: Vec<FateText>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PickText {
    name: String,
    at_us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FateText {
    name: String,
    option: usize,
}

/// Why a text is not a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError(String);

impl std::error::Error for CaseError {}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not a case of a Rust test: {}", self.0)
    }
}

impl Case {
    /// Returns the case of a trial that breaks this property, and that a test has found under a
    /// strategy, or from the trial of a seed.
    pub(super) fn new(
        test: &str,
        strategy: &str,
        seed: u64,
        property: &str,
        trial: &Trial,
    ) -> Case {
        let pick = |(name, at): &(String, Time)| PickText { name: name.clone(), at_us: at.as_us() };
        let fate =
            |(name, option): &(String, usize)| FateText { name: name.clone(), option: *option };
        Case {
            deadheat: env!("CARGO_PKG_VERSION").to_owned(),
            test: test.to_owned(),
            strategy: strategy.to_owned(),
            seed,
            property: property.to_owned(),
            picks: trial.picks.iter().map(pick).collect(),
            fates: trial.fates.iter().map(fate).collect(),
        }
    }

    /// Reads a case from the text of its file.
    pub fn read(text: &str) -> Result<Case, CaseError> {
        let case: Case =
            serde_json::from_str(text).map_err(|error| CaseError(error.to_string()))?;
        case.try_schedule()?;
        Ok(case)
    }

    /// Returns the text for a file.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("invariant: a case is made of texts and numbers") + "\n"
    }

    /// Returns the picks that decide the trial.
    pub(super) fn schedule(&self) -> Schedule {
        self.try_schedule().expect("invariant: a case that was read has names")
    }

    fn try_schedule(&self) -> Result<Schedule, CaseError> {
        let name = |text: &str| {
            parse(text)
                .ok_or_else(|| CaseError(format!("`{text}` is not the name of an occurrence")))
        };
        let pick =
            |pick: &PickText| Ok(Pick { name: name(&pick.name)?, at: Time::from_us(pick.at_us) });
        let fate = |fate: &FateText| Ok(Fate { name: name(&fate.name)?, option: fate.option });
        let picks = self.picks.iter().map(pick).collect::<Result<_, CaseError>>()?;
        let fates = self.fates.iter().map(fate).collect::<Result<_, CaseError>>()?;
        Ok(Schedule { picks, fates })
    }
}
