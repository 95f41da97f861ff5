//! Zones: which occurrence can fire first, decided exactly.
//!
//! A zone is a difference-bound matrix over *now* and everything that is pending. It says how much
//! later than another each of them can be at most. It is the state class of a time Petri net
//! (Berthomieu and Diaz, 1991), and the zone of a timed automaton (Dill, 1989). An occurrence fires
//! within its window, whatever else happens. So time cannot pass the latest moment of anything that
//! is pending. All arithmetic is on whole microseconds.
//!
//! The matrix is *canonical* before and after every operation in here. This means that no bound is
//! looser than a bound that follows from others. [`Zone::can_fire`] is exact only because of this.

use deadheat_model::time::{Span, Window};

/// Bounds of this size and above mean that there is no bound. The size leaves room for a sum of
/// two.
const NONE: i64 = i64::MAX / 4;

/// The possible times of what is pending, relative to each other and to now.
///
/// Everything pending has an index, from 0, in the order in which it was added. The occurrences
/// after one that is removed move up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zone {
    /// The bounds, row by row: by how many microseconds the row is at most later than the column.
    /// The first row and the first column are those of *now*.
    bounds: Vec<i64>,
    /// How many rows there are.
    size: usize,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { bounds: vec![0], size: 1 }
    }
}

impl Zone {
    /// Returns a zone in which nothing is pending.
    pub fn new() -> Zone {
        Zone::default()
    }

    /// Returns how many occurrences are pending.
    pub fn len(&self) -> usize {
        self.size - 1
    }

    /// Returns whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an occurrence that is started now and fires within `window`.
    pub fn add(&mut self, window: Window) {
        let (earliest, latest) = (bound(window.earliest), bound(window.latest));
        let old = self.size;
        self.resize(old + 1);
        for other in 0..old {
            let later = sum(latest, self.at(0, other));
            let sooner = sum(self.at(other, 0), -earliest);
            self.set(old, other, later);
            self.set(other, old, sooner);
        }
        self.set(old, old, 0);
    }

    /// Removes the occurrence at this index, which will not happen. Its bounds on the others
    /// remain.
    pub fn remove(&mut self, index: usize) {
        self.take_out(index + 1);
    }

    /// Returns whether some assignment of times lets this occurrence fire before all others. A tie
    /// counts.
    pub fn can_fire(&self, index: usize) -> bool {
        (1..self.size).all(|other| self.at(other, index + 1) >= 0)
    }

    /// Fires this occurrence before all others, which has to be possible. Its moment becomes *now*.
    pub fn fire(&mut self, index: usize) {
        let first = index + 1;
        debug_assert!(self.can_fire(index), "invariant: what fires can fire");
        // No other occurrence is sooner. So an edge of weight 0 goes from this one to each other
        // one.
        for column in 0..self.size {
            let through = (1..self.size).map(|row| self.at(row, column)).min();
            let through = through.expect("invariant: something is pending");
            for row in 0..self.size {
                let tightened = sum(self.at(row, first), through).min(self.at(row, column));
                // Row `first` itself is read again for the next columns, but it is never made
                // tighter. Its entry in column `first` is 0, and `through` is the least of the
                // column.
                self.set(row, column, tightened);
            }
        }
        // This occurrence becomes *now*.
        for other in 0..self.size {
            let (row, column) = (self.at(first, other), self.at(other, first));
            self.set(0, other, row);
            self.set(other, 0, column);
        }
        self.set(0, 0, 0);
        self.take_out(first);
    }

    /// Returns how long it takes from now until this occurrence can fire at the earliest.
    pub fn soonest(&self, index: usize) -> Span {
        Span::from_us(u64::try_from(-self.at(0, index + 1)).unwrap_or(0))
    }

    /// Returns the zone without *now*, in this order. What is left decides everything that can
    /// happen.
    #[must_use]
    pub fn future(&self, order: &[usize]) -> Zone {
        let mut future = Zone { bounds: Vec::with_capacity(order.len().pow(2)), size: order.len() };
        for row in order {
            for column in order {
                future.bounds.push(self.at(row + 1, column + 1));
            }
        }
        future
    }

    /// Returns a zone that goes on as this one, which has no *now*. All that is known of its *now*
    /// is that nothing has fired yet.
    #[must_use]
    pub fn with_now(&self) -> Zone {
        let size = self.size + 1;
        let mut zone = Zone { bounds: vec![NONE; size * size], size };
        zone.set(0, 0, 0);
        for column in 0..self.size {
            let mut least = 0;
            for row in 0..self.size {
                let bound = self.at(row, column);
                zone.set(row + 1, column + 1, bound);
                least = bound.min(least);
            }
            zone.set(0, column + 1, least);
        }
        zone
    }

    /// Returns by how many microseconds the first occurrence can be later than the second one, in a
    /// zone with *now*.
    pub fn later(&self, one: usize, other: usize) -> i64 {
        self.at(one + 1, other + 1)
    }

    /// Returns how many numbers it consists of.
    pub fn area(&self) -> usize {
        self.bounds.len()
    }

    /// Returns whether everything that is possible in `other` is possible in this zone.
    pub fn includes(&self, other: &Zone) -> bool {
        debug_assert_eq!(self.size, other.size, "invariant: zones of the same occurrences");
        self.bounds.iter().zip(&other.bounds).all(|(mine, theirs)| mine >= theirs)
    }

    /// Returns both zones in one, if that holds nothing that is in neither of them. The result is
    /// the hull, if what the hull has beyond this zone lies in the other zone.
    pub fn union(&self, other: &Zone) -> Option<Zone> {
        let bounds = self.bounds.iter().zip(&other.bounds).map(|(mine, theirs)| *mine.max(theirs));
        let hull = Zone { bounds: bounds.collect(), size: self.size };
        for row in 0..self.size {
            for column in 0..self.size {
                let bound = self.at(row, column);
                if bound == hull.at(row, column) {
                    continue;
                }
                // This is what lies beyond this bound: the row is later than the column by more
                // than the bound.
                let beyond = hull.constrained(column, row, -bound - 1);
                if beyond.is_some_and(|beyond| !other.includes(&beyond)) {
                    return None;
                }
            }
        }
        Some(hull)
    }

    /// Returns the zone with `row` at most `bound` later than `column`. Returns `None` if that is
    /// impossible.
    fn constrained(&self, row: usize, column: usize, bound: i64) -> Option<Zone> {
        if sum(self.at(column, row), bound) < 0 {
            return None;
        }
        let mut tighter = self.clone();
        for from in 0..self.size {
            for to in 0..self.size {
                let through = sum(sum(self.at(from, row), bound), self.at(column, to));
                tighter.set(from, to, through.min(self.at(from, to)));
            }
        }
        Some(tighter)
    }

    fn at(&self, row: usize, column: usize) -> i64 {
        self.bounds[row * self.size + column]
    }

    fn set(&mut self, row: usize, column: usize, bound: i64) {
        self.bounds[row * self.size + column] = bound;
    }

    fn resize(&mut self, size: usize) {
        let old = self.size;
        self.bounds.resize(size * size, NONE);
        for row in (0..old).rev() {
            for column in (0..old).rev() {
                self.bounds[row * size + column] = self.bounds[row * old + column];
            }
        }
        self.size = size;
    }

    fn take_out(&mut self, gone: usize) {
        let (size, mut to) = (self.size, 0);
        for row in (0..size).filter(|row| *row != gone) {
            for column in (0..size).filter(|column| *column != gone) {
                self.bounds[to] = self.bounds[row * size + column];
                to += 1;
            }
        }
        self.bounds.truncate(to);
        self.size -= 1;
    }
}

fn bound(span: Span) -> i64 {
    i64::try_from(span.as_us()).unwrap_or(NONE).min(NONE)
}

fn sum(one: i64, other: i64) -> i64 {
    (one + other).min(NONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns whether each bound is at most the sum of any two that go through a third row, so
    /// that nothing tighter follows.
    fn is_canonical(zone: &Zone) -> bool {
        let all = || 0..zone.size;
        all().all(|row| {
            zone.at(row, row) == 0
                && all().all(|column| {
                    all().all(|through| {
                        zone.at(row, column) <= zone.at(row, through) + zone.at(through, column)
                    })
                })
        })
    }

    /// Returns a zone of `size` rows with these bounds, made canonical. Returns `None` if it is
    /// empty.
    fn zone(size: usize, bounds: &[i64]) -> Option<Zone> {
        let mut zone = Zone { bounds: bounds[..size * size].to_vec(), size };
        (0..size).for_each(|row| zone.set(row, row, 0));
        for through in 0..size {
            for row in 0..size {
                for column in 0..size {
                    let sum = zone.at(row, through) + zone.at(through, column);
                    zone.set(row, column, sum.min(zone.at(row, column)));
                }
            }
        }
        (0..size).all(|row| zone.at(row, row) >= 0).then_some(zone)
    }

    /// The greatest bound to try.
    const LARGEST: i64 = 4;

    /// Returns all points with the first coordinate 0 that a zone with such bounds can hold.
    fn points(size: usize) -> Vec<Vec<i64>> {
        let mut points = vec![vec![0]];
        for _ in 1..size {
            let longer = |point: Vec<i64>| {
                (-LARGEST..=LARGEST).map(move |last| [point.as_slice(), &[last]].concat())
            };
            points = points.into_iter().flat_map(longer).collect();
        }
        points
    }

    fn holds(zone: &Zone, point: &[i64]) -> bool {
        let all = || 0..zone.size;
        all().all(|row| all().all(|column| point[row] - point[column] <= zone.at(row, column)))
    }

    fn bounds() -> impl Strategy<Value = Vec<i64>> {
        proptest::collection::vec(-2..=LARGEST, 16)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

        #[test]
        fn a_zone_includes_what_holds_no_point_beyond_it(
            size in 1..=4_usize, one in bounds(), other in bounds()
        ) {
            let (Some(one), Some(other)) = (zone(size, &one), zone(size, &other)) else {
                return Ok(());
            };
            let points = points(size);
            let is_so = points.iter().all(|point| holds(&one, point) || !holds(&other, point));
            prop_assert_eq!(one.includes(&other), is_so);
        }

        #[test]
        fn a_union_holds_the_points_of_either_and_no_others(
            size in 2..=4_usize, one in bounds(), change in (0..4_usize, 0..4_usize, -2..=3_i64)
        ) {
            // These two zones differ a little. Other pairs seldom have a union that is a zone.
            let mut other = one.clone();
            other[change.0 % size * size + change.1 % size] += change.2;
            let (Some(one), Some(other)) = (zone(size, &one), zone(size, &other)) else {
                return Ok(());
            };
            check_union(&one, &other);
        }

        #[test]
        fn a_union_of_any_two_holds_the_points_of_either_and_no_others(
            size in 2..=4_usize, one in bounds(), other in bounds()
        ) {
            if let (Some(one), Some(other)) = (zone(size, &one), zone(size, &other)) {
                check_union(&one, &other);
            }
        }

        #[test]
        fn a_zone_is_canonical_whatever_happens(
            steps in proptest::collection::vec((0..3_u8, 0..6_usize, 0..=5_u64, 0..=5_u64), 1..30)
        ) {
            let mut zone = Zone::new();
            for (step, index, earliest, more) in steps {
                let window = Window::between(Span::from_us(earliest), Span::from_us(earliest + more));
                let can_fire = index < zone.len() && zone.can_fire(index);
                match step {
                    0 if zone.len() < 6 => zone.add(window),
                    1 if can_fire => zone.fire(index),
                    2 if index < zone.len() => zone.remove(index),
                    _ => continue,
                }
                prop_assert!(is_canonical(&zone), "{:?}", zone);
                prop_assert!(zone.is_empty() || (0..zone.len()).any(|one| zone.can_fire(one)));
            }
        }
    }

    fn check_union(one: &Zone, other: &Zone) {
        let points = points(one.size);
        let is_in_either = |point: &[i64]| holds(one, point) || holds(other, point);
        match one.union(other) {
            Some(union) => {
                assert!(is_canonical(&union), "{union:?}");
                for point in points {
                    assert_eq!(holds(&union, &point), is_in_either(&point), "{point:?}");
                }
            }
            None => {
                let bounds = one.bounds.iter().zip(&other.bounds);
                let bounds = bounds.map(|(mine, theirs)| *mine.max(theirs)).collect();
                let hull = Zone { bounds, size: one.size };
                assert!(
                    points.iter().any(|point| holds(&hull, point) && !is_in_either(point)),
                    "the hull of {one:?} and {other:?} is their union"
                );
            }
        }
    }
}
