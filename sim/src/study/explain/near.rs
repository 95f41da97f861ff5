//! Guards where the violation is rare. Too few trials then fail on their own to show which guards
//! help. So trials are played within each guard that keep the explained trial's order as far as
//! there is one, and that draw all times again.

use std::sync::Arc;

use super::Base;
use super::aim::Field;
use crate::engine::{Lane, Play};
use crate::explore::{Relaxed, Times};
use crate::record::{Compared, Count};
use crate::scenario::Guards;
use crate::stage::Stage;

/// The violation is rare if fewer than one trial in this many fails on its own.
const RARE: u64 = 20;

/// Returns how many trials near the explained one break the property, for each row that was
/// compared. The result is empty if the violation is not rare, because the comparison then shows
/// enough.
pub(super) fn near(
    field: &Field<'_>,
    base: &Base,
    compared: &Compared,
    guards: &[Guards],
) -> Vec<Option<Count>> {
    let is_rare = compared.rows.iter().find(|row| row.guard == "none").is_some_and(|row| {
        row.played().is_some_and(|played| {
            let findings = &played.summary.findings;
            let failing = findings.iter().find(|one| field.aim.is_of(one.way));
            failing.map_or(0, |one| one.tally.trials) * RARE < played.summary.trials
        })
    });
    if !is_rare || field.stop.is_over() {
        return Vec::new();
    }
    let rows = compared.rows.iter().zip(guards);
    rows.map(|(row, guards)| row.played().and_then(|_| count(field, base, guards))).collect()
}

fn count(field: &Field<'_>, base: &Base, guards: &Guards) -> Option<Count> {
    let scenario = guards.apply(field.stage.scenario.clone()).ok()?;
    let relaxed = Relaxed::new(base.schedule.clone(), Times::Drawn);
    let mut lane = Lane::bare(Arc::new(Stage::new(scenario)), Box::new(relaxed));
    let mut count = Count::default();
    for offset in 1..=field.trials {
        if field.stop.is_over() {
            return None;
        }
        field.stop.played(1);
        let seed = field.first_seed.wrapping_add(offset);
        lane.play(Play { madsim_seed: field.madsim_seed, ..Play::seed(seed) });
        count.trials += 1;
        count.failing += u64::from(field.judge(&mut lane).breaks);
    }
    Some(count)
}
