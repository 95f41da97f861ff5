//! What each fault does, and how clients, locks and the queue react to it, in a world where
//! everything takes exactly as long as the scenario says.

use std::fmt::Write as _;
use std::sync::Arc;

use deadheat::app::Stage;
use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::record::Trial;
use deadheat::report::words;
use deadheat::study::replay;
use deadheat_model::history::{Answer, Cast, End, Ending, Event, Freed, Operation, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{Holder, PropertyId, Why};

use crate::util::parse;

/// A world with a document. Every leg takes 10 ms, every query 1 ms and every run a second.
const WORLD: &str = r#"
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
fn process(list: &str, rest: &str) -> String {
    format!(
        "{WORLD}\n[[process]]\nname = \"p\"\ndocument = 7\ndo = [\"load_document\", {list}]\n{rest}"
    )
}

/// The actions with which a process begins.
const ASK: &str = r#"{ add_message = "x" }, "create_run""#;

/// Returns users that click at these times, in milliseconds, with a queue and a job.
fn jobs(clicks: &[u64], rest: &str) -> String {
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

fn play(source: &str, seed: u64) -> Trial {
    let stage = Arc::new(Stage::new(parse(source)));
    replay(&stage, "test", Box::new(Walk::default()), Play::seed(seed))
}

/// Returns what happened and when, in milliseconds.
fn told(trial: &Trial) -> Vec<String> {
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
fn check(source: &str, expected: &[&str]) {
    for seed in 1..=3 {
        assert_eq!(told(&play(source, seed)), expected, "seed {seed}: {source}");
    }
}

/// Returns the properties that the trial breaks.
fn broken(trial: &Trial) -> Vec<&'static str> {
    let mut broken: Vec<PropertyId> =
        trial.violations.iter().map(|violation| violation.property).collect();
    broken.sort_unstable();
    broken.dedup();
    broken.into_iter().map(PropertyId::name).collect()
}

/// Returns when the process's calls of this operation were answered, in microseconds.
fn answered(trial: &Trial, wanted: Operation) -> Vec<u64> {
    let at = |event: &Event| match event.what {
        What::Answered { operation, .. } if operation == wanted => Some(event.at.as_us()),
        _ => None,
    };
    trial.history.events.iter().filter_map(at).collect()
}

#[test]
fn a_lost_request_does_nothing_and_its_client_gives_up() {
    let lost = |how| format!("[client]\ntimeout = \"2s\"\n[[fault]]\nlose_request = {how}\n");
    check(
        &process(ASK, &lost(r#"{ call = "add_message" }"#)),
        &["12 p lose_request add_message#1", "22 p failed no_answer"],
    );
    check(
        &process(ASK, &lost(r#"{ call = "add_message", seen_as = "silence" }"#)),
        &["12 p lose_request add_message#1", "2002 p failed no_answer"],
    );
}

#[test]
fn a_lost_reply_leaves_its_effect_behind() {
    let lost = |how| format!("[client]\ntimeout = \"2s\"\n[[fault]]\nlose_reply = {how}\n");
    check(
        &process(ASK, &lost(r#"{ call = "create_run" }"#)),
        &[
            "12 p add_message#1: msg_1",
            "32 p lose_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "42 p failed no_answer",
            "1032 completed",
        ],
    );
    check(
        &process(ASK, &lost(r#"{ call = "create_run", seen_as = "silence" }"#)),
        &[
            "12 p add_message#1: msg_1",
            "32 p lose_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "1032 completed",
            "2022 p failed no_answer",
        ],
    );
}

/// The worst effect of a lost reply: the client retries the call, and is refused because of a run
/// that it does not know it has created.
#[test]
fn a_client_that_makes_a_lost_call_again_is_refused_by_its_own_run() {
    let source = process(
        ASK,
        r#"
[client]
preset  = "openai-python"
timeout = "500ms"
[[fault]]
lose_reply = { call = "create_run", seen_as = "silence" }
at         = "p/create_run#1"
"#,
    );
    let mut waits = Vec::new();
    for seed in 1..=200 {
        let trial = play(&source, seed);
        let [first, again] = answered(&trial, Operation::CreateRun)[..] else {
            unreachable!("two calls")
        };
        // The first request was sent 10 ms before it arrived, and the second one also takes 10 ms.
        waits.push(again - (first - 10_000 + 500_000) - 10_000);
        let told = told(&trial);
        assert!(told.iter().any(|line| line.ends_with("p create_run#2: 400 run_1")), "{told:?}");
        assert!(told.iter().any(|line| line.ends_with("p failed refused")), "{told:?}");
        let cast = &trial.history.cast;
        let found =
            trial.violations.iter().find(|found| found.property == PropertyId::NoRejectedCall);
        assert_eq!(found.unwrap().fingerprint(cast).second.unwrap().2, Holder::Itself);
    }
    let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
    assert!(least >= 375_000 && most <= 500_000, "{least} to {most}");
    assert!(least < 380_000 && most > 495_000, "{least} to {most}");
}

#[test]
fn a_duplicate_takes_effect_twice_and_the_client_sees_the_first_answer() {
    let fault = |call| format!("[[fault]]\nduplicate = \"{call}\"\n");
    let message = process(ASK, &fault("add_message"));
    check(
        &message,
        &[
            "12 p duplicate add_message#1",
            "12 p add_message#1: msg_1",
            "22 p add_message#1: msg_2",
            "32 p create_run#1: run_1 queued",
            "42 p done",
            "1032 completed",
        ],
    );
    assert_eq!(broken(&play(&message, 1)), ["no-duplicate-message"]);
    let run = process(&format!("{ASK}, {{ sleep = \"1ms\" }}"), &fault("create_run"));
    check(
        &run,
        &[
            "12 p add_message#1: msg_1",
            "32 p duplicate create_run#1",
            "32 p create_run#1: run_1 queued",
            "42 p create_run#1: 400 run_1",
            "43 p done",
            "1032 completed",
        ],
    );
    assert_eq!(broken(&play(&run, 1)), ["no-rejected-call"]);
}

#[test]
fn a_rate_limit_is_waited_out_exactly_if_it_says_how_long() {
    let source = |client, limit| {
        process(
            ASK,
            &format!(
                "[client]\npreset = \"{client}\"\n[[fault]]\nrate_limit = {limit}\nat = \"p/add_message#1\"\n"
            ),
        )
    };
    check(
        &source("openai-python", r#"{ retry_after = "7s" }"#),
        &[
            "12 p rate_limit add_message#1",
            "12 p add_message#1: 429",
            "22 p call-retried",
            "7032 p add_message#2: msg_1",
            "7052 p create_run#1: run_1 queued",
            "7062 p done",
            "8052 completed",
        ],
    );
    check(
        &source("plain-http", r#"{ retry_after = "7s" }"#),
        &["12 p rate_limit add_message#1", "12 p add_message#1: 429", "22 p failed unavailable"],
    );
    // More than a minute is too long, so the client follows its own rules.
    for limit in [r#"{ retry_after = "61s" }"#, r#""any""#] {
        for seed in 1..=50 {
            let trial = play(&source("openai-node", limit), seed);
            let [first, again] = answered(&trial, Operation::AddMessage)[..] else {
                unreachable!("two calls")
            };
            let wait = again - first - 20_000;
            assert!((375_000..=500_000).contains(&wait), "{limit}, seed {seed}: {wait}");
        }
    }
}

#[test]
fn a_client_backs_off_twice_as_long_each_time_up_to_eight_seconds() {
    for fault in ["internal_error", "overload", "rate_limit"] {
        let source =
            process(ASK, &format!("[client]\nretries = 7\n[[fault]]\n{fault} = \"add_message\"\n"));
        for seed in 1..=50 {
            let trial = play(&source, seed);
            let at = answered(&trial, Operation::AddMessage);
            let waits: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0] - 20_000).collect();
            let most = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000].map(|ms| ms * 1_000);
            assert_eq!(waits.len(), most.len(), "{fault}, seed {seed}");
            for (wait, most) in waits.iter().zip(most) {
                assert!((most / 4 * 3..=most).contains(wait), "{fault}, seed {seed}: {waits:?}");
            }
            assert!(told(&trial).last().unwrap().ends_with("p failed unavailable"));
        }
    }
}

#[test]
fn what_the_server_fails_at_it_has_not_done() {
    for (fault, status) in [("internal_error", 500), ("overload", 503), ("rate_limit", 429)] {
        let source = process(ASK, &format!("[[fault]]\n{fault} = \"create_run\"\n"));
        let expected = [
            "12 p add_message#1: msg_1".to_owned(),
            format!("32 p {fault} create_run#1"),
            format!("32 p create_run#1: {status}"),
            "42 p failed unavailable".to_owned(),
        ];
        assert_eq!(told(&play(&source, 1)), expected);
    }
}

#[test]
fn a_reply_that_comes_too_late_is_no_reply() {
    let source = |time| {
        process(
            ASK,
            &format!(
                "[client]\ntimeout = \"2s\"\n[[fault]]\nslow_reply = {{ call = \"create_run\", time = \"{time}\" }}\n"
            ),
        )
    };
    check(
        &source("1900ms"),
        &[
            "12 p add_message#1: msg_1",
            "32 p slow_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "1032 completed",
            "1942 p done",
        ],
    );
    check(
        &source("3s"),
        &[
            "12 p add_message#1: msg_1",
            "32 p slow_reply create_run#1",
            "32 p create_run#1: run_1 queued",
            "1032 completed",
            "2022 p failed no_answer",
        ],
    );
}

#[test]
fn in_an_outage_nothing_is_answered_and_runs_go_on() {
    let source = process(
        &format!(
            r#"{ASK}, {{ retry = {{ on = ["unavailable"], wait = "400ms", do = [{{ await_run = {{ poll = "400ms" }} }}] }} }}"#
        ),
        "[[fault]]\noutage = \"1s\"\nduring = \"500ms\"\n",
    );
    check(
        &source,
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "52 p retrieve_run#1: run_1 in_progress",
            "472 p retrieve_run#2: run_1 in_progress",
            "500 outage",
            "892 p retrieve_run#3: 503",
            "1032 completed",
            "1312 p retrieve_run#4: 503",
            "1732 p retrieve_run#5: run_1 completed",
            "1742 p done",
        ],
    );
}

#[test]
fn a_run_comes_to_what_a_fault_makes_of_it() {
    let source = |outcome| {
        process(
            &format!(
                r#"{ASK}, {{ try = {{ do = [{{ await_run = {{ for = "1s", poll = "2s" }} }}] }} }}, {{ retry = {{ wait = "10min", do = ["create_run"] }} }}"#
            ),
            &format!("[[fault]]\nrun = \"{outcome}\"\nat = \"p/create_run#1\"\n"),
        )
    };
    check(
        &source("failed"),
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p run create_run#1",
            "52 p retrieve_run#1: run_1 in_progress",
            "1032 failed",
            "2072 p retrieve_run#2: run_1 failed",
            "2092 p create_run#2: run_2 queued",
            "2102 p done",
            "3092 completed",
        ],
    );
    check(
        &source("incomplete"),
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p run create_run#1",
            "52 p retrieve_run#1: run_1 in_progress",
            "1032 incomplete",
            "2072 p retrieve_run#2: run_1 incomplete",
            "2092 p create_run#2: run_2 queued",
            "2102 p done",
            "3092 completed",
        ],
    );
    // Both of these runs lock the thread until they expire.
    check(
        &source("needs_action"),
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p run create_run#1",
            "52 p retrieve_run#1: run_1 in_progress",
            "2072 p retrieve_run#2: run_1 requires_action",
            "2092 p create_run#2: 400 run_1",
            "600032 expired",
            "602112 p create_run#3: run_2 queued",
            "602122 p done",
            "603112 completed",
        ],
    );
    check(
        &source("stuck"),
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p run create_run#1",
            "52 p retrieve_run#1: run_1 in_progress",
            "2072 p retrieve_run#2: run_1 in_progress",
            "2092 p create_run#2: 400 run_1",
            "600032 expired",
            "602112 p create_run#3: run_2 queued",
            "602122 p done",
            "603112 completed",
        ],
    );
}

#[test]
fn a_thread_that_lags_is_locked_by_a_run_that_is_over() {
    let source = process(
        &format!(
            r#"{ASK}, {{ await_run = {{ poll = "1s" }} }}, "wait_idle", {{ retry = {{ times = 9, wait = "200ms", do = ["create_run"] }} }}"#
        ),
        "[[fault]]\nlag = \"500ms\"\nat = \"p/create_run#1\"\n",
    );
    check(
        &source,
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p lag create_run#1",
            "52 p retrieve_run#1: run_1 in_progress",
            "1032 completed",
            "1072 p retrieve_run#2: run_1 completed",
            "1092 p list_runs#1: idle",
            "1112 p create_run#2: 400 run_1",
            "1332 p create_run#3: 400 run_1",
            "1552 p create_run#4: run_2 queued",
            "1562 p done",
            "2552 completed",
        ],
    );
}

#[test]
fn a_cancel_that_loses_leaves_a_completed_run() {
    let source = process(
        &format!(r#"{ASK}, "cancel_run", {{ await_run = {{ poll = "500ms" }} }}"#),
        "[[fault]]\ncancel_loses = {}\n",
    );
    check(
        &source,
        &[
            "12 p add_message#1: msg_1",
            "32 p create_run#1: run_1 queued",
            "32 p cancel_loses create_run#1",
            "52 p cancel_run#1: run_1 cancelling",
            "72 p retrieve_run#1: run_1 cancelling",
            "592 p retrieve_run#2: run_1 cancelling",
            "1032 completed",
            "1112 p retrieve_run#3: run_1 completed",
            "1122 p done",
        ],
    );
    // The run expires, however long it would take.
    let long = source.replace("run_time    = \"1s\"", "run_time    = \"11min\"");
    let told = told(&play(&long, 1));
    assert!(told.contains(&"600032 expired".to_owned()), "{told:?}");
}

#[test]
fn what_a_dead_worker_has_sent_takes_effect_and_its_lock_stays() {
    let source = jobs(
        &[0, 100],
        r#"
[queue]
poll    = "5ms"
restart = "500ms"
[job.j]
do = [{ lock = { key = "k", busy = "skip", do = ["load_document", { add_message = "x" }, "create_run"] } }]
[[fault]]
crash = { job = "j", after = "30ms" }
during = "0s..50ms"
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "6 j#1.1 takes k",
            "19 j#1.1 add_message#1: msg_1",
            "35 j#1.1 crash",
            "35 j#1.1 dies: crash",
            "39 j#1.1 create_run#1: run_1 queued",
            "100 u2 done",
            "540 j#2.1 on worker 1",
            "541 j#2.1 finds k with j#1.1",
            "541 j#2.1 lock-skipped",
            "542 j#2.1 done",
            "1039 completed",
        ],
    );
    let trial = play(&source, 1);
    assert_eq!(trial.end, End::Stuck);
    // The second job is another user's, and has skipped its work.
    assert_eq!(broken(&trial), ["every-job-succeeds", "every-request-answered", "all-settled"]);
}

#[test]
fn a_crash_at_a_call_comes_when_the_call_has_taken_effect() {
    let source = jobs(
        &[0],
        r#"
[queue]
poll        = "5ms"
retry_after = "3s"
[job.j]
tries = 2
do    = ["load_document", { safe_add_message = "x" }, "create_run"]
[[fault]]
crash = "j"
at    = "j#1.1/add_message#1"
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "17 j#1.1 list_runs#1: idle",
            "37 j#1.1 add_message#1: msg_1",
            "37 j#1.1 crash",
            "37 j#1.1 dies: crash",
            "3010 j#1.2 on worker 1",
            "3022 j#1.2 list_runs#1: idle",
            "3042 j#1.2 add_message#1: msg_2",
            "3062 j#1.2 create_run#1: run_1 queued",
            "3072 j#1.2 done",
            "4062 completed",
        ],
    );
    assert_eq!(broken(&play(&source, 1)), ["no-duplicate-message"]);
}

#[test]
fn a_paused_worker_does_not_know_that_its_lock_has_expired() {
    let source = jobs(
        &[0, 100],
        r#"
[queue]
workers = 2
poll    = "5ms"
[job.j]
do = [{ lock = { key = "k", ttl = "2s", poll = "1s", do = ["load_document", { safe_add_message = "x" }, "create_run", "await_run"] } }]
[[fault]]
pause = { job = "j", after = "10ms", time = "4s" }
during = "0s..50ms"
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "6 j#1.1 takes k",
            "15 j#1.1 pause",
            "15 j#1.1 paused",
            "19 j#1.1 list_runs#1: idle",
            "100 u2 done",
            "105 j#2.1 on worker 2",
            "106 j#2.1 finds k with j#1.1",
            "106 j#2.1 lock-waited",
            "1108 j#2.1 finds k with j#1.1",
            "2006 k of j#1.1 expires",
            "2110 j#2.1 takes k",
            "2123 j#2.1 list_runs#1: idle",
            "2143 j#2.1 add_message#1: msg_1",
            "2163 j#2.1 create_run#1: run_1 queued",
            "2183 j#2.1 retrieve_run#1: run_1 in_progress",
            "3163 completed",
            "3203 j#2.1 retrieve_run#2: run_1 completed",
            "3214 j#2.1 frees k of j#2.1",
            "3215 j#2.1 done",
            "4015 j#1.1 resumed",
            "4025 j#1.1 add_message#1: msg_3",
            "4045 j#1.1 create_run#1: run_2 queued",
            "4065 j#1.1 retrieve_run#1: run_2 in_progress",
            "5045 completed",
            "5085 j#1.1 retrieve_run#2: run_2 completed",
            "5096 j#1.1 frees no k",
            "5097 j#1.1 done",
        ],
    );
    assert_eq!(broken(&play(&source, 1)), ["lock-excludes"]);
}

#[test]
fn a_worker_stands_still_until_the_last_of_its_pauses_is_over() {
    let source = jobs(
        &[0],
        r#"
[queue]
poll = "5ms"
[job.j]
do = ["load_document", { add_message = "x" }]
[[fault]]
pause  = { job = "j", after = "10ms", time = "4s" }
[[fault]]
pause  = { job = "j", after = "15ms", time = "1s" }
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "15 j#1.1 pause",
            "15 j#1.1 paused",
            "17 j#1.1 add_message#1: msg_1",
            "20 j#1.1 pause",
            "4015 j#1.1 resumed",
            "4015 j#1.1 done",
        ],
    );
}

#[test]
fn a_paused_worker_notices_its_timeout_when_it_goes_on() {
    let source = jobs(
        &[0],
        r#"
[queue]
poll = "5ms"
[job.j]
timeout = "1s"
do      = ["load_document", { add_message = "x" }, "create_run"]
[[fault]]
pause = { job = "j", after = "10ms", time = "4s" }
during = "0s..50ms"
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "15 j#1.1 pause",
            "15 j#1.1 paused",
            "17 j#1.1 add_message#1: msg_1",
            "4015 j#1.1 resumed",
            "4015 j#1.1 dies: timeout, for good",
        ],
    );
}

const SLOW_JOB: &str = r#"
[queue]
workers     = 2
poll        = "5ms"
retry_after = "3s"
restart     = "500ms"
[job.j]
tries = TRIES
timeout = "TIMEOUT"
do    = ["load_document", { sleep = "5s" }]
"#;

#[test]
fn a_job_that_times_out_is_handed_out_again_while_it_has_tries_left() {
    let source =
        |tries: &str| jobs(&[0], &SLOW_JOB.replace("TRIES", tries).replace("TIMEOUT", "1s"));
    check(
        &source("2"),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "1005 j#1.1 dies: timeout",
            "3010 j#1.2 on worker 1",
            "4010 j#1.2 dies: timeout, for good",
        ],
    );
    check(
        &source("1"),
        &["0 u1 done", "5 j#1.1 on worker 1", "1005 j#1.1 dies: timeout, for good"],
    );
    assert_eq!(broken(&play(&source("1"), 1)), ["every-job-succeeds"]);
}

#[test]
fn a_job_that_is_not_done_in_time_is_handed_out_beside_its_first_copy() {
    let source =
        |tries: &str| jobs(&[0], &SLOW_JOB.replace("TRIES", tries).replace("TIMEOUT", "1h"));
    // Each copy is given to another worker before it is done, until no try is left. The end of the
    // first copy undoes nothing.
    check(
        &source("2"),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "3005 j#1.1 redelivered",
            "3010 j#1.2 on worker 2",
            "5007 j#1.1 done",
            "6010 j#1.2 redelivered",
            "6015 j#1.3 on worker 1",
            "6015 j#1.3 exhausted",
            "8012 j#1.2 done",
        ],
    );
    check(
        &source("1"),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "3005 j#1.1 redelivered",
            "3010 j#1.2 on worker 2",
            "3010 j#1.2 exhausted",
            "5007 j#1.1 done",
        ],
    );
    for tries in ["1", "2"] {
        assert_eq!(broken(&play(&source(tries), 1)), ["every-job-succeeds"]);
    }
}

/// A test of this suite found that `lock-excludes` took the dead worker for a holder.
#[test]
fn a_lock_that_is_granted_to_a_dead_worker_lets_nobody_into_its_block() {
    let source = jobs(
        &[0],
        r#"
[queue]
poll        = "5ms"
retry_after = "3s"
[job.j]
tries = 2
do    = ["load_document", { lock = { key = "k", ttl = "2s", do = [] } }]
[[fault]]
crash = { job = "j", after = "2500us" }
during = "0s..1s"
"#,
    );
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "7 j#1.1 crash",
            "7 j#1.1 dies: crash",
            "8 j#1.1 takes k",
            "2008 k of j#1.1 expires",
            "3010 j#1.2 on worker 1",
            "3013 j#1.2 takes k",
            "3015 j#1.2 frees k of j#1.2",
            "3016 j#1.2 done",
        ],
    );
    assert_eq!(broken(&play(&source, 1)), [""; 0]);
}

#[test]
fn a_crashed_job_is_lost_unless_the_queue_hands_it_out_again() {
    let source = |retry_after: &str| {
        jobs(
            &[0],
            &format!(
                r#"
[queue]
poll = "5ms"
{retry_after}
[job.j]
tries = 2
do    = ["load_document"]
[[fault]]
crash = "j"
at    = "j#1.1/load_document#1"
"#
            ),
        )
    };
    check(
        &source("retry_after = \"3s\""),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "6 j#1.1 crash",
            "6 j#1.1 dies: crash",
            "3010 j#1.2 on worker 1",
            "3012 j#1.2 done",
        ],
    );
    check(
        &source(""),
        &["0 u1 done", "5 j#1.1 on worker 1", "6 j#1.1 crash", "6 j#1.1 dies: crash"],
    );
    assert_eq!(broken(&play(&source(""), 1)), ["every-job-succeeds", "all-settled"]);
}

#[test]
fn a_unique_job_is_not_dispatched_beside_another_one() {
    let source = |rest: &str| {
        jobs(
            &[0, 500, 3_000],
            &format!(
                "[queue]\nworkers = 2\npoll = \"5ms\"\n[job.j]\nunique = true\n{rest}\ndo = [{{ sleep = \"2s\" }}]\n"
            ),
        )
    };
    check(
        &source(""),
        &[
            "0 j#1.1 takes unique:j:7",
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "500 j#2.1 finds unique:j:7 with j#1.1",
            "500 u2 dispatch-ignored",
            "500 u2 done",
            "2005 j#1.1 done",
            "2005 j#1.1 frees unique:j:7 of j#1.1",
            "3000 j#2.1 takes unique:j:7",
            "3000 u3 done",
            "3005 j#2.1 on worker 1",
            "5005 j#2.1 done",
            "5005 j#2.1 frees unique:j:7 of j#2.1",
        ],
    );
    check(
        &source("unique_for = \"400ms\""),
        &[
            "0 j#1.1 takes unique:j:7",
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "400 unique:j:7 of j#1.1 expires",
            "500 j#2.1 takes unique:j:7",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "900 unique:j:7 of j#2.1 expires",
            "2005 j#1.1 done",
            "2005 j#1.1 frees no unique:j:7",
            "2505 j#2.1 done",
            "2505 j#2.1 frees no unique:j:7",
            "3000 j#3.1 takes unique:j:7",
            "3000 u3 done",
            "3005 j#3.1 on worker 1",
            "3400 unique:j:7 of j#3.1 expires",
            "5005 j#3.1 done",
            "5005 j#3.1 frees no unique:j:7",
        ],
    );
}

const OVERLAPPING: &str = r#"
[queue]
workers = 2
poll    = "5ms"
restart = "500ms"
[job.j]
overlap       = "OVERLAP"
release_after = "1s"
tries         = TRIES
REST
do            = [{ sleep = "2s" }, "load_document"]
"#;

fn overlapping(overlap: &str, tries: &str, rest: &str) -> String {
    let source = OVERLAPPING.replace("OVERLAP", overlap).replace("TRIES", tries);
    jobs(&[0, 500], &source.replace("REST", rest))
}

#[test]
fn a_released_job_comes_back_and_that_counts_as_an_attempt() {
    check(
        &overlapping("release", "3", ""),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "5 j#1.1 takes overlap:j:7",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "505 j#2.1 finds overlap:j:7 with j#1.1",
            "505 j#2.1 released",
            "1510 j#2.2 on worker 2",
            "1510 j#2.2 finds overlap:j:7 with j#1.1",
            "1510 j#2.2 released",
            "2007 j#1.1 done",
            "2007 j#1.1 frees overlap:j:7 of j#1.1",
            "2515 j#2.3 on worker 1",
            "2515 j#2.3 takes overlap:j:7",
            "4517 j#2.3 done",
            "4517 j#2.3 frees overlap:j:7 of j#2.3",
        ],
    );
    let exhausted = overlapping("release", "2", "");
    check(
        &exhausted,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "5 j#1.1 takes overlap:j:7",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "505 j#2.1 finds overlap:j:7 with j#1.1",
            "505 j#2.1 released",
            "1510 j#2.2 on worker 2",
            "1510 j#2.2 finds overlap:j:7 with j#1.1",
            "1510 j#2.2 released",
            "2007 j#1.1 done",
            "2007 j#1.1 frees overlap:j:7 of j#1.1",
            "2515 j#2.3 on worker 1",
            "2515 j#2.3 exhausted",
        ],
    );
    assert_eq!(broken(&play(&exhausted, 1)), ["every-job-succeeds"]);
}

#[test]
fn a_dropped_job_is_gone_and_nobody_says_so() {
    let source = overlapping("drop", "1", "");
    check(
        &source,
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "5 j#1.1 takes overlap:j:7",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "505 j#2.1 finds overlap:j:7 with j#1.1",
            "505 j#2.1 dropped",
            "2007 j#1.1 done",
            "2007 j#1.1 frees overlap:j:7 of j#1.1",
        ],
    );
    assert_eq!(broken(&play(&source, 1)), ["every-job-succeeds"]);
}

#[test]
fn overlap_lets_others_in_after_its_time_and_a_dead_job_keeps_them_away_until_then() {
    check(
        &overlapping("drop", "1", "overlap_for = \"400ms\""),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "5 j#1.1 takes overlap:j:7",
            "405 overlap:j:7 of j#1.1 expires",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "505 j#2.1 takes overlap:j:7",
            "905 overlap:j:7 of j#2.1 expires",
            "2007 j#1.1 done",
            "2007 j#1.1 frees no overlap:j:7",
            "2507 j#2.1 done",
            "2507 j#2.1 frees no overlap:j:7",
        ],
    );
    let crash = "\n[[fault]]\ncrash = { job = \"j\", after = \"100ms\" }\nduring = \"0s..50ms\"\n";
    let dead = |rest| overlapping("release", "9", rest) + crash;
    check(
        &dead("overlap_for = \"2s\""),
        &[
            "0 u1 done",
            "5 j#1.1 on worker 1",
            "5 j#1.1 takes overlap:j:7",
            "105 j#1.1 crash",
            "105 j#1.1 dies: crash",
            "500 u2 done",
            "505 j#2.1 on worker 2",
            "505 j#2.1 finds overlap:j:7 with j#1.1",
            "505 j#2.1 released",
            "1510 j#2.2 on worker 1",
            "1510 j#2.2 finds overlap:j:7 with j#1.1",
            "1510 j#2.2 released",
            "2005 overlap:j:7 of j#1.1 expires",
            "2515 j#2.3 on worker 1",
            "2515 j#2.3 takes overlap:j:7",
            "4515 overlap:j:7 of j#2.3 expires",
            "4517 j#2.3 done",
            "4517 j#2.3 frees no overlap:j:7",
        ],
    );
    let told = told(&play(&dead(""), 1));
    assert_eq!(told.iter().filter(|line| line.ends_with("released")).count(), 9, "{told:?}");
    assert!(told.last().unwrap().ends_with("j#2.10 exhausted"), "{told:?}");
}

#[test]
fn a_debounced_click_is_ignored_and_two_tabs_are_two_users() {
    let source = |count: u8| {
        format!(
            r#"{WORLD}
[[user]]
name     = "u"
count    = {count}
debounce = "1s"
do       = [{{ click = "j" }}, {{ sleep = "999ms" }}, {{ click = "j" }}, {{ sleep = "2ms" }}, {{ click = "j" }}]
[queue]
poll = "5ms"
[job.j]
do = []
"#
        )
    };
    check(
        &source(1),
        &[
            "5 j#1.1 on worker 1",
            "5 j#1.1 done",
            "999 u click-ignored",
            "1001 u done",
            "1006 j#2.1 on worker 1",
            "1006 j#2.1 done",
        ],
    );
    let trial = play(&source(2), 1);
    let dispatched = |event: &&Event| matches!(event.what, What::Dispatched { .. });
    let by: Vec<Option<Actor>> =
        trial.history.events.iter().filter(dispatched).map(|event| event.by).collect();
    assert_eq!(by.len(), 4);
    for user in 0..2 {
        assert_eq!(by.iter().filter(|by| **by == Some(Actor::User(user))).count(), 2);
    }
}

/// Returns two processes. The second one starts 100 ms later.
fn contenders(first: &str, second: &str, rest: &str) -> String {
    format!(
        r#"{WORLD}
[[process]]
name = "p"
do   = [{{ lock = {{ key = "k", {first} }} }}]
[[process]]
name  = "q"
start = "100ms"
do    = [{{ lock = {{ key = "k", poll = "300ms", do = [], {second} }} }}, {{ sleep = "1ms" }}]
{rest}"#
    )
}

#[test]
fn a_busy_lock_is_waited_for_or_left_or_thrown() {
    let holds = r#"do = [{ sleep = "1s" }]"#;
    check(
        &contenders(holds, "busy = \"wait\"", ""),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "403 q finds k with p",
            "705 q finds k with p",
            "1003 p frees k of p",
            "1004 p done",
            "1007 q takes k",
            "1009 q frees k of q",
            "1011 q done",
        ],
    );
    check(
        &contenders(holds, "busy = \"skip\"", ""),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-skipped",
            "103 q done",
            "1003 p frees k of p",
            "1004 p done",
        ],
    );
    check(
        &contenders(holds, "busy = \"fail\"", ""),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "102 q failed lock_busy",
            "1003 p frees k of p",
            "1004 p done",
        ],
    );
    // It asks once more at the bound, and gives up.
    check(
        &contenders(holds, "for = \"500ms\"", ""),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "403 q finds k with p",
            "705 q finds k with p",
            "706 q failed lock_busy",
            "1003 p frees k of p",
            "1004 p done",
        ],
    );
}

#[test]
fn a_lock_expires_and_who_held_it_frees_what_its_release_says() {
    let holds =
        |release| format!(r#"ttl = "150ms", release = "{release}", do = [{{ sleep = "500ms" }}]"#);
    let busy = r#"poll = "100ms", do = [{ sleep = "2s" }]"#;
    let source =
        |release| contenders(&holds(release), "", "").replace(r#"poll = "300ms", do = [], "#, busy);
    check(
        &source("owner"),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "151 k of p expires",
            "203 q takes k",
            "503 p frees no k",
            "504 p done",
            "2205 q frees k of q",
            "2207 q done",
        ],
    );
    // The release frees the lock of any owner. The second process no longer holds it, and does not
    // know that either.
    check(
        &source("any"),
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "151 k of p expires",
            "203 q takes k",
            "503 p frees k of q",
            "504 p done",
            "2205 q frees no k",
            "2207 q done",
        ],
    );
}

#[test]
fn a_failover_loses_what_is_kept_in_the_cache_and_not_what_is_kept_in_a_row() {
    let holds = |place| format!(r#"in = "{place}", ttl = "2s", do = [{{ sleep = "1s" }}]"#);
    let failover = "[[fault]]\nfailover = {}\nduring = \"200ms\"\n";
    let lost = contenders(&holds("cache"), "", failover);
    check(
        &lost,
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "200 failover",
            "200 k of p is lost",
            "403 q takes k",
            "405 q frees k of q",
            "407 q done",
            "1003 p frees no k",
            "1004 p done",
        ],
    );
    assert_eq!(broken(&play(&lost, 1)), ["lock-excludes"]);
    let kept = contenders(&holds("row"), "", failover);
    check(
        &kept,
        &[
            "1 p takes k",
            "101 q finds k with p",
            "101 q lock-waited",
            "200 failover",
            "403 q finds k with p",
            "705 q finds k with p",
            "1003 p frees k of p",
            "1004 p done",
            "1007 q takes k",
            "1009 q frees k of q",
            "1011 q done",
        ],
    );
    assert_eq!(broken(&play(&kept, 1)), [""; 0]);
}

/// Everything that can happen to an attempt, at any time.
const DEATHS: &str = r#"
[queue]
workers     = 3
retry_after = "4s"
restart     = "0ms..2s"
[client]
preset  = "openai-python"
timeout = "3s"
[job.j]
tries   = 4
backoff = "0s..1s"
timeout = "12s"
overlap = "release"
overlap_for = "6s"
do      = [{ lock = { key = "document:{document}", ttl = "5s", do = [
  "load_document", { safe_add_message = "x" }, "create_run", "await_run", "read_reply", "save_reply",
] } }]
[[fault]]
crash  = { job = "j", after = "0s..6s" }
chance = 0.6
during = "0s..20s"
[[fault]]
pause  = { job = "j", after = "0s..3s", time = "1s..8s" }
chance = 0.6
[[fault]]
lose_reply = { seen_as = "silence" }
chance     = 0.1
"#;

#[test]
fn deaths_do_not_depend_on_madsims_seed_nor_on_what_was_played_before() {
    let source = jobs(&[0, 300, 5_000], DEATHS).replace("\"1s\"\ncancel", "\"1s..9s\"\ncancel");
    let stage = Arc::new(Stage::new(parse(&source)));
    let mut used = Lane::new(stage.clone(), Box::new(Walk::default()));
    let (mut crashes, mut pauses) = (0, 0);
    for seed in 1..=100 {
        used.play(Play::seed(seed));
        let first = used.events(<[Event]>::to_vec);
        for madsim_seed in [1, 2, 1_000] {
            let play = Play { madsim_seed, ..Play::seed(seed) };
            let trial = replay(&stage, "deaths", Box::new(Walk::default()), play);
            assert_eq!(trial.history.events, first, "seed {seed}, {madsim_seed}");
        }
        crashes += first.iter().filter(|event| matches!(event.what, What::Killed { .. })).count();
        pauses += first.iter().filter(|event| event.what == What::Paused).count();
    }
    assert!(crashes > 50 && pauses > 30, "{crashes} deaths, {pauses} pauses");
}

#[test]
fn a_faults_time_ends_although_the_job_it_struck_is_done_and_another_copy_is_not() {
    let job = "[queue]\nworkers = 2\nretry_after = \"10s\"\n[job.j]\ntries = 3\n\
               do = [\"load_document\", { sleep = \"20s\" }, { try = { do = [{ add_message = \"x\" }] } }]\n\
               [[fault]]\nrate_limit = {}\nduring = \"0s..25s\"\n";
    let trial = play(&jobs(&[0], job), 1);
    let told = told(&trial);
    let adds: Vec<&String> = told.iter().filter(|line| line.contains("add_message#1:")).collect();
    assert!(adds[0].contains("j#1.1 add_message#1: 429"), "{told:?}");
    assert!(adds[1].contains("j#1.2 add_message#1: msg_1"), "{told:?}");
}

#[test]
fn nothing_strikes_when_the_last_job_has_been_killed_for_good() {
    let job = "[queue]\nworkers = 1\n[job.j]\ntries = 1\ntimeout = \"5s\"\n\
               do = [\"load_document\", { sleep = \"20s\" }]\n\
               [[fault]]\nfailover = {}\nduring = \"10min..20min\"\n";
    let trial = play(&jobs(&[0], job), 1);
    let end = trial.history.events.last().unwrap().at.as_us();
    assert!(end < 60_000_000, "{:?}", told(&trial));
    assert_eq!(trial.end, End::Settled);
}

#[test]
fn a_second_copy_that_arrives_in_an_outage_does_nothing() {
    let source = process(
        r#"{ sleep = "480ms" }, { add_message = "x" }, { sleep = "2s" }"#,
        "[[fault]]\nduplicate = \"add_message\"\n[[fault]]\noutage = \"1s\"\nduring = \"495ms\"\n",
    );
    let trial = play(&source, 1);
    let messages = trial.history.events.iter();
    let messages = messages.filter(|event| matches!(event.what, What::Message { .. })).count();
    assert_eq!(messages, 1, "{:?}", told(&trial));
}

#[test]
fn a_job_that_is_dropped_is_told_as_dropped() {
    let job = "[queue]\nworkers = 2\npoll = \"5ms\"\n[job.j]\noverlap = \"drop\"\n\
               do = [\"load_document\", { sleep = \"5s\" }]\n";
    let trial = play(&jobs(&[0, 100], job), 1);
    let violation = &trial.violations[0];
    let id = PropertyId::EveryJobSucceeds;
    assert_eq!((violation.property, violation.why), (id, Why::JobDropped));
    let cast = &trial.history.cast;
    let fingerprint = violation.fingerprint(cast);
    assert_eq!(words::fingerprint(&fingerprint, cast), "every-job-succeeds: dispatch u2 (dropped)");
    assert_eq!(
        words::finding(&fingerprint, violation.why, cast),
        "a job that u2 dispatched is dropped because it overlaps"
    );
    assert_eq!(
        words::violation(violation, &trial),
        "the job that u2 dispatched at 0.100 s was dropped because it overlapped."
    );
}
