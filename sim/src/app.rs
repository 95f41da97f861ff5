//! The application under test. Its actors are users, processes and queue workers. Its services are
//! documents, the queue and locks. The simulated server is behind an API client. Everything that
//! can go wrong with these is here, too.
//!
//! The application knows the agenda, but neither madsim nor what decides the order. The [`World`]
//! owns what is on the wire, what the queue holds and what the server has begun. The actor that
//! caused these does not own them.

mod alike;
mod ask;
mod delivery;
mod digest;
mod faults;
mod flaw;
mod live;
mod locals;
mod locks;
mod machine;
mod misfortune;
mod program;
mod queue;
mod search;
mod stage;
mod store;
mod wire;
mod world;

pub use self::ask::Ask;
pub use self::faults::Clauses;
pub use self::flaw::{Flaw, Leak};
pub use self::machine::Machine;
pub use self::search::{Looking, Polls};
pub use self::stage::{Part, Stage};
pub use self::world::{Reply, What, World};
