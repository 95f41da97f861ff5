//! The bare host: it calls the actor that is let through, and nothing else. It keeps no clock.

use super::lane::Play;
use crate::agenda::{Agenda, Budget, Core, Next, Strategy, Supply};
use crate::app::{Machine, Stage, World};

/// A world with its actors.
pub(super) struct Bare {
    pub(super) core: Core<World>,
    machines: Vec<Machine>,
}

impl Bare {
    pub(super) fn new(
        stage: &Stage,
        world: World,
        strategy: Box<dyn Strategy>,
        budget: Budget,
    ) -> Bare {
        let machines = stage.seats().map(|(seat, _)| Machine::new(seat)).collect();
        Bare { core: Core::new(world, Agenda::new(strategy), budget), machines }
    }

    /// Plays a trial to its end.
    pub(super) fn play(&mut self, stage: &Stage, play: Play) -> Supply {
        let Bare { core, machines } = self;
        let supply = core.begin(play.seed, play.keep_schedule, World::start);
        if supply == Supply::Nothing {
            return supply;
        }
        machines.iter_mut().for_each(Machine::clear);
        while let Ok(next) = core.advance() {
            match next {
                Next::Restarts(seat) => machines[seat.0].clear(),
                Next::Wakes(seat, told) => {
                    let ask = machines[seat.0].step(stage, told);
                    ask.begin(seat, &mut core.world, &mut core.agenda);
                }
            }
        }
        supply
    }
}
