//! The application under test: users, processes and queue workers as actors; documents and the
//! queue as services; the simulated server behind an API client that retries nothing.
//!
//! It knows the agenda, and neither madsim nor who decides the order. What is on the wire, what the
//! queue holds and what the server has begun belongs to the [`World`], not to whoever caused it.

mod actor;
mod frames;
mod locals;
mod queue;
mod script;
mod stage;
mod store;
mod world;

pub use self::script::play;
pub use self::stage::{Part, Stage};
pub use self::world::{Reply, What, World};
