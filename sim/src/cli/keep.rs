//! `deadheat keep`: keeps a case with the scenarios.

use std::path::Path;

use serde_json::json as object;

use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::meant::Chosen;
use super::output::Output;
use super::progress::{self, Bound};
use super::{Failure, cases, files};
use crate::engine::Play;
use crate::record::{Case, Expects, State};
use crate::report::cases::why;
use crate::report::stamp;
use crate::report::words::{finding, quote};
use crate::study::{self, Found};

/// Runs the command.
pub(super) fn keep(args: &args::Keep, output: &mut Output) -> Result<ExitCode, Failure> {
    let meant = &args.meant;
    progress::begin(&meant.scenario, Bound::Unknown);
    let (mut case, name) = if meant.is_case() {
        let name = Path::new(&meant.scenario).file_name().unwrap_or_default();
        (meant.case(args.fingerprint.is_some())?, name.to_string_lossy().into_owned())
    } else {
        let case = made(args)?;
        let name = case.file_name();
        (case, name)
    };
    let Some(scenario) = cases::scenario_of(&case) else {
        let message = format!("there is no scenario `{}`; nothing was kept", case.scenario.file);
        return Err(Failure::usage(message));
    };
    let state = match cases::stage(&case, Some(&scenario)) {
        Ok(staged) => study::judge(&staged.stage, &case, Play::seed(case.seed)),
        Err(Failure { code, message }) => {
            return Err(Failure { code, message: format!("{message}; nothing was kept") });
        }
    };
    let to = cases::kept_folder().join(name);
    let shown = to.display().to_string();
    let old = if to.exists() { Some(cases::read(&to)?) } else { None };
    let alike = |old: &Case| Case { expect: case.expect, ..old.clone() } == case;
    if old.as_ref().is_some_and(|old| !alike(old)) {
        let message =
            format!("`{shown}` is there already, and is another case; it was not touched");
        return Err(Failure::usage(message));
    }
    let known = old.as_ref().map(|old| old.expect);
    case.expect = if args.fixed { Expects::Fixed } else { known.unwrap_or(case.expect) };
    if known != Some(case.expect) {
        let text = case.text().ok_or_else(|| Failure::usage("it is too large for a case"))?;
        cases::store(&to, &text).map_err(|error| {
            Failure::io(format!("could not write `{shown}`: {}", files::why(&error)))
        })?;
    }
    let program = files::program();
    let is_new = known.is_none();
    if args.format == Format::Json {
        output.line(&json(&shown, &case, &state, is_new))?;
        return Ok(ExitCode::Expected);
    }
    let (kept, then) = match (known, case.expect) {
        (Some(same), now) if same == now => ("is kept already", now),
        (_, now) => ("is kept", now),
    };
    let expected = match then {
        Expects::Open => "open",
        Expects::Fixed => "fixed: it is a finding if it fails",
    };
    output.line(&format!("{shown} {kept}, as {expected}"))?;
    output.line(&format!("  what it shows:  {}", case.what))?;
    output.line(&format!("  at the moment:  {}", said(&state)))?;
    for why in why(&state) {
        output.line(&format!("                  {why}"))?;
    }
    output.line(&format!("  to look at it:  {program} replay {}", quote(&shown)))?;
    if then == Expects::Open {
        output.line(&format!("  when mended:    {program} keep --fixed {}", quote(&shown)))?;
    }
    Ok(ExitCode::Expected)
}

fn json(shown: &str, case: &Case, state: &State, is_new: bool) -> String {
    let object = object!({
        "file": shown,
        "what": case.what,
        "expect": case.expect,
        "state": state.name(),
        "why": why(state),
        "is_new": is_new,
        "replay": format!("{} replay {}", files::program(), quote(shown)),
    });
    stamp::object("keep", &object)
}

/// Makes a case of a trial.
fn made(args: &args::Keep) -> Result<Case, Failure> {
    let named = args.fingerprint.as_deref();
    let chosen = args.meant.trial(named)?;
    let (trial, place) = chosen.broken(named)?;
    let Chosen { subject, seed } = &chosen;
    let cast = &subject.stage.cast;
    let way = trial.violations[place].way(cast);
    let found = Found {
        subject,
        strategy: &subject.strategy.to_string(),
        seed: *seed,
        way,
        what: finding(&way, cast),
    };
    study::case(&subject.strategies(), &found, Play::seed(*seed))
        .ok_or_else(|| Failure::usage("it is too large for a case; nothing was kept"))
}

fn said(state: &State) -> &'static str {
    match state {
        State::Open | State::Elsewhere { .. } => "it fails",
        State::Fixed { .. } => "it does not fail",
        State::Drifted { .. } | State::Lost(_) => "it has drifted",
    }
}
