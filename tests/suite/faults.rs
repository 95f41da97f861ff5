//! What each fault does, to the millisecond.

use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::stage::Stage;
use deadheat::study::replay;
use deadheat_model::history::{End, Event, What};

use crate::small_world::{ASK, broken, check, jobs, play, process, told};
use crate::util::parse;
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
fn a_call_that_fails_in_the_server_has_no_effect() {
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
fn a_fault_decides_how_a_run_ends() {
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
fn a_worker_stays_paused_until_its_last_pause_is_over() {
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
fn a_fault_ends_in_time_even_if_its_job_is_done_and_another_copy_is_not() {
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
fn no_fault_strikes_after_the_last_job_has_died_for_good() {
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
