//! The application under test. Its actors are users, processes and queue workers. Its services are
//! documents, the queue and locks. The simulated server is behind an API client. Everything that
//! can go wrong with these is here, too.
//!
//! The application knows the agenda, but neither madsim nor what decides the order. The [`World`]
//! owns what is on the wire, what the queue holds and what the server has begun. The actor that
//! caused these does not own them.

mod alike;
mod ask;
mod digest;
mod locals;
mod looking;
mod machine;
mod place;
mod processes;
mod search;
mod what;
mod world;

pub use self::ask::Ask;
pub use self::looking::{Looking, Polls};
pub use self::machine::Machine;
pub use self::what::{Reply, What};
pub use self::world::World;
