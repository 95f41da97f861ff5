//! Which trial is played.

/// Which trial is played, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Play {
    /// The seed that the strategy begins with.
    pub seed: u64,
    /// madsim's own seed. No history depends on it.
    pub madsim_seed: u64,
    /// Whether the picks are recorded.
    pub keep_schedule: bool,
}

impl Play {
    /// Returns the play of the trial with this seed.
    pub fn seed(seed: u64) -> Play {
        Play { seed, madsim_seed: 0, keep_schedule: false }
    }
}
