//! Deadheat: deterministic simulation testing for applications that keep a conversation on another
//! party's server.
//!
//! A scenario describes users, jobs, workers and documents. They run against a simulated Assistants
//! server, under one schedule after another. Every schedule can be replayed byte for byte.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod agenda;
pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod explore;
mod guest;
pub mod name;
pub mod record;
pub mod report;
pub mod scenario;
pub mod services;
pub mod stage;
pub mod study;

pub use self::guest::{
    Actor, ActorName, Api, Assistants, Broken, Caller, Case, CaseError, Check, Desk, Ends, Failure,
    Found, Line, Me, Outcome, Port, Proof, Race, Refused, Service, Sim, State, Trial, Verdict,
    check, micros, millis, secs,
};
