//! `replay`, relaxed: keeps the order of a schedule as far as the windows allow, and walks the
//! rest.
//!
//! What the schedule names fires in the schedule's order. What it does not name fires when its
//! keyed draw says. What it names but nothing starts is passed over. What is known to come later
//! waits for all of it.
//!
//! Nothing fires before its window, or after the latest moment of something that is pending. An
//! order that would need this cannot be kept. An actor may have something new to do before what the
//! schedule expects of it. The trial waits for this actor as long as that is possible. The actor
//! acts as soon as it can if its draw would come too late or means nothing.

use std::collections::BTreeMap;

use crate::agenda::{
    Name, Owner, Part, Pending, Picked, Schedule, State, Strategy, Supply, Time, Who,
};

use super::Walk;
use super::drawn::Draws;
/// When what the schedule names fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// As long after the previous one as in the schedule.
    Kept,
    /// When its keyed draw says, once its turn has come. This gives a trial near the schedule.
    Drawn,
}

/// What happens where the schedule says nothing.
pub struct Rest {
    /// The strategy that draws it.
    pub draws: Box<dyn Draws>,
    /// Whether the schedule's own times came from these draws. Otherwise a new occurrence that is
    /// in the way of a scheduled one fires as soon as it can.
    pub is_own: bool,
}

impl Default for Rest {
    fn default() -> Rest {
        Rest { draws: Box::new(Walk::default()), is_own: true }
    }
}

/// The strategy.
pub struct Relaxed {
    schedule: Schedule,
    places: BTreeMap<u64, usize>,
    options: BTreeMap<u64, usize>,
    times: Times,
    rest: Rest,
    /// The places, in the schedule's picks, of what fired, in the order of firing.
    followed: Vec<usize>,
    has_fired: Vec<bool>,
    /// How much of the schedule has not fired.
    left: usize,
    /// The place that each actor has passed.
    progress: Vec<(Who, usize)>,
    /// When the last pick fired. `last` is when the last pick from the schedule fired, in this
    /// trial and in the schedule.
    now: Time,
    last: (Time, Time),
}

impl Relaxed {
    /// Follows this schedule.
    pub fn new(schedule: Schedule, times: Times) -> Relaxed {
        let places = schedule.picks.iter().enumerate();
        let fates = schedule.fates.iter();
        Relaxed {
            places: places.map(|(place, pick)| (pick.name.key(), place)).collect(),
            options: fates.map(|fate| (fate.name.key(), fate.option)).collect(),
            schedule,
            times,
            rest: Rest::default(),
            followed: Vec::new(),
            has_fired: Vec::new(),
            left: 0,
            progress: Vec::new(),
            now: Time::ZERO,
            last: (Time::ZERO, Time::ZERO),
        }
    }

    /// Returns how far the last trial followed the schedule: the places, in the schedule's picks,
    /// of what fired, in the order of firing.
    pub fn followed(&self) -> &[usize] {
        &self.followed
    }

    /// Sets what happens where the schedule says nothing. The default is a walk.
    #[must_use]
    pub fn then(self, rest: Rest) -> Relaxed {
        Relaxed { rest, ..self }
    }

    /// Places these names after everything in the schedule.
    #[must_use]
    pub fn before(mut self, later: &[Name]) -> Relaxed {
        let end = self.schedule.picks.len();
        for name in later {
            self.places.entry(name.key()).or_insert(end);
        }
        self
    }

    /// Returns the place of this name in the schedule, if it has one and has not fired yet.
    /// Everything that comes later has one place, after the last, until all else has fired.
    fn place(&self, name: &Name) -> Option<usize> {
        let place = self.places.get(&name.key()).copied();
        place.filter(|place| match self.has_fired.get(*place) {
            Some(has_fired) => !has_fired,
            None => self.left > 0,
        })
    }

    /// Returns when this occurrence is to fire, if its turn has come. It was drawn `at` this time.
    fn wish(&self, one: &Pending, at: Time, place: usize) -> Time {
        let (here, there) = self.last;
        let wish = match (self.times, self.schedule.picks.get(place)) {
            (Times::Kept, Some(pick)) => here + (pick.at - there),
            (Times::Drawn, _) | (_, None) => at,
        };
        wish.max(earliest(one)).max(self.now)
    }

    /// Returns when the occurrence at this index was drawn to fire, and what breaks a tie.
    fn drawn(&self, index: usize) -> (Time, u64) {
        self.rest.draws.drawn(index)
    }

    /// Returns the first new thing that an actor has to do on the way to what is expected of it
    /// before `place`. It fires as soon as it can. Returns `None` if it cannot fire within the
    /// bound.
    fn awaited(&self, pending: &[Pending], place: usize, bound: Time) -> Option<Picked> {
        let is_new = |one: &Pending| one.owner != Owner::Service && self.place(&one.name).is_none();
        let leads_to = |one: &Pending| {
            let actor = one.name.call.who;
            let behind = self.progress.iter().find(|(known, _)| *known == actor);
            let from = behind.map_or(0, |(_, place)| place + 1);
            let between = self.schedule.picks.get(from..place)?;
            Some(from + between.iter().position(|pick| pick.name.call.who == actor)?)
        };
        let when = |one: &Pending, at: Time| {
            let is_drawn = self.rest.is_own && at <= bound;
            if is_drawn { at } else { earliest(one).max(self.now) }
        };
        let new = pending.iter().enumerate().filter(|(_, one)| is_new(one));
        let awaited = new.filter_map(|(index, one)| {
            let (drawn, tie) = self.drawn(index);
            let at = when(one, drawn);
            (at <= bound).then_some((leads_to(one)?, at, tie, index))
        });
        let first = |(place, at, tie, index): (usize, Time, u64, usize)| {
            // The draws decide which is first where they count.
            if self.rest.is_own { ((0, at, tie), index) } else { ((place, at, tie), index) }
        };
        let ((_, at, _), index) = awaited.map(first).min()?;
        Some(Picked { index, at })
    }

    /// Returns which occurrence fires next, and when.
    fn choose(&self, pending: &[Pending]) -> Picked {
        let bound = pending.iter().map(latest).min().expect("invariant: something is pending");
        let named = || {
            let places = pending.iter().enumerate();
            let key = |place, index| match self.schedule.picks.get(place) {
                Some(_) => (place, Time::ZERO),
                None => (place, self.drawn(index).0),
            };
            places.filter_map(move |(index, one)| Some((key(self.place(&one.name)?, index), index)))
        };
        let is_free = |one: &Pending| self.place(&one.name).is_none();
        let free = pending.iter().enumerate().filter(|(_, one)| is_free(one));
        let free = free.map(|(index, _)| index).min_by_key(|index| self.drawn(*index));
        let walked = |index: usize| Picked { index, at: self.drawn(index).0 };
        let Some((_, first)) = named().min() else {
            return walked(free.expect("invariant: what has no place is free"));
        };
        // What is due before this occurrence can fire comes first. The draw of a free occurrence is
        // never after its latest moment.
        let from = earliest(&pending[first]);
        let is_due = pending.iter().any(|one| latest(one) < from && is_free(one));
        if let Some(free) = free.filter(|index| is_due && self.drawn(*index).0 <= bound) {
            return walked(free);
        }
        let can_fire = |(_, index): &((usize, Time), usize)| earliest(&pending[*index]) <= bound;
        let first = named().filter(can_fire).min();
        let first = first.expect("invariant: what is due first can fire");
        let ((place, _), index) = first;
        let wish = self.wish(&pending[index], self.drawn(index).0, place);
        let at = wish.min(bound.max(self.now));
        match free {
            Some(free) if self.drawn(free).0 < at => walked(free),
            _ => self.awaited(pending, place, bound).unwrap_or(Picked { index, at }),
        }
    }
}

fn earliest(one: &Pending) -> Time {
    one.since + one.window.earliest
}

fn latest(one: &Pending) -> Time {
    one.since + one.window.latest
}

impl Strategy for Relaxed {
    fn begin(&mut self, seed: u64) -> Supply {
        self.followed.clear();
        self.has_fired.clear();
        self.has_fired.resize(self.schedule.picks.len(), false);
        self.left = self.schedule.picks.len();
        self.progress.clear();
        self.now = Time::ZERO;
        self.last = (Time::ZERO, Time::ZERO);
        self.rest.draws.begin(seed)
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        self.rest.draws.added(pending, parts);
    }

    fn gone(&mut self, index: usize, pending: &Pending) {
        self.rest.draws.gone(index, pending);
    }

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.choose(pending);
        let name = pending[picked.index].name;
        self.now = self.now.max(picked.at);
        let place = self.place(&name).filter(|place| *place < self.schedule.picks.len());
        if let Some(place) = place {
            self.has_fired[place] = true;
            self.left -= 1;
            self.followed.push(place);
            self.last = (self.now, self.schedule.picks[place].at);
            let actor = name.call.who;
            match self.progress.iter_mut().find(|(known, _)| *known == actor) {
                Some((_, behind)) => *behind = place.max(*behind),
                None => self.progress.push((actor, place)),
            }
        }
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let kept = self.options.get(&name.key()).copied();
        let is_possible = |option: &usize| weights.get(*option).is_some_and(|weight| *weight > 0);
        kept.filter(is_possible).unwrap_or_else(|| self.rest.draws.fate(name, weights))
    }
}
