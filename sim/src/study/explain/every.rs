//! Every order instead of some trials: what a count of all orders says, where it ends soon.

use std::sync::Arc;

use deadheat_model::property::PropertyId;

use super::Base;
use super::aim::Field;
use crate::app::{Looking, Polls};
use crate::record::{Compared, Cut, Feature, Matters, Row};
use crate::scenario::Guards;
use crate::stage::Stage;
use crate::study::levels::{Common, Levels, Wants, search};
use crate::study::soon::{MEMORY_MAX, soon_proved};

/// A count of orders opens at most this many states, so that what it says depends on no machine.
const COUNTED: u64 = 20_000;

/// Returns how many orders there are in which everything is so that matters, if each of them breaks
/// the property.
pub(super) fn of_orders(field: &Field<'_>, base: &Base, matters: &Matters) -> Option<u128> {
    let features: Vec<Feature> = matters.features.iter().map(|(feature, _)| *feature).collect();
    if features.is_empty() { None } else { every(field, base, matters.kept, &features) }
}

/// Returns how many orders begin with the first `kept` picks of the trial and have these features,
/// if each of them breaks the property. Returns `None` if one of them does not, or if that is not
/// known soon.
pub(super) fn every(
    field: &Field<'_>,
    base: &Base,
    kept: usize,
    features: &[Feature],
) -> Option<u128> {
    let property = field.aim.property();
    // A search decides what is left in the end and not how long that takes.
    if field.stage.scenario.has_fates() || property == PropertyId::AllSettled {
        return None;
    }
    let pair = |feature: &Feature| match feature {
        Feature::Before(first, second) => Some((*first, *second)),
        Feature::Chance(..) => None,
    };
    let leveled = search(Levels {
        stage: &field.stage,
        looking: Looking { asked: vec![property], polls: Polls::Real },
        wants: Wants::Counts,
        common: Common {
            first: (0..kept).map(|place| base.name(place)).collect(),
            pairs: features.iter().map(pair).collect::<Option<_>>()?,
        },
        faults: 0,
        twins: Vec::new(),
        states_max: COUNTED,
        memory_max: MEMORY_MAX,
        stop: &|| field.stop.is_over().then_some(Cut::Interrupted),
    });
    let is_whole = leveled.cuts.is_empty() && leveled.out_of_budget == 0;
    let is_every = is_whole && leveled.orders > 0 && leveled.broken == leveled.orders;
    is_every.then_some(leveled.orders)
}

/// Returns for each row that was compared whether no order under its guards breaks the property.
/// This is said only where a search ends soon.
pub(super) fn never(field: &Field<'_>, compared: &Compared, guards: &[Guards]) -> Vec<bool> {
    let property = field.aim.property();
    let stop = || field.stop.is_over().then_some(Cut::Interrupted);
    let is_proved = |guards: &Guards| {
        let guarded = guards.apply(field.stage.scenario.clone());
        guarded.is_ok_and(|scenario| {
            let stage = Arc::new(Stage::new(scenario));
            !soon_proved(&stage, &[property], &stop).is_empty()
        })
    };
    let is_unbroken = |row: &Row| {
        row.played().is_some_and(|played| played.summary.violated(property).trials == 0)
    };
    let rows = compared.rows.iter().zip(guards);
    rows.map(|(row, guards)| is_unbroken(row) && is_proved(guards)).collect()
}
