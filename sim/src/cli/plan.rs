//! Plans: what the numbers of the command line come to.

use std::fmt;
use std::num::NonZero;

use rand::RngCore as _;
use rand::rngs::OsRng;

use super::Failure;
use super::values::{SEED_END, Seed};

/// Returns the seed to begin with.
pub(super) fn seed(seed: Seed) -> u64 {
    match seed {
        Seed::Given(seed) => seed,
        // This leaves room for the trials after it.
        Seed::Random => OsRng.next_u64() % (SEED_END / 2),
    }
}

/// Returns this many trials, if their seeds are below the end of all seeds.
pub(super) fn within_room(trials: u64, first_seed: u64) -> Result<u64, Failure> {
    let room = SEED_END - first_seed;
    if trials > room {
        let message = format!("--seed {first_seed} leaves room for {room} trials below seed 2^53");
        return Err(Failure::usage(message));
    }
    Ok(trials)
}

/// One of several parts of a sweep, which are played on different machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// Which part, from 1.
    pub(super) part: u64,
    pub(super) of: u64,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl Shard {
    /// Reads `2/7`.
    pub(super) fn parse(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(part, of)| {
            Some(Shard { part: part.trim().parse().ok()?, of: of.trim().parse().ok()? })
        });
        let shard = parts.ok_or("it is I/N, such as 2/7 for the second of seven parts")?;
        if shard.part == 0 || shard.part > shard.of {
            return Err(format!("the parts are 1/{0} to {0}/{0}", shard.of.max(1)));
        }
        Ok(shard)
    }

    /// Returns the seed of the first trial of this part, and how many trials it has. A seed means
    /// the same trial in any part.
    pub(super) fn of(self, first_seed: u64, trials: u64) -> (u64, u64) {
        let before =
            |parts: u64| (u128::from(trials) * u128::from(parts) / u128::from(self.of)) as u64;
        let begin = before(self.part - 1);
        (first_seed + begin, before(self.part) - begin)
    }
}

/// Returns how many OS threads are used.
pub(super) fn lanes(lanes: Option<u64>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    lanes.map_or_else(processors, |lanes| lanes as usize)
}

/// A place, from 0, and how many places there are.
pub(super) type Place = (usize, usize);

/// Returns what is played, with its number if it is one of several.
pub(super) fn counted(title: &str, (place, of): Place) -> String {
    if of == 1 { title.to_owned() } else { format!("{title} ({} of {of})", place + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_and_complete() {
        for (trials, of) in [(1_000, 7), (3, 7), (1, 1), (1 << 52, 1_000)] {
            let mut next = 5;
            for part in 1..=of {
                let (first, count) = Shard { part, of }.of(5, trials);
                assert_eq!(first, next, "{part}/{of} of {trials}");
                next += count;
            }
            assert_eq!(next, 5 + trials, "{of} of {trials}");
        }
        assert_eq!(Shard::parse("2/7"), Ok(Shard { part: 2, of: 7 }));
        for wrong in ["", "7", "0/7", "8/7", "1/0", "a/b", "1/7/2"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
