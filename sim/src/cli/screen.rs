//! Standard error as it is.

use std::io::{self, IsTerminal as _, Write as _};

/// Writes a text to standard error where no bar can be in the way.
pub(super) fn say(text: &str) {
    // A closed standard error cannot be reported to anyone.
    let _ = write!(anstream::stderr(), "{text}");
}

/// Returns whether a person reads standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
