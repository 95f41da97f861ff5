//! A trial around a violation, as a Mermaid sequence diagram, which GitHub and GitLab draw.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Event, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::property::Violation;

use super::timeline::answered;
use crate::record::Trial;

/// At most this many messages are drawn: the last ones.
const MESSAGES_MAX: usize = 24;

/// Returns the diagram: the calls of the actors that took part, up to the moment at which it broke.
pub fn sequence(trial: &Trial, violation: &Violation) -> String {
    let (cast, events) = (&trial.history.cast, &trial.history.events);
    let mut actors: Vec<Actor> = Vec::new();
    let witnesses = [Some(violation.witnesses.first), violation.witnesses.second];
    let taken_part = witnesses.into_iter().flatten().filter_map(|witness| witness.by);
    for actor in taken_part.chain(events[violation.at].by) {
        if !actors.contains(&actor) {
            actors.push(actor);
        }
    }
    actors.sort_unstable();
    let is_shown = |event: &&Event| event.by.is_some_and(|by| actors.contains(&by));
    let mut lines: Vec<String> = Vec::new();
    for event in events[..=violation.at].iter().filter(is_shown) {
        let line = line(event, &actors);
        // A poll that sees the same again says nothing new.
        if let Some((line, told)) = line
            && lines.last().is_none_or(|last: &String| !last.ends_with(&told))
        {
            lines.push(line);
        }
    }
    let left_out = lines.len().saturating_sub(MESSAGES_MAX);
    let mut text = "sequenceDiagram\n".to_owned();
    for (place, actor) in actors.iter().enumerate() {
        let _ = writeln!(text, "    participant A{place} as {}", escaped(&cast.name(*actor)));
    }
    text.push_str("    participant S as server\n");
    if left_out > 0 {
        let _ = writeln!(text, "    Note over S: {left_out} earlier calls are left out");
    }
    for line in &lines[left_out..] {
        let _ = writeln!(text, "    {line}");
    }
    text
}

/// Returns the line of a call, and its part behind the time.
fn line(event: &Event, actors: &[Actor]) -> Option<(String, String)> {
    let What::Answered { operation, ref answer, .. } = event.what else { return None };
    let place = actors.iter().position(|actor| Some(*actor) == event.by)?;
    let (arrow, told) = match answer {
        Answer::Refused(error) => {
            (format!("S--xA{place}"), format!("{operation}: HTTP {}: {error}", error.status()))
        }
        Answer::Thread(_)
        | Answer::Message(_)
        | Answer::Run(..)
        | Answer::Runs(_)
        | Answer::Messages(_) => (format!("A{place}->>S"), said(operation, answer)),
    };
    let told = escaped(&told);
    Some((format!("{arrow}: {} s {told}", event.at), told))
}

fn said(operation: Operation, answer: &Answer) -> String {
    format!("{operation}: {}", answered(operation, answer))
}

/// Escapes what means something in a diagram. Names and texts are somebody's input.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | ',' | '_' | '-' | '/' | '(' | ')' => {
                escaped.push(c);
            }
            ':' if !escaped.is_empty() => escaped.push(c),
            c => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
        }
    }
    escaped
}
