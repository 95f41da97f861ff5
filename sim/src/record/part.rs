//! A part of a sweep: all that is needed to add it to other parts. It is plain data, so that parts
//! can be played at other times and on other machines.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Coverage, Summary, Trace, entries};

/// The traces of this many of a sweep's first trials are compared with those of a second run. So
/// are the traces of the first trials with each finding.
pub const FIRST: u64 = 4;

/// What the trials of a part leave behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What they add up to.
    pub summary: Summary,
    /// The orders that occurred in those that were played a second time because of their seeds.
    pub coverage: Coverage,
    /// The traces of the first trials, and of the first ones with each finding, by seed.
    #[serde(with = "entries")]
    pub traces: BTreeMap<u64, Trace>,
}

impl Part {
    /// Adds another part of the same sweep. The order of parts does not matter.
    pub fn merge(&mut self, other: &Part) {
        self.summary.merge(&other.summary);
        self.coverage.merge(&other.coverage);
        self.traces.extend(&other.traces);
        let found = self.summary.findings.iter().flat_map(|finding| &finding.seeds);
        let first = self.traces.keys().take(FIRST as usize);
        let needed: BTreeSet<u64> = found.chain(first).copied().collect();
        self.traces.retain(|seed, _| needed.contains(seed));
    }
}
