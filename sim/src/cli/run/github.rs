//! A run for GitHub Actions: an annotation on the line of the scenario file that a finding is
//! about, and a summary of the step.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use deadheat_model::property::Way;

use super::super::Failure;
use super::super::files::why;
use super::super::output::{self, Output};
use super::failure::Failures;
use super::{Event, Reporter, Swept};
use crate::record::{Checked, Shown};
use crate::report::human::{surprise, titled, word};
use crate::report::number::{grouped, plural};
use crate::report::{mermaid, words};
use crate::scenario;

#[derive(Default)]
pub(super) struct Github {
    /// The rows of the summary's table.
    rows: String,
    /// What is not as expected, below the table.
    findings: String,
    /// Whether a diagram was drawn.
    has_diagram: bool,
}

impl Github {
    fn checked(&mut self, swept: &Swept<'_>) {
        let Swept { checked, .. } = swept;
        let title = titled(&checked.scenario, &checked.invocation);
        let trials = grouped(checked.summary.trials);
        let _ = writeln!(self.rows, "| {} | `{title}` | {trials} |", word(checked));
        for one in &checked.surprises {
            let said = surprise(one, checked);
            let shown = checked.findings.iter().find(|shown| {
                let property = shown.way.fingerprint.property;
                checked.is_surprising(property) && one.property() == Some(property)
            });
            annotate(swept, &said, shown);
            let _ = writeln!(self.findings, "\n### {title}\n\n{said}\n");
            if let Some(shown) = shown {
                self.finding(swept, shown);
            }
        }
        for bug in &checked.bugs {
            annotate(swept, &format!("a bug in Deadheat: {}", bug.what), None);
        }
    }

    fn finding(&mut self, swept: &Swept<'_>, shown: &Shown) {
        let Swept { checked, subject, .. } = swept;
        let what = words::finding(&shown.way, &checked.cast);
        let times = plural(shown.tally.trials, "trial", "trials");
        let _ = writeln!(self.findings, "{what}: in {times}.\n");
        if let Some(line) = words::shown_line(&checked.invocation, shown) {
            let _ = writeln!(self.findings, "```console\n{line}\n```");
        }
        if self.has_diagram {
            return;
        }
        if let Some((trial, violation)) = Failures::trial(shown, subject) {
            let diagram = mermaid::sequence(&trial, &violation);
            let _ = writeln!(self.findings, "\n```mermaid\n{diagram}```");
            self.has_diagram = true;
        }
    }

    /// Appends the summary to the file that the runner names.
    fn write(&self) -> Result<(), Failure> {
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") else { return Ok(()) };
        let (rows, findings) = (&self.rows, &self.findings);
        let text = format!(
            "## Deadheat\n\n| | setting | trials |\n| --- | --- | --: |\n{rows}{findings}\n"
        );
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
            Failure::io(format!("could not write the step summary: {}", why(&error)))
        })
    }
}

/// Prints an annotation. A runner reads it from standard error, too.
fn annotate(swept: &Swept<'_>, said: &str, shown: Option<&Shown>) {
    let Swept { checked, file, .. } = swept;
    let text = swept.subject.text.as_deref().unwrap_or("");
    let line = shown
        .and_then(|shown| line_of(text, &shown.way, checked))
        .or_else(|| text.lines().position(|line| line.trim_start().starts_with("[expect]")));
    let again = shown.and_then(|shown| words::shown_line(&checked.invocation, shown));
    let what = shown.map(|shown| words::finding(&shown.way, &checked.cast));
    let lines: Vec<String> = [Some(said.to_owned()), what, again].into_iter().flatten().collect();
    let title = titled(&checked.scenario, &checked.invocation);
    output::tell(&format!(
        "::error file={},line={},title={}::{}\n",
        property(&file.path.display().to_string()),
        line.unwrap_or(0) + 1,
        property(&title),
        data(&lines.join("\n")),
    ));
}

/// Returns the line, from 0, of the action that a way of breaking is about: the first one of its
/// operation behind the name of its role.
fn line_of(text: &str, way: &Way, checked: &Checked) -> Option<usize> {
    let (operation, role) = way.fingerprint.first;
    let role = role?.name(&checked.cast);
    let written = scenario::load(text, &checked.invocation.settings).written;
    let block = written.iter().find(|block| block.name == role)?;
    let found = block.actions.iter().find(|spot| spot.verb.contains(operation.name()));
    let at = found.map_or(block.head.start, |spot| spot.span.start);
    Some(text[..at].matches('\n').count())
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

impl Reporter for Github {
    fn hear(&mut self, event: &Event<'_>, _: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Kept(kept) => {
                for one in kept.iter().filter(|one| one.is_finding()) {
                    let said = format!("a fixed case fails again: {}", one.case.what);
                    output::tell(&format!(
                        "::error file={}::{}\n",
                        property(&one.file),
                        data(&said)
                    ));
                }
                Ok(())
            }
            Event::Begin { .. } | Event::NotApplicable { .. } => Ok(()),
            Event::Checked(swept) => {
                self.checked(swept);
                Ok(())
            }
            Event::End { .. } => self.write(),
        }
    }
}
