//! The order that matters: two accesses of different actors to one thing, and what happens when
//! they come the other way round.

use std::fmt;

use super::host::{Host, Keep};
use super::play::{Effort, Plan};
use super::trial::Trial;
use crate::agenda::{Keys, Name, Observed, Schedule, Supply};
use crate::explore::{Course, Replay, Scribe, Steered};

/// Two accesses, and how often the property breaks if the first comes before the second, and if it
/// comes after. It shows itself in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// The access that comes first in the trial that was explained.
    pub first: String,
    /// The access that comes later.
    pub second: String,
    /// In how many trials the property breaks, and how many there were, in this order.
    pub as_it_was: (u64, u64),
    /// The same, the other way round.
    pub turned: (u64, u64),
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Race { first, second, as_it_was, turned } = self;
        writeln!(f, "the order that matters: {first} before {second}")?;
        writeln!(
            f,
            "  it breaks in {} of {} trials in which this is so, and in {} of {} the other way \
             round",
            as_it_was.0, as_it_was.1, turned.0, turned.1
        )
    }
}

/// Only this many of the last accesses are looked at, because each pair of them takes trials.
const ACCESSES: usize = 14;

/// This many trials decide which pair is measured.
const TRIED: u64 = 30;

/// This many trials measure it.
const MEASURED: u64 = 200;

/// Trials that cannot keep an order are abandoned. An order is worth nothing if it is kept in less
/// than one trial in this many.
const ABANDONED: u64 = 4;

/// Returns the order that matters most to whether this property breaks. Returns none if no order
/// of two accesses makes a difference.
pub(super) fn race(plan: &Plan<'_>, trial: &Trial, property: &str) -> Option<Race> {
    let (touches, effort) = (touches(plan, &trial.schedule), Effort::new());
    let tried = |order: (Name, Name)| measure(plan, &effort, order, property, TRIED);
    let last = &touches[touches.len().saturating_sub(ACCESSES)..];
    let mut best: Option<(u64, Name, Name)> = None;
    for (place, (second, keys)) in last.iter().enumerate() {
        let meets = |(first, others): &&(Name, Keys)| {
            let shares = |key: &_| keys.contains(key);
            first.call.who != second.call.who
                && others.iter().filter(|key| key.is_some()).any(shares)
        };
        for (first, _) in last[..place].iter().filter(meets) {
            let Some(as_it_was) = tried((*first, *second)) else { continue };
            let Some(turned) = tried((*second, *first)) else { continue };
            let share = |(broken, trials): (u64, u64)| 100 * broken / trials;
            let difference = share(as_it_was).saturating_sub(share(turned));
            // Of pairs that make the same difference, the earlier one is the cause.
            if difference > best.map_or(0, |(known, ..)| known) {
                best = Some((difference, *first, *second));
            }
        }
    }
    let (_, first, second) = best?;
    let measured = |order| measure(plan, &Effort::new(), order, property, MEASURED);
    Some(Race {
        first: access(trial, &first),
        second: access(trial, &second),
        as_it_was: measured((first, second))?,
        turned: measured((second, first))?,
    })
}

/// Returns an access in words, such as `till-1/Look#1`.
fn access(trial: &Trial, name: &Name) -> String {
    let text = trial.text(name);
    text.strip_suffix("/arrives").map_or(text.clone(), str::to_owned)
}

/// Returns what the picks of a trial touch, in order.
fn touches(plan: &Plan<'_>, schedule: &Schedule) -> Vec<(Name, Keys)> {
    let replay = Box::new(Replay::new(schedule.clone()));
    let mut host = plan.under(Box::new(Observed::new(replay, Scribe::default())));
    host.play(0, Keep::Nothing);
    let mut touches = host.ask(|scribe: &Observed<Scribe>| scribe.observer().touches.clone());
    touches.retain(|(name, _)| name.sort.visits());
    touches
}

/// Plays trials in which the first of two occurrences comes before the second. Returns how many of
/// them break the property, and how many kept the order.
fn measure(
    plan: &Plan<'_>,
    effort: &Effort,
    order: (Name, Name),
    property: &str,
    trials: u64,
) -> Option<(u64, u64)> {
    let course = Course { orders: vec![order], ..Course::default() };
    let mut host = plan.under(Box::new(Steered::new(course)));
    let (mut broken, mut kept) = (0, 0);
    for seed in 1..=trials * ABANDONED {
        if kept == trials || effort.play(&mut host, seed, Keep::Nothing) == Supply::Nothing {
            break;
        }
        if host.ask(Steered::has_strayed) {
            continue;
        }
        kept += 1;
        broken += u64::from(breaks(&host, property));
    }
    (kept == trials).then_some((broken, kept))
}

/// Returns whether the last trial has broken this property.
pub(super) fn breaks(host: &Host<'_>, property: &str) -> bool {
    host.world().found.iter().any(|found| found.property == property)
}
