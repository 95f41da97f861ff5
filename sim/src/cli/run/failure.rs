//! The text of a failure for people who have not run it: what broke, the smallest trial that shows
//! it, and the line to paste.

use std::fmt::Write as _;
use std::time::Duration;

use anstream::adapter::strip_str;
use deadheat_model::property::{PropertyId, Violation};

use super::super::pace::Pace;
use crate::engine::Play;
use crate::record::{Checked, Shown, Trial};
use crate::report::explained::racing;
use crate::report::timeline::story;
use crate::report::words;
use crate::study::{self, Failing, Subject};

/// A finding is shrunk for at most this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Makes the texts of a run's failures.
pub(super) struct Failures {
    /// How many more findings are shrunk. The others have no timeline.
    left: u32,
}

impl Failures {
    pub(super) fn new() -> Failures {
        Failures { left: 10 }
    }

    /// Returns what is known about a property that broke although it should not, or too often.
    pub(super) fn text(
        &mut self,
        property: PropertyId,
        checked: &Checked,
        subject: &Subject,
    ) -> String {
        let is_it = |shown: &&Shown| shown.way.fingerprint.property == property;
        let mut text = String::new();
        for shown in checked.findings.iter().filter(is_it) {
            let what = words::finding(&shown.way, &checked.cast);
            let _ = writeln!(text, "{what}: in {} trials", shown.tally.trials);
            if let Some(line) = words::shown_line(&checked.invocation, shown) {
                let _ = writeln!(text, "  {line}");
            }
            if let Some(case) = &shown.case {
                let _ = writeln!(text, "  case: {case}");
            }
        }
        let first = checked.findings.iter().find(is_it);
        if let Some(trial) = first.and_then(|shown| self.smallest(shown, subject)) {
            let page = story(&trial, "the smallest trial that was found", "");
            let _ = write!(text, "\n{}", strip_str(&page));
        }
        let lines = first.and_then(|shown| Failures::lines(shown, subject));
        if let Some(lines) = lines.filter(|lines| !lines.is_empty()) {
            let _ = write!(text, "\nthe lines that race in the first trial:\n\n{lines}");
        }
        text
    }

    /// Returns the lines of the scenario that race in the first trial with a finding.
    fn lines(shown: &Shown, subject: &Subject) -> Option<String> {
        let (trial, violation) = Failures::trial(shown, subject)?;
        let race = study::race(&trial.history.events, &violation)?;
        let account = study::account(subject, &trial);
        Some(strip_str(&racing(&trial, &account, &race)).to_string())
    }

    /// Returns the first trial with a finding, and its violation.
    pub(super) fn trial(shown: &Shown, subject: &Subject) -> Option<(Trial, Violation)> {
        let play = Play { keep_schedule: true, ..Play::seed(shown.tally.first()?) };
        let stage = &subject.stage;
        let trial = study::replay(stage, &subject.name, subject.strategies()(), play);
        let is_it = |one: &&Violation| one.way(&stage.cast) == shown.way;
        let violation = trial.violations.iter().find(is_it)?.clone();
        Some((trial, violation))
    }

    fn smallest(&mut self, shown: &Shown, subject: &Subject) -> Option<Trial> {
        let (mut trial, _) = Failures::trial(shown, subject)?;
        self.left = self.left.checked_sub(1)?;
        let pace = Pace::begin(Some(PATIENCE));
        let failing = Failing {
            subject: subject.clone(),
            seed: trial.seed,
            schedule: trial.schedule.take().unwrap_or_default(),
            way: shown.way,
            what: words::finding(&shown.way, &subject.stage.cast),
            from: None,
        };
        study::shrink(failing, &|| pace.cut()).map(|shrunk| shrunk.trial).or(Some(trial))
    }
}
