//! Keyed draws: random values that depend on what they are for, never on what was drawn before.
//!
//! A shared stream of random numbers would shift with every additional draw. A draw keyed by
//! `(seed, name)` stays the same when an unrelated actor or draw is added.

use deadheat_model::time::{Span, Window};
use rand::{Rng, RngCore, SeedableRng};
use rand_xoshiro::SplitMix64;
use xxhash_rust::const_xxh3;
use xxhash_rust::xxh3::xxh3_64;

/// Returns the key of a name. This is part of what a seed means, so it may not change.
pub fn key_of(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

/// Returns the same key for a name that is known at compile time.
pub(super) const fn const_key_of(name: &str) -> u64 {
    const_xxh3::xxh3_64(name.as_bytes())
}

/// Combines two keys into one. The order counts. This is part of what a seed means, so it may not
/// change.
#[inline]
pub const fn mix(one: u64, two: u64) -> u64 {
    // This folds a 128-bit product, as wyhash does. The constants are odd and have no pattern.
    let product =
        (one ^ 0x9E37_79B9_7F4A_7C15) as u128 * ((two ^ 0xD6E8_FEB8_6659_FD93 ^ one) as u128);
    (product >> 64) as u64 ^ product as u64
}

/// What is drawn for one name in one trial.
pub struct Draw(SplitMix64);

impl Draw {
    /// Returns the draw for the name with this key in the trial with this seed.
    #[inline]
    pub fn new(seed: u64, key: u64) -> Draw {
        Draw(SplitMix64::seed_from_u64(mix(seed, key)))
    }

    /// Draws a wait inside the window. All whole microseconds are equally likely.
    #[inline]
    pub fn wait(&mut self, window: Window) -> Span {
        let (earliest, latest) = (window.earliest.as_us(), window.latest.as_us());
        if earliest == latest {
            return window.earliest;
        }
        Span::from_us(self.0.gen_range(earliest..=latest))
    }

    /// Draws one of the weights' indices. Each index is as likely as its weight says.
    pub fn option(&mut self, weights: &[u32]) -> usize {
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        assert!(total > 0, "invariant: one of the options has a weight");
        let mut rest = self.0.gen_range(0..total);
        for (index, weight) in weights.iter().enumerate() {
            match rest.checked_sub(u64::from(*weight)) {
                Some(less) => rest = less,
                None => return index,
            }
        }
        unreachable!("invariant: what was drawn is less than the total")
    }

    /// Draws a number from 0 to below `end`. All numbers are equally likely.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.gen_range(0..end)
    }

    /// Draws sixty-four random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_name_alone() {
        let window = Window::between(Span::from_ms(5), Span::from_ms(80));
        let one = Draw::new(7, key_of("a")).wait(window);
        assert_eq!(one, Draw::new(7, key_of("a")).wait(window));
        assert_ne!(one, Draw::new(8, key_of("a")).wait(window));
        assert_ne!(one, Draw::new(7, key_of("b")).wait(window));
    }

    #[test]
    fn a_wait_stays_in_its_window_and_reaches_both_ends() {
        let window = Window::between(Span::from_us(3), Span::from_us(6));
        let waits: Vec<u64> =
            (0..200).map(|seed| Draw::new(seed, 1).wait(window).as_us()).collect();
        assert_eq!((waits.iter().min(), waits.iter().max()), (Some(&3), Some(&6)));
    }

    #[test]
    fn options_come_as_often_as_their_weights_say() {
        let mut counts = [0; 3];
        for seed in 0..10_000 {
            counts[Draw::new(seed, 1).option(&[6, 0, 4])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((5_800..6_200).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn a_name_has_one_key_whenever_it_is_hashed() {
        assert_eq!(key_of("create_run"), const_key_of("create_run"));
    }

    #[test]
    fn mixing_keeps_the_order_apart() {
        assert_ne!(mix(1, 2), mix(2, 1));
        assert_ne!(mix(0, 0), 0);
    }
}
