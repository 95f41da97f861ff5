//! A trial's trace: its events folded into 128 bits, directly from the data and without any text.
//! Only one version of the program compares it. A later replay is compared by the
//! [`Digest`](super::Digest) of the lines.

use std::hash::{Hash as _, Hasher};

use deadheat_model::history::Event;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// The hash of a trial's events and picks. Two trials with equal traces were the same trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trace {
    events: u128,
    path: u64,
}

impl Trace {
    /// Returns the trace of a trial with these events, whose picks hash to `path`.
    pub fn of(events: &[Event], path: u64) -> Trace {
        let mut fold = Fold(Xxh3::new());
        for event in events {
            event.hash(&mut fold);
        }
        Trace { events: fold.0.digest128(), path }
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> String {
        format!("{:032x}-{:016x}", trace.events, trace.path)
    }
}

impl TryFrom<String> for Trace {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Trace, &'static str> {
        let read = |(events, path)| {
            let events = u128::from_str_radix(events, 16).ok()?;
            Some(Trace { events, path: u64::from_str_radix(path, 16).ok()? })
        };
        text.split_once('-').and_then(read).ok_or("a trace is two hexadecimal numbers")
    }
}

/// A hasher that takes in bytes, one after another.
struct Fold(Xxh3);

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.digest()
    }
}

#[cfg(test)]
mod tests {
    use deadheat_model::history::{End, What};
    use deadheat_model::id::Actor;
    use deadheat_model::time::Time;

    use super::*;

    #[test]
    fn a_trace_tells_every_part_of_an_event() {
        let event = |at, by, what| Event { at: Time::from_us(at), by, what };
        let one = event(1, Some(Actor::User(0)), What::Paused);
        let trace = |events: &[Event]| Trace::of(events, 0);
        let alone = trace(std::slice::from_ref(&one));
        assert_eq!(alone, trace(std::slice::from_ref(&one.clone())));
        let others = [
            event(2, Some(Actor::User(0)), What::Paused),
            event(1, Some(Actor::User(1)), What::Paused),
            event(1, None, What::Paused),
            event(1, Some(Actor::User(0)), What::Resumed),
            event(1, Some(Actor::User(0)), What::End(End::Stuck)),
        ];
        for other in others {
            assert_ne!(alone, trace(std::slice::from_ref(&other)), "{other:?}");
            assert_ne!(trace(&[one.clone(), other.clone()]), trace(&[other, one.clone()]));
        }
        assert_ne!(trace(&[]), alone);
        assert_ne!(Trace::of(&[], 0), Trace::of(&[], 1));
    }
}
