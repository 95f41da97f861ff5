//! The bare host: it calls the actor that is let through, and nothing else. It keeps no clock.

use super::play::Play;
use crate::agenda::{Agenda, Budget, Core, Next, Seat, Strategy, Supply};
use crate::app::{Machine, Reply, World};
use crate::stage::Stage;

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
}
