//! The page of a run: a line for each scenario, everything that is not as expected in full, and a
//! summary. A single scenario is reported in full, and so is every scenario with `--verbose`.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::args::{self, Seed};
use super::super::files::program;
use super::super::output::Output;
use super::super::{Failure, interrupt};
use super::{Event, Reporter};
use crate::record::Checked;
use crate::report::cases;
use crate::report::human::{self, Detail};
use crate::report::number::plural;
use crate::report::words::run_line;

/// What has been printed of a run, and what is still to be printed.
pub(super) struct Page {
    volume: Volume,
    /// Whether only one scenario is run.
    is_one: bool,
    /// How many settings are to be played.
    planned: usize,
    /// How many have been played.
    settings: usize,
    scenarios: u64,
    trials: u64,
    /// Settings that were not begun or not ended.
    unplayed: usize,
    is_interrupted: bool,
    /// The scenario whose line is not printed yet.
    line: Option<Line>,
    /// The reports that are printed at the end.
    failures: String,
    /// What is not as expected, each with the line that runs it again.
    unexpected: Vec<String>,
}

/// How much is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Volume {
    /// The summary.
    Quiet,
    /// A line for each scenario, and failures in full.
    Normal,
    /// Everything in full.
    Verbose,
}

/// The totals of the settings of one scenario.
struct Line {
    scenario: String,
    word: &'static str,
    settings: u64,
    trials: u64,
    elapsed: Duration,
}

impl Reporter for Page {
    fn hear(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Begin { args, sweep, .. } => {
                // It is said first, so that it is known if the run is killed.
                if let Seed::Random = args.seed {
                    output.line(&format!("--seed {} was drawn", sweep.first_seed))?;
                    output.flush()?;
                }
                Ok(())
            }
            Event::Kept(kept) => {
                let findings = kept.iter().filter(|kept| kept.is_finding());
                self.unexpected.extend(findings.map(|kept| kept.file.clone()));
                if kept.is_empty() || self.volume == Volume::Quiet {
                    return Ok(());
                }
                output.write(&cases::kept(kept, &program()))
            }
            Event::NotApplicable { scenario, invocation, reason } => {
                output.write(&human::not_applicable(scenario, invocation, reason))
            }
            Event::Checked(swept) => {
                self.checked(swept.checked, swept.elapsed, swept.detail, output)
            }
            Event::End { elapsed, .. } => self.end(*elapsed, output),
        }
    }
}

impl Page {
    pub(super) fn new(args: &args::Run, is_one: bool, planned: usize) -> Page {
        Page {
            volume: match (args.quiet, args.verbose) {
                (true, _) => Volume::Quiet,
                (false, true) => Volume::Verbose,
                (false, false) => Volume::Normal,
            },
            is_one,
            planned,
            settings: 0,
            scenarios: 0,
            trials: 0,
            unplayed: 0,
            is_interrupted: false,
            line: None,
            failures: String::new(),
            unexpected: Vec::new(),
        }
    }

    fn checked(
        &mut self,
        checked: &Checked,
        elapsed: Duration,
        detail: Detail,
        output: &mut Output,
    ) -> Result<(), Failure> {
        self.add(checked);
        let is_block = self.volume != Volume::Quiet && detail != Detail::Brief;
        if is_block {
            output.write(&human::checked(checked, elapsed, detail))?;
            return output.flush();
        }
        let title = if self.is_one { human::title(checked) } else { checked.scenario.clone() };
        if self.line.as_ref().is_some_and(|line| line.scenario != title) {
            self.write_line(output)?;
        }
        let line = self.line.get_or_insert(Line {
            scenario: title,
            word: "ok",
            settings: 0,
            trials: 0,
            elapsed: Duration::ZERO,
        });
        line.settings += 1;
        line.trials += checked.summary.trials;
        line.elapsed += elapsed;
        let word = human::word(checked);
        if word != "ok" {
            self.failures.push_str(&human::checked(checked, elapsed, detail));
        }
        if !checked.is_met() || line.word == "ok" {
            line.word = word;
        }
        Ok(())
    }

    fn write_line(&mut self, output: &mut Output) -> Result<(), Failure> {
        let Some(line) = self.line.take() else { return Ok(()) };
        if self.volume == Volume::Quiet {
            return Ok(());
        }
        let settings = match line.settings {
            1 if self.is_one => String::new(),
            settings => plural(settings, "setting", "settings"),
        };
        let text = human::line(line.word, &line.scenario, &settings, line.trials, line.elapsed);
        output.write(&text)?;
        output.flush()
    }

    fn add(&mut self, checked: &Checked) {
        self.settings += 1;
        self.trials += checked.summary.trials;
        self.is_interrupted |= checked.is_interrupted || interrupt::is_raised();
        self.unplayed += usize::from(checked.summary.trials == 0 || checked.is_interrupted);
        let is_base = checked.invocation.settings.is_empty() && checked.invocation.guards.is_none();
        self.scenarios += u64::from(is_base || self.settings == 1);
        if !checked.is_met() {
            self.unexpected.push(run_line(&checked.invocation));
        }
    }

    /// Prints what is left: the last line, what is not as expected, and the summary.
    fn end(&mut self, elapsed: Duration, output: &mut Output) -> Result<(), Failure> {
        self.write_line(output)?;
        if !self.failures.is_empty() && self.volume != Volume::Quiet {
            output.write(&format!("\n{}", self.failures.trim_end_matches('\n')))?;
            output.write("\n")?;
        }
        if self.planned > 1 || self.volume == Volume::Quiet {
            output.write(&self.summary(elapsed))?;
        }
        Ok(())
    }

    fn summary(&self, elapsed: Duration) -> String {
        let played = self.settings - self.unplayed;
        let what = format!(
            "{}, {}, {} in {:.1} s",
            plural(self.scenarios, "scenario", "scenarios"),
            plural(played as u64, "setting", "settings"),
            plural(self.trials, "trial", "trials"),
            elapsed.as_secs_f64(),
        );
        let is_short = played < self.planned || self.is_interrupted;
        let mut text = match (is_short, self.is_interrupted) {
            (true, true) => {
                format!("\ninterrupted: {played} of {} settings finished\n", self.planned)
            }
            (true, false) => {
                format!("\nout of time: {played} of {} settings finished\n", self.planned)
            }
            (false, _) => "\n".to_owned(),
        };
        let _ = match self.unexpected.len() {
            0 if is_short => writeln!(text, "{what}: nothing unexpected so far"),
            0 => writeln!(text, "{what}: all as expected"),
            several => {
                let number = plural(several as u64, "is", "are");
                writeln!(text, "{what}: {number} not as expected")
            }
        };
        for line in &self.unexpected {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}
