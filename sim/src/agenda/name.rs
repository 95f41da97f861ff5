//! Names that outlive refactoring, such as `generate#2.1/create_run#1/arrives`.
//!
//! What a service starts is named after the call that caused it, never after a server's counter.
//! Run 1 belongs to the actor that came first, so a name made from its number would change with the
//! order.

use deadheat_model::history::{Cast, Operation};
use deadheat_model::id::{Actor, DocumentId, Job, KindId, ThreadId};

use super::Seat;
use super::draw::{const_key_of, key_of, mix};

/// One of an actor's operations: the actor, what it does, and the number among those of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The actor that does it.
    pub actor: Actor,
    /// What it does.
    pub operation: Operation,
    /// Its number, from 1.
    pub nth: u32,
    /// Whether it is the second copy of a request that arrives twice. What this copy starts is its
    /// own.
    pub is_again: bool,
    actor_key: u64,
    key: u64,
}

impl Call {
    /// Returns the nth `operation` of the actor whose name hashes to `actor_key`.
    pub fn new(actor: Actor, actor_key: u64, operation: Operation, nth: u32) -> Call {
        let key = mix(mix(actor_key, OPERATION_KEYS[operation as usize]), u64::from(nth));
        Call { actor, operation, nth, is_again: false, actor_key, key }
    }

    /// Returns the second copy of this call.
    #[must_use]
    pub const fn again(self) -> Call {
        Call { is_again: true, key: mix(self.key, AGAIN_KEY), ..self }
    }

    /// Returns the name of what happens at `moment` of this call.
    pub const fn at(self, moment: Moment) -> Name {
        Name { call: self, moment, part: 0 }
    }

    /// Returns the hash of its actor's name.
    pub const fn actor_key(&self) -> u64 {
        self.actor_key
    }

    /// Returns the hash that the call's names are made from.
    pub const fn key(&self) -> u64 {
        self.key
    }
}

/// How an occurrence relates to the call that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// An actor begins, or a run begins its work.
    Starts,
    /// A wait before it is over.
    Begins,
    /// It reaches its service.
    Arrives,
    /// An actor or a run ends.
    Ends,
    /// A cancelled run stops.
    Stops,
    /// A run has lasted too long.
    Expires,
    /// A bounded wait reaches its bound.
    Deadline,
    /// What a run will do. This is a fate, not an occurrence.
    Outcome,
    /// A run that is over releases its thread.
    Frees,
    /// It leaves its actor.
    Sends,
    /// Its reply reaches its caller.
    Returns,
    /// It has taken longer than its caller waits.
    TimesOut,
    /// It reaches its service a second time.
    Repeats,
    /// A fault strikes it, or a fault strikes.
    Strikes,
    /// The effect of a fault is over.
    Heals,
    /// A job is handed out again.
    Redelivers,
    /// A new worker takes the place of a dead one.
    Restarts,
    /// What happens to a run when it is set to work. This is a fate.
    Plan,
}

impl Moment {
    const ALL: [Moment; 18] = [
        Moment::Starts,
        Moment::Begins,
        Moment::Arrives,
        Moment::Ends,
        Moment::Stops,
        Moment::Expires,
        Moment::Deadline,
        Moment::Outcome,
        Moment::Frees,
        Moment::Sends,
        Moment::Returns,
        Moment::TimesOut,
        Moment::Repeats,
        Moment::Strikes,
        Moment::Heals,
        Moment::Redelivers,
        Moment::Restarts,
        Moment::Plan,
    ];

    /// Returns the hash of its name.
    pub const fn key(self) -> u64 {
        MOMENT_KEYS[self as usize]
    }

    /// Returns the moment as schedules spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Moment::Starts => "starts",
            Moment::Begins => "begins",
            Moment::Arrives => "arrives",
            Moment::Ends => "ends",
            Moment::Stops => "stops",
            Moment::Expires => "expires",
            Moment::Deadline => "deadline",
            Moment::Outcome => "outcome",
            Moment::Frees => "frees",
            Moment::Sends => "sends",
            Moment::Returns => "returns",
            Moment::TimesOut => "times_out",
            Moment::Repeats => "repeats",
            Moment::Strikes => "strikes",
            Moment::Heals => "heals",
            Moment::Redelivers => "redelivers",
            Moment::Restarts => "restarts",
            Moment::Plan => "plan",
        }
    }
}

/// An occurrence's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The call that caused it.
    pub call: Call,
    /// How it relates to that call.
    pub moment: Moment,
    /// Its number, if there are several: the number of a fault, from 1. Otherwise 0.
    pub part: u16,
}

impl Name {
    /// Returns the key of its draws.
    #[inline]
    pub fn key(&self) -> u64 {
        let key = mix(self.call.key, self.moment.key());
        if self.part == 0 { key } else { mix(key, u64::from(self.part)) }
    }

    /// Returns the same name for one of several.
    #[must_use]
    pub const fn part(self, part: u16) -> Name {
        Name { part, ..self }
    }

    /// Returns the actor whose call reaches a service here. Returns none if an actor or a service
    /// only continues on its own.
    pub const fn visitor(&self) -> Option<Actor> {
        match self.moment {
            Moment::Arrives | Moment::Repeats => Some(self.call.actor),
            _ => None,
        }
    }

    /// Returns the full name, as schedules spell it.
    pub fn display(&self, cast: &Cast) -> String {
        let (actor, moment) = (cast.name(self.call.actor), self.moment.name());
        let name = match self.call.operation {
            Operation::Life => format!("{actor}/{moment}"),
            operation => {
                let again = if self.call.is_again { AGAIN } else { "" };
                format!("{actor}/{operation}{again}#{}/{moment}", self.call.nth)
            }
        };
        if self.part == 0 { name } else { format!("{name}#{}", self.part) }
    }
}

impl Name {
    /// Reads a name as [`Name::display`] spells it. Returns none if the cast has no such actor any
    /// more, if there is no such operation, or if this is not a name at all.
    pub fn parse(text: &str, cast: &Cast) -> Option<Name> {
        let mut pieces = text.split('/');
        let (actor, key) = actor(pieces.next()?, cast)?;
        let (second, third) = (pieces.next()?, pieces.next());
        let last = third.unwrap_or(second);
        let (moment, part) = last.split_once('#').unwrap_or((last, "0"));
        let moment = Moment::ALL.into_iter().find(|known| known.name() == moment)?;
        let call = if third.is_some() {
            let (operation, nth) = second.split_once('#')?;
            let once = operation.strip_suffix(AGAIN);
            let operation = once.unwrap_or(operation);
            let known = Operation::ALL.into_iter().find(|known| known.name() == operation)?;
            let call = Call::new(actor, key, known, nth.parse().ok()?);
            if once.is_some() { call.again() } else { call }
        } else {
            Call::new(actor, key, Operation::Life, life(actor, moment))
        };
        let name = call.at(moment).part(part.parse().ok()?);
        // There is only one way to spell each name.
        (name.display(cast) == text).then_some(name)
    }
}

/// The suffix that distinguishes the second copy of a call from the first.
const AGAIN: &str = "-again";

const AGAIN_KEY: u64 = const_key_of(AGAIN);

/// Returns the number of this life operation of an actor. The actor starts first, and then it ends.
const fn life(actor: Actor, moment: Moment) -> u32 {
    match (actor, moment) {
        (Actor::Fault(_), _) => 1,
        (_, Moment::Ends) => 2,
        _ => 1,
    }
}

/// Returns the actor of this name, and the hash of its name.
fn actor(text: &str, cast: &Cast) -> Option<(Actor, u64)> {
    let Some((kind, number)) = text.split_once('#') else {
        let user = cast.users.iter().position(|user| user.name == text);
        let user = user.map(|index| Actor::User(index as u16));
        let process = || cast.processes.iter().position(|process| process.name == text);
        let found = user.or_else(|| process().map(|index| Actor::Process(index as u16)))?;
        return Some((found, key_of(text)));
    };
    let Some((number, attempt)) = number.split_once('.') else {
        let number: u16 = number.parse().ok()?;
        let clause = number.checked_sub(1).filter(|at| usize::from(*at) < cast.faults.len())?;
        return Some((Actor::Fault(clause), mix(key_of("fault"), u64::from(number))));
    };
    let place = cast.kinds.iter().position(|known| known.name == kind)?;
    let (number, attempt): (u32, u16) = (number.parse().ok()?, attempt.parse().ok()?);
    let key = mix(mix(key_of(kind), u64::from(number)), u64::from(attempt));
    Some((Actor::Attempt(Job { kind: KindId(place as u16), number }, attempt), key))
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

/// Something that an occurrence touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A thread of the server.
    Thread(ThreadId),
    /// A document's row.
    Document(DocumentId),
    /// The queue.
    Queue,
    /// A lock, by its text's place in the cast.
    Lock(u16),
}

/// What an occurrence touches: at most two things.
pub type Keys = [Option<Key>; 2];

/// The operations' keys, hashed by name, so that a new operation changes no other draw.
const OPERATION_KEYS: [u64; Operation::ALL.len()] = {
    let mut keys = [0; Operation::ALL.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = const_key_of(Operation::ALL[index].name());
        index += 1;
    }
    keys
};

const MOMENT_KEYS: [u64; Moment::ALL.len()] = {
    let mut keys = [0; Moment::ALL.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = const_key_of(Moment::ALL[index].name());
        index += 1;
    }
    keys
};

#[cfg(test)]
mod tests {
    use super::*;
    use deadheat_model::history::Kind;

    #[test]
    fn a_name_is_the_actor_the_call_and_the_moment() {
        let kinds = vec![Kind { name: "generate".to_owned(), asks: Vec::new(), waits: false }];
        let cast = Cast { kinds, ..Cast::default() };
        let actor = Actor::Attempt(Job { kind: KindId(0), number: 2 }, 1);
        let call = Call::new(actor, 1, Operation::CreateRun, 1);
        assert_eq!(call.at(Moment::Arrives).display(&cast), "generate#2.1/create_run#1/arrives");
        let life = Call::new(actor, 1, Operation::Life, 1);
        assert_eq!(life.at(Moment::Starts).display(&cast), "generate#2.1/starts");
    }

    #[test]
    fn what_is_no_name_or_nobodys_is_not_read() {
        let kinds = vec![Kind { name: "generate".to_owned(), asks: Vec::new(), waits: false }];
        let cast = Cast { kinds, faults: vec!["crash".to_owned()], ..Cast::default() };
        let check = |text: &str, is_name: bool| {
            let read = Name::parse(text, &cast).map(|name| name.display(&cast));
            assert_eq!(read.as_deref(), is_name.then_some(text), "{text}");
        };
        check("generate#2.1/create_run#1/arrives", true);
        check("generate#2.1/create_run#1/arrives#3", true);
        check("generate#2.1/create_run-again#1/ends", true);
        check("generate#2.1/create_run-again#1/plan#3", true);
        check("generate#2.1/create_run-again-again#1/ends", false);
        check("generate#2.1/ends", true);
        check("fault#1/strikes", true);
        check("fault#2/strikes", false);
        check("fault#0/strikes", false);
        check("write#2.1/create_run#1/arrives", false);
        check("browser/click#1/arrives", false);
        check("generate#2.1/create_run#+1/arrives", false);
        check("generate#2.1/create_run#01/arrives", false);
        check("generate#2.1/create_run/arrives", false);
        check("generate#2.1/create_run#1/arrives#0", false);
        check("generate#2.1/create_run#1/arrives/ends", false);
        check("generate#2.1/life#1/ends", false);
        check("generate#99999999999.1/ends", false);
        check("", false);
        check("//", false);
    }

    #[test]
    fn operations_and_moments_are_listed_in_the_order_of_their_numbers() {
        for (index, operation) in Operation::ALL.iter().enumerate() {
            assert_eq!(*operation as usize, index, "{operation}");
        }
        for (index, moment) in Moment::ALL.iter().enumerate() {
            assert_eq!(*moment as usize, index, "{moment:?}");
        }
    }
}
