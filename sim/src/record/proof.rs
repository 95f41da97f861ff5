//! A proof, or why there is none: what was asked, what was searched, and what came of it.

use std::sync::Arc;

use deadheat_model::history::Cast;
use deadheat_model::id::Actor;
use deadheat_model::property::{Fingerprint, PropertyId, Why};
use deadheat_model::time::Span;

use super::{Invocation, Trial};

/// What became of a question.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// How it was called.
    pub invocation: Invocation,
    /// Who takes part in it.
    pub cast: Arc<Cast>,
    /// The properties that were asked for.
    pub asked: Vec<PropertyId>,
    /// At most this many faults strike, and runs end otherwise than completed.
    pub faults: u32,
    /// In an order, at most this many context switches until it breaks something, if they were
    /// bounded.
    pub switches: Option<u32>,
    /// Whether the scenario has fates that this bound left out.
    pub leaves_fates_out: bool,
    /// The searches, in order; the last one decides.
    pub searches: Vec<Searched>,
    /// What came of them.
    pub verdict: Verdict,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Nothing breaks what was asked for.
    Proved(Proved),
    /// This does.
    Broken(Box<Counterexample>),
    /// Nothing was found, and not everything was searched.
    Undecided(Vec<Cut>),
}

/// That nothing breaks, with what it rests on. [`Proved::by`] alone makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    asked: Vec<PropertyId>,
    search: Searched,
    assumed: Assumed,
}

/// What a proof takes for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// In an order, at most this many faults strike, and runs end otherwise than completed.
    pub faults: u32,
    /// Who differs from others in nothing but a name: they begin in the order of their names, since
    /// what one does under one name another does under another.
    pub alike: Vec<Vec<Actor>>,
    /// That all comes to rest is proved, and not that it does so within this time.
    pub settle: Option<Span>,
}

impl Proved {
    /// What a search proves that looked for anything that breaks `asked` and found nothing: only if
    /// something was asked for, nothing was cut off, and nothing was left to search.
    pub fn by(
        search: &Searched,
        cuts: &[Cut],
        asked: &[PropertyId],
        assumed: Assumed,
    ) -> Option<Proved> {
        let is_search = match search.purpose {
            Purpose::Loose | Purpose::Exact => true,
            Purpose::Sample | Purpose::Count => false,
        };
        let is_whole = is_search && search.is_complete && cuts.is_empty() && !asked.is_empty();
        is_whole.then(|| Proved { asked: asked.to_vec(), search: *search, assumed })
    }

    /// The properties that nothing breaks.
    pub fn asked(&self) -> &[PropertyId] {
        &self.asked
    }

    /// The search that has left nothing out.
    pub fn search(&self) -> &Searched {
        &self.search
    }

    /// What it takes for granted.
    pub fn assumed(&self) -> &Assumed {
        &self.assumed
    }
}

/// What was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After this many trials.
    Trials(u64),
    /// After the time that there was.
    Time,
    /// Somebody interrupted it.
    Interrupted,
    /// After this many context switches.
    Switches(u32),
    /// This many orders were out of the scenario's budget.
    OutOfBudget(u64),
}

/// A trial that breaks what was asked for, at times that every window allows.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The trial, with its schedule.
    pub trial: Trial,
    /// How it breaks what was asked for.
    pub broken: Vec<(Fingerprint, Why)>,
    /// All orders, and those that break something; nothing if there are too many to be counted.
    pub counted: Option<(u128, u128)>,
    /// The file of the case that was made of it.
    pub case: Option<String>,
}

/// What a search is for, and so how it treats polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Without the polls that find nothing new: it may find what is none, but misses nothing.
    Loose,
    /// Every occurrence as it is.
    Exact,
    /// Single orders, drawn at random.
    Sample,
    /// Every occurrence as it is, to count the orders.
    Count,
}

impl Purpose {
    /// As JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Loose => "loose",
            Purpose::Exact => "exact",
            Purpose::Sample => "sample",
            Purpose::Count => "count",
        }
    }
}

/// A search, as far as it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Searched {
    /// What for.
    pub purpose: Purpose,
    /// Trials that were played, to their end or until nothing new could come of them.
    pub trials: u64,
    /// Occurrences that fired in them.
    pub occurrences: u64,
    /// States that were looked at.
    pub states: u64,
    /// Trials that came to a state that had been looked at.
    pub pruned: u64,
    /// Pending occurrences that no latency lets come next.
    pub infeasible: u64,
    /// The most occurrences in one order.
    pub longest: u64,
    /// Whether nothing was left to search.
    pub is_complete: bool,
}

impl Searched {
    /// A search of which nothing has been done yet.
    pub const fn begun(purpose: Purpose) -> Searched {
        Searched {
            purpose,
            trials: 0,
            occurrences: 0,
            states: 0,
            pruned: 0,
            infeasible: 0,
            longest: 0,
            is_complete: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_made_of_a_whole_search_for_something_and_of_nothing_else() {
        let assumed = Assumed { faults: 0, alike: Vec::new(), settle: None };
        let whole = Searched { is_complete: true, ..Searched::begun(Purpose::Exact) };
        let asked = [PropertyId::NoRejectedCall];
        let check = |search: Searched, cuts: &[Cut], asked: &[PropertyId], is_proof: bool| {
            let proved = Proved::by(&search, cuts, asked, assumed.clone());
            assert_eq!(proved.is_some(), is_proof, "{search:?} {cuts:?} {asked:?}");
        };
        check(whole, &[], &asked, true);
        check(Searched { purpose: Purpose::Loose, ..whole }, &[], &asked, true);
        check(Searched { purpose: Purpose::Sample, ..whole }, &[], &asked, false);
        check(Searched { purpose: Purpose::Count, ..whole }, &[], &asked, false);
        check(Searched { is_complete: false, ..whole }, &[], &asked, false);
        check(whole, &[Cut::Switches(3)], &asked, false);
        check(whole, &[], &[], false);
    }
}
