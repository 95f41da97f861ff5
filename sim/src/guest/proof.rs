//! Proofs: every order that the windows allow, and every latency within them.

use std::fmt;

use super::host::Keep;
use super::outcome::{Failure, Verdict};
use super::play::Plan;
use crate::agenda::{Schedule, Supply};
use crate::explore::{Exhaustive, Explored, Exploring, Merge};

/// What a search of every order has come to. It shows itself in words.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How far the search has come.
    pub explored: Explored,
    /// How many faults could strike in one order.
    pub faults: u32,
    /// What breaks, explained, if anything does.
    pub failure: Option<Failure>,
    /// How the library was used wrongly, if it was.
    pub misuse: Option<String>,
}

impl Proof {
    /// Returns what is known now.
    pub fn verdict(&self) -> Verdict {
        if self.misuse.is_some() {
            Verdict::Misused
        } else if self.failure.is_some() {
            Verdict::Breaks
        } else if self.explored.is_complete {
            Verdict::Holds
        } else {
            Verdict::Undecided
        }
    }
}

/// What a search has found.
pub(super) struct Searched {
    pub(super) explored: Explored,
    /// The property that breaks, and the picks of a trial that breaks it.
    pub(super) broken: Option<(String, Schedule)>,
    pub(super) misuse: Option<String>,
}

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Whether some order breaks a property.
    Verdict,
    /// How many orders there are, and how many of them break a property.
    Counts,
}

/// Searches every order with at most this many faults, until what is wanted is known, or until this
/// many states were seen.
pub(super) fn search(plan: &Plan<'_>, wants: Wants, faults: u32, states_max: u64) -> Searched {
    let merge = match wants {
        Wants::Verdict => Merge::United,
        Wants::Counts => Merge::Equal,
    };
    let exploring = Exploring { merge, faults, twins: Vec::new(), switches: None };
    let mut host = plan.under(Box::new(Exhaustive::new(exploring)));
    loop {
        let played = host.try_play(0, Keep::Picks);
        let explored = host.ask(|search: &Exhaustive| search.explored().clone());
        let misuse = played.as_ref().err().or(host.world().misuse.as_ref());
        if misuse.is_some() {
            let misuse = misuse.cloned();
            return Searched { explored, broken: None, misuse };
        }
        let done = |broken| Searched { explored: explored.clone(), broken, misuse: None };
        if played == Ok(Supply::Nothing) {
            return done(None);
        }
        if let Some(found) = host.world().found.first().filter(|_| wants == Wants::Verdict) {
            let property = found.property.clone();
            return done(Some((property, host.take_schedule())));
        }
        if explored.states > states_max {
            return done(None);
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explored { trials, states, longest, out_of_budget, .. } = &self.explored;
        if let Some(misuse) = &self.misuse {
            return writeln!(f, "{misuse}");
        }
        if let Some(failure) = &self.failure {
            return write!(f, "not proved; {failure}");
        }
        let searched = format!("{states} states, {trials} trials, up to {longest} occurrences");
        let strikes = match self.faults {
            0 => String::new(),
            1 => "with at most one fault, ".to_owned(),
            faults => format!("with at most {faults} faults, "),
        };
        if self.explored.is_complete {
            writeln!(
                f,
                "proved: {strikes}no order, and no latency within the windows, breaks a property \
                 ({searched})"
            )
        } else if *out_of_budget > 0 {
            writeln!(f, "not proved: {out_of_budget} trials were out of budget ({searched})")
        } else {
            writeln!(f, "not proved: the search was cut off ({searched}); see `Check::states`")
        }
    }
}
