//! Panics that a report tells, so that they are not printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this OS thread is caught and told in a report.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    /// What the last such panic said, and where.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does something that may panic. Returns what the panic says, and where; nothing is printed.
pub(super) fn quietly<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if IS_QUIET.get() {
                let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
                let said = message(info.payload()) + &place.unwrap_or_default();
                SAID.set(Some(said));
            } else {
                before(info);
            }
        }));
    });
    let was_quiet = IS_QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(act));
    IS_QUIET.set(was_quiet);
    result.map_err(|panic| SAID.take().unwrap_or_else(|| message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
