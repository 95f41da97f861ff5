//! The story of a violation: the events that are related to it, as numbered sentences.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Event, Mark, What};
use deadheat_model::id::Actor;

use super::{lines, race};
use crate::record::{Explained, Feature, Name};
use crate::report::sentence::sentence;

/// The maximum number of lines of a story.
const LINES_MAX: usize = 12;

/// The weight of an event that the story must contain, regardless of the number of lines.
const NEEDED: u8 = 10;

/// The maximum width of a sentence.
const SENTENCE: usize = 75;

/// A step of the story.
pub(super) struct Step {
    /// The event that it describes.
    pub(super) event: usize,
    /// The time of the event.
    pub(super) at: String,
    /// What happened.
    pub(super) said: String,
}

/// Renders the story, with one line per sentence and more lines for a long sentence.
pub(super) fn story(explained: &Explained) -> String {
    let mut text = String::new();
    let events = &explained.trial.history.events;
    for (number, step) in sentences(explained).into_iter().enumerate() {
        let mark = race::mark(explained, |index| told_by(events, index) == step.event);
        let mark = mark.map_or_else(String::new, |mark| format!("({mark})"));
        for (line, words) in lines(&step.said, SENTENCE).iter().enumerate() {
            let (head, mark) = if line == 0 {
                (format!("{:>2}.  {:>9} s", number + 1, step.at), mark.as_str())
            } else {
                (String::new(), "")
            };
            let _ = writeln!(text, "    {head:<15} {mark:<3} {words}");
        }
    }
    text
}

/// Returns the number of the step that describes this event, counted from 1.
pub(super) fn number(explained: &Explained, event: usize) -> Option<usize> {
    let event = told_by(&explained.trial.history.events, event);
    sentences(explained).iter().position(|step| step.event == event).map(|place| place + 1)
}

/// Returns what happened, in order.
pub(super) fn sentences(explained: &Explained) -> Vec<Step> {
    let events = &explained.trial.history.events;
    let mut chosen = Chosen::new(explained);
    chosen.choose();
    let mut weighed = chosen.weighed;
    // The heaviest events stay, and later events win among equals.
    weighed.sort_unstable_by_key(|(index, weight)| (u8::MAX - weight, usize::MAX - index));
    let mut told: Vec<(usize, String)> = Vec::new();
    for (index, weight) in weighed {
        let Some(sentence) = sentence(index, &explained.trial.history) else { continue };
        // A repeated action of an actor is described once.
        let is_new = told.iter().all(|(_, known)| *known != sentence);
        if weight == NEEDED || (is_new && told.len() < LINES_MAX) {
            told.push((index, sentence));
        }
    }
    // Everything that the story mentions is also created in the story.
    let mut at = 0;
    while at < told.len() {
        for index in made(&told[at].1, explained) {
            let is_new = told.iter().all(|(known, _)| *known != index);
            if let Some(sentence) = sentence(index, &explained.trial.history).filter(|_| is_new) {
                told.push((index, sentence));
            }
        }
        at += 1;
    }
    // A fault comes after the event that it strikes.
    let is_fault = |index: usize| matches!(events[index].what, What::Fault { .. });
    told.sort_by_key(|(index, _)| (events[*index].at, is_fault(*index), *index));
    let step = |(event, said): (usize, String)| {
        let at = events[event].at.to_string();
        Step { event, at, said }
    };
    told.into_iter().map(step).collect()
}

/// Returns the events that created the threads, runs and messages that a sentence mentions.
fn made(sentence: &str, explained: &Explained) -> Vec<usize> {
    let events = &explained.trial.history.events;
    let words = sentence.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_made =
        |word: &&str| ["run_", "msg_", "thread_"].iter().any(|kind| word.starts_with(kind));
    let making = words.filter(is_made);
    making
        .filter_map(|word| {
            let is_it = |event: &Event| {
                if let What::RunCreated { run, .. } = &event.what {
                    run.to_string() == word
                } else if let What::Message { message, .. } = &event.what {
                    message.to_string() == word
                } else if let What::Answered { answer: Answer::Thread(thread), .. } = &event.what {
                    thread.to_string() == word
                } else {
                    false
                }
            };
            events.iter().position(is_it).map(|index| told_by(events, index))
        })
        .collect()
}

struct Chosen<'a> {
    explained: &'a Explained,
    events: &'a [Event],
    /// Events with their weights.
    weighed: Vec<(usize, u8)>,
}

impl<'a> Chosen<'a> {
    fn new(explained: &'a Explained) -> Chosen<'a> {
        Chosen { explained, events: &explained.trial.history.events, weighed: Vec::new() }
    }

    fn take(&mut self, index: usize, weight: u8) {
        if sentence(index, &self.explained.trial.history).is_none() {
            return;
        }
        match self.weighed.iter_mut().find(|(known, _)| *known == index) {
            Some((_, known)) => *known = weight.max(*known),
            None => self.weighed.push((index, weight)),
        }
    }

    fn choose(&mut self) {
        let violation = &self.explained.violation;
        let first = violation.witnesses.first.event.0;
        let second = violation.witnesses.second.map(|witness| witness.event.0);
        let witnesses: Vec<usize> = [Some(first), second].into_iter().flatten().collect();
        self.take(violation.at, 9);
        for witness in &witnesses {
            self.take(told_by(self.events, *witness), 9);
        }
        let mut actors: Vec<Actor> =
            witnesses.iter().filter_map(|index| self.events[*index].by).collect();
        actors.extend(self.events[violation.at].by);
        actors.sort_unstable();
        actors.dedup();
        let end = violation.at;
        self.needed();
        for related in &self.explained.related {
            self.take(told_by(self.events, *related), 8);
        }
        for witness in &witnesses {
            self.lead(*witness);
        }
        // This takes the last thing that was in the way of an actor that failed.
        self.lead(violation.at);
        for actor in actors {
            self.beginnings(actor, end);
            self.troubles(actor, end);
        }
    }

    /// Takes what other sections mention: the race, the orders, and the moment.
    fn needed(&mut self) {
        let explained = self.explained;
        let race = explained
            .race
            .iter()
            .flat_map(|race| [race.relied, race.between, Some(race.acted)].into_iter().flatten());
        for index in race {
            self.take(told_by(self.events, index), NEEDED);
        }
        let schedule = explained.trial.schedule.iter().flat_map(|schedule| &schedule.picks);
        let names: Vec<Name> = schedule.map(|pick| pick.name).collect();
        let spoken = explained.orders.features.iter().flat_map(|(feature, _)| match feature {
            Feature::Before(first, second) => vec![*first, *second],
            Feature::Chance(name, _) => vec![*name],
        });
        let places = spoken.filter_map(|name| names.iter().position(|known| *known == name));
        let moment = explained.moment.from.and_then(|from| from.checked_sub(1));
        let nearest = explained.nearest.as_ref().and_then(|found| found.place.checked_sub(1));
        for place in places.chain(moment).chain(nearest) {
            if let Some(event) = explained.told_by.get(place).copied().flatten() {
                self.take(told_by(self.events, event), NEEDED);
            }
        }
    }

    /// Takes what the same actor did before a witness.
    fn lead(&mut self, witness: usize) {
        let by = self.events[witness].by;
        let before = (0..witness).rev().filter(|index| self.events[*index].by == by);
        let mut weight = 6;
        for index in before {
            if weight < 4 {
                break;
            }
            let is_earlier = self.events[index].at < self.events[witness].at;
            if is_earlier && sentence(index, &self.explained.trial.history).is_some() {
                self.take(index, weight);
                weight -= 1;
            }
        }
    }

    /// Takes the events that created and started an actor.
    fn beginnings(&mut self, actor: Actor, end: usize) {
        for index in 0..end {
            match (&self.events[index].what, actor) {
                (What::Dispatched { job, .. }, Actor::Attempt(of, _)) if *job == of => {
                    self.take(index, 4);
                }
                (What::Started { .. }, _) if self.events[index].by == Some(actor) => {
                    self.take(index, 2);
                }
                _ => {}
            }
        }
    }

    /// Takes locks, faults and deaths that concern an actor.
    fn troubles(&mut self, actor: Actor, end: usize) {
        for index in 0..=end {
            let event = &self.events[index];
            let is_own = event.by == Some(actor);
            let job = event.by.and_then(Actor::job);
            let weight = match &event.what {
                What::Marked(Mark::Redelivered) if job.is_some() && job == actor.job() => 8,
                What::Fault { .. } | What::Killed { .. } if is_own => 8,
                What::LockFreed { holder, .. } if *holder == actor => 8,
                What::LockLeft { holder, freed, .. } if *holder == actor => {
                    if freed.is_some_and(|freed| freed != *holder) { 8 } else { 5 }
                }
                What::LockTaken { .. } | What::LockBusy { .. } | What::Skipped { .. } if is_own => {
                    5
                }
                What::Paused
                | What::Resumed
                | What::Ignored { .. }
                | What::Marked(Mark::CallRetried | Mark::WentOn)
                    if is_own =>
                {
                    6
                }
                What::ThreadSaved { .. } | What::RowRead { .. } if is_own => 3,
                What::Clicked { .. }
                | What::Dispatched { .. }
                | What::Started { .. }
                | What::Ended(_)
                | What::Answered { .. }
                | What::Message { .. }
                | What::RunCreated { .. }
                | What::RunMoved { .. }
                | What::RowRead { .. }
                | What::ThreadSaved { .. }
                | What::ReplySaved { .. }
                | What::Marked(_)
                | What::End(_)
                | What::LockTaken { .. }
                | What::LockBusy { .. }
                | What::LockLeft { .. }
                | What::LockFreed { .. }
                | What::Killed { .. }
                | What::Paused
                | What::Resumed
                | What::Ignored { .. }
                | What::Skipped { .. }
                | What::Fault { .. }
                | What::IntentOver { .. } => continue,
            };
            self.take(index, weight);
        }
    }
}

/// Returns the event that describes this one. A call's answer describes what the call caused.
pub(in crate::report) fn told_by(events: &[Event], index: usize) -> usize {
    let event = &events[index];
    if !matches!(event.what, What::RunCreated { .. } | What::Message { .. }) {
        return index;
    }
    let back = (0..index).rev().take_while(|before| events[*before].at == event.at);
    let is_answer = |before: &usize| {
        events[*before].by == event.by && matches!(events[*before].what, What::Answered { .. })
    };
    back.into_iter().find(is_answer).unwrap_or(index)
}
