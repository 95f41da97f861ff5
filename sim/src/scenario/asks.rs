//! What lists of actions ask for: their questions, and which of them are certain to be asked.

use deadheat_model::history::{Asked, Question, SameText};
use deadheat_model::id::TextId;

use super::action::NewMessage;
use super::choice::Asking;
use super::{Action, Job};

/// A question in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The message that asks.
    pub message: NewMessage,
    /// Whether it is asked for each section.
    pub by_section: bool,
    /// Whether it is asked whenever the whole list is done.
    is_certain: bool,
}

/// Returns what a job with this list asks for when it is dispatched.
pub fn of_job(job: &Job) -> Vec<Asked> {
    let all = all(&job.list);
    let mut asked: Vec<Asked> = Vec::new();
    let mut add = |one: Asked| match asked.iter_mut().find(|known| known.what == one.what) {
        Some(known) if known.by_section == one.by_section => {
            known.is_optional &= one.is_optional;
        }
        _ => asked.push(one),
    };
    for one in all.iter().filter(|one| one.is_certain && is_known(one)) {
        add(Asked { what: question(one.message), ..either(one) });
    }
    for by_section in [false, true] {
        let mut plain = all
            .iter()
            .filter(|one| one.by_section == by_section && one.message.same.is_none())
            .peekable();
        if plain.clone().any(|one| one.is_certain) || plain.peek().is_none() {
            continue;
        }
        plain.for_each(|one| add(either(one)));
    }
    asked
}

/// Returns the questions that are left out when this list is left out: the certain ones, or else
/// the first one.
pub fn left_out(list: &[Action]) -> Vec<Asks> {
    let all = all(list);
    let certain: Vec<Asks> = all.iter().filter(|one| one.is_certain).copied().collect();
    if certain.is_empty() { all.into_iter().take(1).collect() } else { certain }
}

/// Numbers the questions of an actor. The same text is the same question.
pub(super) fn number(list: &mut [Action]) {
    number_from(list, &mut Vec::new());
}

fn number_from(list: &mut [Action], known: &mut Vec<(TextId, Option<SameText>)>) {
    for action in list {
        if let Action::AddMessage(message) | Action::SafeAddMessage(message, _) = action
            && message.asks != Asking::Nothing
        {
            let question = (message.text, message.same);
            let place = known.iter().position(|one| *one == question);
            message.nth = place.unwrap_or(known.len()) as u16;
            if place.is_none() {
                known.push(question);
            }
        }
        for list in action.lists_mut() {
            number_from(list, known);
        }
    }
}

fn either(one: &Asks) -> Asked {
    let is_optional = one.message.asks == Asking::Optional;
    Asked { what: Question::Either, by_section: one.by_section, is_optional }
}

fn question(message: NewMessage) -> Question {
    let (nth, text) = (message.nth, message.text);
    message.same.map_or(Question::Message { nth, text }, Question::Same)
}

/// Returns whether a dispatch determines what the question asks for.
fn is_known(one: &Asks) -> bool {
    one.message.same.is_none_or(|same| !same.by_thread && !same.by_iteration)
}

/// Returns all questions of a list.
pub(super) fn all(list: &[Action]) -> Vec<Asks> {
    let mut found = Vec::new();
    visit(list, (false, true), &mut found);
    found
}

fn visit(list: &[Action], (by_section, is_certain): (bool, bool), found: &mut Vec<Asks>) {
    for action in list {
        if let Action::AddMessage(message) | Action::SafeAddMessage(message, _) = action
            && message.asks != Asking::Nothing
        {
            found.push(Asks { message: *message, by_section, is_certain });
        }
        let by_section = by_section || matches!(action, Action::ForEachSection { .. });
        for (place, list) in action.lists().into_iter().enumerate() {
            // `if` and the `else` of `try` may be left out.
            let is_left = place > 0 || matches!(action, Action::If { .. });
            visit(list, (by_section, is_certain && !is_left), found);
        }
    }
}
