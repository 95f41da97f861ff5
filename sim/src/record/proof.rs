//! A proof, or why there is none: what was asked for, what was searched, and what the result was.

use std::sync::Arc;

use deadheat_model::history::Cast;
use deadheat_model::id::Actor;
use deadheat_model::property::{PropertyId, Way};
use deadheat_model::time::Span;

use super::{Invocation, Trial};

/// The answer to a question.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The scenario's name.
    pub scenario: String,
    /// What the scenario is.
    pub about: String,
    /// How it was called.
    pub invocation: Invocation,
    /// The cast of the scenario.
    pub cast: Arc<Cast>,
    /// The properties that were asked for.
    pub asked: Vec<PropertyId>,
    /// The maximum number of faults that strike and runs that end otherwise than completed.
    pub faults: u32,
    /// An order has at most this many context switches until it breaks something, if they were
    /// bounded.
    pub switches: Option<u32>,
    /// Whether the scenario has fates that this bound left out.
    pub leaves_fates_out: bool,
    /// The searches, in order. The last one decides.
    pub searches: Vec<Searched>,
    /// The result of the searches.
    pub verdict: Verdict,
    /// The results with fewer actors, if the searches were too large.
    pub fewer_actors: Vec<FewerActors>,
}

/// The answer for a scenario with fewer actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FewerActors {
    /// There are at most this many actors of each kind, and jobs of each list.
    pub most: u16,
    /// Whether something breaks what was asked for. Otherwise it is proved.
    pub is_broken: bool,
    /// How many states were opened.
    pub states: u64,
}

/// The result for a question.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Nothing breaks what was asked for.
    Proved(Proved),
    /// This trial breaks it.
    Broken(Box<Counterexample>),
    /// Nothing was found, but not everything was searched.
    Undecided(Vec<Cut>),
}

/// The result that nothing breaks, with what it rests on. Only [`Proved::by`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    asked: Vec<PropertyId>,
    search: Searched,
    assumed: Assumed,
}

/// What a proof takes for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// The maximum number of faults that strike and runs that end otherwise than completed, in an
    /// order.
    pub faults: u32,
    /// Actors that differ only in their names. They begin in the order of their names, because what
    /// one does under one name another does under another.
    pub alike: Vec<Vec<Actor>>,
    /// The proof shows that everything comes to rest, but not that it does so within this time.
    pub settle: Option<Span>,
}

impl Proved {
    /// Returns what is proved by a search that looked for anything that breaks `asked` and found
    /// nothing. It proves this only if something was asked for, nothing was cut off, and nothing
    /// was left to search.
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

    /// Returns the properties that nothing breaks.
    pub fn asked(&self) -> &[PropertyId] {
        &self.asked
    }

    /// Returns the search that left nothing out.
    pub fn search(&self) -> &Searched {
        &self.search
    }

    /// Returns what the proof takes for granted.
    pub fn assumed(&self) -> &Assumed {
        &self.assumed
    }
}

/// Where a search was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After this many trials.
    Trials(u64),
    /// After this many states.
    States(u64),
    /// When states took more than this many bytes.
    Memory(u64),
    /// After the time that it had.
    Time,
    /// It was interrupted.
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
    pub broken: Vec<Way>,
    /// The number of all orders, and of those that break something. It is `None` if there are too
    /// many to count.
    pub counted: Option<(u128, u128)>,
    /// The file of the case that was made from it.
    pub case: Option<String>,
}

/// What a search is for, which decides how it treats polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Without the polls that find nothing new. It may find what is not real, but it misses
    /// nothing.
    Loose,
    /// Every occurrence as it is.
    Exact,
    /// Single orders, drawn at random.
    Sample,
    /// Every occurrence as it is, to count the orders.
    Count,
}

impl Purpose {
    /// Returns the name that JSON uses.
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
    /// What it is for.
    pub purpose: Purpose,
    /// Trials that were played to their end, or until they could give nothing new.
    pub trials: u64,
    /// Occurrences that fired in them.
    pub occurrences: u64,
    /// States that were examined.
    pub states: u64,
    /// Trials that reached a state that had been examined.
    pub pruned: u64,
    /// Pending occurrences that cannot come next at any latency.
    pub infeasible: u64,
    /// How many occurrences the longest order has.
    pub longest: u64,
    /// Whether nothing was left to search.
    pub is_complete: bool,
}

impl Searched {
    /// Returns a search of which nothing has been done yet.
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
