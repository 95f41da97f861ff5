//! A run as `JUnit` XML: a suite for each scenario, a test case for each property of each setting.

use std::path::PathBuf;

use deadheat_model::property::PropertyId;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::Failure;
use super::super::cases::store;
use super::super::files::unwritten;
use super::super::output::Output;
use super::failure::Failures;
use super::{Event, Reporter, Swept};
use crate::record::{Expected, Kept, Surprise};
use crate::report::human::{surprise, titled};
use crate::report::statistics::rate;

pub(super) struct Junit {
    path: PathBuf,
    suites: Vec<TestSuite>,
    failures: Failures,
}

impl Junit {
    pub(super) fn new(path: PathBuf) -> Junit {
        Junit { path, suites: Vec::new(), failures: Failures::new() }
    }

    fn suite(&mut self, name: &str) -> &mut TestSuite {
        if self.suites.last().is_none_or(|suite| suite.name.as_str() != name) {
            self.suites.push(TestSuite::new(name));
        }
        self.suites.last_mut().expect("invariant: one was just added")
    }

    fn kept(&mut self, kept: &[Kept]) {
        for one in kept {
            let mut status = TestCaseStatus::success();
            if one.is_finding() {
                status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(format!("fails again: {}", one.case.what));
            }
            let mut case = TestCase::new(one.file.as_str(), status);
            case.set_classname("kept cases");
            self.suite("kept cases").add_test_case(case);
        }
    }

    fn checked(&mut self, swept: &Swept<'_>) {
        let Swept { checked, elapsed, .. } = swept;
        let title = titled(&checked.scenario, &checked.invocation);
        let setting = title.strip_prefix(&checked.scenario).unwrap_or(&title).trim();
        let named = |what: &str| match setting {
            "" => what.to_owned(),
            setting => format!("{what} [{setting}]"),
        };
        let mut cases = Vec::new();
        for property in PropertyId::ALL {
            let mut case = TestCase::new(named(property.name()), self.status(property, swept));
            case.set_classname(checked.scenario.as_str());
            let tally = checked.summary.violated(property);
            let rate = rate(tally.trials, checked.summary.trials);
            let expected = checked.expected[property as usize].name().to_owned();
            case.add_property(Property::new("expected", expected));
            case.add_property(Property::new("trials", checked.summary.trials.to_string()));
            case.add_property(Property::new("violated", tally.trials.to_string()));
            if checked.invocation.is_a_sample() {
                let interval = format!("{:.6} to {:.6}", rate.low, rate.high);
                case.add_property(Property::new("interval", interval));
            }
            cases.push(case);
        }
        let others = checked.surprises.iter().filter(|one| one.property().is_none());
        let others = others.map(|one| ("expectation", surprise(one, checked)));
        let bugs = checked.bugs.iter().map(|bug| ("deadheat", format!("a bug: {}", bug.what)));
        for (what, said) in others.chain(bugs) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(said);
            let mut case = TestCase::new(named(what), status);
            case.set_classname(checked.scenario.as_str());
            cases.push(case);
        }
        if let Some(case) = cases.first_mut() {
            case.set_time(*elapsed);
        }
        let suite = self.suite(&checked.scenario);
        suite.add_test_cases(cases);
        suite.time = Some(suite.time.unwrap_or_default() + *elapsed);
    }

    fn status(&mut self, property: PropertyId, swept: &Swept<'_>) -> TestCaseStatus {
        let Swept { checked, subject, .. } = swept;
        let is_it = |one: &&Surprise| one.property() == Some(property);
        if let Some(one) = checked.surprises.iter().find(is_it) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(surprise(one, checked));
            status.set_description(self.failures.text(property, checked, subject));
            return status;
        }
        if checked.expected[property as usize] == Expected::NotJudged {
            let mut status = TestCaseStatus::skipped();
            status.set_message("no expectation covers this setting");
            return status;
        }
        TestCaseStatus::success()
    }

    /// Writes what is known so far, so that nothing is lost if the run is aborted.
    fn write(&self) -> Result<(), Failure> {
        let mut report = Report::new("deadheat");
        report.add_test_suites(self.suites.clone());
        let text = report.to_string().map_err(|error| Failure::io(error.to_string()))?;
        store(&self.path, &text).map_err(|error| unwritten(&self.path, &error))
    }
}

impl Reporter for Junit {
    fn hear(&mut self, event: &Event<'_>, _: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Kept(kept) => self.kept(kept),
            Event::NotApplicable { scenario, invocation, reason } => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(*reason);
                let mut case = TestCase::new(titled(scenario, invocation), status);
                case.set_classname(*scenario);
                self.suite(scenario).add_test_case(case);
            }
            Event::Checked(swept) => self.checked(swept),
            Event::Begin { .. } | Event::End { .. } => {}
        }
        self.write()
    }
}
