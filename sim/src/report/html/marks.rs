//! What a picture shows of each event: a mark on its actor's lane, and a few words.

use deadheat_model::history::{Answer, Ending, Freed, History, Mark as Counted, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::run::RunStatus;

use super::super::words;

/// A mark on a lane.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The event, by its place.
    pub(super) event: usize,
    /// The actor on whose lane it is.
    pub(super) by: Actor,
    pub(super) kind: Kind,
    /// What happened, in a few words.
    pub(super) label: String,
}

/// The kinds of marks. Where several are at one place, the last one of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Step,
    Poll,
    Begin,
    Done,
    Click,
    Call,
    Look,
    Unlock,
    Lock,
    Message,
    Run,
    Busy,
    Fault,
    Failed,
    Refused,
}

impl Kind {
    /// Its name as a class of the style sheet, and what it means.
    pub(super) const fn name(self) -> (&'static str, &'static str) {
        match self {
            Kind::Step => ("step", "a step of its own"),
            Kind::Poll => ("poll", "looks again, nothing new"),
            Kind::Begin => ("begin", "starts"),
            Kind::Done => ("done", "ends"),
            Kind::Click => ("click", "clicks"),
            Kind::Call => ("call", "another call"),
            Kind::Look => ("look", "looks"),
            Kind::Unlock => ("unlock", "releases a lock"),
            Kind::Lock => ("lock", "takes a lock"),
            Kind::Message => ("message", "adds a message"),
            Kind::Run => ("run", "creates a run"),
            Kind::Busy => ("busy", "finds it busy"),
            Kind::Fault => ("fault", "a fault strikes"),
            Kind::Failed => ("failed", "fails or dies"),
            Kind::Refused => ("refused", "refused"),
        }
    }

    /// Returns whether something went wrong.
    pub(super) const fn is_bad(self) -> bool {
        matches!(self, Kind::Failed | Kind::Refused | Kind::Fault)
    }
}

/// Returns the marks of a history, in order.
pub(super) fn marks(history: &History) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (event, one) in history.events.iter().enumerate() {
        let Some((kind, label)) = said(history, event) else { continue };
        let holder =
            if let What::LockFreed { holder, .. } = one.what { Some(holder) } else { one.by };
        let Some(by) = holder else { continue };
        let last = marks.iter().rev().find(|mark| mark.by == by);
        let is_again = |last: &Mark| last.label == label && last.kind <= Kind::Look;
        let is_poll = kind == Kind::Look && last.is_some_and(is_again);
        let kind = if is_poll { Kind::Poll } else { kind };
        marks.push(Mark { event, by, kind, label });
    }
    marks
}

/// Returns the actors, in the order in which they are marked first.
pub(super) fn actors(marks: &[Mark]) -> Vec<Actor> {
    let mut actors = Vec::new();
    for mark in marks {
        if !actors.contains(&mark.by) {
            actors.push(mark.by);
        }
    }
    actors
}

fn said(history: &History, event: usize) -> Option<(Kind, String)> {
    let (cast, event) = (&history.cast, &history.events[event]);
    let plain = |kind: Kind, label: &str| Some((kind, label.to_owned()));
    match &event.what {
        What::Clicked { .. } => plain(Kind::Click, "clicks"),
        What::Dispatched { job, .. } => match event.by {
            Some(Actor::User(_)) => None,
            _ => Some((Kind::Step, format!("dispatches {}", cast.job(*job)))),
        },
        What::Started { .. } => plain(Kind::Begin, "starts"),
        What::Ended(Ending::Done) => plain(Kind::Done, "done"),
        What::Ended(Ending::Released | Ending::Dropped) => plain(Kind::Done, "put back"),
        What::Ended(ending @ (Ending::Failed { .. } | Ending::Exhausted)) => {
            Some((Kind::Failed, words::ending(*ending)))
        }
        What::Answered { operation, answer, .. } => Some(answered(*operation, answer)),
        What::RowRead { thread: Some(_), .. } => plain(Kind::Step, "reads row"),
        What::RowRead { thread: None, .. } => plain(Kind::Step, "reads row: no thread"),
        What::ThreadSaved { thread, .. } => Some((Kind::Step, format!("saves {thread}"))),
        What::ReplySaved { .. } => plain(Kind::Step, "saves reply"),
        What::LockTaken { .. } => plain(Kind::Lock, "takes lock"),
        What::LockBusy { .. } => plain(Kind::Busy, "lock busy"),
        What::LockLeft { .. } => plain(Kind::Unlock, "releases lock"),
        What::LockFreed { why: Freed::Expired, .. } => plain(Kind::Fault, "lock expires"),
        What::LockFreed { why: Freed::Lost, .. } => plain(Kind::Fault, "lock lost"),
        What::Killed { .. } => plain(Kind::Failed, "killed"),
        What::Paused => plain(Kind::Fault, "paused"),
        What::Resumed => plain(Kind::Step, "goes on"),
        What::Ignored { .. } => plain(Kind::Busy, "ignored"),
        What::Skipped { .. } => plain(Kind::Busy, "skips"),
        What::Fault { clause, .. } => {
            Some((Kind::Fault, cast.role(Actor::Fault(*clause)).to_owned()))
        }
        What::Marked(Counted::WentOn) => plain(Kind::Step, "gives up waiting"),
        What::Marked(Counted::CallRetried) => plain(Kind::Step, "retries"),
        What::Marked(Counted::Redelivered) => plain(Kind::Fault, "handed out again"),
        What::Message { .. }
        | What::RunCreated { .. }
        | What::RunMoved { .. }
        | What::Marked(_)
        | What::IntentOver { .. }
        | What::End(_) => None,
    }
}

fn answered(operation: Operation, answer: &Answer) -> (Kind, String) {
    match answer {
        Answer::Refused(error) => match error.active_run() {
            Some(_) => (Kind::Refused, format!("{operation} refused")),
            None => (Kind::Refused, format!("{operation}: {}", error.status())),
        },
        Answer::Thread(thread) => (Kind::Call, format!("creates {thread}")),
        Answer::Message(message) => (Kind::Message, format!("adds {message}")),
        Answer::Runs(None) => (Kind::Look, "looks: idle".to_owned()),
        Answer::Runs(Some(run)) => (Kind::Look, format!("looks: {run} active")),
        Answer::Messages(Some(message)) => (Kind::Look, format!("reads {message}")),
        Answer::Messages(None) => (Kind::Look, "reads: nothing".to_owned()),
        Answer::Run(run, status) => match operation {
            Operation::CreateRun => (Kind::Run, format!("creates {run}")),
            Operation::CancelRun => (Kind::Call, format!("cancels {run}")),
            Operation::SubmitOutputs => (Kind::Call, format!("answers tools of {run}")),
            _ if *status == RunStatus::InProgress => (Kind::Look, format!("looks: {run} works")),
            Operation::Life
            | Operation::Click
            | Operation::Dispatch
            | Operation::LoadDocument
            | Operation::SaveThread
            | Operation::SaveReply
            | Operation::CreateThread
            | Operation::AddMessage
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
            | Operation::Fault => (Kind::Look, format!("looks: {run} {status}")),
        },
    }
}
