//! Watchers. The code that plays many trials asks a watcher whether to go on, and reports its
//! progress to it. This code knows no clock, signal or terminal.

use deadheat_model::property::Way;

/// A watcher, which is called between trials or between chunks of them.
pub trait Watcher: Sync {
    /// Returns whether no more trials are to be played.
    fn is_over(&self) -> bool;

    /// Returns whether the reason is that a person waits for the results so far. Everything that
    /// follows the trials is then kept short, too.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Notes that this many more trials were played.
    fn played(&self, _trials: u64) {}

    /// Notes that there is one more way of breaking, and a trial that shows it.
    fn found(&self, _way: Way, _seed: u64) {}
}

/// A watcher that only says when it is over.
impl<F: Fn() -> bool + Sync> Watcher for F {
    fn is_over(&self) -> bool {
        self()
    }
}
