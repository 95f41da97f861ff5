//! The ways of breaking of a run, to be compared with those of another one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::record::Checked;
use crate::report::human::titled;
use crate::report::words::{finding, fingerprint};

/// The ways of breaking of each setting.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Ways {
    settings: BTreeSet<String>,
    /// The setting, the way's fingerprint, and what broke.
    ways: BTreeSet<(String, String, String)>,
}

impl Ways {
    /// Adds those of a setting.
    pub(super) fn add(&mut self, checked: &Checked) {
        let title = titled(&checked.scenario, &checked.invocation);
        for shown in &checked.findings {
            let way = fingerprint(&shown.way.fingerprint, &checked.cast);
            self.ways.insert((title.clone(), way, finding(&shown.way, &checked.cast)));
        }
        self.settings.insert(title);
    }

    /// Returns what has changed since an earlier run, as far as both have played it.
    pub(super) fn since(&self, before: &Ways) -> Vec<String> {
        let both = |(setting, ..): &&(String, String, String)| {
            self.settings.contains(setting) && before.settings.contains(setting)
        };
        let new = self.ways.difference(&before.ways).filter(both);
        let gone = before.ways.difference(&self.ways).filter(both);
        let new = new.map(|(setting, _, what)| format!("new in {setting}: {what}"));
        let gone = gone.map(|(setting, _, what)| format!("gone from {setting}: {what}"));
        let mut all: Vec<String> = new.chain(gone).collect();
        if all.is_empty() {
            all.push("the same ways of breaking as in the last run".to_owned());
        }
        all
    }
}
