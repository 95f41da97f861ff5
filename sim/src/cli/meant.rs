//! The trial that is meant: a trial of a scenario, by its seed, or a case. Every command about one
//! trial names it in the same words.

use std::path::Path;
use std::sync::Arc;

use super::args::Meant;
use super::exit_code::ExitCode;
use super::files::File;
use super::{Failure, cases, files, interrupt, output, run, way};
use crate::app::Stage;
use crate::engine::{Lane, Play};
use crate::explore::StrategyName;
use crate::record::{Case, Invocation, Trial};
use crate::report::human::grouped;
use crate::scenario::{Guards, Scenario};
use crate::study;

/// A trial of a scenario.
pub(super) struct Chosen {
    /// The scenario's file.
    pub(super) file: File,
    /// How it was called.
    pub(super) invocation: Invocation,
    /// The scenario, with its guards applied.
    pub(super) scenario: Scenario,
    /// The same scenario, ready to be played.
    pub(super) stage: Arc<Stage>,
    pub(super) seed: u64,
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
        if is_own || !self.settings.is_empty() || !self.guards.is_empty() {
            let message =
                "a case has its own seed, strategy, fingerprint, digest, settings and guards";
            return Err(Failure::usage(message));
        }
        cases::read(Path::new(&self.scenario))
    }

    /// Returns the trial of a scenario. It is the first trial that breaks something if there is no
    /// seed. It has to break what `asked` names, if `asked` names anything. Otherwise it breaks
    /// what should hold, if any trial does.
    pub(super) fn trial(&self, asked: Option<&str>) -> Result<Chosen, Failure> {
        let file = files::find(&self.scenario)?;
        let guards = Guards::compose(&self.guards);
        let (scenario, _) = file.load_guarded(&self.settings, &guards)?;
        let strategy = run::named(self.strategy);
        let invocation = Invocation { strategy, ..file.invocation(&self.settings, &guards) };
        let stage = Arc::new(Stage::new(scenario.clone()));
        let seed = match self.seed {
            Some(seed) => run::seed(seed),
            None => self.first(&stage, asked)?,
        };
        Ok(Chosen { file, invocation, scenario, stage, seed })
    }

    /// Plays the trial, with its schedule, and returns the place of the violation that is meant.
    pub(super) fn broken(
        &self,
        chosen: &Chosen,
        asked: Option<&str>,
    ) -> Result<(Trial, usize), Failure> {
        let Chosen { file, scenario, stage, seed, .. } = chosen;
        let play = Play { keep_schedule: true, ..Play::seed(*seed) };
        let strategy = study::strategies(stage, self.strategy)();
        let trial = study::replay(stage, &file.name(), strategy, play);
        let Some(first) = way::first(&trial, scenario.expect.as_ref()) else {
            let message = format!("the trial with seed {seed} breaks nothing");
            return Err(Failure { code: ExitCode::Nothing, message });
        };
        let place = asked.map_or(Ok(first), |asked| way::asked(&trial, asked))?;
        Ok((trial, place))
    }

    /// Returns the seed of the first trial that breaks something.
    fn first(&self, stage: &Arc<Stage>, asked: Option<&str>) -> Result<u64, Failure> {
        let mut lane = Lane::bare(stage.clone(), study::strategies(stage, self.strategy)());
        let (cast, expect) = (lane.cast(), stage.scenario.expect.as_ref());
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
            let message = format!(
                "none of {trials} trials from seed 1 breaks {what}; --seed SEED names a trial"
            );
            return Err(Failure { code: ExitCode::Nothing, message });
        };
        output::tell(&format!("seed {seed}: the first one that breaks something\n"));
        Ok(seed)
    }
}
