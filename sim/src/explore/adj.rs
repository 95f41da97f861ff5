//! `adj`: an access of one kind comes right after an access of another kind.
//!
//! Many races are two accesses to one thing with nothing in between: a read of what was just
//! written, or a write right after a look. A trial draws one to three such pairs from the accesses
//! that a first walk shows. While a pair stands, its second access is held back until the last
//! access to the key was the first one, by another actor. Then all others are held back from the
//! key until the second access has been made. Half of the pairs then stand again, so that actors
//! take turns. A pair that is never met holds its second access back for as long as anything else
//! can go on, which starves an actor. Some races need that. All else goes on by random priorities.
//!
//! This is the constraint of D. Wolff et al.: Greybox Fuzzing for Concurrency Testing, ASPLOS 2024,
//! without its feedback between trials, and without knowing which access is a read.

use super::access::{Access, Touched};
use super::fates::Fates;
use super::ordered::Rule;
use super::survey::Survey;
use crate::agenda::{Draw, Key, Name, Pending, Who, key_of, mix};

/// A trial draws at most this many pairs. More of them would rarely be met together.
const PAIRS_MAX: u64 = 3;

/// The rule.
pub struct Adj {
    /// What is touched by more than one chain.
    shared: Vec<Touched>,
    priorities: u64,
    fates: Fates,
    pairs: Vec<Pair>,
    /// The last access to each key, and whose it was.
    last: Vec<(Key, Access, Who)>,
}

/// Two accesses to a key, of which the second comes right after the first.
struct Pair {
    key: Key,
    /// The second access is the first one of all if there is none before it.
    first: Option<Access>,
    second: Access,
    /// Whether it stands again once it has been met, so that the actors take turns.
    recurs: bool,
    is_met: bool,
}

/// Why an occurrence is held back. What is held back less goes on first if all is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// It is not.
    Free,
    /// The second access of a pair comes next.
    ForAnother,
    /// It is the second access of a pair whose first one does not come last.
    Itself,
}

impl Adj {
    /// Returns the rule, for trials in which things are touched as the survey shows.
    pub fn new(survey: &Survey) -> Adj {
        Adj {
            shared: survey.shared().cloned().collect(),
            priorities: 0,
            fates: Fates::default(),
            pairs: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Draws a pair.
    fn pair(&self, mut draw: Draw) -> Option<Pair> {
        let mut draw_of = |count: usize| draw.below(count as u64) as usize;
        if self.shared.is_empty() {
            return None;
        }
        let Touched { key, accesses, .. } = &self.shared[draw_of(self.shared.len())];
        let second = accesses[draw_of(accesses.len())];
        let first = accesses.get(draw_of(accesses.len() + 1)).copied();
        let recurs = first.is_some() && draw_of(2) == 0;
        Some(Pair { key: *key, first, second, recurs, is_met: false })
    }

    /// Returns the last access to a key, and whose it was.
    fn last(&self, key: Key) -> Option<(Access, Who)> {
        let last = self.last.iter().find(|(known, ..)| *known == key);
        last.map(|(_, access, who)| (*access, *who))
    }

    /// Returns whether the first access of a pair came last.
    fn is_open(&self, pair: &Pair) -> bool {
        self.last(pair.key).map(|(access, _)| access) == pair.first
    }

    /// Returns whether this actor may make the second access of a pair now.
    fn may_follow(&self, pair: &Pair, who: Who) -> bool {
        self.is_open(pair) && self.last(pair.key).is_none_or(|(_, last)| last != who)
    }

    fn held(&self, one: &Pending) -> Held {
        let by = |pair: &Pair| {
            let access = Access::of(one, pair.key).filter(|_| !pair.is_met);
            let Some(access) = access else { return Held::Free };
            let is_second = access == pair.second;
            match self.is_open(pair) {
                true if is_second && self.may_follow(pair, one.name.call.who) => Held::Free,
                true => Held::ForAnother,
                false if is_second => Held::Itself,
                false => Held::Free,
            }
        };
        self.pairs.iter().map(by).max().unwrap_or(Held::Free)
    }

    /// Notes that this occurrence fires.
    fn fires(&mut self, one: &Pending) {
        let who = one.name.call.who;
        for at in 0..self.pairs.len() {
            let pair = &self.pairs[at];
            let is_second = Access::of(one, pair.key) == Some(pair.second);
            let is_met = is_second && self.may_follow(pair, who);
            // What was to be the first access of all can no longer be that.
            let is_late = pair.first.is_none() && Access::of(one, pair.key).is_some();
            self.pairs[at].is_met |= (is_met && !self.pairs[at].recurs) || is_late;
        }
        for key in one.keys.into_iter().flatten() {
            let Some(access) = Access::of(one, key) else { continue };
            match self.last.iter_mut().find(|(known, ..)| *known == key) {
                Some(last) => *last = (key, access, who),
                None => self.last.push((key, access, who)),
            }
        }
    }
}

impl Rule for Adj {
    fn begin(&mut self, seed: u64) {
        self.fates = Fates::new(seed);
        self.priorities = mix(seed, key_of("priorities"));
        let pairs = mix(seed, key_of("pairs"));
        let count = 1 + Draw::new(pairs, 0).below(PAIRS_MAX);
        self.pairs = (1..=count).filter_map(|number| self.pair(Draw::new(pairs, number))).collect();
        self.last.clear();
    }

    fn choose(&mut self, enabled: &[&Pending]) -> usize {
        let rank = |index: &usize| {
            let one = enabled[*index];
            (self.held(one), Draw::new(self.priorities, one.name.key()).bits())
        };
        let next = (0..enabled.len()).min_by_key(rank).expect("invariant: something is enabled");
        self.fires(enabled[next]);
        next
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.fates.fate(name, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::{Call, Keys, Owner, Phase, Sort, Symbol, Time, Window};

    const KEY: Key = Key(7);

    /// Returns an access of this actor to the key.
    fn access(who: u64, what: &str, number: u8) -> Pending {
        let phase = Phase { word: Symbol::new(1, "arrives"), sort: Sort::Visit };
        let call = Call::new(Who(who), who, Symbol::new(number, what), 1);
        let keys: Keys = [Some(KEY), None];
        let name = Name::new(call, phase);
        let owner = Owner::Link;
        Pending { uid: 0, name, window: Window::NOW, since: Time::ZERO, owner, keys }
    }

    fn read(who: u64) -> Pending {
        access(who, "read", 1)
    }

    fn write(who: u64) -> Pending {
        access(who, "write", 2)
    }

    /// Returns the rule with the pair of a write right after a read.
    fn rule(recurs: bool) -> Adj {
        let of = |one: &Pending| Access::of(one, KEY).expect("it touches the key");
        let (first, second) = (Some(of(&read(1))), of(&write(1)));
        let mut adj = Adj::new(&Survey::default());
        adj.pairs = vec![Pair { key: KEY, first, second, recurs, is_met: false }];
        adj
    }

    #[test]
    fn the_second_access_waits_for_the_first_one_of_another_actor() {
        let mut adj = rule(false);
        assert_eq!((adj.held(&write(2)), adj.held(&read(1))), (Held::Itself, Held::Free));
        // It goes nevertheless if nothing else can go on.
        assert_eq!(adj.choose(&[&write(2), &read(1)]), 1);
        assert_eq!((adj.held(&write(2)), adj.held(&write(1))), (Held::Free, Held::ForAnother));
        assert_eq!(adj.held(&read(3)), Held::ForAnother);
        assert_eq!(adj.choose(&[&write(1), &read(3), &write(2)]), 2);
        assert_eq!((adj.held(&write(1)), adj.held(&read(3))), (Held::Free, Held::Free));
    }

    #[test]
    fn a_pair_that_recurs_stands_again() {
        for (recurs, held) in [(true, Held::Itself), (false, Held::Free)] {
            let mut adj = rule(recurs);
            adj.fires(&read(1));
            adj.fires(&write(2));
            assert_eq!(adj.held(&write(1)), held, "{recurs}");
        }
    }
}
