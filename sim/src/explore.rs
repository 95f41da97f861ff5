//! Strategies: pure decisions over the agenda's types.
//!
//! Nothing in here knows what is explored, or that there is a server, a scenario or madsim.

mod chain;
mod enabled;
mod exhaustive;
mod extremes;
mod fates;
mod naming;
mod noted;
mod ordered;
mod outstanding;
mod pct;
mod portfolio;
mod relaxed;
mod replay;
mod scribe;
mod steered;
mod survey;
pub mod times;
mod twins;
mod urw;
mod walk;
mod watch;
mod zone;

pub use self::chain::chain;
pub use self::enabled::Enabled;
pub use self::exhaustive::{Exhaustive, Explored, Exploring, Merge};
pub use self::extremes::Extremes;
pub use self::fates::Fates;
pub use self::naming::{StrategyError, StrategyName};
pub use self::noted::{Chosen, Decided, Note, Noted, Notes};
pub use self::ordered::{Ordered, Rule};
pub use self::outstanding::{Outstanding, Unfired};
pub use self::pct::Pct;
pub use self::portfolio::Portfolio;
pub use self::relaxed::{Followed, Relaxed, Rest, Times};
pub use self::replay::{Divergence, Replay};
pub use self::scribe::{Scribe, Touches};
pub use self::steered::{Course, Steered, Strayed};
pub use self::survey::{Survey, Surveyor};
pub use self::twins::{choices, name_of};
pub use self::urw::Urw;
pub use self::walk::Walk;
pub use self::watch::{Broke, Watch};
pub use self::zone::Zone;
