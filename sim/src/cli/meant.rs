//! The trial that is meant: a trial of a scenario, by its seed, or a case. Every command about one
//! trial names it in the same words.

use std::path::Path;

use super::args::Meant;
use super::exit_code::ExitCode;
use super::plan;
use super::{Failure, cases, files, interrupt, output, way};
use crate::engine::{Lane, Play};
use crate::explore::StrategyName;
use crate::record::{Case, Trial};
use crate::report::number::grouped;
use crate::scenario::Guards;
use crate::study::{self, Subject};

/// A trial of a scenario.
pub(super) struct Chosen {
    pub(super) subject: Subject,
    pub(super) seed: u64,
}

/// A case, in its scenario as it is now.
pub(super) struct Opened {
    pub(super) case: Case,
    pub(super) subject: Subject,
    /// Whether the scenario is there. Otherwise the case's own text is played.
    pub(super) is_there: bool,
    /// What has changed in the scenario, in a sentence.
    pub(super) change: Option<String>,
}

/// The number of trials that are played without a seed to find one that breaks something.
const TRIALS: u64 = 1_000;

impl Meant {
    /// Returns whether it is a case, not a trial of a scenario.
    pub(super) fn is_case(&self) -> bool {
        cases::is_case(&self.scenario)
    }

    /// Returns the case. `is_own` says whether the caller passed something else that a case has of
    /// its own.
    pub(super) fn case(&self, is_own: bool) -> Result<Case, Failure> {
        let is_own = is_own || self.seed.is_some() || self.strategy != StrategyName::default();
        if is_own || !self.altered.settings.is_empty() || !self.altered.guards.is_empty() {
            let message =
                "a case has its own seed, strategy, fingerprint, digest, settings and guards";
            return Err(Failure::usage(message));
        }
        cases::read(Path::new(&self.scenario))
    }

    /// Returns the case in its scenario, ready to be played.
    pub(super) fn opened(&self, is_own: bool) -> Result<Opened, Failure> {
        let case = self.case(is_own)?;
        let file = cases::scenario_of(&case);
        let staged = cases::stage(&case, file.as_ref())?;
        let mut subject = Subject::new(&case.scenario.name, staged.stage);
        subject.text = Some(staged.text);
        subject.invocation = case.invocation(&files::program());
        Ok(Opened { case, subject, is_there: file.is_some(), change: staged.change })
    }

    /// Returns the trial of a scenario. It is the first trial that breaks something if there is no
    /// seed. It has to break what `asked` names, if `asked` names anything. Otherwise it breaks
    /// what should hold, if any trial does.
    pub(super) fn trial(&self, asked: Option<&str>) -> Result<Chosen, Failure> {
        let file = files::find(&self.scenario)?;
        let subject =
            file.subject(&self.altered.settings, &Guards::compose(&self.altered.guards))?;
        let subject = subject.under(self.strategy);
        let seed = match self.seed {
            Some(seed) => plan::seed(seed),
            None => first(&subject, asked)?,
        };
        Ok(Chosen { subject, seed })
    }
}

impl Chosen {
    /// Plays the trial, with its schedule, and returns the place of the violation that is meant.
    pub(super) fn broken(&self, asked: Option<&str>) -> Result<(Trial, usize), Failure> {
        let Chosen { subject, seed } = self;
        let play = Play { keep_schedule: true, ..Play::seed(*seed) };
        let trial = study::replay(&subject.stage, &subject.name, subject.strategies()(), play);
        let Some(first) = way::first(&trial, subject.scenario().expect.as_ref()) else {
            let message = format!("the trial with seed {seed} breaks nothing");
            return Err(Failure { code: ExitCode::Nothing, message });
        };
        let place = asked.map_or(Ok(first), |asked| way::asked(&trial, asked))?;
        Ok((trial, place))
    }
}

/// Returns the seed of the first trial that breaks something.
fn first(subject: &Subject, asked: Option<&str>) -> Result<u64, Failure> {
    let mut lane = Lane::bare(subject.stage.clone(), subject.strategies()());
    let (cast, expect) = (lane.cast(), subject.scenario().expect.as_ref());
    let mut found = None;
    for seed in (1..=TRIALS).take_while(|_| !interrupt::is_raised()) {
        lane.play(Play::seed(seed));
        let (violations, _) = lane.judge();
        let meant = || violations.iter().filter(|one| way::is_asked(one, &cast, asked));
        if meant().any(|one| asked.is_some() || way::is_surprising(expect, one.property)) {
            found = Some(seed);
            break;
        }
        if found.is_none() && meant().next().is_some() {
            found = Some(seed);
        }
    }
    let Some(seed) = found else {
        let what = asked.map_or("anything".to_owned(), |asked| format!("`{asked}`"));
        let trials = grouped(TRIALS);
        let message =
            format!("none of {trials} trials from seed 1 breaks {what}; --seed SEED names a trial");
        return Err(Failure { code: ExitCode::Nothing, message });
    };
    output::tell(&format!("seed {seed}: the first one that breaks something\n"));
    Ok(seed)
}
