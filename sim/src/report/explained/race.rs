//! The race in a sentence: who relied on what, what came in between, and what they did then. The
//! numbers in brackets stand at the steps of the story, too.

use deadheat_model::history::{Answer, Cast, Death, Ending, Event, Freed, Mark, What};
use deadheat_model::id::{Actor, RunId};
use deadheat_model::property::{Reason, Why};
use deadheat_model::run::RunStatus;
use deadheat_model::time::Span;

use crate::record::{Explained, Race};
use crate::report::words;

/// The sentence; nothing where a violation is no deed of anybody's.
pub(super) fn race(explained: &Explained) -> Option<String> {
    let race = explained.race.as_ref()?;
    let told =
        Told { explained, cast: &explained.cast, events: &explained.trial.history.events, race };
    Some(match explained.violation.why {
        Why::Refused => told.refused(),
        Why::JobFailed if race.acted != explained.violation.at => {
            let end = &told.events[explained.violation.at];
            format!("{} So {} failed.", told.refused(), told.name(end.by))
        }
        Why::JobFailed | Why::JobLost | Why::JobDropped => told.failed(),
        Why::Unanswered => told.unanswered(),
        Why::AnswersOthers => told.answers_others(),
        Why::AnswersNothing => told.answers_nothing(),
        Why::PaidTwice => told.twice("created", "was created"),
        Why::MessageTwice => told.twice("added", "was added"),
        Why::LockShared => told.lock_shared(),
        Why::LockLeft => told.lock_left(),
        Why::OrphanThread => told.orphan(),
        Why::ContextLost => told.context_lost(),
        _ => told.other(),
    })
}

struct Told<'a> {
    explained: &'a Explained,
    cast: &'a Cast,
    events: &'a [Event],
    race: &'a Race,
}

impl Told<'_> {
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

    /// What was relied on, as a clause with its subject.
    fn relied(&self) -> Option<String> {
        let event = &self.events[self.race.relied?];
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
                format!("{who} read in the row of document {document} that it has {thread}")
            }
            What::LockTaken { lock } => format!("{who} took the lock {}", self.cast.lock(*lock)),
            What::Dispatched { job, .. } => format!("{who} asked for {}", self.cast.job(*job)),
            What::Marked(Mark::WentOn) => format!("{who} had waited long enough, and went on"),
            _ => format!("{who} asked"),
        };
        Some(format!("{said} (1)"))
    }

    /// How long after what was relied on somebody acted.
    fn later(&self) -> String {
        let relied = self.race.relied.map(|index| self.events[index].at);
        relied.map_or_else(String::new, |at| span(self.acted().at - at))
    }

    /// Whose run this is, seen from somebody.
    fn run_of(&self, run: RunId, by: Option<Actor>, me: Option<Actor>) -> String {
        if by == me { format!("its own {run}") } else { format!("{}'s {run}", self.name(by)) }
    }

    fn refused(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::Answered { operation, .. } = &acted.what else { return self.other() };
        let Some(Event { by, what: What::RunCreated { run, .. }, .. }) = self.between() else {
            return format!("{me}'s {operation} was refused (3).");
        };
        let is_own = *by == acted.by;
        let whose = self.run_of(*run, *by, acted.by);
        let reason = self.explained.violation.reason;
        let state = match reason {
            Some(Reason::WaitsForTools) => "which waited for tool outputs",
            Some(Reason::Cancelling) => "which was being cancelled",
            Some(Reason::TimedOut) => "for which nobody waited any longer",
            Some(Reason::Crashed | Reason::Killed) => "whose creator was dead",
            Some(Reason::NotAwaited) if is_own => "for which it had not waited",
            _ => "",
        };
        let state = if state.is_empty() { String::new() } else { format!(", {state}") };
        match self.relied() {
            Some(relied) if self.race.has_waited => format!(
                "{relied} while {whose} (2) was still active; {} later its {operation} was refused \
                 (3).",
                self.later()
            ),
            Some(relied) if is_own => format!(
                "{relied}; {} later its {operation} was refused (3), because {whose} still locked \
                 the thread (2).",
                self.later()
            ),
            Some(relied) => format!(
                "{relied}; {} later its {operation} was refused (3), because {whose} had come in \
                 between (2){state}.",
                self.later()
            ),
            None if is_own => format!(
                "{me}'s {operation} was refused (3), because {whose} was still active (2){state}."
            ),
            None => format!(
                "{me}'s {operation} was refused (3), because {whose} was active (2){state}. {me} \
                 had not looked."
            ),
        }
    }

    fn failed(&self) -> String {
        let event = self.acted();
        let who = self.name(event.by);
        let said = match &event.what {
            What::Ended(Ending::Failed { cause, .. }) => {
                format!("{who} failed (3): {}", cause.meaning())
            }
            What::Ended(Ending::Exhausted) => format!("{who} was handed out too often (3)"),
            What::Killed { death: Death::Crash, .. } => format!("{who} died with its worker (3)"),
            What::Killed { .. } => format!("{who} was killed by its timeout (3)"),
            _ => capital(&words::violation(&self.explained.violation, &self.explained.trial))
                .trim_end_matches('.')
                .to_owned(),
        };
        match self.hindrance().filter(|_| self.race.between != Some(self.race.acted)) {
            Some(hindrance) => format!("{said}, because {hindrance} (2)."),
            None => format!("{said}."),
        }
    }

    fn unanswered(&self) -> String {
        let first = &self.events[self.explained.violation.witnesses.first.event.0];
        let who = self.name(first.by);
        let asked = match &first.what {
            What::Dispatched { job, .. } => format!("{who} asked for {} (1)", self.cast.job(*job)),
            What::Message { message, .. } => format!("{who} asked with {message} (1)"),
            What::Clicked { .. } => format!("{who} clicked (1)"),
            What::Skipped { .. } => format!("{who} left out what it was to ask (1)"),
            _ => format!("{who} tried to ask (1)"),
        };
        match self.hindrance() {
            Some(hindrance) => format!("{asked}, and was never answered, because {hindrance} (2)."),
            None => format!("{asked}, and was never answered: nobody asked for a run."),
        }
    }

    /// What came between a request or a job and its good end.
    fn hindrance(&self) -> Option<String> {
        let event = self.between()?;
        let who = self.name(event.by);
        Some(match &event.what {
            What::RunCreated { run, .. } => format!("{who}'s {run} was active"),
            What::RunMoved { run, status, .. } => match self.explained.violation.reason {
                Some(Reason::WaitsForTools) => format!("{run} waited for tool outputs in vain"),
                _ => match status {
                    RunStatus::Failed | RunStatus::Expired => format!("{run} {status}"),
                    status => format!("{run} was {status}"),
                },
            },
            What::LockTaken { lock } => format!("{who} held the lock {}", self.cast.lock(*lock)),
            What::Killed { death: Death::Crash, .. } => format!("the worker of {who} crashed"),
            What::Killed { .. } => format!("the timeout of {who} killed its worker"),
            What::Ended(Ending::Done) => format!("{who} was done without asking for a run"),
            What::Ended(ending) => format!("{who} {}", words::ending(*ending)),
            What::Clicked { .. } => "the click came too soon after another one".to_owned(),
            What::Ignored { .. } => "such a job was there already".to_owned(),
            What::Dispatched { .. } => "the job was dropped beside another one".to_owned(),
            What::Answered { operation, .. } => format!("its {operation} was refused"),
            _ => return None,
        })
    }

    fn answers_others(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::RunCreated { run, .. } = &acted.what else { return self.other() };
        let Some(Event { by, what: What::Message { message, .. }, .. }) = self.between() else {
            return self.other();
        };
        let other = self.name(*by);
        match self.relied() {
            Some(relied) => format!(
                "{relied}; {} later it created {run} (3), and {other}'s {message} had come in \
                 between (2): {run} answers that.",
                self.later()
            ),
            None => format!(
                "{me} created {run} (3), and {other}'s {message} stood in the thread (2): {run} \
                 answers that."
            ),
        }
    }

    fn answers_nothing(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let What::RunCreated { run, .. } = &acted.what else { return self.other() };
        let Some(Event { by, what: What::RunCreated { run: taker, .. }, .. }) = self.between()
        else {
            return format!("{me} created {run} (3), and there was nothing of its own to answer.");
        };
        let taker = self.run_of(*taker, *by, acted.by);
        format!(
            "{taker} had taken in what {me} had asked (2), so that {run} had nothing to answer (3)."
        )
    }

    fn twice(&self, deed: &str, was: &str) -> String {
        let (me, acted) = (self.me(), self.acted());
        let thing = |event: &Event| match &event.what {
            What::RunCreated { run, .. } => run.to_string(),
            What::Message { message, .. } => message.to_string(),
            _ => String::new(),
        };
        let Some(between) = self.between() else { return self.other() };
        let (other, mine) = (thing(between), thing(acted));
        if between.by == acted.by {
            let later = span(acted.at - between.at);
            return format!(
                "{me} {deed} {other} (2), and {later} later {mine} for the same request (3)."
            );
        }
        let by = self.name(between.by);
        format!(
            "{other} {was} by {by} (2), and {} later {me} {deed} {mine} for the same request (3).",
            span(acted.at - between.at)
        )
    }

    fn lock_shared(&self) -> String {
        let Some(relied) = self.relied() else { return self.other() };
        let me = self.me();
        let lost = self.between().filter(|_| self.race.between != self.race.relied);
        let how = match lost.map(|event| &event.what) {
            Some(What::LockFreed { why: Freed::Expired, .. }) => "it expired (2)",
            Some(What::LockFreed { .. }) => "it was lost (2)",
            Some(What::LockLeft { .. }) => "somebody else released it (2)",
            _ => "it was granted again",
        };
        format!("{relied}; {how}, and {me} took it (3) before the first block was left.")
    }

    fn lock_left(&self) -> String {
        let event = self.acted();
        let What::LockTaken { lock } = &event.what else { return self.other() };
        let (who, lock) = (self.name(event.by), self.cast.lock(*lock));
        match self.between() {
            Some(_) => {
                format!("{who} took the lock {lock} (3) and died (2): nobody gives it back.")
            }
            None => format!("{who} took the lock {lock} (3), and never gave it back."),
        }
    }

    fn orphan(&self) -> String {
        let me = self.me();
        let (Some(relied), Some(Event { by, what: What::ThreadSaved { thread, .. }, .. })) =
            (self.relied(), self.between())
        else {
            return self.other();
        };
        let other = self.name(*by);
        let later = self.later();
        format!(
            "{relied}; {other} saved {thread} for the document (2), and {later} later {me} wrote \
             to another thread (3)."
        )
    }

    fn context_lost(&self) -> String {
        let (me, acted) = (self.me(), self.acted());
        let (
            What::RunCreated { run, thread, .. },
            Some(Event { by, what: What::RunCreated { run: earlier, thread: there, .. }, .. }),
        ) = (&acted.what, self.between())
        else {
            return self.other();
        };
        let whose = self.run_of(*earlier, *by, acted.by);
        format!(
            "{whose} had answered in {there} (2), and {me} created {run} in {thread} (3), where \
             that answer is not."
        )
    }

    fn other(&self) -> String {
        capital(&words::violation(&self.explained.violation, &self.explained.trial))
    }
}

fn capital(sentence: &str) -> String {
    super::capital(sentence)
}

/// A time as it is said: `146 ms`, `2.3 s`, `12 min`.
fn span(span: Span) -> String {
    let us = span.as_us();
    match us {
        0..1_000_000 => format!("{} ms", us.div_ceil(1_000)),
        1_000_000..120_000_000 => {
            let tenths = (us + 50_000) / 100_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => format!("{} min", (us + 30_000_000) / 60_000_000),
    }
}

/// The number that a step of the story has in the sentence.
pub(super) fn mark(explained: &Explained, is_told_by: impl Fn(usize) -> bool) -> Option<u8> {
    let race = explained.race.as_ref()?;
    [(race.relied, 1), (race.between, 2), (Some(race.acted), 3)]
        .into_iter()
        .find(|(index, _)| index.is_some_and(&is_told_by))
        .map(|(_, number)| number)
}
