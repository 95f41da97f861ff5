//! Ways of breaking: which one of a trial is meant, as `--fingerprint` names it.

use deadheat_model::history::Cast;
use deadheat_model::property::{PropertyId, Violation};

use super::Failure;
use crate::record::{Expected, Trial};
use crate::report::words;
use crate::scenario::Expect;
use crate::study;

/// Returns the place of the violation that is asked for: by its fingerprint, by its property's
/// name, or by a part that only one fingerprint has. The trial breaks something.
pub(super) fn asked(trial: &Trial, asked: &str) -> Result<usize, Failure> {
    let ways = ways(trial);
    let is_property = |one: &usize| trial.violations[*one].property.name() == asked;
    let exact = ways.iter().find(|(told, _)| told == asked).map(|(_, first)| *first);
    let named = || (0..trial.violations.len()).find(is_property);
    if let Some(found) = exact.or_else(named) {
        return Ok(found);
    }
    let parts: Vec<_> = ways.iter().filter(|(told, _)| told.contains(asked)).collect();
    let seed = trial.seed;
    let (said, which) = match parts.as_slice() {
        [(_, only)] => return Ok(*only),
        [] => {
            let said = format!("the trial with seed {seed} does not break `{asked}`; it breaks");
            (said, ways.iter().collect())
        }
        several => {
            let count = several.len();
            let said = format!("`{asked}` is part of {count} ways in which it breaks; name one:");
            (said, parts)
        }
    };
    let which: Vec<&str> = which.iter().map(|(told, _)| told.as_str()).collect();
    Err(Failure::usage(format!("{said}\n  {}", which.join("\n  "))))
}

/// Returns whether `asked` names this violation. Every violation matches if nothing is asked for.
pub(super) fn is_asked(violation: &Violation, cast: &Cast, asked: Option<&str>) -> bool {
    let told = || words::fingerprint(&violation.fingerprint(cast), cast);
    asked.is_none_or(|asked| told().contains(asked))
}

/// Returns whether it is a finding that this property breaks.
pub(super) fn is_surprising(expect: Option<&Expect>, property: PropertyId) -> bool {
    study::expected(expect, property) == Expected::Holds
}

/// Returns the first violation that is not expected, or else the first one of all. The order is the
/// one in which reports show properties. Returns nothing if the trial breaks nothing.
pub(super) fn first(trial: &Trial, expect: Option<&Expect>) -> Option<usize> {
    let is_surprising = |property| is_surprising(expect, property);
    let places = || 0..trial.violations.len();
    let property = |place: &usize| trial.violations[*place].property;
    let surprising = places().filter(|place| is_surprising(property(place))).min_by_key(property);
    surprising.or_else(|| places().min_by_key(property))
}

/// Returns the fingerprints that the trial breaks with, sorted. Each has the place of its first
/// violation.
pub(super) fn ways(trial: &Trial) -> Vec<(String, usize)> {
    let cast = &trial.history.cast;
    let told = |(place, one): (usize, &Violation)| {
        (words::fingerprint(&one.fingerprint(cast), cast), place)
    };
    let mut ways: Vec<(String, usize)> = trial.violations.iter().enumerate().map(told).collect();
    ways.sort_unstable();
    ways.dedup_by(|later, first| later.0 == first.0);
    ways
}
