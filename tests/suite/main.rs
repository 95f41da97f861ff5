//! The tests that need more than one module, or the program itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::too_many_lines, reason = "a table of cases is as long as there are cases")]

mod bad_input;
mod canary;
mod cases;
mod ci;
mod cli;
mod client;
mod compare;
mod determinism;
mod diagnostics;
mod differential;
mod doubts;
mod explain;
mod faults;
mod gate;
mod guards;
mod guest;
mod hosts;
mod interrupts;
mod levels;
mod locks;
mod mutants;
mod pages;
mod printing;
mod properties;
mod prove;
mod queue;
mod readme;
mod refusals;
mod requests;
mod scenarios;
mod schema;
mod selftest;
mod server;
mod services;
mod shrink;
mod small_world;
mod strategies;
mod tidy;
mod tills;
mod time;
mod timelines;
mod util;
mod verbs;
mod zones;
