//! Studies: whatever plays trials and says what they come to.

mod check;
mod compare;
mod prove;
mod replay;

pub use self::check::{Subject, check, expected};
pub use self::compare::compare;
pub use self::prove::{Question, Reduction, prove};
pub use self::replay::{at_times, replay};
