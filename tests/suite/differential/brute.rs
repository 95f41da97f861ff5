//! Brute force: every millisecond of every window, every tie and every fate, one trial after the
//! other. It knows nothing about zones, states or properties.
//!
//! Windows that begin and end at whole milliseconds allow no orders besides those at whole
//! milliseconds. This is because what is possible is a set of upper limits on differences.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deadheat::agenda::{Name, Part, Pending, Picked, Span, State, Strategy, Supply, Time};
use deadheat::engine::{Lane, Play};
use deadheat::stage::Stage;
use deadheat_model::history::{End, What};
use deadheat_model::property::PropertyId;

/// The results of all trials of a scenario.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    /// Every order, and what it breaks.
    orders: BTreeMap<u64, BTreeSet<PropertyId>>,
    /// How many trials this took.
    pub(super) trials: u64,
}

impl Truth {
    /// Returns whether some order breaks this property.
    pub(super) fn breaks(&self, property: PropertyId) -> bool {
        self.orders.values().any(|broken| broken.contains(&property))
    }

    /// Returns the number of orders, and the number of those that break this property.
    pub(super) fn count(&self, property: PropertyId) -> (u128, u128) {
        let broken = self.orders.values().filter(|broken| broken.contains(&property)).count();
        (self.orders.len() as u128, broken as u128)
    }
}

/// The maximum length of a trial.
const LONGEST: Span = Span::from_secs(30);

/// An occurrence that cannot happen sooner than this after the start happens in no trial that is
/// shorter than half of this.
const NEVER: Span = Span::from_secs(60);

const MILLISECOND: Span = Span::from_ms(1);

/// Plays everything that can happen with at most this many faults. Returns `None` if that takes too
/// many trials, or if one of them is too long.
pub(super) fn everything(stage: &Arc<Stage>, faults: u32, trials_max: u64) -> Option<Truth> {
    let mut lane = Lane::new(stage.clone(), Box::new(Brute::new(faults)));
    let mut truth = Truth::default();
    while truth.trials < trials_max {
        if lane.play(Play::seed(0)) == Supply::Nothing {
            return Some(truth);
        }
        truth.trials += 1;
        let last = lane.events(|events| events.last().map(|event| (event.at, event.what.clone())));
        let Some((at, What::End(end))) = last else { continue };
        if end == End::OutOfBudget || at > Time::ZERO + LONGEST {
            return None;
        }
        let (violations, _) = lane.judge();
        let broken: BTreeSet<PropertyId> =
            violations.iter().map(|violation| violation.property).collect();
        truth.orders.entry(lane.path()).or_default().extend(broken);
    }
    None
}

/// The strategy: the decisions of a trial. The next trial changes the last of them.
///
/// The sequence of decisions determines everything but times. So two trials continue alike if they
/// made the same decisions and the same part of every window is left. One of them is enough.
struct Brute {
    faults_max: u32,
    stack: Vec<Node>,
    depth: usize,
    now: Time,
    faults: u32,
    /// The decisions that have been made: each sequence of decisions has a number.
    row: u32,
    rows: BTreeMap<(u32, Decision), u32>,
    seen: BTreeSet<(u32, Vec<Rest>)>,
}

/// An occurrence, or an option of a fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    Fires(u32),
    Fate(usize),
}

/// What is left of a window: the window, its beginning and its end.
type Rest = (u32, Span, Span);

/// The possible decisions, each with its time, and the one that is tried.
struct Node {
    choices: Vec<(Decision, Time)>,
    at: usize,
}

impl Brute {
    fn new(faults_max: u32) -> Brute {
        Brute {
            faults_max,
            stack: Vec::new(),
            depth: 0,
            now: Time::ZERO,
            faults: 0,
            row: 0,
            rows: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    fn row_after(&mut self, decision: Decision) -> u32 {
        let next = self.rows.len() as u32 + 1;
        *self.rows.entry((self.row, decision)).or_insert(next)
    }

    /// Decides as before, or by `choices` where nothing was decided before. Returns `None` if there
    /// is no choice.
    fn decide(
        &mut self,
        choices: impl FnOnce(&mut Brute) -> Vec<(Decision, Time)>,
    ) -> Option<Decision> {
        if self.depth == self.stack.len() {
            let choices = choices(self);
            self.stack.push(Node { choices, at: 0 });
        }
        let node = &self.stack[self.depth];
        let (decision, at) = *node.choices.get(node.at)?;
        self.depth += 1;
        self.row = self.row_after(decision);
        self.now = at;
        Some(decision)
    }

    /// Returns every occurrence that can fire next, at every time at which it can fire.
    fn firings(&mut self, pending: &[Pending]) -> Vec<(Decision, Time)> {
        let latest = pending.iter().map(|one| one.since + one.window.latest).min();
        let latest = latest.expect("invariant: something is pending");
        let mut choices = Vec::new();
        for one in pending {
            let mut at = self.now.max(one.since + one.window.earliest);
            while at <= latest {
                let decision = Decision::Fires(one.uid);
                let others = pending.iter().filter(|other| other.uid != one.uid);
                let mut rests: Vec<Rest> = others.map(|other| rest(other, at)).collect();
                rests.sort_unstable();
                let row = self.row_after(decision);
                if self.seen.insert((row, rests)) {
                    choices.push((decision, at));
                }
                at = at + MILLISECOND;
            }
        }
        choices
    }
}

/// Returns what is left of its window at this time.
fn rest(pending: &Pending, at: Time) -> Rest {
    let (earliest, latest) =
        (pending.since + pending.window.earliest, pending.since + pending.window.latest);
    if earliest > Time::ZERO + NEVER {
        return (pending.uid, NEVER, NEVER);
    }
    (pending.uid, earliest - at, latest - at)
}

impl Strategy for Brute {
    fn begin(&mut self, _: u64) -> Supply {
        (self.depth, self.now, self.faults, self.row) = (0, Time::ZERO, 0, 0);
        while let Some(node) = self.stack.last_mut() {
            node.at += 1;
            if node.at < node.choices.len() {
                return Supply::Trial;
            }
            self.stack.pop();
        }
        if self.rows.is_empty() { Supply::Trial } else { Supply::Nothing }
    }

    fn added(&mut self, _: &Pending, _: &[Part]) {}

    fn gone(&mut self, _: usize, _: &Pending) {}

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let decision = self.decide(|brute| brute.firings(pending))?;
        let is_it = |one: &Pending| decision == Decision::Fires(one.uid);
        let index = pending.iter().position(is_it);
        let index = index.expect("invariant: the same decisions lead to the same");
        Some(Picked { index, at: self.now })
    }

    fn fate(&mut self, _: &Name, weights: &[u32]) -> usize {
        let possible: Vec<usize> = (0..weights.len()).filter(|at| weights[*at] > 0).collect();
        let is_normal = self.faults == self.faults_max;
        let decision = self.decide(|brute| {
            let most = if is_normal { 1 } else { possible.len() };
            possible[..most].iter().map(|option| (Decision::Fate(*option), brute.now)).collect()
        });
        let Some(Decision::Fate(option)) = decision else {
            unreachable!("invariant: one of the options has a weight")
        };
        self.faults += u32::from(option != possible[0]);
        option
    }
}
