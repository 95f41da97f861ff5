//! The lock service, which knows the holder of each lock. A lock has an owner, which is compared
//! when the lock is released. It may have a time to live. The end of this time is an occurrence,
//! and the owner does not learn about it.

use std::hash::{Hash, Hasher};

use deadheat_model::digest::{Digester, hash_set};
use deadheat_model::history::{Freed, What as Happened};
use deadheat_model::id::{Actor, LockName};

use super::{Desk, Holds, LockAsk};
use crate::agenda::{Call, Keys, Owner, Window};
use crate::name::{self, Moment, Touched};
use crate::scenario::{LockPlace, Release};
use crate::stage::{Flaw, Stage};

/// Proof that a lock was taken: the actor that took it, and the number of its try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    actor: Actor,
    nth: u32,
}

impl Token {
    /// Returns the proof that this call took a lock.
    pub fn of(call: Call) -> Token {
        Token { actor: call.actor(), nth: call.nth }
    }

    /// Returns the token of a lock that was never taken.
    pub fn none(actor: Actor) -> Token {
        Token { actor, nth: 0 }
    }
}

/// The end of the time for which a lock was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Expiry(LockName, Token);

#[derive(Clone, Copy, Debug, Hash)]
struct Held {
    lock: LockName,
    token: Token,
    place: LockPlace,
}

/// The locks that are held.
#[derive(Clone, Debug, Default, Hash)]
pub struct Locks(Vec<Held>);

impl Locks {
    /// Frees all locks for the next trial.
    pub fn start(&mut self) {
        self.0.clear();
    }

    /// Returns whether no actor holds this lock.
    pub fn is_free(&self, lock: LockName) -> bool {
        self.0.iter().all(|held| held.lock != lock)
    }

    /// Takes a lock for an actor that asks for it, unless an actor holds it.
    pub fn handle<W: Holds<Expiry>>(
        &mut self,
        stage: &Stage,
        call: Call,
        ask: LockAsk,
        desk: &mut Desk<'_, W>,
    ) -> Option<Token> {
        let LockAsk { lock, ttl, place, .. } = ask;
        let by = Some(call.actor());
        if let Some(held) = self.0.iter().find(|held| held.lock == lock) {
            desk.tell(by, Happened::LockBusy { lock, holder: held.token.actor });
            return None;
        }
        let token = Token::of(call);
        self.0.push(Held { lock, token, place });
        desk.tell(by, Happened::LockTaken { lock });
        if let Some(ttl) = ttl.filter(|_| stage.flaw != Some(Flaw::NeverExpires)) {
            let (name, window) = (call.at(Moment::Expires), Window::exactly(ttl));
            desk.start(name, window, Owner::Service, lock_keys(lock), Expiry(lock, token));
        }
        Some(token)
    }

    /// Releases a lock for an actor, or for the queue in the name of a job.
    pub fn release<W: Holds<Expiry>>(
        &mut self,
        stage: &Stage,
        by: Actor,
        (lock, token): (LockName, Token),
        release: Release,
        desk: &mut Desk<'_, W>,
    ) {
        let freed = self.free(lock, token, release);
        if let Some(freed) = freed.filter(|_| stage.release() == Release::Owner) {
            desk.cancel(|expiry| *expiry == Expiry(lock, freed));
        }
        let (holder, freed) = (token.actor, freed.map(|freed| freed.actor));
        desk.tell(Some(by), Happened::LockLeft { lock, holder, freed });
    }

    /// Frees a lock whose time is over, if it is still held.
    pub fn fire<W>(&mut self, stage: &Stage, expiry: Expiry, desk: &mut Desk<'_, W>) {
        let Expiry(lock, token) = expiry;
        if let Some(token) = self.free(lock, token, stage.release()) {
            let (holder, why) = (token.actor, Freed::Expired);
            desk.tell(None, Happened::LockFreed { lock, holder, why });
        }
    }

    /// Loses the locks that are kept in the cache.
    pub fn lose<W: Holds<Expiry>>(&mut self, desk: &mut Desk<'_, W>) {
        for Held { lock, token, .. } in self.0.extract_if(.., |held| held.place == LockPlace::Cache)
        {
            let (holder, why) = (token.actor, Freed::Lost);
            desk.tell(None, Happened::LockFreed { lock, holder, why });
            desk.cancel(|expiry| *expiry == Expiry(lock, token));
        }
    }

    /// Frees a lock, and returns the token with which it was held.
    fn free(&mut self, lock: LockName, token: Token, release: Release) -> Option<Token> {
        let is_meant =
            |held: &Held| held.lock == lock && (release == Release::Any || held.token == token);
        let place = self.0.iter().position(is_meant)?;
        Some(self.0.remove(place).token)
    }

    /// Hashes the locks that are held, in no order.
    pub fn digest<H: Digester>(&self, hasher: &mut H) {
        hash_set(&self.0, hasher);
    }

    /// Hashes which of them this actor holds.
    pub fn digest_of<H: Hasher>(&self, actor: Actor, hasher: &mut H) {
        for held in self.0.iter().filter(|held| held.token.actor == actor) {
            (held.lock, held.place).hash(hasher);
        }
    }
}

/// Returns what taking or releasing a lock touches.
pub fn lock_keys(lock: LockName) -> Keys {
    let thread = lock.thread.map(Touched::Thread);
    name::keys([Some(Touched::Lock(lock.text)), thread.or(lock.document.map(Touched::Document))])
}
