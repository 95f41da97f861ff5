//! `deadheat automation`: how a script, a CI job or another program drives this one.

use super::Failure;
use super::exit_code::ExitCode;
use super::output::Output;

/// The page.
pub(super) const PAGE: &str = include_str!("automation.md");

/// Runs the command.
pub(super) fn automation(output: &mut Output) -> Result<ExitCode, Failure> {
    output.write(PAGE)?;
    Ok(ExitCode::Expected)
}
