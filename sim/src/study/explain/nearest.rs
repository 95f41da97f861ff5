//! The nearest schedule that does not fail: something else at the latest pick where that helps, and
//! the rest as it was as far as possible.

use std::collections::BTreeMap;

use super::Base;
use super::aim::{Field, Seen};
use crate::agenda::{Pending, Pick, Schedule, Time};
use crate::engine::{Lane, Play};
use crate::explore::{Relaxed, Times};
use crate::record::Nearest;

/// At most so many trials that follow the rest.
const FOLLOWED_MAX: u64 = 2_000;

/// So many trials that draw the rest anew, at each pick.
const DRAWN: u64 = 20;

/// The nearest schedule, and how many trials were played in search of it.
pub(super) fn nearest(
    field: &Field,
    base: &Base,
    broke: usize,
    is_alike: bool,
) -> (Option<Nearest>, u64) {
    let mut tried = 0;
    let fails = |seen: &Seen| if is_alike { seen.is_alike } else { seen.is_this };
    for place in (0..=broke).rev() {
        for other in others(base, place) {
            if tried >= FOLLOWED_MAX {
                break;
            }
            tried += 1;
            let Some(seen) = followed(field, base, place, &other) else { continue };
            if !fails(&seen) {
                return (Some(difference(base, &seen.schedule, place, true)), tried);
            }
        }
    }
    for place in (0..=broke).rev() {
        let mut found = None;
        let end = tried + DRAWN;
        field.play(&base.first(place), |seen| {
            tried += 1;
            found = seen.filter(|seen| !fails(seen));
            found.is_none() && tried < end
        });
        if let Some(seen) = found {
            return (Some(difference(base, &seen.schedule, place, false)), tried);
        }
    }
    (None, tried)
}

/// What could have come at this place instead, at some moment before the latest one of all that is
/// pending; what came next in the trial, first.
fn others(base: &Base, place: usize) -> Vec<Pending> {
    let note = &base.notes[place];
    let latest = |one: &Pending| one.since + one.window.latest;
    let earliest = |one: &Pending| one.since + one.window.earliest;
    let bound = note.others.iter().chain([&note.picked]).map(latest).min();
    let bound = bound.unwrap_or_default();
    let mut others: Vec<Pending> =
        note.others.iter().filter(|one| earliest(one) <= bound).copied().collect();
    let next = |one: &Pending| {
        let rest = base.schedule.picks[place..].iter();
        rest.clone().position(|pick| pick.name == one.name).unwrap_or(usize::MAX)
    };
    others.sort_by_key(|one| (next(one), one.uid));
    others
}

/// Plays the trial up to this place, then the other one, and follows the rest. Nothing: it leaves
/// the trial elsewhere.
fn followed(field: &Field, base: &Base, place: usize, other: &Pending) -> Option<Seen> {
    let mut picks: Vec<Pick> = base.schedule.picks.clone();
    picks.retain(|pick| pick.name != other.name);
    let before = place.checked_sub(1).map_or(Time::ZERO, |last| base.schedule.picks[last].at);
    let at = before.max(other.since + other.window.earliest);
    picks.insert(place, Pick { name: other.name, at });
    let schedule = Schedule { picks, fates: base.schedule.fates.clone() };
    let (relaxed, _) = Relaxed::new(schedule, Times::Kept);
    let mut lane = Lane::new(field.stage.clone(), Box::new(relaxed));
    let (seed, madsim_seed) = (field.first_seed, field.madsim_seed);
    lane.play(Play { seed, madsim_seed, keep_schedule: true });
    let schedule = lane.take_schedule().unwrap_or_default();
    let is_there = place_of_difference(base, &schedule) == Some(place)
        && schedule.picks[place].name == other.name;
    is_there.then(|| {
        let (is_this, is_alike) = field.judge(&mut lane);
        Seen { is_this, is_alike, schedule }
    })
}

/// The first pick in which two schedules differ.
fn place_of_difference(base: &Base, schedule: &Schedule) -> Option<usize> {
    let pairs = base.schedule.picks.iter().zip(&schedule.picks);
    pairs.into_iter().position(|(one, other)| one.name != other.name)
}

fn difference(base: &Base, schedule: &Schedule, place: usize, follows: bool) -> Nearest {
    let place = place_of_difference(base, schedule).unwrap_or(place);
    let (was, is) = (base.name(place), schedule.picks[place].name);
    Nearest { place, was, is, moved: moved(base, schedule, place), follows }
}

/// How many picks behind this place stand in another order, or are gone, or new: all but the longest
/// common subsequence.
fn moved(base: &Base, schedule: &Schedule, place: usize) -> usize {
    let rest = &base.schedule.picks[place..];
    let places: BTreeMap<u64, usize> =
        rest.iter().enumerate().map(|(at, pick)| (pick.name.key(), at)).collect();
    let others = &schedule.picks[place..];
    // Names are unique: a longest common subsequence is a longest growing one of places.
    let mut tails: Vec<usize> = Vec::new();
    let mut common = 0;
    for at in others.iter().filter_map(|pick| places.get(&pick.name.key()).copied()) {
        common += 1;
        let tail = tails.partition_point(|tail| *tail < at);
        match tails.get_mut(tail) {
            Some(known) => *known = at,
            None => tails.push(at),
        }
    }
    let (gone, new) = (rest.len() - common, others.len() - common);
    gone + new + common - tails.len()
}
