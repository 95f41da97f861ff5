//! What the sentence says about each way of breaking.

mod rest;

use deadheat_model::history::{Answer, Cast, Death, Ending, Event, Mark, Operation, What, creator};
use deadheat_model::id::{Actor, RunId};
use deadheat_model::property::Reason;
use deadheat_model::run::RunStatus;
use deadheat_model::time::{Span, Time};

use super::{ACTED, BETWEEN, RELIED};
use crate::record::{Explained, Race};
use crate::report::explained::capital;
use crate::report::words;

/// Everything that the sentence is made from.
pub(super) struct Told<'a> {
    explained: &'a Explained,
    cast: &'a Cast,
    events: &'a [Event],
    race: &'a Race,
}

impl<'a> Told<'a> {
    pub(super) fn new(explained: &'a Explained, race: &'a Race) -> Told<'a> {
        let events = &explained.trial.history.events;
        Told { explained, cast: &explained.cast, events, race }
    }

    /// Names the actor whose end broke the property.
    pub(super) fn who_ended(&self) -> String {
        self.name(self.events[self.explained.violation.at].by)
    }

    fn name(&self, actor: Option<Actor>) -> String {
        actor.map_or_else(|| "the server".to_owned(), |actor| self.cast.name(actor))
    }

    fn acted(&self) -> &Event {
        &self.events[self.race.acted]
    }

    fn me(&self) -> String {
        self.name(self.acted().by)
    }

    fn between(&self) -> Option<&Event> {
        self.race.between.map(|index| &self.events[index])
    }

    fn relied_on(&self) -> Option<&Event> {
        self.race.relied.map(|index| &self.events[index])
    }

    /// Returns what was relied on, as a clause with its subject.
    fn relied(&self) -> Option<String> {
        let event = self.relied_on()?;
        let who = self.name(event.by);
        let said = match &event.what {
            What::Answered { thread: Some(thread), answer: Answer::Runs(None), .. } => {
                format!("{who} found {thread} idle")
            }
            What::Answered { answer: Answer::Run(run, status), .. } => {
                format!("{who} saw that {run} was {status}")
            }
            What::Message { message, thread, .. } => {
                format!("{who} added {message} to {thread}")
            }
            What::RowRead { document, thread } => {
                let document = &self.cast.document(*document).name;
                let thread = thread.map_or("no thread".to_owned(), |thread| thread.to_string());
                format!("{who} read that document {document} has {thread}")
            }
            What::LockTaken { lock } => format!("{who} took the lock {}", self.cast.lock(*lock)),
            What::Dispatched { job, .. } => format!("{who} dispatched {}", self.cast.job(*job)),
            What::Clicked { .. }
            | What::Started { .. }
            | What::Ended(_)
            | What::Answered { .. }
            | What::RunCreated { .. }
            | What::RunMoved { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Ignored { .. }
            | What::Skipped { .. }
            | What::Fault { .. }
            | What::IntentOver { .. } => format!("{who} asked"),
        };
        Some(format!("{said} {RELIED}"))
    }

    /// Returns how much time passed between what was relied on and the act.
    fn later(&self) -> String {
        let relied = self.relied_on().map(|event| event.at);
        relied.map_or_else(String::new, |at| apart(at, self.acted().at))
    }

    /// Returns whose run this is, from the point of view of `me`.
    fn run_of(&self, run: RunId, by: Option<Actor>, me: Option<Actor>) -> String {
        if by == me { format!("its own {run}") } else { format!("{}'s {run}", self.name(by)) }
    }

    pub(super) fn refused(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::Answered { operation, .. } = &acted.what else { return self.other() };
        let reason = self.explained.violation.reason;
        if let Some(said) = self.refused_again(*operation) {
            return said;
        }
        let Some((run, by)) = self.in_the_way() else {
            return format!("{me}'s {operation} was refused {ACTED}.");
        };
        let is_own = by == acted.by;
        let whose = self.run_of(run, by, acted.by);
        let state = match reason {
            Some(Reason::WaitsForTools) => ", which was waiting for tool outputs",
            Some(Reason::Cancelling) => ", which was being cancelled",
            Some(Reason::TimedOut) if !is_own => ", which nobody was waiting for any longer",
            Some(Reason::Crashed | Reason::Killed) => ", whose creator was dead",
            _ => "",
        };
        match (self.relied(), self.relied_on()) {
            (_, Some(gave_up)) if self.race.has_waited(self.events) => format!(
                "{} created {run} {BETWEEN}{} gave up waiting for it and went on {RELIED}; {} \
                 later its {operation} was refused {ACTED}, because {run} was still active.",
                self.name(by),
                if is_own { ",".to_owned() } else { format!("; {me}") },
                apart(gave_up.at, acted.at)
            ),
            (Some(relied), _) if self.has_ended() => format!(
                "{}'s {run} had ended {BETWEEN}, and {relied}; {} later its {operation} was \
                 refused {ACTED}, because the thread was still locked.",
                self.name(by),
                self.later()
            ),
            (None, _) if self.has_ended() => format!(
                "{}'s {run} had ended {BETWEEN}, but {me}'s {operation} was refused {ACTED}, \
                 because the thread was still locked.",
                self.name(by),
            ),
            (Some(relied), _) if is_own => format!(
                "{relied}; {} later its {operation} was refused {ACTED}, because {whose} \
                 {BETWEEN} was active.",
                self.later()
            ),
            (Some(relied), _) => format!(
                "{relied}; {} later its {operation} was refused {ACTED}, because {} had created \
                 {run} in between {BETWEEN}{state}.",
                self.later(),
                self.name(by),
            ),
            (None, _) if is_own && reason == Some(Reason::NotAwaited) => format!(
                "{me} created {run} {BETWEEN} and did not wait for it; {} later its {operation} \
                 was refused {ACTED}, because {run} was still active.",
                self.since_between()
            ),
            (None, _) if is_own => format!(
                "{me}'s {operation} was refused {ACTED}, because {whose} {BETWEEN} was still \
                 active{state}."
            ),
            (None, _) => format!(
                "{me}'s {operation} was refused {ACTED}, because {whose} {BETWEEN} was \
                 active{state}. {me} had not looked."
            ),
        }
    }

    /// Returns the run that was in the way of a refused call, and the actor that had created it.
    fn in_the_way(&self) -> Option<(RunId, Option<Actor>)> {
        let run = self.acted().refused_by()?;
        Some((run, creator(self.events, run)))
    }

    /// Returns whether the event in between is the end of a run.
    fn has_ended(&self) -> bool {
        matches!(self.between().map(|event| &event.what), Some(What::RunMoved { .. }))
    }

    /// Describes a creation whose reply was lost, or that reached the server twice.
    fn refused_again(&self, operation: Operation) -> Option<String> {
        let me = self.me();
        let (run, _) = self.in_the_way()?;
        match self.explained.violation.reason {
            Some(Reason::ReplyLost) => Some(format!(
                "{me} created {run}, but the reply was lost {BETWEEN}; its client called \
                 {operation} again and was refused {ACTED}, because {run} was active."
            )),
            Some(Reason::SentTwice) => Some(format!(
                "{me}'s create_run reached the server twice. The first copy created {run} \
                 {BETWEEN}; then its {operation} was refused {ACTED}, because {run} was active."
            )),
            _ => None,
        }
    }

    fn since_between(&self) -> String {
        self.between().map_or_else(String::new, |event| apart(event.at, self.acted().at))
    }

    pub(super) fn failed(&self) -> String {
        let event = self.acted();
        let who = self.name(event.by);
        if let What::Ended(Ending::Exhausted) = &event.what {
            let job = event.by.and_then(Actor::job).map(|job| self.cast.job(job));
            let job = job.unwrap_or_else(|| "the job".to_owned());
            return match self.between() {
                Some(Event { by, what: What::Marked(Mark::Redelivered), .. }) => format!(
                    "The queue handed {job} out again while {} was still at work {BETWEEN}; the \
                     job's tries were used up, so {who} failed at once {ACTED}.",
                    self.name(*by)
                ),
                _ => format!(
                    "The queue handed {job} out once more than its tries allow, and failed it \
                     {ACTED}."
                ),
            };
        }
        let said = if let What::Ended(Ending::Failed { cause, .. }) = &event.what {
            format!("{who} failed {ACTED}: {}", cause.meaning())
        } else if let What::Killed { death: Death::Crash, .. } = &event.what {
            format!("{who} died with its worker {ACTED}")
        } else if let What::Killed { .. } = &event.what {
            format!("{who} was killed by its job's timeout {ACTED}")
        } else {
            capital(&words::violation(&self.explained.violation, &self.explained.trial))
                .trim_end_matches('.')
                .to_owned()
        };
        match self.hindrance().filter(|_| self.race.between != Some(self.race.acted)) {
            Some(hindrance) => format!("{said}, because {hindrance} {BETWEEN}."),
            None => format!("{said}."),
        }
    }

    pub(super) fn unanswered(&self) -> String {
        let first = &self.events[self.explained.violation.witnesses.first.event.0];
        let who = self.name(first.by);
        let request = match &first.what {
            What::Dispatched { job, .. } => {
                format!("{}, which {who} dispatched {RELIED},", self.cast.job(*job))
            }
            What::Message { message, .. } => format!("{who}'s {message} {RELIED}"),
            What::Clicked { .. } => format!("{who}'s click {RELIED}"),
            What::Skipped { .. } => format!("What {who} was to ask {RELIED}"),
            What::Started { .. }
            | What::Ended(_)
            | What::Answered { .. }
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
            | What::Fault { .. }
            | What::IntentOver { .. } => format!("What {who} tried to ask {RELIED}"),
        };
        let Some(hindrance) = self.hindrance() else {
            return format!("{request} was never answered, because nobody created a run.");
        };
        // An actor that has failed does not ask again.
        let failed = match self.acted() {
            Event { by, what: What::Ended(Ending::Failed { .. }), .. }
                if Some(self.race.acted) != self.race.between =>
            {
                format!(", and {} failed {ACTED}", self.name(*by))
            }
            _ => String::new(),
        };
        format!("{request} was never answered, because {hindrance} {BETWEEN}{failed}.")
    }

    /// Names a run, with its creator.
    fn whose(&self, of: RunId) -> String {
        format!("{}'s {of}", self.name(creator(self.events, of)))
    }

    /// Returns what kept a request or a job from a good end.
    fn hindrance(&self) -> Option<String> {
        let event = self.between()?;
        let who = self.name(event.by);
        Some(match &event.what {
            What::RunCreated { run, .. } => format!("{who}'s {run} was active"),
            What::RunMoved { run, status, .. } => match status {
                RunStatus::RequiresAction => {
                    format!("{} was waiting for tool outputs", self.whose(*run))
                }
                RunStatus::Failed | RunStatus::Expired => format!("{} {status}", self.whose(*run)),
                status @ (RunStatus::Queued
                | RunStatus::InProgress
                | RunStatus::Cancelling
                | RunStatus::Cancelled
                | RunStatus::Completed
                | RunStatus::Incomplete) => format!("{} was {status}", self.whose(*run)),
            },
            What::LockTaken { lock } => format!("{who} held the lock {}", self.cast.lock(*lock)),
            What::Killed { death: Death::Crash, .. } => format!("the worker of {who} crashed"),
            What::Killed { .. } => format!("the job's timeout killed the worker of {who}"),
            What::Ended(Ending::Done) => format!("{who} finished without creating a run"),
            What::Ended(ending) => format!("{who} {}", words::ending(*ending)),
            What::Clicked { .. } => "the click came too soon after another one".to_owned(),
            What::Ignored { .. } => "there was such a job already".to_owned(),
            What::Dispatched { .. } => "the job was dropped beside another one".to_owned(),
            What::Answered { operation: Operation::CancelRun, answer, .. }
                if !matches!(answer, Answer::Refused(_)) =>
            {
                let Answer::Run(run, _) = answer else { return None };
                format!("{who} had cancelled {run}")
            }
            What::Answered { operation, .. } => format!("its {operation} was refused"),
            What::Marked(Mark::Redelivered) => format!("{who} was still at work"),
            What::Started { .. }
            | What::Message { .. }
            | What::RowRead { .. }
            | What::ThreadSaved { .. }
            | What::ReplySaved { .. }
            | What::Marked(_)
            | What::End(_)
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Paused
            | What::Resumed
            | What::Skipped { .. }
            | What::Fault { .. }
            | What::IntentOver { .. } => return None,
        })
    }

    pub(super) fn answers_others(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::RunCreated { run, .. } = &acted.what else { return self.other() };
        let Some(Event { by, what: What::Message { message, .. }, .. }) = self.between() else {
            return self.other();
        };
        let other = self.name(*by);
        match self.relied_on().map(|event| &event.what) {
            Some(What::Message { message: own, .. }) => format!(
                "{other}'s {message} {BETWEEN} came in between {me}'s {own} {RELIED} and its \
                 {run} {ACTED}, so {run} answered {message} as well."
            ),
            _ => format!(
                "{me} created {run} {ACTED} when {other}'s {message} {BETWEEN} was in the thread, \
                 so {run} answered {message} as well."
            ),
        }
    }

    pub(super) fn answers_nothing(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::RunCreated { run, .. } = &acted.what else { return self.other() };
        let Some(Event { by, what: What::RunCreated { run: taker, .. }, .. }) = self.between()
        else {
            return format!("{me} created {run} {ACTED}, and there was nothing left to answer.");
        };
        let taker = self.run_of(*taker, *by, acted.by);
        format!(
            "{taker} {BETWEEN} answered what {me} had asked, so {run} had nothing left to answer \
             {ACTED}."
        )
    }

    pub(super) fn paid_twice(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let (What::RunCreated { run, .. }, Some(between)) = (&acted.what, self.between()) else {
            return self.other();
        };
        let What::RunCreated { run: earlier, .. } = &between.what else { return self.other() };
        let later = self.since_between();
        if between.by == acted.by {
            return format!(
                "{me} created {earlier} {BETWEEN}, and {later} later {run} for the same request \
                 {ACTED}."
            );
        }
        let other = self.name(between.by);
        match self.relied_on() {
            Some(_) => format!(
                "{other} created {earlier} {BETWEEN}; {me} saw that {earlier} was active and \
                 waited {RELIED}, and then created {run} for the same request {ACTED}."
            ),
            None => format!(
                "{other} created {earlier} {BETWEEN}, and {later} later {me} created {run} for \
                 the same request {ACTED}."
            ),
        }
    }

    pub(super) fn added_twice(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let thing = |event: &Event| {
            if let What::Message { message, .. } = &event.what {
                message.to_string()
            } else {
                String::new()
            }
        };
        let Some(between) = self.between() else { return self.other() };
        let (earlier, mine, later) = (thing(between), thing(acted), self.since_between());
        if between.by == acted.by {
            return format!(
                "{me} added {earlier} {BETWEEN}, and {later} later {mine} for the same request \
                 {ACTED}."
            );
        }
        let other = self.name(between.by);
        format!(
            "{other} added {earlier} {BETWEEN}, and {later} later {me} added {mine} for the same \
             request {ACTED}."
        )
    }

    pub(super) fn saved(&self) -> String {
        let me = self.me();
        let (Some(between), Some(_)) = (self.between(), self.relied_on()) else {
            return self.other();
        };
        let What::Message { message, .. } = &between.what else { return self.other() };
        let writer = self.name(between.by);
        format!(
            "{writer} added {message} {BETWEEN} before {me} read the newest message {RELIED}, so \
             {me} saved {writer}'s question as its own answer {ACTED}."
        )
    }

    pub(super) fn other(&self) -> String {
        capital(&words::violation(&self.explained.violation, &self.explained.trial))
    }
}

/// Formats the time between two times as they are printed: `146 ms`, `2.3 s`, `12 min`.
fn apart(from: Time, to: Time) -> String {
    let printed = |time: Time| time.as_us() / 1_000;
    span(Span::from_ms(printed(to).saturating_sub(printed(from))))
}

fn span(span: Span) -> String {
    let us = span.as_us();
    match us {
        0..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..120_000_000 => {
            let tenths = (us + 50_000) / 100_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => format!("{} min", (us + 30_000_000) / 60_000_000),
    }
}
