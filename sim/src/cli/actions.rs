//! `deadheat actions`: the reference for authors.

use super::Failure;
use super::exit_code::ExitCode;
use super::output::Output;

/// Runs the command.
pub(super) fn actions(output: &mut Output) -> Result<ExitCode, Failure> {
    output.write(&crate::scenario::reference())?;
    Ok(ExitCode::Expected)
}
