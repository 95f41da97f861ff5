//! `deadheat prove`: every order, instead of many.

use deadheat_model::property::PropertyId;

use super::args::{self, ProveFormat};
use super::exit_code::ExitCode;
use super::output::Output;
use super::pace::Pace;
use super::progress::{self, Bound};
use super::{Failure, cases, files, interrupt, least, output};
use crate::agenda::Strategy;
use crate::engine::Play;
use crate::explore::Replay;
use crate::record::{Expected, Proof, Verdict};
use crate::report::{human, proof, words};
use crate::scenario::{Expect, Guards, Scenario};
use crate::study::{self, EXHAUSTIVE, Found, Question, Subject, expected, prove as answer};

/// A count of orders opens at most this many states, or plays this many trials, unless the user
/// explicitly asks for it.
const COUNT_MAX: u64 = 5_000;

/// Runs the command.
pub(super) fn prove(args: &args::Prove, output: &mut Output) -> Result<ExitCode, Failure> {
    let least = args.least.as_ref().map(|range| (range, study::Bound::Least));
    if let Some(range) = least.or(args.most.as_ref().map(|range| (range, study::Bound::Most))) {
        return least::run(args, range, output);
    }
    let file = files::find(&args.scenario)?;
    let guards = Guards::compose(&args.altered.guards);
    let subject = file.subject(&args.altered.settings, &guards)?;
    let asked = asked(args, subject.scenario())?;
    let count_max = if args.count { u64::MAX } else { COUNT_MAX };
    let title = human::titled(&subject.name, &subject.invocation);
    let question = ask(args, subject.clone(), (asked, count_max));
    progress::begin(&title, args.duration.map_or(Bound::Unknown, Bound::Time));
    let pace = Pace::begin(args.duration);
    let (mut proof, stage) = answer(&question, &|| pace.cut());
    let elapsed = pace.elapsed();
    let unwritten = write_case(&mut proof, &subject.on(stage));
    match args.format {
        ProveFormat::Human => output.write(&proof::human(&proof, elapsed))?,
        ProveFormat::Json => output.line(&proof::json(&proof, elapsed))?,
    }
    output.flush()?;
    if let Some(message) = unwritten {
        output::warn(&message);
    }
    Ok(match &proof.verdict {
        Verdict::Broken(_) => ExitCode::Finding,
        _ if interrupt::is_raised() => ExitCode::Interrupted,
        Verdict::Proved(_) => ExitCode::Expected,
        Verdict::Undecided(_) => ExitCode::Inconclusive,
    })
}

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
