//! `deadheat keep`: a case stays with the scenarios.

use std::path::Path;

use super::exit_code::ExitCode;
use super::output::Output;
use super::progress::{self, Bound};
use super::{Failure, args, cases, files};
use crate::engine::Play;
use crate::record::{Case, Expects, State};
use crate::report::cases::why;
use crate::report::words::quote;
use crate::study;

/// Runs the command.
pub(super) fn keep(args: &args::Keep, output: &mut Output) -> Result<ExitCode, Failure> {
    let from = Path::new(&args.case);
    if !cases::is_case(&args.case) {
        let message = format!("`{}` is no case: that is a .json, as `run` writes it", args.case);
        return Err(Failure::usage(message));
    }
    let mut case = cases::read(from)?;
    let Some(scenario) = cases::scenario_of(&case) else {
        let message = format!("there is no scenario `{}`; nothing was kept", case.scenario.file);
        return Err(Failure::usage(message));
    };
    progress::begin(&args.case, Bound::Unknown);
    let state = match cases::stage(&case, Some(&scenario)) {
        Ok(staged) => study::judge(&staged.stage, &case, Play::seed(case.seed)),
        Err(Failure { code, message }) => {
            return Err(Failure { code, message: format!("{message}; nothing was kept") });
        }
    };
    let to = cases::kept_folder().join(from.file_name().unwrap_or_default());
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

fn said(state: &State) -> &'static str {
    match state {
        State::Open | State::Elsewhere { .. } => "it fails",
        State::Fixed { .. } => "it does not fail",
        State::Drifted { .. } | State::Lost(_) => "it has drifted",
    }
}
