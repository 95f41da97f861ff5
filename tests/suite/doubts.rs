//! Warnings of `lint`: what can be run, but probably does not mean what it says. Also, that nothing
//! else is doubted.

use deadheat::scenario::{self, Settings};

/// Returns the messages about a scenario, each with the text at its place.
fn told(source: &str) -> Vec<(String, String)> {
    let loaded = scenario::load(source, &Settings::new());
    let at = |one: &deadheat::scenario::diagnostic::Diagnostic| {
        let span = one.span.clone().unwrap_or(0..0);
        (one.message.clone(), source[span].to_owned())
    };
    loaded.diagnostics.iter().map(at).collect()
}

/// Checks that exactly this is doubted, at this piece of the text.
fn doubts(source: &str, message: &str, at: &str) {
    let told = told(source);
    assert_eq!(told.len(), 1, "{source}\n{told:#?}");
    assert!(told[0].0.contains(message), "{}", told[0].0);
    assert_eq!(told[0].1, at);
    assert!(scenario::load(source, &Settings::new()).scenario.is_some(), "no error");
}

fn chat(list: &str) -> String {
    format!(
        "format = 1\nsummary = \"A chat.\"\n[[thread]]\nname = \"t\"\n\
         [[process]]\nname = \"tab\"\nthread = \"t\"\ndo = {list}\n"
    )
}

fn clicks(more: &str) -> String {
    format!(
        "format = 1\nsummary = \"Clicks.\"\n[[document]]\nid = 7\n[[user]]\nname = \"u\"\ndo = [{{ \
         click = {{ job = \"j\", document = 7 }} }}]\n[job.j]\ndo = [\"load_document\", {{ \
         add_message = \"Q\" }}, \"create_run\"]\n{more}"
    )
}

const ASK: &str = "{ add_message = \"Q\" }, \"create_run\"";

#[test]
fn a_cause_that_nothing_inside_throws() {
    let retry = |on: &str| chat(&format!("[{{ retry = {{ on = [{on}], do = [{ASK}] }} }}]"));
    doubts(
        &retry("\"lock_busy\""),
        "nothing in this `retry` throws `lock_busy`",
        "[\"lock_busy\"]",
    );
    assert_eq!(told(&retry("\"refused\"")), []);
    let waits = |bound: &str| {
        let wait =
            format!("{{ try = {{ on = [\"timed_out\"], do = [{bound}], else = [\"stop\"] }} }}");
        chat(&format!("[{ASK}, {wait}]"))
    };
    doubts(&waits("\"await_run\""), "nothing in this `try` throws `timed_out`", "[\"timed_out\"]");
    assert_eq!(told(&waits("{ await_run = \"5s\" }")), []);
}

#[test]
fn what_stands_behind_the_end_of_a_list() {
    doubts(
        &chat(&format!("[{ASK}, \"stop\", \"await_run\"]")),
        "nobody gets here",
        "\"await_run\"",
    );
    assert_eq!(told(&chat(&format!("[{ASK}, \"await_run\", \"stop\"]"))), []);
}

#[test]
fn two_questions_that_read_alike() {
    let again = chat(&format!("[{ASK}, \"await_run\", {ASK}]"));
    doubts(&again, "asks for the same as an earlier message", "{ add_message = \"Q\" }");
    let other = "{ add_message = \"R\" }, \"create_run\"";
    assert_eq!(told(&chat(&format!("[{ASK}, \"await_run\", {other}]"))), []);
}

#[test]
fn a_job_that_comes_to_dispatch_itself() {
    let source = clicks("").replace("\"create_run\"]", "\"create_run\", { dispatch = \"j\" }]");
    doubts(&source, "the job `j` comes to dispatch itself", "j");
}

#[test]
fn a_document_that_nobody_works_on_and_a_thread_that_nobody_creates() {
    let more = "[[document]]\nid = \"spare\"\n";
    doubts(&clicks(more), "the document `spare` is never used", "\"spare\"");
    let none = clicks("").replace("id = 7", "id = 7\nthread = \"none\"");
    doubts(&none, "nobody creates a thread for document 7", "\"none\"");
}

#[test]
fn a_fault_that_strikes_every_call() {
    let fault = "[[fault]]\noverload = \"create_run\"\n";
    let found = told(&clicks(fault));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.contains("strikes every such call"), "{found:?}");
    assert_eq!(told(&clicks(&format!("{fault}chance = 0.1\n"))), []);
}

#[test]
fn an_expectation_that_cannot_come_true() {
    let source = clicks("[expect]\nviolates = [\"lock-excludes\"]\n");
    doubts(&source, "`lock-excludes` cannot break here: nobody takes a lock", "\"lock-excludes\"");
}

#[test]
fn clicks_that_are_sometimes_one_request_and_sometimes_two() {
    let twice = |sleep: &str| {
        let click = "{ click = { job = \"j\", document = 7 } }";
        clicks("").replace(
            "do = [{ click",
            &format!("do = [{click}, {{ sleep = \"{sleep}\" }}, {{ click"),
        )
    };
    doubts(&twice("1s..3s"), "sometimes one request and sometimes two", "\"u\"");
    assert_eq!(told(&twice("80ms..400ms")), []);
    assert_eq!(told(&twice("3s..5s")), []);
}

#[test]
fn what_an_earlier_iteration_may_have_set_is_no_mistake() {
    let list = format!(
        "[{{ repeat = {{ times = 2, do = [{{ if = {{ set = \"run\", do = [\"await_run\"] }} }}, {ASK}] }} }}]"
    );
    assert_eq!(told(&chat(&list)), []);
    let before = format!("[{{ if = {{ set = \"run\", do = [\"await_run\"] }} }}, {ASK}]");
    assert!(told(&chat(&before))[0].0.contains("{run}"), "{:?}", told(&chat(&before)));
}

#[test]
fn a_list_of_do_stands_among_actions() {
    let source =
        format!("{}[do]\nask = [{ASK}, \"await_run\"]\n", chat("[\"ask\", { sleep = \"1s\" }]"));
    let loaded = scenario::load(&source, &Settings::new());
    assert_eq!(loaded.diagnostics, []);
    assert_eq!(loaded.scenario.unwrap().processes[0].list.len(), 4);
}

#[test]
fn minutes_that_are_spelled_m() {
    let told = scenario::load(&chat("[{ sleep = \"1m..2m\" }]"), &Settings::new()).diagnostics;
    assert!(told[0].help.as_ref().unwrap().contains("did you mean `1min..2min`?"), "{told:?}");
}
