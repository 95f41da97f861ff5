//! Coverage: which orders of conflicting operations occurred.
//!
//! Two operations of different actors *conflict* if they touch the same thing and one of them
//! writes to it. A pair that was seen both ways shows that both orders occurred in some trial. It
//! shows nothing about what else they may hide.

use std::collections::{BTreeMap, BTreeSet};

use deadheat_model::history::{Cast, Operation};
use deadheat_model::id::Actor;
use deadheat_model::property::RoleId;
use serde::{Deserialize, Serialize};

use super::entries;
use crate::agenda::{Keys, Name};
use crate::name::{Moment, Touched};

/// What is done, by any actor of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Act {
    /// The role that does it.
    pub role: RoleId,
    /// What is done.
    pub operation: Operation,
    /// The moment of it.
    pub moment: Moment,
}

impl Act {
    /// Returns the moment's name. Returns `None` where the operation arrives, which is the
    /// operation itself.
    pub fn moment_name(self) -> Option<&'static str> {
        (self.moment != Moment::Arrives).then(|| self.moment.name())
    }
}

/// The kind of thing that it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Two conflicting acts. The first one is that of the actor with the lower number if both are of
/// one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pair {
    /// What both are done to.
    pub thing: Thing,
    /// One of them.
    pub one: Act,
    /// The other one.
    pub other: Act,
}

/// The orders of a pair that occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// The first act came before the other one.
    pub forth: bool,
    /// The other act came before the first one.
    pub back: bool,
}

/// What occurred in the trials that were examined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// How many trials were examined.
    pub trials: u64,
    #[serde(with = "entries")]
    pairs: BTreeMap<Pair, Orders>,
    acts: BTreeSet<(Thing, Act)>,
    /// Roles of which two actors touched the same thing.
    several: BTreeSet<(Thing, RoleId)>,
}

/// What a trial does to each thing. An act is kept once, however often and by however many actors
/// it is done, because a job may have thousands of attempts.
#[derive(Default)]
struct Doings(BTreeMap<Place, Vec<Done>>);

/// Something that was done to a thing.
struct Done {
    act: Act,
    writes: bool,
    /// The actors that have done it are between these two. All of them are of one role.
    first: Actor,
    last: Actor,
    /// What other actors had done before, by its place in the list. It says whether an actor of a
    /// lower rank had done it, and whether an actor of a higher rank had.
    before: Vec<Orders>,
}

/// A thing. A lock's name has two parts.
type Place = (Touched, Option<Touched>);

impl Coverage {
    /// Adds what the picks of a trial touch, in order. A fault touches nothing.
    pub fn add_trial(&mut self, cast: &Cast, touches: &[(Name, Keys)]) {
        self.trials += 1;
        for (place, all) in &Doings::of(cast, touches).0 {
            self.add(thing(*place), all);
        }
    }

    fn add(&mut self, thing: Thing, all: &[Done]) {
        for done in all {
            self.acts.insert((thing, done.act));
            if all.iter().any(|other| done.is_shared_with(other)) {
                self.several.insert((thing, done.act.role));
            }
            for (other, before) in all.iter().zip(&done.before) {
                if before.forth {
                    let pair = Pair { thing, one: other.act, other: done.act };
                    self.pairs.entry(pair).or_default().forth = true;
                }
                if before.back {
                    let pair = Pair { thing, one: done.act, other: other.act };
                    self.pairs.entry(pair).or_default().back = true;
                }
            }
        }
    }

    /// Adds what occurred in other trials.
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

    /// Returns the pairs that met, in order, with the ways in which they did.
    pub fn pairs(&self) -> impl Iterator<Item = (Pair, Orders)> {
        self.pairs.iter().map(|(pair, orders)| (*pair, *orders))
    }

    /// Returns how many orders of conflicting pairs were seen.
    pub fn orders(&self) -> usize {
        self.pairs.len() + self.both_ways()
    }

    /// Returns how many pairs were seen both ways.
    pub fn both_ways(&self) -> usize {
        self.pairs.values().filter(|orders| orders.forth && orders.back).count()
    }

    /// Returns the pairs that were seen one way only, in order.
    pub fn one_way(&self) -> impl Iterator<Item = (Pair, Orders)> {
        self.pairs().filter(|(_, orders)| orders.forth != orders.back)
    }

    /// Returns the pairs that never met, in order: both acts occurred, but never on the same thing.
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

impl Doings {
    fn of(cast: &Cast, touches: &[(Name, Keys)]) -> Doings {
        let mut doings = Doings::default();
        for (name, keys) in touches {
            let role = RoleId::of(name.call.actor(), cast);
            let act = Act { role, operation: name.call.operation(), moment: name.moment() };
            for place in places(*keys).into_iter().flatten() {
                doings.add(place, name.call.actor(), act);
            }
        }
        doings
    }

    fn add(&mut self, place: Place, actor: Actor, act: Act) {
        let all = self.0.entry(place).or_default();
        let index = all.iter().position(|done| done.act == act).unwrap_or_else(|| {
            let writes = writes(thing(place), act);
            all.push(Done { act, writes, first: actor, last: actor, before: Vec::new() });
            all.len() - 1
        });
        let mut before = std::mem::take(&mut all[index].before);
        before.resize(all.len(), Orders::default());
        let writes = all[index].writes;
        for (other, orders) in all.iter().zip(&mut before).filter(|(one, _)| one.writes || writes) {
            if other.act.role == act.role {
                orders.forth |= other.first < actor;
                orders.back |= other.last > actor;
            } else {
                let is_forth = other.act.role < act.role;
                orders.forth |= is_forth;
                orders.back |= !is_forth;
            }
        }
        let done = &mut all[index];
        done.before = before;
        (done.first, done.last) = (done.first.min(actor), done.last.max(actor));
    }
}

impl Done {
    /// Returns whether this act and that act were done by different actors of one role.
    fn is_shared_with(&self, other: &Done) -> bool {
        self.act.role == other.act.role && (self.first, self.last) != (other.last, other.first)
    }
}

fn places(keys: Keys) -> [Option<Place>; 2] {
    match keys.map(|key| key.map(Touched::from)) {
        [Some(lock @ Touched::Lock(_)), part] => [Some((lock, part)), None],
        touched => touched.map(|key| key.map(|key| (key, None))),
    }
}

fn thing((key, _): Place) -> Thing {
    match key {
        Touched::Thread(_) => Thing::Thread,
        Touched::Document(_) => Thing::Document,
        Touched::Queue => Thing::Queue,
        Touched::Lock(text) => Thing::Lock(text),
    }
}

/// Returns whether this may change the thing. A refused call changes nothing but still counts,
/// because it would have changed something in another order.
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
    use deadheat_model::history::Kind;
    use deadheat_model::id::{DocumentId, Id, Job, KindId, ThreadId};

    use super::*;
    use crate::agenda::{Call, Draw};
    use crate::name::keys;

    /// Returns the coverage of trials of two jobs in threads, such as
    /// `1 list_runs thread_1, 2 create_run thread_1`.
    fn covered(trials: &[&[(u32, Operation, usize)]]) -> Coverage {
        let kinds = vec![Kind { name: "job".to_owned(), asks: Vec::new(), waits: false }];
        let cast = Cast { kinds, ..Cast::default() };
        let mut coverage = Coverage::default();
        for trial in trials {
            let touch = |(number, operation, thread): &(u32, Operation, usize)| {
                let actor = Actor::Attempt(Job { kind: KindId(0), number: *number }, 1);
                let name = Call::by(actor, 0, *operation, 1).at(Moment::Arrives);
                (name, keys([Some(Touched::Thread(ThreadId::at(*thread))), None]))
            };
            coverage.add_trial(&cast, &trial.iter().map(touch).collect::<Vec<_>>());
        }
        coverage
    }

    /// Returns what is done in a trial of this many attempts, drawn at random.
    fn drawn(seed: u64, attempts: u16, touches: u64) -> Vec<(Name, Keys)> {
        const OPERATIONS: [Operation; 4] =
            [Operation::CreateRun, Operation::AddMessage, Operation::ListRuns, Operation::Lock];
        let touch = |place: u64| {
            let mut draw = Draw::new(seed, place);
            let mut below = |end: u64| draw.below(end);
            let job = Job { kind: KindId(below(2) as u16), number: below(2) as u32 + 1 };
            let actor = Actor::Attempt(job, below(u64::from(attempts)) as u16 + 1);
            let operation = OPERATIONS[below(4) as usize];
            let moment = [Moment::Arrives, Moment::Ends][below(2) as usize];
            let thread = Some(Touched::Thread(ThreadId::at(below(2) as usize)));
            let first =
                [Touched::Queue, Touched::Lock(below(2) as u16), Touched::Document(DocumentId(0))];
            let touched = [Some(first[below(3) as usize]), thread.filter(|_| below(3) > 0)];
            (Call::by(actor, 0, operation, 1).at(moment), keys(touched))
        };
        (0..touches).map(touch).collect()
    }

    fn two_kinds() -> Cast {
        let kind = |name: &str| Kind { name: name.to_owned(), asks: Vec::new(), waits: false };
        Cast { kinds: vec![kind("one"), kind("other")], ..Cast::default() }
    }

    /// Compares every touch with every earlier one.
    fn naive(cast: &Cast, touches: &[(Name, Keys)]) -> Coverage {
        let mut coverage = Coverage { trials: 1, ..Coverage::default() };
        let mut done: Vec<(Place, Actor, Act)> = Vec::new();
        for (name, keys) in touches {
            let (actor, operation) = (name.call.actor(), name.call.operation());
            let act = Act { role: RoleId::of(actor, cast), operation, moment: name.moment() };
            for place in places(*keys).into_iter().flatten() {
                let thing = thing(place);
                coverage.acts.insert((thing, act));
                for (_, other, before) in
                    done.iter().filter(|(at, other, _)| *at == place && *other != actor)
                {
                    if before.role == act.role {
                        coverage.several.insert((thing, act.role));
                    }
                    if !writes(thing, *before) && !writes(thing, act) {
                        continue;
                    }
                    let is_forth = (before.role, *other) < (act.role, actor);
                    let (one, other) = if is_forth { (*before, act) } else { (act, *before) };
                    let orders = coverage.pairs.entry(Pair { thing, one, other }).or_default();
                    orders.forth |= is_forth;
                    orders.back |= !is_forth;
                }
                done.push((place, actor, act));
            }
        }
        coverage
    }

    #[test]
    fn what_is_kept_of_a_trial_tells_as_much_as_all_of_it() {
        let cast = two_kinds();
        for seed in 0..400 {
            let touches = drawn(seed, 1 + seed as u16 % 4, 2 + seed % 40);
            let mut coverage = Coverage::default();
            coverage.add_trial(&cast, &touches);
            assert_eq!(coverage, naive(&cast, &touches), "{seed}");
        }
    }

    #[test]
    fn no_more_is_kept_of_a_trial_of_many_attempts() {
        // Each touch looks at what is kept of its thing. So the time for a trial grows with its
        // length alone.
        let kept = |attempts: u16, touches: u64| {
            let doings = Doings::of(&two_kinds(), &drawn(1, attempts, touches));
            doings.0.values().flatten().map(|done| 1 + done.before.len()).sum::<usize>()
        };
        let (few, many) = (kept(10, 2_000), kept(10_000, 40_000));
        assert!(many <= few + few / 10, "{few}, {many}");
    }

    #[test]
    fn orders_are_told_apart_by_who_has_the_lower_number() {
        use Operation::{AddMessage, CreateRun, ListRuns};
        let counts = |trials: &[&[(u32, Operation, usize)]]| {
            let coverage = covered(trials);
            let one_way = coverage.one_way().count();
            (coverage.both_ways(), one_way, coverage.never_met().count())
        };
        // Reads do not conflict with each other, and nothing conflicts with itself.
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
        // The looks of the two jobs never met each other's creations the other way round. They
        // never met at all in the second job.
        assert_eq!(counts(&[forth, &[(1, ListRuns, 0), (2, CreateRun, 0)]]), (0, 2, 1));
        let mut merged = covered(&[forth]);
        merged.merge(&covered(&[back]));
        assert_eq!(merged, covered(&[forth, back]));
    }
}
