//! `deadheat replay`: one trial, played again.

use deadheat_model::history::End;

use super::args::{self, ReplayFormat};
use super::branch::branch;
use super::exit_code::ExitCode;
use super::history::{view, write_lines};
use super::meant::Chosen;
use super::output::Output;
use super::progress::{self, Bound};
use super::{Failure, follow, output, trace, way};
use crate::engine::Play;
use crate::explore::Replay;
use crate::record::{Digest, Trial};
use crate::report::timeline::timeline;
use crate::report::trial::json;
use crate::report::words::replay_line;
use crate::scenario::Expect;
use crate::study;

/// Runs the command.
pub(super) fn replay(args: &args::Replay, output: &mut Output) -> Result<ExitCode, Failure> {
    if args.meant.is_case() {
        return follow::follow(args, output);
    }
    if args.strict || args.relaxed || args.near.is_some() {
        let message = "--strict, --relaxed and --near follow a case, which is a .json";
        return Err(Failure::usage(message));
    }
    let Chosen { subject, seed } = args.meant.trial(None)?;
    let (stage, name) = (&subject.stage, subject.name.as_str());
    let keep_schedule = args.verbose || args.needs_schedule();
    let play = Play { seed, madsim_seed: args.madsim_seed, keep_schedule };
    progress::begin(&format!("{name}, seed {seed}"), Bound::Unknown);
    let mut trial = study::replay(stage, name, subject.strategies()(), play);
    if let Some(until) = args.until {
        return branch(args, (&subject, &trial), until, output);
    }
    if let Some(schedule) = trial.schedule.take_if(|_| args.verbose) {
        // The trace shows only the trial, not how it was found.
        let follows = Replay::new(schedule);
        trial = trace::told(|| study::replay(stage, name, Box::new(follows), play));
    }
    let again = replay_line(&subject.invocation, trial.seed, Some(trial.digest));
    match args.format {
        ReplayFormat::Human => {
            output.write(&timeline(&trial, &stage.scenario.summary, &again, &view(args)))?;
        }
        ReplayFormat::Json => {
            let account = study::account(&subject, &trial);
            output.line(&json(&trial, &account, &again, None))?;
        }
        ReplayFormat::Jsonl => write_lines(&trial, output)?,
    }
    args.pictures.of_trial(&subject, &trial, &again)?;
    output.flush()?;
    if let Some(message) = args.digest.and_then(|digest| difference(digest, trial.digest)) {
        output::complain(&message);
        return Ok(ExitCode::Inconclusive);
    }
    Ok(judge(&trial, stage.scenario.expect.as_ref()))
}

/// Returns what has changed since the digest was made, if anything has.
fn difference(then: Digest, now: Digest) -> Option<String> {
    if then == now {
        return None;
    }
    let what = if then.scenario == now.scenario {
        "the program has changed since; the scenario is the same"
    } else {
        "the scenario, its parameters or its guards have changed since"
    };
    Some(format!("this is not the trial with digest {then} ({now} now): {what}"))
}

/// Judges a trial. A trial that breaks what should hold is a finding, so that `git bisect` can
/// detect it.
pub(super) fn judge(trial: &Trial, expect: Option<&Expect>) -> ExitCode {
    if trial.violations.iter().any(|one| way::is_surprising(expect, one.property)) {
        ExitCode::Finding
    } else if trial.end == End::OutOfBudget {
        ExitCode::Inconclusive
    } else {
        ExitCode::Expected
    }
}
