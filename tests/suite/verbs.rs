//! What each action does in a world where everything takes exactly as long as the scenario says.

use std::sync::Arc;

use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::record::Trial;
use deadheat::stage::Stage;
use deadheat::study::replay;
use deadheat_model::history::{Answer, End, Ending, Event, What};

use crate::util::parse;

/// Returns a process with this list. Every leg takes 10 ms, every query 1 ms and every run a
/// second.
fn process(list: &str) -> String {
    format!(
        r#"
format  = 1
summary = "A process."
[server]
run_time    = "1s"
cancel_time = "300ms"
[network]
latency = "10ms"
local   = "1ms"
[[document]]
id       = 7
sections = 3
[[process]]
name     = "p"
document = 7
do       = {list}
"#
    )
}

fn play(source: &str) -> Trial {
    let stage = Arc::new(Stage::new(parse(source)));
    replay(&stage, "test", Box::new(Walk::default()), Play::seed(1))
}

/// Returns what the process did and when, in milliseconds.
fn told(trial: &Trial) -> Vec<String> {
    trial
        .history
        .events
        .iter()
        .filter_map(|event| Some(format!("{} {}", event.at.as_us() / 1_000, word(event)?)))
        .collect()
}

fn word(event: &Event) -> Option<String> {
    Some(match &event.what {
        What::Answered { operation, answer: Answer::Refused(error), .. } => {
            format!("{operation} {}", error.status())
        }
        What::Answered { operation, answer: Answer::Runs(Some(run)), .. } => {
            format!("{operation} {run}")
        }
        What::Answered { operation, answer: Answer::Run(_, status), .. } => {
            format!("{operation} {status}")
        }
        What::Answered { operation, answer: Answer::Thread(thread), .. } => {
            format!("{operation} {thread}")
        }
        What::Answered { operation, answer: Answer::Messages(None), .. } => {
            format!("{operation} none")
        }
        What::Answered { operation, .. } => operation.to_string(),
        What::RowRead { thread: Some(thread), .. } => format!("reads {thread}"),
        What::RowRead { thread: None, .. } => "reads none".to_owned(),
        What::ThreadSaved { thread, .. } => format!("saves {thread}"),
        What::ReplySaved { run, section, .. } => format!("saves {run:?} {section:?}"),
        What::RunMoved { status, .. } if !status.is_active() => status.to_string(),
        What::Ended(Ending::Done) => "done".to_owned(),
        What::Ended(Ending::Failed { cause, last }) => format!("failed {cause} {last}"),
        What::Marked(mark) => mark.to_string(),
        What::Dispatched { section, .. } => format!("dispatched {section:?}"),
        _ => return None,
    })
}

fn check(list: &str, expected: &[&str]) {
    assert_eq!(told(&play(&process(list))), expected, "{list}");
}

#[test]
fn a_call_takes_two_legs_and_a_query_two_of_its_own() {
    check(
        r#"["load_document", { add_message = "x" }, "create_run"]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "42 done",
            "1032 completed",
        ],
    );
}

#[test]
fn await_run_polls_at_once_and_then_at_the_clients_interval() {
    check(
        r#"["load_document", { add_message = "x" }, "create_run", { await_run = { poll = "400ms" } }]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 retrieve_run in_progress",
            "472 retrieve_run in_progress",
            "892 retrieve_run in_progress",
            "1032 completed",
            "1312 retrieve_run completed",
            "1322 done",
        ],
    );
}

#[test]
fn a_wait_without_a_bound_waits_and_one_with_a_bound_throws_or_goes_on() {
    let begin = r#""load_document", { add_message = "x" }, "create_run""#;
    let begun = ["1 reads thread_1", "12 add_message", "32 create_run queued"];
    let with = |rest: &[&'static str]| [&begun[..], rest].concat();
    check(
        &format!(r#"[{begin}, "wait_idle", {{ add_message = "y" }}]"#),
        &with(&[
            "52 list_runs run_1",
            "1032 completed",
            "1072 list_runs",
            "1092 add_message",
            "1102 done",
        ]),
    );
    check(
        &format!(r#"[{begin}, {{ wait_idle = {{ for = "500ms", poll = "200ms" }} }}]"#),
        &with(&[
            "52 list_runs run_1",
            "272 list_runs run_1",
            "492 list_runs run_1",
            "712 list_runs run_1",
            "722 failed timed_out true",
            "1032 completed",
        ]),
    );
    check(
        &format!(
            r#"[{begin}, {{ safe_add_message = {{ text = "y", for = "100ms", poll = "200ms", then = "go_on" }} }}]"#
        ),
        &with(&[
            "52 list_runs run_1",
            "272 list_runs run_1",
            "272 went-on",
            "292 add_message 400",
            "302 failed refused true",
            "1032 completed",
        ]),
    );
}

#[test]
fn a_wait_that_sees_the_newest_run_alone_asks_for_one() {
    check(
        r#"["load_document", { add_message = "x" }, "create_run", { wait_idle = { sees = "newest", poll = "2s" } }]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 list_runs run_1",
            "1032 completed",
            "2072 list_runs",
            "2082 done",
        ],
    );
}

#[test]
fn what_is_refused_is_thrown_and_try_catches_what_it_names() {
    let refused = r#""load_document", { add_message = "x" }, "create_run", { try = { on = ON, do = ["create_run", "stop"], else = [{ sleep = "5s" }, { add_message = "late" }] } }"#;
    let begun = ["1 reads thread_1", "12 add_message", "32 create_run queued", "52 create_run 400"];
    check(
        &format!("[{}]", refused.replace("ON", r#"["refused"]"#)),
        &[&begun[..], &["1032 completed", "5072 add_message", "5082 done"]].concat(),
    );
    check(
        &format!("[{}]", refused.replace("ON", r#"["timed_out"]"#)),
        &[&begun[..], &["62 failed refused true", "1032 completed"]].concat(),
    );
}

#[test]
fn retry_begins_anew_and_gives_up_after_its_times() {
    check(
        r#"["load_document", { add_message = "x" }, "create_run", { retry = { times = 3, wait = "400ms", do = ["create_run"] } }]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 create_run 400",
            "472 create_run 400",
            "892 create_run 400",
            "1032 completed",
            "1312 create_run queued",
            "1322 done",
            "2312 completed",
        ],
    );
    check(
        r#"["load_document", { add_message = "x" }, "create_run", { retry = { times = 1, wait = "0ms", do = ["create_run"] } }]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 create_run 400",
            "72 create_run 400",
            "82 failed refused true",
            "1032 completed",
        ],
    );
}

#[test]
fn repeat_counts_and_pauses_in_between() {
    check(
        r#"["load_document", { repeat = { times = 3, pause = "100ms", do = [{ add_message = "{iteration}" }] } }]"#,
        &["1 reads thread_1", "12 add_message", "132 add_message", "252 add_message", "262 done"],
    );
    check(r#"[{ repeat = { times = 0, do = ["load_document"] } }]"#, &["0 done"]);
    check(r#"[{ repeat = { times = 3, do = ["stop"] } }, "load_document"]"#, &["0 done"]);
}

#[test]
fn repeat_during_begins_no_iteration_after_its_deadline_and_ends_the_current_one() {
    check(
        r#"["load_document", { repeat = { during = "50ms", do = [{ add_message = "x" }] } }, { add_message = "y" }]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 add_message",
            "52 add_message",
            // The third reply arrives at 62 ms, and the deadline was at 52 ms.
            "72 add_message",
            "82 done",
        ],
    );
}

#[test]
fn for_each_section_goes_through_the_documents_sections() {
    check(
        r#"["load_document", { for_each_section = { pause = "50ms", do = [{ add_message = "{section}" }] } }]"#,
        &["1 reads thread_1", "12 add_message", "82 add_message", "152 add_message", "162 done"],
    );
}

#[test]
fn if_asks_whether_a_local_is_set() {
    check(
        r#"[{ if = { set = "thread", do = ["fail"], else = ["create_thread"] } }, { if = { unset = "thread", do = ["fail"] } }]"#,
        &["10 create_thread thread_2", "20 done"],
    );
}

#[test]
fn saving_a_thread_writes_over_the_row_unless_it_compares() {
    check(
        r#"["create_thread", "save_thread", "load_document"]"#,
        &["10 create_thread thread_2", "21 saves thread_2", "23 reads thread_2", "24 done"],
    );
    check(
        r#"["create_thread", { save_thread = { if_empty = true } }, { add_message = "x" }]"#,
        &["10 create_thread thread_2", "21 reads thread_1", "32 add_message", "42 done"],
    );
}

#[test]
fn cancelling_takes_time_and_a_cancelled_run_is_a_failed_one() {
    check(
        r#"["load_document", { add_message = "x" }, "create_run", "cancel_run", { try = { on = ["refused"], do = ["create_run"] } }, "await_run"]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 cancel_run cancelling",
            "72 create_run 400",
            "92 retrieve_run cancelling",
            "352 cancelled",
            "1112 retrieve_run cancelled",
            "1122 failed run_failed true",
        ],
    );
    check(
        r#"["load_document", { add_message = "x" }, "create_run", "cancel_active", "cancel_active", { sleep = "1s" }, "cancel_active", "cancel_run"]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 list_runs run_1",
            "72 cancel_run cancelling",
            "92 list_runs run_1",
            // The run is already being cancelled, which counts as cancelled.
            "112 cancel_run 400",
            "372 cancelled",
            "1132 list_runs",
            "1152 cancel_run 400",
            "1162 failed rejected true",
        ],
    );
}

#[test]
fn a_run_that_needs_action_goes_on_when_its_calls_are_answered() {
    let source = process(
        r#"["load_document", { add_message = "x" }, "create_run", { try = { on = ["needs_action"], do = ["await_run"], else = ["submit_outputs", { try = { do = ["await_run"], else = ["submit_outputs", "fail"] } }] } }]"#,
    )
    .replace("[server]", "[server]\ntool_turns = 9\noutcomes = { needs_action = 1 }");
    assert_eq!(
        told(&play(&source)),
        [
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 retrieve_run in_progress",
            "1072 retrieve_run requires_action",
            "1092 submit_outputs queued",
            "1112 retrieve_run in_progress",
            "2132 retrieve_run requires_action",
            "2152 submit_outputs queued",
            "2162 failed failed true",
            // This is ten minutes after its creation. The answers do not delay it.
            "600032 expired",
        ]
    );
}

#[test]
fn a_stuck_run_locks_its_thread_until_it_expires() {
    let source = process(r#"["load_document", { add_message = "x" }, "create_run", { wait_idle = { poll = "5min" } }]"#)
        .replace("[server]", "[server]\noutcomes = { stuck = 1 }");
    let told = told(&play(&source));
    assert_eq!(told[told.len() - 3..], ["600032 expired", "600092 list_runs", "600102 done"]);
}

#[test]
fn the_reply_is_that_of_the_own_run_or_whatever_is_newest() {
    let begin =
        r#""load_document", { add_message = "x" }, "create_run", { await_run = { poll = "2s" } }"#;
    let begun = [
        "1 reads thread_1",
        "12 add_message",
        "32 create_run queued",
        "52 retrieve_run in_progress",
        "1032 completed",
        "2072 retrieve_run completed",
    ];
    let with = |rest: &[&'static str]| [&begun[..], rest].concat();
    check(
        &format!(r#"[{begin}, "read_reply", "save_reply"]"#),
        &with(&["2092 list_messages", "2103 saves Some(RunId(1)) None", "2104 done"]),
    );
    check(
        &format!(
            r#"[{begin}, {{ add_message = "y" }}, {{ read_reply = "newest" }}, "save_reply"]"#
        ),
        &with(&[
            "2092 add_message",
            "2112 list_messages",
            // The newest message is the one that was just added, which no run wrote.
            "2123 saves None None",
            "2124 done",
        ]),
    );
    check(
        r#"["load_document", { add_message = "x" }, "create_run", "read_reply"]"#,
        &[
            "1 reads thread_1",
            "12 add_message",
            "32 create_run queued",
            "52 list_messages none",
            "62 failed no_reply true",
            "1032 completed",
        ],
    );
}

#[test]
fn a_failed_job_is_tried_again_after_its_backoff() {
    let source = r#"
format  = 1
summary = "A job that fails."
[[document]]
id     = 7
thread = "none"
[[user]]
name = "u"
do   = [{ click = "j" }]
[network]
local = "1ms"
[queue]
poll = "5ms"
[job.j]
tries   = 3
backoff = "100ms"
do      = ["load_document", "create_run"]
"#;
    let trial = play(source);
    assert_eq!(
        told(&trial),
        [
            "0 dispatched None",
            "0 done",
            "6 reads none",
            "7 failed no_thread false",
            "113 reads none",
            "114 failed no_thread false",
            "220 reads none",
            "221 failed no_thread true",
        ]
    );
    assert_eq!(trial.end, End::Settled);
}

#[test]
fn a_job_can_dispatch_a_job_for_each_section() {
    let source = process("[]").replace(
        "[[process]]\nname     = \"p\"\ndocument = 7\ndo       = []",
        "[[user]]\nname = \"u\"\ndo = [{ click = \"all\" }]\n[queue]\nworkers = 2\npoll = \"0ms\"\n\
         [job.all]\ndo = [{ for_each_section = [{ dispatch = \"one\" }] }]\n\
         [job.one]\ndo = [\"load_document\", { safe_add_message = \"{section}\" }, \"create_run\", { await_run = { poll = \"50ms\" } }, \"read_reply\", \"save_reply\"]",
    );
    let told = told(&play(&source));
    let saved: Vec<&String> = told.iter().filter(|line| line.contains("saves")).collect();
    assert_eq!(told.iter().filter(|line| line.contains("dispatched Some")).count(), 3, "{told:?}");
    assert!(saved[0].ends_with("Some(1)"), "{saved:?}");
}

#[test]
fn processes_can_work_in_a_thread_that_they_are_given() {
    let source = process("[]").replace(
        "[[process]]\nname     = \"p\"\ndocument = 7\ndo       = []",
        "[[thread]]\nname = \"channel\"\n[[process]]\nname = \"p\"\nthread = \"channel\"\ndo = [{ add_message = \"x\" }, \"create_run\"]",
    );
    assert_eq!(
        told(&play(&source)),
        ["10 add_message", "30 create_run queued", "40 done", "1030 completed"]
    );
}
