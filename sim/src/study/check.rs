//! Check: a sweep of a scenario, judged by what its author expects.

use std::sync::Arc;

use deadheat_model::history::{End, Mark};
use deadheat_model::property::{Fingerprint, PropertyId};

use super::replay;
use crate::app::Stage;
use crate::engine::{Lane, Means, Play, Sweep, sweep};
use crate::explore::Walk;
use crate::record::{
    Bug, Checked, Counted, Expected, Finding, Invocation, Shown, Struck, Summary, Surprise,
};
use crate::scenario::{Expect, Scenario};

/// What is checked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The scenario's name.
    pub name: String,
    /// How it was called.
    pub invocation: Invocation,
    /// The scenario.
    pub scenario: Scenario,
}

/// Plays the sweep and judges it. `stop` ends it early if it says so.
pub fn check(subject: Subject, plan: Sweep, stop: &(dyn Fn() -> bool + Sync)) -> Checked {
    let Subject { name, invocation, scenario } = subject;
    let (about, expect) = (scenario.summary.clone(), scenario.expect.clone());
    let stage = Arc::new(Stage::new(scenario));
    let means = Means { strategy: &|| Box::new(Walk::default()), each: &add, stop };
    let swept = sweep::<Summary>(&stage, plan, &means);
    let mut summary = Summary::default();
    swept.parts.iter().for_each(|part| summary.merge(part));
    let mut bugs: Vec<Bug> = swept
        .crash
        .into_iter()
        .map(|crash| Bug { seed: crash.seed, what: crash.message })
        .collect();
    let show = |finding: &Finding| show(&stage, &name, plan, finding);
    let (findings, unstable): (Vec<Shown>, Vec<Option<Bug>>) =
        summary.findings.iter().map(show).unzip();
    bugs.extend(unstable.into_iter().flatten());
    let expected = PropertyId::ALL.map(|property| expected(expect.as_ref(), property));
    Checked {
        is_interrupted: summary.trials < plan.trials && bugs.is_empty(),
        surprises: surprises(&summary, &stage, expected, expect.as_ref()),
        faults: faults(&stage, &summary, plan),
        scenario: name,
        about,
        invocation,
        cast: stage.cast.clone(),
        first_seed: plan.first_seed,
        lanes: plan.lanes,
        summary,
        expected,
        findings,
        bugs,
    }
}

fn add(lane: &mut Lane, seed: u64, summary: &mut Summary) {
    let ((armed, fired), cast) = (lane.faults(), lane.cast());
    let (occurrences, end) = (lane.occurrences(), lane.end());
    let (violations, marks) = lane.judge();
    let played = Counted { seed, occurrences, end, armed, fired };
    summary.add_trial(&cast, played, violations, marks);
}

/// What became of the faults; for some of the trials that each of them struck in, what it changed
/// there: the same seed is played without it. Draws are keyed by names, so that nothing else
/// changes.
fn faults(stage: &Arc<Stage>, summary: &Summary, plan: Sweep) -> Vec<Struck> {
    let mut faults = Vec::new();
    for (clause, name) in stage.cast.faults.iter().enumerate() {
        let tally = summary.faults.get(clause).cloned().unwrap_or_default();
        let mut changed = 0;
        if !tally.sample.is_empty() {
            let lane = |stage| Lane::new(stage, Box::new(Walk::default()));
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
            looked_at: tally.sample.len() as u64,
        });
    }
    faults
}

/// What a trial comes to, without its times.
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

/// Plays a finding's first trial again, under two other seeds of madsim's: it must show the same
/// twice.
fn show(stage: &Arc<Stage>, name: &str, plan: Sweep, finding: &Finding) -> (Shown, Option<Bug>) {
    let Finding { fingerprint, why, tally } = *finding;
    let seed = tally.first().expect("invariant: a finding was found in some trial");
    let again = |offset: u64| {
        let madsim_seed = plan.madsim_seed.wrapping_add(offset);
        let play = Play { madsim_seed, ..Play::seed(seed) };
        replay(stage, name, Box::new(Walk::default()), play)
    };
    let (one, other) = (again(1), again(2));
    let shows = one
        .violations
        .iter()
        .any(|violation| violation.why == why && violation.fingerprint(&stage.cast) == fingerprint);
    let bug = (!shows || one.digest != other.digest).then(|| Bug {
        seed,
        what: "two replays of this trial differ: something escapes the schedule".to_owned(),
    });
    (Shown { fingerprint, why, tally, digest: Some(one.digest), case: None }, bug)
}

/// What is expected of a property.
pub fn expected(expect: Option<&Expect>, property: PropertyId) -> Expected {
    let Some(expect) = expect else {
        // What nobody has thought about is not judged, but for the server's own promise.
        return match property {
            PropertyId::OneActiveRun => Expected::Holds,
            _ => Expected::NotJudged,
        };
    };
    if expect.always.contains(&property) {
        Expected::Always
    } else if expect.violates.contains(&property) {
        Expected::Violates
    } else if expect.allows.contains(&property) {
        Expected::Allows
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
            Expected::Always if violated < summary.trials && !is_cut => {
                Some(Surprise::Held(property, summary.trials - violated))
            }
            _ => None,
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
