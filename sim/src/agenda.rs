//! The agenda: everything that may happen next, and the one mechanism that makes it happen.
//!
//! Everything that takes time, or that may come before or after something else, is an *occurrence*
//! with a [`Name`], a [`Window`], an [`Owner`] and [`Keys`]. A trial is one loop. The [`Strategy`]
//! picks the pending occurrence that fires next whenever all actors are parked. That occurrence
//! wakes at most one actor. The picks are the [`Schedule`], and the schedule alone decides the
//! trial.
//!
//! This module knows neither what an occurrence does ([`World`]) nor what polls the actors.

mod core;
mod draw;
#[cfg(feature = "madsim")]
mod gate;
mod name;
mod observed;
mod schedule;
mod strategy;
mod world;

pub use self::core::{Core, Next};
pub use self::draw::{Draw, key_of, mix};
#[cfg(feature = "madsim")]
pub use self::gate::{Attendance, Gate, Host};
pub use self::name::{ACTIONS_MAX, AGAIN, Call, Key, Keys, Name, Owner, Phase, Sort, Symbol, Who};
pub use self::observed::{Observed, Observer};
pub use self::schedule::{Fate, Pick, Schedule, Switches};
pub use self::strategy::{Part, Pending, Picked, State, Strategy, Supply, normal};
pub use self::world::{Budget, Fired, Seat, Stop, World};

pub use deadheat_model::time::{Span, Time, Window};

use std::any::Any;

/// The pending occurrences with what each of them will do, and the clock.
pub struct Agenda<W> {
    now: Time,
    pending: Vec<Pending>,
    whats: Vec<W>,
    started: u32,
    fired: u64,
    path: u64,
    voices: Vec<Voice>,
    strategy: Box<dyn Strategy>,
    schedule: Option<Schedule>,
}

/// The actor in whose name a seat acts, and how often it has done each thing.
#[derive(Clone)]
struct Voice {
    who: Who,
    key: u64,
    kind: u16,
    counts: [u32; ACTIONS_MAX],
}

impl<W> Agenda<W> {
    /// Returns an empty agenda that `strategy` runs.
    pub fn new(strategy: Box<dyn Strategy>) -> Agenda<W> {
        Agenda {
            now: Time::ZERO,
            pending: Vec::new(),
            whats: Vec::new(),
            started: 0,
            fired: 0,
            path: 0,
            voices: Vec::new(),
            strategy,
            schedule: None,
        }
    }

    /// Returns a copy of the agenda, which `strategy` runs from now on.
    #[must_use]
    pub fn copy(&self, strategy: Box<dyn Strategy>) -> Agenda<W>
    where
        W: Clone,
    {
        Agenda {
            now: self.now,
            pending: self.pending.clone(),
            whats: self.whats.clone(),
            started: self.started,
            fired: self.fired,
            path: self.path,
            voices: self.voices.clone(),
            strategy,
            schedule: self.schedule.clone(),
        }
    }

    /// Returns the strategy, which can be asked what it has seen.
    pub fn strategy(&self) -> &dyn Strategy {
        &*self.strategy
    }

    /// Returns the strategy, if it is of this type.
    pub fn strategy_mut<S: Strategy>(&mut self) -> Option<&mut S> {
        let any: &mut dyn Any = &mut *self.strategy;
        any.downcast_mut()
    }

    /// Returns what each pending occurrence will do.
    pub fn whats(&self) -> &[W] {
        &self.whats
    }

    /// Returns the actor in whose name the seat acted last, if any.
    pub fn speaker(&self, seat: Seat) -> Option<Who> {
        self.voices.get(seat.0).map(|voice| voice.who)
    }

    /// Returns how often the actor on each seat has done each thing.
    pub fn counts(&self) -> impl Iterator<Item = &[u32]> {
        self.voices.iter().map(|voice| &voice.counts[..])
    }

    /// Empties the agenda for the next trial but keeps its allocated memory. Every pick is recorded
    /// if `keep_schedule` is set.
    pub fn begin(&mut self, seed: u64, keep_schedule: bool) -> Supply {
        self.now = Time::ZERO;
        self.pending.clear();
        self.whats.clear();
        self.started = 0;
        self.fired = 0;
        self.path = 0;
        self.voices.clear();
        self.schedule = keep_schedule.then(Schedule::default);
        self.strategy.begin(seed)
    }

    /// Returns the present, which is the time at which the last occurrence fired.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Returns how many occurrences have fired.
    pub fn fired(&self) -> u64 {
        self.fired
    }

    /// Returns the hash of the names of everything that was picked, in order, and of every fate.
    /// Times are not part of it. Two trials with the same hash had the same schedule.
    pub fn path(&self) -> u64 {
        self.path
    }

    /// Returns the occurrences that have not happened yet.
    #[inline]
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Takes the picks so far, if they are recorded.
    pub fn take_schedule(&mut self) -> Option<Schedule> {
        self.schedule.take()
    }

    /// Makes this seat act in the name of `who`, an actor of this kind whose name hashes to `key`.
    /// An actor that returns to its seat continues its counts, so that its names stay unique.
    #[inline]
    pub fn speak_as(&mut self, seat: Seat, who: Who, kind: u16, key: u64) {
        while self.voices.len() <= seat.0 {
            self.voices.push(Voice { who, key, kind, counts: [0; ACTIONS_MAX] });
        }
        let voice = &mut self.voices[seat.0];
        if voice.who != who {
            *voice = Voice { who, key, kind, counts: [0; ACTIONS_MAX] };
        }
    }

    /// Returns the actor in whose name the seat acts.
    #[inline]
    pub fn who(&self, seat: Seat) -> Who {
        self.voices[seat.0].who
    }

    /// Names the next call of this kind by the actor on this seat, and counts it.
    #[inline]
    pub fn call(&mut self, seat: Seat, action: impl Into<Symbol>) -> Call {
        let (voice, action) = (&mut self.voices[seat.0], action.into());
        let nth = &mut voice.counts[usize::from(action.number)];
        *nth += 1;
        Call::new(voice.who, voice.key, action, *nth).of_kind(voice.kind)
    }

    /// Returns the last call of this kind by the actor on this seat once more.
    #[inline]
    pub fn last_call(&self, seat: Seat, action: impl Into<Symbol>) -> Call {
        let (voice, action) = (&self.voices[seat.0], action.into());
        let nth = voice.counts[usize::from(action.number)];
        Call::new(voice.who, voice.key, action, nth).of_kind(voice.kind)
    }

    /// Puts an occurrence on the agenda. It fires within `window` from now.
    #[inline]
    pub fn start(&mut self, name: Name, window: Window, owner: Owner, keys: Keys, what: W) {
        self.start_after(name, &[Part { key: name.key(), window }], owner, keys, what);
    }

    /// Puts an occurrence on the agenda that comes after several consecutive waits. The last part
    /// is its own.
    pub fn start_after(&mut self, name: Name, parts: &[Part], owner: Owner, keys: Keys, what: W) {
        let window = parts.iter().fold(Window::NOW, |sum, part| sum + part.window);
        let pending = Pending { uid: self.started, name, window, since: self.now, owner, keys };
        self.started += 1;
        self.strategy.added(&pending, parts);
        self.pending.push(pending);
        self.whats.push(what);
    }

    /// Removes from the agenda what will not happen any more.
    pub fn cancel(&mut self, is_moot: impl Fn(&W) -> bool) {
        let mut index = 0;
        while index < self.whats.len() {
            if is_moot(&self.whats[index]) {
                self.remove(index);
            } else {
                index += 1;
            }
        }
    }

    /// Removes from the agenda what the actor on this seat has been waiting for, because the actor
    /// is dead. What is on the wire stays, and so does what a service has begun.
    pub fn kill(&mut self, seat: Seat) {
        let mut index = 0;
        while index < self.pending.len() {
            if self.pending[index].owner == Owner::Actor(seat) {
                self.remove(index);
            } else {
                index += 1;
            }
        }
    }

    /// Asks the strategy for one of `weights.len()` options.
    pub fn fate(&mut self, name: Name, weights: &[u32]) -> usize {
        let option = self.strategy.fate(&name, weights);
        self.path = mix(self.path, mix(name.key(), option as u64));
        if let Some(schedule) = &mut self.schedule {
            schedule.fates.push(Fate { name, option });
        }
        option
    }

    /// Lets the strategy choose among the pending occurrences, of which there is at least one,
    /// without firing it.
    fn choose(&mut self, world: &mut impl World<What = W>) -> Option<Picked> {
        let Agenda { strategy, pending, whats, .. } = self;
        strategy.pick(pending, &mut || world.state(pending, whats))
    }

    /// Tells the strategy that the trial is over.
    fn over(&mut self, stop: Stop, world: &mut impl World<What = W>) {
        let Agenda { strategy, pending, whats, .. } = self;
        strategy.over(stop, &mut || world.state(pending, whats));
    }

    /// Fires the chosen occurrence. It leaves the agenda, and its time becomes the present.
    fn fire(&mut self, picked: Picked) -> (Name, W) {
        self.now = self.now.max(picked.at);
        self.fired += 1;
        let name = self.pending[picked.index].name;
        self.path = mix(self.path, name.key());
        if let Some(schedule) = &mut self.schedule {
            schedule.picks.push(Pick { name, at: self.now });
        }
        (name, self.remove(picked.index))
    }

    fn remove(&mut self, index: usize) -> W {
        let gone = self.pending.swap_remove(index);
        self.strategy.gone(index, &gone);
        self.whats.swap_remove(index)
    }
}
