//! The moment from which the violation could no longer be avoided. It is found by keeping the first
//! picks and drawing the rest again.

use super::Base;
use super::aim::Field;
use super::nearest::Found;
use crate::record::{Change, Count, Inevitable, Rates};

/// This many trials are played for each number of picks, if as many are asked for.
const EACH: u64 = 200;

/// Every number of picks is measured if there are no more picks than this.
const ALL_MAX: usize = 48;

/// Otherwise this many numbers are measured at first, evenly spread.
const SPREAD: usize = 12;

/// Measures how often the trial fails if a number of picks is kept, up to the pick that broke it.
pub(super) fn moment(field: &Field<'_>, base: &Base, (broke, plain): (usize, Rates)) -> Inevitable {
    // The result with nothing kept is already known.
    let nothing = Count { failing: plain.alike, trials: plain.trials, skipped: 0 };
    let mut measured = Measured { field, base, by_kept: vec![(0, nothing)] };
    let end = broke + 1;
    let step = if end <= ALL_MAX { 1 } else { end.div_ceil(SPREAD) };
    for kept in (0..end).step_by(step).chain([end]) {
        measured.rate(kept);
    }
    let from = measured.from(end);
    if let Some(from) = from {
        // The numbers around it are reported as well.
        for kept in from.saturating_sub(2)..=(from + 1).min(end) {
            measured.rate(kept);
        }
    }
    Inevitable { by_kept: measured.by_kept, from, every: None }
}

/// Bounds the moment by a schedule that passes. Such a schedule is a witness that nothing was
/// inevitable yet where it leaves the trial.
pub(super) fn bound(moment: &mut Inevitable, passes: &Found) {
    if passes.change != Change::Times {
        moment.from = moment.from.map(|from| from.max(passes.place + 1));
    }
}

struct Measured<'a> {
    field: &'a Field<'a>,
    base: &'a Base,
    /// Sorted.
    by_kept: Vec<(usize, Count)>,
}

impl Measured<'_> {
    /// Returns how many of the trials that keep this many picks fail.
    fn rate(&mut self, kept: usize) -> Count {
        let place = self.by_kept.partition_point(|(known, _)| *known < kept);
        if let Some((_, count)) = self.by_kept.get(place).filter(|(known, _)| *known == kept) {
            return *count;
        }
        let mut count = Count::default();
        let trials = self.field.trials.min(EACH);
        self.field.play(&self.base.first(kept), |seen| {
            count.failing += u64::from(seen.is_some_and(|seen| seen.is_alike()));
            count.trials += 1;
            count.trials < trials
        });
        self.by_kept.insert(place, (kept, count));
        count
    }

    /// Returns the least number of picks from which on all trials fail. They continue to fail with
    /// more picks once all of them fail.
    fn from(&mut self, end: usize) -> Option<usize> {
        if !self.rate(end).is_all() {
            return None;
        }
        let last_open = self.by_kept.iter().rev().find(|(_, count)| !count.is_all());
        let Some(mut open) = last_open.map(|(kept, _)| *kept) else { return Some(0) };
        let sure = self.by_kept.iter().find(|(kept, _)| *kept > open);
        let mut sure = sure.map_or(end, |(kept, _)| *kept);
        while sure - open > 1 {
            let middle = usize::midpoint(open, sure);
            (open, sure) = if self.rate(middle).is_all() { (open, middle) } else { (middle, sure) };
        }
        Some(sure)
    }
}
