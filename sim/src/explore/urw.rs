//! `urw`: each enabled chain goes on with a chance proportional to the work that is left for it.
//!
//! H. Zhao et al.: Selectively Uniform Concurrency Testing, ASPLOS 2025. A chain that has much to
//! do is let through more often than a chain that has little to do. So the few steps of the latter
//! fall anywhere among the many steps of the former, rather than at their beginning. A first walk
//! shows how much a chain has to do. Each trial also favours each chain by a factor of 1, 8, 64 or
//! 512, which goes beyond the paper. The reason is that even weights starve no actor, and some
//! races need a starved actor.
//!
//! The draw is a race of exponential clocks. Each occurrence has a clock, which is started when the
//! occurrence is first enabled. A clock that has not rung is as good as new, so that each pick is
//! weighted by the work left. Every draw is still keyed by a name.

use std::collections::BTreeMap;

use super::chain::chain;
use super::fates::Fates;
use super::ordered::Rule;
use super::survey::Survey;
use crate::agenda::{Draw, Name, Pending, key_of, mix};

/// The rule.
pub struct Urw {
    survey: Survey,
    clocks: u64,
    favours: u64,
    fates: Fates,
    /// How often each chain has gone on.
    done: BTreeMap<u64, u64>,
    /// When each occurrence's clock rings, by its number.
    rings: BTreeMap<u32, u64>,
    now: u64,
}

impl Urw {
    /// Returns the rule with the work of each chain as the survey shows it.
    pub fn new(survey: Survey) -> Urw {
        Urw {
            survey,
            clocks: 0,
            favours: 0,
            fates: Fates::default(),
            done: BTreeMap::new(),
            rings: BTreeMap::new(),
            now: 0,
        }
    }

    fn ring(&mut self, pending: &Pending) -> u64 {
        let chain = chain(&pending.name);
        let done = self.done.get(&chain).copied().unwrap_or(0);
        let left = self.survey.work(chain).saturating_sub(done).max(1);
        let favour = 8_u64.pow(Draw::new(self.favours, chain).below(4) as u32);
        let wait = exponential(Draw::new(self.clocks, pending.name.key()).bits()) / (left * favour);
        *self.rings.entry(pending.uid).or_insert(self.now + wait)
    }
}

impl Rule for Urw {
    fn begin(&mut self, seed: u64) {
        self.fates = Fates::new(seed);
        self.clocks = mix(seed, key_of("clocks"));
        self.favours = mix(seed, key_of("favours"));
        self.done.clear();
        self.rings.clear();
        self.now = 0;
    }

    fn choose(&mut self, enabled: &[&Pending]) -> usize {
        let rings: Vec<(u64, u32)> =
            enabled.iter().map(|pending| (self.ring(pending), pending.uid)).collect();
        let first = (0..enabled.len()).min_by_key(|index| rings[*index]);
        let first = first.expect("invariant: something is enabled");
        self.now = self.now.max(rings[first].0);
        *self.done.entry(chain(&enabled[first].name)).or_default() += 1;
        first
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.fates.fate(name, weights)
    }
}

/// Returns an exponentially distributed number made from these even bits. It is the negative of the
/// logarithm to base 2 of a fraction, in units of 2^-32. It is computed in whole numbers, so that
/// it is the same everywhere.
fn exponential(bits: u64) -> u64 {
    let zeros = u64::from((bits | 1).leading_zeros());
    // This lies between 1 and 2, in units of 2^-63. Squaring it doubles its logarithm.
    let mut mantissa = u128::from((bits | 1) << zeros);
    let mut fraction = 0_u64;
    for _ in 0..32 {
        mantissa = (mantissa * mantissa) >> 63;
        fraction <<= 1;
        if mantissa >> 64 != 0 {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    ((zeros + 1) << 32) - fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_is_the_negative_logarithm_of_a_fraction() {
        let check = |bits: u64, expected: f64| {
            let is = exponential(bits) as f64 / (1_u64 << 32) as f64;
            assert!((is - expected).abs() < 1e-6, "{bits:x}: {is}");
        };
        check(1 << 63, 1.0);
        check(1 << 62, 2.0);
        check(3 << 62, (4.0_f64 / 3.0).log2());
        check(u64::MAX, 0.0);
        check(0, 64.0);
        for bits in (1..200_u64).map(|step| step * 0x0123_4567_89ab_cdef) {
            check(bits, 64.0 - (bits as f64).log2());
        }
    }
}
