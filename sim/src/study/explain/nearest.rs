//! The nearest schedule that does not fail. It has something else at the latest pick where that
//! helps, and otherwise stays as it was as far as possible.

use std::collections::BTreeMap;

use deadheat_model::property::PropertyId;

use super::Base;
use super::aim::{Field, Seen};
use crate::agenda::{Pending, Pick, Schedule, Time, normal};
use crate::engine::{Lane, Play};
use crate::explore::{Relaxed, Replay, Times};
use crate::record::{Change, Nearest};
use crate::study::subject::Subject;
use crate::study::{account, replay_on};

/// At most this many trials follow the rest.
const FOLLOWED_MAX: u64 = 2_000;

/// This many trials draw the rest again, at each pick.
const DRAWN: u64 = 20;

/// A schedule that passes.
pub(super) struct Found {
    pub(super) place: usize,
    pub(super) change: Change,
    moved: usize,
    follows: bool,
    breaks: Vec<PropertyId>,
    schedule: Schedule,
}

impl Found {
    fn new(base: &Base, seen: Seen, (place, change): (usize, Change), follows: bool) -> Found {
        let moved = moved(base, &seen.schedule, place);
        let breaks = news(base, seen.hit.broken);
        Found { place, change, moved, follows, breaks, schedule: seen.schedule }
    }

    /// Plays it once more and keeps the trial.
    pub(super) fn played(self, subject: &Subject, seed: u64) -> Nearest {
        let Found { place, change, moved, follows, breaks, schedule } = self;
        let mut lane = Lane::bare(subject.stage.clone(), Box::new(Replay::new(schedule)));
        let play = Play { keep_schedule: true, ..Play::seed(seed) };
        let trial = replay_on(&mut lane, &subject.name, play);
        let account = account(subject, &trial);
        Nearest { trial, account, place, change, moved, follows, breaks }
    }
}

/// Returns the nearest schedule, and how many trials were played in search of it.
pub(super) fn nearest(field: &Field<'_>, base: &Base, broke: usize) -> (Option<Found>, u64) {
    let mut tried = 0;
    // The trial does not break the property in any way.
    let passes = |seen: &Seen| !seen.hit.breaks;
    for place in (0..=broke).rev() {
        for change in changes(base, place) {
            if tried >= FOLLOWED_MAX || field.stop.is_over() {
                break;
            }
            tried += 1;
            field.stop.played(1);
            if let Some(seen) = followed(field, base, place, change).filter(passes) {
                return (Some(Found::new(base, seen, (place, change), true)), tried);
            }
        }
    }
    for place in (0..=broke).rev() {
        let mut found = None;
        let end = tried + DRAWN;
        field.play(&base.first(place), |seen| {
            tried += 1;
            let seen = seen.filter(passes);
            found = seen.and_then(|seen| drawn(base, seen));
            found.is_none() && tried < end
        });
        if found.is_some() {
            return (found, tried);
        }
    }
    (None, tried)
}

/// Returns what could be otherwise at this place. What chance chose there comes first.
fn changes(base: &Base, place: usize) -> Vec<Change> {
    // An additional fault is not a way to pass.
    let here = base.chances.iter().filter(|chance| chance.after == place + 1);
    let options = here.filter_map(|chance| {
        let is = normal(&chance.weights);
        let change = Change::Chance { name: chance.name, was: chance.option, is };
        (is != chance.option).then_some(change)
    });
    let was = base.name(place);
    let others = others(base, place).into_iter().map(|is| Change::Pick { was, is: is.name });
    options.chain(others).collect()
}

/// Returns what could have fired at this place instead, at some moment before the latest moment of
/// everything that is pending. What came next in the trial comes first.
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

/// Plays the trial up to this place, changes it there, and follows the rest. Returns `None` if the
/// result leaves the trial elsewhere, too.
fn followed(field: &Field<'_>, base: &Base, place: usize, change: Change) -> Option<Seen> {
    let mut schedule = base.schedule.clone();
    match change {
        Change::Pick { is, .. } => {
            let before = place.checked_sub(1).map_or(Time::ZERO, |last| schedule.picks[last].at);
            schedule.picks.retain(|pick| pick.name != is);
            // It fires no sooner than its window allows. The code that follows the schedule ensures
            // this.
            schedule.picks.insert(place, Pick { name: is, at: before });
        }
        Change::Times => {}
        Change::Chance { name, is, .. } => {
            let fates = schedule.fates.iter_mut().filter(|fate| fate.name == name);
            fates.for_each(|fate| fate.option = is);
        }
    }
    let relaxed = Relaxed::new(schedule, Times::Kept);
    let mut lane = Lane::bare(field.stage.clone(), Box::new(relaxed));
    let (seed, madsim_seed) = (field.first_seed, field.madsim_seed);
    lane.play(Play { seed, madsim_seed, keep_schedule: true });
    let schedule = lane.take_schedule().unwrap_or_default();
    let first = place_of_difference(base, &schedule);
    let is_there = match change {
        Change::Pick { is, .. } => first == Some(place) && schedule.picks[place].name == is,
        Change::Chance { .. } | Change::Times => first.is_none_or(|first| first > place),
    };
    is_there.then(|| Seen { hit: field.judge(&mut lane), schedule })
}

/// Returns how a trial that was drawn again left the other one: by a pick, by what chance chose, or
/// by its times alone.
fn drawn(base: &Base, seen: Seen) -> Option<Found> {
    let schedule = &seen.schedule;
    let pick = place_of_difference(base, schedule);
    let otherwise = base.chances.iter().find_map(|chance| {
        let place = chance.after.saturating_sub(1);
        if pick.is_some_and(|pick| pick <= place) {
            return None;
        }
        let chosen = schedule.fates.iter().find(|fate| fate.name == chance.name)?;
        let change = Change::Chance { name: chance.name, was: chance.option, is: chosen.option };
        (chosen.option != chance.option).then_some((place, change))
    });
    let (place, change) = match (otherwise, pick) {
        (Some(found), _) => found,
        (None, Some(place)) => {
            (place, Change::Pick { was: base.name(place), is: schedule.picks[place].name })
        }
        (None, None) => {
            let mut pairs = base.schedule.picks.iter().zip(&schedule.picks);
            (pairs.position(|(one, other)| one.at != other.at)?, Change::Times)
        }
    };
    Some(Found::new(base, seen, (place, change), false))
}

/// Returns what a trial breaks that the explained one does not.
fn news(base: &Base, broken: u32) -> Vec<PropertyId> {
    let is_old = |property: &PropertyId| {
        base.trial.violations.iter().any(|violation| violation.property == *property)
    };
    let is_broken = |property: &PropertyId| broken & 1 << *property as u32 != 0;
    PropertyId::ALL.into_iter().filter(is_broken).filter(|property| !is_old(property)).collect()
}

/// Returns the first pick in which two schedules differ.
fn place_of_difference(base: &Base, schedule: &Schedule) -> Option<usize> {
    let mut pairs = base.schedule.picks.iter().zip(&schedule.picks);
    pairs.position(|(one, other)| one.name != other.name)
}

/// Returns how many picks from this place on are in another order, are gone, or are new. These are
/// all except the longest common subsequence.
fn moved(base: &Base, schedule: &Schedule, place: usize) -> usize {
    let rest = &base.schedule.picks[place..];
    let places: BTreeMap<u64, usize> =
        rest.iter().enumerate().map(|(at, pick)| (pick.name.key(), at)).collect();
    let others = &schedule.picks[place..];
    // Names are unique. So a longest common subsequence is a longest increasing sequence of places.
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
