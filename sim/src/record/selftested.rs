//! A self-test: what became of servers, guards and applications that are wrong on purpose.

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selftested {
    /// How many sequences of trials each of them was given, each from a seed of its own.
    pub roots: u64,
    /// At most this many trials in each.
    pub trials: u64,
    /// How many things are wrong.
    pub planned: usize,
    /// What is wrong, and what became of it; without those that were not begun.
    pub rows: Vec<Tested>,
    /// Whether somebody ended it before its time.
    pub is_interrupted: bool,
}

/// One thing that is wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// What it is called.
    pub name: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What has to tell.
    pub oracle: Oracle,
    /// What each strategy made of it.
    pub tried: Vec<Tried>,
    /// In how many of as many sequences under the first strategy the oracle told of the same
    /// without the mistake.
    pub alarms: u64,
}

/// What tells that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// This property is broken.
    Breaks(PropertyId),
    /// This mark is reached, and should not be.
    Reaches(Mark),
    /// A second run of the trial differs, and the first differing event is known.
    Differs,
}

/// What a strategy made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The strategy.
    pub strategy: String,
    /// How many sequences were played to their end: all, unless somebody interrupted.
    pub sequences: u64,
    /// Which trial of each sequence was the first that told, from 1; sorted, and without those in
    /// which none did.
    pub found: Vec<u64>,
}

impl Oracle {
    /// The property or the mark, as scenario files spell them.
    pub const fn name(self) -> &'static str {
        match self {
            Oracle::Breaks(property) => property.name(),
            Oracle::Reaches(mark) => mark.name(),
            Oracle::Differs => "determinism",
        }
    }
}

impl Tried {
    /// This many trials were enough in half of the sequences. Nothing, if that is more than any was
    /// given.
    pub fn median(&self) -> Option<u64> {
        let half = self.sequences.div_ceil(2);
        let half = usize::try_from(half).expect("invariant: there are few sequences");
        self.found.get(half.checked_sub(1)?).copied()
    }
}

impl Selftested {
    /// Whether each of them was found in each sequence that was played, and nothing else was.
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
