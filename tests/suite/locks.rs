//! Locks under contention, expiry, failover and death.

use crate::small_world::{WORLD, broken, check, jobs, play};
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
fn a_busy_lock_is_waited_for_or_skipped_or_throws() {
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
fn releasing_an_expired_lock_frees_what_the_release_mode_says() {
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
