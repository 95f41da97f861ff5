//! Names of occurrences in the form that a sentence needs: `generate#2.1's create_run`, `the end of
//! run_1`.

use deadheat_model::history::Operation;
use deadheat_model::id::Actor;

use crate::record::{Explained, Feature, Moment, Name};

/// Names the occurrence.
pub(super) fn noun(name: Name, explained: &Explained) -> String {
    let who = explained.cast.name(name.call.actor());
    let call = call(name, explained);
    let run = || explained.run_of(name).map_or("its run".to_owned(), |run| run.to_string());
    match (name.call.operation(), name.moment()) {
        (Operation::Life, Moment::Starts) => format!("the start of {who}"),
        (Operation::Life, Moment::Ends) => format!("the end of {who}"),
        (_, Moment::Starts) => format!("the start of {}", run()),
        (_, Moment::Ends) => format!("the end of {}", run()),
        (_, Moment::Stops) => format!("the stop of {} after its cancel", run()),
        (Operation::Lock, Moment::Expires) => format!("the expiry of {who}'s lock"),
        (_, Moment::Expires) => format!("the expiry of {}", run()),
        (_, Moment::Frees) => format!("the release of {}'s thread", run()),
        (_, Moment::Begins) => format!("the start of {call}"),
        (_, Moment::Arrives) => call,
        (_, Moment::Deadline) => format!("the deadline of {call}"),
        (_, Moment::Sends) => format!("the sending of {call}"),
        (_, Moment::Returns) => format!("the reply to {call}"),
        (_, Moment::TimesOut) => {
            if let Operation::Life = name.call.operation() {
                format!("the job timeout of {who}")
            } else {
                format!("the client's timeout of {call}")
            }
        }
        (_, Moment::Repeats) => format!("the second copy of {call}"),
        (_, Moment::Strikes) => match name.call.actor() {
            Actor::Fault(_) => format!("{who} ({})", explained.cast.role(name.call.actor())),
            _ if name.call.operation() == Operation::Life => {
                format!("{} in {who}", fault(name, explained))
            }
            Actor::User(_) | Actor::Process(_) | Actor::Attempt(..) => {
                format!("{} at {call}", fault(name, explained))
            }
        },
        (_, Moment::Heals) => {
            format!("the end of {who} ({})", explained.cast.role(name.call.actor()))
        }
        (_, Moment::Redelivers) => match name.call.actor() {
            Actor::Attempt(job, _) => format!("the redelivery of {}", explained.cast.job(job)),
            Actor::User(_) | Actor::Process(_) | Actor::Fault(_) => {
                format!("the redelivery of {who}")
            }
        },
        (_, Moment::Restarts) => format!("the restart of {who}'s worker"),
        (_, Moment::Outcome) => format!("the outcome of {}", run()),
        (_, Moment::Plan) => format!("the fate of {}", run()),
    }
}

/// Names the call, with its number if its actor makes several of them.
fn call(name: Name, explained: &Explained) -> String {
    let call = name.call;
    let who = explained.cast.name(call.actor());
    let what = match call.operation() {
        Operation::ListRuns => "look",
        operation @ (Operation::Life
        | Operation::Click
        | Operation::Dispatch
        | Operation::LoadDocument
        | Operation::SaveThread
        | Operation::SaveReply
        | Operation::CreateThread
        | Operation::AddMessage
        | Operation::ListMessages
        | Operation::CreateRun
        | Operation::RetrieveRun
        | Operation::CancelRun
        | Operation::SubmitOutputs
        | Operation::WaitIdle
        | Operation::AwaitRun
        | Operation::Repeat
        | Operation::Lock
        | Operation::Unlock
        | Operation::Overlap
        | Operation::Unique
        | Operation::Fault) => operation.name(),
    };
    let picks = explained.trial.schedule.iter().flat_map(|schedule| &schedule.picks);
    let is_one_of_many = picks.into_iter().any(|pick| {
        let other = pick.name.call;
        other.who == call.who && other.action == call.action && other.nth != call.nth
    });
    if is_one_of_many {
        format!("{who}'s {} {what}", ordinal(call.nth))
    } else {
        format!("{who}'s {what}")
    }
}

fn ordinal(number: u32) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        number => match (number % 10, number % 100) {
            (1, tens) if tens != 11 => format!("{number}st"),
            (2, tens) if tens != 12 => format!("{number}nd"),
            (3, tens) if tens != 13 => format!("{number}rd"),
            _ => format!("{number}th"),
        },
    }
}

/// Returns what a feature says, as the rest of "when …".
pub(super) fn clause(feature: &Feature, explained: &Explained) -> String {
    match feature {
        Feature::Before(first, second) => {
            format!("{} comes before {}", noun(*first, explained), noun(*second, explained))
        }
        Feature::Chance(name, option) => chance(*name, *option, explained),
    }
}

/// Names the fault that may strike here.
fn fault(name: Name, explained: &Explained) -> String {
    match name.part {
        0 => "the fault".to_owned(),
        part => format!("fault#{part} ({})", explained.cast.role(Actor::Fault(part - 1))),
    }
}

/// Returns what chance has chosen.
pub(super) fn chance(name: Name, option: usize, explained: &Explained) -> String {
    let what = noun(name, explained);
    let (strikes, is) = if option == 0 { ("does not strike", "is not") } else { ("strikes", "is") };
    match (name.moment(), option) {
        (Moment::Strikes, _) if !matches!(name.call.actor(), Actor::Fault(_)) => {
            let call = call(name, explained);
            let kind =
                name.part.checked_sub(1).map(|clause| explained.cast.role(Actor::Fault(clause)));
            match kind {
                Some("lose_reply") => format!("the reply to {call} {is} lost"),
                Some("lose_request") => format!("the request of {call} {is} lost"),
                Some("duplicate") => format!("{call} {is} sent twice"),
                _ => format!("{what} {strikes}"),
            }
        }
        (Moment::Strikes, _) => format!("{what} {strikes}"),
        (Moment::Plan, _) => {
            let run = explained.run_of(name).map_or("its run".to_owned(), |run| run.to_string());
            format!("{} {strikes} {run}", fault(name, explained))
        }
        (_, 0) => format!("{what} is the first of its [server] outcomes"),
        (_, option) => format!("{what} is number {} of its [server] outcomes", option + 1),
    }
}

/// Joins all clauses. Two orders around one occurrence become one clause that says what it comes
/// between. Orders that begin alike become one clause.
pub(super) fn clauses(features: &[Feature], explained: &Explained) -> String {
    if let [Feature::Before(a, b), Feature::Before(c, d)] = *features {
        let between = if b == c {
            Some((a, b, d))
        } else if a == d {
            Some((c, a, b))
        } else {
            None
        };
        if let Some((first, middle, last)) = between {
            let [first, middle, last] = [first, middle, last].map(|name| noun(name, explained));
            return format!("{middle} comes between {first} and {last}");
        }
    }
    let mut clauses: Vec<String> = Vec::new();
    let mut rest = features;
    while let [first, ..] = rest {
        let is_alike = |other: &&Feature| match (first, other) {
            (Feature::Before(one, _), Feature::Before(other, _)) => one == other,
            _ => false,
        };
        let alike = rest.iter().take_while(is_alike).count().max(1);
        clauses.push(match first {
            Feature::Before(one, _) => {
                let seconds = rest[..alike].iter().filter_map(|feature| match feature {
                    Feature::Before(_, second) => Some(noun(*second, explained)),
                    Feature::Chance(..) => None,
                });
                let seconds: Vec<String> = seconds.collect();
                format!("{} comes before {}", noun(*one, explained), listed(&seconds))
            }
            Feature::Chance(..) => clause(first, explained),
        });
        rest = &rest[alike..];
    }
    listed(&clauses)
}

/// Joins the words: `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_spelled_as_they_are_said() {
        let said = [1, 2, 3, 4, 11, 12, 21, 22, 112].map(ordinal);
        assert_eq!(
            said,
            ["first", "second", "third", "4th", "11th", "12th", "21st", "22nd", "112th"]
        );
    }
}
