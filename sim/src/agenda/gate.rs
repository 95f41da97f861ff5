//! The gate: all actors wait at it, and it lets one through at a time.
//!
//! There is no controller. The actor that parks last asks the strategy, and fires the occurrences
//! that need no actor. It then wakes the actor that the pick concerns. This is often the actor
//! itself, which then simply goes on. An actor touches nothing but its own locals between two
//! occurrences.
//!
//! The gate uses std's wakers alone. Any executor works if its wakers only note that a task is
//! awake, because they are called under the gate's lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use deadheat_model::time::Time;
use spin::mutex::{SpinMutex, SpinMutexGuard};

use super::core::{Core, Next};
use super::{Agenda, Budget, Seat, Stop, Supply, World};

/// What polls the actors.
pub trait Host: Send {
    /// Makes the host's own clock follow the agenda. It is called whenever an actor is let through.
    fn advance(&mut self, now: Time);

    /// Kills the task on this seat, and starts another one in its place. It is called while the
    /// gate is unlocked.
    fn restart(&mut self, seat: Seat);
}

struct Inside<W: World> {
    core: Core<W>,
    seats: Vec<SeatState<W::Reply>>,
    running: usize,
    alive: usize,
    stop: Option<Stop>,
    outside: Option<Waker>,
    host: Option<Box<dyn Host>>,
}

struct SeatState<R> {
    inbox: Option<R>,
    waker: Option<Waker>,
}

/// The gate, with its world. A trial's actors share it, and it is used for one trial after another.
///
/// The lock is there for the compiler. All actors of a trial run on one OS thread, so no actor ever
/// waits for it. A spin lock is the cheapest lock of those that no actor waits for.
pub struct Gate<W: World>(SpinMutex<Inside<W>>);

impl<W: World> Gate<W> {
    /// Returns a gate for this world.
    pub fn new(world: W, agenda: Agenda<W::What>, budget: Budget) -> Gate<W> {
        Gate(SpinMutex::new(Inside {
            core: Core::new(world, agenda, budget),
            seats: Vec::new(),
            running: 0,
            alive: 0,
            stop: None,
            outside: None,
            host: None,
        }))
    }

    /// Begins a trial with this many seats, which `host` polls. `first` puts the first occurrences
    /// on the agenda. Every seat counts as running until its actor has parked.
    pub fn begin(
        &self,
        seed: u64,
        keep_schedule: bool,
        host: Box<dyn Host>,
        seats: usize,
        first: impl FnOnce(&mut W, &mut Agenda<W::What>),
    ) -> Supply {
        let inside = &mut *self.lock();
        inside.seats.clear();
        inside.seats.resize_with(seats, || SeatState { inbox: None, waker: None });
        inside.running = seats;
        inside.alive = 0;
        inside.stop = None;
        inside.outside = None;
        inside.host = Some(host);
        inside.core.begin(seed, keep_schedule, first)
    }

    /// Reads or changes the world and the agenda while no trial runs.
    pub fn with<T>(&self, look: impl FnOnce(&mut W, &mut Agenda<W::What>) -> T) -> T {
        let core = &mut self.lock().core;
        look(&mut core.world, &mut core.agenda)
    }

    /// Creates the attendance of one actor. It is created before the actor's task is spawned, and
    /// is dropped with that task.
    pub fn attend(gate: &Arc<Gate<W>>) -> Attendance<W> {
        gate.lock().alive += 1;
        Attendance(gate.clone())
    }

    /// Parks the actor on this seat until its occurrence fires. `begin` puts that occurrence on the
    /// agenda, and must do nothing else.
    pub fn park<F>(&self, seat: Seat, begin: F) -> Park<'_, W, F>
    where
        F: FnOnce(&mut W, &mut Agenda<W::What>) + Unpin,
    {
        Park { gate: self, seat, begin: Some(begin) }
    }

    /// Waits from outside until the gate stays shut.
    pub fn stopped(&self) -> Outside<'_, W> {
        Outside { gate: self, until: Until::Stopped }
    }

    /// Waits from outside until the last actor has left.
    pub fn empty(&self) -> Outside<'_, W> {
        Outside { gate: self, until: Until::Empty }
    }

    /// Makes the host restart a process. The host attends to the gate meanwhile, so the gate must
    /// not be locked.
    fn restart(&self, seat: Seat) {
        let host = self.lock().host.take();
        if let Some(mut host) = host {
            host.restart(seat);
            self.lock().host = Some(host);
        }
    }

    fn lock(&self) -> SpinMutexGuard<'_, Inside<W>> {
        self.0.lock()
    }
}

impl<W: World> Inside<W> {
    /// Records that an actor has parked. The last actor to park determines which actor comes next,
    /// and wakes it unless it is the actor on `seat` itself. Returns the seat whose process is to
    /// be restarted once the gate is unlocked.
    fn leave(&mut self, seat: Seat) -> Option<Seat> {
        self.running -= 1;
        if self.running > 0 || self.stop.is_some() {
            return None;
        }
        let next = self.core.advance();
        if let (Ok(_), Some(host)) = (&next, &mut self.host) {
            host.advance(self.core.agenda.now());
        }
        match next {
            Ok(Next::Restarts(dead)) => {
                self.running = 1;
                self.seats[dead.0] = SeatState { inbox: None, waker: None };
                return Some(dead);
            }
            Ok(Next::Wakes(next, reply)) => {
                self.running = 1;
                let state = &mut self.seats[next.0];
                state.inbox = Some(reply);
                if let Some(waker) = state.waker.as_ref().filter(|_| next != seat) {
                    waker.wake_by_ref();
                }
            }
            Err(stop) => {
                self.stop = Some(stop);
                if let Some(waker) = self.outside.take() {
                    waker.wake();
                }
            }
        }
        None
    }
}

/// The presence of one actor, parked or running. Dropping it says that the actor is permanently
/// gone.
pub struct Attendance<W: World>(Arc<Gate<W>>);

impl<W: World> Drop for Attendance<W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let inside = &mut *self.0.lock();
        inside.alive -= 1;
        if inside.alive == 0
            && inside.stop.is_some()
            && let Some(waker) = inside.outside.take()
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
            let inside = &mut *guard;
            begin(&mut inside.core.world, &mut inside.core.agenda);
            if let Some(dead) = inside.leave(seat) {
                drop(guard);
                self.gate.restart(dead);
                if dead == seat {
                    // This actor was killed while it parked, so it is never polled again.
                    return Poll::Pending;
                }
                guard = self.gate.lock();
            }
        }
        let inside = &mut *guard;
        let state = &mut inside.seats[seat.0];
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
        let inside = &mut *self.gate.lock();
        let is_so = match self.until {
            Until::Stopped => inside.stop.is_some(),
            Until::Empty => inside.alive == 0,
        };
        if is_so {
            return Poll::Ready(());
        }
        inside.outside = Some(cx.waker().clone());
        Poll::Pending
    }
}
