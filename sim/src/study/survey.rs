//! Survey: strategies for a stage. Some of them rely on a first walk.

use std::sync::Arc;

use crate::agenda::{Observed, Strategy, Time};
use crate::engine::{Lane, Play};
use crate::explore::{StrategyName, Survey, Walk};
use crate::stage::Stage;

/// Returns what makes strategies of this name for trials of this stage, one for each lane.
pub fn strategies(
    stage: &Arc<Stage>,
    name: StrategyName,
) -> impl Fn() -> Box<dyn Strategy> + Sync + use<> {
    with_survey(name, if name.needs_survey() { survey(stage) } else { Survey::default() })
}

/// Returns what makes strategies that rely on this survey.
pub(super) fn with_survey(
    name: StrategyName,
    survey: Survey,
) -> impl Fn() -> Box<dyn Strategy> + Sync + use<> {
    move || name.strategy(&survey)
}

/// Returns what a first walk tells.
pub(super) fn survey(stage: &Arc<Stage>) -> Survey {
    let blank = Survey::until(Time::ZERO + stage.scenario.budget.time);
    let observed = Observed::new(Box::new(Walk::default()), blank);
    let mut lane = Lane::bare(stage.clone(), Box::new(observed));
    lane.play(Play::seed(Survey::SEED));
    lane.observed(Survey::clone)
}
