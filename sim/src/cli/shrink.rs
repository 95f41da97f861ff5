//! `deadheat shrink`: a failing trial, made as small as possible.

use deadheat_model::property::Way;

use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::meant::{Chosen, Opened};
use super::output::Output;
use super::pace::Pace;
use super::progress::{self, Bound};
use super::{Failure, cases, files, output};
use crate::engine::Play;
use crate::record::{Cut, Print};
use crate::report::{cases as told, shrunk, words};
use crate::study::{self, Failing, Manner};

/// Runs the command.
pub(super) fn shrink(args: &args::Shrink, output: &mut Output) -> Result<ExitCode, Failure> {
    let pace = Pace::begin(Some(args.duration));
    progress::begin(&format!("shrink {}", args.meant.scenario), Bound::Time(args.duration));
    let found = if args.meant.is_case() { of_case(args)? } else { Ok(of_scenario(args)?) };
    let failing = match found {
        Ok(failing) => failing,
        Err((code, why)) => {
            output::complain(&why);
            return Ok(code);
        }
    };
    let name = failing.subject.name.clone();
    let Some(shrunk) = study::shrink(failing, &|| pace.cut()) else {
        let message =
            format!("`{name}` cannot be written down in such a way that it can be shrunk");
        return Err(Failure::usage(message));
    };
    let elapsed = pace.elapsed();
    let path = cases::found_folder().join(shrunk.case.file_name());
    let shown = path.display().to_string();
    let text = shrunk.case.text();
    let text = text.ok_or_else(|| Failure::usage("what is left is too large for a case"))?;
    let stored = cases::store(&path, &text);
    let again = match &stored {
        Ok(()) => format!("{} replay {}", files::program(), words::quote(&shown)),
        // The report still says what was found.
        Err(_) => words::replay_line(&shrunk.invocation, shrunk.seed, None),
    };
    match args.format {
        Format::Human => output.write(&shrunk::human(&shrunk, &again, elapsed))?,
        Format::Json => output.line(&shrunk::json(&shrunk, &shown, &again, elapsed))?,
    }
    output.flush()?;
    stored.map_err(|error| {
        Failure::io(format!("could not write `{shown}`: {}", files::why(&error)))
    })?;
    Ok(match shrunk.cut {
        Some(Cut::Interrupted) => ExitCode::Interrupted,
        Some(_) if shrunk.effort.candidates == 0 => ExitCode::Inconclusive,
        _ => ExitCode::Expected,
    })
}

/// What is to be shrunk, or why there is nothing to shrink and how the command ends then.
type Begun = Result<Failing, (ExitCode, String)>;

/// Returns a trial of a scenario.
fn of_scenario(args: &args::Shrink) -> Result<Failing, Failure> {
    let named = args.fingerprint.as_deref();
    let chosen = args.meant.trial(named)?;
    let (mut trial, place) = chosen.broken(named)?;
    let Chosen { subject, seed } = chosen;
    let cast = &subject.stage.cast;
    let way = trial.violations[place].way(cast);
    Ok(Failing {
        seed,
        schedule: trial.schedule.take().unwrap_or_default(),
        way,
        what: words::finding(&way, cast),
        from: None,
        subject,
    })
}

/// Returns a case, in the current version of its scenario.
fn of_case(args: &args::Shrink) -> Result<Begun, Failure> {
    let Opened { case, subject, .. } = args.meant.opened(args.fingerprint.is_some())?;
    let stage = &subject.stage;
    let play = Play { keep_schedule: true, ..Play::seed(case.seed) };
    let mut followed = study::follow(stage, &case, Manner::Strict, play);
    if !followed.fails || followed.first.is_some() {
        followed = study::follow(stage, &case, Manner::Relaxed, play);
    }
    if !followed.fails {
        let shown = &args.meant.scenario;
        return Ok(Err(match &followed.first {
            Some(first) => {
                let why = told::difference(first);
                (ExitCode::Inconclusive, format!("`{shown}` does not fail as it did: {why}"))
            }
            None => (ExitCode::Nothing, format!("`{shown}` does not fail any more")),
        }));
    }
    let trial = &mut followed.trial;
    let cast = &stage.cast;
    let is_it = |way: &Way| Print::of(&way.fingerprint, cast) == case.fingerprint;
    let mut ways: Vec<Way> =
        trial.violations.iter().map(|one| one.way(cast)).filter(is_it).collect();
    ways.sort_by_key(|way| way.why.name() != case.why);
    let way = ways[0];
    Ok(Ok(Failing {
        seed: case.seed,
        schedule: trial.schedule.take().unwrap_or_default(),
        way,
        what: words::finding(&way, cast),
        from: case.shrunk.clone(),
        subject,
    }))
}
