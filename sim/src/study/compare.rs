//! Compare: a scenario under one guard after another, each under the same seeds. It does not judge.
//! It reports what a guard breaks next to what the guard costs.

use std::sync::Arc;

use deadheat_model::cost::{Cost, Meter};
use deadheat_model::property::{Properties, PropertyId, Step, Violation};

use super::check::expected;
use super::determinism::{self, Seen, Watch};
use super::subject::Subject;
use crate::agenda::Strategy;
use crate::engine::{Crash, Lane, Means, Sweep, Watcher, sweep};
use crate::explore::Walk;
use crate::record::{Bug, Compared, Costs, Counted, Outcome, Played, Row, Summary, Varied};
use crate::scenario::Guards;
use crate::scenario::Scenario;
use crate::stage::Stage;

/// Plays a row for each guard. `stop` can end the comparison early.
pub fn compare(
    subject: &Subject,
    vary: Option<Varied>,
    guards: &[Guards],
    plan: Sweep,
    stop: &dyn Watcher,
) -> Compared {
    let scenario = subject.scenario();
    let mut rows = Vec::new();
    for guard in guards {
        // Rows that were not begun are left out, because they would say nothing.
        if stop.is_over() {
            break;
        }
        let outcome = match guard.apply(scenario.clone()) {
            Ok(guarded) => Outcome::Played(Box::new(measure(guarded, plan, stop))),
            Err(reason) => Outcome::NotApplicable(reason.to_string()),
        };
        // A row in which no trial was played would say nothing either.
        let is_empty = |outcome: &Outcome| {
            let Outcome::Played(played) = outcome else { return false };
            played.summary.trials == 0 && played.bug.is_none()
        };
        if is_empty(&outcome) {
            break;
        }
        rows.push(Row { guard: guard.to_string(), outcome });
    }
    Compared {
        scenario: subject.name.clone(),
        about: scenario.summary.clone(),
        invocation: subject.invocation.clone(),
        vary,
        first_seed: plan.first_seed,
        trials: plan.trials,
        guards: guards.len(),
        rows,
    }
}

fn measure(scenario: Scenario, plan: Sweep, stop: &dyn Watcher) -> Played {
    let expect = scenario.expect.clone();
    let stage = Arc::new(Stage::new(scenario));
    let strategy = || -> Box<dyn Strategy> { Box::new(Walk::default()) };
    let watch = Watch::new(&stage, &strategy, plan, stop);
    let each = |lane: &mut Lane, seed: u64, part: &mut Part| {
        part.add(lane, plan.first_seed, seed);
        watch.sample(&mut part.seen, lane, seed);
    };
    let means = Means { strategy: &strategy, each: &each, stop: &watch };
    let swept = sweep::<Part>(&stage, plan, &means);
    let (mut summary, mut costs) = (Summary::default(), Costs::default());
    for part in &swept.parts {
        summary.merge(&part.summary);
        costs.merge(&part.costs);
    }
    let differs = determinism::first(swept.parts.into_iter().map(|part| part.seen.bug));
    let crash = swept.crash.map(|Crash { seed, message }| Bug::crash(seed, message));
    Played {
        summary,
        bill: costs.bill(),
        expected: PropertyId::ALL.map(|property| expected(expect.as_ref(), property)),
        bug: crash.or(differs),
    }
}

/// What one lane adds up, and what it needs for that.
#[derive(Default)]
struct Part {
    summary: Summary,
    costs: Costs,
    properties: Properties,
    meter: Meter,
    violations: Vec<Violation>,
    seen: Seen,
}

impl Part {
    fn add(&mut self, lane: &mut Lane, first_seed: u64, seed: u64) {
        let (occurrences, end, cast) = (lane.occurrences(), lane.end(), lane.cast());
        let path = lane.path();
        let (armed, fired) = lane.faults();
        let cost = self.fold(lane);
        let marks = self.properties.marks();
        let counted = Counted { seed, occurrences, path, end, armed, fired };
        self.summary.add_trial(&cast, counted, &self.violations, marks);
        self.costs.add_trial(seed - first_seed, &cost);
    }

    /// Judges the trial and measures its cost, in one pass.
    fn fold(&mut self, lane: &Lane) -> Cost {
        let (properties, meter, violations) =
            (&mut self.properties, &mut self.meter, &mut self.violations);
        let cast = lane.cast();
        properties.start(&cast);
        meter.start();
        violations.clear();
        lane.events(|events| {
            for (index, event) in events.iter().enumerate() {
                let known = violations.len();
                properties.step(&cast, index, event, violations);
                let step = Step { cast: &cast, ledger: properties.ledger(), index, event };
                meter.step(&step, &violations[known..]);
            }
        });
        meter.finish()
    }
}
