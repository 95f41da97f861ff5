//! Services: what actors share. These are the server behind its link, the documents, the queue, the
//! locks, and the faults that strike them.
//!
//! Each service is a state machine in a file of its own. `handle` answers a call, and `fire`
//! carries out what a call has started. A service does no I/O and reads no clock. What comes later,
//! what is left to chance, and what the history records all go through the [`Desk`]. A service can
//! be copied and hashed, so a search can go on from any state. It knows its own occurrences by
//! their type and no others ([`Holds`]), so a world can be built of any services.
//!
//! What a service owns survives the death of the actor that caused it.

mod asked;
mod desk;
mod documents;
mod faults;
mod link;
mod locks;
mod queue;
mod server;

pub use self::asked::{Answer, LockAsk, Lost, Message, Poll, Query, Read, Told, Wanted, keys};
pub use self::desk::{Desk, Holds};
pub use self::documents::Documents;
pub use self::faults::{Chance, Clauses, Faults};
pub use self::link::{Link, Packet};
pub use self::locks::{Expiry, Locks, Token, lock_keys};
pub use self::queue::{Delivery, Queue, Supply};
pub use self::server::Server;
