//! Flaws: deliberate mistakes, which show that mistakes are found. A stage has no flaw unless it is
//! created with one.
//!
//! Some are mistakes of services and of client code that a scenario cannot make. The others are
//! *leaks*, which tell an actor something that no schedule says. The application reads the time, a
//! hash's order, an address, a thread or a static only in this file. It reads none of them without
//! a flaw.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use super::Stage;
use crate::agenda::{Span, Window};
use crate::scenario::{Release, Scenario};

/// A deliberate mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The server checks whether a run is active, and creates its own run a moment later.
    LooksThenCreates,
    /// The server releases a thread while its run is still at work.
    FreesThreadEarly,
    /// The lock service forgets when a lock expires.
    NeverExpires,
    /// A lock's expiry frees the lock, whatever actor owns it by then. A release does not cancel
    /// the expiry.
    ExpiryFreesAnybodys,
    /// The queue loses a job that arrives while another one is on offer.
    LosesJob,
    /// The client retries a call that was refused with 400.
    RetriesRefusals,
    /// An actor that finds a lock busy and skips the lock's block releases the lock anyway.
    UnlocksWithoutLock,
    /// The length of a sleep depends on something that is in no schedule.
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
    /// The actor's address in memory.
    Address,
    /// The OS thread on which it is polled.
    OsThread,
    /// A static that outlives the trial.
    Static,
}

impl Stage {
    /// Returns the stage of a scenario, with a flaw.
    pub fn flawed(scenario: Scenario, flaw: Option<Flaw>) -> Stage {
        let mut stage = Stage::new(scenario);
        stage.unfolds |= flaw == Some(Flaw::LooksThenCreates);
        stage.flaw = flaw;
        stage
    }

    /// Returns how a lock is freed by its expiry, and by actors that never had it.
    pub fn release(&self) -> Release {
        match self.flaw {
            Some(Flaw::ExpiryFreesAnybodys) => Release::Any,
            _ => Release::Owner,
        }
    }

    /// Returns how long an actor sleeps that is to sleep for `window`.
    pub fn slept<T>(&self, window: Window, actor: &T) -> Window {
        let Some(Flaw::Leak(leak)) = self.flaw else { return window };
        let room = window.latest.as_us() - window.earliest.as_us() + 1;
        let more = read(leak, actor) % room;
        Window::exactly(Span::from_us(window.earliest.as_us() + more))
    }
}

/// Returns what the leak says at the moment.
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

/// Returns a hash that is the same in every process.
fn hashed(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
