//! What a rate is worth. Intervals are for `walk`, whose trials are independent. A rate holds under
//! this strategy, not in production.

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A rate with its 95 % interval, all between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The rate that was seen.
    pub rate: f64,
    /// The lower end; 0 if nothing was seen.
    pub low: f64,
    /// The upper end. It is the exact one-sided bound if nothing was seen: a rate above it would
    /// have been seen with 95 % probability.
    pub high: f64,
}

/// Returns the rate of `seen` in `trials`, with Wilson's score interval.
pub fn rate(seen: u64, trials: u64) -> Rate {
    if trials == 0 {
        return Rate { rate: 0.0, low: 0.0, high: 1.0 };
    }
    let n = trials as f64;
    let rate = seen as f64 / n;
    if seen == 0 {
        return Rate { rate, low: 0.0, high: 1.0 - 0.05_f64.powf(1.0 / n) };
    }
    let centre = rate + Z * Z / (2.0 * n);
    let margin = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let high = if seen == trials { 1.0 } else { (centre + margin) / scale };
    Rate { rate, low: (centre - margin) / scale, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_textbook() {
        let check = |seen, trials, low: f64, high: f64| {
            let rate = rate(seen, trials);
            assert!((rate.low - low).abs() < 5e-5, "{rate:?}");
            assert!((rate.high - high).abs() < 5e-5, "{rate:?}");
        };
        check(10, 100, 0.0552, 0.1744);
        check(100, 100, 0.9630, 1.0);
        check(500, 1000, 0.4691, 0.5309);
    }

    #[test]
    fn nothing_seen_has_the_exact_one_sided_bound() {
        let Rate { rate, low, high } = rate(0, 1000);
        assert!(rate == 0.0 && low == 0.0);
        // The rule of three says 3 / n.
        assert!((high - 0.002_991).abs() < 1e-6, "{high}");
    }
}
