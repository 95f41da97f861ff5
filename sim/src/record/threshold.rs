//! A threshold of a parameter: the value at which a proof begins or ceases to be possible.

/// What was found about a range of values, which are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The result.
    pub verged: Verged,
    /// The values that were asked about, in order.
    pub tried: Vec<Probe>,
}

/// The result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verged {
    /// Two neighbouring values, of which one is proved and one breaks.
    Found {
        /// The value that is proved.
        proved: u64,
        /// The value that breaks.
        broken: u64,
    },
    /// All values that were tried are proved.
    AllProved,
    /// All values that were tried break.
    AllBroken,
    /// These two are the wrong way round, so there is no single threshold.
    Contradiction {
        /// The value that is proved.
        proved: u64,
        /// The value that breaks.
        broken: u64,
    },
    /// This value could not be decided.
    Undecided(u64),
}

/// A value that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The value.
    pub value: u64,
    /// The answer.
    pub answered: Answered,
}

/// The verdict about one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Nothing breaks it.
    Proved,
    /// Something breaks it.
    Broken,
    /// The search was cut off.
    Undecided,
}

impl Answered {
    /// Returns the verdict in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Answered::Proved => "proved",
            Answered::Broken => "broken",
            Answered::Undecided => "undecided",
        }
    }
}
