//! The loop: the strategy picks, and the world changes, until an occurrence concerns an actor.

use super::{Agenda, Budget, Fired, Picked, Seat, Stop, Strategy, Supply, World};

/// A world with its agenda. What polls the actors decides how an actor is let through.
pub struct Core<W: World> {
    /// What is pending.
    pub agenda: Agenda<W::What>,
    /// What occurrences change.
    pub world: W,
    budget: Budget,
}

/// The actor that is let through next.
#[derive(Debug)]
pub enum Next<R> {
    /// The actor on this seat, with what it receives.
    Wakes(Seat, R),
    /// A new process on this seat, whose process is dead.
    Restarts(Seat),
}

impl<W: World> Core<W> {
    /// Returns the loop of this world.
    pub fn new(world: W, agenda: Agenda<W::What>, budget: Budget) -> Core<W> {
        Core { agenda, world, budget }
    }

    /// Begins a trial. `first` puts the first occurrences on the agenda.
    pub fn begin(
        &mut self,
        seed: u64,
        keep_schedule: bool,
        first: impl FnOnce(&mut W, &mut Agenda<W::What>),
    ) -> Supply {
        let supply = self.agenda.begin(seed, keep_schedule);
        first(&mut self.world, &mut self.agenda);
        supply
    }

    /// Returns a copy, which `strategy` decides from now on.
    #[must_use]
    pub fn copy(&self, strategy: Box<dyn Strategy>) -> Core<W>
    where
        W: Clone,
        W::What: Clone,
    {
        let (agenda, world) = (self.agenda.copy(strategy), self.world.clone());
        Core { agenda, world, budget: self.budget }
    }

    /// Fires this occurrence. Returns none if the budget is used up.
    pub fn fire(&mut self, picked: Picked) -> Option<Fired<W::Reply>> {
        if self.agenda.fired() >= self.budget.picks || picked.at > self.budget.time {
            return None;
        }
        let (name, what) = self.agenda.fire(picked);
        Some(self.world.fire(name, what, &mut self.agenda))
    }

    /// Fires one occurrence after another until one lets an actor through, or until the trial is
    /// over.
    #[inline]
    pub fn advance(&mut self) -> Result<Next<W::Reply>, Stop> {
        loop {
            match self.step()? {
                Fired::Nobody => {}
                Fired::Wakes(seat, reply) => return Ok(Next::Wakes(seat, reply)),
                Fired::Restarts(seat) => return Ok(Next::Restarts(seat)),
            }
        }
    }

    /// Fires the occurrence that the strategy picks, unless the trial is over.
    #[inline]
    pub fn step(&mut self) -> Result<Fired<W::Reply>, Stop> {
        if self.agenda.pending().is_empty() {
            let waiting = self.world.is_waiting();
            return Err(self.over(if waiting { Stop::Stuck } else { Stop::Settled }));
        }
        let Some(picked) = self.agenda.choose(&mut self.world) else {
            return Err(self.over(Stop::Abandoned));
        };
        self.fire(picked).ok_or_else(|| self.over(Stop::OutOfBudget))
    }

    fn over(&mut self, stop: Stop) -> Stop {
        self.world.over(stop, &self.agenda);
        self.agenda.over(stop, &mut self.world);
        stop
    }
}
