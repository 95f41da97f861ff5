//! What an event says in an actor's column, in a few words.

use deadheat_model::history::{Answer, Cast, Death, Event, Freed, Operation, What};
use deadheat_model::id::Actor;

/// Returns what an event about locks, deaths or faults says.
pub(super) fn trouble(cast: &Cast, event: &Event) -> Option<(String, bool)> {
    let said = |text: String| Some((text, false));
    match &event.what {
        What::LockTaken { lock } => said(format!("locks {}", cast.lock(*lock))),
        What::LockBusy { holder, .. } => said(format!("lock busy: {}", cast.name(*holder))),
        What::LockLeft { lock, holder, freed } => match freed {
            Some(freed) if freed == holder => said(format!("unlocks {}", cast.lock(*lock))),
            Some(other) => Some((format!("frees the lock of {}", cast.name(*other)), true)),
            None => said("unlocks: already gone".to_owned()),
        },
        What::LockFreed { why, .. } => said(match why {
            Freed::Expired => "(its lock expired)".to_owned(),
            Freed::Lost => "(its lock was lost)".to_owned(),
        }),
        What::Killed { death, .. } => Some((
            match death {
                Death::Crash => "dies: crash".to_owned(),
                Death::Timeout => "dies: job timeout".to_owned(),
            },
            true,
        )),
        What::Ignored { .. } => said("is ignored: job exists".to_owned()),
        What::Skipped { .. } => said("skips the block".to_owned()),
        What::Paused => said("is paused".to_owned()),
        What::Resumed => said("resumes".to_owned()),
        What::Fault { clause, call } => {
            let name = cast.role(Actor::Fault(*clause));
            let on = call.map(|(operation, nth)| format!(": {operation}#{nth}"));
            Some((format!("! {name}{}", on.unwrap_or_default()), true))
        }
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
        | What::IntentOver { .. }
        | What::Marked(_)
        | What::End(_) => None,
    }
}

/// Returns what a granted call did.
pub(in crate::report) fn answered(operation: Operation, answer: &Answer) -> String {
    match answer {
        Answer::Thread(thread) => format!("creates {thread}"),
        Answer::Message(message) => format!("adds {message}"),
        Answer::Runs(None) => "looks: idle".to_owned(),
        Answer::Runs(Some(run)) => format!("looks: {run}"),
        Answer::Messages(Some(message)) => format!("reads {message}"),
        Answer::Messages(None) => "reads no message".to_owned(),
        Answer::Run(run, status) => {
            if let Operation::CreateRun = operation {
                format!("creates {run}")
            } else if let Operation::CancelRun = operation {
                format!("cancels {run}")
            } else if let Operation::SubmitOutputs = operation {
                format!("answers {run}")
            } else {
                format!("{run}: {status}")
            }
        }
        Answer::Refused(_) => String::new(),
    }
}

/// Returns what a refused call wanted, in a word.
pub(super) fn short(operation: Operation) -> &'static str {
    match operation {
        Operation::AddMessage => "add",
        Operation::CreateRun => "run",
        Operation::CancelRun => "cancel",
        Operation::SubmitOutputs => "submit",
        Operation::Life
        | Operation::Click
        | Operation::Dispatch
        | Operation::LoadDocument
        | Operation::SaveThread
        | Operation::SaveReply
        | Operation::CreateThread
        | Operation::ListMessages
        | Operation::RetrieveRun
        | Operation::ListRuns
        | Operation::WaitIdle
        | Operation::AwaitRun
        | Operation::Repeat
        | Operation::Lock
        | Operation::Unlock
        | Operation::Overlap
        | Operation::Unique
        | Operation::Fault => "call",
    }
}
