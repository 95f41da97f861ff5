//! `deadheat schema`: the JSON Schemas of scenario files, and of what commands print.

use super::Failure;
use super::args::SchemaOf;
use super::exit_code::ExitCode;
use super::output::Output;

/// Runs the command.
pub(super) fn schema(of: SchemaOf, output: &mut Output) -> Result<ExitCode, Failure> {
    match of {
        SchemaOf::Scenario => output.write(&crate::scenario::schema())?,
        SchemaOf::Output => output.write(OUTPUT)?,
    }
    Ok(ExitCode::Expected)
}

const OUTPUT: &str = include_str!("output.schema.json");
