//! Strategies: pure decisions over the agenda's types.
//!
//! Nothing in here knows what is explored, or that there is a server, a scenario or madsim.

mod replay;
mod walk;

pub use self::replay::{Divergence, Replay};
pub use self::walk::Walk;
