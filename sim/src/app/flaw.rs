//! Flaws: what is wrong on purpose, so that it can be seen to be found. A stage has none unless it
//! is made with one.
//!
//! Some are mistakes of services and of client code that a scenario cannot make. The others are
//! *leaks*: whatever tells an actor something that no schedule says. They are the one place in
//! which the application reads the time, a hash's order, an address, a thread or a static, and none
//! of it is reached without a flaw.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use deadheat_model::api::Request;
use deadheat_model::id::{Actor, RunId};
use deadheat_model::server::Due;

use super::locks::Token;
use super::stage::Stage;
use super::world::{Agenda, Message, What, World, keys};
use crate::agenda::{Call, Moment, Owner, Seat, Span, Window};
use crate::scenario::{Release, Scenario};

/// Something that is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The server looks whether a run is active, and creates its own a moment later.
    LooksThenCreates,
    /// The server lets go of a thread while its run is still at work.
    FreesThreadEarly,
    /// The lock service forgets when a lock is to expire.
    NeverExpires,
    /// A lock's expiry frees the lock of its owner at that time; a release does not cancel it.
    ExpiryFreesAnybodys,
    /// The queue loses a job that comes while another one is on offer.
    LosesJob,
    /// The client makes a call again that was refused with 400.
    RetriesRefusals,
    /// An actor that finds a lock busy and leaves its block out gives the lock back anyway.
    UnlocksWithoutLock,
    /// A sleep takes as long as something says that is in no schedule.
    Leak(Leak),
}

/// Where an actor learns something that is in no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// The time of day.
    TimeOfDay,
    /// The nanoseconds of a monotonic clock.
    Nanoseconds,
    /// The order of a hash set.
    HashOrder,
    /// Where it stands in memory.
    Address,
    /// The OS thread on which it is polled.
    OsThread,
    /// A static that outlives the trial.
    Static,
}

/// Between a look of [`Flaw::LooksThenCreates`] and the creation.
const BETWEEN: Window = Window { earliest: Span::ZERO, latest: Span::from_ms(2) };

/// How soon [`Flaw::FreesThreadEarly`] lets go.
const EARLY: Window = Window { earliest: Span::ZERO, latest: Span::from_secs(2) };

impl Stage {
    /// The stage of a scenario, with a flaw.
    pub fn flawed(scenario: Scenario, flaw: Option<Flaw>) -> Stage {
        let mut stage = Stage::new(scenario);
        stage.unfolds |= flaw == Some(Flaw::LooksThenCreates);
        stage.flaw = flaw;
        stage
    }

    /// How a lock's expiry and those who never had it free it.
    pub(super) fn release(&self) -> Release {
        match self.flaw {
            Some(Flaw::ExpiryFreesAnybodys) => Release::Any,
            _ => Release::Owner,
        }
    }

    /// How long an actor sleeps that is to sleep for so long.
    pub(super) fn slept<T>(&self, window: Window, actor: &T) -> Window {
        let Some(Flaw::Leak(leak)) = self.flaw else { return window };
        let room = window.latest.as_us() - window.earliest.as_us() + 1;
        let more = read(leak, actor) % room;
        Window::exactly(Span::from_us(window.earliest.as_us() + more))
    }
}

impl World {
    /// Whether the server has only looked, and carries the request out later. What is active by
    /// then was not there when it looked.
    pub(super) fn looks_first(
        &mut self,
        agenda: &mut Agenda,
        seat: Seat,
        call: Call,
        message: &Message,
    ) -> bool {
        let Request::CreateRun { thread, .. } = message.request else { return false };
        let active = self.server.active_run(thread);
        if self.places[seat.0].admitted.take() == Some(call) {
            if let Some(run) = active {
                self.server.fire(Due::ThreadFrees(run), &mut self.effects);
            }
            return false;
        }
        if active.is_some() {
            return false;
        }
        self.places[seat.0].admitted = Some(call);
        let (name, keys) = (call.at(Moment::Begins), keys(Some(thread), None));
        let what = What::Request(seat, message.clone());
        agenda.start(name, BETWEEN, Owner::Service, keys, what);
        true
    }
}

/// The server is going to let go of the thread of the run that it has just created.
pub(super) fn frees_early(agenda: &mut Agenda, call: Call, run: RunId) {
    let what = What::Server(Due::ThreadFrees(run));
    agenda.start(call.at(Moment::Frees), EARLY, Owner::Service, [None; 2], what);
}

/// The token of a lock that was never taken.
pub(super) fn no_token(actor: Actor) -> Token {
    Token { actor, nth: 0 }
}

/// What the leak says at the moment.
fn read<T>(leak: Leak, actor: &T) -> u64 {
    static READS: AtomicU64 = AtomicU64::new(0);
    match leak {
        Leak::TimeOfDay => hashed(&SystemTime::now()),
        Leak::Nanoseconds => hashed(&Instant::now()),
        Leak::HashOrder => {
            let names: HashSet<&str> = ["a", "b", "c", "d", "e", "f", "g", "h"].into();
            hashed(&names.into_iter().collect::<Vec<&str>>())
        }
        Leak::Address => hashed(&std::ptr::from_ref(actor).addr()),
        Leak::OsThread => hashed(&std::thread::current().id()),
        Leak::Static => hashed(&READS.fetch_add(1, Ordering::Relaxed)),
    }
}

/// A hash that is the same in every process.
fn hashed(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
