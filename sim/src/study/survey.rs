//! Survey: a first walk, for strategies that have to know how long trials are.

use std::sync::Arc;

use super::replay;
use crate::app::Stage;
use crate::engine::Play;
use crate::explore::{Survey, Walk};

/// The seed of the first walk, whatever is played afterwards: a seed means the same trial in every
/// sweep and on every lane.
const SEED: u64 = 1;

/// What a first walk shows of this stage.
pub fn survey(stage: &Arc<Stage>) -> Survey {
    let play = Play { keep_schedule: true, ..Play::seed(SEED) };
    let trial = replay(stage, "survey", Box::new(Walk::default()), play);
    Survey::of(&trial.schedule.expect("invariant: the schedule was to be kept").picks)
}
