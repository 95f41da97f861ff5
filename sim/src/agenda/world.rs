//! What occurrences do, and how a trial can stop.

use deadheat_model::time::Time;

use super::{Agenda, Name, Pending, State};

/// The result of an occurrence that has fired.
#[derive(Debug)]
pub enum Fired<R> {
    /// The world has changed, and no actor is waiting for that.
    Nobody,
    /// It wakes the actor on this seat.
    Wakes(Seat, R),
    /// The process on this seat is dead. Another process takes its place at once, and has to park.
    Restarts(Seat),
}

/// What occurrences do. A world touches nothing but itself and the agenda.
pub trait World: Send + 'static {
    /// What an occurrence will do when it fires.
    type What: Send;
    /// What an actor receives when its occurrence fires.
    type Reply: Send;

    /// Fires the occurrence of this name, and returns the actor that it wakes.
    fn fire(
        &mut self,
        name: Name,
        what: Self::What,
        agenda: &mut Agenda<Self::What>,
    ) -> Fired<Self::Reply>;

    /// Returns whether an actor waits for something although nothing is pending.
    fn is_waiting(&self) -> bool;

    /// Handles the end of the trial.
    fn over(&mut self, stop: Stop, agenda: &Agenda<Self::What>);

    /// Returns what the future depends on, for a strategy that asks for it. `whats` is what the
    /// pending occurrences will do.
    fn state(&mut self, pending: &[Pending], whats: &[Self::What]) -> State;
}

/// A place at the gate. It is one task of the host, whatever actor acts through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat(pub usize);

/// How much a trial may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most this many occurrences.
    pub picks: u64,
    /// No occurrence later than this.
    pub time: Time,
}

/// Why the gate stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is pending, and no actor waits.
    Settled,
    /// Nothing is pending, but an actor waits.
    Stuck,
    /// The budget is used up.
    OutOfBudget,
    /// The strategy saw no use in continuing.
    Abandoned,
}
