//! Reading: one value of a given kind from the tree. Every mistake is reported.

use deadheat_model::history::{Cause, Mark, Operation, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::property::PropertyId;
use deadheat_model::server::Outcome;
use deadheat_model::switches::{SWITCHES, Switches};
use deadheat_model::time::{Span, Window};

use super::args::{Args, Value};
use super::diagnostic::{Diagnostic, Span as Place};
use super::key::{Default, Key, Kind};
use super::lower::Lowering;
use super::params::{Settings, shown};
use super::tree::{self, Entry, Node, parse_value};
use super::unit::{self, NoTime};
use super::{Action, At, Causes, DocumentThread, Guards, Local, LockKey};

/// The words for the outcomes of a run.
pub(super) const OUTCOMES: [(&str, Outcome); 5] = [
    (outcome_word(Outcome::Completed), Outcome::Completed),
    (outcome_word(Outcome::Failed), Outcome::Failed),
    (outcome_word(Outcome::Incomplete), Outcome::Incomplete),
    (outcome_word(Outcome::NeedsAction(1)), Outcome::NeedsAction(1)),
    (outcome_word(Outcome::Stuck), Outcome::Stuck),
];

/// Returns the word for an outcome of a run.
pub(super) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed => "failed",
        Outcome::Incomplete => "incomplete",
        Outcome::NeedsAction(_) => "needs_action",
        Outcome::Stuck => "stuck",
    }
}

impl Lowering<'_> {
    /// Reads the keys of a block or an action. `place` is its name in diagnostics, and `span` is
    /// its place in the text.
    pub(super) fn args(
        &mut self,
        place: &str,
        span: &Place,
        keys: &[&'static [Key]],
        entries: &[Entry],
    ) -> Args {
        let known = || keys.iter().flat_map(|keys| keys.iter());
        for entry in entries.iter().filter(|entry| !known().any(|key| key.name == entry.key)) {
            let names = known().map(|key| key.name);
            self.tell(Diagnostic::unknown_key(&entry.key_span, &entry.key, place, names));
        }
        let mut args = Args::new(self.poll);
        for key in known() {
            let value = match (tree::find(entries, key.name), key.default) {
                (Some(entry), Default::Absent(_)) if is_none(&entry.node, key) => continue,
                (Some(entry), _) => self.read(&entry.node, key),
                (None, Default::Is(literal)) => {
                    let (value, span) = (parse_value(literal), span.clone());
                    self.read(&Node { value, span, origin: None }, key)
                }
                (None, Default::Absent(_) | Default::Instead(_)) => continue,
                (None, Default::OnlyDocument) if self.documents.len() < 2 => dummy(key.kind),
                (None, Default::Required | Default::OnlyDocument) => {
                    self.tell(Diagnostic::missing_key(span, key.name, place, key.help));
                    dummy(key.kind)
                }
            };
            args.push(key.name, value);
        }
        args
    }

    fn read(&mut self, node: &Node, key: &Key) -> Value {
        if matches!(node.value, tree::Value::Broken) {
            return dummy(key.kind);
        }
        match self.try_read(node, key) {
            Ok(value) => value,
            Err(diagnostic) => {
                self.tell(diagnostic.with_origin(node.origin.as_deref()));
                dummy(key.kind)
            }
        }
    }

    fn try_read(&mut self, node: &Node, key: &Key) -> Result<Value, Diagnostic> {
        let span = &node.span;
        let text = || node.text().ok_or_else(|| wrong_kind(node, key.kind));
        Ok(match key.kind {
            Kind::Text => {
                let text = text()?;
                self.check_placeholders(text, span);
                Box::new(self.intern(text))
            }
            Kind::Prose => Box::new(text()?.to_owned()),
            Kind::Name => Box::new(name(text()?, node)?),
            Kind::DocumentName => {
                let id = shown(&node.value).ok_or_else(|| wrong_kind(node, key.kind))?;
                Box::new(name(&id, node)?)
            }
            Kind::Count(min, max) => Box::new(count(node, key, min, max)?),
            Kind::Span => Box::new(time(node, key.kind, unit::span)?),
            Kind::Start if node.text() == Some("together") => Box::new(Window::NOW),
            Kind::Window | Kind::Start => Box::new(time(node, key.kind, unit::window)?),
            Kind::Flag => {
                let tree::Value::Flag(flag) = node.value else {
                    return Err(wrong_kind(node, key.kind));
                };
                Box::new(flag)
            }
            Kind::Chance => Box::new(chance(node)?),
            Kind::At => Box::new(self.at(text()?, span)?),
            Kind::LockKey => {
                let text = text()?;
                self.check_lock_key(text, span);
                Box::new(lock_key(self.intern(text), text))
            }
            Kind::SameKey => {
                let text = text()?;
                self.check_same_key(text, span);
                Box::new(same_text(self.intern(text), text))
            }
            Kind::Choice(words) => {
                let what = format!("choice for `{}`", key.name);
                Box::new(one_word(words, |word| *word, &what, text()?, span)?)
            }
            Kind::Local => {
                let place = one_word(&Local::ALL, |local| local.name(), "local", text()?, span)?;
                Box::new(Local::ALL[place])
            }
            Kind::Job => {
                let id = place_of(&self.jobs, "job", text()?, span)?;
                Box::new(KindId(id as u16))
            }
            Kind::Document => {
                let id = shown(&node.value).ok_or_else(|| wrong_kind(node, key.kind))?;
                Box::new(DocumentId(place_of(&self.documents, "document", &id, span)? as u16))
            }
            Kind::Thread => Box::new(place_of(&self.threads, "thread", text()?, span)?),
            Kind::DocumentThread => Box::new(match text()? {
                "exists" => DocumentThread::Exists,
                "none" => DocumentThread::None,
                name => DocumentThread::Named(place_of(&self.threads, "thread", name, span)?),
            }),
            Kind::Actions => Box::new(self.actions(node)),
            Kind::Causes => Box::new(self.causes(node)?),
            Kind::Properties => Box::new(self.words(
                node,
                key.kind,
                "property",
                &PropertyId::ALL,
                PropertyId::name,
            )?),
            Kind::Marks => Box::new(self.words(node, key.kind, "mark", &Mark::ALL, Mark::name)?),
            Kind::Outcomes => Box::new(self.outcomes(node)?),
            Kind::Switches => Box::new(self.switches(node)?),
            Kind::Rates => Box::new(self.rates(node)?),
            Kind::Settings => Box::new(self.settings(node)?),
            Kind::Guard => {
                let text = text()?;
                Box::new(Guards::parse(text).map_err(|made| made.within(span, text))?)
            }
            Kind::Withs => {
                let list = node.list().ok_or_else(|| wrong_kind(node, key.kind))?;
                Box::new(list.iter().map(unnamed).collect::<Vec<_>>())
            }
        })
    }

    /// Reads a list of words and returns what each of them means.
    fn words<T: Copy>(
        &mut self,
        node: &Node,
        kind: Kind,
        what: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<Vec<T>, Diagnostic> {
        let tree::Value::List(list) = &node.value else { return Err(wrong_kind(node, kind)) };
        let mut found = Vec::new();
        for node in list {
            let Some(word) = node.text() else {
                let expected = format!("a {what}");
                self.tell(Diagnostic::wrong_kind(&node.span, &expected, &node.kind()));
                continue;
            };
            match one_word(all, |one| name(*one), what, word, &node.span) {
                Ok(place) => found.push(all[place]),
                Err(made) => self.tell(made),
            }
        }
        Ok(found)
    }

    /// Reads a call: `generate#1.1/create_run#1`.
    fn at(&mut self, text: &str, span: &Place) -> Result<At, Diagnostic> {
        let malformed = || Diagnostic::bad_call(span, text);
        let (actor, call) = text.split_once('/').ok_or_else(malformed)?;
        let (operation, nth) = call.split_once('#').unwrap_or((call, "1"));
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(malformed)?;
        let all = &Operation::ALL;
        let operation = all[one_word(all, |one| one.name(), "operation", operation, span)?];
        let kind = actor.split_once('#').map(|(kind, _)| kind);
        if let Some(kind) = kind {
            place_of(&self.jobs, "job", kind, span)?;
            let numbers = &actor[kind.len() + 1..];
            let is_attempt = numbers.split_once('.').is_some_and(|(job, attempt)| {
                job.parse::<u32>().is_ok_and(|job| job > 0)
                    && attempt.parse::<u16>().is_ok_and(|attempt| attempt > 0)
            });
            if !is_attempt {
                return Err(malformed());
            }
        }
        Ok(At { actor: actor.to_owned(), operation, nth })
    }

    fn causes(&mut self, node: &Node) -> Result<Causes, Diagnostic> {
        let causes = self.words(node, Kind::Causes, "cause", &Cause::ALL, Cause::name)?;
        Ok(causes.into_iter().fold(Causes::default(), Causes::with))
    }

    fn outcomes(&mut self, node: &Node) -> Result<Vec<(Outcome, u32)>, Diagnostic> {
        let entries = node.table().ok_or_else(|| wrong_kind(node, Kind::Outcomes))?;
        let key = Key::required("weight", Kind::Count(0, 1_000_000)).help("");
        let mut outcomes = Vec::new();
        for entry in entries {
            let weight = self.read(&entry.node, &key).downcast::<u64>();
            let weight = weight.map_or(0, |weight| *weight as u32);
            match one_word(&OUTCOMES, |(word, _)| word, "outcome", &entry.key, &entry.key_span) {
                Ok(place) => outcomes.push((OUTCOMES[place].1, weight)),
                Err(made) => self.tell(made),
            }
        }
        outcomes.retain(|(_, weight)| *weight > 0);
        if outcomes.is_empty() {
            let message = "no outcome has a weight".to_owned();
            let help = "give at least one of them a weight, such as { completed = 1 }";
            return Err(Diagnostic::contradiction(&node.span, message, help));
        }
        outcomes.sort_unstable();
        Ok(outcomes)
    }

    fn switches(&mut self, node: &Node) -> Result<Switches, Diagnostic> {
        let entries = node.table().ok_or_else(|| wrong_kind(node, Kind::Switches))?;
        let mut switches = Switches::default();
        for entry in entries {
            let Some(switch) = SWITCHES.iter().find(|switch| switch.name == entry.key) else {
                let known = SWITCHES.iter().map(|switch| switch.name);
                self.tell(Diagnostic::unknown_word(&entry.key_span, "switch", &entry.key, known));
                continue;
            };
            let word = entry.node.text().unwrap_or("");
            match switch.choices.iter().position(|choice| *choice == word) {
                Some(index) => (switch.set)(&mut switches, index),
                None => {
                    let what = format!("choice for `{}`", switch.name);
                    let word = shown(&entry.node.value).unwrap_or_else(|| entry.node.kind());
                    let span = &entry.node.span;
                    self.tell(Diagnostic::unknown_word(span, &what, &word, switch.choices));
                }
            }
        }
        Ok(switches)
    }

    fn rates(&mut self, node: &Node) -> Result<Vec<(PropertyId, u32)>, Diagnostic> {
        let entries = node.table().ok_or_else(|| wrong_kind(node, Kind::Rates))?;
        let mut rates = Vec::new();
        for entry in entries {
            let name = |property: &PropertyId| property.name();
            let found = one_word(&PropertyId::ALL, name, "property", &entry.key, &entry.key_span);
            match found.and_then(|place| Ok((PropertyId::ALL[place], rate(&entry.node)?))) {
                Ok(found) => rates.push(found),
                Err(made) => self.tell(made),
            }
        }
        Ok(rates)
    }

    fn settings(&mut self, node: &Node) -> Result<Settings, Diagnostic> {
        let entries = node.table().ok_or_else(|| wrong_kind(node, Kind::Settings))?;
        let mut settings = Vec::new();
        for entry in entries {
            if !self.params.iter().any(|(name, _)| *name == entry.key) {
                let known = self.params.iter().map(|(name, _)| name.as_str());
                let made =
                    Diagnostic::unknown_name(&entry.key_span, "parameter", &entry.key, known);
                self.diagnostics.push(made);
                continue;
            }
            match shown(&entry.node.value) {
                Some(value) => settings.push((entry.key.clone(), value)),
                None => {
                    let (expected, found) = ("a plain value", entry.node.kind());
                    self.tell(Diagnostic::wrong_kind(&entry.node.span, expected, &found));
                }
            }
        }
        Ok(settings)
    }

    fn intern(&mut self, text: &str) -> TextId {
        intern(&mut self.texts, text)
    }
}

/// Returns the place of a text among others, and appends it if it is new.
pub(super) fn intern(texts: &mut Vec<String>, text: &str) -> TextId {
    let at = texts.iter().position(|known| known == text).unwrap_or_else(|| {
        texts.push(text.to_owned());
        texts.len() - 1
    });
    TextId(at as u32)
}

/// Returns whether an optional time is explicitly "none". That spelling exists so that a parameter
/// can leave the time out.
fn is_none(node: &Node, key: &Key) -> bool {
    key.kind == Kind::Span && node.text() == Some("none")
}

fn wrong_kind(node: &Node, kind: Kind) -> Diagnostic {
    Diagnostic::wrong_kind(&node.span, kind.expected(), &node.kind())
}

fn unnamed(node: &Node) -> Entry {
    Entry { key: String::new(), key_span: node.span.clone(), node: node.clone() }
}

fn name(text: &str, node: &Node) -> Result<String, Diagnostic> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.len() <= 40 && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    let expected = "a name of letters, digits, `-` and `_`, at most 40 of them";
    Err(Diagnostic::wrong_kind(&node.span, expected, &node.kind()))
}

/// Reads a rate, in millionths: a number from 0 to 1, or a percentage.
fn rate(node: &Node) -> Result<u32, Diagnostic> {
    let Some(text) = node.text() else { return chance(node) };
    let percent = text.strip_suffix('%').and_then(|text| text.trim().parse::<f64>().ok());
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(unsigned((percent * 1e4).round())),
        _ => Err(Diagnostic::out_of_range(&node.span, "rate", text, "0 % to 100 %")),
    }
}

/// Reads a probability, in millionths.
fn chance(node: &Node) -> Result<u32, Diagnostic> {
    let number = if let tree::Value::Whole(number) = node.value {
        Some(number as f64)
    } else if let tree::Value::Fraction(text) = &node.value {
        text.parse().ok()
    } else {
        None
    };
    let number = number.ok_or_else(|| wrong_kind(node, Kind::Chance))?;
    if (0.0..=1.0).contains(&number) {
        Ok(unsigned((number * 1e6).round()))
    } else {
        let told = shown(&node.value).unwrap_or_default();
        Err(Diagnostic::out_of_range(&node.span, "chance", &told, "0 to 1"))
    }
}

/// Converts a number that is known to be small and whole.
#[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "it is in range")]
fn unsigned(number: f64) -> u32 {
    number as u32
}

/// Returns the place of a word in a table of words.
pub(super) fn one_word<T>(
    all: &[T],
    name: impl Fn(&T) -> &'static str,
    what: &str,
    word: &str,
    span: &Place,
) -> Result<usize, Diagnostic> {
    let place = all.iter().position(|one| name(one) == word);
    place.ok_or_else(|| Diagnostic::unknown_word(span, what, word, all.iter().map(name)))
}

fn place_of(known: &[String], what: &str, name: &str, span: &Place) -> Result<usize, Diagnostic> {
    let at = known.iter().position(|known| known == name);
    let names = known.iter().map(String::as_str);
    at.ok_or_else(|| Diagnostic::unknown_name(span, what, name, names))
}

pub(super) fn count(node: &Node, key: &Key, min: u64, max: u64) -> Result<u64, Diagnostic> {
    let tree::Value::Whole(number) = node.value else { return Err(wrong_kind(node, key.kind)) };
    let count = u64::try_from(number).ok().filter(|count| (min..=max).contains(count));
    count.ok_or_else(|| {
        let range =
            if max == u64::MAX { format!("at least {min}") } else { format!("{min} to {max}") };
        Diagnostic::out_of_range(&node.span, key.name, &number.to_string(), &range)
    })
}

pub(super) fn time<T>(
    node: &Node,
    kind: Kind,
    read: fn(&str) -> Result<T, NoTime>,
) -> Result<T, Diagnostic> {
    let text = node.text().ok_or_else(|| {
        let help = "put times and windows in quotes, with a unit: \"80ms\", \"2s..20s\"";
        wrong_kind(node, kind).with_origin(Some(help))
    })?;
    read(text).map_err(|error| match error {
        NoTime::Malformed => Diagnostic::bad_time(&node.span, kind.expected(), text),
        NoTime::Backward => Diagnostic::backward_window(&node.span, text),
        NoTime::OutOfRange => {
            let range = format!("whole microseconds, and at most {}", unit::LONGEST);
            Diagnostic::out_of_range(&node.span, "a time", text, &range)
        }
    })
}

/// Returns the name of a lock, with the locals that its text contains.
pub(super) fn lock_key(id: TextId, text: &str) -> LockKey {
    LockKey {
        text: id,
        by_thread: text.contains("{thread}"),
        by_document: text.contains("{document}"),
        by_section: text.contains("{section}"),
    }
}

fn same_text(id: TextId, text: &str) -> SameText {
    SameText {
        text: id,
        by_thread: text.contains("{thread}"),
        by_document: text.contains("{document}"),
        by_section: text.contains("{section}"),
        by_iteration: text.contains("{iteration}"),
    }
}

/// Returns some value of this kind, so that reading can continue after a mistake.
fn dummy(kind: Kind) -> Value {
    match kind {
        Kind::Text => Box::new(TextId(0)),
        Kind::Prose | Kind::Name | Kind::DocumentName => Box::new(String::new()),
        Kind::Count(min, _) => Box::new(min),
        Kind::Span => Box::new(Span::ZERO),
        Kind::Window | Kind::Start => Box::new(Window::NOW),
        Kind::Flag => Box::new(false),
        Kind::Chance => Box::new(0_u32),
        Kind::At => Box::new(At { actor: String::new(), operation: Operation::Life, nth: 1 }),
        Kind::LockKey => Box::new(lock_key(TextId(0), "")),
        Kind::SameKey => Box::new(same_text(TextId(0), "")),
        Kind::Choice(_) | Kind::Thread => Box::new(0_usize),
        Kind::Causes => Box::new(Causes::default()),
        Kind::Local => Box::new(Local::Thread),
        Kind::Job => Box::new(KindId(0)),
        Kind::Document => Box::new(DocumentId(0)),
        Kind::DocumentThread => Box::new(DocumentThread::None),
        Kind::Actions => Box::new(Vec::<Action>::new()),
        Kind::Outcomes => Box::new(vec![(Outcome::Completed, 1_u32)]),
        Kind::Switches => Box::new(Switches::default()),
        Kind::Properties => Box::new(Vec::<PropertyId>::new()),
        Kind::Marks => Box::new(Vec::<Mark>::new()),
        Kind::Rates => Box::new(Vec::<(PropertyId, u32)>::new()),
        Kind::Settings => Box::new(Settings::new()),
        Kind::Guard => Box::new(Guards::none()),
        Kind::Withs => Box::new(Vec::<Entry>::new()),
    }
}
