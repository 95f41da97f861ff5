//! The subject of a study: a scenario under settings, guards and a strategy.

use std::sync::{Arc, OnceLock};

use super::survey::{survey, with_survey};
use crate::agenda::Strategy;
use crate::explore::{StrategyName, Survey};
use crate::record::Invocation;
use crate::scenario::Scenario;
use crate::stage::Stage;

/// A scenario as it is played, and how it was called.
#[derive(Clone)]
pub struct Subject {
    /// The scenario's name.
    pub name: String,
    /// The text of the scenario's file, as it was read. `None` if there is no such file.
    pub text: Option<Arc<str>>,
    /// How it was called.
    pub invocation: Invocation,
    /// How schedules are chosen.
    pub strategy: StrategyName,
    /// The scenario with its guards applied, ready to be played.
    pub stage: Arc<Stage>,
    survey: OnceLock<Survey>,
}

impl Subject {
    /// Returns the subject for a scenario without a file, under walk.
    pub fn new(name: &str, stage: Arc<Stage>) -> Subject {
        Subject {
            name: name.to_owned(),
            text: None,
            invocation: Invocation { scenario: name.to_owned(), ..Invocation::default() },
            strategy: StrategyName::default(),
            stage,
            survey: OnceLock::new(),
        }
    }

    /// Returns the same subject under this strategy.
    #[must_use]
    pub fn under(self, strategy: StrategyName) -> Subject {
        let named = (strategy != StrategyName::default()).then(|| strategy.to_string());
        let invocation = Invocation { strategy: named, ..self.invocation };
        Subject { invocation, strategy, ..self }
    }

    /// Returns the same subject on another stage.
    #[must_use]
    pub fn on(self, stage: Arc<Stage>) -> Subject {
        Subject { stage, survey: OnceLock::new(), ..self }
    }

    /// Returns the scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.stage.scenario
    }

    /// Returns what makes its strategy, one for each lane. Some strategies rely on a first walk,
    /// which is made once.
    pub fn strategies(&self) -> impl Fn() -> Box<dyn Strategy> + Sync + use<> {
        let walk = || survey(&self.stage);
        let is_needed = self.strategy.needs_survey();
        with_survey(
            self.strategy,
            if is_needed { self.survey.get_or_init(walk).clone() } else { Survey::default() },
        )
    }
}
