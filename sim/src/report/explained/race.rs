//! The race in a sentence: which actor relied on what, what came in between, and what the actor did
//! then. The numbers in brackets count these events in order. The story's steps have the same
//! numbers.

mod told;

use std::fmt::Write as _;

use deadheat_model::property::Why;

use self::told::Told;
use crate::record::Explained;

/// The place where a sentence mentions what was relied on.
const RELIED: char = '\u{1}';

/// The place where it mentions what came in between.
const BETWEEN: char = '\u{2}';

/// The place where it mentions what was done then.
const ACTED: char = '\u{3}';

/// Returns the sentence, or nothing if a violation is not the act of any actor.
pub(in crate::report) fn race(explained: &Explained) -> Option<String> {
    let told = told(explained)?;
    let numbers = numbers(explained, &told);
    let mut sentence = String::with_capacity(told.len());
    for letter in told.chars() {
        match numbers.iter().find(|(_, place, _)| *place == letter) {
            Some((.., number)) => {
                let _ = write!(sentence, "({number})");
            }
            None => sentence.push(letter),
        }
    }
    Some(sentence)
}

/// Returns the number that a step of the story has in the sentence.
pub(super) fn mark(explained: &Explained, is_told_by: impl Fn(usize) -> bool) -> Option<usize> {
    let told = told(explained)?;
    let numbers = numbers(explained, &told);
    numbers.into_iter().find(|(event, ..)| is_told_by(*event)).map(|(.., number)| number)
}

/// Returns the events that the sentence mentions, each with its number there.
pub(in crate::report) fn numbered(explained: &Explained) -> Vec<(usize, usize)> {
    let told = told(explained).unwrap_or_default();
    let numbers = numbers(explained, &told);
    numbers.into_iter().map(|(event, _, number)| (event, number)).collect()
}

/// Returns the events that the sentence mentions, each with its place there and its number.
fn numbers(explained: &Explained, told: &str) -> Vec<(usize, char, usize)> {
    let Some(race) = &explained.race else { return Vec::new() };
    let all = [(race.relied, RELIED), (race.between, BETWEEN), (Some(race.acted), ACTED)];
    let mut spoken: Vec<(usize, char)> = all
        .into_iter()
        .filter(|(_, place)| told.contains(*place))
        .filter_map(|(event, place)| Some((event?, place)))
        .collect();
    spoken.sort_unstable();
    let number = |(at, (event, place)): (usize, (usize, char))| (event, place, at + 1);
    spoken.into_iter().enumerate().map(number).collect()
}

/// Returns the sentence, with places for the numbers.
fn told(explained: &Explained) -> Option<String> {
    let race = explained.race.as_ref()?;
    let told = Told::new(explained, race);
    Some(match explained.violation.why {
        Why::Refused => told.refused(),
        Why::JobFailed if race.acted != explained.violation.at => {
            format!("{} So {} failed.", told.refused(), told.who_ended())
        }
        Why::JobFailed | Why::JobLost | Why::JobDropped => told.failed(),
        Why::Unanswered => told.unanswered(),
        Why::AnswersOthers => told.answers_others(),
        Why::AnswersNothing => told.answers_nothing(),
        Why::PaidTwice => told.paid_twice(),
        Why::MessageTwice => told.added_twice(),
        Why::SavedOthers => told.saved(),
        Why::LockShared => told.lock_shared(),
        Why::LockLeft => told.lock_left(),
        Why::OrphanThread => told.orphan(),
        Why::ContextLost => told.context_lost(),
        Why::SecondRun | Why::MessageDuringRun | Why::Stuck | Why::Late => told.other(),
    })
}
