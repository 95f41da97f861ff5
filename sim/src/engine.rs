//! Trials on madsim, and sweeps of them over lanes. The only place that names madsim.
//!
//! madsim polls the actors, keeps a clock that follows the agenda, and takes the operating system's
//! time and entropy away from them. It orders nothing: that is the agenda's.

mod sweep;
mod trial;
mod watcher;

pub use self::sweep::{Crash, Means, Sweep, Swept, message, sweep};
pub use self::trial::{Lane, Play};
pub use self::watcher::Watcher;
