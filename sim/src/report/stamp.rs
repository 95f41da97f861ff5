//! What every JSON object begins with: its type, and the version of all types.
//!
//! A program that reads the objects needs to know no more: a version keeps the fields and their
//! meaning. Fields may be added. Their schema is in `schemas/output.schema.json`.

use serde::Serialize;

/// The version of all objects. It changes when a field goes away or changes its meaning.
pub const VERSION: u32 = 1;

/// Returns an object on one line, which says what it is.
pub fn object(kind: &str, fields: &impl Serialize) -> String {
    stamped(kind, &serde_json::to_string(fields).expect("invariant: a record is plain data"))
}

/// Returns an object that is text already, and that has fields, in the same way.
pub fn stamped(kind: &str, object: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"version\":{VERSION},{}", &object[1..])
}
