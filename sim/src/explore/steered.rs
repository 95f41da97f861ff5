//! `steered`: a walk that keeps the beginning of a schedule, and some orders after that.
//!
//! What is kept fires as it did, at its times. Then everything is drawn again, in the way in which
//! a walk would draw it at this point. What is pending fires at some moment in the rest of its
//! window. The later occurrence of an order is held back until the earlier one has fired. Nothing
//! fires outside its window, or after the latest moment of anything that is pending. The trial is
//! abandoned where an order cannot be kept within these limits.

use std::collections::BTreeMap;

use super::Walk;
use super::drawn::Draws as _;
use crate::agenda::{
    Draw, Fate, Name, Part, Pending, Pick, Picked, Span, State, Strategy, Supply, Time, Who,
    Window, mix,
};

/// What is kept.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The picks that are kept, from the first one on.
    pub picks: Vec<Pick>,
    /// What chance decides until the last of these picks has fired. It is not used if there are
    /// none.
    pub fates: Vec<Fate>,
    /// The first one fires before the second one does.
    pub orders: Vec<(Name, Name)>,
    /// What chance decides later on.
    pub options: Vec<Fate>,
}

/// The strategy.
pub struct Steered {
    picks: Vec<Pick>,
    fates: BTreeMap<u64, usize>,
    options: BTreeMap<u64, usize>,
    orders: Vec<Order>,
    walk: Walk,
    seed: u64,
    /// How many picks were made.
    made: usize,
    now: Time,
    /// When the last pick that is kept fired.
    free_from: Time,
    has_strayed: bool,
}

struct Order {
    first: u64,
    by: Who,
    second: u64,
    is_done: bool,
}

/// Separates the draws of hurried occurrences from all other draws.
const HURRY: u64 = 0x68_75_72_72_79;

impl Steered {
    /// Keeps this course.
    pub fn new(course: Course) -> Steered {
        let options = |fates: Vec<Fate>| -> BTreeMap<u64, usize> {
            fates.into_iter().map(|fate| (fate.name.key(), fate.option)).collect()
        };
        let order = |(first, second): (Name, Name)| Order {
            first: first.key(),
            by: first.call.who,
            second: second.key(),
            is_done: false,
        };
        Steered {
            picks: course.picks,
            fates: options(course.fates),
            options: options(course.options),
            orders: course.orders.into_iter().map(order).collect(),
            walk: Walk::default(),
            seed: 0,
            made: 0,
            now: Time::ZERO,
            free_from: Time::ZERO,
            has_strayed: false,
        }
    }

    /// Returns whether the last trial left its course and was abandoned.
    pub fn has_strayed(&self) -> bool {
        self.has_strayed
    }

    fn next(&self, pending: &[Pending]) -> Option<Picked> {
        if let Some(kept) = self.picks.get(self.made) {
            let index = pending.iter().position(|one| one.name == kept.name)?;
            return Some(Picked { index, at: kept.at });
        }
        let bound = pending.iter().map(latest).min().expect("invariant: something is pending");
        let mut free: Option<(Time, u64, usize)> = None;
        for (index, one) in pending.iter().enumerate().filter(|(_, one)| !self.is_held(one)) {
            let (at, tie) = self.walk.drawn(index);
            let wish = (self.wish(one, at), tie, index);
            free = Some(free.map_or(wish, |known| known.min(wish)));
        }
        match free {
            Some((at, _, index)) if at <= bound => Some(Picked { index, at }),
            _ => self.hurry(pending, bound),
        }
    }

    /// Returns when the occurrence fires if nothing else has to wait for it. It was drawn `at` this
    /// time.
    fn wish(&self, one: &Pending, at: Time) -> Time {
        if one.since >= self.free_from {
            return at;
        }
        // It was pending while the beginning was kept, but it did not fire.
        self.draw(one, self.seed, latest(one))
    }

    fn is_held(&self, one: &Pending) -> bool {
        if self.orders.iter().all(|order| order.is_done) {
            return false;
        }
        let key = one.name.key();
        self.orders.iter().any(|order| !order.is_done && order.second == key)
    }

    /// Picks when what is held back cannot be held any longer. Something that it waits for then
    /// fires earlier than it would on its own, if that is possible.
    fn hurry(&self, pending: &[Pending], bound: Time) -> Option<Picked> {
        let rank = |one: &Pending| {
            let key = one.name.key();
            let mut waited = self.orders.iter().filter(|order| !order.is_done);
            if waited.clone().any(|order| order.first == key) {
                0
            } else if waited.any(|order| order.by == one.name.call.who) {
                1
            } else {
                2
            }
        };
        let can = |(_, one): &(usize, &Pending)| !self.is_held(one) && earliest(one) <= bound;
        let hurried = pending.iter().enumerate().filter(can);
        let (index, one) =
            hurried.min_by_key(|(index, one)| (rank(one), self.walk.drawn(*index)))?;
        Some(Picked { index, at: self.draw(one, mix(self.seed, HURRY), bound) })
    }

    /// Draws a moment until `until`. It lies after now, or after the moment from which the
    /// occurrence is free.
    fn draw(&self, one: &Pending, seed: u64, until: Time) -> Time {
        let from = earliest(one).max(self.free_from);
        let from = if seed == self.seed { from } else { from.max(self.now) };
        let window =
            Window::between(Span::ZERO, if until > from { until - from } else { Span::ZERO });
        from + Draw::new(seed, one.name.key()).wait(window)
    }

    /// Notes that this occurrence fires. Returns false if this breaks an order.
    fn fires(&mut self, name: Name) -> bool {
        let key = name.key();
        for order in self.orders.iter_mut().filter(|order| !order.is_done) {
            if order.second == key {
                return false;
            }
            order.is_done = order.first == key;
        }
        true
    }
}

fn earliest(one: &Pending) -> Time {
    one.since + one.window.earliest
}

fn latest(one: &Pending) -> Time {
    one.since + one.window.latest
}

impl Strategy for Steered {
    fn begin(&mut self, seed: u64) -> Supply {
        self.seed = seed;
        self.made = 0;
        self.now = Time::ZERO;
        self.free_from = Time::ZERO;
        self.orders.iter_mut().for_each(|order| order.is_done = false);
        self.has_strayed = false;
        self.walk.begin(seed)
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        self.walk.added(pending, parts);
    }

    fn gone(&mut self, index: usize, pending: &Pending) {
        self.walk.gone(index, pending);
    }

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.next(pending);
        let picked = picked.filter(|picked| self.fires(pending[picked.index].name));
        let Some(picked) = picked else {
            self.has_strayed = true;
            return None;
        };
        self.now = self.now.max(picked.at);
        self.made += 1;
        if self.made <= self.picks.len() {
            self.free_from = self.now;
        }
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let is_kept = !self.picks.is_empty() && self.made <= self.picks.len();
        let options = if is_kept { &self.fates } else { &self.options };
        let kept = options.get(&name.key()).copied();
        let is_possible = |option: &usize| weights.get(*option).is_some_and(|weight| *weight > 0);
        kept.filter(is_possible).unwrap_or_else(|| self.walk.fate(name, weights))
    }
}
