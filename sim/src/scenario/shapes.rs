//! The shapes of blocks: `[one]`, `[[many]]`, `[named.NAME]`. A block of another shape is reported
//! once and then read as it was meant, so that one mistake causes one diagnostic.

use super::block::{BLOCKS, Block, Shape};
use super::diagnostic::{Diagnostic, Span};
use super::tree::{Entry, Node, Value};

impl Block {
    /// Returns its header as it should be written.
    pub(super) fn header(&self, name: Option<&str>) -> String {
        let block = self.name;
        match self.shape {
            Shape::One | Shape::Free => format!("[{block}]"),
            Shape::Many => format!("[[{block}]]"),
            Shape::Named => format!("[{block}.{}]", name.unwrap_or("NAME")),
        }
    }
}

/// Reports every block of the wrong shape and gives it the right shape. A block that cannot be read
/// in any way is left out.
pub(super) fn mend(entries: &mut Vec<Entry>, diagnostics: &mut Vec<Diagnostic>) {
    entries.retain_mut(|entry| {
        let Some(block) = BLOCKS.iter().find(|block| block.name == entry.key) else { return true };
        let mut mender = Mender { block, diagnostics: &mut *diagnostics };
        match block.shape {
            Shape::One | Shape::Free => mender.one(&entry.key_span, &mut entry.node, None),
            Shape::Many => mender.many(&entry.key_span, &mut entry.node),
            Shape::Named => mender.named(&entry.key_span, &mut entry.node),
        }
    });
}

struct Mender<'a> {
    block: &'static Block,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Mender<'_> {
    /// Returns whether it is a table now.
    fn one(&mut self, span: &Span, node: &mut Node, name: Option<&str>) -> bool {
        match &mut node.value {
            Value::Table(_) => return true,
            Value::List(list) if list.iter().all(|node| node.table().is_some()) => {
                if let Some(first) = list.first().cloned() {
                    let made = Diagnostic::wrong_header(span, &self.block.header(name));
                    self.diagnostics.push(made);
                    *node = first;
                    return true;
                }
            }
            Value::Text(_)
            | Value::Whole(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::List(_)
            | Value::Other(_)
            | Value::Broken => {}
        }
        self.cannot_be(span, node, name)
    }

    /// Returns whether it is a list of tables now.
    fn many(&mut self, span: &Span, node: &mut Node) -> bool {
        match &mut node.value {
            Value::List(list) => {
                list.retain(|node| {
                    let is_table = node.table().is_some();
                    if !is_table {
                        self.cannot_be(&node.span, node, None);
                    }
                    is_table
                });
                true
            }
            Value::Table(_) => {
                let made = Diagnostic::wrong_header(span, &self.block.header(None));
                self.diagnostics.push(made);
                let only = node.clone();
                node.value = Value::List(vec![only]);
                true
            }
            Value::Text(_)
            | Value::Whole(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::Other(_)
            | Value::Broken => self.cannot_be(span, node, None),
        }
    }

    /// Returns whether it is a table of tables now.
    fn named(&mut self, span: &Span, node: &mut Node) -> bool {
        let Value::Table(inner) = &mut node.value else { return self.cannot_be(span, node, None) };
        inner.retain_mut(|entry| {
            let name = entry.key.clone();
            self.one(&entry.key_span, &mut entry.node, Some(&name))
        });
        true
    }

    fn cannot_be(&mut self, span: &Span, node: &Node, name: Option<&str>) -> bool {
        let expected = self.block.header(name);
        self.diagnostics.push(Diagnostic::wrong_kind(span, &expected, &node.kind()));
        false
    }
}
