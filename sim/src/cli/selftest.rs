//! `deadheat selftest`: whether deliberate mistakes are found.

use super::args::{self, SelftestFormat};
use super::exit_code::ExitCode;
use super::output::Output;
use super::pace::Share;
use super::progress::{self, Bound};
use super::{Failure, plan};
use crate::report::selftest as report;
use crate::study;

/// Runs the command.
pub(super) fn selftest(args: &args::Selftest, output: &mut Output) -> Result<ExitCode, Failure> {
    progress::begin("selftest", Bound::Unknown);
    let selftested = study::selftest(plan::lanes(args.lanes), &Share::ALL);
    output.write(&match args.format {
        SelftestFormat::Human => report::human(&selftested),
        SelftestFormat::Json => report::json(&selftested),
        SelftestFormat::Markdown => report::markdown(&selftested),
    })?;
    let code = if selftested.is_met() { ExitCode::Expected } else { ExitCode::Finding };
    Ok(if selftested.is_interrupted { code.or(ExitCode::Interrupted) } else { code })
}
