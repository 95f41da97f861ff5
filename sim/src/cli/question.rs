//! The question that `prove` asks, and the case that a counterexample becomes.

use deadheat_model::property::PropertyId;

use super::exit_code::ExitCode;
use super::{Failure, args, cases};
use crate::agenda::Strategy;
use crate::engine::Play;
use crate::explore::Replay;
use crate::record::{Expected, Proof, Verdict};
use crate::report::words;
use crate::scenario::{Expect, Scenario};
use crate::study::{EXHAUSTIVE, Found, Question, Subject, expected};

/// Returns the properties that are asked for: those that are named, or those that must hold.
pub(super) fn asked(args: &args::Prove, scenario: &Scenario) -> Result<Vec<PropertyId>, Failure> {
    let asked = match args.properties.as_slice() {
        [] => must_hold(scenario.expect.as_ref()),
        named => named.to_vec(),
    };
    if asked.is_empty() {
        let message = format!(
            "`{}` expects no property to hold: there is nothing to prove; --property asks for one",
            args.scenario
        );
        return Err(Failure { code: ExitCode::Nothing, message });
    }
    Ok(asked)
}

/// Returns the question, with what is asked for and how far orders are counted.
pub(super) fn ask(
    args: &args::Prove,
    subject: Subject,
    (asked, count_max): (Vec<PropertyId>, u64),
) -> Question {
    Question {
        subject,
        asked,
        faults: args.faults,
        switches: args.switches,
        states_max: args.max_states,
        memory_max: args.max_memory << 20,
        trials_max: args.max_trials,
        count_max,
        without: args.without.clone(),
    }
}

/// Writes the counterexample as a case, on the stage on which it was found. Returns why that
/// failed, if it did.
pub(super) fn write_case(proof: &mut Proof, subject: &Subject) -> Option<String> {
    let Verdict::Broken(found) = &mut proof.verdict else { return None };
    if proof.leaves_fates_out && proof.faults == 0 {
        // The search left out the faults that the scenario has, so its names are different.
        return None;
    }
    let way = *found.broken.first()?;
    let schedule = found.trial.schedule.clone()?;
    let strategies = || -> Box<dyn Strategy> { Box::new(Replay::new(schedule.clone())) };
    let what = words::finding(&way, &proof.cast);
    let case = Found { subject, strategy: EXHAUSTIVE, seed: 0, way, what };
    match cases::write_one(&strategies, &case, Play::seed(0)) {
        Ok(path) => {
            found.case = path;
            None
        }
        Err(why) => Some(why),
    }
}

/// Returns the properties that are expected to hold in every trial. It returns all properties under
/// a guard or a setting for which no expectation was declared.
fn must_hold(expect: Option<&Expect>) -> Vec<PropertyId> {
    if expect.is_none() {
        return PropertyId::ALL.to_vec();
    }
    let must = |property: &PropertyId| expected(expect, *property) == Expected::Holds;
    PropertyId::ALL.into_iter().filter(must).collect()
}
