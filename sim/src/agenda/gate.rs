//! The gate: all actors wait in front of it, and it lets one through at a time.
//!
//! There is no controller. The actor that parks last asks the strategy, fires what needs no actor
//! itself, and wakes the one that the pick concerns; often that is the actor itself, which then
//! simply goes on. Between two occurrences an actor touches nothing but its own locals. Made of
//! std's wakers alone: any executor will do whose wakers only put a task on a queue, since they are
//! called under the gate's lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use deadheat_model::time::Time;
use spin::mutex::{SpinMutex, SpinMutexGuard};

use super::{Agenda, Name, Pending, State, Supply};

/// What comes of an occurrence that has fired.
#[derive(Debug)]
pub enum Fired<R> {
    /// The world has changed, and nobody is waiting for that.
    Nobody,
    /// It wakes the actor on this seat.
    Wakes(Seat, R),
    /// The process on this seat is dead. Another one takes its place at once, and has to park.
    Restarts(Seat),
}

/// What occurrences do. A world touches nothing but itself and the agenda.
pub trait World: Send + 'static {
    /// What an occurrence will do, when it fires.
    type What: Send;
    /// What an actor is handed when its occurrence fires.
    type Reply: Send;

    /// Fires the occurrence of this name, and says whom it wakes.
    fn fire(
        &mut self,
        name: Name,
        what: Self::What,
        agenda: &mut Agenda<Self::What>,
    ) -> Fired<Self::Reply>;

    /// Whether somebody waits for something although nothing is pending.
    fn is_waiting(&self) -> bool;

    /// The trial is over.
    fn over(&mut self, stop: Stop, agenda: &Agenda<Self::What>);

    /// What the future depends on, for a strategy that asks; `whats` is what the pending
    /// occurrences will do.
    fn state(&mut self, pending: &[Pending], whats: &[Self::What]) -> State;
}

/// What polls the actors.
pub trait Host: Send {
    /// Lets the host's own clock follow the agenda. Called whenever an actor is let through.
    fn advance(&mut self, now: Time);

    /// Kills the task on this seat, and starts another one in its place. Called while the gate is
    /// unlocked.
    fn restart(&mut self, seat: Seat);
}

/// A place at the gate: one task of the host, for any actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(pub usize);

/// How much a trial may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most this many occurrences.
    pub picks: u64,
    /// Nothing later than this.
    pub time: Time,
}

/// Why the gate stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is pending and nobody waits.
    Settled,
    /// Nothing is pending, but somebody waits.
    Stuck,
    /// The budget is used up.
    OutOfBudget,
    /// The strategy saw no use in going on.
    Abandoned,
}

struct Core<W: World> {
    agenda: Agenda<W::What>,
    world: W,
    seats: Vec<SeatState<W::Reply>>,
    running: usize,
    alive: usize,
    stop: Option<Stop>,
    outside: Option<Waker>,
    budget: Budget,
    host: Option<Box<dyn Host>>,
}

struct SeatState<R> {
    inbox: Option<R>,
    waker: Option<Waker>,
}

/// The gate, with the world behind it. Shared by a trial's actors; used for one trial after the
/// other.
///
/// The lock is there for the compiler: all actors of a trial run on one OS thread, so nobody ever
/// waits for it, and a spin lock is the cheapest of those that nobody waits for.
pub struct Gate<W: World>(SpinMutex<Core<W>>);

impl<W: World> Gate<W> {
    /// A gate in front of this world.
    pub fn new(world: W, agenda: Agenda<W::What>, budget: Budget) -> Gate<W> {
        Gate(SpinMutex::new(Core {
            agenda,
            world,
            seats: Vec::new(),
            running: 0,
            alive: 0,
            stop: None,
            outside: None,
            budget,
            host: None,
        }))
    }

    /// Begins a trial with this many seats, polled by `host`. `first` puts the first occurrences on
    /// the agenda. Every seat counts as running until its actor has parked.
    pub fn begin(
        &self,
        seed: u64,
        keep_schedule: bool,
        host: Box<dyn Host>,
        seats: usize,
        first: impl FnOnce(&mut W, &mut Agenda<W::What>),
    ) -> Supply {
        let core = &mut *self.lock();
        let supply = core.agenda.begin(seed, keep_schedule);
        core.seats.clear();
        core.seats.resize_with(seats, || SeatState { inbox: None, waker: None });
        core.running = seats;
        core.alive = 0;
        core.stop = None;
        core.outside = None;
        core.host = Some(host);
        first(&mut core.world, &mut core.agenda);
        supply
    }

    /// Looks at the world and the agenda, or changes them, while no trial runs.
    pub fn with<T>(&self, look: impl FnOnce(&mut W, &mut Agenda<W::What>) -> T) -> T {
        let core = &mut *self.lock();
        look(&mut core.world, &mut core.agenda)
    }

    /// The attendance of one actor; made before its task is spawned, and dropped with it.
    pub fn attend(gate: &Arc<Gate<W>>) -> Attendance<W> {
        gate.lock().alive += 1;
        Attendance(gate.clone())
    }

    /// Parks the actor on this seat until its occurrence fires. `begin` puts that occurrence on the
    /// agenda; nothing else may be done in it.
    pub fn park<F>(&self, seat: Seat, begin: F) -> Park<'_, W, F>
    where
        F: FnOnce(&mut W, &mut Agenda<W::What>) + Unpin,
    {
        Park { gate: self, seat, begin: Some(begin) }
    }

    /// Waits, from outside, until the gate stays shut.
    pub fn stopped(&self) -> Outside<'_, W> {
        Outside { gate: self, until: Until::Stopped }
    }

    /// Waits, from outside, until the last actor has left.
    pub fn empty(&self) -> Outside<'_, W> {
        Outside { gate: self, until: Until::Empty }
    }

    /// Has the host restart a process. The host attends to the gate meanwhile, so that it must not
    /// be locked.
    fn restart(&self, seat: Seat) {
        let host = self.lock().host.take();
        if let Some(mut host) = host {
            host.restart(seat);
            self.lock().host = Some(host);
        }
    }

    fn lock(&self) -> SpinMutexGuard<'_, Core<W>> {
        self.0.lock()
    }
}

impl<W: World> Core<W> {
    /// An actor has parked. The last one to do so settles who comes next, and wakes them unless it
    /// is the actor on `seat` itself. Says whose process is to be restarted, once the gate is
    /// unlocked.
    fn leave(&mut self, seat: Seat) -> Option<Seat> {
        self.running -= 1;
        if self.running > 0 || self.stop.is_some() {
            return None;
        }
        match self.settle() {
            Ok(Next::Restart(dead)) => {
                self.running = 1;
                self.seats[dead.0] = SeatState { inbox: None, waker: None };
                return Some(dead);
            }
            Ok(Next::Wake(next)) => {
                self.running = 1;
                if let Some(waker) = self.seats[next.0].waker.as_ref().filter(|_| next != seat) {
                    waker.wake_by_ref();
                }
            }
            Err(stop) => {
                self.stop = Some(stop);
                self.world.over(stop, &self.agenda);
                self.agenda.over(stop, &mut self.world);
                if let Some(waker) = self.outside.take() {
                    waker.wake();
                }
            }
        }
        None
    }

    /// Fires one occurrence after the other, until one wakes an actor.
    fn settle(&mut self) -> Result<Next, Stop> {
        loop {
            if self.agenda.pending().is_empty() {
                let waiting = self.world.is_waiting();
                return Err(if waiting { Stop::Stuck } else { Stop::Settled });
            }
            let picked = self.agenda.choose(&mut self.world).ok_or(Stop::Abandoned)?;
            if self.agenda.fired() >= self.budget.picks || picked.at > self.budget.time {
                return Err(Stop::OutOfBudget);
            }
            let (name, what) = self.agenda.fire(picked);
            let next = match self.world.fire(name, what, &mut self.agenda) {
                Fired::Nobody => continue,
                Fired::Wakes(seat, reply) => {
                    self.seats[seat.0].inbox = Some(reply);
                    Next::Wake(seat)
                }
                Fired::Restarts(seat) => Next::Restart(seat),
            };
            if let Some(host) = &mut self.host {
                host.advance(self.agenda.now());
            }
            return Ok(next);
        }
    }
}

/// Who runs next.
enum Next {
    /// The actor on this seat, who was parked.
    Wake(Seat),
    /// The actor that takes over this seat.
    Restart(Seat),
}

/// One actor is there, parked or running. Dropping it says that it is gone for good.
pub struct Attendance<W: World>(Arc<Gate<W>>);

impl<W: World> Drop for Attendance<W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let core = &mut *self.0.lock();
        core.alive -= 1;
        if core.alive == 0
            && core.stop.is_some()
            && let Some(waker) = core.outside.take()
        {
            waker.wake();
        }
    }
}

/// See [`Gate::park`].
pub struct Park<'a, W: World, F> {
    gate: &'a Gate<W>,
    seat: Seat,
    begin: Option<F>,
}

impl<W, F> Future for Park<'_, W, F>
where
    W: World,
    F: FnOnce(&mut W, &mut Agenda<W::What>) + Unpin,
{
    type Output = W::Reply;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Reply> {
        let begin = self.begin.take();
        let seat = self.seat;
        let mut guard = self.gate.lock();
        if let Some(begin) = begin {
            let core = &mut *guard;
            begin(&mut core.world, &mut core.agenda);
            if let Some(dead) = core.leave(seat) {
                drop(guard);
                self.gate.restart(dead);
                if dead == seat {
                    // This one was killed while it parked: it is never polled again.
                    return Poll::Pending;
                }
                guard = self.gate.lock();
            }
        }
        let core = &mut *guard;
        let state = &mut core.seats[seat.0];
        if let Some(reply) = state.inbox.take() {
            return Poll::Ready(reply);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

/// See [`Gate::stopped`] and [`Gate::empty`].
pub struct Outside<'a, W: World> {
    gate: &'a Gate<W>,
    until: Until,
}

#[derive(Clone, Copy)]
enum Until {
    Stopped,
    Empty,
}

impl<W: World> Future for Outside<'_, W> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let core = &mut *self.gate.lock();
        let is_so = match self.until {
            Until::Stopped => core.stop.is_some(),
            Until::Empty => core.alive == 0,
        };
        if is_so {
            return Poll::Ready(());
        }
        core.outside = Some(cx.waker().clone());
        Poll::Pending
    }
}
