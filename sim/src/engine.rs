//! Trials, and sweeps of them over lanes.
//!
//! What polls the actors is a *host*. On madsim they are tasks on nodes; this is the only module
//! that names madsim. On the bare host a loop calls them. No history depends on the host.

mod bare;
mod fork;
mod lane;
#[cfg(all(madsim, feature = "madsim"))]
mod nodes;
mod play;
mod sweep;
mod watcher;

pub use self::bare::Step;
pub use self::fork::{Fates, Fork};
pub use self::lane::{Host, Lane};
pub use self::play::Play;
pub use self::sweep::{Crash, Means, Sweep, Swept, message, sweep};
pub use self::watcher::Watcher;
