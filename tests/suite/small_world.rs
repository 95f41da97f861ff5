//! A small world in which everything takes exactly as long as the scenario says, and how tests
//! write its history.

use std::fmt::Write as _;
use std::sync::Arc;

use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::record::Trial;
use deadheat::stage::Stage;
use deadheat::study::replay;
use deadheat_model::history::{Answer, Cast, Ending, Event, Freed, Operation, What};
use deadheat_model::property::PropertyId;

use crate::util::parse;

/// A world with a document. Every leg takes 10 ms, every query 1 ms and every run a second.
pub(crate) const WORLD: &str = r#"
format  = 1
summary = "Something goes wrong."
[server]
run_time    = "1s"
cancel_time = "300ms"
[network]
latency = "10ms"
local   = "1ms"
[[document]]
id = 7
"#;

/// Returns a process, and what happens to it.
pub(crate) fn process(list: &str, rest: &str) -> String {
    format!(
        "{WORLD}\n[[process]]\nname = \"p\"\ndocument = 7\ndo = [\"load_document\", {list}]\n{rest}"
    )
}

/// The actions with which a process begins.
pub(crate) const ASK: &str = r#"{ add_message = "x" }, "create_run""#;

/// Returns users that click at these times, in milliseconds, with a queue and a job.
pub(crate) fn jobs(clicks: &[u64], rest: &str) -> String {
    let mut source = WORLD.to_owned();
    for (index, at) in clicks.iter().enumerate() {
        let name = index + 1;
        let _ = write!(
            source,
            "[[user]]\nname = \"u{name}\"\nstart = \"{at}ms\"\ndo = [{{ click = \"j\" }}]\n"
        );
    }
    source + rest
}

pub(crate) fn play(source: &str, seed: u64) -> Trial {
    let stage = Arc::new(Stage::new(parse(source)));
    replay(&stage, "test", Box::new(Walk::default()), Play::seed(seed))
}

/// Returns what happened and when, in milliseconds.
pub(crate) fn told(trial: &Trial) -> Vec<String> {
    let cast = &trial.history.cast;
    let line = |event: &Event| {
        let by = event.by.map_or(String::new(), |by| format!("{} ", cast.name(by)));
        Some(format!("{} {by}{}", event.at.as_us() / 1_000, word(cast, event)?))
    };
    trial.history.events.iter().filter_map(line).collect()
}

fn word(cast: &Cast, event: &Event) -> Option<String> {
    Some(match &event.what {
        What::Started { worker: Some(worker) } => format!("on worker {worker}"),
        What::Answered { operation, nth, answer, .. } => {
            format!("{operation}#{nth}: {}", answer_word(answer))
        }
        What::RunMoved { status, .. } if !status.is_active() => status.to_string(),
        What::Ended(Ending::Done) => "done".to_owned(),
        What::Ended(Ending::Failed { cause, last: true }) => format!("failed {cause}"),
        What::Ended(Ending::Failed { cause, last: false }) => format!("failed {cause}, for now"),
        What::Ended(ending) => format!("{ending:?}").to_lowercase(),
        What::Marked(mark) => mark.to_string(),
        What::LockTaken { lock } => format!("takes {}", cast.lock(*lock)),
        What::LockBusy { lock, holder } => {
            format!("finds {} with {}", cast.lock(*lock), cast.name(*holder))
        }
        What::LockLeft { lock, freed: Some(of), .. } => {
            format!("frees {} of {}", cast.lock(*lock), cast.name(*of))
        }
        What::LockLeft { lock, freed: None, .. } => format!("frees no {}", cast.lock(*lock)),
        What::LockFreed { lock, holder, why } => {
            let why = if *why == Freed::Expired { "expires" } else { "is lost" };
            format!("{} of {} {why}", cast.lock(*lock), cast.name(*holder))
        }
        What::Killed { death, last } => {
            format!("dies: {death:?}{}", if *last { ", for good" } else { "" }).to_lowercase()
        }
        What::Ignored { .. } => "dispatch-ignored".to_owned(),
        What::Skipped { .. } => "lock-skipped".to_owned(),
        What::Paused => "paused".to_owned(),
        What::Resumed => "resumed".to_owned(),
        What::Fault { clause, call } => {
            let call = call.map_or(String::new(), |(call, nth)| format!(" {call}#{nth}"));
            format!("{}{call}", cast.faults[usize::from(*clause)])
        }
        _ => return None,
    })
}

fn answer_word(answer: &Answer) -> String {
    match answer {
        Answer::Thread(thread) => thread.to_string(),
        Answer::Message(message) => message.to_string(),
        Answer::Run(run, status) => format!("{run} {status}"),
        Answer::Runs(None) => "idle".to_owned(),
        Answer::Runs(Some(run)) => format!("{run} active"),
        Answer::Messages(message) => format!("{message:?}"),
        Answer::Refused(error) => {
            let run = error.active_run().map_or(String::new(), |run| format!(" {run}"));
            format!("{}{run}", error.status())
        }
    }
}

/// Checks that exactly this happens in any trial.
pub(crate) fn check(source: &str, expected: &[&str]) {
    for seed in 1..=3 {
        assert_eq!(told(&play(source, seed)), expected, "seed {seed}: {source}");
    }
}

/// Returns the properties that the trial breaks.
pub(crate) fn broken(trial: &Trial) -> Vec<&'static str> {
    let mut broken: Vec<PropertyId> =
        trial.violations.iter().map(|violation| violation.property).collect();
    broken.sort_unstable();
    broken.dedup();
    broken.into_iter().map(PropertyId::name).collect()
}

/// Returns when the process's calls of this operation were answered, in microseconds.
pub(crate) fn answered(trial: &Trial, wanted: Operation) -> Vec<u64> {
    let at = |event: &Event| match event.what {
        What::Answered { operation, .. } if operation == wanted => Some(event.at.as_us()),
        _ => None,
    };
    trial.history.events.iter().filter_map(at).collect()
}
