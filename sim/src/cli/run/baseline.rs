//! A baseline: how often properties broke in an earlier run, which must not become worse.

use std::collections::BTreeMap;
use std::path::Path;

use deadheat_model::property::PropertyId;
use serde::Deserialize;

use super::super::Failure;
use super::super::files;
use crate::record::{Checked, Surprise, rate};

/// A baseline has at most this many bytes.
const BYTES_MAX: usize = 1 << 26;

/// What identifies a setting: its scenario, its parameters and its guards.
type Key = (String, BTreeMap<String, String>, Option<String>);

/// The settings of an earlier run, as `run --json` printed them.
pub(super) struct Baseline {
    file: String,
    settings: BTreeMap<Key, Setting>,
    /// The settings of this run that the earlier one did not have.
    missing: Vec<String>,
}

#[derive(Deserialize)]
struct Setting {
    scenario: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    guard: Option<String>,
    strategy: String,
    trials: u64,
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    violated: u64,
}

impl Baseline {
    /// Reads the lines of an earlier run.
    pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
        let file = path.display().to_string();
        let wrong = |why: String| {
            let hint = "a baseline is what `deadheat run --json` printed";
            Failure::usage(format!("`{file}` is not a baseline: {why}; {hint}"))
        };
        let text = files::printed(path, "a baseline", BYTES_MAX, &wrong)?;
        let mut settings = BTreeMap::new();
        for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let failed = |error| wrong(format!("line {}: {error}", place + 1));
            let value: serde_json::Value = serde_json::from_str(line).map_err(failed)?;
            if value.get("type").and_then(serde_json::Value::as_str) != Some("setting") {
                continue;
            }
            let setting: Setting = serde_json::from_value(value).map_err(failed)?;
            let key = (setting.scenario.clone(), setting.set.clone(), setting.guard.clone());
            settings.insert(key, setting);
        }
        if settings.is_empty() {
            return Err(wrong("it has no setting".to_owned()));
        }
        Ok(Baseline { file, settings, missing: Vec::new() })
    }

    /// Adds what has become worse to the surprises: a rate whose interval is above the interval
    /// that it had. Only trials that are random samples are compared.
    pub(super) fn apply(&mut self, checked: &mut Checked, title: &str) {
        let invocation = &checked.invocation;
        let set = invocation.settings.iter().cloned().collect();
        let key = (checked.scenario.clone(), set, invocation.guards.clone());
        let known = self.settings.get(&key).filter(|known| known.strategy == "walk");
        let Some(known) = known.filter(|_| invocation.is_a_sample()) else {
            self.missing.push(title.to_owned());
            return;
        };
        for property in PropertyId::ALL {
            let then = known.properties.iter().find(|then| then.name == property.name());
            let Some(then) = then else { continue };
            let seen = checked.summary.violated(property).trials;
            let now = rate(seen, checked.summary.trials);
            if !checked.is_surprising(property) && now.low > rate(then.violated, known.trials).high
            {
                let worse = Surprise::Worse(property, then.violated, known.trials);
                checked.surprises.push(worse);
            }
        }
    }

    /// Returns a sentence about the settings that were compared with nothing, if there are any.
    pub(super) fn missing(&self) -> Option<String> {
        let (first, more) = self.missing.split_first()?;
        let more = if more.is_empty() { String::new() } else { format!(" and {}", more.len()) };
        Some(format!("`{}` has no rates to compare with for {first}{more}", self.file))
    }
}
