//! What a search says soon of the properties that held in every trial.

use std::sync::Arc;

use deadheat_model::property::PropertyId;

use super::levels::{self, Common, Levels, Wants};
use crate::app::{Looking, Polls};
use crate::record::Cut;
use crate::stage::Stage;

/// A search whose answer nobody has asked for opens at most this many states.
const SOON: u64 = 300;

/// There is no such search with more actors than this, because each state would take long.
const FEW: usize = 32;

/// The states of such a search take at most this many bytes.
pub(super) const MEMORY_MAX: u64 = 1 << 28;

/// Returns those of the properties that no order can break, as far as a search that ends soon
/// tells. It tells nothing about a scenario with chances. It tells nothing about `all-settled`,
/// because a search decides what is left in the end and not how long that takes.
pub fn soon_proved(
    stage: &Arc<Stage>,
    held: &[PropertyId],
    stop: &dyn Fn() -> Option<Cut>,
) -> Vec<PropertyId> {
    if stage.scenario.has_fates() || stage.parts.len() > FEW {
        return Vec::new();
    }
    let settles = |property: &PropertyId| *property != PropertyId::AllSettled;
    let held: Vec<PropertyId> = held.iter().copied().filter(settles).collect();
    let polls = if stage.unfolds { Polls::Real } else { Polls::Loose };
    let is_proved = |asked: Vec<PropertyId>| {
        !asked.is_empty()
            && levels::search(Levels {
                stage,
                looking: Looking { asked, polls },
                faults: 0,
                wants: Wants::Verdict,
                common: Common::default(),
                twins: stage.twins(),
                states_max: SOON,
                memory_max: MEMORY_MAX,
                stop,
            })
            .is_complete()
    };
    if is_proved(held.clone()) {
        return held;
    }
    held.into_iter().filter(|property| is_proved(vec![*property])).collect()
}
