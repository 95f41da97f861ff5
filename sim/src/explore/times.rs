//! Times for an order: concrete times that every window allows.
//!
//! Code that picks only an order knows no times. The times are found afterwards, from all
//! constraints:
//!
//! - Each occurrence lies in its window, counted from what started it.
//! - The occurrences fire in their order.
//! - Nothing fires after the latest moment of something that was pending, even if that never fired.
//!
//! There is a gap between neighbours where one is possible, so that the times show the order.

use deadheat_model::time::{Span, Time, Window};

use crate::agenda::{Observer, Part, Pending, Picked};

/// What is known of an occurrence that has been started.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// How many occurrences had fired by then. The last of these started it.
    pub after: usize,
    /// When it fires, counted from that one.
    pub window: Window,
    /// Its place in the firing order, or how many had fired when it was taken off. Both count from
    /// 0.
    pub end: Option<Ended>,
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It fired at this place, from 0.
    Fired(usize),
    /// It was taken off after this many had fired.
    Cancelled(usize),
}

/// Records what is needed to find times for the order of a trial.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    picked: Option<u32>,
    /// What was started in the last trial.
    pub recorded: Recorded,
}

/// What was started in the last trial, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    started: Vec<Started>,
    fired: usize,
}

impl Recorded {
    /// Begins a new trial.
    pub fn begin(&mut self) {
        self.started.clear();
        self.fired = 0;
    }

    /// Notes that this was put on the agenda.
    pub fn added(&mut self, pending: &Pending) {
        self.started.push(Started { after: self.fired, window: pending.window, end: None });
    }

    /// Notes that this left the agenda. Either it fired, or it was taken off.
    pub fn gone(&mut self, pending: &Pending, has_fired: bool) {
        let end = if has_fired { Ended::Fired } else { Ended::Cancelled };
        self.started[pending.uid as usize].end = Some(end(self.fired));
        self.fired += usize::from(has_fired);
    }

    /// Returns times for the first `count` occurrences that fired in the last trial. None of them
    /// is after `horizon` if that is possible. Returns `None` if no times allow their order.
    pub fn times(&self, count: usize, horizon: Time) -> Option<Vec<Time>> {
        let count = count.min(self.fired);
        times(&self.until(count), count, horizon)
    }

    /// Returns the same with simple times.
    pub fn simple(&self, count: usize, horizon: Time) -> Option<Vec<Time>> {
        let count = count.min(self.fired);
        let simple = simple(&self.until(count), count);
        let is_within = |times: &Vec<Time>| times.last().is_none_or(|last| *last <= horizon);
        simple.filter(is_within).or_else(|| self.times(count, horizon))
    }

    /// Returns what was started before the first `count` had fired, as it was then.
    fn until(&self, count: usize) -> Vec<Started> {
        let begun = self.started.iter().filter(|one| one.after <= count);
        let until = |one: &Started| {
            let end = one.end.filter(|end| match end {
                Ended::Fired(place) => *place < count,
                Ended::Cancelled(fired) => *fired <= count,
            });
            Started { end, ..*one }
        };
        begun.map(until).collect()
    }
}

impl Observer for Recorder {
    fn begin(&mut self) {
        self.recorded.begin();
    }

    fn added(&mut self, pending: &Pending, _: &[Part]) {
        self.recorded.added(pending);
    }

    fn gone(&mut self, pending: &Pending) {
        let has_fired = self.picked == Some(pending.uid);
        self.recorded.gone(pending, has_fired);
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        self.picked = Some(pending[picked.index].uid);
    }
}

/// The gaps to try, in microseconds.
const GAPS: [i64; 3] = [1_000, 1, 0];

/// Returns the times of the `fired` occurrences that fired, in order. None of them is after
/// `horizon` if that is possible. Returns `None` if no times allow this order.
///
/// These times lie in the middle of all times that are possible.
pub fn times(started: &[Started], fired: usize, horizon: Time) -> Option<Vec<Time>> {
    let horizon = bound(horizon - Time::ZERO);
    let within = GAPS.iter().find_map(|gap| with_gap(started, fired, *gap, Some(horizon)));
    within.or_else(|| GAPS.iter().find_map(|gap| with_gap(started, fired, *gap, None)))
}

/// The grids to try for simple times, in microseconds.
const GRIDS: [i64; 5] = [100_000, 10_000, 1_000, 100, 1];

/// Returns simple times for the `fired` occurrences that fired. They are the earliest ones on the
/// coarsest grid on which no two are equal unless they have to be.
pub fn simple(started: &[Started], fired: usize) -> Option<Vec<Time>> {
    let mut gaps = vec![1; fired];
    let of = |gaps: &[i64], grid: i64| {
        let mut edges = windows(started, fired, grid);
        for (place, gap) in gaps.iter().enumerate() {
            edges.push((place, place + 1, if place == 0 { 0 } else { gap * grid }));
        }
        earliest(&edges, fired + 1)
    };
    if of(&gaps, 1).is_none() {
        gaps.fill(0);
        of(&gaps, 1)?;
        for place in 1..fired {
            gaps[place] = 1;
            if of(&gaps, 1).is_none() {
                gaps[place] = 0;
            }
        }
    }
    let times = GRIDS.iter().find_map(|grid| of(&gaps, *grid))?;
    Some(times[1..].iter().map(|time| Time::from_us(time.unsigned_abs())).collect())
}

fn with_gap(
    started: &[Started],
    fired: usize,
    gap: i64,
    horizon: Option<i64>,
) -> Option<Vec<Time>> {
    let mut edges = windows(started, fired, 1);
    edges.extend(horizon.map(|horizon| (fired, 0, -horizon)));
    for place in 1..=fired {
        edges.push((place - 1, place, if place == 1 { 0 } else { gap }));
    }
    let earliest = earliest(&edges, fired + 1)?;
    let latest = latest(&edges, &earliest);
    // The middle of two solutions, rounded down, also satisfies difference constraints.
    let middle = |place: usize| i64::midpoint(earliest[place], latest[place]);
    Some((1..=fired).map(|place| Time::from_us(middle(place).unsigned_abs())).collect())
}

/// Returns the constraints of the windows, which are narrowed so that they begin and end on the
/// grid. A constraint `(from, to, least)` says that `to` is at least `least` later than `from`.
/// Variable 0 is the beginning, and variable i + 1 is the i-th firing.
fn windows(started: &[Started], fired: usize, grid: i64) -> Vec<(usize, usize, i64)> {
    let mut edges = Vec::new();
    for one in started {
        let cause = one.after;
        let latest = bound(one.window.latest) / grid * grid;
        match one.end {
            Some(Ended::Fired(place)) => {
                let soonest = (bound(one.window.earliest) + grid - 1) / grid * grid;
                edges.push((cause, place + 1, soonest));
                edges.push((place + 1, cause, -latest));
            }
            // What fired while it was pending fired before its latest moment.
            Some(Ended::Cancelled(count)) => edges.push((count, cause, -latest)),
            None => edges.push((fired, cause, -latest)),
        }
    }
    edges
}

/// Returns the least solution, by relaxing each edge until nothing changes. Returns `None` if there
/// is no solution.
fn earliest(edges: &[(usize, usize, i64)], variables: usize) -> Option<Vec<i64>> {
    let mut times = vec![0; variables];
    for _ in 0..=variables {
        let mut is_stable = true;
        for (from, to, least) in edges {
            let time = times[*from] + least;
            if time > times[*to] {
                times[*to] = time;
                is_stable = false;
            }
        }
        if times[0] > 0 {
            return None;
        }
        if is_stable {
            return Some(times);
        }
    }
    None
}

/// Returns the greatest solution that ends no later than the least solution has to, plus as much as
/// its own windows leave. Each variable is as late as the variables after it allow.
fn latest(edges: &[(usize, usize, i64)], earliest: &[i64]) -> Vec<i64> {
    // A variable without an upper bound of its own ends with the last variable that has one.
    let horizon = edges
        .iter()
        .filter(|(_, _, least)| *least < 0 && *least > -NONE)
        .map(|(_, to, least)| earliest[*to] - least)
        .max();
    let horizon = horizon.unwrap_or(0).max(earliest.last().copied().unwrap_or(0));
    let mut times = vec![horizon; earliest.len()];
    times[0] = 0;
    let mut is_stable = false;
    while !is_stable {
        is_stable = true;
        for (from, to, least) in edges {
            let time = times[*to] - least;
            if time < times[*from] {
                times[*from] = time;
                is_stable = false;
            }
        }
    }
    times
}

/// Longer than any trial.
const NONE: i64 = i64::MAX / 4;

fn bound(span: Span) -> i64 {
    i64::try_from(span.as_us()).unwrap_or(NONE).min(NONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn started(after: usize, window: (u64, u64), end: Option<Ended>) -> Started {
        let window = Window::between(Span::from_us(window.0), Span::from_us(window.1));
        Started { after, window, end }
    }

    #[test]
    fn simple_times_are_round_early_and_apart() {
        let check = |all: &[Started], fired: usize, expected: Option<&[u64]>| {
            let times = simple(all, fired);
            let us = times.map(|times| times.iter().map(|at| at.as_us()).collect::<Vec<_>>());
            assert_eq!(us.as_deref(), expected);
        };
        let fired = |place| Some(Ended::Fired(place));
        let leg = (5_000, 80_000);
        // A tenth of a second is too long for a leg, and a hundredth is not.
        check(&[started(0, leg, fired(0)), started(1, leg, fired(1))], 2, Some(&[10_000, 20_000]));
        // What has to happen at the same time does, and the rest is still apart.
        let zero = (0, 0);
        let three =
            [started(0, zero, fired(0)), started(0, zero, fired(1)), started(2, leg, fired(2))];
        check(&three, 3, Some(&[0, 0, 10_000]));
        // Something is still pending and must not be late. Something was cancelled just in time.
        let tight = [started(0, (6_000, 90_000), fired(0)), started(0, (0, 7_000), None)];
        check(&tight, 1, Some(&[6_000]));
        let late = [started(0, (8_000, 90_000), fired(0)), started(0, (0, 7_000), None)];
        check(&late, 1, None);
    }

    proptest! {
        /// Whatever can happen at some times has simple times that respect all windows.
        #[test]
        fn simple_times_keep_to_every_window(
            draws in prop::collection::vec((0_u64..40_000, 0_u64..60_000, 0_u64..=100), 1..12),
        ) {
            // Each occurrence is started by the previous one, or by the one before that. A walk
            // decides.
            let mut pending: Vec<(usize, u64)> = Vec::new();
            let mut all: Vec<Started> = Vec::new();
            let (mut now, mut fired) = (0, 0);
            let mut draws = draws.into_iter();
            loop {
                for (earliest, length, part) in draws.by_ref().take(2) {
                    let at = now + earliest + length * part / 100;
                    pending.push((all.len(), at));
                    all.push(started(fired, (earliest, earliest + length), None));
                }
                pending.sort_by_key(|(_, at)| *at);
                if pending.is_empty() {
                    break;
                }
                let (place, at) = pending.remove(0);
                all[place].end = Some(Ended::Fired(fired));
                (now, fired) = (at, fired + 1);
            }
            let times = simple(&all, fired).expect("the walk's own times are some");
            prop_assert!(times.is_sorted());
            for one in &all {
                let Some(Ended::Fired(place)) = one.end else { continue };
                let cause = one.after.checked_sub(1).map_or(Time::ZERO, |cause| times[cause]);
                let waited = times[place] - cause;
                prop_assert!(one.window.earliest <= waited && waited <= one.window.latest);
            }
            // There are still simple times when the end is left out.
            for count in 0..fired {
                let recorded = Recorded { started: all.clone(), fired };
                prop_assert!(recorded.simple(count, Time::from_us(u64::MAX)).is_some());
            }
        }
    }
}
