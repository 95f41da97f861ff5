//! `deadheat list`: the scenarios there are.

use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, cases, files};
use crate::record::Expects;
use crate::scenario::Settings;

/// The groups in which scenarios are listed.
const GROUPS: [&str; 3] =
    ["Situations of the original system", "Scenarios", "Rare races, for measuring strategies"];

/// Returns the group of a scenario: its place in [`GROUPS`].
fn group(name: &str, source: &str) -> usize {
    match (name.starts_with("race-"), source.starts_with("original")) {
        (true, _) => 2,
        (false, true) => 0,
        (false, false) => 1,
    }
}

/// Runs the command.
pub(super) fn list(output: &mut Output) -> Result<ExitCode, Failure> {
    let files = files::chosen(&[])?;
    let width = files.iter().map(|file| file.named.len()).max().unwrap_or(0);
    let mut code = ExitCode::Expected;
    let mut groups: [(&str, Vec<String>); 3] = GROUPS.map(|title| (title, Vec::new()));
    for file in files {
        let (group, said) = match file.load(&Settings::new()) {
            Ok((scenario, _)) => (group(&file.named, &scenario.source), scenario.summary),
            Err(failure) => {
                code = code.or(failure.code);
                (1, "(invalid)".to_owned())
            }
        };
        groups[group].1.push(format!("  {:<width$}  {said}", file.named));
    }
    for (title, lines) in groups.iter().filter(|(_, lines)| !lines.is_empty()) {
        output.line(title)?;
        lines.iter().try_for_each(|line| output.line(line))?;
    }
    let kept = cases::kept()?;
    if !kept.is_empty() {
        output.line("Kept cases")?;
    }
    for kept in kept {
        let (file, case) = (&kept.file, &kept.case);
        let expects = match case.expect {
            Expects::Open => "open",
            Expects::Fixed => "fixed",
        };
        output.line(&format!("  {file}  {expects}: {}", case.what))?;
    }
    Ok(code)
}
