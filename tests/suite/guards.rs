//! Guards are rewrites: the result is a scenario that can be printed and read again, and a guard
//! that does not apply says why.

use deadheat::scenario::{
    self, Guards, NotApplicable, Scenario, Settings, all_guards, load_guarded, print,
};
use proptest::prelude::*;

use crate::util::{deadheat, folder, parse, plain, scenario, scenario_names, source};

fn guards(text: &str) -> Guards {
    Guards::parse(text).unwrap()
}

fn guarded(name: &str, text: &str) -> Result<Scenario, NotApplicable> {
    guards(text).apply(scenario(name))
}

/// Returns what the only job of a scenario does within these guards.
fn job(name: &str, text: &str) -> String {
    let printed = print(&guarded(name, text).unwrap());
    let list = printed.split("release_after").nth(1).unwrap();
    let list = list[list.find("do = ").unwrap()..].split("\n\n").next().unwrap();
    format!("{text}\n{list}")
}

/// Prints the scenario, reads it again, and checks that it is the same.
fn assert_readable(guarded: &Scenario, what: &str) {
    let printed = print(guarded);
    let loaded = scenario::load(&printed, &Settings::new());
    assert!(loaded.diagnostics.is_empty(), "{what}: {:#?}\n{printed}", loaded.diagnostics);
    let again = loaded.scenario.unwrap();
    assert_eq!(print(&again), printed, "{what}");
    assert_eq!(again, *guarded, "{what}\n{printed}");
}

#[test]
fn every_scenario_within_every_guard_can_be_printed_and_read() {
    for guards in all_guards() {
        let mut applied = 0;
        for name in scenario_names() {
            match guards.apply(scenario(&name)) {
                Ok(guarded) => {
                    applied += 1;
                    assert_ne!(guarded, scenario(&name), "{name} {guards}");
                    assert_readable(&guarded, &format!("{name} {guards}"));
                }
                Err(why) => assert!(!why.reason.is_empty() && !why.reason.ends_with('.')),
            }
        }
        assert!(applied > 0, "{guards} applies to nothing");
    }
}

/// Guards with options of every kind.
const MORE: [&str; 12] = [
    "lock:ttl=60s,busy=fail,for=3s,release=any,in=row",
    "lock:covers=message",
    "lock:key=document,scope=job",
    "lock:scope=job,covers=run",
    "serial-queue:tries=9,release_after=1s..2s,expires=5min",
    "unique-job:ttl=30s",
    "retry:times=2,wait=0ms",
    "wait:for=9s,poll=10ms..1s",
    "delay:time=1s..3s",
    "await-run:for=30s",
    "debounce:window=500ms",
    "fresh-thread:per=iteration",
];

fn any_guard() -> impl Strategy<Value = Guards> {
    let all = all_guards().into_iter().chain(MORE.map(guards));
    proptest::sample::select(all.collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn compositions_can_be_printed_and_read(
        name in proptest::sample::select(scenario_names()),
        parts in proptest::collection::vec(any_guard(), 1..5),
    ) {
        let composed = Guards::compose(&parts);
        prop_assert_eq!(Guards::parse(&composed.to_string()), Ok(composed.clone()));
        if let Ok(guarded) = composed.apply(scenario(&name)) {
            assert_readable(&guarded, &format!("{name} {composed}"));
        }
    }

    #[test]
    fn a_guard_around_a_printed_scenario_is_the_outermost_of_a_composition(
        name in proptest::sample::select(scenario_names()),
        outer in any_guard(),
        inner in any_guard(),
    ) {
        let composed = Guards::compose([&outer, &inner]);
        let Ok(once) = inner.apply(scenario(&name)) else { return Ok(()) };
        let step = outer.apply(parse(&print(&once))).ok().map(|twice| print(&twice));
        let whole = composed.apply(scenario(&name)).ok().map(|twice| print(&twice));
        prop_assert_eq!(step, whole);
    }
}

#[test]
fn a_composition_ends_where_its_scenario_could_not_be_read_again() {
    let tower = vec!["cancel-active"; 40].join("+");
    let why = guarded("double-click", &tower).unwrap_err();
    assert!(why.reason.contains("would nest too deeply"), "{why}");
}

#[test]
fn a_lock_is_held_from_the_first_look_until_the_run_is_created() {
    insta::assert_snapshot!(job("double-click", "lock:ttl=60s"));
    insta::assert_snapshot!("lock_on_sections", job("full-generation", "lock"));
    insta::assert_snapshot!(
        "lock_variants",
        [
            job("double-click", "lock:covers=message"),
            job("double-click", "lock:busy=skip,covers=run"),
            job("full-generation", "lock:covers=run"),
            job("full-generation", "lock:scope=job"),
            job("double-click", "lock:key=document"),
        ]
        .join("\n\n")
    );
}

#[test]
fn a_lock_comes_before_the_look_at_a_row_that_names_no_thread_yet() {
    insta::assert_snapshot!(job("double-click-first", "lock:ttl=60s"));
}

#[test]
fn a_process_holds_the_lock_for_an_iteration_inside_what_catches_its_refusals() {
    let shown = deadheat(&["show", "stress-test", "--guard", "lock"]).stdout;
    insta::assert_snapshot!(
        shown[shown.find("[[process]]").unwrap()..].split("\n\n").next().unwrap()
    );
}

#[test]
fn the_first_of_a_composition_is_outermost() {
    let orders = [
        "retry+lock",
        "lock+retry",
        "retry+cancel-active",
        "await-run+lock",
        "lock:covers=run+retry",
        "retry:times=2+retry:times=9",
        "wait+retry",
        "lock+fresh-thread",
        "fresh-thread+lock",
    ];
    let shown = orders.map(|order| job("double-click", order)).join("\n\n");
    insta::assert_snapshot!(shown);
}

#[test]
fn show_prints_the_guarded_scenario_and_lists_the_guards() {
    let ran = deadheat(&["show", "double-click", "--guard", "lock:ttl=60s"]);
    insta::assert_snapshot!(ran.stdout);
    let path = folder("guarded").join("guarded.toml");
    std::fs::write(&path, &ran.stdout).unwrap();
    let linted = deadheat(&["lint", path.to_str().unwrap(), "--format", "short"]);
    assert_eq!((linted.code, linted.stdout.as_str()), (0, ""));
    let listed = deadheat(&["show", "--guards"]);
    insta::assert_snapshot!("show_guards", listed.stdout);
    assert!(deadheat(&["actions"]).stdout.contains(&listed.stdout));
}

#[test]
fn what_does_not_apply_says_why() {
    let check = |name: &str, text: &str, reason: &str| {
        let why = guarded(name, text).unwrap_err();
        assert_eq!(why.reason, reason, "{name} {text}");
    };
    let jobs = "the scenario has no jobs";
    check("stress-test", "serial-queue", jobs);
    check("stress-test", "unique-job", jobs);
    check("stress-test", "debounce", "no user clicks");
    check("double-click", "delay", "no job or process goes through sections or repeats anything");
    check("double-click", "claim-thread", "no job or process saves a thread");
    let twice = "document 7 is clicked more than once, and a click has no copy";
    check("double-click", "own-document", twice);
    let alone = "no process shares its document with anybody";
    check("document-per-worker", "own-document", alone);
    check("one-job", "await-run", "the scenario has all of it already");
    check("parallel-workers", "delay:time=1s", "the scenario has all of it already");
    check("thread-per-worker", "fresh-thread", "the scenario has all of it already");
    check("double-click", "lock+lock", "`lock`: a lock of this name is held there already");
    let idle = plain("double-click")
        .replace("  \"create_run\", ", "")
        .replace("{ safe_add_message = \"Write the document\" }", "{ sleep = \"1s\" }");
    let why = |text: &str| guards(text).apply(parse(&idle)).unwrap_err().reason;
    assert_eq!(why("lock"), "no job or process touches a thread");
    assert_eq!(why("retry"), "no job or process adds a message or creates a run");
    assert_eq!(why("lock:covers=message"), "no job or process touches a thread");
}

#[test]
fn a_lock_whose_holder_knows_neither_document_nor_thread_does_not_apply() {
    let alone = plain("stress-test")
        .replace("document = 7\n", "")
        .replace("  \"load_document\",\n", "  { try = [\"create_thread\"] },\n");
    let guarded = guards("lock").apply(parse(&alone)).unwrap();
    assert!(print(&guarded).contains("thread:{thread}"), "it is known after it is created");
    let why = guards("lock:key=document").apply(parse(&alone)).unwrap_err();
    assert_eq!(why.reason, "no job or process has a document that a lock could be called after");
}

#[test]
fn a_wrong_guard_is_a_usage_error_with_a_suggestion() {
    let check = |args: &[&str], told: &str| {
        let ran = deadheat(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    };
    check(&["run", "double-click", "--guard", "lokc"], "did you mean `lock`?");
    check(&["show", "double-click", "--guard", "lock:busy=skpi"], "did you mean `skip`?");
    check(
        &["run", "double-click", "--guard", "own-document", "--trials", "5"],
        "the guard `own-document` does not apply to `double-click`: document 7 is clicked more",
    );
    check(&["replay", "double-click", "--seed", "1", "--guard", "delay"], "does not apply");
}

#[test]
fn where_many_are_run_those_to_which_a_guard_does_not_apply_are_passed_over() {
    let both = ["run", "double-click", "full-generation", "--trials", "20", "--guard", "delay"];
    let ran = deadheat(&both);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with(
        "double-click delay  n/a: no job or process goes through sections or repeats anything\n"
    ));
    assert!(ran.stdout.contains("full-generation delay  no expectation covers this guard"));
    let none = ["run", "double-click", "one-job", "--trials", "20", "--guard", "delay"];
    assert_eq!(deadheat(&none).code, 4);
}

#[test]
fn the_line_to_paste_has_the_guards() {
    let run = ["run", "stress-test", "--trials", "20", "--set", "workers=2", "--guard", "retry"];
    let ran = deadheat(&[&run[..], &["--guard", "delay:time=5s"]].concat());
    assert!(ran.stdout.starts_with("stress-test workers=2 retry+delay  "), "{}", ran.stdout);
    let line = ran.stdout.lines().find(|line| line.contains(" --seed ")).unwrap();
    assert!(line.contains(" --set workers=2 --guard retry+delay --digest "), "{line}");
    let words: Vec<&str> = line[line.find("replay").unwrap()..].split(' ').collect();
    let replayed = deadheat(&words);
    assert_eq!((replayed.code, replayed.stderr.as_str()), (0, ""));
    let unguarded: Vec<&str> =
        words.iter().copied().filter(|word| !["--guard", "retry+delay"].contains(word)).collect();
    assert_eq!(deadheat(&unguarded).code, 3);
}

#[test]
fn an_expectation_may_be_given_for_a_guard_for_settings_and_for_both() {
    let source = plain("stress-test")
        + r#"
[[expect.with]]
guard  = "delay:time=21s"
misses = ["contended"]

[[expect.with]]
guard    = "retry+delay"
set      = { workers = 1 }
violates = ["right-answer"]
"#;
    let one = vec![("workers".to_owned(), "1".to_owned())];
    let expect = |settings: &Settings, text: &str| {
        let loaded = load_guarded(&source, settings, &guards(text));
        assert_eq!(loaded.diagnostics, []);
        loaded.scenario.unwrap().expect
    };
    assert_eq!(expect(&Settings::new(), "none").unwrap().always.len(), 2);
    assert_eq!(expect(&Settings::new(), "delay:time=21s").unwrap().misses.len(), 1);
    assert_eq!(expect(&Settings::new(), "delay"), None);
    assert_eq!(expect(&one, "none"), None);
    assert_eq!(expect(&one, "retry:times=5+delay:time=5s").unwrap().violates.len(), 1);
    let variants = scenario::load(&source, &Settings::new()).variants;
    let expected = [(guards("delay:time=21s"), Settings::new()), (guards("retry+delay"), one)];
    assert_eq!(variants, expected);
}

#[test]
fn a_wrong_guard_in_a_file_is_told_where_it_stands() {
    let base = source("double-click");
    let lint = |with: &str| {
        let source = format!("{base}\n[[expect.with]]\n{with}\n");
        let line = base.lines().count() + 3;
        let path = folder("wrong_guard").join("wrong.toml");
        std::fs::write(&path, &source).unwrap();
        let told = deadheat(&["lint", path.to_str().unwrap(), "--format", "short"]);
        let (place, what) = told.stdout.split_once(": error").unwrap();
        let place = place.rsplit_once(".toml:").unwrap().1.to_owned();
        let (at, column) = place.split_once(':').unwrap();
        assert_eq!((told.code, at.parse()), (2, Ok(line)), "{}", told.stdout);
        format!("{column}: error{}", what.trim_end())
    };
    insta::assert_snapshot!(lint("guard = \"retry+lokc\""), @"16: error[S10]: there is no guard `lokc` (did you mean `lock`?)");
    insta::assert_snapshot!(lint("guard = \"lock:ttl=60\""), @r#"19: error[S06]: `60` is not a time (a number and a unit: us, ms, s, min or h, such as "80ms"; a window is two of them, such as "2s..20s")"#);
    insta::assert_snapshot!(lint("guard = \"own-document\""), @"9: error[S15]: the guard `own-document` does not apply: document 7 is clicked more than once, and a click has no copy (leave it out, or expect something of another one)");
}

#[test]
fn an_expectation_says_what_is_different() {
    let source = source("double-click") + "\n[[expect.with]]\nviolates = []\n";
    let told = scenario::load(&source, &Settings::new()).diagnostics;
    assert_eq!(told[0].message, "[[expect.with]] does not say what is different");
    let validator = serde_json::from_str(&scenario::schema()).unwrap();
    let validator = jsonschema::draft7::new(&validator).unwrap();
    let fits = |source: &str| {
        let table: toml::Table = toml::from_str(source).unwrap();
        validator.is_valid(&serde_json::to_value(table).unwrap())
    };
    assert!(!fits(&source));
    assert!(fits(&source.replace("violates = []\n", "guard = \"lock\"\n")));
}
