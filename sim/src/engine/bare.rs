//! The bare host: it calls the actor that is let through, and nothing else. It keeps no clock.

use deadheat_model::history::Event;

use super::play::Play;
use crate::agenda::{Agenda, Budget, Core, Fired, Next, Pending, Seat, Strategy, Supply};
use crate::app::{Machine, Reply, World};
use crate::stage::{OpId, Stage};

/// A world with its actors.
pub(super) struct Bare {
    pub(super) core: Core<World>,
    actors: Actors,
}

/// The actors, each on its seat.
#[derive(Clone)]
pub(super) struct Actors(pub(super) Vec<Machine>);

impl Actors {
    pub(super) fn new(stage: &Stage) -> Actors {
        Actors(stage.seats().map(|(seat, _)| Machine::new(seat)).collect())
    }

    /// Puts a new process on the seat.
    pub(super) fn restart(&mut self, seat: Seat) {
        self.0[seat.0].clear();
    }

    /// Tells an actor what it has waited for, and lets it go on.
    pub(super) fn wake(&mut self, stage: &Stage, core: &mut Core<World>, seat: Seat, told: Reply) {
        let ask = self.0[seat.0].step(stage, told);
        ask.begin(seat, &mut core.world, &mut core.agenda);
    }
}

impl Bare {
    pub(super) fn new(
        stage: &Stage,
        world: World,
        strategy: Box<dyn Strategy>,
        budget: Budget,
    ) -> Bare {
        let core = Core::new(world, Agenda::new(strategy), budget);
        Bare { core, actors: Actors::new(stage) }
    }

    /// Plays a trial to its end.
    pub(super) fn play(&mut self, stage: &Stage, play: Play) -> Supply {
        let Bare { core, actors } = self;
        let supply = core.begin(play.seed, play.keep_schedule, World::start);
        if supply == Supply::Nothing {
            return supply;
        }
        actors.0.iter_mut().for_each(Machine::clear);
        while let Ok(next) = core.advance() {
            match next {
                Next::Restarts(seat) => actors.restart(seat),
                Next::Wakes(seat, told) => actors.wake(stage, core, seat, told),
            }
        }
        supply
    }

    /// Plays a trial in the same way, and shows it to `see` after each pick.
    pub(super) fn play_by_pick(
        &mut self,
        stage: &Stage,
        play: Play,
        see: &mut dyn FnMut(&Step<'_>),
    ) {
        let Bare { core, actors } = self;
        core.begin(play.seed, play.keep_schedule, World::start);
        actors.0.iter_mut().for_each(Machine::clear);
        while let Ok(fired) = core.step() {
            let woken = match fired {
                Fired::Nobody => None,
                Fired::Restarts(seat) => {
                    actors.restart(seat);
                    None
                }
                Fired::Wakes(seat, told) => {
                    actors.wake(stage, core, seat, told);
                    Some(seat)
                }
            };
            see(&Step {
                events: core.world.events(),
                pending: core.agenda.pending(),
                woken,
                action: woken.and_then(|seat| actors.0[seat.0].performs()),
            });
        }
    }
}

/// A trial after one of its picks.
pub struct Step<'a> {
    /// What has happened so far.
    pub events: &'a [Event],
    /// What is pending.
    pub pending: &'a [Pending],
    /// The actor that went on.
    pub woken: Option<Seat>,
    /// The action that this actor performs now: its list, and its place there.
    pub action: Option<OpId>,
}
