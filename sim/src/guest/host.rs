//! The host: it lets one actor go on at a time, until a trial is over.

use super::actor::Acting;
use super::history::Moment;
use super::quiet::quietly;
use super::sim::Sim;
use super::trial::Trial;
use super::world::World;
use crate::agenda::{Agenda, Budget, Core, Fired, Schedule, Stop, Strategy, Supply};

/// A simulation that is played again and again, as its strategy decides.
pub(super) struct Host<'a> {
    setup: &'a dyn Fn(&mut Sim),
    core: Core<World>,
    actors: Vec<Acting>,
    stop: Stop,
}

/// What to look for where the schedule does not decide a trial.
pub(super) const HINT: &str = "\
if an actor, a service or the setup depends on more than the schedule, a trial cannot be played \
again: look for a clock, random numbers, an address, the order of a hash map, or a static";

/// What is recorded of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// What it breaks.
    Nothing,
    /// The picks, too.
    Picks,
    /// Everything that happens, too.
    Lines,
}

impl<'a> Host<'a> {
    pub(super) fn new(
        setup: &'a dyn Fn(&mut Sim),
        strategy: Box<dyn Strategy>,
        budget: Budget,
    ) -> Host<'a> {
        let core = Core::new(World::default(), Agenda::new(strategy), budget);
        Host { setup, core, actors: Vec::new(), stop: Stop::Abandoned }
    }

    /// Plays a trial to its end. Plays nothing if the strategy has nothing left.
    pub(super) fn play(&mut self, seed: u64, keep: Keep) -> Supply {
        let supply = self.play_once(seed, keep);
        if supply == Supply::Draft { self.play_once(seed, keep) } else { supply }
    }

    /// Plays a trial to its end. Returns what is wrong if it cannot be played: a trial that does
    /// not go as it went before breaks an invariant of its strategy.
    pub(super) fn try_play(&mut self, seed: u64, keep: Keep) -> Result<Supply, String> {
        let played = quietly(|| self.play(seed, keep));
        played.map_err(|message| format!("the trial with seed {seed} panics: {message}\n{HINT}"))
    }

    fn play_once(&mut self, seed: u64, keep: Keep) -> Supply {
        let mut sim = Sim::default();
        (self.setup)(&mut sim);
        let Sim { services, places, actors, properties, .. } = sim;
        self.actors = actors;
        let Host { core, actors, .. } = self;
        core.world.log = (keep == Keep::Lines).then(Vec::new);
        let supply = core.begin(seed, keep != Keep::Nothing, |world, agenda| {
            world.start(services, places, properties, agenda);
        });
        if supply == Supply::Nothing {
            return supply;
        }
        self.stop = loop {
            match core.step() {
                Err(stop) => break stop,
                Ok(Fired::Nobody) => {}
                Ok(Fired::Restarts(seat)) => actors[seat.0].kill(),
                Ok(Fired::Wakes(seat, told)) => {
                    let mut told = Some(told);
                    while let Some(now) = told {
                        let wants = actors[seat.0].wake(now);
                        told = core.world.apply(seat, wants, &mut core.agenda);
                    }
                }
            }
            core.world.judge(Moment::Now);
            if core.world.misuse.is_some() {
                break Stop::Abandoned;
            }
        };
        // What an actor holds may have a destructor that expects the simulation to be there.
        let _ = quietly(|| self.actors.clear());
        supply
    }

    /// Returns the world as the last trial left it.
    pub(super) fn world(&self) -> &World {
        &self.core.world
    }

    /// Returns how many occurrences fired in the last trial.
    pub(super) fn occurrences(&self) -> u64 {
        self.core.agenda.fired()
    }

    /// Returns how the last trial ended.
    pub(super) fn stop(&self) -> Stop {
        self.stop
    }

    /// Returns a hash of all that the last trial did.
    pub(super) fn digest(&self) -> u64 {
        self.core.world.digest(self.core.agenda.path())
    }

    /// Returns the strategy, or the one inside it that is of this type.
    pub(super) fn ask<S: Strategy, T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(self.core.agenda.strategy().find().expect("invariant: it is of this type"))
    }

    /// Takes the picks of the last trial.
    pub(super) fn take_schedule(&mut self) -> Schedule {
        self.core.agenda.take_schedule().expect("invariant: the picks were recorded")
    }

    /// Returns the last trial, of which everything was recorded.
    pub(super) fn take_trial(&mut self) -> Trial {
        let schedule = self.take_schedule();
        let world = &mut self.core.world;
        let picks = schedule.picks.iter().map(|pick| (world.text(&pick.name), pick.at));
        let picks = picks.collect();
        let fates = schedule.fates.iter().map(|fate| (world.text(&fate.name), fate.option));
        let fates = fates.collect();
        Trial {
            picks,
            fates,
            found: std::mem::take(&mut world.found),
            lines: world.log.take().unwrap_or_default(),
            stop: self.stop,
            schedule,
            misuse: world.misuse.take(),
        }
    }
}
