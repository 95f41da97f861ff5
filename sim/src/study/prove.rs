//! Prove: whether any order, latency or fault can break a property.
//!
//! The first search leaves out the polls that find nothing new. It allows more than is possible, so
//! that it misses nothing: what it does not find does not exist. What it finds is searched for
//! again with every poll as it is, first at random, then in every order. A finding counts only once
//! it has been played at concrete times.

use std::sync::Arc;

use deadheat_model::id::Actor;
use deadheat_model::property::{PropertyId, Violation, Way};

use super::levels::{self, Common, Levels, Wants};
use super::replay::at_times;
use super::subject::Subject;
use crate::agenda::{Schedule, Supply, Who};
use crate::app::{Looking, Polls};
use crate::engine::{Lane, Play};
use crate::explore::{Exhaustive, Exploring, Merge, Walk};
use crate::record::{
    Assumed, Counterexample, Cut, Proof, Proved, Purpose, Searched, Trial, Verdict,
};
use crate::stage::Stage;

/// What to prove.
#[derive(Clone)]
pub struct Question {
    /// The scenario in which they are asked about.
    pub subject: Subject,
    /// The properties that must not break.
    pub asked: Vec<PropertyId>,
    /// At most this many fates are not the normal ones.
    pub faults: u32,
    /// An order has at most this many context switches until it breaks something. `None` allows any
    /// number.
    pub switches: Option<u32>,
    /// Each search opens at most this many states.
    pub states_max: u64,
    /// The states of a search take at most this many bytes, as estimated.
    pub memory_max: u64,
    /// A search that plays trials plays at most this many.
    pub trials_max: u64,
    /// Orders are counted in at most this many states, or trials where a search plays trials.
    pub count_max: u64,
    /// The reductions to leave out.
    pub without: Vec<Reduction>,
}

/// A reduction, which saves work and keeps the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// States are copied and opened level by level. Otherwise trials are played one by one.
    Levels,
    /// States that were seen are not explored again.
    Merging,
    /// States whose zone lies in a zone that was seen are not explored either.
    Inclusion,
    /// Zones are merged into one where their union is a zone.
    Union,
    /// Polls that find nothing new are left out.
    Polls,
    /// Waits that no other actor can see are not occurrences of their own.
    Folding,
    /// The first of the actors that begin alike begins first.
    Twins,
}

impl Reduction {
    /// Every reduction.
    pub const ALL: [Reduction; 7] = [
        Reduction::Levels,
        Reduction::Merging,
        Reduction::Inclusion,
        Reduction::Union,
        Reduction::Polls,
        Reduction::Folding,
        Reduction::Twins,
    ];

    /// Returns whether a search level by level can leave this out.
    const fn is_of_levels(self) -> bool {
        matches!(self, Reduction::Polls | Reduction::Folding | Reduction::Twins)
    }

    /// Returns the name that the command line uses.
    pub const fn name(self) -> &'static str {
        match self {
            Reduction::Levels => "levels",
            Reduction::Merging => "merging",
            Reduction::Inclusion => "inclusion",
            Reduction::Union => "union",
            Reduction::Polls => "polls",
            Reduction::Folding => "folding",
            Reduction::Twins => "twins",
        }
    }
}

/// This many orders are drawn at random before all of them are searched.
const SAMPLE: u64 = 1_000;

/// Answers the question, without asking about fewer actors.
pub(super) fn decide(question: Question, stop: &dyn Fn() -> Option<Cut>) -> (Proof, Arc<Stage>) {
    let stage = question.stage();
    let mut study = Study { question, stage, stop, searches: Vec::new(), counts: None };
    let verdict = study.verdict();
    let Study { question, stage, searches, .. } = study;
    let proof = Proof {
        about: stage.scenario.summary.clone(),
        leaves_fates_out: question.subject.scenario().has_fates(),
        scenario: question.subject.name,
        invocation: question.subject.invocation,
        cast: stage.cast.clone(),
        asked: question.asked,
        faults: question.faults,
        switches: question.switches,
        searches,
        verdict,
        fewer_actors: Vec::new(),
    };
    (proof, stage)
}

struct Study<'a> {
    question: Question,
    stage: Arc<Stage>,
    stop: &'a dyn Fn() -> Option<Cut>,
    searches: Vec<Searched>,
    /// What the last search counted.
    counts: Option<(u128, u128)>,
}

/// The result of a search.
enum Outcome {
    Nothing(Proved),
    Found(Schedule),
    /// Something was found that may not be real.
    Perhaps,
    Cut(Vec<Cut>),
    /// All orders were counted.
    Counted,
}

impl Question {
    /// Returns the stage on which the question is decided. It has no faults if no order may have
    /// one.
    fn stage(&self) -> Arc<Stage> {
        let mut scenario = self.subject.scenario().clone();
        if self.faults == 0 {
            scenario.drop_chances();
        }
        let mut stage = Stage::new(scenario);
        stage.unfolds |= self.without.contains(&Reduction::Folding);
        Arc::new(stage)
    }

    fn exploring(&self, merge: Merge) -> Exploring {
        let is_without = |reduction| self.without.contains(&reduction);
        let merge = match merge {
            _ if is_without(Reduction::Merging) => Merge::Nothing,
            Merge::United if is_without(Reduction::Inclusion) => Merge::Equal,
            Merge::United if is_without(Reduction::Union) => Merge::Included,
            merge @ (Merge::Nothing | Merge::Equal | Merge::Included | Merge::United) => merge,
        };
        Exploring { merge, faults: self.faults, twins: Vec::new(), switches: self.switches }
    }
}

impl Study<'_> {
    fn verdict(&mut self) -> Verdict {
        let is_loose = !self.stage.unfolds && !self.question.without.contains(&Reduction::Polls);
        if is_loose {
            match self.search(Purpose::Loose) {
                Outcome::Nothing(proved) => return Verdict::Proved(proved),
                Outcome::Found(_) | Outcome::Perhaps | Outcome::Counted => {}
                // A search with every poll on its own would take even longer.
                Outcome::Cut(cuts) => match self.sample() {
                    Some(found) => return self.broken(found),
                    None => return Verdict::Undecided(cuts),
                },
            }
        }
        if let Some(found) = self.sample() {
            return self.broken(found);
        }
        match self.search(Purpose::Exact) {
            Outcome::Nothing(proved) => Verdict::Proved(proved),
            Outcome::Found(schedule) => self.broken(schedule),
            Outcome::Cut(cuts) => Verdict::Undecided(cuts),
            Outcome::Perhaps | Outcome::Counted => {
                unreachable!("invariant: an exact search finds what is real, and counts nothing")
            }
        }
    }

    fn search(&mut self, purpose: Purpose) -> Outcome {
        // A bound on switches is a bound on what one order does. A search by levels always merges.
        let Question { switches, without, .. } = &self.question;
        let is_by_trials = switches.is_some() || without.iter().any(|one| !one.is_of_levels());
        if is_by_trials { self.search_trials(purpose) } else { self.search_levels(purpose) }
    }

    /// Opens one level of states after another until something breaks, all are opened, or the
    /// search is cut.
    fn search_levels(&mut self, purpose: Purpose) -> Outcome {
        let question = &self.question;
        let polls = if purpose == Purpose::Loose { Polls::Loose } else { Polls::Real };
        let wants = match purpose {
            Purpose::Loose => Wants::Verdict,
            Purpose::Exact | Purpose::Sample => Wants::Order,
            Purpose::Count => Wants::Counts,
        };
        // Two orders that differ in who is who are two orders.
        let is_count = purpose == Purpose::Count;
        let is_each = is_count || question.without.contains(&Reduction::Twins);
        let twins = if is_each { Vec::new() } else { self.stage.twins() };
        let assumed = self.assumed(&twins);
        let leveled = levels::search(Levels {
            stage: &self.stage,
            looking: Looking { asked: question.asked.clone(), polls },
            faults: question.faults,
            wants,
            common: Common::default(),
            twins,
            states_max: question.states_max.min(if is_count {
                question.count_max
            } else {
                u64::MAX
            }),
            memory_max: question.memory_max,
            stop: self.stop,
        });
        let searched = Searched {
            purpose,
            trials: leveled.ends,
            occurrences: leveled.occurrences,
            states: leveled.states,
            pruned: leveled.pruned,
            infeasible: leveled.infeasible,
            longest: leveled.longest,
            is_complete: leveled.is_complete(),
        };
        self.searches.push(searched);
        self.counts = is_count.then_some((leveled.orders, leveled.broken));
        let mut cuts = leveled.cuts;
        if leveled.out_of_budget > 0 {
            cuts.push(Cut::OutOfBudget(leveled.out_of_budget));
        }
        match (leveled.found, leveled.is_broken) {
            (Some(schedule), _) => return Outcome::Found(schedule),
            (None, true) if purpose == Purpose::Loose => return Outcome::Perhaps,
            (None, _) if is_count && cuts.is_empty() => return Outcome::Counted,
            // All orders that lead there take longer than a trial may.
            (None, true) if cuts.is_empty() => cuts.push(Cut::OutOfBudget(1)),
            (None, _) => {}
        }
        match Proved::by(&searched, &cuts, &question.asked, assumed) {
            Some(proved) => Outcome::Nothing(proved),
            None => Outcome::Cut(cuts),
        }
    }

    fn assumed(&self, twins: &[Vec<Who>]) -> Assumed {
        let actors = |class: &Vec<Who>| class.iter().copied().map(Actor::from).collect();
        let alike = twins.iter().map(actors).collect();
        let Question { faults, asked, subject, .. } = &self.question;
        let settle = asked.contains(&PropertyId::AllSettled);
        let settle = settle.then_some(subject.scenario().settle);
        Assumed { faults: *faults, alike, settle }
    }

    /// Plays one trial after another until one breaks something, all are played, or the search is
    /// cut.
    fn search_trials(&mut self, purpose: Purpose) -> Outcome {
        let question = &self.question;
        let (polls, merge, trials_max) = match purpose {
            Purpose::Loose => (Polls::Loose, Merge::United, question.trials_max),
            Purpose::Exact | Purpose::Sample => (Polls::Real, Merge::United, question.trials_max),
            Purpose::Count => {
                (Polls::Real, Merge::Equal, question.trials_max.min(question.count_max))
            }
        };
        let mut exploring = question.exploring(merge);
        let can_swap = purpose != Purpose::Count && !question.without.contains(&Reduction::Twins);
        if can_swap {
            exploring.twins = self.stage.twins();
        }
        let assumed = self.assumed(&exploring.twins);
        let mut lane = Lane::bare(self.stage.clone(), Box::new(Exhaustive::new(exploring)));
        lane.set_looking(Some(Looking { asked: question.asked.clone(), polls }));
        let (mut trials, mut found, mut cuts) = (0, None, Vec::new());
        while found.is_none() && cuts.is_empty() {
            if trials == trials_max {
                cuts.push(Cut::Trials(trials));
            } else if let Some(cut) = (self.stop)() {
                cuts.push(cut);
            } else if lane.play(Play { keep_schedule: true, ..Play::seed(0) }) == Supply::Nothing {
                break;
            } else {
                trials += 1;
                let is_over = purpose != Purpose::Count && !lane.found().is_empty();
                found = is_over.then(|| lane.take_schedule()).flatten();
            }
        }
        let explored = lane.ask(|exhaustive: &Exhaustive| exhaustive.explored().clone());
        self.counts = Some((explored.orders, explored.broken));
        let searched = Searched {
            purpose,
            trials: explored.trials,
            occurrences: explored.occurrences,
            states: explored.states,
            pruned: explored.pruned,
            infeasible: explored.infeasible,
            longest: explored.longest,
            is_complete: explored.is_complete,
        };
        self.searches.push(searched);
        if let (Some(bound), true) = (question.switches, explored.switches_left_out > 0) {
            cuts.push(Cut::Switches(bound));
        }
        if explored.out_of_budget > 0 {
            cuts.push(Cut::OutOfBudget(explored.out_of_budget));
        }
        if let Some(schedule) = found {
            return Outcome::Found(schedule);
        }
        match Proved::by(&searched, &cuts, &question.asked, assumed) {
            Some(proved) => Outcome::Nothing(proved),
            None if purpose == Purpose::Count && cuts.is_empty() => Outcome::Counted,
            None => Outcome::Cut(cuts),
        }
    }
}

impl Study<'_> {
    /// Draws orders at random. This finds what is not rare sooner than a search of all orders.
    fn sample(&mut self) -> Option<Schedule> {
        let question = &self.question;
        if question.switches.is_some() {
            // A walk knows no bound on switches.
            return None;
        }
        let walk = Walk::with_faults(question.faults);
        let mut lane = Lane::bare(self.stage.clone(), Box::new(walk));
        let looking = Looking { asked: question.asked.clone(), polls: Polls::Real };
        lane.set_looking(Some(looking));
        let mut searched = Searched::begun(Purpose::Sample);
        let mut found = None;
        for seed in 1..=SAMPLE {
            if (self.stop)() == Some(Cut::Interrupted) {
                break;
            }
            lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
            searched.trials += 1;
            searched.occurrences += lane.occurrences();
            searched.longest = searched.longest.max(lane.occurrences());
            if !lane.found().is_empty() {
                found = lane.take_schedule();
                break;
            }
        }
        self.searches.push(searched);
        found
    }

    /// Returns what was found, at concrete times, and how many orders are like it.
    fn broken(&mut self, found: Schedule) -> Verdict {
        let trial = at_times(&self.stage, &self.question.subject.name, found, &self.question.asked);
        let broken = self.broken_by(&trial);
        assert!(!broken.is_empty(), "invariant: what a search finds is there at concrete times");
        // Not all orders would be counted with a bound on switches.
        let is_counted = self.question.switches.is_none()
            && matches!(self.search(Purpose::Count), Outcome::Counted);
        let counted = self.counts.filter(|_| is_counted);
        Verdict::Broken(Box::new(Counterexample { trial, broken, counted, case: None }))
    }

    /// Returns in which ways a trial breaks what was asked for.
    fn broken_by(&self, trial: &Trial) -> Vec<Way> {
        let is_asked = |found: &&Violation| self.question.asked.contains(&found.property);
        let way = |found: &Violation| found.way(&self.stage.cast);
        let mut broken: Vec<_> = trial.violations.iter().filter(is_asked).map(way).collect();
        broken.sort_unstable();
        broken.dedup();
        broken
    }
}
