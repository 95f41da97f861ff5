//! Strategies: pure decisions over the agenda's types.
//!
//! Nothing in here knows what is explored, or that there is a server, a scenario or madsim.

mod access;
mod adj;
mod chain;
mod drawn;
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
mod surw;
pub mod times;
mod twins;
mod urw;
mod walk;
mod watch;
mod zone;

pub use self::access::{Access, Touched};
pub use self::adj::Adj;
pub use self::chain::chain;
pub use self::drawn::Draws;
pub use self::enabled::Enabled;
pub use self::exhaustive::{Exhaustive, Explored, Exploring, Merge};
pub use self::extremes::Extremes;
pub use self::fates::Fates;
pub use self::naming::{StrategyError, StrategyName};
pub use self::noted::{Chosen, Decided, Note};
pub use self::ordered::{Ordered, Rule};
pub use self::outstanding::{Outstanding, Unfired};
pub use self::pct::Pct;
pub use self::portfolio::Portfolio;
pub use self::relaxed::{Relaxed, Rest, Times};
pub use self::replay::{Divergence, Replay};
pub use self::scribe::Scribe;
pub use self::steered::{Course, Steered};
pub use self::survey::Survey;
pub use self::surw::Surw;
pub use self::twins::{choices, name_of};
pub use self::urw::Urw;
pub use self::walk::Walk;
pub use self::watch::{Broke, Watch};
pub use self::zone::Zone;
