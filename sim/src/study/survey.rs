//! Survey: strategies for a stage. Some of them rely on a first walk.

use std::sync::{Arc, PoisonError};

use crate::agenda::{Strategy, Time};
use crate::app::Stage;
use crate::engine::{Lane, Play};
use crate::explore::{StrategyName, Survey, Surveyor};

/// The seed of the first walk, whatever is played afterwards. So a seed means the same trial in
/// every sweep and on every lane.
const SEED: u64 = 1;

/// Returns what makes strategies of this name for trials of this stage, one for each lane.
pub fn strategies(
    stage: &Arc<Stage>,
    name: StrategyName,
) -> impl Fn() -> Box<dyn Strategy> + Sync + use<> {
    let survey = if name.needs_survey() { survey(stage) } else { Survey::default() };
    move || name.strategy(&survey)
}

fn survey(stage: &Arc<Stage>) -> Survey {
    let (surveyor, survey) = Surveyor::new();
    Lane::bare(stage.clone(), Box::new(surveyor)).play(Play::seed(SEED));
    let mut survey = survey.lock().unwrap_or_else(PoisonError::into_inner).clone();
    survey.horizon = Time::ZERO + stage.scenario.budget.time;
    survey
}
