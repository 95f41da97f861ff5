//! Lowering `[[fault]]`: one of the table's verbs, and when it strikes.

use std::collections::BTreeSet;

use super::diagnostic::Diagnostic;
use super::fault::{FAULTS, Fault};
use super::lower::{Lowering, block, tables};
use super::tree::{Entry, Value};

/// A set of faults is a set of bits.
const FAULTS_MAX: usize = 64;

impl Lowering<'_> {
    /// All faults of the file, in its order.
    pub(super) fn faults(&mut self, entries: &[Entry]) -> Vec<Fault> {
        (self.role, self.known) = (None, BTreeSet::new());
        let mut faults = Vec::new();
        for node in tables(entries, "fault") {
            if faults.len() == FAULTS_MAX {
                let what = format!("the scenario has more than {FAULTS_MAX} faults");
                self.tell(Diagnostic::too_much(&node.span, &what));
                break;
            }
            let inner = node.table().unwrap_or(&[]);
            let is_verb = |entry: &&Entry| FAULTS.iter().any(|fault| fault.name == entry.key);
            let plain: Vec<Entry> = inner.iter().filter(|entry| !is_verb(entry)).cloned().collect();
            let is_fresh =
                |entry: &&Entry| block("fault").keys.iter().all(|key| key.name != entry.key);
            let verbs: Vec<&Entry> = inner.iter().filter(is_fresh).collect();
            let [entry] = verbs.as_slice() else {
                let names: Vec<&str> = verbs.iter().map(|entry| entry.key.as_str()).collect();
                self.tell(Diagnostic::not_one_fault(&node.span, &names));
                continue;
            };
            let Some(verb) = FAULTS.iter().find(|fault| fault.name == entry.key) else {
                let known = FAULTS.iter().map(|fault| fault.name);
                self.tell(Diagnostic::unknown_word(&entry.key_span, "fault", &entry.key, known));
                continue;
            };
            let options = match (&entry.node.value, verb.main) {
                (Value::Table(options), _) => options.clone(),
                (_, Some(main)) => {
                    vec![Entry { key: main.to_owned(), ..(*entry).clone() }]
                }
                (_, None) => {
                    let expected = format!("{} = {{}}", verb.name);
                    let found = entry.node.kind();
                    self.tell(Diagnostic::wrong_kind(&entry.node.span, &expected, &found));
                    continue;
                }
            };
            let place = format!("`{}`", verb.name);
            let mut args = self.args(&place, &entry.key_span, &[verb.options], &options);
            let kind = (verb.build)(&mut args);
            let keys = block("fault").keys;
            let mut args = self.args("[[fault]]", &node.span, &[keys], &plain);
            faults.push(Fault {
                name: verb.name,
                kind,
                chance: args.chance("chance"),
                during: args.window("during"),
                at: args.at_if_given("at"),
                optional: args.flag("optional"),
            });
        }
        faults
    }
}
