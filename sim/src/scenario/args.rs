//! Args: the values of a block or of an action, read according to its table of keys.

use deadheat_model::history::{Mark, SameText};
use deadheat_model::id::{DocumentId, KindId, TextId};
use deadheat_model::property::PropertyId;
use deadheat_model::server::Outcome;
use deadheat_model::switches::Switches;
use deadheat_model::time::{Span, Window};

use super::params::Settings;
use super::tree::Entry;
use super::{Action, At, Causes, DocumentThread, Guards, Local, LockKey};

/// A value that has been read, with one variant for each kind.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(TextId),
    Prose(String),
    Count(u64),
    Span(Span),
    Window(Window),
    Flag(bool),
    Choice(usize),
    Chance(u32),
    At(At),
    LockKey(LockKey),
    SameKey(SameText),
    Causes(Causes),
    Local(Local),
    Job(KindId),
    Document(DocumentId),
    DocumentThread(DocumentThread),
    Thread(usize),
    Actions(Vec<Action>),
    Outcomes(Vec<(Outcome, u32)>),
    Switches(Switches),
    Properties(Vec<PropertyId>),
    Marks(Vec<Mark>),
    Settings(Settings),
    Guards(Guards),
    Withs(Vec<Entry>),
}

/// The values of one block or action. Each key of the table is present, unless it was left out and
/// has no default. A value that was reported as wrong is replaced by some value of its kind.
pub(super) struct Args {
    values: Vec<(&'static str, Value)>,
    poll: Window,
}

impl Args {
    pub(super) fn new(poll: Window) -> Args {
        Args { values: Vec::new(), poll }
    }

    pub(super) fn push(&mut self, name: &'static str, value: Value) {
        self.values.push((name, value));
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.values.iter().position(|(key, _)| *key == name)?;
        Some(self.values.swap_remove(at).1)
    }

    fn need(&mut self, name: &str) -> Value {
        match self.take(name) {
            Some(value) => value,
            None => unreachable!("invariant: `{name}` is required or has a default"),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> TextId {
        match self.need(name) {
            Value::Text(text) => text,
            value => wrong(name, &value),
        }
    }

    pub(super) fn prose(&mut self, name: &str) -> String {
        match self.need(name) {
            Value::Prose(text) => text,
            value => wrong(name, &value),
        }
    }

    pub(super) fn count(&mut self, name: &str) -> u64 {
        match self.need(name) {
            Value::Count(count) => count,
            value => wrong(name, &value),
        }
    }

    pub(super) fn count_if_given(&mut self, name: &str) -> Option<u64> {
        match self.take(name)? {
            Value::Count(count) => Some(count),
            value => wrong(name, &value),
        }
    }

    pub(super) fn chance(&mut self, name: &str) -> u32 {
        match self.need(name) {
            Value::Chance(chance) => chance,
            value => wrong(name, &value),
        }
    }

    pub(super) fn at_if_given(&mut self, name: &str) -> Option<At> {
        match self.take(name)? {
            Value::At(at) => Some(at),
            value => wrong(name, &value),
        }
    }

    pub(super) fn lock_key(&mut self, name: &str) -> LockKey {
        match self.need(name) {
            Value::LockKey(key) => key,
            value => wrong(name, &value),
        }
    }

    pub(super) fn same_if_given(&mut self, name: &str) -> Option<SameText> {
        match self.take(name)? {
            Value::SameKey(same) => Some(same),
            value => wrong(name, &value),
        }
    }

    pub(super) fn window_if_given(&mut self, name: &str) -> Option<Window> {
        match self.take(name)? {
            Value::Window(window) => Some(window),
            value => wrong(name, &value),
        }
    }

    pub(super) fn span(&mut self, name: &str) -> Span {
        match self.need(name) {
            Value::Span(span) => span,
            value => wrong(name, &value),
        }
    }

    pub(super) fn span_if_given(&mut self, name: &str) -> Option<Span> {
        match self.take(name)? {
            Value::Span(span) => Some(span),
            value => wrong(name, &value),
        }
    }

    pub(super) fn window(&mut self, name: &str) -> Window {
        match self.need(name) {
            Value::Window(window) => window,
            value => wrong(name, &value),
        }
    }

    /// Returns the window, or the client's own poll interval.
    pub(super) fn poll(&mut self, name: &str) -> Window {
        match self.take(name) {
            None => self.poll,
            Some(Value::Window(window)) => window,
            Some(value) => wrong(name, &value),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.need(name) {
            Value::Flag(flag) => flag,
            value => wrong(name, &value),
        }
    }

    /// Returns the option for the chosen word. `options` are in the order of the words.
    pub(super) fn choose<T: Copy>(&mut self, name: &str, options: &[T]) -> T {
        match self.need(name) {
            Value::Choice(index) => options[index],
            value => wrong(name, &value),
        }
    }

    pub(super) fn causes(&mut self, name: &str) -> Causes {
        match self.need(name) {
            Value::Causes(causes) => causes,
            value => wrong(name, &value),
        }
    }

    pub(super) fn job(&mut self, name: &str) -> KindId {
        match self.need(name) {
            Value::Job(job) => job,
            value => wrong(name, &value),
        }
    }

    pub(super) fn document_if_given(&mut self, name: &str) -> Option<DocumentId> {
        match self.take(name)? {
            Value::Document(document) => Some(document),
            value => wrong(name, &value),
        }
    }

    pub(super) fn document(&mut self, name: &str) -> DocumentId {
        match self.need(name) {
            Value::Document(document) => document,
            value => wrong(name, &value),
        }
    }

    pub(super) fn document_thread(&mut self, name: &str) -> DocumentThread {
        match self.need(name) {
            Value::DocumentThread(thread) => thread,
            value => wrong(name, &value),
        }
    }

    pub(super) fn thread_if_given(&mut self, name: &str) -> Option<usize> {
        match self.take(name)? {
            Value::Thread(thread) => Some(thread),
            value => wrong(name, &value),
        }
    }

    pub(super) fn actions(&mut self, name: &str) -> Vec<Action> {
        match self.need(name) {
            Value::Actions(actions) => actions,
            value => wrong(name, &value),
        }
    }

    pub(super) fn outcomes(&mut self, name: &str) -> Vec<(Outcome, u32)> {
        match self.need(name) {
            Value::Outcomes(outcomes) => outcomes,
            value => wrong(name, &value),
        }
    }

    pub(super) fn switches(&mut self, name: &str) -> Switches {
        match self.need(name) {
            Value::Switches(switches) => switches,
            value => wrong(name, &value),
        }
    }

    pub(super) fn properties(&mut self, name: &str) -> Vec<PropertyId> {
        match self.need(name) {
            Value::Properties(properties) => properties,
            value => wrong(name, &value),
        }
    }

    pub(super) fn marks(&mut self, name: &str) -> Vec<Mark> {
        match self.need(name) {
            Value::Marks(marks) => marks,
            value => wrong(name, &value),
        }
    }

    pub(super) fn settings_if_given(&mut self, name: &str) -> Option<Settings> {
        match self.take(name)? {
            Value::Settings(settings) => Some(settings),
            value => wrong(name, &value),
        }
    }

    pub(super) fn guards_if_given(&mut self, name: &str) -> Option<Guards> {
        match self.take(name)? {
            Value::Guards(guards) => Some(guards),
            value => wrong(name, &value),
        }
    }

    pub(super) fn withs(&mut self, name: &str) -> Vec<Entry> {
        match self.need(name) {
            Value::Withs(withs) => withs,
            value => wrong(name, &value),
        }
    }

    /// Returns which of two keys is given. The code that reads the keys checks that it is exactly
    /// one.
    pub(super) fn one_of(&self, one: &'static str, other: &'static str) -> Option<&'static str> {
        let is_given = |name: &&'static str| self.values.iter().any(|(key, _)| key == name);
        [one, other].into_iter().find(is_given)
    }

    /// Returns the local under `set` or under `unset`, and whether it was `set`.
    pub(super) fn one_local(&mut self, set: &'static str, unset: &'static str) -> (bool, Local) {
        let given = self.one_of(set, unset).unwrap_or(set);
        match self.take(given) {
            Some(Value::Local(local)) => (given == set, local),
            Some(value) => wrong(given, &value),
            None => (true, Local::Thread),
        }
    }
}

fn wrong(name: &str, value: &Value) -> ! {
    unreachable!("invariant: `{name}` has the kind of its table, and not that of {value:?}")
}
