//! Args: the values of a block or of an action, read according to its table of keys.

use std::any::{Any, type_name};

use deadheat_model::time::Window;

/// A value that has been read. Its key's kind decides its type.
pub(super) type Value = Box<dyn Any>;

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

    /// Returns the value of a key without a default. `None` if the key was left out.
    pub(super) fn given<T: Any>(&mut self, name: &str) -> Option<T> {
        let at = self.values.iter().position(|(key, _)| *key == name)?;
        let value = self.values.swap_remove(at).1.downcast();
        let wrong = |_| unreachable!("invariant: `{name}` is of type {}", type_name::<T>());
        Some(*value.unwrap_or_else(wrong))
    }

    /// Returns the value of a key that is required or has a default.
    pub(super) fn take<T: Any>(&mut self, name: &str) -> T {
        let missing = || unreachable!("invariant: `{name}` is required or has a default");
        self.given(name).unwrap_or_else(missing)
    }

    /// Returns the window, or the client's own poll interval.
    pub(super) fn poll(&mut self, name: &str) -> Window {
        self.given(name).unwrap_or(self.poll)
    }

    /// Returns the meaning of the chosen word. The key takes the words of this table.
    pub(super) fn choose<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> T {
        words[self.take::<usize>(name)].1
    }
}
