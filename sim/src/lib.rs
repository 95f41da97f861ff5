//! Deadheat: deterministic simulation testing for applications that keep a conversation on another
//! party's server.
//!
//! A scenario describes users, jobs, workers and documents. They run against a simulated Assistants
//! server, under one schedule after another. Every schedule can be replayed byte for byte. Actors
//! and services can also be written in Rust:
#![doc = include_str!("../LIBRARY.md")]
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod agenda;
#[doc(hidden)]
pub mod app;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod engine;
pub mod explore;
mod guest;
#[doc(hidden)]
pub mod name;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod scenario;
#[doc(hidden)]
pub mod services;
#[doc(hidden)]
pub mod stage;
#[doc(hidden)]
pub mod study;

pub use deadheat_model as model;

pub use self::guest::{
    Actor, ActorName, Api, Assistants, Broken, Caller, Case, CaseError, Check, Desk, Ends, Failure,
    Found, Line, Me, Outcome, Port, Proof, Race, Refused, Service, Sim, State, Trial, Verdict,
    check, micros, millis, secs,
};
