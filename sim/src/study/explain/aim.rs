//! What a trial is measured by, which is the same violation of the same calls, or a similar one.
//! The trials that are measured are here as well.

use std::cell::Cell;
use std::sync::Arc;

use deadheat_model::history::{Cast, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{PropertyId, Violation, Way};

use super::Base;
use super::renaming::Renaming;
use crate::agenda::{Name, Schedule};
use crate::engine::{Lane, Play, Watcher};
pub(super) use crate::explore::Course;
use crate::explore::Steered;
use crate::record::Rates;
use crate::stage::Stage;

/// A violation, in the form in which another trial is recognised: by its way of breaking, for any
/// actors.
pub(super) struct Aim {
    way: Way,
    /// The actors concerned.
    actors: [Option<Actor>; 2],
    cast: Arc<Cast>,
}

/// How a trial fails, compared with the explained one.
#[derive(Clone, Debug, Default)]
pub(super) struct Hit {
    /// The renaming of the actors if it fails in the same way.
    pub(super) alike: Option<Renaming>,
    /// Whether it breaks the same property in any way.
    pub(super) breaks: bool,
    /// Everything that it breaks, as bits.
    pub(super) broken: u32,
}

impl Aim {
    pub(super) fn of(violation: &Violation, cast: &Arc<Cast>) -> Aim {
        Aim { way: violation.way(cast), actors: actors(violation), cast: cast.clone() }
    }

    pub(super) fn property(&self) -> PropertyId {
        self.way.fingerprint.property
    }

    /// Returns whether this is its way of breaking.
    pub(super) fn is_of(&self, way: Way) -> bool {
        way == self.way
    }

    fn hit(&self, violations: &[Violation]) -> Hit {
        let is_alike = |one: &&Violation| self.is_of(one.way(&self.cast));
        let alike = violations.iter().filter(is_alike);
        // These are the actors of the explained violation, if they are concerned here as well.
        // Otherwise the actor that comes first is concerned.
        let renamings = alike.map(|one| Renaming::between(self.actors, actors(one)));
        let breaks = violations.iter().any(|one| one.property == self.property());
        let broken = violations.iter().fold(0, |all, one| all | 1 << one.property as u32);
        Hit { alike: renamings.min_by_key(Renaming::len), breaks, broken }
    }
}

fn actors(violation: &Violation) -> [Option<Actor>; 2] {
    let witnesses = violation.witnesses;
    [witnesses.first.by, witnesses.second.and_then(|second| second.by)]
}

/// Where trials are played, and what they are measured by.
pub(super) struct Field<'a> {
    pub(super) stage: Arc<Stage>,
    pub(super) aim: Aim,
    pub(super) first_seed: u64,
    pub(super) madsim_seed: u64,
    pub(super) trials: u64,
    pub(super) stop: &'a dyn Watcher,
    /// How many trials may still be played in search of orders.
    pub(super) left: Cell<u64>,
}

/// A trial that was played.
pub(super) struct Seen {
    /// How it fails, if it does.
    pub(super) hit: Hit,
    /// What decided it.
    pub(super) schedule: Schedule,
}

impl Seen {
    /// Returns whether it fails in the same way, for any actors.
    pub(super) fn is_alike(&self) -> bool {
        self.hit.alike.is_some()
    }
}

impl Field<'_> {
    /// Plays trials on this course until no more may be played. `each` receives the result of each
    /// trial, or `None` if the trial was abandoned. It returns whether to go on.
    pub(super) fn play(&self, course: &Course, mut each: impl FnMut(Option<Seen>) -> bool) {
        let mut lane = Lane::bare(self.stage.clone(), Box::new(Steered::new(course.clone())));
        for offset in 1.. {
            if self.is_over() {
                return;
            }
            self.left.set(self.left.get() - 1);
            self.stop.played(1);
            let seed = self.first_seed.wrapping_add(offset);
            lane.play(Play { seed, madsim_seed: self.madsim_seed, keep_schedule: true });
            let schedule = lane.take_schedule().unwrap_or_default();
            let has_strayed = lane.ask(Steered::has_strayed);
            let seen = (!has_strayed).then(|| Seen { hit: self.judge(&mut lane), schedule });
            if !each(seen) {
                return;
            }
        }
    }

    /// Returns whether no more trials may be played.
    pub(super) fn is_over(&self) -> bool {
        self.left.get() == 0 || self.stop.is_over()
    }

    /// Returns the result of the trial that was played last.
    pub(super) fn judge(&self, lane: &mut Lane) -> Hit {
        self.aim.hit(lane.judge().0)
    }

    /// Returns how many trials on this course fail.
    pub(super) fn rates(&self, course: &Course) -> Rates {
        let mut rates = Rates::default();
        self.play(course, |seen| {
            rates.trials += 1;
            rates.alike += u64::from(seen.as_ref().is_some_and(Seen::is_alike));
            rates.breaks += u64::from(seen.is_some_and(|seen| seen.hit.breaks));
            rates.trials < self.trials
        });
        rates
    }
}

impl Base {
    /// Returns the place of the pick that caused an event.
    pub(super) fn pick_of(&self, event: usize) -> Option<usize> {
        self.account.events[event].pick
    }

    /// Returns the first event that each pick caused.
    pub(super) fn told_by(&self) -> Vec<Option<usize>> {
        let mut told_by = vec![None; self.schedule.picks.len()];
        let events = &self.trial.history.events;
        let is_fault = |index: &usize| matches!(events[*index].what, What::Fault { .. });
        for index in (0..events.len()).filter(|index| !is_fault(index)) {
            if let Some(place) = self.pick_of(index) {
                told_by[place].get_or_insert(index);
            }
        }
        told_by
    }

    /// Returns a course that keeps this many of the trial's picks.
    pub(super) fn first(&self, picks: usize) -> Course {
        Course {
            picks: self.schedule.picks[..picks].to_vec(),
            fates: if picks == 0 { Vec::new() } else { self.schedule.fates.clone() },
            ..Course::default()
        }
    }

    /// Returns the place of this occurrence. It is after all others if the occurrence did not fire.
    pub(super) fn place_of(&self, name: Name) -> usize {
        let found = self.schedule.picks.iter().position(|pick| pick.name == name);
        found.unwrap_or(usize::MAX)
    }

    /// Returns the name of the pick at this place.
    pub(super) fn name(&self, place: usize) -> Name {
        self.schedule.picks[place].name
    }
}
