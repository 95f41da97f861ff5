//! The command line: what it prints, and its exit codes.

use serde_json::Value;

use crate::util::{deadheat, folder, program, ran, root, settings, source};

#[test]
fn help_reads_as_one_page() {
    insta::assert_snapshot!(deadheat(&["--help"]).stdout);
    insta::assert_snapshot!("help_run", deadheat(&["run", "--help"]).stdout);
    insta::assert_snapshot!("help_replay", deadheat(&["replay", "--help"]).stdout);
    insta::assert_snapshot!("help_selftest", deadheat(&["selftest", "--help"]).stdout);
    insta::assert_snapshot!("help_explain", deadheat(&["explain", "--help"]).stdout);
    insta::assert_snapshot!("help_compare", deadheat(&["compare", "--help"]).stdout);
}

#[test]
fn the_list_names_every_scenario_with_what_it_is() {
    let ran = deadheat(&["list"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.lines().any(|line| {
        line.starts_with("  double-click ") && line.ends_with("in the document's one thread.")
    }));
    let listed = ran.stdout.lines().filter(|line| line.starts_with("  "));
    assert_eq!(listed.count(), crate::util::scenario_names().len());
    assert!(ran.stdout.starts_with("Situations of the original system\n"), "{}", ran.stdout);
}

#[test]
fn a_scenario_is_found_by_name_and_by_path_from_anywhere_inside() {
    let by_name = deadheat(&["run", "one-job", "--trials", "3"]);
    let by_path = deadheat(&["run", "scenarios/one-job.toml", "--trials", "3"]);
    assert_eq!((by_name.code, by_path.code), (0, 0), "{}{}", by_name.stderr, by_path.stderr);
    let inside = ran(program().current_dir(root().join("sim/src")).args(["list"]));
    assert_eq!(inside.stdout, deadheat(&["list"]).stdout);
}

#[test]
fn json_has_what_a_script_needs() {
    let ran = deadheat(&["run", "double-click", "--trials", "500", "--format", "json"]);
    assert_eq!(ran.code, 0);
    // The head of the run comes first, then the unchanged scenario. Its guards follow.
    let line = ran.stdout.lines().nth(1).unwrap();
    let object: serde_json::Value = serde_json::from_str(line).unwrap();
    for key in [
        "scenario",
        "seed",
        "trials",
        "elapsed_ms",
        "lanes",
        "occurrences",
        "properties",
        "marks",
        "findings",
        "expectation_met",
    ] {
        assert!(object.get(key).is_some(), "{key}");
    }
    let property = &object["properties"][1];
    assert_eq!(property["name"], "no-rejected-call");
    let (rate, low, high) = (&property["rate"], &property["low"], &property["high"]);
    assert!(low.as_f64() < rate.as_f64() && rate.as_f64() < high.as_f64());
    let settled = object["properties"].as_array().unwrap().last().unwrap();
    assert_eq!(settled["first_seed"], serde_json::Value::Null);
    let bound = 1.0 - 0.05_f64.powf(1.0 / 500.0);
    assert!((settled["high"].as_f64().unwrap() - bound).abs() < 1e-12);
    assert_eq!(object["findings"][0]["property"], "no-rejected-call");
}

#[test]
fn the_line_to_paste_replays_the_trial_that_it_stands_for() {
    let args = ["run", "stress-test", "--trials", "50", "--set", "workers=3", "--format", "json"];
    let object = &settings(&deadheat(&args).stdout)[0];
    let line = object["findings"][0]["replay"].as_str().unwrap();
    let args: Vec<&str> = line.split(' ').skip(1).collect();
    assert!(args.contains(&"--digest") && args.contains(&"workers=3"), "{line}");
    let replayed = deadheat(&args);
    assert_eq!(replayed.code, 0, "{}", replayed.stderr);
    assert!(replayed.stdout.trim_end().ends_with(&args[1..].join(" ")), "{}", replayed.stdout);
}

#[test]
fn a_replay_that_differs_from_its_digest_says_what_has_changed() {
    let jsonl = deadheat(&["replay", "double-click", "--seed", "6", "--format", "jsonl"]).stdout;
    let last: serde_json::Value = serde_json::from_str(jsonl.lines().last().unwrap()).unwrap();
    let digest = last["digest"].as_str().unwrap();
    let same = deadheat(&["replay", "double-click", "--seed", "6", "--digest", digest]);
    assert_eq!(same.code, 0, "{}", same.stderr);
    let other_program = format!("{}-0123456789abcdef", &digest[..8]);
    let ran = deadheat(&["replay", "double-click", "--seed", "6", "--digest", &other_program]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("the program has changed since"), "{}", ran.stderr);
    let other_scenario = format!("00000000-{}", &digest[9..]);
    let ran = deadheat(&["replay", "double-click", "--seed", "6", "--digest", &other_scenario]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("the scenario, its parameters or its guards have changed"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_portfolio_has_a_row_for_each_strategy_and_no_intervals() {
    let args = ["run", "race-lease-3", "--trials", "200", "--strategy", "portfolio"];
    let human = deadheat(&args).stdout;
    assert!(human.starts_with("race-lease-3 --strategy portfolio"), "{human}");
    assert!(!human.contains("95 %") && !human.contains("at most"), "{human}");
    let json = deadheat(&[&args[..], &["--format", "json"]].concat()).stdout;
    let object: serde_json::Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
    assert_eq!(object["strategy"], "portfolio");
    for property in object["properties"].as_array().unwrap() {
        assert_eq!((&property["low"], &property["high"]), (&Value::Null, &Value::Null));
    }
    let rows = object["strategies"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["walk", "pct:2", "pct:3", "pct:4", "urw", "extremes", "surw", "adj"]);
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("trials"), 200);
    let broken = object["properties"].as_array().unwrap().iter();
    assert!(sum("violated") >= broken.map(|one| one["violated"].as_u64().unwrap()).max().unwrap());
    assert!(rows.iter().any(|row| human.contains(row["name"].as_str().unwrap())));
}

#[test]
fn the_line_to_paste_for_a_strategy_shows_the_same_trial_at_real_times() {
    let ran = deadheat(&["run", "race-lease-3", "--set", "sections=1", "--strategy", "pct:2"]);
    let line = ran.stdout.lines().find(|line| line.contains(" replay race-lease-3 ")).unwrap();
    assert!(line.contains(" --strategy pct:2 --digest "), "{line}");
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let replayed = deadheat(&words);
    assert_eq!(replayed.code, 0, "{}{}", replayed.stdout, replayed.stderr);
    let told = deadheat(&[&words[..], &["--verbose"]].concat());
    assert_eq!(told.stdout, replayed.stdout);
    // The trial is printed exactly once.
    assert_eq!(told.stderr.matches("LockFreed").count(), 1, "{}", told.stderr);
}

#[test]
fn a_strategy_that_there_is_not_is_told_with_those_that_there_are() {
    for (name, hint) in [("dfs", "walk, pct"), ("pct:9", "2, 3 or 4")] {
        let ran = deadheat(&["run", "one-job", "--strategy", name]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn jsonl_is_the_cast_then_every_event_then_the_digest() {
    let ran = deadheat(&["replay", "double-click", "--seed", "6", "--format", "jsonl"]);
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["event"], "cast");
    assert_eq!(lines[lines.len() - 1]["event"], "digest");
    let events = &lines[1..lines.len() - 1];
    assert!(events.is_sorted_by_key(|event| event["at"].as_u64().unwrap()));
    let refused = events.iter().find(|event| event["http"] == 400).unwrap();
    assert_eq!(refused["by"], "generate#2.1");
    assert_eq!(refused["error"], "Thread thread_1 already has an active run run_1.");
    assert_eq!(events[events.len() - 1]["end"], "settled");
}

#[test]
fn a_finding_ends_with_1_and_with_the_line_to_paste() {
    let folder = folder("finding");
    let path = folder.join("race.toml");
    let source = crate::util::source("double-click").replace("  \"right-answer\",\n", "");
    std::fs::write(&path, source).unwrap();
    let ran = ran(program().current_dir(&folder).args(["run", "./race.toml"]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("race  not as expected"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`right-answer` is expected to hold, but broke in"));
    assert!(ran.stdout.contains("deadheat replay ./race.toml --seed "), "{}", ran.stdout);
    let seed = ran.stdout.split("--seed ").nth(1).unwrap().split(' ').next().unwrap();
    let mut replay = program();
    replay.current_dir(&folder).args(["replay", "./race.toml", "--seed", seed]);
    let code = replay.output().unwrap().status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
}

#[test]
fn settings_without_an_expectation_are_reported_and_not_judged() {
    let ran = deadheat(&["run", "stress-test", "--set", "workers=1", "--trials", "50"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("stress-test workers=1  no expectation covers these settings"));
    assert!(ran.stdout.contains("not judged"), "{}", ran.stdout);
}

#[test]
fn show_prints_a_scenario_that_can_be_run() {
    let shown = deadheat(&["show", "stress-test", "--set", "workers=3"]).stdout;
    assert!(shown.contains("count = 3"), "{shown}");
    let path = folder("show").join("shown.toml");
    std::fs::write(&path, &shown).unwrap();
    let linted = deadheat(&["lint", path.to_str().unwrap(), "--format", "short"]);
    assert_eq!((linted.code, linted.stdout.as_str()), (0, ""));
}

#[test]
fn the_unknowns_of_the_real_server_are_listed() {
    let shown = deadheat(&["show", "--switches"]).stdout;
    for switch in deadheat_model::switches::SWITCHES {
        assert!(shown.contains(switch.name), "{}", switch.name);
    }
}

#[test]
fn a_new_scenario_is_sound_and_runs_as_expected() {
    let folder = folder("new");
    let made = ran(program().current_dir(&folder).args(["new", "my-race"]));
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.starts_with("wrote scenarios/my-race.toml"), "{}", made.stdout);
    let linted = ran(program().current_dir(&folder).args(["lint", "my-race"]));
    assert!(linted.stdout.contains("0 errors, 0 warnings"), "{}", linted.stdout);
    let run = ran(program().current_dir(&folder).args(["run"]));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let again = ran(program().current_dir(&folder).args(["new", "my-race"]));
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already; it was not touched"));
}

#[test]
fn the_reference_for_authors_fits_a_page_and_names_everything() {
    let text = deadheat(&["actions"]).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    for verb in deadheat::scenario::verb::VERBS {
        assert!(text.contains(&format!("\n  {}", verb.name)), "{}", verb.name);
    }
    for property in deadheat_model::property::PropertyId::ALL {
        assert!(text.contains(property.name()));
    }
}

#[test]
fn completions_are_printed_for_a_shell() {
    let ran = deadheat(&["completions", "bash"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("_deadheat"));
}

#[test]
fn a_sweep_may_be_bounded_by_time() {
    let ran = deadheat(&["run", "one-job", "--for", "200ms", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let object = &settings(&ran.stdout)[0];
    assert!(object["trials"].as_u64().unwrap() > 0);
    assert_eq!(object["interrupted"], false);
}

#[test]
fn a_drawn_seed_is_told() {
    let ran = deadheat(&["run", "one-job", "--trials", "5", "--seed", "random"]);
    assert!(ran.stdout.contains(" was drawn"), "{}", ran.stdout);
}

#[test]
fn a_fault_that_never_strikes_is_a_finding_unless_it_may() {
    let source = source("one-job")
        .replace("[expect]", "[[fault]]\nlose_reply = \"cancel_run\"\nchance = 0.5\n\n[expect]");
    let path = folder("never-strikes").join("quiet.toml");
    let run = |source: &str| {
        std::fs::write(&path, source).unwrap();
        deadheat(&["run", path.to_str().unwrap(), "--trials", "50"])
    };
    let ran = run(&source);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("fault#1 lose_reply never struck"), "{}", ran.stdout);
    let ran = run(&source.replace("chance = 0.5", "chance = 0.5\noptional = true"));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}
