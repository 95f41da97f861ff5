//! `deadheat replay CASE`: a case played again, in the current version of its scenario.

use super::args::{self, ReplayFormat};
use super::branch::branch;
use super::exit_code::ExitCode;
use super::history::{view, write_lines};
use super::meant::Opened;
use super::output::Output;
use super::pace::Share;
use super::progress::{self, Bound};
use super::{Failure, files, interrupt, output, trace};
use crate::engine::Play;
use crate::record::{Case, Difference, State};
use crate::report::cases::{judged, verdict};
use crate::report::number::plural;
use crate::report::timeline::timeline;
use crate::report::trial::json;
use crate::report::words::quote;
use crate::study::{self, Manner};

/// Runs the command.
pub(super) fn follow(args: &args::Replay, output: &mut Output) -> Result<ExitCode, Failure> {
    let named = &args.meant.scenario;
    let Opened { case, subject, is_there, change } = args.meant.opened(args.digest.is_some())?;
    let stage = &subject.stage;
    let (madsim_seed, keep_schedule) = (args.madsim_seed, args.needs_schedule());
    let play = Play { seed: case.seed, madsim_seed, keep_schedule };
    if let Some(trials) = args.near {
        progress::begin(&format!("near {named}"), Bound::Trials(trials));
        let (failing, trials) = study::near(stage, &case, trials, play, &Share::ALL);
        let trials = plural(trials, "trial", "trials");
        let fail = if failing == 1 { "fails as it did" } else { "fail as it did" };
        output.line(&format!("of {trials} near it, {failing} {fail}: {}", case.what))?;
        tell(&case, is_there, change.as_deref());
        if interrupt::is_raised() {
            return Ok(ExitCode::Interrupted);
        }
        return Ok(if failing > 0 { ExitCode::Finding } else { ExitCode::Expected });
    }
    progress::begin(named, Bound::Unknown);
    let manner = if args.strict { Manner::Strict } else { Manner::Relaxed };
    let played = || study::follow(stage, &case, manner, play);
    let mut followed = if args.verbose { trace::told(played) } else { played() };
    if let Some(until) = args.until {
        return branch(args, (&subject, &followed.trial), until, output);
    }
    let first = followed.first.take();
    let outcome = match manner {
        Manner::Strict => Outcome::Strict(first),
        Manner::Relaxed if followed.fails => Outcome::Judged(State::Open),
        Manner::Relaxed => Outcome::Judged(study::look_around(stage, &case, first, play)),
    };
    let strict = if args.strict { " --strict" } else { "" };
    let again = format!("{} replay {}{strict}", files::program(), quote(named));
    match args.format {
        ReplayFormat::Human => {
            output.write(&timeline(
                &followed.trial,
                &stage.scenario.summary,
                &again,
                &view(args),
            ))?;
            output.write(&format!("\n{}", outcome.text(&case, followed.fails)))?;
        }
        ReplayFormat::Json => {
            let account = study::account(&subject, &followed.trial);
            let verdict = outcome.text(&case, followed.fails);
            let verdict = anstream::adapter::strip_str(&verdict).to_string();
            let verdict = Some(verdict.trim_end());
            output.line(&json(&followed.trial, &account, &again, verdict))?;
        }
        ReplayFormat::Jsonl => write_lines(&followed.trial, output)?,
    }
    args.pictures.of_trial(&subject, &followed.trial, &again)?;
    output.flush()?;
    tell(&case, is_there, change.as_deref());
    Ok(outcome.code(followed.fails))
}

/// The outcome of following the case.
enum Outcome {
    /// The point where the trial left the case, which was followed pick by pick.
    Strict(Option<Difference>),
    /// The state of the case, which was followed in its order.
    Judged(State),
}

impl Outcome {
    fn text(&self, case: &Case, fails: bool) -> String {
        match self {
            Outcome::Strict(first) => verdict(case, fails, first.as_ref()),
            Outcome::Judged(state) => judged(case, state),
        }
    }

    fn code(&self, fails: bool) -> ExitCode {
        match self {
            Outcome::Strict(None) if fails => ExitCode::Finding,
            Outcome::Judged(State::Open | State::Elsewhere { .. }) => ExitCode::Finding,
            Outcome::Strict(None) | Outcome::Judged(State::Fixed { .. }) => ExitCode::Expected,
            Outcome::Strict(Some(_)) | Outcome::Judged(State::Drifted { .. } | State::Lost(_)) => {
                ExitCode::Inconclusive
            }
        }
    }
}

/// Says what has changed.
fn tell(case: &Case, is_there: bool, change: Option<&str>) {
    if !is_there {
        let name = &case.scenario.file;
        output::tell(&format!("there is no scenario `{name}`: its text in the case was played\n"));
    } else if let Some(change) = change {
        output::tell(&format!("{change}\n"));
    }
}
