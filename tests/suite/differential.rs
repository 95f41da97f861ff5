//! Compares the program with oracles that share as little with it as possible.
//!
//! * `prove`, with all its optimizations, against brute force without any of them, on small enough
//!   scenarios: both directions, and the number of orders ([`brute`], [`small`]).
//! * `prove` against sweeps under every strategy, on larger scenarios. Each counterexample is
//!   followed strictly, inside every window ([`sweeps`], [`larger`], [`followed`]).
//! * The cases that sweeps of such scenarios write, followed by names and strictly ([`kept`]).
//! * A fault that never strikes changes no verdict and no trial, and narrower windows contain
//!   nothing new ([`edits`]).
//! * Bounds whose moment is worked out by hand, and a Monte Carlo of two clicks. They are needed
//!   because neither side of a comparison sees what folds on both sides ([`bounds`], [`clicks`]).
//!
//! The tests try some hundred random scenarios, always the same ones. With
//! `DEADHEAT_DIFFERENTIAL=N`, each test tries N of them. With `DEADHEAT_DIFFERENTIAL=N:FIRST`, the
//! first seed is FIRST instead of 1. `cargo test -p deadheat --test suite differential --
//! --nocapture` prints what was compared. A failure prints the shortest scenario that shows it.
//! Overflow checks are on, as in every development build.

mod bounds;
mod brute;
mod clicks;
mod edits;
mod followed;
mod kept;
mod larger;
mod small;
mod sweeps;
mod tape;

use std::fmt;
use std::sync::Arc;

use deadheat::agenda::Supply;
use deadheat::app::{Looking, Polls};
use deadheat::engine::{Lane, Play};
use deadheat::explore::{Exhaustive, Explored, Exploring, Merge};
use deadheat::record::Verdict;
use deadheat::scenario::{self, Scenario, Settings};
use deadheat::stage::Stage;
use deadheat::study::{self, Question};
use deadheat_model::property::PropertyId;

use self::brute::{Truth, everything};
use self::small::{Sort, small};

/// What was compared, and where the results differ.
#[derive(Debug, Default)]
struct Tally {
    scenarios: u64,
    too_large: u64,
    proved: u64,
    broken: u64,
    undecided: u64,
    counts: u64,
    trials: u64,
    /// A sentence and the scenario for each disagreement, the shortest scenario first.
    disagreements: Vec<(String, String)>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { scenarios, too_large, proved, broken, undecided, counts, trials, .. } = self;
        write!(
            f,
            "{scenarios} scenarios, and {too_large} that were too large; {proved} verdicts of \
             proved, {broken} of broken, {undecided} undecided; {counts} counts of orders; \
             {trials} trials"
        )
    }
}

impl Tally {
    fn disagree(&mut self, sentence: String, source: &str) {
        self.disagreements.push((sentence, source.to_owned()));
    }

    /// Fails if something disagrees, and prints the shortest scenario. Also fails if something was
    /// not compared at all.
    fn assert_equal(mut self, test: &str) {
        report(&format!("{test}: {self}"));
        self.disagreements.sort_by_key(|(_, source)| source.len());
        if let Some((sentence, source)) = self.disagreements.first() {
            let count = self.disagreements.len();
            panic!("{test}: {count} disagreements in {self}\n{sentence}\n{source}");
        }
        assert!(self.scenarios > 0 && self.proved > 0 && self.broken > 0, "{test}: {self}");
    }
}

#[expect(clippy::print_stderr, reason = "shown if asked for: what a long run has compared")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Returns the number of scenarios and the first seed. The environment sets them. Otherwise, they
/// are `default` and 1.
fn asked_for(default: u64) -> (u64, u64) {
    let Ok(asked) = std::env::var("DEADHEAT_DIFFERENTIAL") else { return (default, 1) };
    let (count, first) = asked.split_once(':').unwrap_or((&asked, "1"));
    (count.parse().unwrap(), first.parse().unwrap())
}

/// The maximum number of trials for brute force. A scenario that needs more is left out.
const TRIALS_MAX: u64 = 1_500;

/// The maximum number of trials for a proof.
const PROOF_MAX: u64 = 20_000;

/// The verdict of `prove`, with the orders that it counted.
enum Said {
    Proved,
    Broken(Option<(u128, u128)>),
    Undecided,
}

/// Returns the question that the command asks.
fn question(scenario: &Scenario, asked: &[PropertyId], faults: u32, trials_max: u64) -> Question {
    Question {
        subject: study::Subject::new("random", Arc::new(Stage::new(scenario.clone()))),
        asked: asked.to_vec(),
        faults,
        switches: None,
        states_max: trials_max,
        memory_max: 1 << 30,
        trials_max,
        count_max: TRIALS_MAX.min(trials_max),
        without: Vec::new(),
    }
}

fn proves(scenario: &Scenario, asked: &[PropertyId], faults: u32) -> Said {
    proves_within(scenario, asked, faults, PROOF_MAX)
}

fn proves_within(scenario: &Scenario, asked: &[PropertyId], faults: u32, trials_max: u64) -> Said {
    let question = question(scenario, asked, faults, trials_max);
    match study::prove(&question, &|| None).0.verdict {
        Verdict::Proved { .. } => Said::Proved,
        Verdict::Broken(found) => Said::Broken(found.counted),
        Verdict::Undecided(_) => Said::Undecided,
    }
}

/// Compares every verdict on a scenario with brute force where nothing folds.
fn compare(source: &str, faults: u32, tally: &mut Tally) {
    let Some(scenario) = scenario::load(source, &Settings::new()).scenario else { return };
    let folded = Stage::new(scenario.clone());
    let mut unfolded = Stage::new(scenario.clone());
    unfolded.unfolds = true;
    let Some(truth) = everything(&Arc::new(unfolded), faults, TRIALS_MAX) else {
        tally.too_large += 1;
        return;
    };
    tally.scenarios += 1;
    tally.trials += truth.trials;
    // Each question begins with a sample where everything is searched anyway.
    let asks_each = !folded.unfolds;
    let orders =
        if folded.unfolds { None } else { everything(&Arc::new(folded), faults, TRIALS_MAX) };
    let (broken, sound): (Vec<PropertyId>, Vec<PropertyId>) =
        PropertyId::ALL.into_iter().partition(|property| truth.breaks(*property));
    let one = PropertyId::ALL[source.len() % PropertyId::ALL.len()];
    let mut questions: Vec<Vec<PropertyId>> = broken.iter().map(|one| vec![*one]).collect();
    questions.extend(sound.iter().filter(|each| asks_each || **each == one).map(|one| vec![*one]));
    questions.extend((!asks_each).then_some(sound));
    for asked in questions {
        let counted = compare_verdicts(&scenario, faults, &asked, &truth, source, tally);
        if let (Some(counted), Some(orders)) = (counted, &orders) {
            compare_counts(counted, orders, asked[0], source, tally);
        }
    }
    if let Some(orders) = &orders {
        compare_counts(count(&scenario, faults, one), orders, one, source, tally);
    }
}

/// Asks one question whose properties are either all sound or all broken. Returns the number of
/// orders, if it was counted.
fn compare_verdicts(
    scenario: &Scenario,
    faults: u32,
    asked: &[PropertyId],
    truth: &Truth,
    source: &str,
    tally: &mut Tally,
) -> Option<(u128, u128)> {
    let is_broken = asked.iter().any(|property| truth.breaks(*property));
    let (said, counted) = match proves(scenario, asked, faults) {
        Said::Undecided => {
            tally.undecided += 1;
            return None;
        }
        Said::Proved => ("proved", None),
        Said::Broken(counted) => ("broken", counted),
    };
    if (said == "broken") != is_broken {
        let right = if is_broken { "breaks" } else { "never breaks" };
        tally.disagree(format!("{asked:?} is {said}, and {right}"), source);
    }
    *if is_broken { &mut tally.broken } else { &mut tally.proved } += 1;
    counted
}

fn compare_counts(
    counted: (u128, u128),
    truth: &Truth,
    property: PropertyId,
    source: &str,
    tally: &mut Tally,
) {
    tally.counts += 1;
    let right = truth.count(property);
    if counted != right {
        tally.disagree(format!("{property}: {counted:?} orders, and not {right:?}"), source);
    }
}

/// Returns the number of orders, and of those that break this property, where only equal states are
/// merged.
fn count(scenario: &Scenario, faults: u32, property: PropertyId) -> (u128, u128) {
    let exploring = Exploring { merge: Merge::Equal, faults, twins: Vec::new(), switches: None };
    let stage = Arc::new(Stage::new(scenario.clone()));
    let mut lane = Lane::new(stage, Box::new(Exhaustive::new(exploring)));
    lane.set_looking(Some(Looking { asked: vec![property], polls: Polls::Real }));
    while lane.play(Play::seed(0)) != Supply::Nothing {}
    let counts = |explored: &Explored| (explored.orders, explored.broken);
    lane.ask(|exhaustive: &Exhaustive| counts(exhaustive.explored()))
}

/// Compares this many random scenarios.
fn agree(test: &str, sort: Sort, default: u64) {
    let (count, first) = asked_for(default);
    let mut tally = Tally::default();
    for seed in first..first + 30 * count {
        if tally.scenarios == count {
            break;
        }
        let source = small(seed, sort);
        if sort != Sort::Bounded || source.contains("for = ") {
            let faults = u32::from(sort == Sort::Faulty && seed % 4 > 0);
            compare(&format!("# --faults {faults}\n{source}"), faults, &mut tally);
        }
    }
    tally.assert_equal(test);
}

#[test]
fn proofs_are_what_brute_force_says() {
    agree("plain", Sort::Plain, 100);
}

#[test]
fn proofs_are_what_brute_force_says_where_workers_die_and_jobs_come_again() {
    agree("mortal", Sort::Mortal, 40);
}

#[test]
fn proofs_are_what_brute_force_says_of_a_fault() {
    agree("faulty", Sort::Faulty, 40);
}

#[test]
fn proofs_are_what_brute_force_says_of_bounded_waits() {
    agree("bounded", Sort::Bounded, 80);
}
