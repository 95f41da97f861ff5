//! Plans: what the numbers of the command line come to.

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
