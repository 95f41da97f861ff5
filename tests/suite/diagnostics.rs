//! What is reported to authors: every mistake of a file, at its place, with what to do.

use deadheat::scenario::shown::{Look, line_and_column, render};
use deadheat::scenario::{self, Settings};
use deadheat::stage::Stage;

use crate::util::{parse, plain, source};

/// A scenario without mistakes, in which the tests make some.
const SOUND: &str = r#"format  = 1
summary = "A user clicks."

[params]
pause = "1s"

[[document]]
id       = 7
sections = 3

[[user]]
name = "browser"
do = [
  { click = { job = "generate" } },
  { sleep = "$pause" },
]

[job.generate]
do = [
  "load_document",
  { add_message = "Write it" },
  "create_run",
]
"#;

fn load(source: &str) -> scenario::Loaded {
    scenario::load(source, &Settings::new())
}

fn shown(source: &str) -> String {
    render(&load(source).diagnostics, "race.toml", source, Look::Plain)
}

/// Returns the diagnostics' codes and places.
fn places(source: &str) -> Vec<String> {
    load(source)
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let (line, column) =
                diagnostic.span.as_ref().map_or((0, 0), |span| line_and_column(source, span.start));
            format!("{} {line}:{column}", diagnostic.code.name())
        })
        .collect()
}

/// Checks that one change to the sound scenario is reported as exactly this.
fn check(right: &str, wrong: &str, message: &str, help: &str) {
    let changed = SOUND.replacen(right, wrong, 1);
    assert_ne!(changed, SOUND, "{right}");
    let told = load(&changed).diagnostics;
    let said: Vec<(String, String)> = told
        .iter()
        .map(|one| (one.message.clone(), one.help.clone().unwrap_or_default()))
        .collect();
    assert_eq!(said, [(message.to_owned(), help.to_owned())], "{wrong}");
}

#[test]
fn a_sound_scenario_has_no_diagnostics() {
    assert_eq!(load(SOUND).diagnostics, []);
}

#[test]
fn a_block_in_the_wrong_brackets_is_one_mistake() {
    let written = |header: &str| format!("this block is written {header}");
    let write = |header: &str| format!("write {header}");
    let check_header = |right: &str, wrong: &str, header: &str| {
        check(right, wrong, &written(header), &write(header));
    };
    check_header("[[document]]", "[document]", "[[document]]");
    check_header("[[user]]", "[user]", "[[user]]");
    check_header("[job.generate]", "[[job.generate]]", "[job.generate]");
    check_header("[params]", "[[params]]", "[params]");
}

#[test]
fn a_second_block_names_the_line_of_the_first() {
    let twice = format!("{SOUND}\n[server]\nrun_time = \"1s\"\n\n[server]\nqueue_time = \"2s\"\n");
    let told = load(&twice).diagnostics;
    let helps: Vec<_> = told.iter().filter_map(|one| one.help.as_deref()).collect();
    assert_eq!(helps, ["the first one is in line 25; keep one of them"], "{told:?}");
}

#[test]
fn every_mistake_is_told_with_what_to_do() {
    check(
        "\"create_run\"",
        "\"create_rnu\"",
        "there is no action `create_rnu`",
        "did you mean `create_run`?",
    );
    check(
        "\"create_run\"",
        "\"frobnicate\"",
        "there is no action `frobnicate`",
        "`deadheat actions` lists them all",
    );
    check(
        "{ sleep = \"$pause\" }",
        "{ sleep = \"$pasue\" }",
        "there is no parameter `pasue`",
        "did you mean `pause`?",
    );
    check(
        "job = \"generate\"",
        "job = \"genarate\"",
        "there is no job `genarate`",
        "did you mean `generate`?",
    );
    check(
        "pause = \"1s\"",
        "pause = \"20s..2s\"",
        "the window `20s..2s` ends before it begins",
        "`$pause` is 20s..2s here; write \"2s..20s\"",
    );
    check(
        "pause = \"1s\"",
        "pause = 1",
        "expected a time or a window, found the number 1",
        "`$pause` is 1 here; put times and windows in quotes, with a unit: \"80ms\", \"2s..20s\"",
    );
    check("sections = 3", "sections = 3000", "`sections` must be 0 to 1000, not 3000", "");
    check(
        "sections = 3",
        "section = 3",
        "[[document]] has no key `section`",
        "did you mean `sections`?",
    );
    check(
        "id       = 7\n",
        "",
        "[[document]] needs the key `id`",
        "`id`: Its id, as clicks and processes name it.",
    );
    check(
        "  \"load_document\",\n",
        "",
        "`add_message` needs {thread}, and nothing before it can have set that",
        "{thread} is set by `load_document`, `create_thread` or `save_thread`",
    );
    check(
        "{ add_message = \"Write it\" }",
        "{ add_message = \"Write {sektion}\" }",
        "`sektion` is not a local",
        "did you mean `section`?",
    );
    check(
        "  { click = { job = \"generate\" } },\n",
        "  { click = { job = \"generate\" } },\n  \"create_run\",\n",
        "a user cannot `create_run`",
        "users click; let a job or a process do it",
    );
    check(
        "\"create_run\"",
        "{ click = \"generate\" }",
        "a job cannot `click`",
        "only users click; to put a job on the queue, `dispatch` it",
    );
    check(
        "\"create_run\"",
        "{ repeat = { do = [] } }",
        "`repeat` needs either `times` or `during`, and has 0",
        "give `times` or `during`, and not both",
    );
    check(
        "\"create_run\"",
        "{ create_run = true }",
        "expected nothing besides `create_run`, which is written alone, in quotes, found true",
        "",
    );
    check(
        "\"create_run\"",
        "{ create_run = {}, await_run = {} }",
        "an action has one verb, and this has 2",
        "one action each: { create_run = … }, { await_run = … }",
    );
    check(
        "\"create_run\"",
        "17",
        "expected an action, found the number 17",
        "an action is a verb, such as \"create_run\", or a verb with what it needs, such as { sleep = \"2s\" }",
    );
    check("format  = 1", "format  = 2", "this program reads format 1, not 2", "write `format = 1`");
    check(
        "[[document]]",
        "[[dokument]]",
        "the file has no key `dokument`",
        "did you mean `document`?",
    );
    check(
        "do = [\n  \"load",
        "tries = 0\ndo = [\n  \"load",
        "`tries` must be 1 to 1000, not 0",
        "",
    );
}

#[test]
fn what_is_never_used_is_a_warning() {
    let unused_job = format!("{SOUND}\n[job.other]\ndo = []\n");
    let told = load(&unused_job);
    assert!(told.scenario.is_some());
    assert_eq!(told.diagnostics[0].message, "the job `other` is never used");
    let unused_list = format!("{SOUND}\n[do]\nspare = [\"craete_run\"]\n");
    let messages: Vec<String> =
        load(&unused_list).diagnostics.into_iter().map(|one| one.message).collect();
    assert_eq!(
        messages,
        ["the list `spare` is never used", "there is no action `craete_run`"],
        "and its contents are checked anyway"
    );
    let unused_param = SOUND.replace("\"$pause\"", "\"2s\"");
    assert_eq!(load(&unused_param).diagnostics[0].message, "the parameter `pause` is never used");
}

#[test]
fn all_mistakes_of_a_file_are_told_together() {
    let source = r#"format  = 1
summary = "Five mistakes and a bit."

[server]
run_time = 2s..20s

[[document]]
id = 7

[[user]]
name  = "browser"
count = 0
do = [
  { clik = { job = "generate", document = 7 } },
  { sleep = "400ms..80ms" },
  { click = { job = "generate", document = 8 } },
]

[queue]
wrokers = 2

[job.generate]
do = ["load_document", { safe_add_message = "Write {chapter}" }, "create_run"]

[expect]
violates = ["no-rejected-calls"]
"#;
    assert_eq!(
        places(source),
        [
            "S02 5:13",
            "S07 12:9",
            "S09 14:5",
            "S07 15:13",
            "S10 16:44",
            "S04 20:1",
            "S08 23:45",
            "S08 26:13"
        ]
    );
    insta::assert_snapshot!(shown(source));
}

#[test]
fn a_bracket_that_is_never_closed_hides_what_follows() {
    let source = SOUND.replace("  { sleep = \"$pause\" },\n]", "  { sleep = \"$pause\" },\n");
    insta::assert_snapshot!(shown(&source));
}

#[test]
fn a_list_that_contains_itself_is_told_with_its_path() {
    let source = SOUND.replace(
        "do = [\n  \"load_document\",",
        "do = [\n  \"load_document\",\n  { retry = \"write\" },",
    );
    let source = format!(
        "{source}\n[do]\nwrite = [{{ add_message = \"x\" }}, {{ try = \"again\" }}]\nagain = [{{ repeat = {{ times = 2, do = \"write\" }} }}]\n"
    );
    insta::assert_snapshot!(shown(&source));
}

#[test]
fn deep_nesting_and_endless_lists_are_refused_in_time() {
    let deep = format!("{}\"create_run\"{}", "{ try = [".repeat(40), "] }".repeat(40));
    let told = load(&SOUND.replace("\"create_run\"", &deep)).diagnostics;
    assert_eq!(told[0].message, "blocks nest deeper than 16");
    let many = "\"create_run\", ".repeat(20_000);
    let told = load(&SOUND.replace("\"create_run\",", &many)).diagnostics;
    assert_eq!(told[0].message, "the scenario has more than 10000 actions");
}

#[test]
fn a_value_from_outside_says_so() {
    let settings = vec![("pause".to_owned(), "soon".to_owned())];
    let told = scenario::load(SOUND, &settings).diagnostics;
    assert_eq!(told[0].message, "`soon` is not a time or a window");
    assert!(told[0].help.as_ref().unwrap().starts_with("`$pause` is soon here, set by --set; "));
    let settings = vec![("puase".to_owned(), "2s".to_owned())];
    let told = scenario::load(SOUND, &settings).diagnostics;
    assert_eq!(told[0].message, "--set puase: this scenario has no parameter `puase`");
    assert_eq!(told[0].help.as_deref(), Some("did you mean `pause`?"));
}

#[test]
fn a_setting_takes_the_place_of_the_parameter() {
    let settings = vec![("workers".to_owned(), "8".to_owned())];
    let loaded = scenario::load(&source("stress-test"), &settings);
    assert_eq!(loaded.scenario.unwrap().processes[0].count, 8);
}

#[test]
fn expectations_under_settings_cover_exactly_these() {
    let source = plain("stress-test")
        + "\n[[expect.with]]\nset    = { workers = 1, iterations = 1 }\nmisses = [\"contended\"]\n";
    let expect = |settings: &[(&str, &str)]| {
        let settings: Settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        scenario::load(&source, &settings).scenario.unwrap().expect
    };
    assert_eq!(expect(&[]).unwrap().always.len(), 2);
    assert_eq!(expect(&[("workers", "1")]), None);
    assert_eq!(expect(&[("iterations", "1"), ("workers", "1")]).unwrap().always, []);
    assert_eq!(expect(&[("workers", "1"), ("iterations", "2")]), None);
    let variants = load(&source).variants;
    assert_eq!(variants.len(), 1);
    let wrong = source.replace("iterations = 1 }", "iteratoins = 1 }");
    assert_eq!(load(&wrong).diagnostics[0].message, "there is no parameter `iteratoins`");
}

#[test]
fn short_and_json_say_the_same_in_a_line() {
    let source = SOUND.replace("\"create_run\"", "\"create_rnu\"");
    let told = load(&source).diagnostics;
    assert_eq!(
        render(&told, "race.toml", &source, Look::Short),
        "race.toml:22:3: error[S09]: there is no action `create_rnu` (did you mean `create_run`?)\n"
    );
    let json = render(&told, "race.toml", &source, Look::Json);
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&object["line"], &object["column"]), (&22.into(), &3.into()));
    assert_eq!(object["help"], "did you mean `create_run`?");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, ..Default::default() })]

    /// Any changed text is either read or reported as wrong, and the report can be shown.
    #[test]
    fn no_text_makes_the_reader_fail(
        which in 0..2_usize,
        cuts in proptest::collection::vec((0..4_000_usize, 0..30_usize, 0..SCRAPS.len()), 1..6),
    ) {
        let mut text = source(["double-click", "full-generation"][which]);
        for (at, length, scrap) in cuts {
            let boundary = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (from, to) = (boundary(at), boundary(at + length));
            text.replace_range(from..to, SCRAPS[scrap]);
        }
        let loaded = load(&text);
        let has_error = loaded.diagnostics.iter().any(|told| told.code.is_error());
        proptest::prop_assert_eq!(loaded.scenario.is_none(), has_error);
        for look in [Look::Plain, Look::Short, Look::Json] {
            render(&loaded.diagnostics, "race.toml", &text, look);
        }
    }
}

/// The pieces with which the texts are broken.
const SCRAPS: [&str; 14] = [
    "",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\n",
    "=",
    "é",
    "$x",
    "{section}",
    "[[user]]",
    "\"\"\"",
    "99999999999999999999",
];

/// Returns a scenario with two processes of one name, one of which is numbered, and with everything
/// else that it needs.
fn named(first: &str, second: &str) -> String {
    format!(
        "format = 1\nsummary = \"Who is who?\"\n[[thread]]\nname = \"chat\"\n\
         [[document]]\nid = 7\n[[document]]\nid = \"7-2\"\n\
         [[process]]\n{first}\nthread = \"chat\"\ndo = [\"create_run\"]\n\
         [[process]]\n{second}\ndo = [{{ sleep = \"1s\" }}]\n"
    )
}

#[test]
fn names_are_compared_after_numbering() {
    let check = |source: &str, expected: &[(&str, &str)]| {
        let mut told = load(source).diagnostics;
        told.retain(|one| one.code.is_error());
        let said: Vec<(&str, &str)> = told
            .iter()
            .map(|one| (one.message.as_str(), one.help.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(said, expected, "{source}");
        assert!(told.iter().all(|one| one.code.name() == "S11"), "{told:?}");
    };
    let p_1 = [(
        "there are two actors `p-1`: this one, and one of the 2 that are called `p`",
        "call it otherwise: those are `p-1` to `p-2`",
    )];
    let source = named("name = \"p\"\ncount = 2", "name = \"p-1\"");
    check(&source, &p_1);
    let place = load(&source).diagnostics[0].span.clone().unwrap();
    assert_eq!(&source[place], "\"p-1\"");
    check(&named("name = \"p-1\"", "name = \"p\"\ncount = 2"), &p_1);
    // The same applies to a user and a process.
    let user = |source: &str| {
        source.replacen("[[process]]", "[[user]]", 2).replacen("[[user]]", "[[process]]", 1)
    };
    check(&user(&source), &p_1);
    check(&named("name = \"p\"", "name = \"p\"\ncount = 2"), &[("there are two actors `p`", "")]);
    for (first, second) in [
        ("name = \"p\"\ncount = 2", "name = \"p-3\""),
        ("name = \"p\"\ncount = 2", "name = \"p-0\""),
        ("name = \"p\"\ncount = 2", "name = \"p-01\""),
        ("name = \"p\"\ncount = 2", "name = \"p-1\"\ncount = 2"),
        ("name = \"p\"", "name = \"p-1\""),
    ] {
        check(&named(first, second), &[]);
    }
    // Copies of a document are documents.
    let copied = |count: u32| {
        let process = format!("name = \"q\"\ncount = {count}\ndocument = 7\nown_document = true");
        named("name = \"p\"", &process)
    };
    check(&copied(1), &[]);
    check(
        &copied(2),
        &[(
            "there are two documents `7-2`: this one, and a copy of document 7",
            "give it another `id`: the copies of 7 are 7-1, 7-2 …",
        )],
    );
    // Another process that copies the same document continues the count.
    let both = "count = 2\ndocument = 7\nown_document = true";
    let source = named("name = \"p\"", &format!("name = \"q\"\n{both}"))
        .replace("thread = \"chat\"", both)
        .replace("\"create_run\"", "{ sleep = \"1s\" }")
        .replace("\"7-2\"", "8");
    let stage = Stage::new(parse(&source));
    let names: Vec<&str> = stage.cast.documents.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["7", "8", "7-1", "7-2", "7-3", "7-4"]);
}

#[test]
fn every_mistake_of_a_fault_is_told_at_its_place() {
    let faults = r#"
[[fault]]
lose_reply = "create_rum"
chance = 2
[[fault]]
crash = "generate"
lag = "1s"
[[fault]]
chance = 0.5
[[fault]]
chance = 3
[[fault]]
los_reply = "create_run"
during = "soon"
[[fault]]
outage = "5s"
at = "generate#1/create_run"
[[fault]]
failover = "now"
[[fault]]
failover = {}
at = "generates#1.1/create_run#1"
"#;
    let source = format!("{SOUND}{faults}");
    let messages: Vec<String> =
        load(&source).diagnostics.into_iter().map(|told| told.message).collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    `create_rum` is not a choice for `call`
    `chance` must be 0 to 1, not 2
    a fault is one thing, and this is 2
    [[fault]] says nothing of what goes wrong
    [[fault]] says nothing of what goes wrong
    `chance` must be 0 to 1, not 3
    `los_reply` is not a fault
    `soon` is not a time or a window
    `generate#1/create_run` is not a call
    expected failover = {}, found the text "now"
    there is no job `generates`
    "#);
    let first = SOUND.lines().count() as u32;
    let lines: Vec<u32> = load(&source)
        .diagnostics
        .iter()
        .map(|told| line_and_column(&source, told.span.as_ref().unwrap().start).0 as u32 - first)
        .collect();
    assert_eq!(lines, [3, 4, 5, 8, 10, 11, 13, 14, 17, 19, 22]);
}
