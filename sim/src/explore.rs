//! Strategies: pure decisions over the agenda's types.
//!
//! Nothing in here knows what is explored, or that there is a server, a scenario or madsim.

mod exhaustive;
mod relaxed;
mod replay;
mod scribe;
pub mod times;
mod walk;
mod zone;

pub use self::exhaustive::{Exhaustive, Explored, Exploring, Merge};
pub use self::relaxed::{Followed, Relaxed, Times};
pub use self::replay::{Divergence, Replay};
pub use self::scribe::{Scribe, Touches};
pub use self::walk::Walk;
pub use self::zone::Zone;
