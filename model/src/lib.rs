//! What a simulated Assistants server does, and what must never happen.
//!
//! This crate knows no clock, no chance, no I/O and no async: the code that uses it decides when
//! something happens and what a run will do, and tells it. It knows nothing of scenarios, schedules
//! or reports.

pub mod api;
pub mod cost;
pub mod history;
pub mod id;
pub mod property;
pub mod run;
pub mod server;
pub mod switches;
pub mod thread;
pub mod time;
