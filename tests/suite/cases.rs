//! Cases: stored trials that survive changes to their scenario.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use deadheat::agenda::{Name, Observed, Observer, Pending, Picked};
use deadheat::engine::{Lane, Play};
use deadheat::explore::{Portfolio, Relaxed, StrategyName, Times, Walk};
use deadheat::record::{CASE_MAX, Case, Difference, How, State};
use deadheat::stage::Stage;
use deadheat::study::{self, Found, Manner, Subject, replay};

use crate::util::{
    Ran, folder, is_long, parse, plain, program, ran, scenario_names, source, stage,
};

/// Returns a case for each way in which the trial with this seed breaks something.
fn cases(name: &str, text: &str, stage: &Arc<Stage>, seed: u64) -> Vec<Case> {
    let trial = replay(stage, name, Box::new(Walk::default()), Play::seed(seed));
    let mut prints: Vec<_> =
        trial.violations.iter().map(|violation| violation.way(&stage.cast)).collect();
    prints.sort_unstable();
    prints.dedup();
    let mut subject = Subject::new(name, stage.clone());
    subject.text = Some(text.into());
    let case = |way| {
        let found = Found {
            subject: &subject,
            strategy: "walk",
            seed,
            way,
            what: "something broke".to_owned(),
        };
        study::case(&|| Box::new(Walk::default()), &found, Play::seed(seed)).unwrap()
    };
    prints.into_iter().map(case).collect()
}

#[test]
fn a_case_of_any_scenario_is_small_and_replays_byte_for_byte_in_each_manner() {
    let mut cases_seen = 0;
    let mut largest = 0;
    for name in scenario_names() {
        let (stage, text) = (stage(&name), source(&name));
        for seed in 1..=10 {
            for case in cases(&name, &text, &stage, seed) {
                let written = case.text().unwrap();
                largest = largest.max(written.len());
                assert!(written.len() <= CASE_MAX, "{name}, seed {seed}: {}", written.len());
                let read = Case::parse(written.as_bytes()).unwrap();
                for manner in [Manner::Strict, Manner::Relaxed] {
                    let played = study::follow(&stage, &read, manner, Play::seed(99));
                    assert_eq!(played.first, None, "{name}, seed {seed}, {manner:?}");
                    assert_eq!(played.trial.digest, case.digest, "{name}, seed {seed}, {manner:?}");
                    assert!(played.fails);
                }
                assert_eq!(study::judge(&stage, &read, Play::seed(0)), State::Open);
                cases_seen += 1;
            }
        }
    }
    assert!(cases_seen > 200, "{cases_seen}");
    assert!(largest > CASE_MAX / 2, "{largest}");
}

/// Every strategy that plays by seed.
pub(crate) const STRATEGIES: [StrategyName; 8] = Portfolio::MEMBERS;

/// Makes the cases of a stage's trials under a strategy, one for each way of breaking. Returns how
/// many there are, and those that cannot be followed by names or strictly on the same stage that
/// they come from.
pub(crate) fn followed(
    name: &str,
    stage: &Arc<Stage>,
    strategy: StrategyName,
    trials: u64,
) -> (u64, Vec<String>) {
    let makes = study::strategies(stage, strategy);
    let mut lane = Lane::new(stage.clone(), makes());
    let (mut known, mut cases, mut lost) = (BTreeSet::new(), 0, Vec::new());
    for seed in 1..=trials {
        lane.play(Play { keep_schedule: true, ..Play::seed(seed) });
        let schedule = lane.take_schedule().unwrap();
        let cast = lane.cast();
        let (violations, _) = lane.judge();
        let ways = violations.iter().map(|one| one.way(&cast));
        let new: BTreeSet<_> = ways.filter(|way| !known.contains(way)).collect();
        known.extend(new.iter().copied());
        for way in new {
            let found = Found {
                subject: &Subject::new(name, stage.clone()),
                strategy: &strategy.to_string(),
                seed,
                way,
                what: "something broke".to_owned(),
            };
            let case = study::case(&makes, &found, Play::seed(seed));
            let is_open = |case: Case| {
                let strict = study::follow(stage, &case, Manner::Strict, Play::seed(99));
                let is_strict = strict.fails && strict.first.is_none();
                is_strict && study::judge(stage, &case, Play::seed(0)) == State::Open
            };
            // A trial with very many picks is too large for a case.
            if case.is_none() && schedule.picks.len() > 500 {
                continue;
            }
            cases += 1;
            if !case.is_some_and(is_open) {
                lost.push(format!("{name} --strategy {strategy} --seed {seed}: {way:?}"));
            }
        }
    }
    (cases, lost)
}

/// `DEADHEAT_CASES=30` plays this many trials of each scenario under each strategy.
#[test]
fn every_case_is_followed_on_its_unchanged_scenario_under_every_strategy() {
    let trials = std::env::var("DEADHEAT_CASES").ok().and_then(|trials| trials.parse().ok());
    let few = if is_long() { 3 } else { 1 };
    let (mut cases, mut lost) = (0, Vec::new());
    for name in scenario_names() {
        for strategy in STRATEGIES {
            let (more, fewer) = followed(&name, &stage(&name), strategy, trials.unwrap_or(few));
            cases += more;
            lost.extend(fewer);
        }
    }
    assert_eq!(lost, Vec::<String>::new(), "of {cases} cases");
    assert!(cases > 130 * few, "{cases}");
}

#[test]
fn every_name_of_a_real_trial_is_read_as_it_is_shown() {
    let mut names = 0;
    for scenario in scenario_names() {
        let stage = stage(&scenario);
        for seed in 1..=20 {
            let play = Play { keep_schedule: true, ..Play::seed(seed) };
            let trial = replay(&stage, &scenario, Box::new(Walk::default()), play);
            let schedule = trial.schedule.unwrap();
            let picks = schedule.picks.iter().map(|pick| pick.name);
            for name in picks.chain(schedule.fates.iter().map(|fate| fate.name)) {
                let text = name.display(&stage.cast);
                assert_eq!(Name::parse(&text, &stage.cast), Some(name), "{scenario}: {text}");
                names += 1;
            }
        }
    }
    assert!(names > 10_000, "{names}");
}

/// Returns the states of the cases of a scenario's first trials in the changed scenario.
fn after(name: &str, changed: &str) -> Vec<State> {
    let text = plain(name);
    let (then, now) = (staged(&text), staged(changed));
    assert_ne!(then.digest, now.digest);
    let cases = (1..=40).flat_map(|seed| cases(name, &text, &then, seed));
    // The seed is another one, so that the schedule carries the case, and not the keyed draws.
    let cases = cases.map(|case| Case { seed: case.seed + 1_000, ..case });
    cases.map(|case| study::judge(&now, &case, Play::seed(0))).collect()
}

/// Checks that every case still fails with its fingerprint.
fn survive(name: &str, changed: &str) {
    let states = after(name, changed);
    assert!(states.len() > 50, "{}", states.len());
    let not: Vec<&State> = states.iter().filter(|state| **state != State::Open).collect();
    assert!(not.is_empty(), "{} of {}: {:?}", not.len(), states.len(), not[0]);
}

fn staged(text: &str) -> Arc<Stage> {
    Arc::new(Stage::new(parse(text)))
}

/// Returns the text with one piece of it replaced.
fn edited(text: &str, from: &str, to: &str) -> String {
    let edited = text.replacen(from, to, 1);
    assert_ne!(edited, text, "{from}");
    edited
}

/// Returns the double click with a visitor, which does something else. With 3 workers, it has a
/// worker of its own.
fn with_a_visitor(workers: &str) -> String {
    let text = plain("double-click");
    let visitor = r#"
[[document]]
id     = 8
thread = "exists"

[[user]]
name = "visitor"
do   = [{ click = { job = "answer", document = 8 } }]

[job.answer]
do = ["load_document", { add_message = "A question" }, "create_run", "await_run"]

[expect]"#;
    let text = edited(&text, "\n[expect]", visitor);
    text.replace("workers = 2", &format!("workers = {workers}"))
}

#[test]
fn a_case_survives_an_unrelated_actor() {
    survive("double-click", &with_a_visitor("3"));
}

#[test]
fn a_case_survives_an_action_that_has_another_name() {
    let text = plain("double-click");
    let two = "\"wait_idle\", { add_message = \"Write the document\" },";
    survive("double-click", &edited(&text, "{ safe_add_message = \"Write the document\" },", two));
}

#[test]
fn a_case_survives_a_sleep() {
    let text = plain("double-click");
    let asleep = "  { sleep = \"10ms..30ms\" },\n  \"create_run\", ";
    survive("double-click", &edited(&text, "  \"create_run\", ", asleep));
    let asleep = "  { sleep = \"1s..3s\" },\n  \"load_document\", ";
    survive("double-click", &edited(&text, "  \"load_document\", ", asleep));
    let text = plain("stress-test");
    let asleep = "      { sleep = \"10ms..30ms\" },\n      \"create_run\"";
    survive("stress-test", &edited(&text, "      \"create_run\"", asleep));
}

#[test]
fn a_case_survives_one_more_worker() {
    let text = plain("double-click");
    survive("double-click", &edited(&text, "workers = 2", "workers = 3"));
    let text = plain("stress-test");
    survive("stress-test", &edited(&text, "workers    = 5", "workers    = 6"));
}

#[test]
fn a_case_drifts_where_its_job_is_renamed_and_not_where_its_order_cannot_come_about() {
    let check = |changed: &str, is_so: &dyn Fn(&State) -> bool| {
        let states = after("double-click", changed);
        let count = states.iter().filter(|state| is_so(state)).count();
        assert!(count > 20, "{count} of {}: {:?}", states.len(), states[0]);
    };
    // No trial fails with one worker, or with a visitor that takes the other one, because the order
    // can no longer occur.
    let is_fixed = |state: &State| match state {
        State::Fixed { first: Some(Difference { how: How::After(_), .. }), looked } => {
            looked.iter().all(|looked| looked.failing == 0 && looked.of > 0)
        }
        _ => false,
    };
    check(&with_a_visitor("2"), &is_fixed);
    check(&edited(&plain("double-click"), "workers = 2", "workers = 1"), &is_fixed);
    let renamed = plain("double-click").replace("job = \"generate\"", "job = \"write\"");
    check(&edited(&renamed, "[job.generate] ", "[job.write] "), &|state| match state {
        State::Drifted { first, .. } => first.how == How::Unknown,
        _ => false,
    });
}

/// Checks that nothing fires outside its window, or after an occurrence that had to fire before it.
struct Watched;

impl Observer for Watched {
    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let one = &pending[picked.index];
        assert!(one.since + one.window.earliest <= picked.at, "{one:?} fires too early");
        for other in pending {
            assert!(picked.at <= other.since + other.window.latest, "{other:?} fires too late");
        }
    }
}

#[test]
fn what_is_followed_in_another_scenario_stays_within_its_windows() {
    for name in scenario_names() {
        let stage = stage(&name);
        let slower =
            source(&name).replacen("..80ms\"", "..150ms\"", 1).replacen("\"2s..", "\"5s..", 1);
        let Some(slower) = deadheat::scenario::load(&slower, &Vec::new()).scenario else {
            continue;
        };
        let slower = Arc::new(Stage::new(slower));
        for seed in 1..=10 {
            let play = Play { keep_schedule: true, ..Play::seed(seed) };
            let trial = replay(&stage, &name, Box::new(Walk::default()), play);
            for times in [Times::Kept, Times::Drawn] {
                let relaxed = Relaxed::new(trial.schedule.clone().unwrap(), times);
                let play = Play::seed(seed + 77);
                let watched = Observed::new(Box::new(relaxed), Watched);
                let again = replay(&slower, &name, Box::new(watched), play);
                assert!(again.occurrences > 0);
            }
        }
    }
}

#[test]
fn the_schedule_carries_a_case_whatever_its_seed() {
    let mut all = 0;
    for name in scenario_names() {
        let (stage, text) = (stage(&name), source(&name));
        for seed in 1..=10 {
            for case in cases(&name, &text, &stage, seed) {
                let case = Case::parse(case.text().unwrap().as_bytes()).unwrap();
                let case = Case { seed: seed + 5_000, ..case };
                let state = study::judge(&stage, &case, Play::seed(0));
                assert_eq!(state, State::Open, "{name}, seed {seed}: {}", case.what);
                all += 1;
            }
        }
    }
    assert!(all > 400, "{all}");
}

#[test]
fn whatever_becomes_of_a_file_it_is_a_case_or_it_is_refused() {
    let (stage, text) = (stage("double-click"), source("double-click"));
    let case = cases("double-click", &text, &stage, 3).remove(0);
    let whole = case.text().unwrap().into_bytes();
    let mut read = 0;
    let mut check = |bytes: &[u8]| {
        let Ok(case) = Case::parse(bytes) else { return };
        read += 1;
        for manner in [Manner::Strict, Manner::Relaxed] {
            study::follow(&stage, &case, manner, Play::seed(0));
        }
    };
    for end in 0..whole.len() {
        check(&whole[..end]);
    }
    // The scenario's text is left out, because it is a text whatever it contains.
    let schedule = whole.windows(10).rposition(|at| at == b"\"schedule\"").unwrap();
    let end = whole.windows(6).rposition(|at| at == b"\"text\"").unwrap();
    for place in (0..end).filter(|place| *place < 900 || *place > schedule) {
        for byte in [0, b'0', b'9', b'#', b'+', b'z', b'"', b'/', 0xff, whole[place] ^ 1] {
            let mut flipped = whole.clone();
            flipped[place] = byte;
            check(&flipped);
        }
    }
    assert!(read > 500, "{read}");
}

/// A folder with one scenario in its `scenarios/`. The scenario does not meet its expectations.
struct Project(PathBuf);

impl Project {
    fn new(test: &str) -> Project {
        let project = Project(folder(test));
        std::fs::create_dir(project.0.join("scenarios")).unwrap();
        let text = edited(&plain("double-click"), "  \"no-rejected-call\",\n", "");
        project.write(&text);
        project
    }

    fn write(&self, text: &str) {
        std::fs::write(self.0.join("scenarios/race.toml"), text).unwrap();
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.0.join("scenarios/race.toml")).unwrap()
    }

    fn run(&self, args: &[&str]) -> Ran {
        let ran = ran(program().current_dir(&self.0).args(args));
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Sweeps it and returns the case that it wrote for the refused run.
    fn found(&self) -> String {
        let ran = self.run(&["run", "race"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let told = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix("case: "));
        told.map(str::to_owned).find(|path| path.contains("call-create_run")).unwrap()
    }
}

#[test]
fn a_trial_is_kept_by_its_scenario_and_seed() {
    let project = Project::new("kept-trial");
    let found = project.found();
    let trial = ["keep", "race", "--seed", "6", "--fingerprint", "no-rejected-call"];
    let kept = project.run(&trial);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    let file = found.replace("target/deadheat", "scenarios/cases");
    assert!(kept.stdout.starts_with(&format!("{file} is kept, as open\n")), "{}", kept.stdout);
    // This is the case that the sweep found.
    let read = |path: &str| std::fs::read_to_string(project.0.join(path)).unwrap();
    assert_eq!(read(&file), read(&found));
    assert!(project.run(&trial).stdout.contains("is kept already"));
    assert_eq!(project.run(&["keep", "race", "--seed", "6", "--fingerprint", "lock"]).code, 2);
}

#[test]
fn a_case_is_found_kept_fixed_and_found_again() {
    let project = Project::new("kept");
    let found = project.found();
    assert!(found.starts_with("target/deadheat/race-no-rejected-call-create_run-"), "{found}");
    let replayed = project.run(&["replay", &found]);
    assert_eq!(replayed.code, 1, "{}", replayed.stderr);
    assert!(replayed.stdout.ends_with(
        "it fails as it did: a generate job's create_run is refused while another generate job's \
         run, which nobody waits for, is active\n"
    ));

    // A kept case is played first. It is not a finding as long as it is open.
    let kept = project.run(&["keep", &found]);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    insta::assert_snapshot!("keep", kept.stdout);
    assert!(project.run(&["keep", &found]).stdout.contains("is kept already, as open"));
    let broken = project.text();
    let allowed = broken.replacen("violates = [", "violates = [\"no-rejected-call\", ", 1);
    project.write(&allowed);
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("kept cases\n  open        scenarios/cases/race-no-"));
    let name = found.rsplit('/').next().unwrap();
    let file = format!("scenarios/cases/{name}");
    let listed = project.run(&["list"]).stdout;
    assert!(listed.contains(&format!("{file}  open: a generate job's create_run is refused")));

    // The application is mended: the page ignores the second click.
    let mended = edited(&allowed, "name = \"browser\"", "name = \"browser\"\ndebounce = \"1s\"");
    project.write(&mended);
    let ran = project.run(&["run", "--format", "json"]);
    let first: serde_json::Value =
        serde_json::from_str(ran.stdout.lines().nth(1).unwrap()).unwrap();
    assert_eq!(first["case"], file.as_str());
    assert_eq!((&first["state"], &first["expect"]), (&"fixed".into(), &"open".into()));
    assert_eq!(first["expectation_met"], true);
    let fixed = project.run(&["keep", "--fixed", &file]);
    assert!(fixed.stdout.contains("is kept, as fixed: it is a finding if it fails"));

    // The change is removed again.
    project.write(&allowed);
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("kept cases\n  fails again scenarios/cases/race-no-"));
    // The case does not affect other scenarios.
    let other = source("one-job");
    std::fs::write(project.0.join("scenarios/other.toml"), other).unwrap();
    assert_eq!(project.run(&["run", "other"]).code, 0);
}

#[test]
fn a_drifted_case_says_where() {
    let project = Project::new("drifted");
    let found = project.found();
    project.run(&["keep", &found]);
    let renamed = project.text().replace("job = \"generate\"", "job = \"write\"");
    project.write(&edited(&renamed, "[job.generate] ", "[job.write] "));
    let ran = project.run(&["run", "--trials", "10"]);
    insta::assert_snapshot!("drifted", ran.stdout.split("\n\n").next().unwrap());
    let replayed = project.run(&["replay", &found]);
    assert_eq!(replayed.code, 3, "{}", replayed.stdout);
    let said = "\ndrifted: what it names is no longer there\n  pick 3, generate#1.1/starts, is \
                nobody's now: there is none of this name\n";
    assert!(replayed.stdout.contains(said), "{}", replayed.stdout);
    assert_eq!(replayed.stderr, "its scenario has changed since, first in line 24\n");
}

#[test]
fn strict_names_the_first_pick_that_is_not_there_and_near_counts() {
    let project = Project::new("manners");
    let found = project.found();
    let near = project.run(&["replay", &found, "--near", "200"]);
    assert_eq!(near.code, 1, "{}", near.stderr);
    assert_eq!(
        near.stdout,
        "of 200 trials near it, 200 fail as it did: a generate job's create_run is refused while \
         another generate job's run, which nobody waits for, is active\n"
    );
    assert_eq!(project.run(&["replay", &found, "--strict"]).code, 1);
    let text = project.text();
    project.write(&edited(&text, "  \"create_run\", ", "  \"cancel_active\", "));
    let strict = project.run(&["replay", &found, "--strict"]);
    assert_eq!(strict.code, 3, "{}", strict.stdout);
    insta::assert_snapshot!("strict", strict.stdout.lines().last().unwrap());
    assert_eq!(strict.stderr, "its scenario has changed since, first in line 36\n");
    let relaxed = project.run(&["replay", &found]);
    assert_eq!(relaxed.code, 3, "{}", relaxed.stdout);
    let said = "\n  pick 13, generate#1.1/create_run#1/arrives, does not happen\n";
    assert!(relaxed.stdout.contains(said), "{}", relaxed.stdout);
    let near = project.run(&["replay", &found, "--near", "50"]);
    assert_eq!((near.code, near.stdout.starts_with("of 50 trials near it, 0 fail")), (0, true));
    // The text in the case is played if its scenario is missing.
    std::fs::remove_file(project.0.join("scenarios/race.toml")).unwrap();
    let gone = project.run(&["replay", &found, "--strict"]);
    assert_eq!(gone.code, 1, "{}", gone.stderr);
    assert!(gone.stderr.starts_with("there is no scenario `race`: its text in the case"));
}

#[test]
fn a_case_that_cannot_be_read_ends_with_2_and_a_sentence() {
    let project = Project::new("unreadable");
    let found = project.found();
    let text = std::fs::read_to_string(project.0.join(&found)).unwrap();
    let check = |text: &str, said: &str| {
        std::fs::write(project.0.join("bad.json"), text).unwrap();
        for args in [vec!["replay", "bad.json"], vec!["keep", "bad.json"]] {
            let ran = project.run(&args);
            assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        }
    };
    check("", "it is not a case: EOF");
    check(&text[..text.len() / 2], "it is not a case: EOF");
    check(&"[".repeat(10_000), "it is not a case: ");
    check(&" ".repeat(20_001), "it has 20001 bytes, and no case has more than 20000");
    check(
        &text.replace("\"format\": 2", "\"format\": 1"),
        "What it shows has to be found again: `deadheat run race` writes a new case of it",
    );
    check(&text.replace("\"open\"", "\"opne\""), "unknown variant `opne`");
    check(&text.replace("\"seed\"", "\"sede\""), "unknown field `sede`");
    check(&text.replace("\"0a 0b", "\"0a 9b"), "`9b` means nothing in its schedule");
    let lost = text.replace("\"file\": \"race\"", "\"file\": \"rice\"");
    let lost = lost.replace("\"name\": \"race\"", "\"name\": \"rice\"");
    std::fs::write(project.0.join("bad.json"), lost).unwrap();
    assert!(project.run(&["keep", "bad.json"]).stderr.contains("there is no scenario `rice`"));
    for args in [
        ["replay", found.as_str(), "--seed", "3"],
        ["replay", &found, "--set", "x=1"],
        ["replay", "race", "--near", "3"],
        ["replay", "race", "--seed=1", "--strict"],
        ["replay", &found, "--strict", "--relaxed"],
        ["keep", "race", "--fixed", "--fixed"],
    ] {
        assert_eq!(project.run(&args).code, 2, "{args:?}");
    }
    // It is also reported among the kept ones.
    std::fs::create_dir(project.0.join("scenarios/cases")).unwrap();
    std::fs::write(project.0.join("scenarios/cases/bad.json"), "{}").unwrap();
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`scenarios/cases/bad.json` cannot be read: it is not a case"));
}

#[test]
fn a_case_whose_scenario_is_no_regular_file_is_refused() {
    let project = Project::new("no-file");
    let found = project.found();
    let text = std::fs::read_to_string(project.0.join(&found)).unwrap();
    let large = std::fs::File::create(project.0.join("large.toml")).unwrap();
    large.set_len(1 << 40).unwrap();
    for (file, said) in [
        ("/dev/zero", "`/dev/zero` is not a regular file; a scenario is one"),
        ("scenarios/", "`scenarios/` is a directory, not a scenario"),
        ("large.toml", "the file has 1099511627776 bytes"),
    ] {
        let other = edited(&text, "\"file\": \"race\"", &format!("\"file\": \"{file}\""));
        std::fs::write(project.0.join("bad.json"), other).unwrap();
        for args in [["replay", "bad.json"], ["keep", "bad.json"], ["shrink", "bad.json"]] {
            let ran = project.run(&args);
            assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        }
    }
    // A directory is not a case either.
    std::fs::create_dir(project.0.join("folder.json")).unwrap();
    let ran = project.run(&["replay", "folder.json"]);
    assert_eq!((ran.code, ran.stderr.contains("is a directory, not a case")), (2, true));
}

#[test]
fn another_case_is_not_overwritten() {
    let project = Project::new("overwritten");
    let found = project.found();
    project.run(&["keep", &found]);
    let path = project.0.join(&found);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"program\": \"", "\"program\": \"9.")).unwrap();
    let ran = project.run(&["keep", &found]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("is there already, and is another case; it was not touched"));
}

#[test]
fn a_case_that_cannot_be_written_is_told_and_changes_no_verdict() {
    let project = Project::new("unwritten");
    std::fs::write(project.0.join("target"), "a file where a folder should be").unwrap();
    let ran = project.run(&["run", "race"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("could not write `target/deadheat/race-"), "{}", ran.stderr);
    assert!(ran.stdout.contains("deadheat replay race --seed 1"), "{}", ran.stdout);
    project.write(&plain("double-click"));
    let ran = project.run(&["run", "race"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: could not write `target/deadheat/race-"));
    // A caller that asks for the file itself gets an error, and everything that was found.
    let ran = project.run(&["shrink", "race", "--seed", "3"]);
    assert_eq!(ran.code, 74, "{}", ran.stderr);
    assert!(ran.stdout.contains("again: deadheat replay race --seed 3"), "{}", ran.stdout);
    project.write(&source("one-job"));
    assert_eq!(project.run(&["run", "race"]).code, 0);
}

#[test]
fn a_case_has_its_own_guard_and_settings() {
    let project = Project::new("guarded");
    project.write(&edited(
        &plain("double-click"),
        "workers = 2",
        "workers = \"$w\"\n[params]\nw = 9",
    ));
    let args = ["run", "race", "--guard", "wait", "--set", "w=2"];
    let ran = project.run(&args);
    let told = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix("case: "));
    let found = told.map(str::to_owned).find(|path| path.contains("call-create_run")).unwrap();
    assert!(found.starts_with("target/deadheat/race-w-2-wait-no-rejected-call"), "{found}");
    assert_eq!(project.run(&["replay", &found]).code, 1);
    project.run(&["keep", &found]);
    let ran = project.run(&["run", "race", "--trials", "10"]);
    assert!(ran.stdout.starts_with("kept cases\n  open  "), "{}", ran.stdout);
    project.write(&edited(&plain("double-click"), "  \"create_run\",", ""));
    let ran = project.run(&["run", "race", "--trials", "10"]);
    assert!(ran.stdout.starts_with("kept cases\n  drifted  "), "{}", ran.stdout);
    assert!(ran.stdout.contains("its scenario cannot be played: --set w"), "{}", ran.stdout);
}
