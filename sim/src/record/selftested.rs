//! A self-test: what became of servers, guards and applications that are wrong on purpose.

use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selftested {
    /// How many sequences of trials each of them was given, each from a seed of its own.
    pub roots: u64,
    /// At most so many trials in each.
    pub trials: u64,
    /// What is wrong, and what became of it.
    pub rows: Vec<Tested>,
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
    /// So many trials were enough in half of the sequences. Nothing, if that is more than any was
    /// given.
    pub fn median(&self, roots: u64) -> Option<u64> {
        let half = usize::try_from(roots.div_ceil(2)).expect("invariant: there are few roots");
        self.found.get(half.checked_sub(1)?).copied()
    }
}

impl Selftested {
    /// Whether each of them was found in each sequence, and nothing else was.
    pub fn is_met(&self) -> bool {
        let is_found = |tried: &Tried| tried.found.len() as u64 == self.roots;
        self.rows.iter().all(|row| row.alarms == 0 && row.tried.iter().all(is_found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_all_sequences_and_may_lie_beyond_the_cap() {
        let tried = |found: &[u64]| Tried { strategy: "walk".to_owned(), found: found.to_vec() };
        assert_eq!(tried(&[1, 2, 9]).median(3), Some(2));
        assert_eq!(tried(&[1, 2, 9]).median(4), Some(2));
        assert_eq!(tried(&[1, 2]).median(4), Some(2));
        assert_eq!(tried(&[1]).median(4), None);
        assert_eq!(tried(&[]).median(1), None);
    }
}
