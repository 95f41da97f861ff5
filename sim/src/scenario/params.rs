//! Parameters: `[params] workers = 5` is used as `"$workers"`, always as the whole value and with
//! its type.

use super::diagnostic::Diagnostic;
use super::tree::{Entry, Node, Value, find, parse_value};

/// Settings from outside, such as `--set workers=8`, in the order given.
pub type Settings = Vec<(String, String)>;

/// Replaces every parameter in the tree by its value, and removes `[params]` from the tree.
pub(super) fn substitute(
    entries: &mut Vec<Entry>,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let at = entries.iter().position(|entry| entry.key == "params");
    let params = at.map(|at| entries.remove(at));
    let mut params: Vec<Param> = match &params {
        None => Vec::new(),
        Some(entry) => match entry.node.table() {
            Some(table) => table.iter().filter_map(|entry| param(entry, diagnostics)).collect(),
            None => {
                let found = entry.node.kind();
                diagnostics.push(Diagnostic::wrong_kind(&entry.node.span, "a table", &found));
                Vec::new()
            }
        },
    };
    for (name, text) in settings {
        let Some(at) = params.iter().position(|param| param.entry.key == *name) else {
            let known = params.iter().map(|param| param.entry.key.as_str());
            diagnostics.push(Diagnostic::unknown_set(name, known));
            continue;
        };
        params[at].entry.node.value = parse_value(text);
        params[at].origin = ", set by --set";
    }
    let told = diagnostics.len();
    for entry in &mut *entries {
        replace(&mut entry.node, &mut params, diagnostics);
    }
    // A reference to an unknown parameter may have meant one that seems unused.
    let is_clear = diagnostics.len() == told;
    for param in params.iter().filter(|param| is_clear && !param.is_used) {
        let (span, name) = (&param.entry.key_span, &param.entry.key);
        let help = format!("use it as \"${name}\", or leave it out");
        diagnostics.push(Diagnostic::unused(span, "parameter", name, &help));
    }
}

/// Returns the parameters of a scenario, with the values that its text gives them.
pub(super) fn declared(entries: &[Entry]) -> Vec<(String, String)> {
    let table = find(entries, "params").and_then(|entry| entry.node.table());
    let plain = |entry: &Entry| Some((entry.key.clone(), shown(&entry.node.value)?));
    table.unwrap_or(&[]).iter().filter_map(plain).collect()
}

/// Returns a plain value as `--set` would spell it.
pub(super) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Whole(number) => Some(number.to_string()),
        Value::Fraction(number) => Some(number.clone()),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::List(_) | Value::Table(_) | Value::Other(_) | Value::Broken => None,
    }
}

struct Param {
    entry: Entry,
    origin: &'static str,
    is_used: bool,
}

fn param(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Param> {
    if shown(&entry.node.value).is_none() {
        let expected = "a number, a text, true or false";
        let found = entry.node.kind();
        diagnostics.push(Diagnostic::wrong_kind(&entry.node.span, expected, &found));
        return None;
    }
    Some(Param { entry: entry.clone(), origin: "", is_used: false })
}

fn replace(node: &mut Node, params: &mut [Param], diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.value {
        Value::List(list) => {
            for node in list {
                replace(node, params, diagnostics);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                replace(&mut entry.node, params, diagnostics);
            }
        }
        Value::Text(text) => {
            let Some(name) = reference(text).map(str::to_owned) else { return };
            let Some(param) = params.iter_mut().find(|param| param.entry.key == name) else {
                let known = params.iter().map(|param| param.entry.key.as_str());
                let made = Diagnostic::unknown_name(&node.span, "parameter", &name, known);
                diagnostics.push(made);
                node.value = Value::Broken;
                return;
            };
            param.is_used = true;
            node.value = param.entry.node.value.clone();
            let value = shown(&node.value).unwrap_or_default();
            node.origin = Some(format!("`${name}` is {value} here{}", param.origin));
        }
        Value::Whole(_) | Value::Fraction(_) | Value::Flag(_) | Value::Other(_) | Value::Broken => {
        }
    }
}

/// Returns `workers` for `$workers`.
fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    is_name.then_some(name)
}
