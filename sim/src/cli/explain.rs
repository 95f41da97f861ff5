//! `deadheat explain`: why one trial fails.

use std::sync::Arc;

use deadheat_model::property::Violation;

use super::args::{self, ExplainFormat};
use super::exit_code::ExitCode;
use super::meant::Chosen;
use super::output::Output;
use super::pace::Pace;
use super::progress::{self, Bound};
use super::{Failure, cases, files, interrupt, output, run, way};
use crate::app::Stage;
use crate::record::{Case, Invocation, Print, Trial};
use crate::report::explained as report;
use crate::report::human;
use crate::report::words;
use crate::scenario::Expect;
use crate::study::{self, Puzzle, Unexplained};

/// Runs the command.
pub(super) fn explain(args: &args::Explain, output: &mut Output) -> Result<ExitCode, Failure> {
    let subject = subject(args)?;
    let Subject { name, invocation, stage, seed, case, again } = subject;
    run::within_room(args.trials, seed)?;
    let expect = stage.scenario.expect.clone();
    let print = case.as_ref().map(|(_, case)| case.fingerprint.clone());
    let choose =
        |trial: &Trial| choose(trial, args.fingerprint.as_deref(), print.as_ref(), expect.as_ref());
    let puzzle = Puzzle {
        name,
        invocation,
        schedule: case.as_ref().map(|(_, case)| study::schedule(case, &stage)),
        case: case.as_ref().map(|(file, _)| file.clone()),
        stage,
        seed,
        strategy: args.meant.strategy,
        guards: study::guards_to_try(),
        trials: args.trials,
        lanes: run::lanes(args.lanes),
        madsim_seed: args.madsim_seed,
        choose: &choose,
    };
    let title = human::titled(&puzzle.name, &puzzle.invocation);
    let bound = args.duration.map_or(Bound::Unknown, Bound::Time);
    progress::begin(&format!("{title}, seed {seed}"), bound);
    let share = Pace::begin(args.duration).share(1);
    let explained = match study::explain(puzzle, &share) {
        Ok(explained) => explained,
        Err(Unexplained(trial)) => return nothing(args, &trial),
    };
    let trial = &explained.trial;
    let again = again.unwrap_or_else(|| {
        words::replay_line(&explained.invocation, trial.seed, Some(trial.digest))
    });
    match args.format {
        ExplainFormat::Human => output.write(&report::human(&explained, &again))?,
        ExplainFormat::Json => output.line(&report::json(&explained, &again))?,
    }
    Ok(if interrupt::is_raised() { ExitCode::Interrupted } else { ExitCode::Expected })
}

/// What is to be explained, as the caller named it.
struct Subject {
    name: String,
    invocation: Invocation,
    stage: Arc<Stage>,
    seed: u64,
    /// The case, with its file.
    case: Option<(String, Case)>,
    /// The line that shows the subject, if it is a case.
    again: Option<String>,
}

fn subject(args: &args::Explain) -> Result<Subject, Failure> {
    let meant = &args.meant;
    if meant.is_case() {
        let case = meant.case(false)?;
        let file = cases::scenario_of(&case);
        let staged = cases::stage(&case, file.as_ref())?;
        let program = files::program();
        return Ok(Subject {
            name: case.scenario.name.clone(),
            invocation: case.invocation(&program),
            stage: staged.stage,
            seed: case.seed,
            again: Some(format!("{program} replay {}", words::quote(&meant.scenario))),
            case: Some((meant.scenario.clone(), case)),
        });
    }
    let Chosen { file, invocation, stage, seed, .. } = meant.trial(args.fingerprint.as_deref())?;
    Ok(Subject { name: file.name(), invocation, stage, seed, case: None, again: None })
}

/// Chooses the violation that is meant: the one that is asked for, or the one of the case.
/// Otherwise it is the first one that the scenario does not expect, or else the first one of all.
fn choose(
    trial: &Trial,
    asked: Option<&str>,
    print: Option<&Print>,
    expect: Option<&Expect>,
) -> Option<usize> {
    let cast = &trial.history.cast;
    match (asked, print) {
        (Some(asked), _) => way::asked(trial, asked).ok(),
        (None, Some(print)) => {
            let is_it = |one: &Violation| Print::of(&one.fingerprint(cast), cast) == *print;
            trial.violations.iter().position(is_it)
        }
        (None, None) => way::first(trial, expect),
    }
}

/// Reports that there is nothing to explain.
fn nothing(args: &args::Explain, trial: &Trial) -> Result<ExitCode, Failure> {
    let what = match args.meant.scenario.as_str() {
        case if cases::is_case(case) => "the case does not fail any more as it did".to_owned(),
        _ => format!("the trial with seed {} breaks nothing", trial.seed),
    };
    if trial.violations.is_empty() {
        output::tell(&format!("{what}: there is nothing to explain\n"));
        return Ok(ExitCode::Nothing);
    }
    if let Some(asked) = &args.fingerprint {
        way::asked(trial, asked)?;
    }
    let said: Vec<String> =
        way::ways(trial).into_iter().map(|(told, _)| format!("  {told}")).collect();
    let said = said.join("\n");
    output::tell(&format!("{what}; --fingerprint explains what else it breaks:\n{said}\n"));
    Ok(ExitCode::Nothing)
}
