//! Studies: everything that plays trials and reports their results.

mod account;
mod branch;
mod case;
mod check;
mod compare;
mod determinism;
mod explain;
mod fewer;
mod levels;
mod prove;
mod replay;
mod selftest;
mod shrink;
mod soon;
mod subject;
mod survey;
mod threshold;

pub use self::account::account;
pub use self::branch::{NotNext, branch};
pub use self::case::{
    EXHAUSTIVE, Followed, Found, Manner, case, follow, judge, look_around, near, schedule,
};
pub use self::check::{Played, ROUND, Until, check, expected, play};
pub use self::compare::compare;
pub use self::determinism::is_played_again;
pub use self::explain::{Puzzle, Unexplained, explain, guards_to_try, race};
pub use self::fewer::prove;
pub use self::prove::{Question, Reduction};
pub use self::replay::{at_times, replay, replay_on};
pub use self::selftest::{SPECIMENS, Specimen, Version, first_telling, selftest};
pub use self::shrink::{Failing, shrink};
pub use self::soon::soon_proved;
pub use self::subject::Subject;
pub use self::survey::strategies;
pub use self::threshold::{Bound, threshold};
