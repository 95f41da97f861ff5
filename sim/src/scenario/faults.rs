//! Lowering `[[fault]]`: one of the table's verbs, and when it strikes.

use std::collections::BTreeSet;

use super::diagnostic::Diagnostic;
use super::fault::{FAULTS, Fault};
use super::lower::{Lowering, block, tables};
use super::tree::{Entry, Node, Value};

/// The maximum number of faults, because a set of faults is a set of bits.
const FAULTS_MAX: usize = 64;

impl Lowering<'_> {
    /// Lowers all faults of the file, in the order of the file.
    pub(super) fn faults(&mut self, entries: &[Entry]) -> Vec<Fault> {
        (self.role, self.known) = (None, BTreeSet::new());
        let mut faults = Vec::new();
        for node in tables(entries, "fault") {
            if faults.len() == FAULTS_MAX {
                let what = format!("the scenario has more than {FAULTS_MAX} faults");
                self.tell(Diagnostic::too_much(&node.span, &what));
                break;
            }
            faults.extend(self.fault(node));
        }
        faults
    }

    /// Lowers one of them. Returns `None` if it is not clear which fault it is. Mistakes in its
    /// other keys are still reported.
    fn fault(&mut self, node: &Node) -> Option<Fault> {
        let keys = block("fault").keys;
        let is_verb = |entry: &Entry| keys.iter().all(|key| key.name != entry.key);
        let (verbs, plain): (Vec<Entry>, Vec<Entry>) =
            node.table().unwrap_or(&[]).iter().cloned().partition(is_verb);
        let mut timing = self.args("[[fault]]", &node.span, &[keys], &plain);
        let [entry] = verbs.as_slice() else {
            let names: Vec<&str> = verbs.iter().map(|entry| entry.key.as_str()).collect();
            self.tell(Diagnostic::not_one_fault(&node.span, &names));
            return None;
        };
        let Some(verb) = FAULTS.iter().find(|fault| fault.name == entry.key) else {
            let known = FAULTS.iter().map(|fault| fault.name);
            self.tell(Diagnostic::unknown_word(&entry.key_span, "fault", &entry.key, known));
            return None;
        };
        let options = match (&entry.node.value, verb.main) {
            (Value::Table(options), _) => options.clone(),
            (_, Some(main)) => vec![Entry { key: main.to_owned(), ..entry.clone() }],
            (_, None) => {
                let expected = format!("{} = {{}}", verb.name);
                let found = entry.node.kind();
                self.tell(Diagnostic::wrong_kind(&entry.node.span, &expected, &found));
                return None;
            }
        };
        let place = format!("`{}`", verb.name);
        let mut args = self.args(&place, &entry.key_span, &[verb.options], &options);
        Some(Fault {
            name: verb.name,
            kind: (verb.build)(&mut args),
            chance: timing.chance("chance"),
            during: timing.window("during"),
            at: timing.at_if_given("at"),
            optional: timing.flag("optional"),
        })
    }
}
