//! A watcher: the code that plays many trials asks it whether to go on, and tells it how far it has
//! come. Code that plays knows no clock, signal or terminal.

/// Is asked and told between trials, or between chunks of them.
pub trait Watcher: Sync {
    /// Whether no more trials are to be played.
    fn is_over(&self) -> bool;

    /// Whether that is since somebody waits for what is known, so that what follows on the trials
    /// is kept short, too.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// This many more were played.
    fn played(&self, _trials: u64) {}

    /// There is one more way of breaking.
    fn found(&self) {}
}

/// A watcher that only says when it is over.
impl<F: Fn() -> bool + Sync> Watcher for F {
    fn is_over(&self) -> bool {
        self()
    }
}
