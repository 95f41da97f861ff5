//! Shrinking: a failing trial with as few faults and then as few context switches as possible, at
//! simple times.

use super::explain::breaks;
use super::host::Keep;
use super::play::{Effort, Plan};
use super::trial::Trial;
use crate::agenda::{Schedule, Supply};
use crate::explore::{Exhaustive, Exploring, Merge, Replay};

/// At most this many trials are played for each number of faults, and of context switches.
const TRIALS: u64 = 3_000;

/// Returns the smallest trial that was found to break this property, of which one is known.
pub(super) fn smallest(plan: &Plan<'_>, known: &Trial, property: &str) -> Trial {
    let (faults, switches) = (faults(&known.schedule), known.schedule.switches());
    let effort = Effort::new();
    let search = |faults: u32, switches: u32| search(plan, &effort, (faults, switches), property);
    let shorter = (0..=faults)
        .find(|faults| search(*faults, switches).is_some())
        .and_then(|faults| (0..=switches).find_map(|switches| search(faults, switches)));
    let schedule = shorter.unwrap_or_else(|| known.schedule.clone());
    let simple = plan.with_simple_times(schedule);
    replay(plan, simple, property).unwrap_or_else(|| known.clone())
}

/// Searches the orders with at most this many faults and context switches. Returns the picks of one
/// that breaks the property, if there is one among those that were looked at.
fn search(
    plan: &Plan<'_>,
    effort: &Effort,
    (faults, switches): (u32, u32),
    property: &str,
) -> Option<Schedule> {
    let exploring =
        Exploring { merge: Merge::Included, faults, twins: Vec::new(), switches: Some(switches) };
    let mut host = plan.under(Box::new(Exhaustive::new(exploring)));
    for _ in 0..TRIALS {
        if effort.play(&mut host, 0, Keep::Picks) == Supply::Nothing {
            return None;
        }
        if breaks(&host, property) {
            return Some(host.take_schedule());
        }
    }
    None
}

/// Returns the trial of these picks, if it breaks the property.
pub(super) fn replay(plan: &Plan<'_>, schedule: Schedule, property: &str) -> Option<Trial> {
    let mut host = plan.under(Box::new(Replay::new(schedule)));
    host.play(0, Keep::Lines);
    let is_same = host.ask(|replay: &Replay| replay.divergence().is_none());
    (is_same && breaks(&host, property)).then(|| host.take_trial())
}

/// Returns how many fates of a trial are not the first option, which is the normal one.
fn faults(schedule: &Schedule) -> u32 {
    schedule.fates.iter().filter(|fate| fate.option > 0).count() as u32
}
