//! A scenario's text as a tree of values, each with its place. Parameters are already replaced in
//! the tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::brackets::unclosed;
use super::diagnostic::{Diagnostic, Span};

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
    /// Where a substituted value comes from: "`$workers` is 8, from --set".
    pub(super) origin: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    /// A number with a fraction, as it is written.
    Fraction(String),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A kind of TOML value that no scenario needs.
    Other(&'static str),
    /// A value that was already reported as wrong.
    Broken,
}

/// A key and its value. Tables are in the order of the text.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn kind(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("the text \"{text}\""),
            Value::Whole(number) => format!("the number {number}"),
            Value::Fraction(number) => format!("the number {number}"),
            Value::Flag(flag) => format!("{flag}"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Other(kind) => format!("a {kind}"),
            Value::Broken => "a mistake".to_owned(),
        }
    }

    pub(super) fn table(&self) -> Option<&[Entry]> {
        let Value::Table(entries) = &self.value else { return None };
        Some(entries)
    }

    pub(super) fn text(&self) -> Option<&str> {
        let Value::Text(text) = &self.value else { return None };
        Some(text)
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        let Value::List(list) = &self.value else { return None };
        Some(list)
    }
}

/// Returns the entry with this key.
pub(super) fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// Reads a text as TOML. Anything that could not be read is reported, and left out of the tree.
pub(super) fn parse(source: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let (table, errors) = DeTable::parse_recoverable(source);
    let mut mistakes: Vec<(Span, String)> = errors
        .iter()
        .map(|error| {
            let end = source.len();
            let span = error.span().unwrap_or(end..end);
            (span.start.min(end)..span.end.min(end), error.message().to_owned())
        })
        .collect();
    mistakes.sort_by_key(|(span, _)| span.start);
    if mistakes.iter().any(|(_, message)| message.contains("unclosed")) {
        // It swallows the rest, so any message about the rest would mislead.
        let last = source.trim_end().len();
        let place = unclosed(source).unwrap_or(last);
        diagnostics.push(Diagnostic::unclosed(&(place..(place + 1).min(source.len()))));
        return Vec::new();
    }
    diagnostics
        .extend(mistakes.iter().map(|(span, message)| Diagnostic::syntax(span, message, source)));
    let mut entries = entries(table.get_ref());
    if !mistakes.is_empty() {
        let spans: Vec<Span> = mistakes.into_iter().map(|(span, _)| span).collect();
        drop_broken(&mut entries, &spans);
    }
    entries
}

/// Reads one value as `--set` gives it: as TOML if it is TOML, otherwise as a text.
pub(super) fn parse_value(text: &str) -> Value {
    match DeValue::parse(text) {
        Ok(value) => node(&value).value,
        Err(_) => Value::Text(text.to_owned()),
    }
}

fn entries(table: &DeTable<'_>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
        key: ToString::to_string(key.get_ref() as &std::borrow::Cow<'_, str>),
        key_span: key.span(),
        node: node(value),
    };
    let mut entries: Vec<Entry> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    entries
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let read = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Other("number that is too large"),
        },
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(list) => Value::List(list.iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(entries(table)),
        DeValue::Float(number) => Value::Fraction(number.as_str().to_owned()),
        DeValue::Datetime(_) => Value::Other("date"),
    };
    Node { value: read, span: value.span(), origin: None }
}

/// Leaves out every plain value in which something could not be read, because that has already been
/// reported.
fn drop_broken(entries: &mut Vec<Entry>, broken: &[Span]) {
    let touches =
        |span: &Span| broken.iter().any(|bad| bad.start <= span.end && span.start <= bad.end);
    entries.retain_mut(|entry| match &mut entry.node.value {
        Value::Table(inner) => {
            drop_broken(inner, broken);
            true
        }
        Value::List(list) => {
            drop_broken_elements(list, broken);
            true
        }
        Value::Text(_)
        | Value::Whole(_)
        | Value::Fraction(_)
        | Value::Flag(_)
        | Value::Other(_)
        | Value::Broken => !touches(&entry.node.span),
    });
}

fn drop_broken_elements(list: &mut Vec<Node>, broken: &[Span]) {
    let touches =
        |span: &Span| broken.iter().any(|bad| bad.start <= span.end && span.start <= bad.end);
    list.retain_mut(|node| match &mut node.value {
        Value::Table(inner) => {
            drop_broken(inner, broken);
            !inner.is_empty()
        }
        Value::List(inner) => {
            drop_broken_elements(inner, broken);
            true
        }
        Value::Text(_)
        | Value::Whole(_)
        | Value::Fraction(_)
        | Value::Flag(_)
        | Value::Other(_)
        | Value::Broken => !touches(&node.span),
    });
}
