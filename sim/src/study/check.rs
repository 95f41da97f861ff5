//! Check: a sweep of a scenario, judged by what its author expects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use deadheat_model::history::{Cast, End, Mark};
use deadheat_model::property::{Fingerprint, PropertyId, Violation, Way};

use super::determinism::{self, Seen, Watch};
use super::subject::Subject;
use crate::engine::{Crash, Lane, Means, Play, Sweep, Watcher, sweep};
use crate::explore::Portfolio;
use crate::record::{
    Budget, Bug, Checked, Counted, Digest, Ended, Expected, Finding, Part, Share, Shown, Struck,
    Summary, Surprise, Watched, rate,
};
use crate::scenario::Expect;
use crate::stage::Stage;

/// When a sweep ends, apart from its trials.
#[derive(Clone, Copy)]
pub struct Until<'a> {
    /// The sweep ends with this many findings, if that is asked for. This is checked after each
    /// [`ROUND`] of trials, so that it does not depend on lanes.
    pub findings: Option<u64>,
    /// The sweep ends when this many trials have brought no new way of breaking and no new order of
    /// a conflicting pair, if that is asked for. This is checked after each [`ROUND`], too.
    pub quiet: Option<u64>,
    /// The sweep ends when this says so. It also receives all trials and findings.
    pub stop: &'a dyn Watcher,
    /// What receives each block of trials when it has been played, if something does.
    pub block: Option<&'a dyn Fn(&Part)>,
    /// What the first trials leave behind, if they have been played already.
    pub begun: Option<&'a Part>,
}

impl<'a> Until<'a> {
    /// Ends a sweep only when `stop` says so.
    pub fn stopped(stop: &'a dyn Watcher) -> Until<'a> {
        Until { findings: None, quiet: None, stop, block: None, begun: None }
    }
}

/// This many trials are played before findings are counted.
pub const ROUND: u64 = 1_000;

/// This many trials are a block.
const BLOCK: u64 = 10_000;

/// A sweep ends when this many of its first trials were out of budget, because something goes on
/// forever.
const ENDLESS: u64 = 8;

/// At most this many trials count as the first ones. How many are played does not depend on lanes.
const FIRST: u64 = 64;

/// Plays the sweep and judges it.
pub fn check(subject: &Subject, plan: Sweep, until: Until<'_>) -> Checked {
    let (stage, expect) = (&subject.stage, subject.scenario().expect.as_ref());
    let Played { part, findings, watched, bugs, ended } = play(subject, plan, until);
    let summary = part.summary.clone();
    let expected = PropertyId::ALL.map(|property| expected(expect, property));
    let is_interrupted = ended == Ended::Time && until.stop.is_interrupted();
    let ended = if is_interrupted { Ended::Interrupted } else { ended };
    let mut surprises = surprises(&summary, stage, expected, expect);
    if !subject.invocation.is_a_sample() {
        // Such a rate has no interval.
        surprises.retain(|one| !matches!(one, Surprise::TooOften(..)));
    }
    if summary.trials == 0 || !matches!(ended, Ended::Trials | Ended::Time | Ended::Bug) {
        // What has not shown itself yet might have done so later.
        surprises.retain(Surprise::has_shown_itself);
    }
    let budget = &stage.scenario.budget;
    Checked {
        is_interrupted,
        budget: Budget { picks: budget.picks, time: budget.time },
        surprises,
        members: members(&summary),
        faults: faults(subject, &summary, plan, ended),
        scenario: subject.name.clone(),
        about: stage.scenario.summary.clone(),
        invocation: subject.invocation.clone(),
        cast: stage.cast.clone(),
        first_seed: plan.first_seed,
        lanes: plan.lanes,
        summary,
        part,
        watched,
        expected,
        proved: Vec::new(),
        findings,
        bugs,
        ended,
    }
}

/// A sweep that was played, without what was expected of it.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the trials leave behind.
    pub part: Part,
    /// How the properties break, each with a trial that shows it.
    pub findings: Vec<Shown>,
    /// What the trials that were played a second time have shown.
    pub watched: Watched,
    /// The bugs of this program.
    pub bugs: Vec<Bug>,
    /// What ended it. It is [`Ended::Time`] if the sweep was asked to stop.
    pub ended: Ended,
}

/// Plays the sweep. It is played in rounds if something that does not depend on lanes can end it.
pub fn play(subject: &Subject, plan: Sweep, until: Until<'_>) -> Played {
    let Subject { stage, strategy, .. } = subject;
    let makes = subject.strategies();
    let watch = Watch::new(stage, &makes, plan, until.stop);
    let mut whole = until.begun.cloned().unwrap_or_default();
    let known = whole.summary.findings.iter().map(|finding| finding.way);
    let ways = Mutex::new(known.collect());
    let each = |lane: &mut Lane, seed: u64, part: &mut Collected| {
        let is_broken = part.add(lane, seed, &watch, &ways);
        if let Some(place) = strategy.place(seed) {
            part.summary.add_share(place, seed, is_broken);
        }
    };
    let means = Means { strategy: &makes, each: &each, stop: &watch };
    let mut bug = None;
    let (mut known, mut new_at) = ((0, 0), 0);
    let rounds = rounds(&until);
    until.stop.played(whole.summary.trials);
    let (ended, crash) = loop {
        let summary = &whole.summary;
        // What has begun may be over already.
        let is_over = ended(summary, summary.trials, plan.trials, None);
        if let Some(ended) = is_over.filter(|_| until.begun.is_some()) {
            break (ended, None);
        }
        let (played, end) = (summary.trials, round_end(summary, plan.trials, rounds));
        let round = Sweep { first_seed: plan.first_seed + played, trials: end - played, ..plan };
        let swept = sweep::<Collected>(stage, round, &means);
        let mut block = Part::default();
        for Collected { summary, seen } in swept.parts {
            block.merge(&Part { summary, coverage: seen.coverage, traces: seen.traces });
            bug = determinism::first([bug, seen.bug]);
        }
        if let Some(tell) = until.block {
            tell(&block);
        }
        whole.merge(&block);
        let summary = &whole.summary;
        if let Some(ended) = ended(summary, end, plan.trials, until.findings) {
            break (ended, swept.crash);
        }
        let now = (summary.fingerprints(), whole.coverage.orders());
        if now != known {
            (known, new_at) = (now, summary.trials);
        }
        if until.quiet.is_some_and(|quiet| summary.trials - new_at >= quiet) {
            break (Ended::Quiet, swept.crash);
        }
    };
    let watched = watch.finish(&whole, bug);
    let crash = crash.map(|Crash { seed, message }| Bug::crash(seed, message));
    let bugs: Vec<Bug> = crash.into_iter().chain(watched.bug).collect();
    let ended = if bugs.is_empty() { ended } else { Ended::Bug };
    let show = |finding: &Finding| shown(finding, &watched.digests);
    let findings = whole.summary.findings.iter().map(show).collect();
    let watched = Watched { coverage: watched.coverage };
    Played { part: whole, findings, watched, bugs, ended }
}

/// Returns how many trials are in a round, if there are rounds.
fn rounds(until: &Until<'_>) -> Option<u64> {
    let is_counted = until.findings.is_some() || until.quiet.is_some();
    if is_counted { Some(ROUND) } else { until.block.map(|_| BLOCK) }
}

/// Returns how many trials there are at the end of the next round. There are a few at first, to see
/// whether something goes on forever in them. Then there are all, unless there are rounds.
fn round_end(summary: &Summary, trials: u64, round: Option<u64>) -> u64 {
    let played = summary.trials;
    let is_suspicious = summary.out_of_budget.trials > 0 && played < FIRST;
    let probed = match played {
        0 => ENDLESS,
        _ if is_suspicious => played * 2,
        _ => u64::MAX,
    };
    let counted = round.map_or(u64::MAX, |round| (played / round + 1) * round);
    trials.min(probed).min(counted)
}

/// Returns what ends the sweep after a round that should have ended with the trial `end`, if
/// anything does.
fn ended(summary: &Summary, end: u64, trials: u64, findings: Option<u64>) -> Option<Ended> {
    let (played, out_of_budget) = (summary.trials, summary.out_of_budget.trials);
    let is_counted = played.is_multiple_of(ROUND) || played == trials;
    if is_counted && findings.is_some_and(|max| summary.fingerprints() >= max) {
        Some(Ended::Findings)
    } else if played < end {
        Some(Ended::Time)
    } else if played == trials {
        Some(Ended::Trials)
    } else if played <= FIRST && out_of_budget >= ENDLESS {
        Some(Ended::OutOfBudget)
    } else {
        None
    }
}

/// The ways of breaking that any lane has seen so far.
type Ways = Mutex<BTreeSet<Way>>;

/// What one lane adds up.
#[derive(Default)]
struct Collected {
    summary: Summary,
    seen: Seen,
}

impl Collected {
    /// Adds a trial, and returns whether it broke something.
    fn add(&mut self, lane: &mut Lane, seed: u64, watch: &Watch<'_>, ways: &Ways) -> bool {
        let ((armed, fired), cast) = (lane.faults(), lane.cast());
        let (occurrences, path, end) = (lane.occurrences(), lane.path(), lane.end());
        let (violations, marks) = lane.judge();
        let played = Counted { seed, occurrences, path, end, armed, fired };
        let is_broken = !violations.is_empty();
        let is_first = self.summary.add_trial(&cast, played, violations, marks);
        if is_first {
            tell(violations, &cast, (watch, seed), ways);
        }
        watch.look(&mut self.seen, lane, seed, is_first);
        is_broken
    }
}

/// Notifies the watcher of each new way of breaking.
fn tell(violations: &[Violation], cast: &Cast, (watch, seed): (&Watch<'_>, u64), ways: &Ways) {
    let mut ways = ways.lock().unwrap_or_else(PoisonError::into_inner);
    for violation in violations {
        let way = violation.way(cast);
        if ways.insert(way) {
            watch.found(way, seed);
        }
    }
}

fn shown(finding: &Finding, digests: &BTreeMap<u64, Digest>) -> Shown {
    let Finding { way, tally, .. } = *finding;
    let digest = tally.first().and_then(|seed| digests.get(&seed)).copied();
    Shown { way, tally, digest, case: None }
}

fn members(summary: &Summary) -> Vec<(String, Share)> {
    let names = Portfolio::MEMBERS.iter().map(ToString::to_string);
    names.zip(summary.shares.iter().copied()).collect()
}

/// Returns what became of the faults. This includes what a fault changed, for some of the trials
/// that it struck in: the same seed is played without it. Draws are keyed by names, so that nothing
/// else changes. This part is left out if the sweep was interrupted or a trial may take long.
fn faults(subject: &Subject, summary: &Summary, plan: Sweep, ended: Ended) -> Vec<Struck> {
    let (mut faults, stage) = (Vec::new(), &subject.stage);
    let makes = subject.strategies();
    let is_short = matches!(ended, Ended::Interrupted | Ended::OutOfBudget);
    for (clause, name) in stage.cast.faults.iter().enumerate() {
        let tally = summary.faults.get(clause).cloned().unwrap_or_default();
        let mut changed = 0;
        let looked_at = if is_short { 0 } else { tally.sample.len() as u64 };
        if looked_at > 0 {
            let lane = |stage| Lane::on(plan.host, stage, makes());
            let mut with = lane(stage.clone());
            let mut without = lane(Arc::new(stage.without(clause)));
            for seed in &tally.sample {
                let play = Play { madsim_seed: plan.madsim_seed, ..Play::seed(*seed) };
                changed += u64::from(outcome(&mut with, play) != outcome(&mut without, play));
            }
        }
        faults.push(Struck {
            name: format!("fault#{} {name}", clause + 1),
            armed: tally.armed,
            fired: tally.fired,
            changed,
            looked_at,
        });
    }
    faults
}

/// Returns the result of a trial, without its times.
fn outcome(lane: &mut Lane, play: Play) -> (End, Vec<Fingerprint>) {
    lane.play(play);
    let (end, cast) = (lane.end(), lane.cast());
    let (violations, _) = lane.judge();
    let mut found: Vec<Fingerprint> =
        violations.iter().map(|violation| violation.fingerprint(&cast)).collect();
    found.sort_unstable();
    found.dedup();
    (end, found)
}

/// Returns what is expected of a property.
pub fn expected(expect: Option<&Expect>, property: PropertyId) -> Expected {
    let Some(expect) = expect else {
        // A property without an expectation is not judged, except for the server's own promise.
        return if let PropertyId::OneActiveRun = property {
            Expected::Holds
        } else {
            Expected::NotJudged
        };
    };
    if expect.always.contains(&property) {
        Expected::Always
    } else if expect.violates.contains(&property) {
        Expected::Violates
    } else if expect.allows.contains(&property) {
        Expected::Allows
    } else if let Some((_, most)) = expect.at_most.iter().find(|(one, _)| *one == property) {
        Expected::AtMost(*most)
    } else {
        Expected::Holds
    }
}

fn surprises(
    summary: &Summary,
    stage: &Stage,
    expected: [Expected; PropertyId::ALL.len()],
    expect: Option<&Expect>,
) -> Vec<Surprise> {
    // What did not show itself may have been cut off.
    let is_cut = summary.out_of_budget.trials > 0;
    let judge = |property: PropertyId| {
        let violated = summary.violated(property).trials;
        match expected[property as usize] {
            Expected::Holds if violated > 0 => Some(Surprise::Broke(property)),
            Expected::Violates if violated == 0 && !is_cut => Some(Surprise::NeverBroke(property)),
            Expected::AtMost(most)
                if rate(violated, summary.trials).low > f64::from(most) / 1e6 =>
            {
                Some(Surprise::TooOften(property, most))
            }
            Expected::Always if violated < summary.trials && !is_cut => {
                Some(Surprise::Held(property, summary.trials - violated))
            }
            Expected::Holds
            | Expected::Violates
            | Expected::Always
            | Expected::Allows
            | Expected::AtMost(_)
            | Expected::NotJudged => None,
        }
    };
    let is_reached = |mark: &Mark| summary.reached(*mark).trials > 0;
    let reaches = expect.map_or(&[][..], |expect| &expect.reaches);
    let misses = expect.map_or(&[][..], |expect| &expect.misses);
    let struck = |clause: usize| summary.faults.get(clause).is_some_and(|of| of.fired.trials > 0);
    let never_struck = stage.scenario.faults.iter().enumerate().filter(|(clause, fault)| {
        summary.trials > 0 && !fault.optional && fault.chance > 0 && !struck(*clause)
    });
    let not_reached = reaches.iter().filter(|mark| !is_cut && !is_reached(mark));
    let reached = misses.iter().filter(|mark| is_reached(mark));
    PropertyId::ALL
        .into_iter()
        .filter_map(judge)
        .chain(not_reached.map(|mark| Surprise::NotReached(*mark)))
        .chain(never_struck.map(|(clause, _)| Surprise::NeverStruck(clause)))
        .chain(reached.map(|mark| Surprise::Reached(*mark, summary.reached(*mark))))
        .collect()
}
