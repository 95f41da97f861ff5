//! An event as a sentence.

use deadheat_model::api::ApiError;
use deadheat_model::history::{
    self, Answer, Death, End, Event, Freed, History, Mark, Operation, What,
};
use deadheat_model::id::{Actor, RunId};
use deadheat_model::run::RunStatus;

use super::words;

/// Returns what an event says. Returns nothing if another event says it, or if it says nothing to
/// people.
pub fn sentence(index: usize, history: &History) -> Option<String> {
    let (cast, events) = (&history.cast, &history.events);
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
                Answer::Refused(error) => refused(event, *operation, error, history),
                answer @ (Answer::Thread(_)
                | Answer::Message(_)
                | Answer::Run(..)
                | Answer::Runs(_)
                | Answer::Messages(_)) => answered(&who, *operation, &thread, answer),
            }
        }
        What::RunMoved { run, status, .. } if !status.is_active() => {
            format!("{run}{} ends: {status}", creator(*run, history))
        }
        What::RunMoved { run, status: RunStatus::RequiresAction, .. } => {
            format!("{run}{} waits for tool outputs", creator(*run, history))
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
            format!("{who} saves the answer of {run}{}", creator(*run, history))
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
        Answer::Run(run, status) => {
            if let Operation::CreateRun = operation {
                format!("{who} creates {run} in {thread}")
            } else if let Operation::CancelRun = operation {
                format!("{who} cancels {run}")
            } else if let Operation::SubmitOutputs = operation {
                format!("{who} answers the tool calls of {run}")
            } else {
                format!("{who} looks at {run}: {status}")
            }
        }
        Answer::Refused(_) => String::new(),
    }
}

fn refused(event: &Event, operation: Operation, error: &ApiError, history: &History) -> String {
    let who = event.by.map(|actor| history.cast.name(actor)).unwrap_or_default();
    let events = &history.events;
    let is_over = |run: RunId| events.iter().any(|other| other.ends(run) && other.at < event.at);
    let why = error.active_run().map_or_else(String::new, |run| {
        let is = if is_over(run) { "still locks its thread" } else { "is active" };
        format!(", because {run} {is}")
    });
    format!("{operation} of {who} is refused with HTTP {}{why}", error.status())
}

/// Returns whose run it is.
fn creator(run: RunId, history: &History) -> String {
    let by = history::creator(&history.events, run);
    by.map_or_else(String::new, |by| format!(" (of {})", history.cast.name(by)))
}
