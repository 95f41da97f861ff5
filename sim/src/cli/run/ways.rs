//! The ways of breaking of the runs in a folder, to be compared with each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::record::{Checked, rate};
use crate::report::html::WayOverRuns;
use crate::report::human::titled;
use crate::report::words::{finding, fingerprint};

/// The setting, the way's fingerprint, and what broke.
type Way = (String, String, String);

/// The ways of breaking of each setting of a run.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Ways {
    /// How many trials were played of each setting.
    settings: BTreeMap<String, u64>,
    /// In how many trials each way was seen. JSON has no other keys than texts.
    ways: Vec<(Way, u64)>,
}

impl Ways {
    /// Adds those of a setting.
    pub(super) fn add(&mut self, checked: &Checked) {
        let title = titled(&checked.scenario, &checked.invocation);
        for shown in &checked.findings {
            let way = fingerprint(&shown.way.fingerprint, &checked.cast);
            let way = (title.clone(), way, finding(&shown.way, &checked.cast));
            self.ways.push((way, shown.tally.trials));
        }
        self.settings.insert(title, checked.summary.trials);
    }

    /// Returns what has changed since an earlier run, as far as both have played it.
    pub(super) fn since(&self, before: &Ways) -> Vec<String> {
        let both = |(setting, ..): &&&Way| {
            self.settings.contains_key(setting) && before.settings.contains_key(setting)
        };
        let (now, then) = (self.all(), before.all());
        let new = now.difference(&then).filter(both);
        let gone = then.difference(&now).filter(both);
        let new = new.map(|(setting, _, what)| format!("new in {setting}: {what}"));
        let gone = gone.map(|(setting, _, what)| format!("gone from {setting}: {what}"));
        let mut all: Vec<String> = new.chain(gone).collect();
        if all.is_empty() {
            all.push("the same ways of breaking as in the last run".to_owned());
        }
        all
    }

    fn all(&self) -> BTreeSet<&Way> {
        self.ways.iter().map(|(way, _)| way).collect()
    }

    /// Returns the ways of breaking of all these runs, each with its share in every run that has
    /// played its setting.
    pub(super) fn over(runs: &[Ways]) -> Vec<WayOverRuns> {
        let all: BTreeSet<&Way> = runs.iter().flat_map(Ways::all).collect();
        let shares = |way: &Way| {
            let share = |run: &Ways| {
                let trials = *run.settings.get(&way.0)?;
                let seen = run.ways.iter().find(|(known, _)| known == way);
                Some(rate(seen.map_or(0, |(_, seen)| *seen), trials))
            };
            runs.iter().map(share).collect()
        };
        let over = |way: &Way| WayOverRuns {
            setting: way.0.clone(),
            what: way.2.clone(),
            shares: shares(way),
        };
        all.into_iter().map(over).collect()
    }
}
