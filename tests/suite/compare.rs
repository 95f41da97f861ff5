//! Guards side by side, and parameters that vary: what is printed, and the exit codes.

use deadheat::scenario::{Guards, all_guards};
use serde_json::Value;

use crate::util::{Ran, deadheat, folder, program, ran, scenario, settings, source};

fn fine(args: &[&str]) -> Ran {
    let ran = deadheat(args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(crate::util::complaints(&ran.stderr), "", "{args:?}");
    ran
}

fn objects(args: &[&str]) -> Vec<Value> {
    fine(args).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refused(args: &[&str], said: &str) {
    let ran = deadheat(args);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
}

fn fits(text: &str) {
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// Returns a guard that applies to this scenario, and one that does not.
fn guards(name: &str) -> (Option<Guards>, Option<Guards>) {
    let applies = |guard: &Guards| guard.apply(scenario(name)).is_ok();
    let all = all_guards();
    (all.iter().find(|one| applies(one)).cloned(), all.into_iter().find(|one| !applies(one)))
}

#[test]
fn json_has_a_line_for_each_scenario_and_guard_none_first() {
    let guard = guards("double-click").0.unwrap().to_string();
    let args = ["compare", "double-click", "one-job", "--guard", &guard, "--trials", "200"];
    let rows = objects(&[&args[..], &["--format", "json"]].concat());
    let names: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["scenario"].as_str().unwrap(), row["guard"].as_str().unwrap()))
        .collect();
    let expected = [
        ("double-click", "none"),
        ("double-click", &guard),
        ("one-job", "none"),
        ("one-job", &guard),
    ];
    assert_eq!(names, expected);
    let first = &rows[0];
    assert_eq!(first["trials"], 200);
    for key in ["done_ms_median", "done_ms_p95", "calls", "runs", "wasted_runs", "context_lost"] {
        assert!(first["cost"][key].is_number(), "{key}: {first}");
    }
    // The seeds and the judgement are the same as those of a plain run.
    let run = objects(&["run", "double-click", "--trials", "200", "--format", "json"]);
    assert_eq!(first["properties"], run[1]["properties"]);
    let work = &first["properties"][4];
    assert_eq!(work["name"], "no-duplicate-work");
    let share = first["cost"]["wasted_runs"].as_f64().unwrap();
    assert!((share - work["rate"].as_f64().unwrap()).abs() < 1e-12, "{first}");
    assert!(first["cost"]["done_ms_median"].as_u64() < first["cost"]["done_ms_p95"].as_u64());
}

#[test]
fn the_lanes_leave_no_trace() {
    let check = |args: &[&str]| {
        let out = |lanes| fine(&[args, &["--trials", "60", "--lanes", lanes]].concat()).stdout;
        let one = out("1");
        assert!(one.lines().count() > 2, "{one}");
        assert_eq!(one, out("2"));
        assert_eq!(one, out("7"));
    };
    for format in ["human", "json", "markdown", "csv"] {
        check(&["compare", "double-click", "stress-test", "--format", format]);
    }
    check(&["compare", "stress-test", "--vary", "workers=1..3"]);
    check(&["run", "stress-test", "--vary", "workers=1..3"]);
}

#[test]
fn what_is_never_answered_is_never_done() {
    let args = ["compare", "stress-test", "--guard", "none", "--trials", "50"];
    let human = fine(&args).stdout;
    let row = human.lines().rfind(|line| line.trim_start().starts_with("none "));
    assert_eq!(row.unwrap().matches("never").count(), 2, "{human}");
    let rows = objects(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["cost"]["done_ms_median"], Value::Null);
    assert!(rows[0]["cost"].as_object().unwrap().contains_key("done_ms_p95"));
    let csv = fine(&[&args[..], &["--format", "csv"]].concat()).stdout;
    assert!(csv.lines().nth(1).unwrap().contains(",never,never,"), "{csv}");
}

#[test]
fn a_guard_that_cannot_be_applied_has_a_reason_and_no_figures() {
    let guard = guards("stress-test").1.unwrap();
    let reason = guard.apply(scenario("stress-test")).unwrap_err().to_string();
    let guard = guard.to_string();
    let args = ["compare", "stress-test", "--guard", &guard, "--trials", "20"];
    let rows = objects(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(rows[1]["not_applicable"], reason.as_str());
    assert!(rows[1].get("properties").is_none() && rows[1].get("cost").is_none());
    let human = fine(&args).stdout;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&human).contains(&words(&format!("{guard} n/a {reason}"))), "{human}");
    let markdown = fine(&[&args[..], &["--format", "markdown"]].concat()).stdout;
    assert!(markdown.contains(&format!("| `{guard}` | n/a: {reason} |")), "{markdown}");
    let csv = fine(&[&args[..], &["--format", "csv"]].concat()).stdout;
    assert!(csv.lines().nth(2).unwrap().contains("n/a: "), "{csv}");
    assert!(!csv.lines().nth(2).unwrap().contains("0.0"), "{csv}");
}

#[test]
fn each_guard_has_one_row_and_all_of_them_fit_the_page() {
    let every = all_guards();
    let rows = objects(&[
        "compare",
        "double-click",
        "--all-guards",
        "--guard",
        "none",
        "--trials",
        "3",
        "--format",
        "json",
    ]);
    assert_eq!(rows.len(), every.len() + 1);
    let names: Vec<&str> = rows.iter().map(|row| row["guard"].as_str().unwrap()).collect();
    assert_eq!(names[0], "none");
    let place = |name: &str| names.iter().rposition(|known| known.starts_with(name));
    if let (Some(lock), Some(await_run)) = (place("lock"), place("await-run")) {
        assert_eq!(await_run, lock + 1, "{names:?}");
    }
    let human = fine(&["compare", "--trials", "50"]).stdout;
    fits(&human);
    for name in crate::util::scenario_names() {
        assert!(human.lines().any(|line| line == name), "{name}");
    }
}

#[test]
fn csv_has_the_same_columns_in_each_line() {
    let csv =
        fine(&["compare", "double-click", "stress-test", "--trials", "20", "--format", "csv"]);
    let commas = |line: &str| {
        // Commas within quotes are part of a cell.
        line.split('"').step_by(2).map(|piece| piece.matches(',').count()).sum::<usize>()
    };
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert!(lines[0].starts_with("scenario,guard,"), "{}", lines[0]);
    assert!(lines.iter().all(|line| commas(line) == commas(lines[0])), "{}", csv.stdout);
    assert_eq!(lines.len(), 1 + 2 * (1 + all_guards().len()));
}

#[test]
fn a_trial_that_is_cut_off_is_marked_and_never_done() {
    let folder = folder("compare-budget");
    let text = source("double-click") + "\n[budget]\ntime = \"3s\"\n";
    std::fs::write(folder.join("short.toml"), text).unwrap();
    let args = ["compare", "./short.toml", "--guard", "none", "--trials", "50"];
    let done = ran(program().current_dir(&folder).args(args));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("\n  none *"), "{}", done.stdout);
    assert!(done.stdout.contains("  * none: 50 trials out of budget"), "{}", done.stdout);
    assert!(done.stdout.contains("never"), "{}", done.stdout);
}

#[test]
fn a_parameter_that_varies_is_drawn_as_bars() {
    let args = ["run", "stress-test", "--vary", "workers=1..4", "--trials", "100"];
    let human = fine(&args).stdout;
    fits(&human);
    assert!(human.contains("\n  right-answer  every run answers"), "{human}");
    let bars: Vec<&str> = human.lines().filter(|line| line.contains('│')).collect();
    assert_eq!(bars.len(), 4, "{human}");
    assert!(bars[0].contains("workers=1") && !bars[0].contains('█'), "{human}");
    assert!(bars[3].contains("workers=4") && bars[3].contains("████"), "{human}");
    assert!(human.contains("always broken: no-rejected-call, every-request-answered"), "{human}");
    let rows = settings(&fine(&[&args[..], &["--format", "json"]].concat()).stdout);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[2]["vary"], serde_json::json!({ "name": "workers", "value": "3" }));
    assert_eq!(rows[2]["set"], serde_json::json!({ "workers": "3" }));
    assert_eq!(rows[2]["properties"][0]["expected"], "holds");
    assert_eq!(rows[2]["properties"][5]["expected"], "not_judged");
}

#[test]
fn a_list_of_values_may_be_of_times() {
    let args = ["run", "parallel-workers", "--vary", "delay=1s,5s", "--set", "workers=2"];
    let args = [&args[..], &["--trials", "20", "--format", "json"]].concat();
    let rows = settings(&fine(&args).stdout);
    let values: Vec<&str> = rows.iter().map(|row| row["vary"]["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["1s", "5s"]);
    assert_eq!(rows[1]["set"], serde_json::json!({ "workers": "2", "delay": "5s" }));
}

#[test]
fn a_comparison_over_a_parameter_has_a_column_for_each_value() {
    let args = ["compare", "stress-test", "--vary", "workers=1..12", "--trials", "6"];
    let human = fine(&args).stdout;
    fits(&human);
    assert!(human.contains("no-rejected-call  no call is refused"), "{human}");
    for workers in 1..=12 {
        assert!(human.contains(&format!(" workers={workers}")), "{human}");
    }
    let chosen = [&args[..], &["--property", "right-answer", "--format", "markdown"]].concat();
    let markdown = fine(&chosen).stdout;
    assert!(markdown.contains("How often `right-answer` broke"), "{markdown}");
    assert!(markdown.contains("| guard | workers=1 | workers=2 |"), "{markdown}");
    let guards = all_guards().len() + 1;
    let rows = objects(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(rows.len(), 12 * guards);
    assert_eq!(rows[guards]["vary"]["value"], "2");
    let csv = fine(&[&args[..], &["--format", "csv"]].concat()).stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("stress-test,none,workers,1,"), "{csv}");
}

#[test]
fn a_property_that_never_breaks_is_no_grid() {
    let folder = folder("compare-calm");
    let text = source("one-job").replacen("\n\n", "\n\n[params]\nworkers = 1\n\n", 1);
    let text = if text.contains("workers = 2") {
        text.replacen("workers = 2", "workers = \"$workers\"", 1)
    } else {
        text.replacen("[job.", "[queue]\nworkers = \"$workers\"\n\n[job.", 1)
    };
    std::fs::write(folder.join("calm.toml"), text).unwrap();
    for command in ["run", "compare"] {
        let mut args = vec![command, "./calm.toml", "--vary", "workers=1,2", "--trials", "20"];
        if command == "compare" {
            args.extend(["--guard", "lock"]);
        }
        let done = ran(program().current_dir(&folder).args(args));
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        let said = if command == "run" { "never broken: one-active" } else { "no property broke" };
        assert!(done.stdout.contains(said), "{}", done.stdout);
        fits(&done.stdout);
    }
}

#[test]
fn what_makes_no_sense_ends_with_2_and_says_why() {
    let vary = |values: &str, said: &str| {
        refused(&["run", "stress-test", "--vary", values], said);
        refused(&["compare", "stress-test", "--vary", values], said);
    };
    vary("workers", "it is NAME=VALUES");
    vary("workers=", "it is NAME=VALUES");
    vary("workers=5..1", "the range is empty; did you mean 1..5?");
    vary("workers=1..1000", "these are 1000 values, and at most 100 are played");
    vary("delay=1..10s", "not a range of whole numbers");
    vary("delay=1s,,2s", "a value is empty");
    vary("delay=1s,1s", "`1s` is listed twice");
    vary(
        "worker=1..3",
        "`stress-test` has no parameter `worker`; it has workers, iterations, delay",
    );
    vary("workers=0..2", "`stress-test` has a mistake");
    refused(&["run", "one-job", "--vary", "n=1..3"], "it has no [params] at all");
    let both = ["--vary", "workers=1..3", "--set", "workers=2"];
    refused(&[&["run", "stress-test"], &both[..]].concat(), "`workers` is both set and varied");
    refused(&["compare", "one-job", "--guard", "prayer"], "--guard prayer: ");
    refused(&["compare", "doubel-click"], "did you mean `double-click`, ");
    refused(&["compare", "one-job", "--trials", "0"], "a number from 1 to");
    refused(&["compare", "one-job", "--property", "right-answer"], "--vary");
    let property = ["--vary", "workers=1,2", "--property", "right"];
    refused(&[&["compare", "stress-test"], &property[..]].concat(), "a property is one of");
    refused(
        &["compare", "one-job", "--seed", "9007199254740991", "--trials", "2"],
        "leaves room for 1 trials below seed 2^53",
    );
}

#[test]
fn a_reader_that_leaves_early_changes_nothing_but_what_it_has_read() {
    let mut child = program()
        .args(["compare", "double-click", "--trials", "50", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(crate::util::complaints(&said), "");
}
