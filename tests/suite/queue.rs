//! How the queue hands out jobs again, and keeps them from running beside each other.

use deadheat::report::words;
use deadheat_model::history::{Event, What};
use deadheat_model::id::Actor;
use deadheat_model::property::{PropertyId, Why};

use crate::small_world::{WORLD, broken, check, jobs, play, told};
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
fn a_dropped_job_is_lost_without_an_error() {
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

#[test]
fn a_dropped_job_is_reported_as_dropped() {
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
        words::finding(&violation.way(cast), cast),
        "a job that u2 dispatched is dropped because it overlaps"
    );
    assert_eq!(
        words::violation(violation, &trial),
        "the job that u2 dispatched at 0.100 s was dropped because it overlapped."
    );
}
