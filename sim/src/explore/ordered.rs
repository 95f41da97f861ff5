//! Strategies that pick an order and no times. A [`Rule`] chooses which of the enabled occurrences
//! fires next, and everything else is here.
//!
//! A trial is played twice. Its draft finds the order, over zones. All constraints together then
//! give times for this order, and the trial is played again by names, at these times. So a trial is
//! judged by times that are possible, although they did not have to be chosen before its order was
//! known.

use super::enabled::Enabled;
use super::times::Recorded;
use crate::agenda::{Fate, Name, Part, Pending, Picked, State, Strategy, Supply, Time};

/// A rule that chooses an order.
pub trait Rule: Send + 'static {
    /// Begins a new trial.
    fn begin(&mut self, seed: u64);

    /// Returns which of these fires next, by its place. There is at least one, and their order
    /// means nothing.
    fn choose(&mut self, enabled: &[&Pending]) -> usize;

    /// Returns which of the options is taken. See [`Strategy::fate`].
    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize;
}

/// The strategy that follows a rule.
pub struct Ordered<R> {
    rule: R,
    horizon: Time,
    phase: Phase,
    enabled: Enabled,
    draft: Draft,
    /// How much of the draft the trial has followed.
    picks: usize,
    fates: usize,
    at: Vec<Time>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The draft of this seed's trial is being played, or has been played.
    Draft(u64),
    /// The trial follows its draft.
    Fair,
}

/// What was decided in a draft, and what bounds its times.
#[derive(Default)]
struct Draft {
    picks: Vec<Name>,
    fates: Vec<Fate>,
    recorded: Recorded,
}

impl<R: Rule> Ordered<R> {
    /// Follows this rule. Times are no later than `horizon` where that is possible.
    pub fn new(rule: R, horizon: Time) -> Ordered<R> {
        Ordered {
            rule,
            horizon,
            phase: Phase::Fair,
            enabled: Enabled::default(),
            draft: Draft::default(),
            picks: 0,
            fates: 0,
            at: Vec::new(),
        }
    }

    fn is_draft(&self) -> bool {
        self.phase != Phase::Fair
    }

    /// Picks what the draft picked.
    fn follow(&mut self, pending: &[Pending]) -> Picked {
        let expected = self.draft.picks.get(self.picks);
        let index = expected.and_then(|name| pending.iter().position(|one| one.name == *name));
        let index = index.expect("invariant: a trial goes as its draft went");
        // An occurrence that was picked but never fired was out of budget.
        let at = self.at.get(self.picks).copied().unwrap_or(Time::from_us(u64::MAX));
        self.picks += 1;
        Picked { index, at }
    }
}

impl<R: Rule> Strategy for Ordered<R> {
    fn begin(&mut self, seed: u64) -> Supply {
        if self.phase == Phase::Draft(seed) {
            let at = self.draft.recorded.times(usize::MAX, self.horizon);
            self.at = at.expect("invariant: there are times for an order that zones allow");
            (self.phase, self.picks, self.fates) = (Phase::Fair, 0, 0);
            return Supply::Trial;
        }
        self.phase = Phase::Draft(seed);
        self.draft = Draft::default();
        self.enabled.begin();
        self.rule.begin(seed);
        Supply::Draft
    }

    fn added(&mut self, pending: &Pending, _: &[Part]) {
        if self.is_draft() {
            self.enabled.added(pending);
            self.draft.recorded.added(pending);
        }
    }

    fn gone(&mut self, _: usize, pending: &Pending) {
        if self.is_draft() {
            let fires = self.enabled.gone(pending);
            self.draft.recorded.gone(pending, fires);
        }
    }

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        if !self.is_draft() {
            return Some(self.follow(pending));
        }
        let can_fire = |index: &usize| self.enabled.can_fire(&pending[*index]);
        let places: Vec<usize> = (0..pending.len()).filter(can_fire).collect();
        let enabled: Vec<&Pending> = places.iter().map(|index| &pending[*index]).collect();
        let index = places[self.rule.choose(&enabled)];
        self.draft.picks.push(pending[index].name);
        Some(self.enabled.pick(pending, index))
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        if self.is_draft() {
            let option = self.rule.fate(name, weights);
            self.draft.fates.push(Fate { name: *name, option });
            return option;
        }
        let fate = self.draft.fates.get(self.fates).filter(|fate| fate.name == *name);
        self.fates += 1;
        fate.expect("invariant: a trial asks for what its draft asked for").option
    }
}
