//! Words: what a fingerprint and a violation say, in a sentence.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Cast, Cause, End, Ending, Event, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{
    Fingerprint, Holder, PropertyId, Reason, RoleId, Violation, Way, Why,
};

use crate::record::{Digest, Invocation, Shown, Trial};

/// Formats a fingerprint as one stable string: `no-rejected-call: add_message generate < create_run
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

/// Names an actor of a role: `a generate job`, `browser`, `a stress-worker`.
fn one(role: Option<RoleId>, cast: &Cast) -> String {
    let Some(role) = role else { return "somebody".to_owned() };
    let what = kind(role, cast);
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    if is_alone(role, cast) { what } else { format!("{article} {what}") }
}

/// Names another actor of the same role, or an actor of another role.
fn other(role: Option<RoleId>, than: Option<RoleId>, cast: &Cast) -> String {
    match role {
        Some(role) if Some(role) == than => format!("another {}", kind(role, cast)),
        role => one(role, cast),
    }
}

fn kind(role: RoleId, cast: &Cast) -> String {
    match role {
        RoleId::Jobs(_) => format!("{} job", role.name(cast)),
        RoleId::Users(_) | RoleId::Processes(_) => role.name(cast).to_owned(),
    }
}

/// Returns whether there is exactly one user or process of this role.
fn is_alone(role: RoleId, cast: &Cast) -> bool {
    let (members, first) = match role {
        RoleId::Users(first) => (&cast.users, first),
        RoleId::Processes(first) => (&cast.processes, first),
        RoleId::Jobs(_) => return false,
    };
    members.iter().filter(|member| member.first == first).count() == 1
}

/// Returns what violations with this fingerprint have in common.
pub fn finding(way: &Way, cast: &Cast) -> String {
    let Way { fingerprint, why } = *way;
    let (operation, role) = fingerprint.first;
    let me = one(role, cast);
    let them = match fingerprint.second {
        Some((_, _, Holder::OtherAttempt)) => "an earlier attempt".to_owned(),
        Some((_, theirs, Holder::Other)) => other(theirs, role, cast),
        None | Some((_, _, Holder::Itself)) => "it".to_owned(),
    };
    let whose = match fingerprint.second {
        None | Some((_, _, Holder::Itself)) => "its own".to_owned(),
        Some(_) => format!("{them}'s"),
    };
    let because = because(fingerprint.reason);
    match why {
        Why::SecondRun => format!("{me} creates a run while {whose} is active"),
        Why::MessageDuringRun => format!("{me} adds a message while {whose} run is active"),
        Why::Refused => format!("{me}'s {operation} is refused {}", during(&fingerprint, &whose)),
        Why::JobFailed if operation == Operation::Life => format!("{me} fails{because}"),
        Why::JobFailed => format!("{me} fails because its {operation} is refused"),
        Why::JobLost => format!("a job that {me} dispatched never ends{because}"),
        Why::JobDropped => format!("a job that {me} dispatched is dropped because it overlaps"),
        Why::Unanswered => {
            let what = if let Operation::Click = operation {
                format!("{me}'s click")
            } else if let Operation::Dispatch = operation {
                format!("a job that {me} dispatched")
            } else if let Operation::Lock = operation {
                format!("what {me} would have asked")
            } else {
                format!("{me}'s message")
            };
            format!("{what} is never answered{because}")
        }
        Why::PaidTwice if whose == "its own" => {
            format!("{me} pays for two runs for one request")
        }
        Why::PaidTwice => format!("{me} pays again for what {them} has already paid for"),
        Why::AnswersOthers => format!("{me}'s run answers {whose} message"),
        Why::AnswersNothing => format!("{me}'s run finds its message already answered"),
        Why::SavedOthers if fingerprint.second.is_none() => {
            format!("{me} saves a message that no run wrote")
        }
        Why::SavedOthers => format!("{me} saves {whose} answer"),
        Why::OrphanThread => format!("{me}'s message ends up in a thread that no row names"),
        Why::ContextLost => format!("{me}'s run cannot see {whose} answer"),
        Why::MessageTwice => format!("{me} adds a message that {them} has already added"),
        Why::LockShared => format!("{me} takes a lock while {them} is still inside"),
        Why::LockLeft => format!("{me} leaves a lock behind that nobody can release{because}"),
        Why::Stuck => format!("somebody waits forever{because}"),
        Why::Late => "it takes too long to come to rest".to_owned(),
    }
}

/// Returns during which run a call is refused, and the state of that run.
fn during(fingerprint: &Fingerprint, whose: &str) -> String {
    match fingerprint.reason {
        Some(Reason::NotAwaited) => {
            format!("while {whose} run, which nobody waits for, is active")
        }
        Some(Reason::TimedOut) => {
            format!("while {whose} run, which nobody waits for any longer, is active")
        }
        Some(Reason::ReplyLost) => {
            format!("while {whose} run is active, whose creation was never confirmed")
        }
        Some(Reason::SentTwice) => {
            format!("while {whose} run is active, whose creation was sent twice")
        }
        Some(Reason::WaitsForTools) => format!("while {whose} run waits for tool outputs"),
        Some(Reason::Cancelling) => format!("while {whose} run is being cancelled"),
        Some(Reason::Ended) => format!("while the thread is still locked after {whose} run"),
        Some(Reason::Crashed | Reason::Killed) => {
            format!("while {whose} run is active, whose creator is dead")
        }
        _ => format!("while {whose} run is active"),
    }
}

/// Explains why something that should have happened did not happen.
fn because(reason: Option<Reason>) -> String {
    let clause = match reason {
        None
        | Some(
            Reason::AtWork
            | Reason::NotAwaited
            | Reason::Cancelling
            | Reason::Ended
            | Reason::ReplyLost
            | Reason::SentTwice,
        ) => return String::new(),
        Some(Reason::Refused) => "a call is refused while its thread is locked",
        Some(Reason::Rejected) => "a call is refused",
        Some(Reason::RunFailed) => "its run fails",
        Some(Reason::Cancelled) => "its run is cancelled",
        Some(Reason::TimedOut) => "a wait times out",
        Some(Reason::WaitsForTools) => "its run waits for tool outputs",
        Some(Reason::LockBusy) => "a lock is busy",
        Some(Reason::Skipped) => "a lock is busy and its block is skipped",
        Some(Reason::Dropped) => "its job is dropped",
        Some(Reason::Ignored) => "it is ignored",
        Some(Reason::Exhausted) => "it has no attempts left",
        Some(Reason::Crashed) => "its worker crashes",
        Some(Reason::Killed) => "its worker hits the job's `timeout`",
        Some(Reason::Unavailable) => "the server cannot be reached",
        Some(Reason::Missing) => "something it needs is missing",
        Some(Reason::Failed) => "it reaches the action `fail`",
        Some(Reason::NoRun) => "nobody creates a run",
    };
    format!(" because {clause}")
}

/// Describes what happened in a trial that broke a property: which actor, when, and what was in the
/// way.
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
        Why::SecondRun => format!("{me} created a run {} while {other}'s was active.", at(first)),
        Why::MessageDuringRun => {
            format!("{me} added a message {} while {other}'s run was active.", at(first))
        }
        Why::JobFailed => {
            let end = event(violation.at);
            let cause = if let What::Ended(Ending::Failed { cause, .. }) = end.what {
                cause.meaning()
            } else if let What::Ended(Ending::Exhausted) = end.what {
                "its job had no attempts left"
            } else if let What::Killed { .. } = end.what {
                "its worker died"
            } else {
                "it did not end well"
            };
            format!("{} failed {}: {cause}.", name(end), at(end))
        }
        Why::JobLost => format!("the job that {me} dispatched {} never ended.", at(first)),
        Why::JobDropped => {
            format!("the job that {me} dispatched {} was dropped because it overlapped.", at(first))
        }
        Why::Unanswered => {
            if let What::Dispatched { job, .. } = first.what {
                format!(
                    "{}, which {me} dispatched {}, was never answered.",
                    cast.job(job),
                    at(first)
                )
            } else if let What::Message { message, .. } = first.what {
                format!("{message}, which {me} added {}, was never answered.", at(first))
            } else if let What::Clicked { .. } = first.what {
                format!("{me}'s click {} was never answered.", at(first))
            } else {
                format!("what {me} tried to ask {} was never answered.", at(first))
            }
        }
        Why::PaidTwice => format!(
            "{me} paid for {} although {} had already been paid for, for the same request.",
            run_of(first),
            second.map(|second| format!("{other}'s {}", run_of(second))).unwrap_or_default(),
        ),
        Why::AnswersOthers => format!(
            "{} of {me} answered the message that {other} had added {other_at}.",
            run_of(first)
        ),
        Why::AnswersNothing => {
            format!(
                "{} of {me} had nothing left to answer: an earlier run had answered it.",
                run_of(first)
            )
        }
        Why::SavedOthers if second.is_none() => {
            format!("what {me} saved {} was not written by any run.", at(first))
        }
        Why::SavedOthers => format!("{me} saved the answer of {other}'s run {}.", at(first)),
        Why::OrphanThread => match second {
            Some(save) => format!(
                "{me} wrote to {} {}, but the row names the thread that {other} saved {}.",
                thread_of(first),
                at(first),
                at(save),
            ),
            None => {
                format!("{me} wrote to {} {}, which no row names.", thread_of(first), at(first))
            }
        },
        Why::ContextLost => format!(
            "{} of {me} worked in {}, which does not contain the answer of {} of {other}.",
            run_of(first),
            thread_of(first),
            second.map(run_of).unwrap_or_default(),
        ),
        Why::MessageTwice => {
            format!("{me} added the same message {} as {other} {other_at}.", at(first))
        }
        Why::LockShared => format!(
            "{me} took {} {} while {other}, which had taken it {other_at}, was still inside.",
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

/// Returns which run was in the way of a refused call, which actor had created it, and when it
/// would end.
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
    let creation = events.iter().find(|event| event.creates(run));
    let end = events.iter().find(|event| event.ends(run));
    let created = creation.map_or_else(String::new, |creation| {
        let by = match (creation.by, event.by) {
            (Some(by), Some(me)) if by == me => "it had created itself".to_owned(),
            (Some(by), _) => format!("{} had created", cast.name(by)),
            (None, _) => "somebody had created".to_owned(),
        };
        format!(" {run}, which {by} at {} s, was active", creation.at)
    });
    match end {
        Some(end) if end.at < event.at => {
            let was = created.replace(", was active", ", had ended");
            format!("{said}{was} at {} s, but its thread was still locked.", end.at)
        }
        Some(end) => format!("{said}{created} and would end at {} s.", end.at),
        None => format!("{said}{created} and would not end within the trial."),
    }
}

fn lock_of(event: &Event, cast: &Cast) -> String {
    if let What::LockTaken { lock } = event.what {
        format!("the lock {}", cast.lock(lock))
    } else {
        "a lock".to_owned()
    }
}

fn run_of(event: &Event) -> String {
    if let What::RunCreated { run, .. } = event.what { run.to_string() } else { "a run".to_owned() }
}

fn thread_of(event: &Event) -> String {
    if let What::RunCreated { thread, .. } | What::Message { thread, .. } = event.what {
        thread.to_string()
    } else {
        "a thread".to_owned()
    }
}

/// Returns the text for an actor's end.
pub(super) fn ending(ending: Ending) -> String {
    match ending {
        Ending::Done => "done".to_owned(),
        Ending::Failed { cause: Cause::Failed, .. } => "fails".to_owned(),
        Ending::Failed { cause, .. } => format!("fails: {cause}"),
        Ending::Released => "goes back: overlaps".to_owned(),
        Ending::Dropped => "is dropped: overlaps".to_owned(),
        Ending::Exhausted => "fails: no attempts left".to_owned(),
    }
}

/// Returns the text for a trial's end.
pub fn end(end: End) -> &'static str {
    match end {
        End::Settled => "came to rest",
        End::Stuck => "stuck",
        End::OutOfBudget => "out of budget",
    }
}

/// Returns the line to paste, which plays this trial again and nothing else.
pub fn replay_line(invocation: &Invocation, seed: u64, digest: Option<Digest>) -> String {
    let scenario = quote(&invocation.scenario);
    let mut line = format!("{} replay {scenario} --seed {seed}", invocation.program);
    write_options(&mut line, invocation);
    if let Some(digest) = digest {
        let _ = write!(line, " --digest {digest}");
    }
    line
}

/// Formats the line that shows the first trial with a finding again.
pub fn shown_line(invocation: &Invocation, shown: &Shown) -> Option<String> {
    Some(replay_line(invocation, shown.tally.first()?, shown.digest))
}

/// Returns the line to paste, which runs this setting again.
pub fn run_line(invocation: &Invocation) -> String {
    let mut line = format!("{} run {}", invocation.program, quote(&invocation.scenario));
    write_options(&mut line, invocation);
    line
}

/// Returns the line to paste, which proves this again.
pub fn prove_line(invocation: &Invocation, asked: &[PropertyId]) -> String {
    let mut line = format!("{} prove {}", invocation.program, quote(&invocation.scenario));
    write_options(&mut line, invocation);
    for property in asked {
        let _ = write!(line, " --property {property}");
    }
    line
}

/// Writes the settings, guards and strategy as options.
fn write_options(line: &mut String, invocation: &Invocation) {
    for (name, value) in &invocation.settings {
        let _ = write!(line, " --set {}", quote(&format!("{name}={value}")));
    }
    if let Some(guards) = &invocation.guards {
        let _ = write!(line, " --guard {}", quote(guards));
    }
    if let Some(strategy) = &invocation.strategy {
        let _ = write!(line, " --strategy {strategy}");
    }
}

/// Quotes a word for a shell.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns the actor's name, or the server's.
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
