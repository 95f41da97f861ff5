//! What a trial broke and kept, and why calls were refused: one note for each kind of refusal.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Event, Operation, What, creator};
use deadheat_model::property::{PropertyId, Violation};

use super::Page;
use crate::record::Trial;
use crate::report::page::paragraph_to;
use crate::report::{BAD, GOOD, paint, words};

/// The refused calls of a trial, grouped by kind.
pub(super) struct Refusals<'a> {
    /// For each kind, the refusals in their order.
    kinds: Vec<(Kind, Vec<&'a Event>)>,
}

/// What refusals have in common if one note explains them: the call, the status, and whether the
/// run in the way was the caller's own.
type Kind = (Operation, u16, Option<bool>);

impl<'a> Refusals<'a> {
    pub(super) fn new(trial: &'a Trial) -> Refusals<'a> {
        let events = &trial.history.events;
        let mut kinds: Vec<(Kind, Vec<&Event>)> = Vec::new();
        for event in events {
            let Some(kind) = kind(event, events) else { continue };
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, alike)) => alike.push(event),
                None => kinds.push((kind, vec![event])),
            }
        }
        Refusals { kinds }
    }

    /// Returns the number of the note that explains this refusal.
    pub(super) fn number(&self, event: &Event) -> usize {
        let has_it = |alike: &[&Event]| alike.iter().any(|known| std::ptr::eq(*known, event));
        let place = self.kinds.iter().position(|(_, alike)| has_it(alike));
        place.expect("invariant: every refusal has its note") + 1
    }
}

fn kind(event: &Event, events: &[Event]) -> Option<Kind> {
    let What::Answered { operation, answer: Answer::Refused(error), .. } = &event.what else {
        return None;
    };
    let creator = error.active_run().and_then(|run| creator(events, run));
    Some((*operation, error.status(), creator.map(|by| Some(by) == event.by)))
}

impl Page<'_> {
    pub(super) fn notes(&self) -> String {
        let mut text = String::new();
        for (place, (_, alike)) in self.refusals.kinds.iter().enumerate() {
            let more = match alike.len() - 1 {
                0 => String::new(),
                more => format!(" ({more} more like it)"),
            };
            let said = words::refusal(alike[0], self.trial);
            let note = format!("[{}] {said}{more}", place + 1);
            let _ = write!(text, "\n{}", paragraph_to(&note, (0, 4), self.width));
        }
        text
    }

    pub(super) fn verdicts(&self) -> String {
        let violations = &self.trial.violations;
        let of = |property| violations.iter().filter(move |found| found.property == property);
        let mut text = String::new();
        for said in PropertyId::ALL.into_iter().flat_map(|property| self.said_of(property)) {
            let line = paragraph_to(&format!("broken  {said}"), (0, 8), self.width);
            text.push_str(&line.replacen("broken", &paint(BAD, "broken"), 1));
        }
        let kept = PropertyId::ALL.into_iter().filter(|property| of(*property).next().is_none());
        let kept: Vec<&str> = kept.map(PropertyId::name).collect();
        let line = paragraph_to(&format!("kept    {}", kept.join(", ")), (0, 8), self.width);
        text.push_str(&line.replacen("kept", &paint(GOOD, "kept"), 1));
        text
    }

    /// Returns how the trial has broken a property: one sentence for each way of breaking.
    fn said_of(&self, property: PropertyId) -> Vec<String> {
        let all: Vec<&Violation> =
            self.trial.violations.iter().filter(|found| found.property == property).collect();
        let events = &self.trial.history.events;
        if property == PropertyId::NoRejectedCall {
            let note =
                |found: &&Violation| self.refusals.number(&events[found.witnesses.first.event.0]);
            let mut notes: Vec<usize> = all.iter().map(note).collect();
            notes.sort_unstable();
            notes.dedup();
            let notes: Vec<String> = notes.iter().map(|note| format!("[{note}]")).collect();
            let calls = all.len();
            return match calls {
                0 => Vec::new(),
                1 => vec![format!("{property}: see {} below.", notes.join(", "))],
                _ => vec![format!("{property}: {calls} calls, see {} below.", notes.join(", "))],
            };
        }
        let cast = &self.trial.history.cast;
        let way = |found: &Violation| found.way(cast);
        let is_first = |at: &usize| !all[..*at].iter().any(|one| way(one) == way(all[*at]));
        let firsts = (0..all.len()).filter(is_first).map(|at| all[at]);
        firsts
            .map(|first| {
                let more = all.iter().filter(|one| way(one) == way(first)).count() - 1;
                let said = words::violation(first, self.trial);
                let more = if more > 0 { format!(" ({more} more like it)") } else { String::new() };
                format!("{property}: {said}{more}")
            })
            .collect()
    }
}
