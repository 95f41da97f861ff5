//! Fates for strategies that look for rare events.
//!
//! A fault of one in a thousand would strike in one trial of a thousand, whatever the order. So
//! each trial draws for each fault whether it strikes as often as its weights say, or half of the
//! time. This is the idea of swarm testing (A. Groce et al., ISSTA 2012): not everything at once,
//! and everything sometimes. Trials under such a strategy are not a sample of anything.

use crate::agenda::{Draw, Name, key_of, mix};

/// Keyed draws of fates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fates {
    seed: u64,
    kinds: u64,
}

impl Fates {
    /// Returns the draws of the trial with this seed.
    pub fn new(seed: u64) -> Fates {
        Fates { seed, kinds: mix(seed, key_of("fates")) }
    }

    /// Returns one of the options that have a weight.
    pub fn fate(&self, name: &Name, weights: &[u32]) -> usize {
        let mut draw = Draw::new(self.seed, name.key());
        let kind = mix(name.phase_key(), u64::from(name.part));
        if Draw::new(self.kinds, kind).below(2) == 0 {
            return draw.option(weights);
        }
        let even: Vec<u32> = weights.iter().map(|weight| u32::from(*weight > 0)).collect();
        draw.option(&even)
    }
}
