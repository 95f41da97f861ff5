//! Shrinking: the result breaks as before, is never larger, and does not change when it is shrunk
//! again.

use std::sync::Arc;

use deadheat::engine::Play;
use deadheat::explore::Walk;
use deadheat::record::{Case, Print, Shrunk, State};
use deadheat::scenario::{Extent, Guards, Scenario, load, print, reread, smaller};
use deadheat::stage::Stage;
use deadheat::study::{Failing, Manner, Subject, follow, judge, replay, shrink};
use deadheat_model::property::Way;

use crate::util::{
    deadheat, folder, is_long, parse, program, ran, scenario, scenario_names, source,
};

/// Returns the ways in which a trial breaks, each ready to be shrunk.
fn failing(name: &str, scenario: &Scenario, seed: u64) -> Vec<Failing> {
    let stage = Arc::new(Stage::new(scenario.clone()));
    let play = Play { keep_schedule: true, ..Play::seed(seed) };
    let trial = replay(&stage, name, Box::new(Walk::default()), play);
    let way = |one: &deadheat_model::property::Violation| one.way(&stage.cast);
    let mut ways: Vec<Way> = trial.violations.iter().map(way).collect();
    ways.sort_unstable();
    ways.dedup();
    let one = |way: Way| Failing {
        subject: Subject::new(name, stage.clone()),
        seed,
        schedule: trial.schedule.clone().unwrap(),
        way,
        what: "it breaks".to_owned(),
        from: None,
    };
    ways.into_iter().map(one).collect()
}

/// Shrinks the trial of a shrunk case again, in the case's own scenario.
fn again(shrunk: &Shrunk) -> Shrunk {
    let case = &shrunk.case;
    let stage = Arc::new(Stage::new(parse(&shrunk.text)));
    let play = Play { keep_schedule: true, ..Play::seed(case.seed) };
    let followed = follow(&stage, case, Manner::Strict, play);
    assert!(followed.fails && followed.first.is_none(), "{}", shrunk.text);
    let mut subject = Subject::new(&shrunk.scenario, stage.clone());
    subject.invocation = shrunk.invocation.clone();
    let failing = Failing {
        subject,
        seed: case.seed,
        schedule: followed.trial.schedule.unwrap(),
        way: Way {
            fingerprint: case.fingerprint.within(&stage.cast).unwrap(),
            why: shrunk.way.why,
        },
        what: case.what.clone(),
        from: case.shrunk.clone(),
    };
    shrink(failing, &|| None).unwrap()
}

#[test]
fn what_is_left_breaks_as_before_is_never_larger_and_stays_as_it_is() {
    for (name, guards, seed) in [
        ("stress-test", "none", 5),
        ("double-click", "none", 3),
        ("double-click", "lock:ttl=5s,covers=run", 1),
        ("full-generation", "none", 22),
        ("lost-reply-retried", "none", 1),
        ("two-users-of-a-channel", "none", 1),
        ("check-then-act", "none", 1),
        ("everything-goes-wrong", "none", 3),
    ] {
        let scenario = Guards::parse(guards).unwrap().apply(scenario(name)).ok().unwrap();
        let all = failing(name, &scenario, seed);
        assert!(!all.is_empty(), "{name}");
        let ways = if is_long() { all.len() } else { 1 };
        for failing in all.into_iter().take(ways) {
            let (print, why) = (failing.way.fingerprint, failing.way.why);
            let told = Print::of(&print, &Stage::new(scenario.clone()).cast);
            let shrunk = shrink(failing, &|| None).unwrap();
            assert_eq!(shrunk.case.fingerprint, told, "{name}");
            assert!(shrunk.after <= shrunk.before, "{name} {told:?}");
            let [after, before] = [shrunk.after, shrunk.before].map(|size| size.occurrences);
            assert!(after <= before, "{name} {told:?}: {before} to {after}");
            let stage = Arc::new(Stage::new(parse(&shrunk.text)));
            // The case is followed strictly, from its text and the names in it.
            let case = Case::parse(shrunk.case.text().unwrap().as_bytes()).unwrap();
            assert_eq!(case, shrunk.case, "{name}");
            let followed = follow(&stage, &case, Manner::Strict, Play::seed(case.seed));
            assert!(followed.fails && followed.first.is_none(), "{name} {told:?}");
            assert_eq!(followed.trial.digest, case.digest, "{name} {told:?}");
            let way = |one: &deadheat_model::property::Violation| {
                Print::of(&one.fingerprint(&stage.cast), &stage.cast) == told && one.why == why
            };
            assert!(followed.trial.violations.iter().any(way), "{name} {told:?}");
            assert_eq!(judge(&stage, &case, Play::seed(case.seed)), State::Open, "{name}");
            let again = again(&shrunk);
            assert_eq!((again.before, again.after), (shrunk.after, shrunk.after), "{name}");
            assert_eq!(again.case, shrunk.case, "{name}");
        }
    }
}

#[test]
fn of_ten_workers_two_are_left_and_two_switches() {
    let loaded = load(&source("stress-test"), &vec![("workers".to_owned(), "10".to_owned())]);
    let scenario = loaded.scenario.unwrap();
    for seed in 1..=6 {
        let is_refusal = |one: &Failing| {
            one.way.fingerprint.property == deadheat_model::property::PropertyId::NoRejectedCall
        };
        let other = |one: &Failing| {
            one.way
                .fingerprint
                .second
                .is_some_and(|(.., holder)| holder == deadheat_model::property::Holder::Other)
        };
        for failing in
            failing("stress-test", &scenario, seed).into_iter().filter(other).filter(is_refusal)
        {
            let shrunk = shrink(failing, &|| None).unwrap();
            let (actors, switches) = (shrunk.after.actors, shrunk.after.switches);
            assert_eq!((actors, switches), (2, 2), "{seed}: {:?}", shrunk.way.fingerprint);
            assert!(shrunk.after.rounds <= 1, "{seed}: {:?}", shrunk.after);
            assert_eq!(shrunk.fewer, deadheat::record::Fewer::Impossible, "{seed}");
        }
    }
}

#[test]
fn what_is_cut_off_at_once_is_what_it_was_and_says_so() {
    let all = failing("stress-test", &scenario("stress-test"), 5);
    let failing = all.into_iter().next().unwrap();
    let shrunk = shrink(failing, &|| Some(deadheat::record::Cut::Time)).unwrap();
    assert_eq!(shrunk.cut, Some(deadheat::record::Cut::Time));
    assert_eq!(shrunk.after.actors, shrunk.before.actors);
}

#[test]
fn each_step_is_smaller_and_each_sound_one_can_be_printed() {
    let mut sound = 0;
    for name in scenario_names() {
        let scenario = scenario(&name);
        for step in smaller(&scenario) {
            assert!(Extent::of(&step) < Extent::of(&scenario), "{name}");
            let Some(read) = reread(&step) else { continue };
            assert_eq!(Extent::of(&read), Extent::of(&step), "{name}");
            assert_eq!(print(&read), print(&step), "{name}");
            sound += 1;
        }
    }
    assert!(sound > 300, "{sound}");
}

#[test]
fn the_report_and_json_say_the_same_and_the_case_replays_anywhere() {
    let here = folder("shrink");
    let text = crate::util::plain("double-click");
    std::fs::create_dir(here.join("scenarios")).unwrap();
    std::fs::write(here.join("scenarios/double-click.toml"), text).unwrap();
    let play = |args: &[&str]| ran(program().current_dir(&here).args(args));
    let args = ["shrink", "double-click", "--seed", "6", "--fingerprint", "no-rejected-call"];
    let json = play(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(json.code, 0, "{}", json.stderr);
    let object: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let fingerprint =
        "no-rejected-call: create_run generate < create_run generate other (not awaited)";
    assert_eq!(object["fingerprint"], fingerprint);
    assert_eq!(object["after"]["switches"], 2);
    assert_eq!(object["fewer_switches"], "impossible");
    assert_eq!(object["complete"], true);
    for said in object["minimal"].as_array().unwrap() {
        assert!(!said.as_str().unwrap().contains('\n'), "{said}");
    }
    let told = play(&args);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let is_wide = |line: &&str| line.chars().count() > 100 && !line.starts_with("again: ");
    assert_eq!(told.stdout.lines().find(is_wide), None);
    let case = object["case"].as_str().unwrap();
    for words in [fingerprint, "fewer context switches are impossible", case] {
        assert!(told.stdout.contains(words), "{words}\n{}", told.stdout);
    }
    // The case has its own scenario, so no change to the file affects it.
    std::fs::write(here.join("scenarios/double-click.toml"), "format = 1").unwrap();
    let kept = play(&["keep", case]);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    std::fs::remove_file(here.join("scenarios/double-click.toml")).unwrap();
    let strict = play(&["replay", case, "--strict"]);
    assert_eq!(strict.code, 1, "{}{}", strict.stdout, strict.stderr);
    assert!(strict.stdout.contains("it fails as it did"), "{}", strict.stdout);
    let again = play(&["shrink", case]);
    assert!(again.stdout.contains("is as small as can be"), "{}", again.stdout);
}

#[test]
fn where_there_is_nothing_to_shrink_it_is_said() {
    let check = |args: &[&str], code: i32, said: &str| {
        let ran = deadheat(&[&["shrink"], args].concat());
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    };
    check(&["one-job", "--seed", "1"], 4, "the trial with seed 1 breaks nothing");
    check(
        &["double-click", "--seed", "6", "--fingerprint", "lock"],
        2,
        "does not break `lock`; it breaks\n  every-job-succeeds",
    );
    check(&["one-job"], 4, "none of 1,000 trials from seed 1 breaks anything");
    check(&["double-click", "--fingerprint", "lock"], 4, "breaks `lock`; --seed SEED");
    check(&["no-such", "--seed", "1"], 2, "there is no scenario `no-such`");
    check(&["no-such.json"], 2, "there is no file `no-such.json`");
    check(&["x.json", "--seed", "1"], 2, "a case has its own seed");
    check(&["x.json", "--strategy", "urw"], 2, "a case has its own seed, strategy");
    check(&["double-click", "--seed", "6", "--for", "0s"], 2, "a time is a number and a unit");
}

#[test]
fn help_says_how_it_ends() {
    insta::assert_snapshot!(deadheat(&["shrink", "--help"]).stdout);
}

#[test]
fn a_bound_on_switches_finds_what_few_break_and_proves_nothing() {
    let prove = |switches: &str, guard: &[&str]| {
        let asked = ["--property", "no-rejected-call", "--switches", switches];
        deadheat(&[&["prove", "check-then-act"][..], &asked, guard].concat())
    };
    let three = prove("3", &[]);
    assert_eq!(three.code, 3, "{}", three.stdout);
    assert!(three.stdout.contains("after 3 context switches (--switches)"), "{}", three.stdout);
    assert!(three.stdout.contains("nothing is proved"), "{}", three.stdout);
    let four = prove("4", &[]);
    assert_eq!(four.code, 1, "{}", four.stdout);
    assert!(four.stdout.contains("at most 4 context\n  switches"), "{}", four.stdout);
    // A search that the bound never cuts off is still a proof.
    let most = prove("1000", &["--guard", "lock"]);
    assert_eq!(most.code, 0, "{}", most.stdout);
}
