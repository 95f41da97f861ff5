//! Studies: whatever plays trials and says what they come to.

mod check;
mod compare;
mod replay;

pub use self::check::{Subject, check};
pub use self::compare::compare;
pub use self::replay::replay;
