//! What a CI job meets: JSON with a schema, `JUnit`, annotations, baselines, and which scenarios run.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::util::{Ran, folder, program, ran, settings, source};

/// Runs the program in a folder with one scenario, `double-click`, with this change.
fn with_scenario(name: &str, change: impl Fn(&str) -> String) -> std::path::PathBuf {
    let folder = folder(name);
    fs::create_dir_all(folder.join("scenarios")).unwrap();
    let text = change(&source("double-click"));
    fs::write(folder.join("scenarios/double-click.toml"), text).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(program().current_dir(folder).args(args))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Expects that no call is refused, which is not so.
fn unexpected(text: &str) -> String {
    text.replacen("  \"no-rejected-call\",\n", "", 1)
}

#[test]
fn every_object_has_a_type_and_a_version_and_follows_the_schema() {
    let schema: Value =
        serde_json::from_str(&ran(program().args(["schema", "output"])).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = with_scenario("ci-json", str::to_owned);
    fs::write(folder.join("scenarios/bad.toml"), "format = 1\n[[user]]\nname = \"u\"\n").unwrap();
    let mut types = Vec::new();
    for args in [
        "run double-click --trials 60",
        "run double-click --trials 60 --strategy portfolio",
        "run double-click --trials 60 --shard 2/3",
        "replay double-click --seed 6",
        "replay double-click --seed 6 --guard lock --format jsonl",
        "replay double-click --seed 6 --until 11",
        "words",
        "actions",
        "show double-click --guard lock",
        "show --switches --guards",
        "keep double-click --seed 6 --fingerprint right-answer",
        "prove double-click --guard debounce",
        "prove double-click --property right-answer",
        "explain double-click --seed 6 --trials 20",
        "shrink double-click --seed 6 --for 2s",
        "compare double-click --trials 20",
        "lint bad",
        "list",
    ] {
        let format = if args.contains("jsonl") { None } else { Some("--json") };
        let args: Vec<&str> = args.split(' ').chain(format).collect();
        let printed = run(&folder, &args).stdout;
        assert!(!printed.is_empty(), "{args:?}");
        for object in objects(&printed) {
            let wrong: Vec<String> =
                validator.iter_errors(&object).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{args:?}: {wrong:?}: {object}");
            types.push(object);
        }
    }
    // A field that goes away, or a field that nobody has described, is noticed.
    let setting = types.iter().find(|object| object["type"] == "setting").unwrap();
    for field in ["seed", "findings", "expectation_met", "properties", "version"] {
        let mut less = setting.clone();
        less.as_object_mut().unwrap().remove(field).unwrap();
        assert!(!validator.is_valid(&less), "{field}");
    }
    let mut more = setting.clone();
    more["surprise"] = Value::Null;
    assert!(!validator.is_valid(&more));
    let last = run(&folder, &["run", "double-click", "--trials", "60", "--json"]).stdout;
    let summary = objects(&last).pop().unwrap();
    assert_eq!((&summary["type"], &summary["exit_code"]), (&"summary".into(), &0.into()));
}

#[test]
fn a_junit_report_has_a_case_for_each_property_and_the_line_to_paste() {
    let folder = with_scenario("ci-junit", unexpected);
    let args = ["run", "double-click", "--trials", "200", "--junit", "out/report.xml"];
    assert_eq!(run(&folder, &args).code, 1);
    let text = fs::read_to_string(folder.join("out/report.xml")).unwrap();
    assert!(text.contains("<testsuite name=\"double-click\" tests=\"99\""), "{text}");
    assert!(text.contains("failures=\"1\""), "{text}");
    assert!(text.contains("deadheat replay double-click --seed 1 --digest"), "{text}");
    assert!(text.contains("the smallest trial that was found"), "{text}");
    assert!(text.contains("the lines that race in the first trial:"), "{text}");
    assert!(text.contains("&quot;create_run&quot;,"), "{text}");
    assert!(!text.contains('\u{1b}'), "no color is written to a file");
    let args = ["run", "double-click", "--trials", "20", "--junit", "scenarios"];
    let refused = run(&folder, &args);
    assert_eq!(refused.code, 74, "{}", refused.stderr);
}

#[test]
fn github_is_told_the_line_and_gets_a_summary_with_a_diagram() {
    let folder = with_scenario("ci-github", unexpected);
    let summary = folder.join("summary.md");
    let mut command = program();
    command.current_dir(&folder).env("GITHUB_STEP_SUMMARY", &summary);
    let ran = ran(command.args(["run", "double-click", "--trials", "200", "--github"]));
    assert_eq!(ran.code, 1);
    let annotation = "::error file=scenarios/double-click.toml,line=35,title=double-click::";
    assert!(ran.stderr.contains(annotation), "{}", ran.stderr);
    let text = fs::read_to_string(summary).unwrap();
    for part in ["| FAIL | `double-click` | 200 |", "```mermaid", "sequenceDiagram", "S--xA1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_rate_that_has_become_worse_is_a_finding() {
    let folder = with_scenario("ci-baseline", str::to_owned);
    let args = ["run", "double-click", "--trials", "400", "--json"];
    fs::write(folder.join("base.json"), run(&folder, &args).stdout).unwrap();
    let compared = ["run", "double-click", "--trials", "400", "--baseline", "base.json"];
    let same = run(&folder, &compared);
    assert_eq!(same.code, 0, "{}", same.stdout);
    // The second click comes sooner, so more jobs collide.
    let text = source("double-click").replace("80ms..400ms", "0ms..10ms");
    fs::write(folder.join("scenarios/double-click.toml"), text).unwrap();
    let worse = run(&folder, &compared);
    assert_eq!(worse.code, 1, "{}", worse.stdout);
    assert!(worse.stdout.contains("in the baseline in"), "{}", worse.stdout);
    fs::write(folder.join("base.json"), "{}\n").unwrap();
    let refused = run(&folder, &compared);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("`base.json` is not a baseline"), "{}", refused.stderr);
}

#[test]
fn at_most_bounds_a_rate() {
    let bound = |percent: &str| {
        let list = format!("at_most = {{ no-rejected-call = \"{percent} %\" }}\n[[expect.with]]");
        let text = move |text: &str| unexpected(text).replacen("[[expect.with]]", &list, 1);
        let folder = with_scenario(&format!("ci-at-most-{percent}"), text);
        run(&folder, &["run", "double-click", "--trials", "400"])
    };
    let met = bound("60");
    assert_eq!(met.code, 0, "{}", met.stdout);
    let broken = bound("5");
    assert_eq!(broken.code, 1, "{}", broken.stdout);
    assert!(broken.stdout.contains("in at most 5.0 % by `at_most`"), "{}", broken.stdout);
    let wrong = bound("500");
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
}

#[test]
fn scenarios_are_chosen_by_pattern_and_left_out_by_name() {
    let list = |args: &[&str]| {
        let args = [&["run", "--trials", "1", "--json"], args].concat();
        let ran = ran(program().args(args));
        let names = |object: &Value| Some(object["scenario"].as_str()?.to_owned());
        let mut names: Vec<String> = objects(&ran.stdout).iter().filter_map(names).collect();
        names.dedup();
        (ran.code, names)
    };
    let (_, chosen) = list(&["race-c*", "--skip", "*locked"]);
    assert_eq!(chosen, ["race-cancel"]);
    assert_eq!(list(&["nothing-*"]).0, 2);
    assert_eq!(list(&["race-cancel", "--skip", "double-click"]).0, 2);
}

#[test]
fn one_property_is_judged_alone() {
    let folder = with_scenario("ci-only", unexpected);
    let only = |property: &str| {
        run(&folder, &["run", "double-click", "--trials", "200", "--only", property]).code
    };
    assert_eq!(only("no-rejected-call"), 1);
    assert_eq!(only("lock-excludes"), 0, "a lock that is too short breaks it, as expected");
    assert_eq!(only("one-active-run"), 0);
}

#[test]
fn a_sweep_stops_when_nothing_new_turns_up() {
    let args = ["run", "double-click", "--trials", "100k", "--until-quiet", "2k"];
    let ran = ran(program().args(args));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing new any more"), "{}", ran.stdout);
}

#[test]
fn the_program_carries_its_scenarios_and_writes_them_once() {
    let folder = folder("ci-init");
    fs::create_dir_all(&folder).unwrap();
    let built_in = run(&folder, &["run", "double-click", "--trials", "20"]);
    assert_eq!(built_in.code, 0, "{}", built_in.stderr);
    assert!(built_in.stderr.contains("these are the built-in scenarios"), "{}", built_in.stderr);
    assert_eq!(run(&folder, &["init"]).code, 0);
    assert!(folder.join("scenarios/AUTOMATION.md").exists());
    assert!(folder.join("scenarios/scenario.schema.json").exists());
    let files = run(&folder, &["run", "double-click", "--trials", "20"]);
    assert_eq!((files.code, files.stderr.as_str()), (0, ""));
    let again = run(&folder, &["init"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("nothing was written"), "{}", again.stderr);
    assert_eq!(run(&folder, &["man", "man"]).code, 0);
    assert!(folder.join("man/deadheat-replay.1").exists());
    let page = run(&folder, &["automation"]).stdout;
    assert!(page.contains("## The loop"), "{page}");
}

/// Removes what differs from run to run.
fn untimed(text: &str) -> String {
    let strip = |mut object: Value| {
        object.as_object_mut().unwrap().remove("elapsed_ms");
        object.to_string() + "\n"
    };
    objects(text).into_iter().map(strip).collect()
}

#[test]
fn the_parts_of_a_run_are_merged_into_the_whole() {
    let folder = with_scenario("ci-merge", str::to_owned);
    for strategy in ["walk", "portfolio"] {
        let play = |more: &[&str]| {
            let args = ["run", "double-click", "--trials", "500", "--strategy", strategy, "--json"];
            run(&folder, &[&args, more].concat()).stdout
        };
        for part in 1..=3 {
            let printed = play(&["--shard", &format!("{part}/3")]);
            fs::write(folder.join(format!("{part}.json")), printed).unwrap();
        }
        let merged = run(&folder, &["merge", "3.json", "1.json", "2.json", "--json"]);
        assert_eq!(merged.code, 0, "{}", merged.stderr);
        assert_eq!(untimed(&merged.stdout), untimed(&play(&[])), "{strategy}");
    }
    let refused = |files: &[&str], said: &str| {
        let ran = run(&folder, &[&["merge"], files].concat());
        assert_eq!(ran.code, 2, "{files:?}");
        assert!(ran.stderr.contains(said), "{files:?}: {}", ran.stderr);
    };
    refused(&["1.json", "3.json"], "these parts are missing: 2/3");
    refused(&["1.json", "1.json", "2.json"], "`1.json` and `1.json` are both part 1/3");
    let other = ["run", "double-click", "--trials", "600", "--shard", "2/3", "--json"];
    fs::write(folder.join("other.json"), run(&folder, &other).stdout).unwrap();
    refused(&["1.json", "other.json", "3.json"], "belong to different runs");
    refused(&["scenarios/double-click.toml"], "is not a part of a run: line 1");
    let text = source("double-click").replace("80ms..400ms", "80ms..500ms");
    fs::write(folder.join("scenarios/double-click.toml"), text).unwrap();
    refused(&["1.json", "2.json", "3.json"], "the scenario of `double-click` has changed since");
}

#[test]
fn a_journal_is_resumed_where_it_ended() {
    let folder = with_scenario("ci-journal", str::to_owned);
    let args = ["run", "double-click", "--trials", "300", "--json"];
    let whole = run(&folder, &args).stdout;
    let begun = run(&folder, &[&args[..], &["--journal", "all.jsonl"]].concat());
    assert_eq!(untimed(&begun.stdout), untimed(&whole));
    let journal = fs::read_to_string(folder.join("all.jsonl")).unwrap();
    assert!(journal.contains("{\"type\":\"found\",\"version\":1,"), "{journal}");
    // It was killed in the middle of a line, after some settings.
    for lines in [1, 2, 7, 20] {
        let mut kept: String = journal.split_inclusive('\n').take(lines).collect();
        kept.push_str("{\"type\":\"block\",\"vers");
        fs::write(folder.join("cut.jsonl"), kept).unwrap();
        let resumed = run(&folder, &[&args[..], &["--resume", "cut.jsonl"]].concat());
        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
        assert_eq!(untimed(&resumed.stdout), untimed(&whole), "{lines}");
        // All is in it now.
        let again = run(&folder, &[&args[..], &["--resume", "cut.jsonl"]].concat());
        assert_eq!(untimed(&again.stdout), untimed(&whole), "{lines}");
    }
    let refused = |args: &[&str], said: &str| {
        let ran = run(&folder, &[&["run", "double-click"], args].concat());
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    };
    refused(&["--trials", "400", "--resume", "all.jsonl"], "is the journal of another run");
    refused(&["--trials", "300", "--journal", "all.jsonl"], "--resume all.jsonl goes on from it");
    refused(&["--resume", "none.jsonl"], "there is no file `none.jsonl`");
    refused(&["--resume", "scenarios/double-click.toml"], "is not a journal: line 1");
    refused(&["--for", "1s", "--journal", "new.jsonl"], "cannot be used with");
}

#[test]
fn a_replay_as_json_says_what_is_behind_each_event() {
    let folder = with_scenario("ci-trial", str::to_owned);
    let trial = |more: &[&str]| {
        let args = ["replay", "double-click", "--seed", "6", "--json"];
        objects(&run(&folder, &[&args, more].concat()).stdout).remove(0)
    };
    let text = source("double-click");
    let written = |line: &Value| {
        let line = line.as_u64().unwrap() as usize;
        text.lines().nth(line - 1).unwrap().to_owned()
    };
    for more in [&[][..], &["--guard", "lock:ttl=60s"]] {
        let trial = trial(more);
        let (events, picks) =
            (trial["events"].as_array().unwrap(), trial["picks"].as_array().unwrap());
        let mut lines = 0;
        for event in events {
            if let Some(pick) = event["pick"].as_u64() {
                let pick = &picks[pick as usize - 1];
                assert_eq!(pick["at_us"], event["at"], "{event}");
                let since = pick["since_us"].as_u64().unwrap();
                let bound = |name: &str| since + pick[name].as_u64().unwrap();
                let at = event["at"].as_u64().unwrap();
                assert!((bound("earliest_us")..=bound("latest_us")).contains(&at), "{pick}");
                let sum = |name: &str| -> u64 {
                    let waits = pick["waits"].as_array().unwrap().iter();
                    waits.map(|wait| wait[name].as_u64().unwrap()).sum()
                };
                assert_eq!(sum("latest_us"), pick["latest_us"].as_u64().unwrap(), "{pick}");
            }
            // A line of the file says what the event is about.
            if let Some(action) = event.get("action") {
                lines += 1;
                let line = written(&event["line"]);
                assert!(line.contains(action.as_str().unwrap()), "{line}: {event}");
            }
        }
        assert!(lines > 10, "{lines}");
        let message = events.iter().find(|event| event["event"] == "message").unwrap();
        assert_eq!(message["text"], "Write the document");
    }
    let call = &trial(&[])["events"][5];
    assert_eq!(
        (&call["method"], &call["path"]),
        (&"GET".into(), &"/v1/threads/thread_1/runs".into())
    );
    assert_eq!(call["line"], 35);
}

#[test]
fn a_setting_that_goes_on_forever_is_resumed_to_the_same_end() {
    let text = source("double-click").replace(
        "  \"create_run\",",
        "  \"create_run\",\n  { dispatch = { job = \"generate\" } },",
    );
    let folder = with_scenario("ci-endless", |_| text.clone() + "\n[budget]\npicks = 500\n");
    let args = ["run", "double-click", "--trials", "40", "--json"];
    let whole = run(&folder, &[&args[..], &["--journal", "all.jsonl"]].concat());
    assert_eq!(settings(&whole.stdout)[0]["ended"], "out_of_budget", "{}", whole.stdout);
    let again = run(&folder, &[&args[..], &["--resume", "all.jsonl"]].concat());
    assert_eq!(untimed(&again.stdout), untimed(&whole.stdout));
}
