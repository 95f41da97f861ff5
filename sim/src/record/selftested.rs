//! A self-test: what became of servers, guards and applications that are wrong on purpose.

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

/// The whole self-test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selftested {
    /// How many sequences of trials each of them was tested in. Each sequence has a seed of its
    /// own.
    pub roots: u64,
    /// At most this many trials are in each sequence.
    pub trials: u64,
    /// How many things are wrong.
    pub planned: usize,
    /// What is wrong, and what became of it. Those that were not begun are left out.
    pub rows: Vec<Tested>,
    /// Whether the self-test was interrupted before its end.
    pub is_interrupted: bool,
}

/// One thing that is wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Its name.
    pub name: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What has to detect it.
    pub oracle: Oracle,
    /// The result of each strategy.
    pub tried: Vec<Tried>,
    /// How many sequences without the mistake the oracle still reported, under the first strategy.
    /// They are out of the same number of sequences.
    pub alarms: u64,
}

/// What shows that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// This property is broken.
    Breaks(PropertyId),
    /// This mark is reached but should not be.
    Reaches(Mark),
    /// A second run of the trial differs, and the first differing event is known.
    Differs,
}

/// The result of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The strategy.
    pub strategy: String,
    /// How many sequences were played to their end. These are all, unless the self-test was
    /// interrupted.
    pub sequences: u64,
    /// Which trial of each sequence was the first that showed the mistake, from 1. It is sorted,
    /// and sequences in which no trial did are left out.
    pub found: Vec<u64>,
}

impl Oracle {
    /// Returns the property or the mark, as scenario files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Oracle::Breaks(property) => property.name(),
            Oracle::Reaches(mark) => mark.name(),
            Oracle::Differs => "determinism",
        }
    }
}

impl Tried {
    /// Returns how many trials were enough in half of the sequences. Returns `None` if this is more
    /// than any sequence had.
    pub fn median(&self) -> Option<u64> {
        let half = self.sequences.div_ceil(2);
        let half = usize::try_from(half).expect("invariant: there are few sequences");
        self.found.get(half.checked_sub(1)?).copied()
    }
}

impl Selftested {
    /// Returns whether each of them was found in each sequence that was played, and nothing else
    /// was found.
    pub fn is_met(&self) -> bool {
        let is_found = |tried: &Tried| tried.found.len() as u64 == tried.sequences;
        self.rows.iter().all(|row| row.alarms == 0 && row.tried.iter().all(is_found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_all_sequences_and_may_lie_beyond_the_cap() {
        let check = |found: &[u64], sequences: u64, median: Option<u64>| {
            let (strategy, found) = ("walk".to_owned(), found.to_vec());
            assert_eq!(Tried { strategy, sequences, found }.median(), median);
        };
        check(&[1, 2, 9], 3, Some(2));
        check(&[1, 2, 9], 4, Some(2));
        check(&[1, 2], 4, Some(2));
        check(&[1], 4, None);
        check(&[], 1, None);
    }
}
