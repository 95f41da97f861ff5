//! Shrink: makes a trial that breaks something as small as possible while it still breaks in the
//! same way.
//!
//! The scenario is shrunk first: fewer actors, rounds, actions, faults and features, a step at a
//! time, with the larger steps first. A trial that breaks in this way is searched for in each
//! smaller scenario. Fewer context switches are next, by searching every order with none, with one,
//! and so on. Simple times are last. All of this is repeated until nothing changes, so that
//! shrinking the result again leaves it as it is. A clock has an effect only through `stop`.

mod present;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deadheat_model::property::{Violation, Way};
use xxhash_rust::xxh3::xxh3_64;

use self::present::{Present, Sought};
use self::search::Found;
use super::case::{is_followed, steps};
use super::replay_on;
use super::subject::Subject;
use crate::agenda::Schedule;
use crate::engine::{Lane, Play};
use crate::explore::{Replay, Unfired};
use crate::record::{
    CASE_FORMAT, Case, Cut, Effort, Expects, Fewer, Origin, Print, Shrunk, ShrunkFrom, Size, Trial,
};
use crate::scenario::{self, Scenario, reread, retold, smaller};
use crate::stage::Stage;

/// What to shrink.
#[derive(Clone)]
pub struct Failing {
    /// The scenario in which it fails.
    pub subject: Subject,
    /// The trial's seed. It is used to draw what follows the break.
    pub seed: u64,
    /// The trial's picks, up to where it broke or further.
    pub schedule: Schedule,
    /// The way of breaking.
    pub way: Way,
    /// The same in a sentence.
    pub what: String,
    /// What it was already shrunk from, if it was.
    pub from: Option<ShrunkFrom>,
}

/// Shrinks the trial. `stop` can end this early, and returns the reason. Returns `None` if the
/// trial does not break in this way.
pub fn shrink(failing: Failing, stop: &dyn Fn() -> Option<Cut>) -> Option<Shrunk> {
    let mut scenario = failing.subject.scenario().clone();
    if failing.from.is_none() {
        let Failing { subject: Subject { name, .. }, seed, what, .. } = &failing;
        let summary = format!("{name}, seed {seed}, shrunk: {what}");
        scenario = retold(scenario, summary, failing.way.fingerprint.property);
        // What cannot be read again cannot be stored.
        scenario = reread(&scenario)?;
    }
    let stage = Arc::new(Stage::new(scenario));
    let print = Print::of(&failing.way.fingerprint, &stage.cast);
    let mut sought = Sought {
        print,
        why: failing.way.why,
        seed: failing.seed,
        stop,
        effort: Effort::default(),
        cut: None,
    };
    let begun = sought.present(&stage, failing.schedule.clone())?;
    let mut study = Study { before: begun.size, present: begun, sought, failed: BTreeSet::new() };
    let fewer = study.shrink();
    Some(study.shrunk(failing, fewer))
}

struct Study<'a> {
    sought: Sought<'a>,
    before: Size,
    present: Present,
    /// Scenarios in which nothing was found, whatever the schedule.
    failed: BTreeSet<u64>,
}

impl Study<'_> {
    /// Shrinks until nothing changes any more. Returns whether fewer switches would be enough.
    fn shrink(&mut self) -> Fewer {
        loop {
            let mut has_changed = self.reduce();
            let (is_less, fewer) = self.switch_less();
            has_changed |= is_less;
            // Simple times take long to find for a long trial.
            if self.sought.is_cut() {
                return fewer;
            }
            has_changed |= self.tell_simply();
            if !has_changed || self.sought.is_cut() {
                return fewer;
            }
        }
    }

    /// Tries everything that can be left out of the scenario. Returns whether something was left
    /// out.
    fn reduce(&mut self) -> bool {
        let mut has_changed = false;
        let mut steps = smaller(&self.present.stage.scenario);
        let mut at = 0;
        while at < steps.len() && !self.sought.is_cut() {
            if self.try_step(&steps[at]) {
                has_changed = true;
                steps = smaller(&self.present.stage.scenario);
            } else {
                at += 1;
            }
        }
        has_changed
    }

    fn try_step(&mut self, step: &Scenario) -> bool {
        let Some(scenario) = reread(step) else { return false };
        self.sought.effort.candidates += 1;
        let stage = Arc::new(Stage::new(scenario));
        let known = xxh3_64(scenario::print(&stage.scenario).as_bytes());
        // A shorter scenario gains nothing if the trial becomes longer to read.
        let now = self.present.size;
        let is_smaller =
            |found: &Present| found.size.occurrences <= now.occurrences && found.size < now;
        let near = self.sought.near(&stage, &self.present).filter(is_smaller);
        let found = near.or_else(|| {
            let is_new = self.failed.insert(known);
            if is_new { self.sought.anywhere(&stage).filter(is_smaller) } else { None }
        });
        let Some(found) = found else { return false };
        self.accept(found);
        self.sought.effort.accepted += 1;
        true
    }

    /// Looks for the fewest context switches. Returns whether there are fewer now, and whether
    /// there could be even fewer.
    fn switch_less(&mut self) -> (bool, Fewer) {
        let mut fewer = Fewer::Impossible;
        for switches in 0..self.present.size.switches {
            match self.sought.with_switches(&self.present, switches) {
                Found::Trial(found) if found.size.occurrences > self.present.size.occurrences => {
                    fewer = Fewer::NotFound;
                }
                Found::Trial(found) => {
                    self.accept(*found);
                    return (true, fewer);
                }
                Found::Nothing => {}
                Found::Cut => fewer = Fewer::NotFound,
            }
        }
        (false, fewer)
    }

    /// Gives the trial simple times. Returns whether they have changed.
    fn tell_simply(&mut self) -> bool {
        let Some(told) = self.sought.retold(&self.present) else { return false };
        let is_other = told.schedule != self.present.schedule;
        self.accept(told);
        is_other
    }

    fn accept(&mut self, found: Present) {
        assert!(
            found.size <= self.present.size,
            "invariant: nothing grows: {:?} to {:?}",
            self.present.size,
            found.size
        );
        self.present = found;
    }

    fn shrunk(self, failing: Failing, fewer: Fewer) -> Shrunk {
        let Study { sought, before, present, .. } = self;
        let Present { stage, schedule, size, .. } = present;
        let follows = Replay::new(schedule.clone()).then_walk();
        let play = Play { keep_schedule: true, ..Play::seed(failing.seed) };
        let mut lane = Lane::new(stage.clone(), Box::new(follows));
        let trial = replay_on(&mut lane, &failing.subject.name, play);
        let divergence = lane.ask(|replay: &Replay| replay.divergence().cloned());
        assert_eq!(divergence, None, "invariant: what is shrunk can be played again");
        let fingerprint = sought.print.within(&stage.cast);
        let fingerprint = fingerprint.expect("invariant: what breaks it takes part");
        let way = Way { fingerprint, why: failing.way.why };
        let is_it = |one: &Violation| one.way(&stage.cast) == way;
        assert!(trial.violations.iter().any(is_it), "invariant: what is shrunk breaks as before");
        let text = scenario::print(&stage.scenario);
        let case = case(&failing, &sought.print, &stage, &schedule, &trial);
        let is_kept = case.text().is_some();
        let holds = !is_kept || is_followed(&stage, &case, play);
        assert!(holds, "invariant: what is shrunk can be followed");
        Shrunk {
            scenario: failing.subject.name,
            invocation: failing.subject.invocation,
            seed: failing.seed,
            before,
            after: size,
            way,
            fewer,
            faults: search::strikes(&schedule),
            effort: sought.effort,
            cut: sought.cut,
            trial,
            text,
            case,
        }
    }
}

/// Returns what is outstanding at the end of the schedule.
fn unfired(failing: &Failing, stage: &Arc<Stage>, schedule: &Schedule) -> Unfired {
    let follows = Replay::new(schedule.clone()).then_walk();
    let (picks, play) = (schedule.picks.len(), Play::seed(failing.seed));
    let unfired = super::case::unfired(stage, Box::new(follows), picks, play);
    Unfired { fates: schedule.fates.len(), ..unfired }
}

/// The name of the default strategy.
const WALK: &str = "walk";

fn case(
    failing: &Failing,
    print: &Print,
    stage: &Arc<Stage>,
    schedule: &Schedule,
    trial: &Trial,
) -> Case {
    let text = scenario::print(&stage.scenario);
    let Subject { name, invocation, .. } = &failing.subject;
    let from = failing.from.clone().unwrap_or_else(|| ShrunkFrom {
        seed: failing.seed,
        set: invocation.settings.iter().cloned().collect(),
        guard: invocation.guards.clone(),
        strategy: invocation.strategy.clone().unwrap_or_else(|| WALK.to_owned()),
    });
    Case {
        format: CASE_FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        what: failing.what.clone(),
        expect: Expects::Open,
        fingerprint: print.clone(),
        why: failing.way.why.name().to_owned(),
        scenario: Origin { name: name.clone(), file: invocation.scenario.clone() },
        set: BTreeMap::new(),
        guard: None,
        // This strategy continues where the schedule ends.
        strategy: WALK.to_owned(),
        seed: failing.seed,
        digest: trial.digest,
        schedule: steps(schedule, stage, schedule.picks.len(), &unfired(failing, stage, schedule)),
        shrunk: Some(from),
        text: Some(text.split('\n').map(str::to_owned).collect()),
    }
}
