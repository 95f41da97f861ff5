//! Survey: a first walk, for strategies that have to know how long trials are.

use std::sync::{Arc, PoisonError};

use crate::app::Stage;
use crate::engine::{Lane, Play};
use crate::explore::{Survey, Surveyor};

/// The seed of the first walk, whatever is played afterwards: a seed means the same trial in every
/// sweep and on every lane.
const SEED: u64 = 1;

/// What a first walk shows of this stage.
pub fn survey(stage: &Arc<Stage>) -> Survey {
    let (surveyor, survey) = Surveyor::new();
    Lane::new(stage.clone(), Box::new(surveyor)).play(Play::seed(SEED));
    survey.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
