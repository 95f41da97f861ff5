//! `deadheat selftest`: whether what is wrong on purpose is found.

use std::sync::atomic::Ordering;

use super::args::{self, SelftestFormat};
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, run};
use crate::report::selftest as report;
use crate::study;

/// Runs the command.
pub(super) fn selftest(args: &args::Selftest, output: &mut Output) -> Result<ExitCode, Failure> {
    let is_interrupted = run::watch_for_interrupts();
    let stop = || is_interrupted.load(Ordering::Relaxed);
    let selftested = study::selftest(run::lanes(args.lanes), &stop);
    output.write(&match args.format {
        SelftestFormat::Human => report::human(&selftested),
        SelftestFormat::Json => report::json(&selftested),
        SelftestFormat::Markdown => report::markdown(&selftested),
    })?;
    let code = if selftested.is_met() { ExitCode::Expected } else { ExitCode::Finding };
    Ok(if stop() { code.or(ExitCode::Interrupted) } else { code })
}
