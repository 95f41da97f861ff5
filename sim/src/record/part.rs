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

#[cfg(test)]
mod tests {
    use deadheat_model::history::{Cast, End};
    use deadheat_model::property::Marks;

    use super::*;
    use crate::record::Counted;

    /// Returns the part of the trials with these seeds, each with a trace.
    fn part(seeds: std::ops::Range<u64>) -> Part {
        let mut part = Part::default();
        for seed in seeds {
            let counted =
                Counted { seed, occurrences: 1, path: seed, end: End::Stuck, armed: 0, fired: 0 };
            part.summary.add_trial(&Cast::default(), counted, &[], Marks::default());
            part.coverage.add_trial(&Cast::default(), &[]);
            part.traces.insert(seed, Trace::of(&[], seed));
        }
        part
    }

    #[test]
    fn parts_add_up_in_any_order_and_survive_as_text() {
        let parts = [part(1..9), part(9..10), part(10..30)];
        let merged = |order: [usize; 3]| {
            let mut whole = Part::default();
            for index in order {
                whole.merge(&parts[index]);
            }
            whole
        };
        let whole = merged([0, 1, 2]);
        assert_eq!(whole, merged([2, 0, 1]));
        assert_eq!((whole.summary.trials, whole.coverage.trials), (29, 29));
        // Only the first traces are needed where nothing was found.
        assert_eq!(whole.traces.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
        let text = serde_json::to_string(&whole).expect("plain data");
        assert_eq!(serde_json::from_str::<Part>(&text).expect("as written"), whole);
    }
}
