//! Words: what a fingerprint and a violation say, in a sentence.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Cast, Cause, End, Ending, Event, Operation, What};
use deadheat_model::id::{Actor, RunId};
use deadheat_model::property::{Fingerprint, Holder, Reason, RoleId, Violation, Why};

use crate::record::{Digest, Invocation, Trial};

/// A fingerprint as one stable string: `no-rejected-call: add_message generate < create_run
/// generate other (not awaited)`.
pub fn fingerprint(fingerprint: &Fingerprint, cast: &Cast) -> String {
    let step = |operation: Operation, role: Option<RoleId>| match role {
        Some(role) => format!("{operation} {}", role.name(cast)),
        None => operation.to_string(),
    };
    let (operation, role) = fingerprint.first;
    let first = format!("{}: {}", fingerprint.property, step(operation, role));
    let reason = fingerprint.reason.map_or("", Reason::name);
    let told = match fingerprint.second {
        None => first,
        Some((operation, role, holder)) => {
            let holder = match holder {
                Holder::Itself => "self",
                Holder::OtherAttempt => "other-attempt",
                Holder::Other => "other",
            };
            format!("{first} < {} {holder}", step(operation, role))
        }
    };
    if reason.is_empty() { told } else { format!("{told} ({reason})") }
}

/// What violations with this fingerprint have in common.
pub fn finding(fingerprint: &Fingerprint, why: Why, cast: &Cast) -> String {
    let name = |role: Option<RoleId>| role.map_or("somebody", |role| role.name(cast)).to_owned();
    let (operation, role) = fingerprint.first;
    let me = name(role);
    let whose = match fingerprint.second {
        None => String::new(),
        Some((_, _, Holder::Itself)) => "its own".to_owned(),
        Some((_, _, Holder::OtherAttempt)) => "an earlier attempt's".to_owned(),
        Some((_, other, Holder::Other)) if other == role => format!("another {me}'s"),
        Some((_, other, Holder::Other)) => format!("{}'s", name(other)),
    };
    match why {
        Why::SecondRun => format!("{me} created a run during {whose}"),
        Why::MessageDuringRun => format!("{me} added a message during {whose} run"),
        Why::Refused => {
            let state = fingerprint.reason.map_or("", state);
            format!("{operation} of {me} is refused during {whose} run{state}")
        }
        Why::JobFailed if operation == Operation::Life => {
            format!("{me} fails{}", since(fingerprint.reason))
        }
        Why::JobFailed => format!("{me} fails, since its {operation} is refused"),
        Why::JobLost => format!("a job that {me} dispatched never ends"),
        Why::JobDropped => format!("a job that {me} dispatched is dropped beside another one"),
        Why::Unanswered => {
            let how = match operation {
                Operation::Click => "clicked for",
                Operation::Dispatch => "asked for with a job",
                Operation::Lock => "would have asked for",
                _ => "asked for with a message",
            };
            format!("what {me} {how} is never answered{}", since(fingerprint.reason))
        }
        Why::PaidTwice => format!("a run of {me} is paid for, as {whose} was for the same request"),
        Why::AnswersOthers => format!("a run of {me} answers {whose} message"),
        Why::AnswersNothing => format!("a run of {me} finds its message answered already"),
        Why::SavedOthers if whose.is_empty() => format!("{me} saves a message that is no answer"),
        Why::SavedOthers => format!("{me} saves {whose} answer"),
        Why::OrphanThread => format!("a message of {me} stands in a thread that no row names"),
        Why::ContextLost => format!("a run of {me} cannot see {whose} answer"),
        Why::MessageTwice => {
            let by = match fingerprint.second {
                Some((_, _, Holder::OtherAttempt)) => "an earlier attempt".to_owned(),
                Some((_, other, Holder::Other)) if other == role => format!("another {me}"),
                Some((_, other, Holder::Other)) => name(other),
                _ => "it".to_owned(),
            };
            format!("{me} adds a message that {by} had added already")
        }
        Why::LockShared => {
            let other = whose.strip_suffix("'s").unwrap_or(&whose);
            format!("{me} takes a lock while {other} is still in its block")
        }
        Why::LockLeft => format!("a lock that {me} took is held by nobody"),
        Why::Stuck => "somebody waits for ever".to_owned(),
        Why::Late => "it takes too long to come to rest".to_owned(),
    }
}

/// Why something did not happen that should have.
fn since(reason: Option<Reason>) -> String {
    let clause = match reason {
        None | Some(Reason::AtWork | Reason::NotAwaited | Reason::Cancelling) => {
            return String::new();
        }
        Some(Reason::Refused) => "a call is refused during a run",
        Some(Reason::Rejected) => "a call is refused",
        Some(Reason::RunFailed) => "its run fails",
        Some(Reason::Cancelled) => "its run is cancelled",
        Some(Reason::TimedOut) => "a wait comes to its bound",
        Some(Reason::WaitsForTools) => "its run waits for tool outputs",
        Some(Reason::LockBusy) => "a lock is busy",
        Some(Reason::Skipped) => "it is left out, since a lock is busy",
        Some(Reason::Dropped) => "its job is dropped",
        Some(Reason::Ignored) => "that is ignored",
        Some(Reason::Exhausted) => "its job is handed out too often",
        Some(Reason::Crashed) => "its worker dies",
        Some(Reason::Killed) => "its `timeout` kills its worker",
        Some(Reason::Unavailable) => "the server cannot be reached",
        Some(Reason::Missing) => "something that it needs is missing",
        Some(Reason::Failed) => "it is told to fail",
        Some(Reason::NoRun) => "nobody asks for a run",
    };
    format!(": {clause}")
}

/// What a run was doing that was in somebody's way.
const fn state(reason: Reason) -> &'static str {
    match reason {
        Reason::NotAwaited => ", for which nobody waits",
        Reason::TimedOut => ", for which nobody waits any longer",
        Reason::WaitsForTools => ", which waits for tool outputs",
        Reason::Cancelling => ", which is being cancelled",
        Reason::Crashed | Reason::Killed => ", whose creator is dead",
        _ => "",
    }
}

/// What happened in a trial that broke a property: who, when, and what was in the way.
pub fn violation(violation: &Violation, trial: &Trial) -> String {
    let (cast, events) = (&trial.history.cast, &trial.history.events);
    let event = |index: usize| &events[index];
    let first = event(violation.witnesses.first.event.0);
    let second = violation.witnesses.second.map(|witness| event(witness.event.0));
    let name = |event: &Event| event.by.map_or("nobody".to_owned(), |actor| cast.name(actor));
    let me = name(first);
    let at = |event: &Event| format!("at {} s", event.at);
    let other = second.map(name).unwrap_or_default();
    let other_at = second.map(at).unwrap_or_default();
    match violation.why {
        Why::Refused => refusal(first, trial),
        Why::SecondRun => format!("{me} created a run {} during that of {other}.", at(first)),
        Why::MessageDuringRun => {
            format!("{me} added a message {} during the run of {other}.", at(first))
        }
        Why::JobFailed => {
            let end = event(violation.at);
            let cause = match end.what {
                What::Ended(Ending::Failed { cause, .. }) => cause.meaning(),
                What::Ended(Ending::Exhausted) => "it was handed out too often",
                What::Killed { .. } => "its worker died",
                _ => "it did not end well",
            };
            format!("{} failed {}: {cause}.", name(end), at(end))
        }
        Why::JobLost => format!("the job that {me} dispatched {} never ended.", at(first)),
        Why::JobDropped => {
            format!("the job that {me} dispatched {} was dropped: it overlapped.", at(first))
        }
        Why::Unanswered => match first.what {
            What::Dispatched { job, .. } => {
                format!(
                    "what {} was dispatched for {} was never answered.",
                    cast.job(job),
                    at(first)
                )
            }
            _ => format!("what {me} asked for {} was never answered.", at(first)),
        },
        Why::PaidTwice => format!(
            "{} of {me} was paid for, and {} of {other} had been for the same request.",
            run_of(first),
            second.map(run_of).unwrap_or_default(),
        ),
        Why::AnswersOthers => format!(
            "{} of {me} answered the message that {other} had added {other_at}.",
            run_of(first)
        ),
        Why::AnswersNothing => {
            format!(
                "{} of {me} had nothing left to answer: an earlier run had done it.",
                run_of(first)
            )
        }
        Why::SavedOthers if second.is_none() => {
            format!("what {me} saved {} was written by no run.", at(first))
        }
        Why::SavedOthers => format!("{me} saved the answer of {other}'s run {}.", at(first)),
        Why::OrphanThread => match second {
            Some(save) => format!(
                "{me} wrote to {} {}, and the row names the thread that {other} saved {}.",
                thread_of(first),
                at(first),
                at(save),
            ),
            None => format!(
                "{me} wrote to {} {}, which the row does not name.",
                thread_of(first),
                at(first)
            ),
        },
        Why::ContextLost => format!(
            "{} of {me} worked in {}, where the answer to {} of {other} is not.",
            run_of(first),
            thread_of(first),
            second.map(run_of).unwrap_or_default(),
        ),
        Why::MessageTwice => {
            format!("{me} added a message {}, as {other} had {other_at}.", at(first))
        }
        Why::LockShared => format!(
            "{me} took {} {}, and {other}, who had taken it {other_at}, was still in its block.",
            lock_of(first, cast),
            at(first)
        ),
        Why::LockLeft => {
            format!("{}, which {me} took {}, was never released.", lock_of(first, cast), at(first))
        }
        Why::Stuck => format!("nothing was left to happen: {}.", trial.unfinished.join(", ")),
        Why::Late if trial.end == End::OutOfBudget => {
            format!("it had not come to rest {}.", at(event(violation.at)))
        }
        Why::Late => format!("it came to rest {} only.", at(event(violation.at))),
    }
}

/// Which run was in the way of a refused call, who had created it, and when it would end.
pub fn refusal(event: &Event, trial: &Trial) -> String {
    let What::Answered { operation, answer: Answer::Refused(error), .. } = &event.what else {
        return String::new();
    };
    let (cast, events) = (&trial.history.cast, &trial.history.events);
    let who = event.by.map(|actor| cast.name(actor)).unwrap_or_default();
    let said = format!(
        "{operation} of {who} at {} s was refused with HTTP {}: \"{error}\"",
        event.at,
        error.status()
    );
    let Some(run) = error.active_run() else { return said };
    let creation = events.iter().find(
        |event| matches!(event.what, What::RunCreated { run: created, .. } if created == run),
    );
    let end = events.iter().find(|event| is_end_of(event, run));
    let created = creation.map_or_else(String::new, |creation| {
        let by = match (creation.by, event.by) {
            (Some(by), Some(me)) if by == me => "it had itself created".to_owned(),
            (Some(by), _) => format!("{} had created", cast.name(by)),
            (None, _) => "somebody had created".to_owned(),
        };
        format!(" {run}, which {by} at {} s, was active", creation.at)
    });
    match end {
        Some(end) if end.at < event.at => {
            let was = created.replace(", was active", ", had ended");
            format!("{said}{was} at {} s, and its thread was still locked.", end.at)
        }
        Some(end) => format!("{said}{created} and would end at {} s.", end.at),
        None => format!("{said}{created} and would not end within the trial."),
    }
}

fn is_end_of(event: &Event, run: RunId) -> bool {
    match event.what {
        What::RunMoved { run: moved, status, .. } => moved == run && !status.is_active(),
        _ => false,
    }
}

fn lock_of(event: &Event, cast: &Cast) -> String {
    match event.what {
        What::LockTaken { lock } => format!("the lock {}", cast.lock(lock)),
        _ => "a lock".to_owned(),
    }
}

fn run_of(event: &Event) -> String {
    match event.what {
        What::RunCreated { run, .. } => run.to_string(),
        _ => "a run".to_owned(),
    }
}

fn thread_of(event: &Event) -> String {
    match event.what {
        What::RunCreated { thread, .. } | What::Message { thread, .. } => thread.to_string(),
        _ => "a thread".to_owned(),
    }
}

/// How an actor's end reads.
pub(super) fn ending(ending: Ending) -> String {
    match ending {
        Ending::Done => "done".to_owned(),
        Ending::Failed { cause: Cause::Failed, .. } => "fails".to_owned(),
        Ending::Failed { cause, .. } => format!("fails: {cause}"),
        Ending::Released => "goes back: overlaps".to_owned(),
        Ending::Dropped => "is dropped: overlaps".to_owned(),
        Ending::Exhausted => "fails: too many attempts".to_owned(),
    }
}

/// How a trial's end reads.
pub fn end(end: End) -> &'static str {
    match end {
        End::Settled => "came to rest",
        End::Stuck => "stuck",
        End::OutOfBudget => "out of budget",
    }
}

/// The line to paste: this trial again, and nothing else.
pub fn replay_line(invocation: &Invocation, seed: u64, digest: Option<Digest>) -> String {
    let mut line =
        format!("{} replay {} --seed {seed}", invocation.program, quote(&invocation.scenario));
    for (name, value) in &invocation.settings {
        let _ = write!(line, " --set {}", quote(&format!("{name}={value}")));
    }
    if let Some(guards) = &invocation.guards {
        let _ = write!(line, " --guard {}", quote(guards));
    }
    if let Some(strategy) = &invocation.strategy {
        let _ = write!(line, " --strategy {strategy}");
    }
    if let Some(digest) = digest {
        let _ = write!(line, " --digest {digest}");
    }
    line
}

/// A word as a shell reads it.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The actor's name, or the server's.
pub(super) fn name(cast: &Cast, actor: Option<Actor>) -> String {
    actor.map_or("server".to_owned(), |actor| cast.name(actor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_paste_survives_a_shell() {
        let invocation = Invocation {
            program: "deadheat".to_owned(),
            scenario: "my scenarios/it's.toml".to_owned(),
            settings: vec![("delay".to_owned(), "1s..2s".to_owned())],
            guards: Some("retry+lock:ttl=1min".to_owned()),
            strategy: Some("pct:3".to_owned()),
        };
        assert_eq!(
            replay_line(&invocation, 3, Some(Digest { scenario: 1, history: 255 })),
            r"deadheat replay 'my scenarios/it'\''s.toml' --seed 3 --set delay=1s..2s --guard retry+lock:ttl=1min --strategy pct:3 --digest 00000001-00000000000000ff"
        );
    }
}
