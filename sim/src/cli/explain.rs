//! `deadheat explain`: why one trial fails.

use deadheat_model::property::Violation;

use super::args::{self, ExplainFormat};
use super::exit_code::ExitCode;
use super::meant::{Chosen, Opened};
use super::output::Output;
use super::pace::Pace;
use super::progress::{self, Bound};
use super::{Failure, cases, files, interrupt, output, plan, way};
use crate::record::{Case, Print, Trial};
use crate::report::explained as report;
use crate::report::human;
use crate::report::words;
use crate::scenario::Expect;
use crate::study::{self, Puzzle, Subject, Unexplained};

/// Runs the command.
pub(super) fn explain(args: &args::Explain, output: &mut Output) -> Result<ExitCode, Failure> {
    let Asked { subject, seed, case, again } = asked(args)?;
    plan::within_room(args.trials, seed)?;
    let expect = subject.scenario().expect.clone();
    let print = case.as_ref().map(|(_, case)| case.fingerprint.clone());
    let choose =
        |trial: &Trial| choose(trial, args.fingerprint.as_deref(), print.as_ref(), expect.as_ref());
    let puzzle = Puzzle {
        schedule: case.as_ref().map(|(_, case)| study::schedule(case, &subject.stage)),
        case: case.as_ref().map(|(file, _)| file.clone()),
        subject,
        seed,
        guards: study::guards_to_try(),
        trials: args.trials,
        lanes: plan::lanes(args.lanes),
        madsim_seed: args.madsim_seed,
        choose: &choose,
    };
    let title = human::titled(&puzzle.subject.name, &puzzle.subject.invocation);
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
        ExplainFormat::Markdown => output.write(&report::markdown(&explained, &again))?,
    }
    args.pictures.of_explained(&explained, &again)?;
    Ok(if interrupt::is_raised() { ExitCode::Interrupted } else { ExitCode::Expected })
}

/// What is to be explained, as the caller named it.
struct Asked {
    subject: Subject,
    seed: u64,
    /// The case, with its file.
    case: Option<(String, Case)>,
    /// The line that shows it again, if it is a case.
    again: Option<String>,
}

fn asked(args: &args::Explain) -> Result<Asked, Failure> {
    let meant = &args.meant;
    if meant.is_case() {
        let Opened { case, subject, .. } = meant.opened(false)?;
        let again = format!("{} replay {}", files::program(), words::quote(&meant.scenario));
        let (seed, case) = (case.seed, Some((meant.scenario.clone(), case)));
        return Ok(Asked { subject, seed, case, again: Some(again) });
    }
    let Chosen { subject, seed } = meant.trial(args.fingerprint.as_deref())?;
    Ok(Asked { subject, seed, case: None, again: None })
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
