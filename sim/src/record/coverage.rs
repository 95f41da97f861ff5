//! Coverage: which orders of conflicting operations came up.
//!
//! Two operations of different actors *conflict* if they touch the same thing and one of them
//! writes to it. That a pair was seen both ways says that both orders came up in some trial, and
//! nothing of what else may hide behind them.

use std::collections::{BTreeMap, BTreeSet};

use deadheat_model::history::{Cast, Operation};
use deadheat_model::id::Actor;
use deadheat_model::property::RoleId;

use crate::agenda::{Key, Keys, Moment, Name};

/// What is done, whoever of a role does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// Who does it.
    pub role: RoleId,
    /// What.
    pub operation: Operation,
    /// At which moment of it.
    pub moment: Moment,
}

impl Act {
    /// The moment's name; nothing where the operation arrives, which is the operation itself.
    pub fn moment_name(self) -> Option<&'static str> {
        (self.moment != Moment::Arrives).then(|| self.moment.name())
    }
}

/// What kind of thing it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A thread.
    Thread,
    /// A document's row.
    Document,
    /// The queue.
    Queue,
    /// A lock, by its text's place in the cast.
    Lock(u16),
}

/// Two conflicting acts. Where both are of one role, the first is that of the actor with the lower
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// What both are done to.
    pub thing: Thing,
    /// One of them.
    pub one: Act,
    /// The other one.
    pub other: Act,
}

/// The orders of a pair that came up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The one before the other.
    pub forth: bool,
    /// The other before the one.
    pub back: bool,
}

/// What came up in the trials that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many trials were looked at.
    pub trials: u64,
    pairs: BTreeMap<Pair, Orders>,
    acts: BTreeSet<(Thing, Act)>,
    /// Roles of which two actors touched the same thing.
    several: BTreeSet<(Thing, RoleId)>,
}

/// Somebody who has done something to a thing in the present trial.
struct Done {
    place: Place,
    actor: Actor,
    act: Act,
    writes: bool,
    /// It is known to come after all that stand before this place.
    after: usize,
}

/// A thing. A lock's name has two parts.
type Place = (Key, Option<Key>);

impl Coverage {
    /// Adds what the picks of a trial touch, in order. A fault touches nothing.
    pub fn add_trial(&mut self, cast: &Cast, touches: &[(Name, Keys)]) {
        self.trials += 1;
        let mut done: Vec<Done> = Vec::new();
        for (name, keys) in touches {
            let role = RoleId::of(name.call.actor, cast);
            let act = Act { role, operation: name.call.operation, moment: name.moment };
            for place in places(*keys).into_iter().flatten() {
                self.add(&mut done, place, name.call.actor, act);
            }
        }
    }

    fn add(&mut self, done: &mut Vec<Done>, place: Place, actor: Actor, act: Act) {
        let thing = thing(place);
        let is_it = |done: &Done| done.actor == actor && done.act == act && done.place == place;
        let known = done.iter().position(is_it);
        let (index, from) = match known {
            Some(index) => (index, done[index].after),
            None => {
                self.acts.insert((thing, act));
                done.push(Done { place, actor, act, writes: writes(thing, act), after: 0 });
                (done.len() - 1, 0)
            }
        };
        let writes = done[index].writes;
        for before in done[from..].iter().filter(|one| one.place == place && one.actor != actor) {
            if before.act.role == act.role {
                self.several.insert((thing, act.role));
            }
            if before.writes || writes {
                self.saw(thing, (before.actor, before.act), (actor, act));
            }
        }
        done[index].after = done.len();
    }

    fn saw(&mut self, thing: Thing, first: (Actor, Act), second: (Actor, Act)) {
        let rank = |(actor, act): (Actor, Act)| (act.role, actor);
        let is_forth = rank(first) < rank(second);
        let (one, other) = if is_forth { (first.1, second.1) } else { (second.1, first.1) };
        let orders = self.pairs.entry(Pair { thing, one, other }).or_default();
        orders.forth |= is_forth;
        orders.back |= !is_forth;
    }

    /// Adds what came up in other trials.
    pub fn merge(&mut self, other: &Coverage) {
        self.trials += other.trials;
        for (pair, seen) in &other.pairs {
            let orders = self.pairs.entry(*pair).or_default();
            orders.forth |= seen.forth;
            orders.back |= seen.back;
        }
        self.acts.extend(&other.acts);
        self.several.extend(&other.several);
    }

    /// The pairs that met, in order, with the ways in which they did.
    pub fn pairs(&self) -> impl Iterator<Item = (Pair, Orders)> {
        self.pairs.iter().map(|(pair, orders)| (*pair, *orders))
    }

    /// How many pairs were seen both ways.
    pub fn both_ways(&self) -> usize {
        self.pairs.values().filter(|orders| orders.forth && orders.back).count()
    }

    /// The pairs that were seen one way only, in order.
    pub fn one_way(&self) -> impl Iterator<Item = (Pair, Orders)> {
        self.pairs().filter(|(_, orders)| orders.forth != orders.back)
    }

    /// The pairs that never met, in order: both acts came up, and never on the same thing.
    pub fn never_met(&self) -> impl Iterator<Item = Pair> {
        let pairs = self.acts.iter().flat_map(move |(thing, one)| {
            let others = self.acts.iter().filter(move |(of, _)| of == thing);
            others.map(move |(_, other)| Pair { thing: *thing, one: *one, other: *other })
        });
        pairs.filter(move |pair| {
            let Pair { thing, one, other } = *pair;
            let can = if one.role == other.role {
                self.several.contains(&(thing, one.role))
            } else {
                one.role < other.role
            };
            can && (writes(thing, one) || writes(thing, other)) && !self.pairs.contains_key(pair)
        })
    }
}

fn places(keys: Keys) -> [Option<Place>; 2] {
    match keys {
        [Some(lock @ Key::Lock(_)), part] => [Some((lock, part)), None],
        keys => keys.map(|key| key.map(|key| (key, None))),
    }
}

fn thing((key, _): Place) -> Thing {
    match key {
        Key::Thread(_) => Thing::Thread,
        Key::Document(_) => Thing::Document,
        Key::Queue => Thing::Queue,
        Key::Lock(text) => Thing::Lock(text),
    }
}

/// Whether this may change the thing. What is refused changes nothing, and counts all the same: in
/// another order it would have.
fn writes(thing: Thing, act: Act) -> bool {
    match thing {
        Thing::Queue | Thing::Lock(_) => true,
        Thing::Document => matches!(act.operation, Operation::SaveThread | Operation::SaveReply),
        Thing::Thread => matches!(
            act.operation,
            Operation::AddMessage
                | Operation::CreateRun
                | Operation::CancelRun
                | Operation::SubmitOutputs
        ),
    }
}

#[cfg(test)]
mod tests {
    use deadheat_model::history::{Asks, Kind};
    use deadheat_model::id::{Id, Job, KindId, ThreadId};

    use super::*;
    use crate::agenda::Call;

    /// Trials of two jobs in threads, as `1 list_runs thread_1, 2 create_run thread_1`.
    fn covered(trials: &[&[(u32, Operation, usize)]]) -> Coverage {
        let kinds = vec![Kind { name: "job".to_owned(), asks: Asks::default() }];
        let cast = Cast { kinds, ..Cast::default() };
        let mut coverage = Coverage::default();
        for trial in trials {
            let touch = |(number, operation, thread): &(u32, Operation, usize)| {
                let actor = Actor::Attempt(Job { kind: KindId(0), number: *number }, 1);
                let name = Call::new(actor, 0, *operation, 1).at(Moment::Arrives);
                (name, [Some(Key::Thread(ThreadId::at(*thread))), None])
            };
            coverage.add_trial(&cast, &trial.iter().map(touch).collect::<Vec<_>>());
        }
        coverage
    }

    #[test]
    fn orders_are_told_apart_by_who_has_the_lower_number() {
        use Operation::{AddMessage, CreateRun, ListRuns};
        let counts = |trials: &[&[(u32, Operation, usize)]]| {
            let coverage = covered(trials);
            let one_way = coverage.one_way().count();
            (coverage.both_ways(), one_way, coverage.never_met().count())
        };
        // Reads do not conflict with each other, nor does anything with itself.
        assert_eq!(counts(&[&[(1, ListRuns, 0), (2, ListRuns, 0)]]), (0, 0, 0));
        assert_eq!(counts(&[&[(1, CreateRun, 0), (1, AddMessage, 0)]]), (0, 0, 0));
        assert_eq!(counts(&[&[(1, CreateRun, 0), (2, CreateRun, 1)]]), (0, 0, 0));
        let (forth, back): (&[_], &[_]) =
            (&[(1, CreateRun, 0), (2, CreateRun, 0)], &[(2, CreateRun, 0), (1, CreateRun, 0)]);
        assert_eq!(counts(&[forth]), (0, 1, 0));
        assert_eq!(counts(&[back]), (0, 1, 0));
        assert_eq!(counts(&[forth, back]), (1, 0, 0));
        // A second time within a trial counts as well.
        let again = (1, CreateRun, 0);
        assert_eq!(counts(&[&[forth, &[again]].concat()]), (1, 0, 0));
        // The looks of the two never met each other's creations the other way round, nor in the
        // second job at all.
        assert_eq!(counts(&[forth, &[(1, ListRuns, 0), (2, CreateRun, 0)]]), (0, 2, 1));
        let mut merged = covered(&[forth]);
        merged.merge(&covered(&[back]));
        assert_eq!(merged, covered(&[forth, back]));
    }
}
