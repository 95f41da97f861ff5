//! Options of a guard: read from `name=value,name=value` by the guard's keys, and shown again
//! without the defaults.

use std::fmt::{self, Write as _};

use deadheat_model::time::{Span, Window};

use super::Guard;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::key::{Default, Key, Kind};
use crate::scenario::read::{count, one_word, time};
use crate::scenario::tree::{Node, Value, parse_value};
use crate::scenario::unit;

/// A value for each of a guard's keys. `None` if no value is given and there is no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    values: Vec<(&'static str, Option<Given>)>,
    /// The spelling of the options that differ from their defaults.
    shown: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Span(Span),
    Window(Window),
    Count(u64),
    Choice(&'static str),
}

/// Returns the pieces of a text, each with its place in the whole. The text itself begins at
/// `from`.
pub(super) fn pieces(
    text: &str,
    mut from: usize,
    separator: char,
) -> impl Iterator<Item = (&str, usize)> {
    text.split(separator).map(move |piece| {
        let at = from;
        from += piece.len() + 1;
        (piece, at)
    })
}

impl Options {
    /// Reads the options of a guard. The text begins at `from`.
    pub(super) fn read(
        guard: &'static Guard,
        text: Option<&str>,
        from: usize,
    ) -> Result<Options, Diagnostic> {
        let mut given: Vec<(&'static str, Given)> = Vec::new();
        for (piece, at) in text.into_iter().flat_map(|text| pieces(text, from, ',')) {
            let Some((name, word)) = piece.split_once('=') else {
                return Err(malformed(guard, piece, at));
            };
            let (place, names) = (at..at + name.len(), guard.options.iter().map(|key| key.name));
            let Some(key) = guard.options.iter().find(|key| key.name == name) else {
                let owner = format!("`{}`", guard.name);
                return Err(Diagnostic::unknown_key(&place, name, &owner, names));
            };
            if given.iter().any(|(known, _)| *known == name) {
                return Err(Diagnostic::duplicate_option(&place, name));
            }
            given.push((key.name, value(key, word, place.end + 1)?));
        }
        let mut options = Options { values: Vec::new(), shown: String::new() };
        for key in guard.options {
            let default = match key.default {
                Default::Is(literal) => Some(default(key, literal)),
                Default::Required
                | Default::Absent(_)
                | Default::Instead(_)
                | Default::OnlyDocument => None,
            };
            let given = given.iter().find(|(name, _)| *name == key.name).map(|(_, given)| *given);
            if let Some(differs) = given.filter(|_| given != default) {
                options.shown.push(if options.shown.is_empty() { ':' } else { ',' });
                let _ = write!(options.shown, "{}={differs}", key.name);
            }
            options.values.push((key.name, given.or(default)));
        }
        Ok(options)
    }

    fn find(&self, name: &str) -> Option<Given> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.and_then(|(_, given)| *given)
    }

    pub(super) fn span(&self, name: &str) -> Option<Span> {
        let Some(Given::Span(span)) = self.find(name) else { return None };
        Some(span)
    }

    pub(super) fn window(&self, name: &str) -> Option<Window> {
        let Some(Given::Window(window)) = self.find(name) else { return None };
        Some(window)
    }

    pub(super) fn count(&self, name: &str) -> u64 {
        let Some(Given::Count(count)) = self.find(name) else {
            unreachable!("invariant: `{name}` is a number with a default")
        };
        count
    }

    /// Returns the value for the chosen word. `words` contains the words of the key.
    pub(super) fn choose<T: Copy>(&self, name: &str, words: &[(&'static str, T)]) -> T {
        let meant = words.iter().find(|(word, _)| self.find(name) == Some(Given::Choice(word)));
        meant.expect("invariant: the key has these words, and a default").1
    }
}

fn default(key: &Key, literal: &str) -> Given {
    let parsed = parse_value(literal);
    let word = if let Value::Text(text) = &parsed { text } else { literal };
    value(key, word, 0).expect("invariant: a default is of its kind")
}

fn value(key: &Key, word: &str, at: usize) -> Result<Given, Diagnostic> {
    let span = at..at + word.len();
    let node = |value| Node { value, span: span.clone(), origin: None };
    let text = || node(Value::Text(word.to_owned()));
    Ok(if let Kind::Span = key.kind {
        Given::Span(time(&text(), key.kind, unit::span)?)
    } else if let Kind::Window = key.kind {
        Given::Window(time(&text(), key.kind, unit::window)?)
    } else if let Kind::Count(min, max) = key.kind {
        Given::Count(count(&node(parse_value(word)), key, min, max)?)
    } else if let Kind::Choice(words) = key.kind {
        let what = format!("choice for `{}`", key.name);
        Given::Choice(words[one_word(words, |word| *word, &what, word, &span)?])
    } else {
        unreachable!("invariant: a guard's options are times, numbers and words")
    })
}

/// Reports a piece that is not an option. It may be a value whose name was left out.
fn malformed(guard: &Guard, piece: &str, at: usize) -> Diagnostic {
    let place = at..at + piece.len();
    let meant = guard.options.iter().find(|key| value(key, piece, at).is_ok());
    let meant = meant.map(|key| format!("{}={piece}", key.name));
    let known = guard.options.iter().map(|key| key.name);
    Diagnostic::bad_option(&place, piece, meant.as_deref(), known)
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Given::Span(span) => span.fmt(f),
            Given::Window(window) => window.fmt(f),
            Given::Count(count) => count.fmt(f),
            Given::Choice(word) => f.write_str(word),
        }
    }
}
