//! `deadheat prove`: every order, instead of many.

use std::sync::atomic::Ordering;
use std::time::Instant;

use deadheat_model::property::PropertyId;

use super::args::{self, ProveFormat};
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, files, run};
use crate::record::{Cut, Expected, Verdict};
use crate::report::proof;
use crate::scenario::{Expect, Guards};
use crate::study::{Question, expected, prove as answer};

/// Orders are counted in at most so many trials, unless somebody wants to know at all costs.
const COUNT_MAX: u64 = 5_000;

/// Runs the command.
pub(super) fn prove(args: &args::Prove, output: &mut Output) -> Result<ExitCode, Failure> {
    let file = files::find(&args.scenario)?;
    let guards = Guards::compose(&args.guards);
    let (scenario, _) = file.load_guarded(&args.settings, &guards)?;
    let asked = match args.properties.as_slice() {
        [] => must_hold(scenario.expect.as_ref()),
        named => named.to_vec(),
    };
    let question = Question {
        name: file.name(),
        invocation: file.invocation(&args.settings, &guards),
        scenario,
        asked,
        faults: args.faults,
        trials_max: args.max_trials,
        count_max: if args.count { args.max_trials } else { COUNT_MAX.min(args.max_trials) },
        without: args.without.clone(),
    };
    let is_interrupted = run::watch_for_interrupts();
    let begun = Instant::now();
    let stop = || {
        if is_interrupted.load(Ordering::Relaxed) {
            return Some(Cut::Interrupted);
        }
        args.duration.filter(|bound| begun.elapsed() >= *bound).map(|_| Cut::Time)
    };
    let proof = answer(question, &stop);
    let elapsed = begun.elapsed();
    match args.format {
        ProveFormat::Human => output.write(&proof::human(&proof, elapsed))?,
        ProveFormat::Json => output.line(&proof::json(&proof, elapsed))?,
    }
    let is_interrupted = is_interrupted.load(Ordering::Relaxed);
    Ok(match &proof.verdict {
        Verdict::Broken(_) => ExitCode::Finding,
        _ if is_interrupted => ExitCode::Interrupted,
        Verdict::Proved => ExitCode::Expected,
        Verdict::Undecided(_) => ExitCode::Inconclusive,
    })
}

/// The properties that are expected to hold in every trial.
fn must_hold(expect: Option<&Expect>) -> Vec<PropertyId> {
    let must = |property: &PropertyId| expected(expect, *property) == Expected::Holds;
    PropertyId::ALL.into_iter().filter(must).collect()
}
