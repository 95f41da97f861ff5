//! Lowering `[[fault]]`: one of the table's verbs, and when it strikes.

use std::collections::BTreeSet;

use super::diagnostic::Diagnostic;
use super::fault::{FAULTS, Fault};
use super::lower::{Lowering, block, tables};
use super::read::one_word;
use super::tree::{Entry, Node};

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
        let found = one_word(FAULTS, |fault| fault.name, "fault", &entry.key, &entry.key_span);
        let verb = found.map(|place| &FAULTS[place]).map_err(|made| self.tell(made)).ok()?;
        let options = self.options(entry, verb.main, &format!("{} = {{}}", verb.name))?;
        let place = format!("`{}`", verb.name);
        let mut args = self.args(&place, &entry.key_span, &[verb.options], &options);
        Some(Fault {
            name: verb.name,
            kind: (verb.build)(&mut args),
            chance: timing.take("chance"),
            during: timing.take("during"),
            at: timing.given("at"),
            optional: timing.take("optional"),
        })
    }
}
