//! The names of this application's occurrences, such as `generate#2.1/create_run#1/arrives`: what
//! the agenda holds as numbers, in words.

use deadheat_model::history::{Cast, Operation};
use deadheat_model::id::{Actor, DocumentId, Id as _, Job, KindId, ThreadId};
use serde::{Deserialize, Serialize};

use crate::agenda::{
    ACTIONS_MAX, AGAIN, Agenda, Call, Key, Keys, Name, Phase, Seat, Sort, Symbol, Who, key_of, mix,
};

/// How an occurrence relates to the call that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    #[inline]
    pub const fn key(self) -> u64 {
        WORDS[self as usize].key()
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

/// The moments' symbols.
const WORDS: [Symbol; Moment::ALL.len()] = {
    let mut words = [Symbol::new(0, ""); Moment::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = Symbol::new(index as u8, Moment::ALL[index].name());
        index += 1;
    }
    words
};

/// The operations' symbols.
const ACTIONS: [Symbol; Operation::ALL.len()] = {
    assert!(Operation::ALL.len() <= ACTIONS_MAX);
    let mut actions = [Symbol::new(0, ""); Operation::ALL.len()];
    let mut index = 0;
    while index < actions.len() {
        actions[index] = Symbol::new(index as u8, Operation::ALL[index].name());
        index += 1;
    }
    actions
};

impl From<Operation> for Symbol {
    #[inline]
    fn from(operation: Operation) -> Symbol {
        ACTIONS[operation as usize]
    }
}

impl From<Actor> for Who {
    #[inline]
    fn from(actor: Actor) -> Who {
        Who(match actor {
            Actor::User(place) => u64::from(place),
            Actor::Process(place) => 1 << 62 | u64::from(place),
            Actor::Fault(clause) => 2 << 62 | u64::from(clause),
            Actor::Attempt(Job { kind, number }, attempt) => {
                debug_assert!(kind.0 < 1 << 14, "invariant: a scenario has few kinds of job");
                3 << 62 | u64::from(kind.0) << 48 | u64::from(number) << 16 | u64::from(attempt)
            }
        })
    }
}

impl From<Who> for Actor {
    #[inline]
    fn from(Who(number): Who) -> Actor {
        match number >> 62 {
            0 => Actor::User(number as u16),
            1 => Actor::Process(number as u16),
            2 => Actor::Fault(number as u16),
            _ => {
                let kind = KindId((number >> 48 & 0x3fff) as u16);
                Actor::Attempt(Job { kind, number: (number >> 16) as u32 }, number as u16)
            }
        }
    }
}

impl Call {
    /// Returns the nth `operation` of the actor whose name hashes to `key`.
    #[inline]
    pub fn by(actor: Actor, key: u64, operation: Operation, nth: u32) -> Call {
        Call::new(actor.into(), key, operation.into(), nth)
    }

    /// Returns the actor that makes it.
    #[inline]
    pub fn actor(&self) -> Actor {
        self.who.into()
    }

    /// Returns what it does.
    #[inline]
    pub const fn operation(&self) -> Operation {
        Operation::ALL[self.action as usize]
    }

    /// Returns the name of what happens at `moment` of this call.
    #[inline]
    pub const fn at(self, moment: Moment) -> Name {
        let is_life = self.action == Operation::Life as u8;
        Name::new(self, Phase { word: WORDS[moment as usize], sort: moment.sort(is_life) })
    }
}

impl<W> Agenda<W> {
    /// Returns the actor in whose name the seat acts.
    #[inline]
    pub fn actor(&self, seat: Seat) -> Actor {
        self.who(seat).into()
    }
}

impl Moment {
    /// Returns what strategies may know about it. An actor's life begins and ends.
    #[inline]
    const fn sort(self, is_life: bool) -> Sort {
        match self {
            Moment::Starts if is_life => Sort::Begin,
            // The end of an actor, not of a run.
            Moment::Ends if is_life => Sort::Step,
            Moment::Begins => Sort::Step,
            Moment::Sends | Moment::Returns => Sort::Private,
            Moment::Arrives => Sort::Visit,
            Moment::Repeats => Sort::Copy,
            Moment::Starts
            | Moment::Ends
            | Moment::Stops
            | Moment::Expires
            | Moment::Deadline
            | Moment::Outcome
            | Moment::Frees
            | Moment::TimesOut
            | Moment::Strikes
            | Moment::Heals
            | Moment::Redelivers
            | Moment::Restarts
            | Moment::Plan => Sort::Other,
        }
    }
}

impl Name {
    /// Returns how it relates to its call.
    #[inline]
    pub const fn moment(&self) -> Moment {
        Moment::ALL[self.phase as usize]
    }

    /// Returns the full name, as schedules spell it.
    pub fn display(&self, cast: &Cast) -> String {
        let (actor, moment) = (cast.name(self.call.actor()), self.moment().name());
        let operation = self.call.operation();
        let name = if operation == Operation::Life {
            format!("{actor}/{moment}")
        } else {
            let again = if self.call.is_again { AGAIN } else { "" };
            format!("{actor}/{operation}{again}#{}/{moment}", self.call.nth)
        };
        if self.part == 0 { name } else { format!("{name}#{}", self.part) }
    }

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
            let call = Call::by(actor, key, known, nth.parse().ok()?);
            if once.is_some() { call.again() } else { call }
        } else {
            Call::by(actor, key, Operation::Life, life(actor, moment))
        };
        let name = call.at(moment).part(part.parse().ok()?);
        // There is only one way to spell each name.
        (name.display(cast) == text).then_some(name)
    }
}

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

/// Something that an occurrence touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// A thread of the server.
    Thread(ThreadId),
    /// A document's row.
    Document(DocumentId),
    /// The queue.
    Queue,
    /// A lock, by its text's place in the cast.
    Lock(u16),
}

impl From<Touched> for Key {
    #[inline]
    fn from(touched: Touched) -> Key {
        Key(match touched {
            Touched::Thread(thread) => thread.index() as u32,
            Touched::Document(document) => 1 << 30 | u32::from(document.0),
            Touched::Queue => 2 << 30,
            Touched::Lock(text) => 3 << 30 | u32::from(text),
        })
    }
}

/// Returns the keys of these.
#[inline]
pub fn keys([one, other]: [Option<Touched>; 2]) -> Keys {
    [one.map(Key::from), other.map(Key::from)]
}

impl From<Key> for Touched {
    #[inline]
    fn from(Key(number): Key) -> Touched {
        match number >> 30 {
            0 => Touched::Thread(ThreadId::at(number as usize)),
            1 => Touched::Document(DocumentId(number as u16)),
            2 => Touched::Queue,
            _ => Touched::Lock(number as u16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deadheat_model::history::Kind;

    #[test]
    fn a_name_is_the_actor_the_call_and_the_moment() {
        let kinds = vec![Kind { name: "generate".to_owned(), asks: Vec::new(), waits: false }];
        let cast = Cast { kinds, ..Cast::default() };
        let actor = Actor::Attempt(Job { kind: KindId(0), number: 2 }, 1);
        let call = Call::by(actor, 1, Operation::CreateRun, 1);
        assert_eq!(call.at(Moment::Arrives).display(&cast), "generate#2.1/create_run#1/arrives");
        let life = Call::by(actor, 1, Operation::Life, 1);
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
