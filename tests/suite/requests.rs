//! What counts as one request and what counts as two: by its text, its key, its click, and whether
//! it asks at all. Also, what came between a request and its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::report::words;
use deadheat::stage::Stage;
use deadheat_model::history::Mark;
use deadheat_model::property::PropertyId;

use crate::util::parse;

const TRIALS: u64 = 40;

/// Returns the ways in which [`TRIALS`] trials break the properties about requests, each with the
/// number of trials.
fn broken(source: &str) -> BTreeMap<String, u64> {
    let about = [
        PropertyId::EveryRequestAnswered,
        PropertyId::NoDuplicateWork,
        PropertyId::NoDuplicateMessage,
        PropertyId::RightAnswer,
    ];
    let mut lane = Lane::new(Arc::new(Stage::new(parse(source))), Box::new(Walk::default()));
    let cast = lane.cast();
    let mut ways = BTreeMap::new();
    for seed in 1..=TRIALS {
        lane.play(Play::seed(seed));
        let violations = lane.judge().0;
        let of = violations.iter().filter(|one| about.contains(&one.property));
        let mut told: Vec<String> =
            of.map(|one| words::fingerprint(&one.fingerprint(&cast), &cast)).collect();
        told.sort_unstable();
        told.dedup();
        for way in told {
            *ways.entry(way).or_default() += 1;
        }
    }
    ways
}

/// Checks that every trial breaks it in these ways, and in no other.
fn always(source: &str, ways: &[&str]) {
    let expected: BTreeMap<String, u64> =
        ways.iter().map(|way| ((*way).to_owned(), TRIALS)).collect();
    assert_eq!(broken(source), expected, "{source}");
}

fn chat(list: &str) -> String {
    format!(
        "format = 1\nsummary = \"A chat.\"\n[[thread]]\nname = \"t\"\n\
         [[process]]\nname = \"tab\"\nthread = \"t\"\ndo = {list}\n"
    )
}

fn clicks(user: &str, more: &str) -> String {
    format!(
        "format = 1\nsummary = \"Clicks.\"\n[[document]]\nid = 7\n[[document]]\nid = 8\n\
         [[user]]\nname = \"u\"\n{user}\n[queue]\nworkers = 2\n[job.write]\n\
         do = [\"load_document\", {{ add_message = \"Write\" }}, \"create_run\", \"await_run\"]\n\
         [job.read]\n\
         do = [\"load_document\", {{ add_message = \"Read\" }}, \"create_run\", \"await_run\"]\n\
         {more}"
    )
}

#[test]
fn each_text_of_an_actor_is_a_question_of_its_own() {
    let asked = |second: &str, runs: &str| {
        chat(&format!(
            "[{{ add_message = \"One\" }}, \"create_run\", \"await_run\", {second}, {runs}]"
        ))
    };
    always(&asked("{ add_message = \"Two\" }", "\"create_run\", \"await_run\""), &[]);
    let unanswered = "every-request-answered: add_message tab (no run)";
    always(&asked("{ add_message = \"Two\" }", "{ sleep = \"1s\" }"), &[unanswered]);
    // The same text is the same question, which is asked twice and paid twice.
    always(
        &asked("{ add_message = \"One\" }", "\"create_run\", \"await_run\""),
        &[
            "no-duplicate-message: add_message tab < add_message tab self",
            "no-duplicate-work: create_run tab < create_run tab self",
        ],
    );
}

#[test]
fn what_a_dispatched_job_would_have_asked_was_asked_for() {
    let job = |list: &str| {
        clicks(
            "do = [{ click = { job = \"ask\", document = 7 } }]",
            &format!(
                "[job.ask]\ndo = {list}\n[[user]]\nname = \"other\"\nstart = \"1h\"\ndo = [{{ click = \
             {{ job = \"write\", document = 8 }} }}, {{ sleep = \"1h\" }}, {{ click = {{ job = \
             \"read\", document = 8 }} }}]\n"
            ),
        )
    };
    let two = "{ add_message = \"A\" }, \"create_run\", \"await_run\", { add_message = \"B\" }";
    always(&job(&format!("[\"load_document\", {two}, \"create_run\"]")), &[]);
    let missing = "every-request-answered: dispatch u (failed)";
    always(&job(&format!("[\"load_document\", \"fail\", {two}]")), &[missing]);
    // The branch decides which of the two is asked. One of them has to be.
    let either = "{ if = { set = \"thread\", do = [{ add_message = \"A\" }], else = [{ add_message \
                  = \"B\" }] } }";
    always(&job(&format!("[\"load_document\", {either}, \"create_run\"]")), &[]);
    let none = "every-request-answered: dispatch u (no run)";
    always(&job(&format!("[\"load_document\", \"stop\", {either}]")), &[none]);
}

#[test]
fn a_click_on_something_else_is_another_request_and_a_debounced_one_was_asked_for() {
    let two = |second: &str, debounce: &str| {
        let user = format!(
            "{debounce}\ndo = [{{ click = {{ job = \"write\", document = 7 }} }}, {{ sleep = \
             \"500ms\" }}, {{ click = {{ {second} }} }}]"
        );
        clicks(
            &user,
            "[[user]]\nname = \"v\"\nstart = \"1h\"\ndo = [{ click = { job = \"read\", \
                       document = 7 } }]\n",
        )
    };
    let ignored = "every-request-answered: click u (ignored)";
    always(&two("job = \"read\", document = 8", "debounce = \"1s\""), &[ignored]);
    always(&two("job = \"write\", document = 8", "debounce = \"1s\""), &[ignored]);
    always(&two("job = \"write\", document = 8", ""), &[]);
    // This is the same click, within what counts as one intent.
    always(&two("job = \"write\", document = 7", "debounce = \"1s\""), &[]);
}

#[test]
fn intent_decides_whether_two_clicks_are_one_request_and_a_mark_says_so() {
    let source = |intent: &str| {
        let user = "do = [{ click = { job = \"write\", document = 7 } }, { sleep = \"1min\" }, \
                    { click = { job = \"write\", document = 7 } }]";
        let other = "[[user]]\nname = \"v\"\ndo = [{ click = { job = \"read\", document = 8 } }]\n";
        clicks(user, &format!("{other}[expect]\nintent = \"{intent}\"\n"))
    };
    let marks = |source: &str| {
        let mut lane = Lane::new(Arc::new(Stage::new(parse(source))), Box::new(Walk::default()));
        lane.play(Play::seed(1));
        let marks = lane.judge().1;
        [Mark::ClicksJoined, Mark::ClicksApart].map(|mark| marks.has(mark))
    };
    always(&source("2s"), &[]);
    assert_eq!(marks(&source("2s")), [false, true]);
    always(
        &source("2min"),
        &[
            "no-duplicate-message: add_message write < add_message write other",
            "no-duplicate-work: create_run write < create_run write other",
        ],
    );
    assert_eq!(marks(&source("2min")), [true, false]);
}

#[test]
fn who_gives_the_same_key_asks_for_the_same_thing() {
    let twice: &[&str] = &[
        "no-duplicate-message: add_message tab < add_message tab other",
        "no-duplicate-work: create_run tab < create_run tab other",
    ];
    let tabs = |same: &str, message: &str| {
        format!(
            "format = 1\nsummary = \"Two tabs.\"\n[[thread]]\nname = \"t\"\n[[process]]\nname = \
             \"tab\"\ncount = 2\nthread = \"t\"\n{same}\ndo = [{{ lock = {{ key = \"{{thread}}\", \
             do = [{{ add_message = {message} }}, \"create_run\", \"await_run\"] }} }}]\n"
        )
    };
    always(&tabs("", "\"Sum it up\""), &[]);
    always(&tabs("same = \"summary of {thread}\"", "\"Sum it up\""), twice);
    always(&tabs("", "{ text = \"Sum it up\", same = \"summary of {thread}\" }"), twice);
    // These are a user and a process. Each has its own job, with other words.
    let both = |same: &str| {
        let user = format!("do = [{{ click = {{ job = \"write\", document = 7{same} }} }}]");
        let process = format!(
            "[[process]]\nname = \"cron\"\ndocument = 7\nstart = \"5min\"\ndo = [{{ dispatch = \
             {{ job = \"read\"{same} }} }}]\n"
        );
        clicks(&user, &process)
    };
    always(&both(""), &[]);
    always(
        &both(", same = \"answer for {document}\""),
        &[
            "no-duplicate-message: add_message read < add_message write other",
            "no-duplicate-work: create_run read < create_run write other",
        ],
    );
}

#[test]
fn what_asks_for_nothing_is_believed_and_what_is_optional_may_stay_unanswered() {
    let beat = |asks: &str| {
        format!(
            "format = 1\nsummary = \"A beat.\"\n[[thread]]\nname = \"t\"\n[[process]]\nname = \
             \"beat\"\ncount = 2\nthread = \"t\"\ndo = [{{ lock = {{ key = \"k\", busy = \"skip\", \
             do = [{{ add_message = {{ text = \"still here\", asks = \"{asks}\" }} }}] }} }}]\n"
        )
    };
    always(&beat("nothing"), &[]);
    always(&beat("optional"), &[]);
    let [skipped, no_run] = ["lock beat (skipped)", "add_message beat (no run)"]
        .map(|way| format!("every-request-answered: {way}"));
    always(&beat("request"), &[&skipped, &no_run]);
    let told = chat("[{ add_message = { text = \"It rains\", asks = \"nothing\" } }]");
    let asker = "[[process]]\nname = \"asker\"\nthread = \"t\"\nstart = \"10s\"\ndo = \
                 [{ add_message = \"Where is it dry?\" }, \"create_run\", \"await_run\"]\n";
    always(&format!("{told}{asker}"), &[]);
    // This one is optional, and answered twice.
    let optional = "{ add_message = { text = \"Any news?\", asks = \"optional\" } }";
    let again = "no-duplicate-work: create_run tab < create_run tab self";
    let nothing = "right-answer: create_run tab";
    always(
        &chat(&format!(
            "[{optional}, \"create_run\", \"await_run\", \"create_run\", \"await_run\"]"
        )),
        &[again, nothing],
    );
}

#[test]
fn a_fingerprint_says_what_came_between_a_request_and_its_answer() {
    let unanswered = |why: &str| format!("every-request-answered: add_message tab ({why})");
    let ask = "{ add_message = \"Q\" }, \"create_run\"";
    let after = |server: &str, rest: &str| {
        format!("{}\n[server]\n{server}\n", chat(&format!("[{ask}{rest}]")))
    };
    always(&after("outcomes = { failed = 1 }", ""), &[&unanswered("run failed")]);
    always(&after("", ", \"cancel_run\""), &[&unanswered("cancelled")]);
    let waits = "outcomes = { needs_action = 1 }";
    always(&after(waits, ""), &[&unanswered("waits for tools")]);
    always(&chat("[{ add_message = \"Q\" }, \"fail\"]"), &[&unanswered("failed")]);
    always(
        &chat("[\"create_run\", { try = { do = [{ add_message = \"Q\" }] } }]"),
        &[&unanswered("refused")],
    );
}

#[test]
fn a_run_asks_for_tools_as_often_as_it_is_told() {
    let turns = |turns: &str, submits: usize| {
        let submit = ", { try = { on = [\"needs_action\"], do = [\"await_run\"], else = \
                      [\"submit_outputs\"] } }"
            .repeat(submits);
        let list = format!("[{{ add_message = \"Q\" }}, \"create_run\"{submit}, \"await_run\"]");
        format!("{}[server]\noutcomes = {{ needs_action = 1 }}\n{turns}\n", chat(&list))
    };
    always(&turns("", 1), &[]);
    always(&turns("tool_turns = 3", 3), &[]);
    let waits = "every-request-answered: add_message tab (waits for tools)";
    always(&turns("tool_turns = 3", 2), &[waits]);
}
