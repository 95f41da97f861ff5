//! The library for Rust users: actors as async functions, services as state machines, and checks
//! of both in an ordinary test.
//!
//! [`check`] is given a function that sets a trial up. It plays the trial many times, each time
//! under another schedule, and says what broke, how often, and how to play it again. Nothing in
//! here needs madsim or a build flag.

mod actor;
mod acts;
mod assistants;
mod case;
mod check;
mod data;
mod explain;
mod history;
mod host;
mod invoked;
mod me;
mod outcome;
mod place;
mod play;
mod proof;
mod quiet;
mod serves;
mod service;
mod shrink;
mod sim;
mod trial;
mod words;
mod world;

pub use self::actor::Ends;
pub use self::assistants::{Api, Assistants, Refused};
pub use self::case::{Case, CaseError};
pub use self::check::{Check, check};
pub use self::explain::Race;
pub use self::history::State;
pub use self::me::Me;
pub use self::outcome::{Broken, Failure, Outcome, Verdict};
pub use self::proof::Proof;
pub use self::service::{Caller, Desk, Port, Service};
pub use self::sim::{Actor, ActorName, Sim, micros, millis, secs};
pub use self::trial::{Found, Line, Trial};
