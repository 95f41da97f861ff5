//! `deadheat list`: the scenarios there are.

use serde_json::json;

use super::args::{self, Format};
use super::cases::Stored;
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, cases, files};
use crate::record::{Case, Expects};
use crate::report::stamp::object as object_of;
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
pub(super) fn list(args: &args::List, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::Expected;
    let mut known = Vec::new();
    for file in files::chosen(&[])? {
        let (group, said) = match file.load(&Settings::new()) {
            Ok((scenario, _)) => (group(&file.named, &scenario.source), Some(scenario.summary)),
            Err(failure) => {
                code = code.or(failure.code);
                (1, None)
            }
        };
        known.push((group, file.named, said));
    }
    let kept = cases::kept()?;
    match args.format {
        Format::Human => human(&known, &kept, output)?,
        Format::Json => json(&known, &kept, output)?,
    }
    Ok(code)
}

/// A scenario: its group, its name, and what it is about if it can be read.
type Known = (usize, String, Option<String>);

const fn expects(case: &Case) -> &'static str {
    match case.expect {
        Expects::Open => "open",
        Expects::Fixed => "fixed",
    }
}

fn human(known: &[Known], kept: &[Stored], output: &mut Output) -> Result<(), Failure> {
    let width = known.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    for (place, title) in GROUPS.iter().enumerate() {
        let mut group = known.iter().filter(|(group, ..)| *group == place).peekable();
        if group.peek().is_some() {
            output.line(title)?;
        }
        for (_, name, said) in group {
            let said = said.as_deref().unwrap_or("(invalid)");
            output.line(&format!("  {name:<width$}  {said}"))?;
        }
    }
    if !kept.is_empty() {
        output.line("Kept cases")?;
    }
    for Stored { file, case } in kept {
        output.line(&format!("  {file}  {}: {}", expects(case), case.what))?;
    }
    Ok(())
}

fn json(known: &[Known], kept: &[Stored], output: &mut Output) -> Result<(), Failure> {
    for (group, name, said) in known {
        let object = json!({ "name": name, "group": GROUPS[*group], "summary": said });
        output.line(&object_of("scenario", &object))?;
    }
    for Stored { file, case } in kept {
        let object = json!({ "file": file, "expect": expects(case), "what": case.what });
        output.line(&object_of("kept-case", &object))?;
    }
    Ok(())
}
