//! Every property has a mutant that breaks this property alone: an innocent scenario, in which all
//! properties hold, and a change to it.
//!
//! A property that no change could break alone would add nothing to the others, and a property that
//! no change breaks would say nothing at all. Most mutants change the application or its guards. No
//! scenario can break `one-active-run`, because it is what the server promises. Its mutants change
//! the server, and are played by altering the histories of real trials.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::stage::Stage;
use deadheat_model::history::{Cast, Event, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{Properties, PropertyId, Why};
use deadheat_model::run::RunStatus;

use crate::util::parse;

/// The number of trials of each scenario. All properties hold in those of the innocent scenario,
/// and those of the mutant break only one.
const TRIALS: u64 = 300;

struct Row {
    property: PropertyId,
    /// The property's way of breaking.
    why: Why,
    /// What is wrong with the mutant.
    mutant: &'static str,
    /// The innocent scenario, without [`HEAD`].
    scenario: &'static str,
    change: Change,
}

enum Change {
    /// In the scenario: the first text is replaced by the second.
    Scenario(&'static str, &'static str),
    /// In the history of each trial, as another server would have made it.
    History(fn(&mut Vec<Event>)),
}

const HEAD: &str = r#"
format  = 1
summary = "A mutant."
[[document]]
id = 7
"#;

/// Two processes in one thread. The second one starts well after the first one.
const RUNS_IN_TURN: &str = r#"
[[process]]
name     = "first"
document = 7
do       = ["load_document", "create_run"]
[[process]]
name     = "second"
document = 7
start    = "1s..3s"
do       = ["load_document", "wait_idle", "create_run"]
"#;

const MESSAGES_IN_TURN: &str = r#"
[[process]]
name     = "first"
document = 7
do       = ["load_document", { add_message = "one" }, "create_run"]
[[process]]
name     = "second"
document = 7
start    = "1s..3s"
do       = ["load_document", { safe_add_message = "two" }, "create_run"]
"#;

const SECTION_BY_SECTION: &str = r#"
[[document]]
id       = 8
sections = 3
[[user]]
name = "browser"
do   = [{ click = { job = "generate", document = 8 } }]
[job.generate]
do = [
  "load_document",
  { for_each_section = [
    { retry = { on = ["refused"], times = 100, do = [{ add_message = "{section}" }] } },
    "create_run",
    "await_run",
    { sleep = "1s" },
  ] },
]
"#;

/// Two users ask for the document at the same time.
const TWO_USERS: &str = r#"
[[user]]
name  = "browser"
count = 2
start = "0ms..100ms"
do    = [{ click = { job = "generate", document = 7 } }]
[queue]
workers = 2
[job.generate]
do = [
  "load_document",
  { lock = { key = "document:{document}", poll = "20ms", do = [
    { add_message = "Write it" },
    "create_run",
    "await_run",
  ] } },
  "read_reply",
  "save_reply",
]
"#;

/// A process that waits long enough needs no second run.
const PATIENT: &str = r#"
[[process]]
name     = "patient"
document = 7
do = [
  "load_document",
  { add_message = "Write it" },
  "create_run",
  { try = { on = ["timed_out"], do = [{ await_run = "1h" }], else = [
    "cancel_run", "wait_idle", "create_run", "await_run",
  ] } },
]
"#;

/// A run that fails is not an answer, so a second one is not paid twice.
const UNLUCKY: &str = r#"
[server]
outcomes = { failed = 1 }
[[process]]
name     = "unlucky"
document = 7
do = [
  "load_document",
  { add_message = { text = "Write it", asks = "optional" } },
  { retry = { on = ["run_failed"], times = 1, do = ["create_run", "await_run"] } },
]
"#;

const OVERLOADED: &str = r#"
[[user]]
name = "browser"
do   = [{ click = { job = "generate", document = 7 } }]
[job.generate]
do = [
  "load_document",
  { add_message = "Write it" },
  { retry = { on = ["unavailable"], do = ["create_run"] } },
  "await_run",
]
[[fault]]
overload = "create_run"
at       = "generate#1.1/create_run#1"
"#;

const LOST_ON_THE_WAY: &str = r#"
[client]
preset = "openai-python"
[[user]]
name = "browser"
do   = [{ click = { job = "generate", document = 7 } }]
[job.generate]
do = ["load_document", { add_message = "Write it" }, "create_run", "await_run"]
[[fault]]
lose_request = "add_message"
at           = "generate#1.1/add_message#1"
"#;

/// Two users are the first ones to ask for a document.
const NEW_DOCUMENT: &str = r#"
[[document]]
id     = 8
thread = "none"
[[user]]
name  = "browser"
count = 2
start = "0ms..100ms"
do    = [{ click = { job = "generate", document = 8 } }]
[queue]
workers = 2
[job.generate]
do = [
  "load_document",
  { if = { unset = "thread", do = ["create_thread", { save_thread = { if_empty = true } }] } },
  { lock = { key = "thread:{thread}", do = [
    { add_message = "Write it" },
    "create_run",
    "await_run",
  ] } },
]
"#;

const SUMMARY_AFTERWARDS: &str = r#"
[[user]]
name = "browser"
do   = [
  { click = { job = "generate", document = 7 } },
  { sleep = "30s" },
  { click = { job = "summarize", document = 7 } },
]
[job.generate]
do = ["load_document", { add_message = "Write it" }, "create_run"]
[job.summarize]
do = ["load_document", "create_run"]
"#;

/// Only a lock keeps two documents from being generated at the same time.
const ONE_AT_A_TIME: &str = r#"
[[document]]
id = 8
[[user]]
name = "browser"
do   = [
  { click = { job = "generate", document = 7 } },
  { click = { job = "generate", document = 8 } },
]
[queue]
workers = 2
[job.generate]
do = ["load_document", { lock = { key = "generation", ttl = "60s", in = "row", do = [
  { add_message = "Write it" },
  "create_run",
  "await_run",
] } }]
[[fault]]
failover = {}
during   = "1s..2s"
"#;

/// The worker dies while its run is at work. The job is handed out again while the lock is held.
const CRASH_IN_A_LOCK: &str = r#"
[[user]]
name = "browser"
do   = [{ click = { job = "generate", document = 7 } }]
[queue]
retry_after = "30s"
[job.generate]
tries = 3
do    = ["load_document", { lock = { key = "document:{document}", ttl = "60s", busy = "skip", do = [
  { add_message = "Write it" },
  "create_run",
  "await_run",
] } }]
[[fault]]
crash = "generate"
at    = "generate#1.1/retrieve_run#1"
"#;

const TRIED_AGAIN: &str = r#"
[[user]]
name = "browser"
do   = [{ click = { job = "generate", document = 7 } }]
[job.generate]
tries   = 2
backoff = "20s"
do      = ["load_document", { add_message = "Write it" }, "create_run", "await_run"]
[[fault]]
internal_error = "add_message"
at             = "generate#1.1/add_message#1"
"#;

const ROWS: &[Row] = &[
    Row {
        property: PropertyId::OneActiveRun,
        why: Why::SecondRun,
        mutant: "the server looks for an active run and locks the thread in two steps",
        scenario: RUNS_IN_TURN,
        change: Change::History(second_run_gets_through),
    },
    Row {
        property: PropertyId::OneActiveRun,
        why: Why::MessageDuringRun,
        mutant: "the server looks for an active run and adds the message in two steps",
        scenario: MESSAGES_IN_TURN,
        change: Change::History(message_gets_through),
    },
    Row {
        property: PropertyId::NoRejectedCall,
        why: Why::Refused,
        mutant: "nobody waits for the run, and a retry makes up for it",
        scenario: SECTION_BY_SECTION,
        change: Change::Scenario("    \"await_run\",\n", ""),
    },
    Row {
        property: PropertyId::NoRejectedCall,
        why: Why::Refused,
        mutant: "the server frees the thread some time after the run has ended",
        scenario: SECTION_BY_SECTION,
        change: Change::Scenario("[job", "[[fault]]\nlag = \"2s..3s\"\n[job"),
    },
    Row {
        property: PropertyId::EveryJobSucceeds,
        why: Why::JobFailed,
        mutant: "the job gives up on a run that is still at work",
        scenario: TRIED_AGAIN,
        change: Change::Scenario("\"await_run\"", "{ await_run = \"10s\" }"),
    },
    Row {
        property: PropertyId::EveryRequestAnswered,
        why: Why::Unanswered,
        mutant: "who finds the lock busy leaves the work out, and is done",
        scenario: NEW_DOCUMENT,
        change: Change::Scenario("{thread}\",", "{thread}\", busy = \"skip\","),
    },
    Row {
        property: PropertyId::EveryRequestAnswered,
        why: Why::Unanswered,
        mutant: "the server accepts a message and loses it",
        scenario: TRIED_AGAIN,
        change: Change::History(message_is_lost),
    },
    Row {
        property: PropertyId::NoDuplicateWork,
        why: Why::PaidTwice,
        mutant: "the wait is too short: its run is cancelled, and another one does it again",
        scenario: PATIENT,
        change: Change::Scenario("await_run = \"1h\"", "await_run = \"1s\""),
    },
    Row {
        property: PropertyId::NoDuplicateWork,
        why: Why::PaidTwice,
        mutant: "a run that was cancelled is made up for by another one",
        scenario: UNLUCKY,
        change: Change::History(the_first_is_cancelled_and_the_second_completes),
    },
    Row {
        property: PropertyId::RightAnswer,
        why: Why::SavedOthers,
        mutant: "the newest message of any writer is read",
        scenario: TWO_USERS,
        change: Change::Scenario("\"read_reply\"", "{ read_reply = \"newest\" }"),
    },
    Row {
        property: PropertyId::NoDuplicateMessage,
        why: Why::MessageTwice,
        mutant: "the retry begins with the message",
        scenario: OVERLOADED,
        change: Change::Scenario(
            "do = [\"create_run\"]",
            "do = [{ add_message = \"x\" }, \"create_run\"]",
        ),
    },
    Row {
        property: PropertyId::NoDuplicateMessage,
        why: Why::MessageTwice,
        mutant: "the reply is lost instead of the request, and the client sends it again",
        scenario: LOST_ON_THE_WAY,
        change: Change::Scenario("lose_request", "lose_reply"),
    },
    Row {
        property: PropertyId::OneThreadPerDocument,
        why: Why::OrphanThread,
        mutant: "the row's thread is overwritten",
        scenario: NEW_DOCUMENT,
        change: Change::Scenario("{ save_thread = { if_empty = true } }", "\"save_thread\""),
    },
    Row {
        property: PropertyId::ContextKept,
        why: Why::ContextLost,
        mutant: "a run without a message has a thread of its own",
        scenario: SUMMARY_AFTERWARDS,
        change: Change::Scenario(
            "[\"load_document\", \"create_run\"]",
            "[\"create_thread\", \"create_run\"]",
        ),
    },
    Row {
        property: PropertyId::LockExcludes,
        why: Why::LockShared,
        mutant: "the lock expires before the work is done",
        scenario: ONE_AT_A_TIME,
        change: Change::Scenario("ttl = \"60s\"", "ttl = \"5s\""),
    },
    Row {
        property: PropertyId::LockExcludes,
        why: Why::LockShared,
        mutant: "the lock is kept where a failover loses it",
        scenario: ONE_AT_A_TIME,
        change: Change::Scenario("in = \"row\"", "in = \"cache\""),
    },
    Row {
        property: PropertyId::AllSettled,
        why: Why::LockLeft,
        mutant: "the lock of a dead worker does not expire",
        scenario: CRASH_IN_A_LOCK,
        change: Change::Scenario(" ttl = \"60s\",", ""),
    },
    Row {
        property: PropertyId::AllSettled,
        why: Why::Late,
        mutant: "the job is tried again when nobody expects it any more",
        scenario: TRIED_AGAIN,
        change: Change::Scenario("\"20s\"", "\"20min\""),
    },
];

/// Moves the effects of the second process's `create_run` right after those of the first one. Both
/// requests check for an active run before either of them locks the thread.
fn second_run_gets_through(events: &mut Vec<Event>) {
    bring_forward(events, |what| {
        let is_call =
            matches!(what, What::Answered { operation, .. } if *operation == Operation::CreateRun);
        is_call || matches!(what, What::RunCreated { .. })
    });
}

/// Moves the second process's message right after the first one's run, where it is accepted.
fn message_gets_through(events: &mut Vec<Event>) {
    bring_forward(events, |what| {
        let is_call =
            matches!(what, What::Answered { operation, .. } if *operation == Operation::AddMessage);
        is_call || matches!(what, What::Message { .. })
    });
}

/// Moves these events of the second process to the moment at which the first run is created.
fn bring_forward(events: &mut Vec<Event>, is_meant: impl Fn(&What) -> bool) {
    let is_its_own = |event: &Event| event.by == Some(Actor::Process(1)) && is_meant(&event.what);
    let mut meant: Vec<Event> = events.extract_if(.., |event| is_its_own(event)).collect();
    let is_first = |event: &Event| matches!(event.what, What::RunCreated { .. });
    let first = events.iter().position(is_first).unwrap();
    for event in &mut meant {
        event.at = events[first].at;
    }
    events.splice((first + 1)..=first, meant);
}

/// Removes the message from the history, although the client has its answer.
fn message_is_lost(events: &mut Vec<Event>) {
    events.retain(|event| !matches!(event.what, What::Message { .. }));
}

/// Changes two runs that failed: the first one is now cancelled, and the second one has the answer.
#[expect(clippy::ptr_arg, reason = "as every change to a history")]
fn the_first_is_cancelled_and_the_second_completes(events: &mut Vec<Event>) {
    let mut ends = events.iter_mut().filter_map(|event| match &mut event.what {
        What::RunMoved { status: status @ RunStatus::Failed, .. } => Some(status),
        _ => None,
    });
    for status in [RunStatus::Cancelled, RunStatus::Completed] {
        *ends.next().unwrap() = status;
    }
}

/// Returns what is broken in [`TRIALS`] trials, and in which ways.
fn broken(source: &str, change: Option<fn(&mut Vec<Event>)>) -> BTreeSet<(PropertyId, Why)> {
    let stage = Arc::new(Stage::new(parse(source)));
    let mut lane = Lane::new(stage, Box::new(Walk::default()));
    let (cast, mut properties) = (lane.cast(), Properties::default());
    let mut broken = BTreeSet::new();
    for seed in 1..=TRIALS {
        lane.play(Play::seed(seed));
        let mut events = lane.events(<[Event]>::to_vec);
        if let Some(change) = change {
            change(&mut events);
        }
        broken.extend(judge(&mut properties, &cast, &events));
    }
    broken
}

fn judge(properties: &mut Properties, cast: &Cast, events: &[Event]) -> Vec<(PropertyId, Why)> {
    let mut found = Vec::new();
    properties.judge(cast, events, &mut found);
    found.into_iter().map(|violation| (violation.property, violation.why)).collect()
}

/// Returns what is wrong with the row. The text is empty if all properties hold in the innocent
/// scenario, and all except the row's property hold in the mutant.
fn check(row: &Row) -> String {
    let mut wrong = String::new();
    let innocent = format!("{HEAD}{}", row.scenario);
    let before = broken(&innocent, None);
    if !before.is_empty() {
        let _ = writeln!(wrong, "{}: {}: is not innocent: {before:?}", row.property, row.mutant);
    }
    let after = match row.change {
        Change::Scenario(this, that) => {
            assert_eq!(innocent.matches(this).count(), 1, "{}: {this}", row.mutant);
            broken(&innocent.replace(this, that), None)
        }
        Change::History(change) => broken(&innocent, Some(change)),
    };
    if after != BTreeSet::from([(row.property, row.why)]) {
        let _ = writeln!(wrong, "{}: {}: breaks {after:?}", row.property, row.mutant);
    }
    wrong
}

#[test]
fn each_mutant_breaks_its_property_and_nothing_else() {
    let wrong: String = ROWS.iter().map(check).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_property_has_a_mutant() {
    for property in PropertyId::ALL {
        assert!(ROWS.iter().any(|row| row.property == property), "{property}");
    }
}
