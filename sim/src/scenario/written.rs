//! Where the actions of a scenario are in its file.

use std::ops::Range;

/// What a user, a process or a job does, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The name of the user, the process or the job.
    pub name: String,
    /// The place of its block's head.
    pub head: Range<usize>,
    /// Its actions, each before those in it. The actions of a named list are where the list is
    /// used.
    pub actions: Vec<Spot>,
}

/// An action in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Its verb.
    pub verb: &'static str,
    /// Its place in the text.
    pub span: Range<usize>,
}

/// More pairs than this are not compared.
const PAIRS_MAX: usize = 4_000_000;

/// Returns which written action each of these is, by its verb. A guard adds actions and removes
/// some, but never changes the order of the others. So this is a longest common subsequence.
pub fn lines_of(written: &[Spot], verbs: &[&str]) -> Vec<Option<usize>> {
    let (rows, columns) = (verbs.len(), written.len());
    if rows.saturating_mul(columns) > PAIRS_MAX {
        let is_it = |place: usize| written.get(place).is_some_and(|spot| spot.verb == verbs[place]);
        return (0..rows).map(|place| is_it(place).then_some(place)).collect();
    }
    // The length of the longest common subsequence of what comes from each pair on.
    let mut common = vec![vec![0_u32; columns + 1]; rows + 1];
    for (row, verb) in verbs.iter().enumerate().rev() {
        for (column, spot) in written.iter().enumerate().rev() {
            let (below, beside) = (common[row + 1][column], common[row][column + 1]);
            let both = if spot.verb == *verb { common[row + 1][column + 1] + 1 } else { 0 };
            common[row][column] = below.max(beside).max(both);
        }
    }
    let (mut lines, mut column) = (Vec::new(), 0);
    for (row, verb) in verbs.iter().enumerate() {
        while column < columns
            && written[column].verb != *verb
            && common[row][column + 1] == common[row][column]
        {
            column += 1;
        }
        let is_it = column < columns
            && written[column].verb == *verb
            && common[row][column] == common[row + 1][column + 1] + 1;
        lines.push(is_it.then_some(column));
        column += usize::from(is_it);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_among_those_that_a_guard_adds() {
        let spot = |verb| Spot { verb, span: 0..0 };
        let written: Vec<Spot> = ["load", "wait", "add", "run", "wait"].map(spot).into();
        let check = |verbs: &[&str], lines: &[Option<usize>]| {
            assert_eq!(lines_of(&written, verbs), lines, "{verbs:?}");
        };
        check(&["load", "wait", "add", "run", "wait"], &[0, 1, 2, 3, 4].map(Some));
        check(
            &["lock", "load", "wait", "add", "sleep", "run", "wait"],
            &[None, Some(0), Some(1), Some(2), None, Some(3), Some(4)],
        );
        check(&["load", "add", "run", "wait"], &[Some(0), Some(2), Some(3), Some(4)]);
        check(&["fail"], &[None]);
        check(&[], &[]);
        assert_eq!(lines_of(&[], &["load"]), [None]);
    }
}
