//! What a check has come to.

use std::fmt;

use super::case::Case;
use super::explain::Race;
use super::host::Host;
use super::trial::Trial;
use crate::agenda::Stop;
use crate::explore::StrategyName;

/// What is known after a check or a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is broken.
    Holds,
    /// A property is broken.
    Breaks,
    /// Nothing is broken, but not everything was seen: trials were out of budget, a state that some
    /// trial should reach was not reached, or a proof was cut off.
    Undecided,
    /// The library was used wrongly, or a trial escapes its schedule.
    Misused,
}

/// What a check has come to. It shows itself in words.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The strategy.
    pub strategy: StrategyName,
    /// The seed of the first trial.
    pub first_seed: u64,
    /// How many trials were played.
    pub trials: u64,
    /// How many of them were out of budget.
    pub out_of_budget: u64,
    /// What broke, in the order in which it was found.
    pub broken: Vec<Broken>,
    /// What [`Sim::sometimes`](super::Sim::sometimes) asks for and no trial has reached.
    pub unreached: Vec<String>,
    /// How the library was used wrongly.
    pub misuse: Option<String>,
    /// The first thing that broke, explained.
    pub failure: Option<Failure>,
}

/// A property that broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub property: String,
    /// In how many trials.
    pub trials: u64,
    /// The first trial's seed.
    pub first_seed: u64,
    /// What it meant in that trial.
    pub why: String,
}

/// A failure, explained.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The property that breaks.
    pub property: String,
    /// The smallest trial that breaks it, as far as it was looked for.
    pub trial: Trial,
    /// The same trial, for a file.
    pub case: Case,
    /// The order that matters, if there is one.
    pub race: Option<Race>,
}

impl Outcome {
    pub(super) fn new(strategy: StrategyName, first_seed: u64) -> Outcome {
        Outcome {
            strategy,
            first_seed,
            trials: 0,
            out_of_budget: 0,
            broken: Vec::new(),
            unreached: Vec::new(),
            misuse: None,
            failure: None,
        }
    }

    /// Adds the trial that was just played.
    pub(super) fn add(&mut self, seed: u64, host: &Host<'_>) {
        let world = host.world();
        if self.trials == 0 {
            self.unreached = world.sought().collect();
        }
        self.trials += 1;
        self.out_of_budget += u64::from(host.stop() == Stop::OutOfBudget);
        self.unreached.retain(|sought| world.seeks(sought));
        self.misuse.clone_from(&world.misuse);
        for (place, found) in world.found.iter().enumerate() {
            // A trial counts once, however many actors break the property in it.
            if world.found[..place].iter().any(|other| other.property == found.property) {
                continue;
            }
            match self.broken.iter_mut().find(|broken| broken.property == found.property) {
                Some(broken) => broken.trials += 1,
                None => self.broken.push(Broken {
                    property: found.property.clone(),
                    trials: 1,
                    first_seed: seed,
                    why: found.why.clone(),
                }),
            }
        }
    }

    /// Returns what is known now.
    pub fn verdict(&self) -> Verdict {
        if self.misuse.is_some() {
            Verdict::Misused
        } else if !self.broken.is_empty() {
            Verdict::Breaks
        } else if self.out_of_budget > 0 || !self.unreached.is_empty() {
            Verdict::Undecided
        } else {
            Verdict::Holds
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { strategy, first_seed, trials, .. } = self;
        if let Some(misuse) = &self.misuse {
            return writeln!(f, "{misuse}");
        }
        let last_seed = (first_seed + trials).saturating_sub(1);
        let played = format!("{trials} trials ({strategy}, seeds {first_seed} to {last_seed})");
        for Broken { property, trials: broken, first_seed, why } in &self.broken {
            writeln!(
                f,
                "`{property}` broke in {broken} of {played}, first with seed {first_seed}:"
            )?;
            writeln!(f, "  {why}")?;
        }
        if self.broken.is_empty() {
            writeln!(f, "nothing broke in {played}")?;
        }
        if self.out_of_budget > 0 {
            writeln!(
                f,
                "{} trials were out of budget, so they were not played to their end; see \
                 `Check::budget`, or look for an actor that never stops",
                self.out_of_budget
            )?;
        }
        for sought in &self.unreached {
            writeln!(f, "no trial reached this: {sought}")?;
        }
        self.failure.as_ref().map_or(Ok(()), |failure| write!(f, "\n{failure}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { property, trial, race, .. } = self;
        writeln!(f, "the smallest trial found that breaks `{property}`:\n\n{trial}")?;
        race.as_ref().map_or(Ok(()), |race| write!(f, "{race}"))
    }
}
