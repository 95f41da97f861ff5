//! The lock service, which knows the holder of each lock. A lock has an owner, which is compared
//! when the lock is released. It may have a time to live. The end of this time is an occurrence,
//! and the owner does not learn about it.

use std::hash::{Hash, Hasher};

use deadheat_model::digest::{Digester, hash_set};
use deadheat_model::history::{Freed, What as Happened};
use deadheat_model::id::{Actor, LockName};

use super::flaw::Flaw;
use super::search::LockAsk;
use super::world::{Agenda, What, World, lock_keys};
use crate::agenda::{Call, Owner, Window};
use crate::name::Moment;
use crate::scenario::{LockPlace, Release};

/// Proof that a lock was taken: the actor that took it, and the number of its try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub(super) actor: Actor,
    pub(super) nth: u32,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Held {
    lock: LockName,
    token: Token,
    place: LockPlace,
}

/// The locks that are held.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Locks(Vec<Held>);

impl Locks {
    /// Frees all locks for the next trial.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns whether no actor holds this lock.
    pub(super) fn is_free(&self, lock: LockName) -> bool {
        self.0.iter().all(|held| held.lock != lock)
    }

    /// Takes a lock that no actor holds. Returns the holder if an actor holds it.
    pub(super) fn take(
        &mut self,
        lock: LockName,
        token: Token,
        place: LockPlace,
    ) -> Result<(), Actor> {
        if let Some(held) = self.0.iter().find(|held| held.lock == lock) {
            return Err(held.token.actor);
        }
        self.0.push(Held { lock, token, place });
        Ok(())
    }

    /// Releases a lock, and returns the token of the lock that is free now.
    pub(super) fn release(
        &mut self,
        lock: LockName,
        token: Token,
        release: Release,
    ) -> Option<Token> {
        let is_meant =
            |held: &Held| held.lock == lock && (release == Release::Any || held.token == token);
        let place = self.0.iter().position(is_meant)?;
        Some(self.0.remove(place).token)
    }

    /// Hashes the locks that are held, in no order.
    pub(super) fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(&self.0, hasher);
    }

    /// Hashes which of them this actor holds.
    pub(super) fn digest_of<H: Hasher>(&self, actor: Actor, hasher: &mut H) {
        for held in self.0.iter().filter(|held| held.token.actor == actor) {
            (held.lock, held.place).hash(hasher);
        }
    }

    /// Loses the locks that are kept in the cache.
    pub(super) fn lose(&mut self) -> Vec<(LockName, Token)> {
        let in_cache = |held: &Held| held.place == LockPlace::Cache;
        let lost = self.0.iter().filter(|held| in_cache(held));
        let lost = lost.map(|held| (held.lock, held.token)).collect();
        self.0.retain(|held| !in_cache(held));
        lost
    }
}

impl World {
    /// Takes a lock for an actor that asks for it.
    pub(super) fn lock(&mut self, agenda: &mut Agenda, call: Call, ask: LockAsk) -> Option<Token> {
        let LockAsk { lock, ttl, place, .. } = ask;
        let token = Token { actor: call.actor(), nth: call.nth };
        if let Err(holder) = self.locks.take(lock, token, place) {
            self.record(agenda, Some(call.actor()), Happened::LockBusy { lock, holder });
            return None;
        }
        self.record(agenda, Some(call.actor()), Happened::LockTaken { lock });
        if let Some(ttl) = ttl.filter(|_| self.stage.flaw != Some(Flaw::NeverExpires)) {
            let (name, window) = (call.at(Moment::Expires), Window::exactly(ttl));
            let (keys, what) = (lock_keys(lock), What::LockExpires(lock, token));
            agenda.start(name, window, Owner::Service, keys, what);
        }
        Some(token)
    }

    /// Releases a lock for an actor, or for the queue in the name of a job.
    pub(super) fn unlock(
        &mut self,
        agenda: &mut Agenda,
        by: Actor,
        lock: LockName,
        token: Token,
        release: Release,
    ) {
        let freed = self.locks.release(lock, token, release);
        if let Some(freed) = freed.filter(|_| self.stage.release() == Release::Owner) {
            agenda.cancel(|what| match what {
                What::LockExpires(of, by) => (*of, *by) == (lock, freed),
                _ => false,
            });
        }
        let (holder, freed) = (token.actor, freed.map(|freed| freed.actor));
        self.record(agenda, Some(by), Happened::LockLeft { lock, holder, freed });
    }

    /// Frees a lock whose time is over, if it is still held.
    pub(super) fn lock_expires(&mut self, agenda: &Agenda, lock: LockName, token: Token) {
        if let Some(token) = self.locks.release(lock, token, self.stage.release()) {
            let (holder, why) = (token.actor, Freed::Expired);
            self.record(agenda, None, Happened::LockFreed { lock, holder, why });
        }
    }
}
