//! The story of a violation: the events that are related to it, as numbered sentences.

use std::fmt::Write as _;

use deadheat_model::api::ApiError;
use deadheat_model::history::{self, Answer, Death, End, Event, Freed, Mark, Operation, What};
use deadheat_model::id::{Actor, RunId};
use deadheat_model::run::RunStatus;

use super::{lines, race};
use crate::record::{Explained, Feature, Name};
use crate::report::words;

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
        let Some(sentence) = sentence(index, explained) else { continue };
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
            if let Some(sentence) = sentence(index, explained).filter(|_| is_new) {
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
            let is_it = |event: &Event| match &event.what {
                What::RunCreated { run, .. } => run.to_string() == word,
                What::Message { message, .. } => message.to_string() == word,
                What::Answered { answer: Answer::Thread(thread), .. } => thread.to_string() == word,
                _ => false,
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
        if sentence(index, self.explained).is_none() {
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
            if is_earlier && sentence(index, self.explained).is_some() {
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
                _ => continue,
            };
            self.take(index, weight);
        }
    }
}

/// Returns the event that describes this one. A call's answer describes what the call caused.
fn told_by(events: &[Event], index: usize) -> usize {
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

/// Returns what an event says. Returns nothing if another event says it, or if it says nothing to
/// people.
fn sentence(index: usize, explained: &Explained) -> Option<String> {
    let (cast, events) = (&explained.cast, &explained.trial.history.events);
    let event = &events[index];
    let who = event.by.map_or("the server".to_owned(), |actor| cast.name(actor));
    Some(match &event.what {
        What::Dispatched { job, .. } => match event.by {
            Some(Actor::User(_)) => format!("{who} clicks: {} is queued", cast.job(*job)),
            _ => format!("{who} dispatches {}", cast.job(*job)),
        },
        What::Started { worker: Some(worker) } => format!("{who} starts on worker {worker}"),
        What::Started { worker: None } => format!("{who} starts"),
        What::Ended(ending) => match words::ending(*ending).as_str() {
            "done" => format!("{who} is done"),
            other => format!("{who} {other}"),
        },
        What::Answered { operation, thread, answer, .. } => {
            let thread = thread.map(|thread| thread.to_string()).unwrap_or_default();
            match answer {
                Answer::Refused(error) => refused(event, *operation, error, explained),
                answer => answered(&who, *operation, &thread, answer),
            }
        }
        What::RunMoved { run, status, .. } if !status.is_active() => {
            format!("{run}{} ends: {status}", creator(*run, explained))
        }
        What::RunMoved { run, status: RunStatus::RequiresAction, .. } => {
            format!("{run}{} waits for tool outputs", creator(*run, explained))
        }
        What::RowRead { document, thread } => {
            let document = &cast.document(*document).name;
            let thread = thread.map_or("no thread".to_owned(), |thread| thread.to_string());
            format!("{who} reads document {document}: it has {thread}")
        }
        What::ThreadSaved { document, thread } => {
            format!("{who} saves {thread} for document {}", cast.document(*document).name)
        }
        What::ReplySaved { run: Some(run), .. } => {
            format!("{who} saves the answer of {run}{}", creator(*run, explained))
        }
        What::ReplySaved { run: None, .. } => format!("{who} saves a message that no run wrote"),
        What::Marked(Mark::WentOn) => {
            format!("{who} gives up waiting, and goes on")
        }
        What::Marked(Mark::CallRetried) => format!("{who}'s client makes the call again"),
        What::Marked(Mark::Redelivered) => match event.by {
            Some(Actor::Attempt(job, _)) => {
                format!("the queue hands {} out again; {who} is still at work", cast.job(job))
            }
            _ => return None,
        },
        What::LockTaken { lock } => format!("{who} takes the lock {}", cast.lock(*lock)),
        What::LockBusy { lock, holder } => {
            format!("{who} finds the lock {} held by {}", cast.lock(*lock), cast.name(*holder))
        }
        What::LockLeft { lock, holder, freed } => {
            let lock = cast.lock(*lock);
            match freed {
                Some(freed) if freed == holder => format!("{who} releases the lock {lock}"),
                Some(other) => {
                    format!("{who} releases the lock {lock}, which is {}'s", cast.name(*other))
                }
                None => format!("{who} tries to release the lock {lock}, but it is gone"),
            }
        }
        What::LockFreed { lock, holder, why } => {
            let (lock, holder) = (cast.lock(*lock), cast.name(*holder));
            match why {
                Freed::Expired => format!("the lock {lock} of {holder} expires"),
                Freed::Lost => format!("the lock {lock} of {holder} is lost"),
            }
        }
        What::Killed { death: Death::Crash, .. } => format!("the worker of {who} crashes"),
        What::Killed { death: Death::Timeout, .. } => {
            format!("the job's timeout kills the worker of {who}")
        }
        What::Paused => format!("the worker of {who} is paused"),
        What::Resumed => format!("the worker of {who} goes on"),
        What::Ignored { .. } => format!("{who}'s dispatch is ignored: there is such a job already"),
        What::Skipped { .. } => format!("{who} finds the lock busy, and skips the block"),
        What::Fault { clause, call } => {
            let call = call.map(|(operation, _)| format!("{who}'s {operation}"));
            struck(cast.role(Actor::Fault(*clause)), call)
        }
        What::Clicked { .. }
        | What::Message { .. }
        | What::RunCreated { .. }
        | What::RunMoved { .. }
        | What::Marked(_)
        | What::IntentOver { .. }
        | What::End(End::Settled) => return None,
        What::End(end) => format!("the trial ends: {}", words::end(*end)),
    })
}

/// Describes what a fault does to a call.
fn struck(fault: &str, call: Option<String>) -> String {
    match (fault, call) {
        ("lose_reply", Some(call)) => format!("the reply to {call} is lost"),
        ("lose_request", Some(call)) => format!("the request of {call} is lost"),
        ("duplicate", Some(call)) => format!("{call} is sent twice"),
        ("lag", Some(call)) => format!("fault: after {call}'s run, its thread stays locked"),
        ("run", Some(call)) => format!("fault: {call}'s run will not simply complete"),
        (fault, Some(call)) => format!("fault: {fault} strikes {call}"),
        (fault, None) => format!("fault: {fault} strikes"),
    }
}

fn answered(who: &str, operation: Operation, thread: &str, answer: &Answer) -> String {
    match answer {
        Answer::Thread(thread) => format!("{who} creates {thread}"),
        Answer::Message(message) => format!("{who} adds {message} to {thread}"),
        Answer::Runs(None) => format!("{who} looks at {thread}: no run is active"),
        Answer::Runs(Some(run)) => format!("{who} looks at {thread}: {run} is active"),
        Answer::Messages(Some(message)) => format!("{who} reads {message} in {thread}"),
        Answer::Messages(None) => format!("{who} reads {thread} and finds no message"),
        Answer::Run(run, status) => match operation {
            Operation::CreateRun => format!("{who} creates {run} in {thread}"),
            Operation::CancelRun => format!("{who} cancels {run}"),
            Operation::SubmitOutputs => format!("{who} answers the tool calls of {run}"),
            _ => format!("{who} looks at {run}: {status}"),
        },
        Answer::Refused(_) => String::new(),
    }
}

fn refused(event: &Event, operation: Operation, error: &ApiError, explained: &Explained) -> String {
    let who = event.by.map(|actor| explained.cast.name(actor)).unwrap_or_default();
    let events = &explained.trial.history.events;
    let is_over = |run: RunId| events.iter().any(|other| other.ends(run) && other.at < event.at);
    let why = error.active_run().map_or_else(String::new, |run| {
        let is = if is_over(run) { "still locks its thread" } else { "is active" };
        format!(", because {run} {is}")
    });
    format!("{operation} of {who} is refused with HTTP {}{why}", error.status())
}

/// Returns whose run it is.
fn creator(run: RunId, explained: &Explained) -> String {
    let by = history::creator(&explained.trial.history.events, run);
    by.map_or_else(String::new, |by| format!(" (of {})", explained.cast.name(by)))
}
