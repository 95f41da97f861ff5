//! Trials on madsim, and sweeps of them over lanes. This is the only place that names madsim.
//!
//! madsim polls the actors and keeps a clock that follows the agenda. It also hides the operating
//! system's time and entropy from the actors. It orders nothing, because the agenda does that.

mod sweep;
mod trial;
mod watcher;

pub use self::sweep::{Crash, Means, Sweep, Swept, message, sweep};
pub use self::trial::{Lane, Play};
pub use self::watcher::Watcher;
