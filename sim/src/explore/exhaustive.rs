//! `exhaustive`: every order that the windows allow, depth first, each state once.
//!
//! What is explored cannot be copied. So a trial is played from its beginning for every branch, and
//! what is on the stack is played again without being looked at. A trial is abandoned when it
//! reaches a state that the search has seen. Two trials go on alike if they agree in the world's
//! digest and in the zone of what is pending. *Now* is not part of that zone (time Petri nets'
//! state classes). A zone also holds nothing new if it lies in a zone that was seen for the same
//! digest.
//!
//! Occurrences that touch nothing in common still constrain the clock. So nothing is left out for
//! that reason.

use std::collections::BTreeMap;

use crate::agenda::{
    Name, Part, Pending, Picked, State, Stop, Strategy, Supply, Switches, Time, Who, normal,
};

use super::{Zone, choices, name_of};

/// When a state counts as seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Never: every order is played to its end.
    Nothing,
    /// When an equal state was seen. What it led to is counted again, so that orders can be
    /// counted.
    Equal,
    /// When a state was seen that holds everything that is possible now.
    Included,
    /// The same. Zones whose union is a zone are also merged into one.
    United,
}

/// The settings of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploring {
    /// When a state counts as seen.
    pub merge: Merge,
    /// At most this many fates of an order are not the normal ones. Each of them is a fault.
    pub faults: u32,
    /// Actors that differ only in their names, class by class. The first of those that have not
    /// begun begins first. It does under another name what the others would do.
    pub twins: Vec<Vec<Who>>,
    /// An order has at most this many context switches until something breaks. This is the
    /// *preemption bound* of systematic testing (Musuvathi and Qadeer, PLDI 2007).
    pub switches: Option<u32>,
}

/// The progress of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// Trials that were played to their end, or until they were abandoned.
    pub trials: u64,
    /// Occurrences that fired in them.
    pub occurrences: u64,
    /// States that were seen.
    pub states: u64,
    /// Trials that were abandoned at a state that had been seen.
    pub pruned: u64,
    /// Pending occurrences that no assignment of times lets fire next.
    pub infeasible: u64,
    /// Trials that were out of budget.
    pub out_of_budget: u64,
    /// How many occurrences the longest order has.
    pub longest: u64,
    /// Whether everything has been explored.
    pub is_complete: bool,
    /// How many orders there are, and how many of them break something. The numbers are right where
    /// states are merged only if they are equal.
    pub orders: u128,
    /// See `orders`.
    pub broken: u128,
    /// Fates that were not the normal ones and that the bound left out.
    pub fates_left_out: u64,
    /// Occurrences that could come next and that the bound on switches left out.
    pub switches_left_out: u64,
}

/// The strategy.
pub struct Exhaustive {
    exploring: Exploring,
    stack: Vec<Node>,
    /// How much of the stack has been played in this trial.
    depth: usize,
    /// The state of this trial beyond the stack.
    here: Here,
    seen: BTreeMap<Key, Vec<Seen>>,
    explored: Explored,
    has_begun: bool,
    played: u64,
}

/// What is pending, as a zone, and what has been decided.
#[derive(Clone, Debug, Default)]
struct Here {
    zone: Zone,
    /// The occurrences, in the order of the zone.
    uids: Vec<u32>,
    now: Time,
    /// How many fates were not the normal ones.
    faults: u32,
    switches: Switches,
}

/// The key of a state: the world's digest, the faults, whether something is broken, and the
/// switches. The switches count only where they are bounded and nothing is broken. States with the
/// same key differ only in their zones.
type Key = (u128, u32, bool, Option<Switches>);

/// A point at which something was decided.
struct Node {
    /// The state before the decision.
    before: Here,
    /// What can be decided: occurrences, or options of a fate.
    choices: Vec<u32>,
    /// Which one is being explored.
    at: usize,
    /// The key under which it is noted as seen. A fate has none.
    key: Option<Key>,
    place: usize,
    orders: u128,
    broken: u128,
}

/// A state that was seen.
struct Seen {
    zone: Zone,
    /// What it led to: the orders, and those that break something. It is `None` while it is
    /// explored.
    counts: Option<(u128, u128)>,
}

impl Exhaustive {
    /// Begins a search.
    pub fn new(exploring: Exploring) -> Exhaustive {
        Exhaustive {
            exploring,
            stack: Vec::new(),
            depth: 0,
            here: Here::default(),
            seen: BTreeMap::new(),
            explored: Explored::default(),
            has_begun: false,
            played: 0,
        }
    }

    /// Returns how far it has come.
    pub fn explored(&self) -> &Explored {
        &self.explored
    }

    /// Returns whether what happens now has not been played before.
    fn is_ahead(&self) -> bool {
        self.depth == self.stack.len()
    }

    /// Goes to the next branch. Returns false if there is none.
    fn backtrack(&mut self) -> bool {
        while let Some(node) = self.stack.last_mut() {
            node.at += 1;
            if node.at < node.choices.len() {
                return true;
            }
            let Some(node) = self.stack.pop() else { break };
            if let Some(seen) =
                node.key.and_then(|key| self.seen.get_mut(&key)?.get_mut(node.place))
            {
                seen.counts = Some((node.orders, node.broken));
            }
            self.count(node.orders, node.broken);
        }
        false
    }

    /// Notes that this many orders go on from the end of the stack.
    fn count(&mut self, orders: u128, broken: u128) {
        match self.stack.last_mut() {
            Some(node) => {
                node.orders = node.orders.saturating_add(orders);
                node.broken = node.broken.saturating_add(broken);
            }
            None => (self.explored.orders, self.explored.broken) = (orders, broken),
        }
    }

    /// Makes the next decision on the stack again, and returns it.
    fn decide_again(&mut self) -> u32 {
        let node = &self.stack[self.depth];
        let choice = node.choices[node.at];
        self.depth += 1;
        if self.depth == self.stack.len() {
            self.here = node.before.clone();
        }
        choice
    }

    /// Returns whether this state, which was not played before, has been seen and so is of no use.
    fn is_seen(&mut self, pending: &[Pending], state: State) -> bool {
        let is_bounded = self.exploring.switches.is_some() && !state.is_broken;
        let switches = is_bounded.then_some(self.here.switches);
        let key = (state.digest, self.here.faults, state.is_broken, switches);
        let mut order: Vec<usize> = (0..self.here.uids.len()).collect();
        order.sort_by_cached_key(|index| name_of(self.here.uids[*index], pending).key());
        let mut zone = self.here.zone.future(&order);
        let seen = self.seen.entry(key).or_default();
        let merge = self.exploring.merge;
        let known = match merge {
            Merge::Nothing => None,
            Merge::Equal => seen.iter().find(|seen| seen.zone == zone),
            Merge::Included | Merge::United => seen.iter().find(|seen| seen.zone.includes(&zone)),
        };
        if let Some(known) = known {
            let counts = known.counts;
            self.explored.pruned += 1;
            if let Some((orders, broken)) = counts {
                self.count(orders, broken);
            }
            return true;
        }
        if merge == Merge::United {
            while let Some((at, union)) =
                seen.iter().enumerate().find_map(|(at, seen)| Some((at, seen.zone.union(&zone)?)))
            {
                seen.swap_remove(at);
                zone = union;
            }
        }
        let place = seen.len();
        if merge != Merge::Nothing {
            seen.push(Seen { zone, counts: None });
        }
        self.open(pending, key, place);
        false
    }

    /// Puts a state on the stack, with everything that can come next.
    fn open(&mut self, pending: &[Pending], key: Key, place: usize) {
        let Here { zone, uids, .. } = &self.here;
        let mut choices = choices(zone, uids, pending, &self.exploring.twins);
        let possible = choices.len();
        if let (Some(bound), (.., Some(switches))) = (self.exploring.switches, key) {
            let after = |name: Name| name.visitor().map_or(switches, |by| switches.then(by));
            choices.retain(|uid| after(name_of(*uid, pending)).count <= bound);
        }
        let (infeasible, left_out) = (pending.len() - possible, possible - choices.len());
        self.explored.states += 1;
        self.explored.infeasible += infeasible as u64;
        self.explored.switches_left_out += left_out as u64;
        let before = self.here.clone();
        let key = Some(key).filter(|_| self.exploring.merge == Merge::Equal);
        self.stack.push(Node { before, choices, at: 0, key, place, orders: 0, broken: 0 });
        self.depth += 1;
    }
}

impl Strategy for Exhaustive {
    fn begin(&mut self, _: u64) -> Supply {
        if std::mem::replace(&mut self.has_begun, true) && !self.backtrack() {
            self.explored.is_complete = self.explored.out_of_budget == 0;
            return Supply::Nothing;
        }
        self.depth = 0;
        self.played = 0;
        self.here = Here::default();
        Supply::Trial
    }

    fn added(&mut self, pending: &Pending, _: &[Part]) {
        if self.is_ahead() {
            self.here.zone.add(pending.window);
            self.here.uids.push(pending.uid);
        }
    }

    fn gone(&mut self, _: usize, pending: &Pending) {
        if !self.is_ahead() {
            return;
        }
        // What fired left the zone when it was picked.
        if let Some(index) = self.here.uids.iter().position(|uid| *uid == pending.uid) {
            self.here.zone.remove(index);
            self.here.uids.remove(index);
        }
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        self.played += 1;
        let uid = if self.is_ahead() {
            if self.is_seen(pending, state()) {
                return None;
            }
            let node = self.stack.last().expect("invariant: it was just put there");
            *node.choices.first()?
        } else {
            self.decide_again()
        };
        let place = pending.iter().position(|pending| pending.uid == uid);
        let index = place.expect("invariant: the same prefix has the same names");
        let at = if self.is_ahead() {
            if let Some(visitor) = pending[index].name.visitor() {
                self.here.switches = self.here.switches.then(visitor);
            }
            let index = self.here.uids.iter().position(|known| *known == uid);
            let index = index.expect("invariant: what can come next is in the zone");
            let at = self.here.now + self.here.zone.soonest(index);
            self.here.zone.fire(index);
            self.here.uids.remove(index);
            self.here.now = at;
            at
        } else {
            self.stack[self.depth].before.now
        };
        Some(Picked { index, at })
    }

    fn fate(&mut self, _: &Name, weights: &[u32]) -> usize {
        if !self.is_ahead() {
            let option = self.decide_again();
            self.take_fate(option, weights);
            return option as usize;
        }
        let possible = (0..weights.len() as u32).filter(|option| weights[*option as usize] > 0);
        let mut choices: Vec<u32> = possible.collect();
        if self.here.faults >= self.exploring.faults && choices.len() > 1 {
            let left_out = choices.len() as u64 - 1;
            self.explored.fates_left_out += left_out;
            choices.truncate(1);
        }
        let option = choices[0];
        let before = self.here.clone();
        self.stack.push(Node { before, choices, at: 0, key: None, place: 0, orders: 0, broken: 0 });
        self.depth += 1;
        self.take_fate(option, weights);
        option as usize
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        let Exhaustive { played, explored, .. } = self;
        explored.trials += 1;
        explored.occurrences += *played;
        explored.longest = explored.longest.max(*played);
        explored.out_of_budget += u64::from(stop == Stop::OutOfBudget);
        if stop != Stop::Abandoned {
            self.count(1, u128::from(state().is_broken));
        }
    }
}

impl Exhaustive {
    fn take_fate(&mut self, option: u32, weights: &[u32]) {
        if self.is_ahead() && option as usize != normal(weights) {
            self.here.faults += 1;
        }
    }
}
