//! Thresholds: the smallest or the largest value of a parameter at which something is proved.
//!
//! The search halves the range between a value that breaks and a value that is proved. This is
//! right only if no value on the good side breaks, and none on the bad side is proved. So it tries
//! eight more values on each side, spread evenly, and claims nothing if one of them contradicts.

use crate::record::{Answered, Probe, Threshold, Verged};

/// This many further values are tried on each side.
const PROBES: u64 = 8;

/// Which of the values at which something is proved is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The smallest one.
    Least,
    /// The largest one.
    Most,
}

/// Looks for the threshold among the values from 0 to `last`. `ask` asks about one of them.
pub fn threshold<E>(
    last: u64,
    bound: Bound,
    ask: &mut dyn FnMut(u64) -> Result<Answered, E>,
) -> Result<Threshold, E> {
    let mut search = Search { last, bound, ask, tried: Vec::new() };
    let answer = search.answer();
    let Search { mut tried, .. } = search;
    tried.sort_unstable_by_key(|tried| tried.value);
    match answer {
        Ok(verged) | Err(Ended::Undecided(verged)) => Ok(Threshold { verged, tried }),
        Err(Ended::Failed(error)) => Err(error),
    }
}

struct Search<'a, E> {
    last: u64,
    bound: Bound,
    ask: &'a mut dyn FnMut(u64) -> Result<Answered, E>,
    tried: Vec<Probe>,
}

/// Why the search has ended before its end.
enum Ended<E> {
    Undecided(Verged),
    Failed(E),
}

impl<E> Search<'_, E> {
    /// A place grows towards the values that are expected to be proved.
    fn value(&self, place: u64) -> u64 {
        match self.bound {
            Bound::Least => place,
            Bound::Most => self.last - place,
        }
    }

    fn is_proved(&mut self, place: u64) -> Result<bool, Ended<E>> {
        let value = self.value(place);
        let known = self.tried.iter().find(|tried| tried.value == value);
        let answered = match known {
            Some(known) => known.answered,
            None => {
                let answered = (self.ask)(value).map_err(Ended::Failed)?;
                self.tried.push(Probe { value, answered });
                answered
            }
        };
        match answered {
            Answered::Proved => Ok(true),
            Answered::Broken => Ok(false),
            Answered::Undecided => Err(Ended::Undecided(Verged::Undecided(value))),
        }
    }

    fn answer(&mut self) -> Result<Verged, Ended<E>> {
        let (mut broken, mut proved) = (0, self.last);
        match (self.is_proved(broken)?, self.is_proved(proved)?) {
            (true, true) | (false, false) => return self.probe(None),
            (true, false) => return Ok(self.contradiction(broken, proved)),
            (false, true) => {}
        }
        while proved - broken > 1 {
            let middle = broken + (proved - broken) / 2;
            if self.is_proved(middle)? {
                proved = middle;
            } else {
                broken = middle;
            }
        }
        self.probe(Some((broken, proved)))
    }

    /// Tries further values, and returns what holds if none of them contradicts.
    fn probe(&mut self, sides: Option<(u64, u64)>) -> Result<Verged, Ended<E>> {
        let Some((broken, proved)) = sides else {
            let is_proved = self.is_proved(0)?;
            for place in spread(0, self.last) {
                if self.is_proved(place)? != is_proved {
                    let (one, other) = if is_proved { (0, place) } else { (place, self.last) };
                    return Ok(self.contradiction(one, other));
                }
            }
            return Ok(if is_proved { Verged::AllProved } else { Verged::AllBroken });
        };
        for place in spread(0, broken) {
            if self.is_proved(place)? {
                return Ok(self.contradiction(place, broken));
            }
        }
        for place in spread(proved, self.last) {
            if !self.is_proved(place)? {
                return Ok(self.contradiction(proved, place));
            }
        }
        Ok(Verged::Found { proved: self.value(proved), broken: self.value(broken) })
    }

    fn contradiction(&self, proved: u64, broken: u64) -> Verged {
        Verged::Contradiction { proved: self.value(proved), broken: self.value(broken) }
    }
}

/// Returns places that are spread evenly from `first` to `last`.
fn spread(first: u64, last: u64) -> impl Iterator<Item = u64> {
    let places = (0..=PROBES).map(move |nth| {
        let way = u128::from(last - first) * u128::from(nth) / u128::from(PROBES);
        first + way as u64
    });
    let mut before = None;
    places.filter(move |place| before.replace(*place) != Some(*place))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn look(last: u64, bound: Bound, is_proved: &dyn Fn(u64) -> bool) -> Threshold {
        let mut ask = |value| {
            let answered = if is_proved(value) { Answered::Proved } else { Answered::Broken };
            Ok::<_, Infallible>(answered)
        };
        match threshold(last, bound, &mut ask) {
            Ok(threshold) => threshold,
            Err(never) => match never {},
        }
    }

    proptest! {
        #[test]
        fn a_threshold_is_found_wherever_it_is(last in 1..10_000_u64, at in 1..10_000_u64) {
            prop_assume!(at <= last);
            let least = look(last, Bound::Least, &|value| value >= at);
            prop_assert_eq!(least.verged, Verged::Found { proved: at, broken: at - 1 });
            let most = look(last, Bound::Most, &|value| value < at);
            prop_assert_eq!(most.verged, Verged::Found { proved: at - 1, broken: at });
            prop_assert!(least.tried.len() <= 2 + 14 + 2 * PROBES as usize);
        }
    }

    #[test]
    fn a_value_that_contradicts_is_named_and_nothing_is_claimed() {
        let odd = look(800, Bound::Least, &|value| value >= 700 || value == 0);
        assert_eq!(odd.verged, Verged::Contradiction { proved: 0, broken: 100 });
        let odd = look(800, Bound::Least, &|value| (70..80).contains(&value) || value >= 600);
        assert!(matches!(odd.verged, Verged::Contradiction { .. }), "{odd:?}");
        let odd = look(80, Bound::Least, &|value| value < 40);
        assert_eq!(odd.verged, Verged::Contradiction { proved: 0, broken: 80 });
    }

    #[test]
    fn a_range_on_one_side_says_so() {
        assert_eq!(look(9, Bound::Least, &|_| true).verged, Verged::AllProved);
        assert_eq!(look(9, Bound::Most, &|_| false).verged, Verged::AllBroken);
        assert_eq!(look(0, Bound::Least, &|_| true).verged, Verged::AllProved);
    }
}
