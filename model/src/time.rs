//! Virtual time, in whole microseconds.
//!
//! Nothing here reads a clock. A [`Time`] is a value that a caller passed in.

use std::fmt;
use std::ops::{Add, RangeInclusive, Sub};

use serde::Serialize;

/// A moment, in microseconds since the trial began. Shown in seconds, such as `12.345`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The moment at which every trial begins.
    pub const ZERO: Time = Time(0);

    /// Returns the moment `us` microseconds after the trial began.
    pub const fn from_us(us: u64) -> Time {
        Time(us)
    }

    /// Returns the microseconds since the trial began.
    pub const fn as_us(self) -> u64 {
        self.0
    }
}

impl Add<Span> for Time {
    type Output = Time;

    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

/// Returns the span from `earlier` to this moment, or zero if this moment is before `earlier`.
impl Sub for Time {
    type Output = Span;

    fn sub(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000;
        f.pad(&format!("{}.{:03}", ms / 1_000, ms % 1_000))
    }
}

/// A length of time in microseconds. Shown in the largest unit that loses nothing: `2s`, `80ms`,
/// `15us`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Span(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// Returns a span of `us` microseconds.
    pub const fn from_us(us: u64) -> Span {
        Span(us)
    }

    /// Returns a span of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Span {
        Span(ms * 1_000)
    }

    /// Returns a span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Span {
        Span(secs * 1_000_000)
    }

    /// Returns the length in microseconds.
    pub const fn as_us(self) -> u64 {
        self.0
    }
}

impl Add for Span {
    type Output = Span;

    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

/// The units of time, from the largest to the smallest, each with its name and its length in
/// microseconds. `scenario::unit` reads what this writes.
pub const UNITS: [(&str, u64); 5] =
    [("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0ms");
        }
        let exact = UNITS.iter().find(|(_, us)| self.0.is_multiple_of(*us));
        let (unit, us) = exact.expect("invariant: every span is a whole number of microseconds");
        f.pad(&format!("{}{unit}", self.0 / us))
    }
}

/// When something may happen, counted from its cause: no sooner than `earliest` and no later than
/// `latest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Window {
    /// The shortest possible wait.
    pub earliest: Span,
    /// The longest possible wait; not less than `earliest`.
    pub latest: Span,
}

impl Window {
    /// The window without any wait.
    pub const NOW: Window = Window::exactly(Span::ZERO);

    /// Returns a window of exactly `span`.
    pub const fn exactly(span: Span) -> Window {
        Window { earliest: span, latest: span }
    }

    /// Returns a window of at least `earliest` and at most `latest`.
    pub const fn between(earliest: Span, latest: Span) -> Window {
        assert!(earliest.0 <= latest.0, "a window ends after it begins");
        Window { earliest, latest }
    }

    /// Returns whether there is nothing to wait for.
    pub const fn is_now(self) -> bool {
        self.latest.0 == 0
    }
}

impl From<Span> for Window {
    fn from(span: Span) -> Window {
        Window::exactly(span)
    }
}

impl From<RangeInclusive<Span>> for Window {
    /// # Panics
    /// If the range is empty.
    fn from(range: RangeInclusive<Span>) -> Window {
        Window::between(*range.start(), *range.end())
    }
}

/// Adds two waits of which one follows the other.
impl Add for Window {
    type Output = Window;

    fn add(self, next: Window) -> Window {
        Window { earliest: self.earliest + next.earliest, latest: self.latest + next.latest }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.earliest == self.latest {
            self.earliest.fmt(f)
        } else {
            f.pad(&format!("{}..{}", self.earliest, self.latest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_shown_in_the_largest_unit_that_loses_nothing() {
        let check = |us, shown: &str| assert_eq!(Span::from_us(us).to_string(), shown);
        check(0, "0ms");
        check(1, "1us");
        check(1_500, "1500us");
        check(80_000, "80ms");
        check(2_000_000, "2s");
        check(2_500_000, "2500ms");
        check(60_000_000, "1min");
        check(90_000_000, "90s");
        check(7_200_000_000, "2h");
    }

    #[test]
    fn a_window_of_one_length_is_shown_as_that_length() {
        assert_eq!(Window::exactly(Span::from_secs(30)).to_string(), "30s");
        assert_eq!(Window::between(Span::from_ms(5), Span::from_ms(80)).to_string(), "5ms..80ms");
    }

    #[test]
    fn a_time_is_shown_in_seconds() {
        assert_eq!(Time::from_us(12_345_678).to_string(), "12.345");
        assert_eq!(format!("{:>9}", Time::ZERO), "    0.000");
    }
}
