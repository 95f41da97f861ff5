//! Words: what actors do and how occurrences relate to it, as symbols and in text.

use std::fmt::{self, Debug, Write as _};

use crate::agenda::{ACTIONS_MAX, Call, Name, Phase, Sort, Symbol, Who, key_of};

/// An actor begins, or is begun again.
pub(super) const STARTS: Phase = Phase { word: Symbol::new(0, "starts"), sort: Sort::Begin };
/// A call reaches its service.
pub(super) const ARRIVES: Phase = Phase { word: Symbol::new(1, "arrives"), sort: Sort::Visit };
/// A reply reaches its caller.
pub(super) const RETURNS: Phase = Phase { word: Symbol::new(2, "returns"), sort: Sort::Private };
/// A wait of an actor is over.
pub(super) const ENDS: Phase = Phase { word: Symbol::new(3, "ends"), sort: Sort::Step };
/// Something that a service has started is due.
pub(super) const FIRES: Phase = Phase { word: Symbol::new(4, "fires"), sort: Sort::Other };
/// An actor dies.
pub(super) const DIES: Phase = Phase { word: Symbol::new(5, "dies"), sort: Sort::Other };
/// A message that nobody waits for reaches its service.
pub(super) const DELIVERED: Phase = Phase { word: Symbol::new(6, "delivered"), sort: Sort::Sent };
/// A request is lost, or not. This is a fate.
pub(super) const REQUEST_LOST: Phase =
    Phase { word: Symbol::new(7, "request_lost"), sort: Sort::Other };
/// A reply is lost, or not. This is a fate.
pub(super) const REPLY_LOST: Phase =
    Phase { word: Symbol::new(8, "reply_lost"), sort: Sort::Other };
/// What chance decides for an actor or a service. This is a fate.
pub(super) const DRAWN: Phase = Phase { word: Symbol::new(9, "drawn"), sort: Sort::Other };

const PHASES: [Phase; 10] =
    [STARTS, ARRIVES, RETURNS, ENDS, FIRES, DIES, DELIVERED, REQUEST_LOST, REPLY_LOST, DRAWN];

/// The phases' words, in the order of their numbers.
const PHASE_WORDS: [&str; PHASES.len()] = [
    "starts",
    "arrives",
    "returns",
    "ends",
    "fires",
    "dies",
    "delivered",
    "request_lost",
    "reply_lost",
    "drawn",
];

/// That an actor exists.
pub(super) const LIFE: &str = "life";

/// The words for what actors do. A word keeps its number from trial to trial.
#[derive(Clone, Debug)]
pub(super) struct Words(Vec<(String, Symbol)>);

impl Default for Words {
    fn default() -> Words {
        Words(vec![(LIFE.to_owned(), Symbol::new(0, LIFE))])
    }
}

impl Words {
    /// Returns the symbol of a word.
    pub(super) fn symbol(&mut self, word: &str) -> Symbol {
        if let Some((_, symbol)) = self.0.iter().find(|(known, _)| known == word) {
            return *symbol;
        }
        let number = self.0.len();
        assert!(
            number < ACTIONS_MAX,
            "the requests of a simulation have at most {} different names, and `{word}` is one \
             more; a request is named after its variant",
            ACTIONS_MAX - 1
        );
        let symbol = Symbol::new(number as u8, word);
        self.0.push((word.to_owned(), symbol));
        symbol
    }

    /// Returns what is done in a call.
    pub(super) fn action(&self, call: &Call) -> &str {
        &self.0[usize::from(call.action)].0
    }

    /// Returns a name in text, such as `till-2/Sell#1/arrives`, if `who` is its actor.
    pub(super) fn text(&self, name: &Name, who: &str) -> String {
        let (action, phase) = (self.action(&name.call), PHASE_WORDS[usize::from(name.phase)]);
        let text = format!("{who}/{action}#{}/{phase}", name.call.nth);
        if name.part == 0 { text } else { format!("{text}#{}", name.part) }
    }
}

/// Reads a name as [`Words::text`] writes it. Returns none if it is not a name.
pub(super) fn parse(text: &str) -> Option<Name> {
    let mut pieces = text.rsplitn(3, '/');
    let (phase, call, who) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let (phase, part) = phase.split_once('#').unwrap_or((phase, "0"));
    let (action, nth) = call.split_once('#')?;
    let phase = PHASE_WORDS.iter().position(|word| *word == phase)?;
    let key = key_of(who);
    let call = Call::new(Who(key), key, Symbol::new(0, action), nth.parse().ok()?);
    Some(Name::new(call, PHASES[phase]).part(part.parse().ok()?))
}

/// Returns the name of a value's variant, which is how its `Debug` text begins.
pub(super) fn variant(value: &dyn Debug) -> String {
    let mut variant = Variant(String::new());
    // It stops by failing.
    let _ = write!(variant, "{value:?}");
    if variant.0.is_empty() { "call".to_owned() } else { variant.0 }
}

struct Variant(String);

impl fmt::Write for Variant {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        self.0.push_str(&text[..end]);
        if end == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_after_its_variant() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "only shown")]
        enum Ask {
            Look,
            Sell(u32),
            Move { to: u32 },
        }
        assert_eq!(variant(&Ask::Look), "Look");
        assert_eq!(variant(&Ask::Sell(3)), "Sell");
        assert_eq!(variant(&Ask::Move { to: 1 }), "Move");
        assert_eq!(variant(&()), "call");
        assert_eq!(variant(&7), "7");
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let mut words = Words::default();
        let sell = words.symbol("Sell");
        let key = key_of("till-2");
        let call = Call::new(Who(key), key, sell, 3);
        for (phase, part) in [(ARRIVES, 0), (FIRES, 2)] {
            let name = Name::new(call, phase).part(part);
            let text = words.text(&name, "till-2");
            assert_eq!(parse(&text), Some(name), "{text}");
        }
        assert_eq!(words.text(&Name::new(call, ARRIVES), "till-2"), "till-2/Sell#3/arrives");
        for wrong in ["", "till-2", "till-2/Sell/arrives", "till-2/Sell#3/sings", "a/b#x/ends"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn phases_are_listed_in_the_order_of_their_numbers() {
        for (number, phase) in PHASES.iter().enumerate() {
            assert_eq!(phase.word, Symbol::new(number as u8, PHASE_WORDS[number]));
        }
    }
}
