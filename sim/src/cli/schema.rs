//! `deadheat schema`: the JSON Schema of scenario files.

use super::Failure;
use super::exit_code::ExitCode;
use super::output::Output;

/// Runs the command.
pub(super) fn schema(output: &mut Output) -> Result<ExitCode, Failure> {
    output.write(&crate::scenario::schema())?;
    Ok(ExitCode::Expected)
}
