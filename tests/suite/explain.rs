//! Explanations: the orders are the right ones, the claims about them hold in other trials, and
//! nothing depends on how an explanation is asked for.

use deadheat::agenda::{Name, Schedule, Supply};
use deadheat::app::{Looking, Polls};
use deadheat::engine::{Lane, Play};
use deadheat::explore::{Course, Exhaustive, Exploring, Merge, Steered, Walk};
use deadheat::stage::Stage;
use deadheat::study::at_times;
use deadheat_model::property::PropertyId;
use serde_json::Value;
use std::sync::Arc;

use crate::util::{deadheat, folder, parse, program, ran, stage};

fn explained(args: &[&str]) -> Value {
    let args: Vec<&str> =
        ["explain"].iter().chain(args).chain(&["--format", "json"]).copied().collect();
    let said = deadheat(&args);
    assert!([0, 1].contains(&said.code), "{args:?}: {} {}", said.code, said.stderr);
    serde_json::from_str(&said.stdout).unwrap()
}

/// Checks which orders or choices of chance an explanation names, and that they decide the outcome.
fn check(args: &[&str], expected: &[&str]) {
    let orders = &explained(args)["orders"];
    let named = |order: &Value| match &order["before"] {
        Value::Null => format!("{} = {}", order["chance"].as_str().unwrap(), order["option"]),
        pair => format!("{} < {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()),
    };
    let found: Vec<String> = orders["orders"].as_array().unwrap().iter().map(named).collect();
    assert_eq!(found, expected, "{args:?}");
    assert!(orders["with"]["trials"].as_u64().unwrap() >= 100, "{args:?}: {orders}");
    assert_eq!(orders["with"]["failing"], orders["with"]["trials"], "{args:?}");
    assert_eq!(orders["without"]["failing"], 0, "{args:?}");
    for order in orders["orders"].as_array().unwrap() {
        let turned = order.get("turned_round").or(order.get("otherwise")).unwrap();
        assert_eq!(turned["failing"], 0, "{args:?}: {order}");
    }
}

#[test]
fn a_double_clicks_run_is_refused_if_its_message_came_before_the_others_run() {
    check(
        &["double-click", "--seed", "6", "--fingerprint", "no-rejected-call"],
        &["generate#2.1/add_message#1/arrives < generate#1.1/create_run#1/arrives"],
    );
}

#[test]
fn a_double_clicks_message_is_refused_if_the_others_run_came_behind_its_look() {
    check(
        &["double-click", "--seed", "1", "--fingerprint", "no-rejected-call"],
        &[
            "generate#2.1/list_runs#1/arrives < generate#1.1/create_run#1/arrives",
            "generate#1.1/create_run#1/arrives < generate#2.1/add_message#1/arrives",
        ],
    );
}

#[test]
fn a_double_clicks_run_answers_both_messages_if_both_stand_in_front_of_it() {
    check(
        &["double-click", "--seed", "6", "--fingerprint", "right-answer"],
        &["generate#2.1/add_message#1/arrives < generate#1.1/create_run#1/arrives"],
    );
}

#[test]
fn a_retry_meets_its_own_run_if_the_reply_is_lost() {
    check(&["lost-reply-retried", "--seed", "1"], &["generate#1.1/create_run#1/strikes#1 = 1"]);
}

#[test]
fn a_short_lock_is_shared_once_it_has_expired() {
    let args = ["lock-ttl-too-short", "--seed", "22", "--fingerprint", "lock-excludes"];
    let said = explained(&args);
    assert_eq!(
        said["race"]["sentence"],
        "answer#1.1 took the lock thread:thread_1 (1); it expired after 5.0 s (2), and answer#2.1 \
         took it (3) while answer#1.1 was still inside."
    );
    // Seven of eight trials fail like this, whatever happens first.
    assert_eq!(said["orders"]["orders"], serde_json::json!([]), "{said}");
    assert_eq!(
        said["orders"]["sentence"],
        "Most trials fail like this; no small set of orders decides it."
    );
}

/// Returns whether the trial that was played last breaks this property.
fn breaks(lane: &mut Lane, property: PropertyId) -> bool {
    lane.judge().0.iter().any(|violation| violation.property == property)
}

fn place(schedule: &Schedule, name: Name) -> Option<usize> {
    schedule.picks.iter().position(|pick| pick.name == name)
}

#[test]
fn what_is_claimed_of_a_double_click_is_so_in_every_walk() {
    let stage = stage("double-click");
    let name = |text: String| Name::parse(&text, &stage.cast).unwrap();
    let of = |job: u32| {
        let calls = ["list_runs", "add_message", "create_run"];
        calls.map(|call| name(format!("generate#{job}.1/{call}#1/arrives")))
    };
    let both = [(of(1), of(2)), (of(2), of(1))];
    let mut lane = Lane::new(stage.clone(), Box::new(Walk::default()));
    let mut counts = [0; 3];
    for seed in 1..=3_000 {
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        let schedule = lane.take_schedule().unwrap();
        let is_before = |one: Name, other: Name| {
            let [one, other] = [one, other].map(|name| place(&schedule, name));
            one.is_some() && other.is_some() && one < other
        };
        // One job's run arrives between the other job's poll and message, or after that message.
        let message = both
            .iter()
            .any(|([.., run], [look, adds, _])| is_before(*look, *run) && is_before(*run, *adds));
        let answers = both.iter().any(|([.., run], [_, adds, _])| is_before(*adds, *run));
        let both_add = both.iter().all(|([_, adds, run], [_, other, _])| {
            is_before(*adds, *run) && is_before(*other, *run)
        });
        assert_eq!(breaks(&mut lane, PropertyId::NoRejectedCall), message || both_add, "{seed}");
        assert_eq!(breaks(&mut lane, PropertyId::RightAnswer), both_add, "{seed}");
        assert!(!both_add || answers);
        for (count, is_so) in counts.iter_mut().zip([message, both_add, !message && !both_add]) {
            *count += u32::from(is_so);
        }
    }
    assert!(counts.iter().all(|count| *count > 150), "{counts:?}");
}

/// Returns the number of trials of a plain walk that have these orders, and how many of them break
/// the property.
fn walked(stage: &Arc<Stage>, orders: &[(Name, Name)], property: PropertyId) -> (u64, u64) {
    let mut lane = Lane::new(stage.clone(), Box::new(Walk::default()));
    let (mut having, mut failing) = (0, 0);
    for seed in 200_000..202_000 {
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        let schedule = lane.take_schedule().unwrap();
        let is_before = |(one, other): &(Name, Name)| {
            let [one, other] = [*one, *other].map(|name| place(&schedule, name));
            one.is_some() && other.is_some() && one < other
        };
        if orders.iter().all(is_before) {
            having += 1;
            failing += u64::from(breaks(&mut lane, property));
        }
    }
    (having, failing)
}

#[test]
fn orders_that_are_named_tell_in_the_trials_of_a_run_as_well() {
    let mut told = 0;
    for name in ["double-click", "check-then-act"] {
        let ran = deadheat(&["run", name, "--format", "json"]);
        let swept: Value = serde_json::from_str(ran.stdout.lines().nth(1).unwrap()).unwrap();
        let stage = stage(name);
        for finding in swept["findings"].as_array().unwrap() {
            let seed = finding["first_seed"].as_u64().unwrap().to_string();
            let which = finding["fingerprint"].as_str().unwrap();
            let said = explained(&[name, "--seed", &seed, "--fingerprint", which]);
            let orders = &said["orders"];
            let pairs: Vec<(Name, Name)> = orders["orders"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|order| {
                    let name = |at: usize| Name::parse(order["before"][at].as_str()?, &stage.cast);
                    Some((name(0)?, name(1)?))
                })
                .collect();
            if pairs.is_empty() || orders["picks_kept"] != 0 {
                continue;
            }
            let id = PropertyId::ALL.into_iter().find(|id| said["property"] == id.name()).unwrap();
            let (having, failing) = walked(&stage, &pairs, id);
            let [with, of] = ["failing", "trials"].map(|key| orders["with"][key].as_u64().unwrap());
            // The tolerance is what this many trials can differ by. Trials that break it in another
            // way count as well.
            let claimed = with as f64 / of as f64;
            assert!(having > 30, "{name} {which}: {having}");
            assert!(failing as f64 >= (claimed - 0.1) * having as f64, "{name} {which}: {said}");
            told += 1;
        }
    }
    assert!(told > 8, "{told}");
}

const SILENT: &str = r#"
    format = 1
    summary = "Two want something of one document; who finds the lock taken leaves it."
    [[document]]
    id = 7
    [[user]]
    name  = "customer"
    count = 2
    start = "0s..1s"
    do = [{ click = { job = "message", document = 7 } }]
    [queue]
    workers = 2
    [job.message]
    do = [
      "load_document",
      { lock = { key = "{thread}", busy = "skip", do = [{ add_message = "M" }, "create_run"] } },
      { sleep = "5s" },
      { lock = { key = "{thread}", busy = "skip", do = [{ add_message = "N" }, "create_run"] } },
    ]
    [server]
    run_time = "10s"
    [expect]
    allows = ["no-rejected-call", "every-job-succeeds", "every-request-answered", "right-answer"]
"#;

/// Returns the explanation of a scenario in a file.
fn said_of(test: &str, source: &str, args: &[&str]) -> Value {
    let path = folder(test).join("it.toml");
    std::fs::write(&path, source).unwrap();
    explained(&[&[path.to_str().unwrap()], args].concat())
}

#[test]
fn where_everything_fails_no_order_is_named() {
    let said = said_of("silent", SILENT, &["--seed", "1", "--fingerprint", "no-rejected-call"]);
    assert_eq!(said["orders"]["orders"], serde_json::json!([]), "{said}");
    let sentence = said["orders"]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("Order does not decide it: 500 of 500 trials fail like this (at ")
    );
}

#[test]
fn the_answer_does_not_depend_on_what_anybody_is_called() {
    let source = |job: &str| {
        format!(
            "format = 1\nsummary = \"Dispatched before it can be done.\"\n[[document]]\nid = 7\n\
             thread = \"none\"\n[[process]]\nname = \"writer\"\ndocument = 7\ndo = \
             [\"create_thread\", {{ dispatch = \"{job}\" }}, {{ sleep = \"0ms..200ms\" }}, \
             \"save_thread\"]\n[queue]\npoll = \"5ms..100ms\"\n[job.{job}]\ndo = \
             [\"load_document\", {{ if = {{ unset = \"thread\", do = [\"stop\"] }} }}, \
             {{ add_message = \"Q\" }}, \"create_run\"]\n[expect]\nviolates = \
             [\"every-request-answered\"]\n"
        )
    };
    for job in ["agent", "reader", "z"] {
        let said = said_of(&format!("named-{job}"), &source(job), &["--seed", "1"]);
        let read = format!("{job}#1.1/load_document#1/arrives");
        let expected = serde_json::json!([read, "writer/save_thread#1/arrives"]);
        assert_eq!(said["orders"]["orders"][0]["before"], expected, "{said}");
        assert_eq!(said["orders"]["orders"].as_array().unwrap().len(), 1, "{said}");
        assert_eq!(said["orders"]["with"]["failing"], 500, "{said}");
    }
}

#[test]
fn a_race_is_three_events() {
    let said = explained(&["double-click", "--seed", "6"]);
    let race = &said["race"];
    assert_eq!(
        race["sentence"],
        "generate#2.1 found thread_1 idle (1); 188 ms later its create_run was refused (3), because \
         generate#1.1 had created run_1 in between (2)."
    );
    let [relied, between, acted] =
        ["relied_on", "in_between", "acted"].map(|key| race[key].as_u64().unwrap());
    assert!(relied < between && between < acted, "{race}");
    // Each of them is a step of the story.
    let steps = said["story"].as_array().unwrap();
    for event in [relied, acted] {
        assert!(steps.iter().any(|step| step["event"] == event), "{event}: {steps:?}");
    }
    let own =
        explained(&["cancel-is-eventual", "--seed", "1", "--fingerprint", "no-rejected-call"]);
    assert_eq!(
        own["race"]["sentence"],
        "agent's add_message was refused (2), because its own run_2 (1) was still active, which was \
         being cancelled."
    );
}

#[test]
fn a_schedule_that_passes_may_differ_in_its_times_alone() {
    let source = r#"
        format = 1
        summary = "A job that takes longer than everything may take."
        [[document]]
        id = 7
        [[user]]
        name = "browser"
        do = [{ click = { job = "slow", document = 7 } }]
        [job.slow]
        do = ["load_document", { sleep = "1s..30min" }]
        [expect]
        violates = ["all-settled"]
    "#;
    let stage = Arc::new(Stage::new(parse(source)));
    let mut lane = Lane::new(stage, Box::new(Walk::default()));
    let fails = |seed: &u64| {
        lane.play(Play::seed(*seed));
        breaks(&mut lane, PropertyId::AllSettled)
    };
    let seed = (1..100).find(fails).unwrap().to_string();
    let said = said_of("slow", source, &["--seed", &seed]);
    assert_eq!(said["nearest"]["change"], serde_json::json!({ "times": true }), "{said}");
}

fn trial(stage: &Arc<Stage>, seed: u64) -> Schedule {
    let mut lane = Lane::new(stage.clone(), Box::new(Walk::default()));
    lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
    lane.take_schedule().unwrap()
}

/// Returns how many of 300 trials that keep this many picks break this property.
fn failing(stage: &Arc<Stage>, seed: u64, kept: usize, property: PropertyId) -> u32 {
    let Schedule { picks, fates } = trial(stage, seed);
    let course = Course { picks: picks[..kept].to_vec(), fates, ..Course::default() };
    let mut lane = Lane::new(stage.clone(), Box::new(Steered::new(course)));
    let mut failing = 0;
    for seed in 10_000..10_300 {
        lane.play(Play::seed(seed));
        assert!(!lane.ask(Steered::has_strayed), "seed {seed}");
        failing += u32::from(breaks(&mut lane, property));
    }
    failing
}

#[test]
fn it_is_inevitable_from_the_pick_that_is_named_and_not_before() {
    // No process can be refused before the second one starts, and chance decides when it starts.
    let source = r#"
        format = 1
        summary = "One works for a second; another one comes at some time."
        [server]
        run_time = "1s"
        [network]
        latency = "1ms..2ms"
        [[thread]]
        name = "shared"
        [[process]]
        name = "first"
        start = "0s"
        thread = "shared"
        do = ["create_run"]
        [[process]]
        name = "second"
        start = "10ms..2s"
        thread = "shared"
        do = [{ add_message = "Hello" }]
        [expect]
        allows = ["no-rejected-call", "every-request-answered", "right-answer"]
    "#;
    let here = folder("inevitable");
    let path = here.join("coin.toml");
    std::fs::write(&path, source).unwrap();
    let stage = Arc::new(Stage::new(parse(source)));
    let property = PropertyId::NoRejectedCall;
    let mut lane = Lane::new(stage.clone(), Box::new(Walk::default()));
    let fails = |seed: &u64| {
        lane.play(Play::seed(*seed));
        breaks(&mut lane, property)
    };
    let seed = (1..100).find(fails).unwrap();
    let named = ["--seed", &seed.to_string(), "--fingerprint", "no-rejected-call"];
    let file = path.to_str().unwrap();
    let args: Vec<&str> = [file].into_iter().chain(named).collect();
    let from = explained(&args)["inevitable"]["from_pick"].as_u64().unwrap();
    let from = usize::try_from(from).unwrap();
    assert_eq!(failing(&stage, seed, from, property), 300);
    let before = failing(&stage, seed, from - 1, property);
    assert!((90..250).contains(&before), "{before}");
}

#[test]
fn what_keeps_orders_stays_within_all_windows() {
    let stage = stage("double-click");
    let name = |text: &str| Name::parse(text, &stage.cast).unwrap();
    let orders = vec![
        (name("generate#2.1/add_message#1/arrives"), name("generate#1.1/create_run#1/arrives")),
        (name("generate#1.1/create_run#1/arrives"), name("generate#2.1/create_run#1/arrives")),
    ];
    let course = Course { orders: orders.clone(), ..Course::default() };
    let mut lane = Lane::new(stage.clone(), Box::new(Steered::new(course)));
    let mut kept = 0;
    for seed in 1..=200 {
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        let schedule = lane.take_schedule().unwrap();
        if lane.ask(Steered::has_strayed) {
            continue;
        }
        kept += 1;
        for (first, second) in &orders {
            let places = [first, second].map(|name| place(&schedule, *name));
            assert!(places[1].is_none() || places[0] < places[1], "seed {seed}");
        }
        // It panics if no times within the windows allow this order.
        at_times(&stage, "double-click", schedule, &[]);
    }
    assert!(kept >= 20, "{kept}");
}

#[test]
fn an_explanation_is_the_same_on_any_lanes_and_for_any_madsim() {
    let args = ["explain", "check-then-act", "--seed", "1", "--trials", "100"];
    let plain = deadheat(&args).stdout;
    assert!(plain.contains("The orders that matter"), "{plain}");
    for more in [["--lanes", "1"], ["--lanes", "3"], ["--madsim-seed", "7"]] {
        let args: Vec<&str> = args.iter().chain(&more).copied().collect();
        assert_eq!(deadheat(&args).stdout, plain, "{more:?}");
    }
}

#[test]
fn the_report_of_a_double_click() {
    let said = ran(program().args(["explain", "double-click", "--seed", "6"]));
    assert_eq!(said.code, 0, "{}", said.stderr);
    let page: Vec<&str> = said.stdout.lines().filter(|line| !line.starts_with("again")).collect();
    assert!(page.iter().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn where_nothing_fails_there_is_nothing_to_explain() {
    let said = deadheat(&["explain", "one-job", "--seed", "1"]);
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("breaks nothing"), "{}", said.stderr);
    let said = deadheat(&["explain", "double-click", "--seed", "6", "--fingerprint", "nonsense"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("no-rejected-call: create_run generate"), "{}", said.stderr);
    // The first trial that breaks something is explained if no seed is given.
    let said = deadheat(&["explain", "double-click", "--trials", "5"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.starts_with("seed 1: "), "{}", said.stderr);
    assert_eq!(deadheat(&["explain", "one-job"]).code, 4);
}

#[test]
fn a_trial_is_explained_as_its_strategy_has_played_it() {
    let broken = |strategy: &str| {
        let args = ["run", "double-click", "--trials", "40", "--lanes", "1", "--format", "json"];
        let line = deadheat(&[&args[..], &["--strategy", strategy]].concat()).stdout;
        let object: Value = serde_json::from_str(line.lines().nth(1).unwrap()).unwrap();
        let is_refused = |one: &&Value| one["property"] == "no-rejected-call";
        let found = object["findings"].as_array().unwrap().iter().find(is_refused).unwrap();
        found["replay"].as_str().unwrap().to_owned()
    };
    for strategy in ["pct:3", "urw", "extremes", "portfolio"] {
        let again = broken(strategy);
        let words: Vec<&str> = again.split(' ').collect();
        let seed = words[words.iter().position(|word| *word == "--seed").unwrap() + 1];
        let which = ["--strategy", strategy, "--fingerprint", "no-rejected-call", "--trials", "20"];
        let said = explained(&[&["double-click", "--seed", seed][..], &which].concat());
        // The digest shows that it is the same trial.
        assert_eq!(said["replay"], again.as_str(), "{strategy}");
    }
    let wrong = deadheat(&["explain", "double-click", "--seed", "3", "--strategy", "dfs"]);
    assert_eq!(wrong.code, 2);
    let case = deadheat(&["explain", "x.json", "--strategy", "urw"]);
    assert_eq!(case.code, 2);
    assert!(case.stderr.contains("a case has its own seed, strategy"), "{}", case.stderr);
}

#[test]
fn a_job_that_is_handed_out_again_is_told_beside_the_copy_that_is_at_work() {
    // Each copy is at work for four seconds, and the job is handed out again after three. The first
    // copy is done when the second one is handed out again.
    let source = r#"
        format = 1
        summary = "A job is handed out again and again."
        [server]
        run_time = "1s"
        [network]
        latency = "10ms"
        [[document]]
        id = 7
        [[user]]
        name = "u"
        do = [{ click = "j" }]
        [queue]
        workers = 3
        poll = "5ms"
        retry_after = "3s"
        [job.j]
        tries = 3
        do = ["load_document", { add_message = "x" }, { sleep = "4s" }]
    "#;
    let path = folder("handed-out").join("again.toml");
    std::fs::write(&path, source).unwrap();
    let args = ["--seed", "1", "--trials", "5", "--fingerprint", "no-duplicate-message"];
    let said = deadheat(&[&["explain", path.to_str().unwrap()][..], &args].concat());
    let told = "the queue hands j#1 out again; j#1.1 is still at work";
    assert!(said.stdout.contains(told), "{}{}", said.stdout, said.stderr);
}

#[test]
fn explain_and_shrink_read_a_fingerprint_alike() {
    let said = |command: &str, seed: &str, named: &str| {
        let args = [command, "double-click", "--seed", seed, "--fingerprint", named];
        let more: &[&str] = if command == "shrink" { &["--for", "2s"] } else { &["--trials", "5"] };
        deadheat(&[&args[..], more, &["--format", "json"]].concat())
    };
    let check = |seed: &str, named: &str, expected: &str| {
        for command in ["explain", "shrink"] {
            let ran = said(command, seed, named);
            assert!([0, 1].contains(&ran.code), "{command} {named}: {}", ran.stderr);
            let object: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(object["fingerprint"], expected, "{command} {named}");
        }
    };
    let refused = |seed: &str, named: &str, code: i32, message: &str| {
        for command in ["explain", "shrink"] {
            let ran = said(command, seed, named);
            assert_eq!(ran.code, code, "{command} {named}: {}", ran.stderr);
            assert!(ran.stderr.contains(message), "{command} {named}: {}", ran.stderr);
        }
    };
    let run = "no-rejected-call: create_run generate < create_run generate other (not awaited)";
    for named in [run, "no-rejected-call", "rejected"] {
        check("6", named, run);
    }
    let which =
        "does not break `lock`; it breaks\n  every-job-succeeds: create_run generate (refused)\n";
    refused("6", "lock", 2, which);
    refused("6", "Right-Answer", 2, "does not break `Right-Answer`; it breaks");
    let several = "`generate` is part of ";
    refused("6", "generate", 2, several);
    refused("6", "generate", 2, "ways in which it breaks; name one:\n  every-job");
    // There is no list where nothing is broken.
    for command in ["explain", "shrink"] {
        let ran = deadheat(&[command, "one-job", "--seed", "1", "--fingerprint", "lock"]);
        assert_eq!(ran.code, 4, "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("the trial with seed 1 breaks nothing"), "{}", ran.stderr);
    }
}

#[test]
fn a_case_is_explained_by_what_it_was_kept_for() {
    let here = folder("explain-case");
    std::fs::create_dir(here.join("scenarios")).unwrap();
    let text = crate::util::source("double-click");
    std::fs::write(here.join("scenarios/double-click.toml"), text).unwrap();
    let run = ran(program().current_dir(&here).args(["run", "double-click", "--trials", "50"]));
    let line =
        run.stdout.lines().find(|line| line.contains("case: ") && line.contains("no-rejected"));
    let case = line.unwrap().split("case: ").nth(1).unwrap();
    let said = ran(program().current_dir(&here).args(["explain", case, "--trials", "100"]));
    assert_eq!(said.code, 0, "{}", said.stderr);
    let told = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "100 of 100 trials with these orders (at least 97.0 %), 0 of 100 without";
    assert!(told.contains(expected), "{told}");
    let seeded = ran(program().current_dir(&here).args(["explain", case, "--seed", "3"]));
    assert_eq!(seeded.code, 2);
}

#[test]
fn what_is_explained_or_shrunk_ends_with_0_whether_it_is_expected_or_not() {
    let here = folder("explain-surprise");
    let text = crate::util::plain("double-click").replace("  \"right-answer\",\n", "");
    std::fs::write(here.join("race.toml"), text).unwrap();
    let play = |args: &[&str]| ran(program().current_dir(&here).args(args));
    let trial = ["./race.toml", "--seed", "6"];
    let surprise = ["--fingerprint", "right-answer"];
    for command in ["explain", "shrink"] {
        for which in [&[][..], &surprise] {
            let done = play(&[&[command][..], &trial, which].concat());
            assert_eq!(done.code, 0, "{command} {which:?}: {}", done.stderr);
        }
    }
    assert_eq!(play(&[&["replay"][..], &trial].concat()).code, 1);
}

/// Every order of the double click, as brute force finds it, and whether it breaks the property.
fn all_orders(property: PropertyId) -> Vec<(Vec<Name>, bool)> {
    let exploring =
        Exploring { merge: Merge::Nothing, faults: 0, twins: Vec::new(), switches: None };
    let mut lane = Lane::bare(stage("double-click"), Box::new(Exhaustive::new(exploring)));
    lane.set_looking(Some(Looking { asked: vec![property], polls: Polls::Real }));
    let mut all = Vec::new();
    while lane.play(Play { keep_schedule: true, ..Play::seed(0) }) == Supply::Trial {
        let is_broken = !lane.found().is_empty();
        let picks = lane.take_schedule().unwrap().picks;
        all.push((picks.into_iter().map(|pick| pick.name).collect(), is_broken));
    }
    all
}

#[test]
fn what_is_proved_of_orders_is_what_brute_force_counts() {
    let all = all_orders(PropertyId::NoRejectedCall);
    assert_eq!(all.len(), 2_948);
    let cast = &stage("double-click").cast;
    for seed in [1, 6] {
        let spelled = seed.to_string();
        let args = ["double-click", "--seed", &spelled, "--fingerprint", "no-rejected-call"];
        let said = explained(&args);
        let orders = said["orders"]["orders"].as_array().unwrap();
        let pairs = orders.iter().map(|order| {
            let name =
                |at: usize| Name::parse(order["before"][at].as_str().unwrap(), cast).unwrap();
            (name(0), name(1))
        });
        let pairs: Vec<(Name, Name)> = pairs.collect();
        let has = |(names, _): &&(Vec<Name>, bool)| {
            let place = |name| names.iter().position(|one| *one == name);
            pairs.iter().all(|(first, second)| {
                place(*first).zip(place(*second)).is_some_and(|(first, second)| first < second)
            })
        };
        let with: Vec<_> = all.iter().filter(has).collect();
        assert!(with.iter().all(|(_, is_broken)| *is_broken), "seed {seed}");
        assert_eq!(said["orders"]["proved_for_orders"], with.len().to_string(), "seed {seed}");
        let mut lane = Lane::bare(stage("double-click"), Box::new(Walk::default()));
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        let from = said["inevitable"]["from_pick"].as_u64().unwrap() as usize;
        let picks = lane.take_schedule().unwrap().picks;
        let begins: Vec<Name> = picks[..from].iter().map(|pick| pick.name).collect();
        let after: Vec<_> = all.iter().filter(|(names, _)| names.starts_with(&begins)).collect();
        assert!(after.iter().all(|(_, is_broken)| *is_broken), "seed {seed}");
        assert_eq!(said["inevitable"]["proved_for_orders"], after.len().to_string(), "seed {seed}");
    }
}
