//! What a simulated Assistants server does, and what must never happen.
//!
//! This crate has no clock, no chance, no I/O and no async. The code that uses it decides when
//! something happens and what a run will do, and passes these decisions in. The crate knows nothing
//! about scenarios, schedules or reports.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod api;
pub mod cost;
pub mod digest;
pub mod history;
pub mod id;
pub mod property;
pub mod run;
pub mod server;
pub mod switches;
pub mod thread;
pub mod time;
