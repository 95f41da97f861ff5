//! Completions and man pages, made from the table of commands and options.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use super::args::Args;
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, files};

/// Prints what a shell needs. The shell then asks the program itself, so that names of scenarios
/// are completed, too.
pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    let name = shell.to_string();
    let shells = Shells::builtins();
    let known = shells.completer(&name);
    let known = known.ok_or_else(|| Failure::usage(format!("{name} cannot be completed")))?;
    let written =
        known.write_registration(COMPLETE, "deadheat", "deadheat", "deadheat", &mut script);
    written.map_err(|error| Failure::io(error.to_string()))?;
    output.write(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Expected)
}

/// The variable by which a shell asks for completions.
const COMPLETE: &str = "DEADHEAT_COMPLETE";

/// Answers a shell that asks for completions, and ends the program then.
pub(super) fn complete() {
    CompleteEnv::with_factory(Args::command).var(COMPLETE).complete();
}

/// Writes the man pages.
pub(super) fn man(dir: &Path, output: &mut Output) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| {
        Failure::io(format!("could not write `{}`: {}", dir.display(), files::why(&error)))
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(Args::command(), dir).map_err(failed)?;
    output.line(&format!("wrote the man pages to {}", dir.display()))?;
    Ok(ExitCode::Expected)
}
