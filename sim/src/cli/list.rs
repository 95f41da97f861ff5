//! `deadheat list`: the scenarios there are.

use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, cases, files};
use crate::record::Expects;
use crate::scenario::Settings;

/// Runs the command.
pub(super) fn list(output: &mut Output) -> Result<ExitCode, Failure> {
    let files = files::chosen(&[])?;
    let width = files.iter().map(|file| file.named.len()).max().unwrap_or(0);
    let mut code = ExitCode::Expected;
    for file in files {
        match file.load(&Settings::new()) {
            Ok((scenario, _)) => {
                output.line(&format!("{:<width$}  {}", file.named, scenario.summary))?;
            }
            Err(failure) => {
                output.line(&format!("{:<width$}  (invalid)", file.named))?;
                code = code.or(failure.code);
            }
        }
    }
    for kept in cases::kept()? {
        let (file, case) = (&kept.file, &kept.case);
        let expects = match case.expect {
            Expects::Open => "open",
            Expects::Fixed => "fixed",
        };
        output.line(&format!("{file}  {expects}: {}", case.what))?;
    }
    Ok(code)
}
