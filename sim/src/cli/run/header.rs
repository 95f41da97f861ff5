//! The head of a run: what was asked for. By it, parts of a run are recognised and put together.

use serde::{Deserialize, Serialize};

use super::super::args;
use super::planned::Planned;
use crate::explore::StrategyName;
use crate::report::human::titled;
use crate::report::words::quote;

/// What was asked for, as far as results depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Header {
    /// The version of the program.
    pub(in super::super) program: String,
    /// What the command line says, without what only says how it is played and reported.
    pub(in super::super) arguments: Vec<String>,
    /// What is played, in order.
    pub(in super::super) settings: Vec<Setting>,
}

/// A setting of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Setting {
    /// The scenario, with its parameters and guards.
    pub(in super::super) title: String,
    /// The digest of its behaviour. `None` if its guard does not apply.
    pub(in super::super) digest: Option<String>,
}

impl Header {
    pub(super) fn new(args: &args::Run, first_seed: u64, planned: &[Planned]) -> Header {
        let setting = |planned: &Planned| Setting {
            title: titled(&planned.name, &planned.invocation),
            digest: planned.subject.as_ref().ok().map(|one| format!("{:08x}", one.stage.digest)),
        };
        Header {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: arguments(args, first_seed),
            settings: planned.iter().map(setting).collect(),
        }
    }

    /// Returns why a part with this head is not a part of this run, if it is not.
    pub(in super::super) fn difference(&self, part: &Header) -> Option<String> {
        let line = |header: &Header| {
            let words = header.arguments.iter().map(|word| quote(word));
            format!("`deadheat run {}`", words.collect::<Vec<_>>().join(" "))
        };
        if self.program != part.program {
            let (now, then) = (&self.program, &part.program);
            return Some(format!("version {then} of the program played it, and this is {now}"));
        }
        if self.arguments != part.arguments {
            return Some(format!("it is a part of {}, and this is {}", line(part), line(self)));
        }
        let mut pairs = self.settings.iter().zip(&part.settings);
        let changed = pairs.find(|(now, then)| now != then).map(|(now, _)| &now.title);
        let is_other = self.settings.len() != part.settings.len();
        match changed {
            Some(title) => Some(format!("the scenario of `{title}` has changed since")),
            None => is_other.then(|| "there are other scenarios now".to_owned()),
        }
    }
}

/// Returns the arguments in one spelling.
fn arguments(args: &args::Run, first_seed: u64) -> Vec<String> {
    let mut words = args.scenarios.clone();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    option("--seed", first_seed.to_string());
    match args.duration {
        Some(time) => option("--for", format!("{}ms", time.as_millis())),
        None => option("--trials", args.trials.to_string()),
    }
    if args.strategy != StrategyName::default() {
        option("--strategy", args.strategy.to_string());
    }
    for (name, value) in &args.altered.settings {
        option("--set", format!("{name}={value}"));
    }
    args.altered.guards.iter().for_each(|guard| option("--guard", guard.to_string()));
    args.vary.iter().for_each(|vary| option("--vary", vary.to_string()));
    args.only.iter().for_each(|property| option("--only", property.to_string()));
    args.skip.iter().for_each(|name| option("--skip", name.clone()));
    args.changed_since.iter().for_each(|revision| option("--changed-since", revision.clone()));
    args.until_quiet.iter().for_each(|trials| option("--until-quiet", trials.to_string()));
    args.findings.iter().for_each(|findings| option("--findings", findings.to_string()));
    args.baseline.iter().for_each(|path| option("--baseline", path.display().to_string()));
    words.extend(args.quiet.then(|| "--quiet".to_owned()));
    words.extend(args.verbose.then(|| "--verbose".to_owned()));
    words
}
