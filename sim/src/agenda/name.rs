//! Names that outlive refactoring, such as `till-2/sell#1/arrives`.
//!
//! A name is made of symbols. Only the guest, which starts the occurrences, knows what they mean.
//! What a service starts is named after the call that caused it, never after a service's counter.
//! Such a counter would depend on the order.

use std::hash::{Hash, Hasher};

use super::Seat;
use super::draw::{const_key_of, mix};

/// An actor, by a number that only the guest understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who(pub u64);

/// A word: a number that only the guest understands, and the hash of the word's text. All draws
/// come from the hash, so a new word changes no other draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The number.
    pub number: u8,
    key: u64,
}

impl Symbol {
    /// Returns the symbol of this word.
    #[inline]
    pub const fn new(number: u8, text: &str) -> Symbol {
        Symbol { number, key: const_key_of(text) }
    }

    /// Returns the hash of its text.
    #[inline]
    pub const fn key(self) -> u64 {
        self.key
    }
}

/// At most this many words say what an actor does.
pub const ACTIONS_MAX: usize = 32;

/// One of the things that an actor does: the actor, what it does, and the number among those of
/// this kind.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The actor that does it.
    pub who: Who,
    /// The kind of actor that it is, by a number that only the guest understands. Strategies that
    /// look at what is touched take one actor of a kind for another.
    pub kind: u16,
    /// The number of the word for what it does.
    pub action: u8,
    /// Its number, from 1.
    pub nth: u32,
    /// Whether it is the second copy of a call that arrives twice. What this copy starts is its
    /// own.
    pub is_again: bool,
    who_key: u64,
    key: u64,
}

/// Calls are compared by their names. A kind is not part of a name.
impl PartialEq for Call {
    #[inline]
    fn eq(&self, other: &Call) -> bool {
        (self.key, self.who, self.is_again) == (other.key, other.who, other.is_again)
    }
}

impl Eq for Call {}

/// A call is hashed by its key.
impl Hash for Call {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key.hash(hasher);
    }
}

impl Call {
    /// Returns the nth call of this kind by the actor whose name hashes to `who_key`.
    #[inline]
    pub const fn new(who: Who, who_key: u64, action: Symbol, nth: u32) -> Call {
        let key = mix(mix(who_key, action.key), nth as u64);
        Call { who, kind: 0, action: action.number, nth, is_again: false, who_key, key }
    }

    /// Returns this call of an actor of this kind.
    #[must_use]
    #[inline]
    pub const fn of_kind(self, kind: u16) -> Call {
        Call { kind, ..self }
    }

    /// Returns the second copy of this call.
    #[must_use]
    #[inline]
    pub const fn again(self) -> Call {
        Call { is_again: true, key: mix(self.key, AGAIN_KEY), ..self }
    }

    /// Returns the hash of its actor's name.
    #[inline]
    pub const fn who_key(&self) -> u64 {
        self.who_key
    }

    /// Returns the hash that the call's names are made from.
    #[inline]
    pub const fn key(&self) -> u64 {
        self.key
    }
}

/// The suffix that distinguishes the second copy of a call from the first.
pub const AGAIN: &str = "-again";

const AGAIN_KEY: u64 = const_key_of(AGAIN);

/// How an occurrence relates to the call that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The word for it.
    pub word: Symbol,
    /// What strategies may know about it.
    pub sort: Sort,
}

/// What strategies may know about an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The actor begins.
    Begin,
    /// The actor's own next step.
    Step,
    /// A step of the actor that nobody else can see.
    Private,
    /// The actor's next step, in which its call reaches a service.
    Visit,
    /// A copy of the actor's call reaches a service. Others decide when.
    Copy,
    /// What the actor has sent, and does not wait for, reaches a service.
    Sent,
    /// Something else that happens in the actor's name. Others decide when.
    Other,
}

impl Sort {
    /// Returns whether a call of the actor reaches a service.
    #[inline]
    pub const fn visits(self) -> bool {
        matches!(self, Sort::Visit | Sort::Copy | Sort::Sent)
    }
}

/// An occurrence's name.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The call that caused it.
    pub call: Call,
    /// The number of the word for how it relates to that call.
    pub phase: u8,
    /// What strategies may know about it.
    pub sort: Sort,
    /// Its number, if there are several, from 1. Otherwise 0.
    pub part: u16,
    phase_key: u64,
}

/// Names are compared by their words, which a guest may number otherwise when it reads them.
impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Name) -> bool {
        (self.call, self.phase_key, self.part) == (other.call, other.phase_key, other.part)
    }
}

impl Eq for Name {}

impl Name {
    /// Returns the name of what happens in this phase of a call.
    #[inline]
    pub const fn new(call: Call, Phase { word, sort }: Phase) -> Name {
        Name { call, phase: word.number, sort, part: 0, phase_key: word.key }
    }

    /// Returns the key of its draws.
    #[inline]
    pub fn key(&self) -> u64 {
        let key = mix(self.call.key, self.phase_key);
        if self.part == 0 { key } else { mix(key, u64::from(self.part)) }
    }

    /// Returns the hash of the word for how it relates to its call.
    #[inline]
    pub const fn phase_key(&self) -> u64 {
        self.phase_key
    }

    /// Returns the same name for one of several.
    #[must_use]
    #[inline]
    pub const fn part(self, part: u16) -> Name {
        Name { part, ..self }
    }

    /// Returns the actor whose call reaches a service here. Returns none if an actor or a service
    /// only continues on its own.
    #[inline]
    pub const fn visitor(&self) -> Option<Who> {
        if self.sort.visits() { Some(self.call.who) } else { None }
    }
}

/// The owner of an occurrence. An actor's own occurrences leave the agenda when the actor is
/// killed. What is on the wire stays, and so does what a service has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The actor on this seat waits for it.
    Actor(Seat),
    /// It is on its way between an actor and a service.
    Link,
    /// A service has begun it.
    Service,
}

/// Something that an occurrence touches, by a number that only the guest understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub u32);

/// What an occurrence touches: at most two things.
pub type Keys = [Option<Key>; 2];
