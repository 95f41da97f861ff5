//! Zones and times against brute force: an order is possible by the matrix if and only if some
//! choice of whole microseconds for everything gives it.

use std::collections::BTreeSet;

use deadheat::agenda::{Span, Time, Window};
use deadheat::explore::Zone;
use deadheat::explore::times::{Ended, Started, times};
use proptest::prelude::*;

/// Later than any time in this file.
const END: Time = Time::from_us(1 << 53);

/// Occurrences that start and cancel each other.
#[derive(Clone, Debug)]
struct Structure {
    /// The window of each occurrence, in units.
    windows: Vec<(u64, u64)>,
    /// How many occurrences are pending from the start. They are the first ones.
    initial: usize,
    rules: Vec<Rule>,
}

/// What happens to `target` when `on` fires, if `after` has fired before, or has not.
#[derive(Clone, Debug)]
struct Rule {
    on: usize,
    after: Option<(usize, bool)>,
    target: usize,
    does: Does,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Start,
    Cancel,
}

fn structures() -> impl Strategy<Value = Structure> {
    (2..=6_usize).prop_flat_map(|count| {
        let window =
            (0..=4_u64, 0..=3_u64).prop_map(|(earliest, more)| (earliest, earliest + more));
        let after = proptest::option::of((0..count, any::<bool>()));
        let does = prop_oneof![3 => Just(Does::Start), 1 => Just(Does::Cancel)];
        let rule = (0..count, after, 0..count, does).prop_map(|(on, after, target, does)| Rule {
            on,
            after,
            target,
            does,
        });
        let windows = proptest::collection::vec(window, count);
        let rules = proptest::collection::vec(rule, 0..=8);
        (windows, 1..=count.min(4), rules).prop_map(|(windows, initial, rules)| Structure {
            windows,
            initial,
            rules,
        })
    })
}

impl Structure {
    fn window(&self, one: usize, unit: u64) -> Window {
        let (earliest, latest) = self.windows[one];
        Window::between(Span::from_us(earliest * unit), Span::from_us(latest * unit))
    }

    /// Returns what is started and what is cancelled when the last of `fired` has fired. Everything
    /// is started at most once.
    fn next(&self, fired: &[usize], begun: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let (last, before) = fired.split_last().unwrap();
        let (mut starts, mut cancels) = (Vec::new(), Vec::new());
        for rule in self.rules.iter().filter(|rule| rule.on == *last) {
            if rule.after.is_some_and(|(other, has)| before.contains(&other) != has) {
                continue;
            }
            let target = rule.target;
            let is_known = begun.contains(&target) || starts.contains(&target);
            match rule.does {
                Does::Start if !is_known => starts.push(target),
                Does::Cancel if !cancels.contains(&target) => cancels.push(target),
                Does::Start | Does::Cancel => {}
            }
        }
        cancels.retain(|target| begun.contains(target) && !fired.contains(target));
        (starts, cancels)
    }
}

type Order = Vec<usize>;

/// What is pending, and when it fires.
type Timed = (usize, u64);

/// Finds every order in which these can fire, by trying every time of each. Those that are pending
/// fire at `at`, and ties occur both ways.
fn by_force(
    structure: &Structure,
    fired: &Order,
    begun: &[usize],
    pending: &[Timed],
    found: &mut BTreeSet<Order>,
) {
    let Some(first) = pending.iter().map(|(_, at)| *at).min() else {
        found.insert(fired.clone());
        return;
    };
    for (one, _) in pending.iter().filter(|(_, at)| *at == first) {
        let mut fired = fired.clone();
        fired.push(*one);
        let (starts, cancels) = structure.next(&fired, begun);
        let rest: Vec<Timed> = pending
            .iter()
            .copied()
            .filter(|(other, _)| other != one && !cancels.contains(other))
            .collect();
        let begun: Vec<usize> = begun.iter().chain(&starts).copied().collect();
        with_every_time(structure, &starts, first, &rest, &mut |pending| {
            by_force(structure, &fired, &begun, pending, found);
        });
    }
}

/// Calls `then` with each choice of times for what starts now.
fn with_every_time(
    structure: &Structure,
    starts: &[usize],
    now: u64,
    pending: &[Timed],
    then: &mut dyn FnMut(&[Timed]),
) {
    let Some((one, others)) = starts.split_first() else { return then(pending) };
    let (earliest, latest) = structure.windows[*one];
    for wait in earliest..=latest {
        let mut more = pending.to_vec();
        more.push((*one, now + wait));
        with_every_time(structure, others, now, &more, then);
    }
}

/// A trial over zones, as far as it has been played.
#[derive(Clone, Default)]
struct Trial {
    fired: Order,
    zone: Zone,
    /// What is pending, in the zone's order.
    pending: Vec<usize>,
    begun: Vec<usize>,
    /// What is known about each of `begun`.
    started: Vec<Started>,
}

impl Trial {
    fn start(&mut self, structure: &Structure, one: usize, unit: u64) {
        let window = structure.window(one, unit);
        self.zone.add(window);
        self.pending.push(one);
        self.begun.push(one);
        self.started.push(Started { after: self.fired.len(), window, end: None });
    }

    fn end(&mut self, one: usize, end: Ended) {
        let place = self.begun.iter().position(|begun| *begun == one).unwrap();
        self.started[place].end = Some(end);
    }

    /// Returns the trial after this one has fired.
    fn fire(&self, structure: &Structure, index: usize, unit: u64) -> Trial {
        let mut next = self.fires(index);
        next.zone.fire(index);
        next.pending.remove(index);
        let (starts, cancels) = structure.next(&next.fired, &next.begun);
        for one in cancels {
            // An occurrence that was cancelled before is no longer pending.
            let place = next.pending.iter().position(|pending| *pending == one);
            let Some(index) = place else { continue };
            next.zone.remove(index);
            next.pending.remove(index);
            next.end(one, Ended::Cancelled(next.fired.len()));
        }
        for one in starts {
            next.start(structure, one, unit);
        }
        next
    }

    /// Returns what `times` gets when this one fires, whether that is possible or not.
    fn fires(&self, index: usize) -> Trial {
        let mut next = self.clone();
        next.end(self.pending[index], Ended::Fired(self.fired.len()));
        next.fired.push(self.pending[index]);
        next
    }
}

fn begin(structure: &Structure, unit: u64) -> Trial {
    let mut trial = Trial::default();
    (0..structure.initial).for_each(|one| trial.start(structure, one, unit));
    trial
}

/// Finds every order by zones. Checks at every step that `times` says the same.
fn by_zones(structure: &Structure, trial: &Trial, unit: u64, found: &mut BTreeSet<Order>) {
    if trial.pending.is_empty() {
        found.insert(trial.fired.clone());
        check_times(trial);
        return;
    }
    for index in 0..trial.pending.len() {
        let can_fire = trial.zone.can_fire(index);
        let next = trial.fires(index);
        let is_possible = times(&next.started, next.fired.len(), END).is_some();
        assert_eq!(can_fire, is_possible, "{:?} of {structure:?}", next.fired);
        if can_fire {
            check_times(&next);
            by_zones(structure, &trial.fire(structure, index, unit), unit, found);
        }
    }
}

/// Checks that the times satisfy every window and the order.
fn check_times(trial: &Trial) {
    let fired = trial.fired.len();
    let at = times(&trial.started, fired, END).expect("times for an order that zones allow");
    assert_eq!(at.len(), fired);
    assert!(at.is_sorted(), "{at:?}");
    let moment = |count: usize| if count == 0 { Time::ZERO } else { at[count - 1] };
    for (one, started) in trial.begun.iter().zip(&trial.started) {
        let since = moment(started.after);
        let (earliest, latest) = (since + started.window.earliest, since + started.window.latest);
        let last = match started.end {
            Some(Ended::Fired(place)) => {
                assert!(at[place] >= earliest, "{one} fires too soon: {at:?}");
                at[place]
            }
            Some(Ended::Cancelled(count)) => moment(count),
            None => moment(fired),
        };
        assert!(last <= latest, "{one} is pending for too long: {at:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn zones_allow_exactly_the_orders_that_some_times_give(
        structure in structures(),
        unit in prop_oneof![Just(1_u64), Just(700), Just(5_000)],
    ) {
        let initial: Vec<usize> = (0..structure.initial).collect();
        let mut forced = BTreeSet::new();
        with_every_time(&structure, &initial, 0, &[], &mut |pending| {
            by_force(&structure, &Vec::new(), &initial, pending, &mut forced);
        });
        let mut zoned = BTreeSet::new();
        by_zones(&structure, &begin(&structure, unit), unit, &mut zoned);
        prop_assert_eq!(forced, zoned);
    }
}

#[test]
fn neighbours_are_a_millisecond_apart_where_they_can_be_and_else_as_far_as_they_can() {
    let check = |windows: &[(u64, u64)], gap: u64| {
        let started: Vec<Started> = windows
            .iter()
            .enumerate()
            .map(|(place, (earliest, latest))| Started {
                after: 0,
                window: Window::between(Span::from_us(*earliest), Span::from_us(*latest)),
                end: Some(Ended::Fired(place)),
            })
            .collect();
        let at = times(&started, windows.len(), END).unwrap();
        let least = at.windows(2).map(|pair| (pair[1] - pair[0]).as_us()).min().unwrap();
        assert!(least >= gap, "{at:?}");
        assert!(gap > 0 || least == 0, "{at:?}");
    };
    check(&[(0, 5_000), (0, 5_000), (0, 5_000)], 1_000);
    check(&[(0, 900), (0, 900), (0, 900)], 1);
    check(&[(3, 3), (3, 3)], 0);
}

#[test]
fn an_order_that_no_times_give_has_none() {
    let one = |after, us, place| Started {
        after,
        window: Window::exactly(Span::from_us(us)),
        end: Some(Ended::Fired(place)),
    };
    assert_eq!(times(&[one(0, 5, 0), one(0, 3, 1)], 2, END), None);
    assert!(times(&[one(0, 5, 1), one(0, 3, 0)], 2, END).is_some());
    // An occurrence that never fires bounds those that fire before it.
    let pending = Started { after: 0, window: Window::exactly(Span::from_us(4)), end: None };
    assert_eq!(times(&[one(0, 5, 0), pending], 1, END), None);
    let cancelled = Started { end: Some(Ended::Cancelled(1)), ..pending };
    assert_eq!(times(&[one(0, 5, 0), cancelled], 1, END), None);
    assert!(times(&[one(0, 4, 0), cancelled], 1, END).is_some());
}
