//! Every order that the windows allow, level by level, each state once.
//!
//! A level holds the states that as many occurrences lead to. A state is a digest of the world and
//! its actors, and a zone: when each pending occurrence may fire. All states of a level with one
//! digest come together before any of them is opened, and zones whose union is a zone become one.
//!
//! A state of several origins no longer says how it was reached. So the search remembers which
//! digest leads to which. When it has found something, a second search goes from the beginning
//! along those digests alone that lead there. It unites nothing, so what it finds is an order at
//! times that all windows allow.

mod node;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::node::{Key, Node, State, keyed, node_bytes};
use crate::agenda::{Name, Schedule, Who};
use crate::app::Looking;
use crate::engine::Fates;
use crate::explore::{Zone, choices, name_of};
use crate::record::Cut;
use crate::stage::Stage;

/// What is searched for, and how.
pub(super) struct Levels<'a> {
    pub(super) stage: &'a Arc<Stage>,
    pub(super) looking: Looking,
    /// At most this many fates of an order are not the normal ones.
    pub(super) faults: u32,
    pub(super) wants: Wants,
    /// What the orders that are searched have in common.
    pub(super) common: Common,
    /// Actors that differ only in their names, class by class.
    pub(super) twins: Vec<Vec<Who>>,
    /// At most this many states are opened.
    pub(super) states_max: u64,
    /// At most this many bytes are used for states.
    pub(super) memory_max: u64,
    /// Returns why the search is to end, if it is.
    pub(super) stop: &'a dyn Fn() -> Option<Cut>,
}

/// What the orders of a search have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// They all begin with these.
    pub(super) first: Vec<Name>,
    /// In all of them, the first one of each pair fires before the second one does.
    pub(super) pairs: Vec<(Name, Name)>,
}

impl Common {
    /// Returns whether it matters to the future who is called what, and not only what everybody is.
    fn is_by_name(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// Returns whether an occurrence may come next, where those have fired that `fired` says.
    fn allows(&self, name: Name, fired: u64) -> bool {
        let waits = |(place, (_, second)): (usize, &(Name, Name))| {
            *second == name && fired >> (2 * place) & 1 == 0
        };
        !self.pairs.iter().enumerate().any(waits)
    }

    /// Notes that an occurrence fires: the first of a pair is an even bit, the second an odd one.
    fn fires(&self, name: Name, fired: &mut u64) {
        for (place, (first, second)) in self.pairs.iter().enumerate() {
            let bits = u64::from(*first == name) | u64::from(*second == name) << 1;
            *fired |= bits << (2 * place);
        }
    }

    /// Returns whether every pair has fired.
    fn is_met(&self, fired: u64) -> bool {
        fired.count_ones() as usize == 2 * self.pairs.len()
    }
}

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Whether some order breaks something.
    Verdict,
    /// An order that breaks something.
    Order,
    /// How many orders there are, and how many of them break something. States become one only if
    /// they are equal, so that every order is counted once.
    Counts,
}

/// What a search has come to.
#[derive(Debug, Default)]
pub(super) struct Leveled {
    /// Orders that came to their end.
    pub(super) ends: u64,
    /// Occurrences that fired.
    pub(super) occurrences: u64,
    /// States that were opened.
    pub(super) states: u64,
    /// States that were seen, or that became one with another.
    pub(super) pruned: u64,
    /// Pending occurrences that no assignment of times lets fire next.
    pub(super) infeasible: u64,
    /// How many occurrences the longest order has.
    pub(super) longest: u64,
    /// Orders that were out of budget.
    pub(super) out_of_budget: u64,
    /// How many orders there are, and how many of them break something, if they were to be counted.
    pub(super) orders: u128,
    /// See `orders`.
    pub(super) broken: u128,
    /// Whether some order breaks something.
    pub(super) is_broken: bool,
    /// Such an order, if it was asked for.
    pub(super) found: Option<Schedule>,
    /// Why something is left to search.
    pub(super) cuts: Vec<Cut>,
}

impl Leveled {
    /// Returns whether everything was searched, and nothing was found.
    pub(super) fn is_complete(&self) -> bool {
        !self.is_broken && self.cuts.is_empty() && self.out_of_budget == 0
    }
}

/// What an occurrence leads to.
enum Led {
    /// Something is broken.
    Broken(Box<Node>),
    /// The order has come to its end.
    Over,
    /// The budget is used up.
    OutOfBudget,
    State(State),
}

/// The states of the next level, by their keys.
type Cells = BTreeMap<Key, Vec<State>>;

struct Search<'a> {
    levels: Levels<'a>,
    leveled: Leveled,
    /// The zones that were opened, by key.
    seen: BTreeMap<Key, Vec<Zone>>,
    /// Which key leads to which.
    edges: BTreeSet<(Key, Key)>,
    /// The bytes that `seen`, `edges` and the states of both levels take, as estimated.
    bytes: u64,
}

/// What a key takes in a map.
const KEY_BYTES: u64 = 96;

/// Searches until something is found, nothing is left, or the search is cut.
pub(super) fn search(levels: Levels<'_>) -> Leveled {
    let mut search = Search {
        levels,
        leveled: Leveled::default(),
        seen: BTreeMap::new(),
        edges: BTreeSet::new(),
        bytes: 0,
    };
    if let Some(target) = search.levels() {
        search.leveled.is_broken = true;
        if search.levels.wants == Wants::Order {
            search.leveled.found = search.trace(target);
        }
    }
    search.leveled
}

impl Search<'_> {
    /// Opens one level after another. Returns the key of a state from which one occurrence leads to
    /// something broken.
    fn levels(&mut self) -> Option<Key> {
        let root = self.root(false)?;
        let State { node, key, future, .. } = self.keyed(root);
        self.remember(key, future);
        self.bytes += node_bytes(&node);
        let mut level = vec![(key, node)];
        while !level.is_empty() {
            let mut next = Cells::new();
            for (key, node) in std::mem::take(&mut level) {
                self.bytes -= node_bytes(&node);
                if self.open(key, node, &mut next) {
                    return Some(key);
                }
                if !self.leveled.cuts.is_empty() {
                    return None;
                }
            }
            for (key, cells) in next {
                for State { mut node, order, future, .. } in cells {
                    self.bytes -= node_bytes(&node);
                    node.zone = future.with_now();
                    node.uids = order;
                    self.bytes += node_bytes(&node);
                    self.remember(key, future);
                    level.push((key, node));
                }
            }
        }
        None
    }

    fn is_cut(&mut self) -> bool {
        let Levels { states_max, memory_max, stop, .. } = &self.levels;
        let cut = if self.leveled.states > *states_max {
            Some(Cut::States(*states_max))
        } else if self.bytes > *memory_max {
            Some(Cut::Memory(*memory_max))
        } else {
            stop()
        };
        self.leveled.cuts.extend(cut);
        cut.is_some()
    }

    /// Fires everything that can come next in a state. Returns whether something breaks.
    fn open(&mut self, key: Key, node: Box<Node>, next: &mut Cells) -> bool {
        let mut choices = self.choices(&node);
        self.leveled.states += 1;
        self.leveled.infeasible += (node.uids.len() - choices.len()) as u64;
        // The last branch takes the state itself, unless fates may branch further.
        choices.reverse();
        let has_fates = self.levels.stage.scenario.has_fates();
        let mut node = Some(node);
        while let Some(uid) = choices.pop() {
            if self.is_cut() {
                return false;
            }
            let mut fates = vec![Vec::new()];
            while let Some(taken) = fates.pop() {
                let child = match &node {
                    Some(whole) if has_fates || !choices.is_empty() => Box::new(whole.copy()),
                    _ => node.take().expect("invariant: the last branch comes once"),
                };
                match self.fire(child, uid, taken, &mut fates) {
                    Led::Broken(_) => return true,
                    Led::Over => {}
                    Led::OutOfBudget => self.leveled.out_of_budget += 1,
                    Led::State(state) => {
                        if self.edges.insert((key, state.key)) {
                            self.bytes += KEY_BYTES;
                        }
                        self.join(state, next);
                    }
                }
            }
        }
        false
    }

    /// Puts a state into the next level, unless it was seen. States whose zones have a union that
    /// is a zone become one.
    fn join(&mut self, mut state: State, next: &mut Cells) {
        let includes = |zone: &Zone| zone.includes(&state.future);
        if self.levels.wants == Wants::Counts {
            self.join_equal(state, next);
            return;
        }
        if self.seen.get(&state.key).is_some_and(|seen| seen.iter().any(includes)) {
            self.leveled.pruned += 1;
            return;
        }
        let cells = next.entry(state.key).or_default();
        if let Some(other) = cells.iter_mut().find(|other| includes(&other.future)) {
            other.node.now = other.node.now.min(state.node.now);
            self.leveled.pruned += 1;
            return;
        }
        let united = |cells: &[State], future: &Zone| {
            let mut cells = cells.iter().enumerate();
            cells.find_map(|(at, other)| Some((at, other.future.union(future)?)))
        };
        while let Some((at, union)) = united(cells, &state.future) {
            let other = cells.swap_remove(at);
            self.bytes -= node_bytes(&other.node);
            state.node.now = state.node.now.min(other.node.now);
            state.future = union;
            self.leveled.pruned += 1;
        }
        self.bytes += node_bytes(&state.node);
        cells.push(state);
    }

    /// Puts a state into the next level, where an equal one takes its orders. What was seen on
    /// another level is opened again, because its orders are other ones.
    fn join_equal(&mut self, state: State, next: &mut Cells) {
        let cells = next.entry(state.key).or_default();
        if let Some(other) = cells.iter_mut().find(|other| other.future == state.future) {
            other.node.ways = other.node.ways.saturating_add(state.node.ways);
            other.node.now = other.node.now.min(state.node.now);
            self.leveled.pruned += 1;
            return;
        }
        self.bytes += node_bytes(&state.node);
        cells.push(state);
    }

    /// Notes that a state is going to be opened.
    fn remember(&mut self, key: Key, mut zone: Zone) {
        let seen = self.seen.entry(key).or_default();
        while let Some((at, union)) =
            seen.iter().enumerate().find_map(|(at, seen)| Some((at, seen.union(&zone)?)))
        {
            let gone = seen.swap_remove(at);
            self.bytes -= KEY_BYTES + 8 * gone.area() as u64;
            zone = union;
        }
        self.bytes += KEY_BYTES + 8 * zone.area() as u64;
        seen.push(zone);
    }

    /// Returns the state with which every order begins. There is none if the occurrences with which
    /// it begins cannot come one after another.
    fn root(&self, keep_schedule: bool) -> Option<Box<Node>> {
        let Levels { stage, looking, common, .. } = &self.levels;
        let mut root = Box::new(Node::root(stage, looking, keep_schedule));
        for name in &common.first {
            let uid = root.fork.pending().iter().find(|one| one.name == *name)?.uid;
            root.can_fire(uid).then_some(())?;
            common.fires(*name, &mut root.fired);
            root.fire(uid, Fates::default())?;
            root.is_broken |= root.fork.is_broken();
        }
        Some(root)
    }

    fn keyed(&self, node: Box<Node>) -> State {
        keyed(node, self.levels.common.is_by_name())
    }

    /// Fires an occurrence. The fates begin with those that are `taken`, and all other ways in
    /// which they could have gone on are added to `others`.
    fn fire(
        &mut self,
        mut child: Box<Node>,
        uid: u32,
        taken: Vec<u32>,
        others: &mut Vec<Vec<u32>>,
    ) -> Led {
        let common = &self.levels.common;
        common.fires(name_of(uid, child.fork.pending()), &mut child.fired);
        let fates = Fates::new(taken, child.faults, self.levels.faults);
        let Some(fates) = child.fire(uid, fates) else { return Led::OutOfBudget };
        others.extend(fates.others);
        self.leveled.occurrences += 1;
        self.leveled.longest = self.leveled.longest.max(child.fork.fired());
        let counts = self.levels.wants == Wants::Counts;
        child.is_broken |= child.fork.is_broken();
        if child.is_broken && !counts {
            return Led::Broken(child);
        }
        if child.fork.end().is_none() {
            return Led::State(self.keyed(child));
        }
        self.leveled.ends += 1;
        child.is_broken |= child.fork.is_broken();
        if !self.levels.common.is_met(child.fired) {
            return Led::Over;
        }
        let Leveled { orders, broken, .. } = &mut self.leveled;
        *orders = orders.saturating_add(child.ways);
        if !child.is_broken {
            return Led::Over;
        }
        *broken = broken.saturating_add(child.ways);
        if counts { Led::Over } else { Led::Broken(child) }
    }

    /// Returns what can come next in a state.
    fn choices(&self, node: &Node) -> Vec<u32> {
        let Levels { common, twins, .. } = &self.levels;
        let pending = node.fork.pending();
        let mut choices = choices(&node.zone, &node.uids, pending, twins);
        choices.retain(|uid| common.allows(name_of(*uid, pending), node.fired));
        choices
    }
}

impl Search<'_> {
    /// Returns an order from the beginning that breaks something after a state with this key.
    fn trace(&mut self, target: Key) -> Option<Schedule> {
        let leads_there = self.leading_to(target);
        let mut visited: BTreeMap<Key, Vec<Zone>> = BTreeMap::new();
        let State { node, key, future, .. } = self.keyed(self.root(true)?);
        visited.entry(key).or_default().push(future);
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            if let Some(cut) = (self.levels.stop)() {
                self.leveled.cuts.push(cut);
                return None;
            }
            for uid in self.choices(&node) {
                let mut fates = vec![Vec::new()];
                while let Some(taken) = fates.pop() {
                    match self.fire(Box::new(node.copy()), uid, taken, &mut fates) {
                        Led::Broken(mut last) => return last.fork.take_schedule(),
                        Led::Over | Led::OutOfBudget => {}
                        Led::State(State { node: child, key, future, .. }) => {
                            let known = visited.entry(key).or_default();
                            let is_known = known.iter().any(|zone| zone.includes(&future));
                            if leads_there.contains(&key) && !is_known {
                                known.push(future);
                                stack.push(child);
                            }
                        }
                    }
                }
            }
        }
        None
    }

    /// Returns the keys from which this key can be reached, and the key itself.
    fn leading_to(&self, target: Key) -> BTreeSet<Key> {
        let mut origins: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for (from, to) in &self.edges {
            origins.entry(*to).or_default().push(*from);
        }
        let (mut found, mut open) = (BTreeSet::from([target]), vec![target]);
        while let Some(key) = open.pop() {
            for from in origins.get(&key).into_iter().flatten() {
                if found.insert(*from) {
                    open.push(*from);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {

    use deadheat_model::history::Operation;
    use deadheat_model::property::PropertyId;

    use super::*;
    use crate::agenda::{Pending, mix};
    use crate::app::Polls;
    use crate::scenario::{Guards, Settings, load};

    /// What an occurrence leads to: what is pending then, and the state's key. Keys differ where
    /// actors that are alike are named by who comes first, which a digest does not say. So there is
    /// no key if there are such actors.
    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Next {
        Broken,
        Over,
        State(Vec<(Operation, String)>, Option<Key>),
    }

    fn pending(node: &Node) -> Vec<(Operation, String)> {
        let what = |one: &Pending| (one.name.call.operation(), format!("{:?}", one.name.moment()));
        let mut all: Vec<_> = node.fork.pending().iter().map(what).collect();
        all.sort_unstable();
        all
    }

    fn project(name: &str) -> String {
        let path = format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a scenario of the project")
    }

    fn stage(source: &str, guard: &str) -> Option<Arc<Stage>> {
        let scenario = load(source, &Settings::new()).scenario.expect("no mistakes");
        let guards = Guards::parse(guard).expect("a guard");
        Some(Arc::new(Stage::new(guards.apply(scenario).ok()?)))
    }

    /// Walks at random, and checks that an occurrence of a state leads to the same state wherever
    /// the search takes two states for one. Returns how often it did.
    fn walk(stage: &Arc<Stage>, asked: Vec<PropertyId>, walks: u64) -> u64 {
        let mut members =
            stage.cast.users.iter().zip(0..).chain(stage.cast.processes.iter().zip(0..));
        let has_jobs = !stage.cast.kinds.is_empty();
        let has_twins = has_jobs || members.any(|(member, place): (_, u16)| member.first != place);
        let mut search = Search {
            levels: Levels {
                stage,
                looking: Looking { asked, polls: Polls::Real },
                faults: 2,
                wants: Wants::Verdict,
                common: Common::default(),
                twins: Vec::new(),
                states_max: u64::MAX,
                memory_max: u64::MAX,
                stop: &|| None,
            },
            leveled: Leveled::default(),
            seen: BTreeMap::new(),
            edges: BTreeSet::new(),
            bytes: 0,
        };
        // By the state's key, the occurrence's place in the order of the digest, and its fates.
        let mut known: BTreeMap<(Key, usize, Vec<u32>), Next> = BTreeMap::new();
        let mut met = 0;
        for seed in 1..=walks {
            let mut node = search.root(false).expect("it begins anyhow");
            for step in 0..60_u64 {
                let State { node: here, key, order, .. } = search.keyed(node);
                let mut children = Vec::new();
                for uid in search.choices(&here) {
                    let place = order.iter().position(|one| *one == uid).expect("it is pending");
                    let mut fates = vec![Vec::new()];
                    while let Some(taken) = fates.pop() {
                        let child = Box::new(here.copy());
                        let next = match search.fire(child, uid, taken.clone(), &mut fates) {
                            Led::Broken(_) => Next::Broken,
                            Led::Over | Led::OutOfBudget => Next::Over,
                            Led::State(state) => {
                                let key = (!has_twins).then_some(state.key);
                                let next = Next::State(pending(&state.node), key);
                                children.push(state.node);
                                next
                            }
                        };
                        match known.get(&(key, place, taken.clone())) {
                            Some(before) => {
                                met += 1;
                                assert_eq!(before, &next, "seed {seed}, step {step}");
                            }
                            None => {
                                known.insert((key, place, taken), next);
                            }
                        }
                    }
                }
                if children.is_empty() {
                    break;
                }
                let place = mix(mix(seed, step), 7) % children.len() as u64;
                node = children.swap_remove(place as usize);
            }
        }
        met
    }

    #[test]
    fn states_with_one_digest_go_on_alike() {
        let mut met = 0;
        for name in ["double-click", "full-generation", "cancel-is-eventual", "newest-is-not-mine"]
        {
            for guard in ["none", "lock:ttl=60s", "retry", "await-run", "cancel-active"] {
                let Some(stage) = stage(&project(name), guard) else { continue };
                for asked in [
                    vec![PropertyId::OneActiveRun],
                    vec![PropertyId::EveryRequestAnswered, PropertyId::EveryJobSucceeds],
                    vec![PropertyId::NoDuplicateWork],
                    vec![PropertyId::RightAnswer],
                ] {
                    met += walk(&stage, asked, 25);
                }
            }
        }
        assert!(met > 1_000, "{met}");
    }

    /// Two processes that differ in what they do share a thread.
    fn two(first: &str, second: &str) -> String {
        format!(
            r#"
format = 1
summary = "two"
[server]
queue_time = "0ms..9ms"
run_time = "20ms..40ms"
cancel_time = "5ms..9ms"
[network]
latency = "1ms..5ms"
[[document]]
id = 7
thread = "exists"
[[process]]
name = "first"
document = 7
start = "0ms..9ms"
do = ["load_document", {first}]
[[process]]
name = "second"
document = 7
start = "0ms..30ms"
do = ["load_document", {second}]
"#
        )
    }

    #[test]
    fn a_digest_says_all_that_the_next_one_says() {
        let asks = r#"{ add_message = "x" }, "create_run""#;
        let waits = r#"{ await_run = { poll = "7ms" } }"#;
        let polls = r#"{ wait_idle = { poll = "7ms", for = "60ms" } }"#;
        let saves = r#""read_reply", "save_reply""#;
        let sleeps = r#"{ sleep = "0ms..20ms" }"#;
        let mut met = 0;
        for (first, second) in [
            // The end of a run that somebody asks about.
            (format!("{asks}, {waits}, {asks}"), format!(r#""cancel_active", {asks}"#)),
            // The same, when it is no longer the newest run.
            (
                format!(r#"{asks}, {{ await_run = {{ poll = "30ms" }} }}"#),
                format!(r#""cancel_active", {polls}, {asks}"#),
            ),
            // What has been paid for, and what is asked for again.
            (
                format!(r#"{asks}, {sleeps}, "cancel_active", {polls}, "create_run", {waits}"#),
                polls.to_owned(),
            ),
            // The answer that is saved.
            (format!("{asks}, {waits}, {saves}"), format!("{polls}, {asks}, {waits}, {saves}")),
            // Which run is the actor's own, while it does something else.
            (format!("{asks}, {sleeps}, {waits}"), asks.to_owned()),
            (
                format!(
                    r#"{{ try = {{ do = [{asks}, {{ add_message = "y" }}], else = [{waits}] }} }}"#
                ),
                format!(r#"{{ add_message = "z" }}, {polls}, {asks}"#),
            ),
            // Who holds a lock, and whose lock has expired.
            (
                format!(r#"{{ lock = {{ key = "k", ttl = "25ms", do = [{asks}, {waits}] }} }}"#),
                format!(r#"{{ lock = {{ key = "k", ttl = "1s", do = [{asks}] }} }}, {sleeps}"#),
            ),
        ] {
            let stage = stage(&two(&first, &second), "none").expect("it has no guard");
            for asked in PropertyId::ALL {
                met += walk(&stage, vec![asked], 60);
            }
        }
        assert!(met > 1_000, "{met}");
    }

    /// A reply that is on its way names a run that its caller will ask about.
    #[test]
    fn what_a_reply_tells_is_read_later() {
        let asks = r#"{ add_message = "x" }, "create_run""#;
        let waits = r#"{ await_run = { poll = "7ms" } }"#;
        let polls = r#"{ wait_idle = { poll = "7ms" } }"#;
        let slow = "\n[[fault]]\nslow_reply = { time = \"80ms..90ms\", call = \"create_run\" }\nchance = 0.5\n";
        let first = format!("{asks}, {waits}, {asks}");
        let second = format!(r#""cancel_active", {polls}, {asks}, {polls}"#);
        let stage = stage(&(two(&first, &second) + slow), "none").expect("it has no guard");
        let met = walk(&stage, vec![PropertyId::OneActiveRun], 400);
        assert!(met > 1_000, "{met}");
    }

    #[test]
    fn who_is_who_matters_among_actors_that_are_alike() {
        let asks = r#"{ add_message = "x" }, "create_run""#;
        let polls = r#"{ wait_idle = { poll = "7ms" } }"#;
        let twins = |list: &str| {
            two(list, "\"load_document\"")
                .replace("name = \"first\"", "name = \"first\"\ncount = 2")
        };
        let mut met = 0;
        for list in [
            // Who asks again: the one that was answered, or the other one.
            format!(
                r#"{{ try = [{asks}] }}, {{ sleep = "0ms..40ms" }}, {{ try = ["create_run"] }}"#
            ),
            format!("{{ try = [{asks}] }}, {polls}, {{ try = [{asks}] }}"),
            format!(r#"{{ lock = {{ key = "k", ttl = "25ms", do = [{asks}, {polls}] }} }}"#),
        ] {
            let stage = stage(&twins(&list), "none").expect("it has no guard");
            for asked in PropertyId::ALL {
                met += walk(&stage, vec![asked], 150);
            }
        }
        assert!(met > 1_000, "{met}");
    }
}
