//! A trial that is copied at every branch: the world, its agenda and its actors at one moment.
//!
//! Nothing picks here. The search says which occurrence fires, and which options fates take.

use std::sync::Arc;

use deadheat_model::time::Time;

use super::bare::Actors;
use crate::agenda::{
    Agenda, Budget, Core, Fired, Name, Part, Pending, Picked, Schedule, State, Stop, Strategy,
    Supply, World as _, normal,
};
use crate::app::{Looking, World};
use crate::stage::Stage;

/// A trial at one moment.
pub struct Fork {
    stage: Arc<Stage>,
    core: Core<World>,
    actors: Actors,
}

/// The fates of the occurrence that fires, and what else they could have been.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// The options that were taken. Those that were given come first.
    pub taken: Vec<u32>,
    /// How many of all fates so far were not the normal ones, and how many may not be.
    pub faults: u32,
    /// See `faults`.
    pub faults_max: u32,
    /// The beginnings of other fates.
    pub others: Vec<Vec<u32>>,
    asked: usize,
}

impl Fates {
    /// Returns fates that begin with these options.
    pub fn new(taken: Vec<u32>, faults: u32, faults_max: u32) -> Fates {
        Fates { taken, faults, faults_max, ..Fates::default() }
    }

    fn take(&mut self, weights: &[u32]) -> usize {
        let place = self.asked;
        self.asked += 1;
        if place == self.taken.len() {
            let possible = (0..weights.len() as u32).filter(|at| weights[*at as usize] > 0);
            let mut options: Vec<u32> = possible.collect();
            if self.faults >= self.faults_max {
                options.truncate(1);
            }
            for other in options[1..].iter().rev() {
                self.others.push([self.taken.as_slice(), &[*other]].concat());
            }
            self.taken.push(options[0]);
        }
        let option = self.taken[place] as usize;
        self.faults += u32::from(option != normal(weights));
        option
    }
}

/// Takes the fates that it is given, and picks nothing.
struct Told(Fates);

impl Strategy for Told {
    fn begin(&mut self, _: u64) -> Supply {
        Supply::Trial
    }

    fn added(&mut self, _: &Pending, _: &[Part]) {}

    fn gone(&mut self, _: usize, _: &Pending) {}

    fn pick(&mut self, _: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        unreachable!("invariant: the search picks")
    }

    fn fate(&mut self, _: &Name, weights: &[u32]) -> usize {
        self.0.take(weights)
    }
}

impl Fork {
    /// Returns a trial at its beginning. Its picks are recorded if `keep_schedule` is set.
    pub fn new(stage: &Arc<Stage>, looking: Looking, keep_schedule: bool) -> Fork {
        let budget = &stage.scenario.budget;
        let budget = Budget { picks: budget.picks, time: Time::ZERO + budget.time };
        let mut world = World::new(stage.clone());
        world.set_looking(Some(looking));
        let agenda = Agenda::new(Box::new(Told(Fates::default())));
        let mut core = Core::new(world, agenda, budget);
        core.begin(0, keep_schedule, World::start);
        Fork { stage: stage.clone(), core, actors: Actors::new(stage) }
    }

    /// Returns a copy.
    #[must_use]
    pub fn copy(&self) -> Fork {
        let core = self.core.copy(Box::new(Told(Fates::default())));
        Fork { stage: self.stage.clone(), core, actors: self.actors.clone() }
    }

    /// Returns what is pending.
    pub fn pending(&self) -> &[Pending] {
        self.core.agenda.pending()
    }

    /// Returns how many occurrences have fired.
    pub fn fired(&self) -> u64 {
        self.core.agenda.fired()
    }

    /// Fires this occurrence, and lets the actor that it wakes go on. Returns what became of the
    /// fates. Returns none if the budget is used up.
    pub fn fire(&mut self, picked: Picked, fates: Fates) -> Option<Fates> {
        *self.fates() = fates;
        let Fork { stage, core, actors, .. } = self;
        match core.fire(picked)? {
            Fired::Nobody => {}
            Fired::Restarts(seat) => actors.restart(seat),
            Fired::Wakes(seat, told) => actors.wake(stage, core, seat, told),
        }
        Some(std::mem::take(self.fates()))
    }

    /// Ends the trial if nothing is pending, and returns how.
    pub fn end(&mut self) -> Option<Stop> {
        if !self.pending().is_empty() {
            return None;
        }
        let stop = if self.core.world.is_waiting() { Stop::Stuck } else { Stop::Settled };
        self.core.world.over(stop, &self.core.agenda);
        Some(stop)
    }

    /// Returns whether something that the search asks for is broken by now. What has happened is
    /// forgotten, except for what properties remember of it.
    pub fn is_broken(&mut self) -> bool {
        self.core.world.fold_away()
    }

    /// Returns the digest of the state, and the numbers of what is pending in an order that depends
    /// on the digest alone. States in which something has another name have different digests if it
    /// is `by_name`. `later` says by how much an occurrence can be later than another.
    pub fn digest(&self, by_name: bool, later: &dyn Fn(u32, u32) -> i64) -> (u128, Vec<u32>) {
        self.core.world.digest(&self.actors.0, &self.core.agenda, by_name, later)
    }

    /// Takes the picks so far, if they are recorded.
    pub fn take_schedule(&mut self) -> Option<Schedule> {
        self.core.agenda.take_schedule()
    }

    fn fates(&mut self) -> &mut Fates {
        let told = self.core.agenda.strategy_mut::<Told>();
        &mut told.expect("invariant: the strategy of a fork is `Told`").0
    }
}
