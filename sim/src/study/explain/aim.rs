//! What a trial is measured by: the same violation of the same calls, or one like it; and the
//! trials that are measured.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadheat_model::history::{Cast, Event, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{Fingerprint, Violation, Why, Witness};

use super::Base;
use crate::agenda::{Moment, Name, Owner, Schedule};
use crate::app::Stage;
use crate::engine::{Lane, Play, Watcher};
pub(super) use crate::explore::Course;
use crate::explore::Steered;
use crate::record::Rates;

/// Who did what, the how-manieth of its calls; 0 if that is not told.
type Deed = (Operation, Option<Actor>, u32);

/// A violation, as it is known again in another trial.
pub(super) struct Aim {
    fingerprint: Fingerprint,
    why: Why,
    first: Deed,
    second: Option<Deed>,
    cast: Arc<Cast>,
}

impl Aim {
    pub(super) fn of(violation: &Violation, events: &[Event], cast: &Arc<Cast>) -> Aim {
        let witnesses = violation.witnesses;
        Aim {
            fingerprint: violation.fingerprint(cast),
            why: violation.why,
            first: deed(events, witnesses.first),
            second: witnesses.second.map(|second| deed(events, second)),
            cast: cast.clone(),
        }
    }

    /// Whether this is its fingerprint.
    pub(super) fn is_of(&self, fingerprint: Fingerprint, why: Why) -> bool {
        (fingerprint, why) == (self.fingerprint, self.why)
    }

    /// Whether a trial fails in the very same way, and whether it fails likewise.
    fn hits(&self, violations: &[Violation], events: &[Event]) -> (bool, bool) {
        let is_alike = |one: &&Violation| {
            one.why == self.why && one.fingerprint(&self.cast) == self.fingerprint
        };
        let mut alike = violations.iter().filter(is_alike).peekable();
        let is_alike = alike.peek().is_some();
        let is_this = alike.any(|one| {
            let second = one.witnesses.second.map(|second| deed(events, second));
            deed(events, one.witnesses.first) == self.first && second == self.second
        });
        (is_this, is_alike)
    }
}

fn deed(events: &[Event], witness: Witness) -> Deed {
    let index = witness.event.0;
    let is_try = |event: &&Event| {
        event.by == witness.by
            && matches!(event.what, What::LockTaken { .. } | What::LockBusy { .. })
    };
    let nth = match (witness.operation, call_of(events, index)) {
        // A lock's answer does not tell its number.
        (Operation::Lock, _) => events[..=index].iter().filter(is_try).count() as u32,
        (_, call) => call.map_or(0, |(_, nth)| nth),
    };
    (witness.operation, witness.by, nth)
}

/// The call that an event is the answer to, or what that has brought about.
fn call_of(events: &[Event], index: usize) -> Option<(Operation, u32)> {
    let event = &events[index];
    let back = events[..=index].iter().rev();
    back.take_while(|one| one.at == event.at).find_map(|one| match one.what {
        What::Answered { nth, operation, .. } if one.by == event.by => Some((operation, nth)),
        _ => None,
    })
}

/// The pick by which an event came about.
pub(super) fn pick_of(base: &Base, index: usize) -> Option<usize> {
    let event = &base.trial.history.events[index];
    let picks = &base.schedule.picks;
    let first = picks.partition_point(|pick| pick.at < event.at);
    let end = picks.partition_point(|pick| pick.at <= event.at);
    let call = call_of(&base.trial.history.events, index);
    let fits = |place: &usize| {
        let note = &base.notes[*place].picked;
        let (name, is_service) = (note.name, note.owner == Owner::Service);
        match (event.by, call) {
            (None, _) => is_service,
            (Some(by), Some((operation, nth))) => {
                let known = (name.call.actor, name.call.operation, name.call.nth);
                known == (by, operation, nth) && name.moment == Moment::Arrives
            }
            (Some(by), None) => name.call.actor == by,
        }
    };
    (first..end).find(fits).or_else(|| (first..end).next())
}

/// Where trials are played, and what they are measured by.
pub(super) struct Field<'a> {
    pub(super) stage: Arc<Stage>,
    pub(super) aim: Aim,
    pub(super) first_seed: u64,
    pub(super) madsim_seed: u64,
    pub(super) trials: u64,
    pub(super) stop: &'a dyn Watcher,
}

/// A trial that was played.
pub(super) struct Seen {
    /// Whether it fails with the same witnesses.
    pub(super) is_this: bool,
    /// Whether it fails with the same fingerprint.
    pub(super) is_alike: bool,
    /// What decided it.
    pub(super) schedule: Schedule,
}

impl Field<'_> {
    /// Plays trials on this course until it is over; `each` takes in what came of one, nothing if
    /// it was abandoned, and says whether to go on.
    pub(super) fn play(&self, course: &Course, mut each: impl FnMut(Option<Seen>) -> bool) {
        let (steered, strayed) = Steered::new(course.clone());
        let mut lane = Lane::new(self.stage.clone(), Box::new(steered));
        for offset in 1.. {
            if self.stop.is_over() {
                return;
            }
            self.stop.played(1);
            let seed = self.first_seed.wrapping_add(offset);
            lane.play(Play { seed, madsim_seed: self.madsim_seed, keep_schedule: true });
            let schedule = lane.take_schedule().unwrap_or_default();
            let seen = (!strayed.load(Ordering::Relaxed)).then(|| {
                let (is_this, is_alike) = self.judge(&mut lane);
                Seen { is_this, is_alike, schedule }
            });
            if !each(seen) {
                return;
            }
        }
    }

    /// What the trial that was played last came to.
    pub(super) fn judge(&self, lane: &mut Lane) -> (bool, bool) {
        let violations = lane.judge().0.to_vec();
        lane.events(|events| self.aim.hits(&violations, events))
    }

    /// How many trials on this course fail.
    pub(super) fn rates(&self, course: &Course) -> Rates {
        let mut rates = Rates::default();
        self.play(course, |seen| {
            rates.trials += 1;
            rates.this += u64::from(seen.as_ref().is_some_and(|seen| seen.is_this));
            rates.alike += u64::from(seen.is_some_and(|seen| seen.is_alike));
            rates.trials < self.trials
        });
        rates
    }
}

impl Base {
    /// A course that keeps so many of the trial's picks.
    pub(super) fn first(&self, picks: usize) -> Course {
        Course {
            picks: self.schedule.picks[..picks].to_vec(),
            fates: if picks == 0 { Vec::new() } else { self.schedule.fates.clone() },
            ..Course::default()
        }
    }

    /// The place of this one; behind all others if it did not fire.
    pub(super) fn place_of(&self, name: Name) -> usize {
        let found = self.schedule.picks.iter().position(|pick| pick.name == name);
        found.unwrap_or(usize::MAX)
    }

    /// The name of the pick at this place.
    pub(super) fn name(&self, place: usize) -> Name {
        self.schedule.picks[place].name
    }
}
