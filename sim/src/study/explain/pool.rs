//! The pool: trials of all kinds, used to find the orders that tell which trials fail.

use super::Base;
use super::aim::Field;
use super::renaming::Renaming;
use crate::agenda::Schedule;
use crate::record::Feature;

/// A trial, as far as candidates are concerned.
pub(super) struct Sample {
    pub(super) is_alike: bool,
    /// The renaming of the actors, if it fails.
    renaming: Renaming,
    schedule: Places,
}

impl Sample {
    /// Returns whether it has this feature, which is named as in the explained trial.
    pub(super) fn has(&self, feature: &Feature, field: &Field<'_>) -> bool {
        self.schedule.has(&self.renaming.feature(feature, &field.stage))
    }
}

/// The places of what fired, and what chance chose, by the keys of names.
pub(super) struct Places {
    picks: Vec<(u64, u32)>,
    fates: Vec<(u64, usize)>,
}

impl Places {
    pub(super) fn of(schedule: &Schedule) -> Places {
        let picks = schedule.picks.iter().enumerate();
        let mut picks: Vec<(u64, u32)> =
            picks.map(|(place, pick)| (pick.name.key(), place as u32)).collect();
        let mut fates: Vec<(u64, usize)> =
            schedule.fates.iter().map(|fate| (fate.name.key(), fate.option)).collect();
        picks.sort_unstable();
        fates.sort_unstable();
        Places { picks, fates }
    }

    /// Returns the place of this occurrence, if it fired.
    fn place(&self, key: u64) -> Option<u32> {
        let found = self.picks.binary_search_by_key(&key, |(key, _)| *key);
        found.ok().map(|at| self.picks[at].1)
    }

    pub(super) fn has(&self, feature: &Feature) -> bool {
        match feature {
            Feature::Before(first, second) => {
                let (first, second) = (self.place(first.key()), self.place(second.key()));
                first.is_some() && second.is_some() && first < second
            }
            Feature::Chance(name, option) => {
                let found = self.fates.binary_search_by_key(&name.key(), |(key, _)| *key);
                found.is_ok_and(|at| self.fates[at].1 == *option)
            }
        }
    }
}

/// Returns trials of all kinds. Half of them keep no more than they must. The others keep more and
/// more of the trial.
pub(super) fn pool(field: &Field<'_>, base: &Base, (broke, floor): (usize, usize)) -> Vec<Sample> {
    let mut pool = Vec::new();
    let mut take = |kept: usize, trials: u64| {
        let mut played = 0;
        field.play(&base.first(kept), |seen| {
            played += 1;
            pool.extend(seen.map(|seen| Sample {
                is_alike: seen.is_alike(),
                schedule: Places::of(&seen.schedule),
                renaming: seen.hit.alike.unwrap_or_default(),
            }));
            played < trials
        });
    };
    take(floor, field.trials);
    let behind = broke.saturating_sub(floor);
    let steps = (behind + 1).min(20);
    for step in 0..steps {
        take(floor + (step + 1) * behind / steps, (field.trials / steps as u64).max(1));
    }
    pool
}
