//! The application under test: users, processes and queue workers as actors; documents and the
//! queue and locks as services; the simulated server behind an API client; and whatever may befall
//! them.
//!
//! It knows the agenda, and neither madsim nor who decides the order. What is on the wire, what the
//! queue holds and what the server has begun belongs to the [`World`], not to the actor that caused
//! it.

mod actor;
mod delivery;
mod faults;
mod flaw;
mod frames;
mod locals;
mod locks;
mod misfortune;
mod queue;
mod script;
mod search;
mod stage;
mod store;
mod wire;
mod world;

pub use self::faults::Clauses;
pub use self::flaw::{Flaw, Leak};
pub use self::script::play;
pub use self::search::{Looking, Polls};
pub use self::stage::{Part, Stage};
pub use self::world::{Reply, What, World};
