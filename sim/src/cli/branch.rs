//! `deadheat replay … --until`: what can happen next at a moment of a trial.

use deadheat_model::property::PropertyId;

use super::args::{self, ReplayFormat};
use super::exit_code::ExitCode;
use super::history::write_lines;
use super::output::Output;
use super::pace::Share;
use super::{Failure, interrupt, way};
use crate::record::Trial;
use crate::report::branch as report;
use crate::report::number::plural;
use crate::report::timeline::story;
use crate::study::{self, NotNext, Subject};

/// This many trials are played for each choice.
const TRIALS: u64 = 200;

/// At most this many choices are named in a message.
const NAMED_MAX: usize = 8;

/// Runs the command on a trial that was played with its whole schedule.
pub(super) fn branch(
    args: &args::Replay,
    (subject, trial): (&Subject, &Trial),
    until: usize,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let picks = trial.schedule.as_ref().map_or(0, |schedule| schedule.picks.len());
    if until > picks {
        let message =
            format!("--until {until}: the trial has {}", plural(picks as u64, "pick", "picks"));
        return Err(Failure::usage(message));
    }
    let expect = subject.scenario().expect.as_ref();
    let first = way::first(trial, expect).map(|place| trial.violations[place].property);
    let counted = (first.unwrap_or(PropertyId::NoRejectedCall), TRIALS);
    let branched = study::branch(subject, trial, (until, &args.pick), counted, &Share::ALL);
    let branched = branched.map_err(|NotNext { kept, choices }| {
        let cast = &subject.stage.cast;
        let names: Vec<String> =
            choices.iter().take(NAMED_MAX).map(|name| name.display(cast)).collect();
        let what = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        Failure::usage(format!("--pick: that cannot be next after {kept} picks, but {what} can"))
    })?;
    let again = report::line(&branched, until, &args.pick);
    match args.format {
        ReplayFormat::Human => {
            if !args.pick.is_empty() {
                let title = format!("{}, seed {}", trial.scenario, trial.seed);
                output.write(&story(&branched.trial, &title, &subject.scenario().summary))?;
                output.write("\n")?;
            }
            output.write(&report::human(&branched, &again))?;
        }
        ReplayFormat::Json => output.line(&report::json(&branched, &again))?,
        ReplayFormat::Jsonl => write_lines(&branched.trial, output)?,
    }
    args.pictures.of_trial(subject, &branched.trial, &again)?;
    Ok(if interrupt::is_raised() { ExitCode::Interrupted } else { ExitCode::Expected })
}
