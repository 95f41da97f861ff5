//! Proofs: every order, and each reduction of work against a search without it.

use std::collections::BTreeSet;
use std::sync::Arc;

use deadheat::agenda::Supply;
use deadheat::app::{Looking, Polls};
use deadheat::engine::{Lane, Play};
use deadheat::explore::{Exhaustive, Explored, Exploring, Merge};
use deadheat::scenario::{Guards, Scenario};
use deadheat::stage::Stage;
use deadheat_model::property::PropertyId;
use proptest::prelude::*;

use crate::util::{deadheat, folder, is_long, parse, plain, program, ran, scenario, source};

/// The result of a search: how it went, and in which ways something broke.
struct Came {
    explored: Explored,
    ways: BTreeSet<String>,
}

/// The options of a search.
#[derive(Clone, Copy)]
struct How {
    merge: Merge,
    polls: Polls,
    twins: bool,
    folded: bool,
}

const PLAIN: How = How { merge: Merge::Nothing, polls: Polls::Real, twins: false, folded: true };

/// The maximum number of trials of a search in this file.
const TRIALS_MAX: u64 = 12_000;

/// Searches everything, for all properties. Returns `None` if that is too much.
fn search(scenario: &Scenario, how: How) -> Option<Came> {
    let mut stage = Stage::new(scenario.clone());
    stage.unfolds |= !how.folded;
    let stage = Arc::new(stage);
    let twins = if how.twins { stage.twins() } else { Vec::new() };
    let exploring = Exploring { merge: how.merge, faults: 0, twins, switches: None };
    let mut lane = Lane::new(stage.clone(), Box::new(Exhaustive::new(exploring)));
    let asked = PropertyId::ALL.to_vec();
    lane.set_looking(Some(Looking { asked, polls: how.polls }));
    let mut ways = BTreeSet::new();
    for _ in 0..TRIALS_MAX {
        if lane.play(Play::seed(0)) == Supply::Nothing {
            let explored = lane.ask(|exhaustive: &Exhaustive| exhaustive.explored().clone());
            assert!(explored.is_complete);
            return Some(Came { explored, ways });
        }
        for found in lane.found() {
            ways.insert(format!("{:?} {:?}", found.why, found.fingerprint(&stage.cast)));
        }
    }
    None
}

fn of(scenario: &Scenario, how: How) -> Came {
    search(scenario, how).expect("this search is small")
}

fn guarded(name: &str, guards: &str) -> Scenario {
    Guards::parse(guards).unwrap().apply(scenario(name)).ok().unwrap()
}

#[test]
fn merging_states_counts_the_orders_that_are_there() {
    for scenario in [scenario("double-click"), guarded("double-click", "unique-job")] {
        let plain = of(&scenario, PLAIN);
        let merged = of(&scenario, How { merge: Merge::Equal, ..PLAIN });
        let counts = |came: &Came| (came.explored.orders, came.explored.broken);
        assert_eq!(counts(&plain), counts(&merged));
        assert_eq!(plain.explored.orders, u128::from(plain.explored.trials));
        assert!(merged.explored.trials * 2 < plain.explored.trials);
        assert_eq!(plain.ways, merged.ways);
    }
}

/// Returns a small scenario that is made from the tape.
fn small(tape: &[u8]) -> String {
    let mut tape = tape.iter().copied().cycle();
    let mut one_of =
        |choices: &[&str]| choices[usize::from(tape.next().unwrap()) % choices.len()].to_owned();
    let latency = one_of(&["1ms..9ms", "4ms", "0ms..20ms"]);
    let run = one_of(&["20ms..50ms", "5ms..90ms", "30ms"]);
    let actions = [
        r#"{ add_message = "x" }"#,
        r#"{ safe_add_message = { text = "x", poll = "25ms" } }"#,
        r#""create_run""#,
        r#"{ wait_idle = { poll = "25ms", for = "60ms" } }"#,
        r#"{ await_run = { poll = "30ms" } }"#,
        r#""cancel_active""#,
        r#"{ sleep = "0ms..15ms" }"#,
    ];
    let mut list = String::from(r#""load_document","#);
    for _ in 0..2 {
        list += &one_of(&actions);
        list += ", ";
    }
    list += r#""create_run", "#;
    list += &one_of(&["\"load_document\"", actions[1], actions[4], actions[6]]);
    let list = match one_of(&["", "lock", "ttl", "skip"]).as_str() {
        "" => list,
        "lock" => format!(r#"{{ lock = {{ key = "k", poll = "20ms", do = [{list}] }} }}"#),
        "ttl" => {
            format!(r#"{{ lock = {{ key = "k", poll = "20ms", ttl = "40ms", do = [{list}] }} }}"#)
        }
        _ => format!(r#"{{ lock = {{ key = "k", busy = "skip", do = [{list}] }} }}"#),
    };
    let head = format!(
        "format = 1\nsummary = \"Small.\"\n[server]\nrun_time = \"{run}\"\ncancel_time = \"10ms\"\n\
         [network]\nlatency = \"{latency}\"\nlocal = \"1ms\"\n[[document]]\nid = 7\n"
    );
    match one_of(&["clicks", "processes"]).as_str() {
        "clicks" => format!(
            "{head}[[user]]\nname = \"browser\"\ndo = [{{ click = \"work\" }}, \
             {{ sleep = \"{}\" }}, {{ click = \"work\" }}]\n[queue]\nworkers = 2\n\
             [job.work]\ndo = [{list}]\n",
            one_of(&["0ms..30ms", "1999ms..2001ms", "10ms"]),
        ),
        _ => format!(
            "{head}[[process]]\nname = \"p\"\ncount = 2\nstart = \"{}\"\ndocument = 7\n\
             do = [{{ try = {{ on = [\"refused\"], do = [{list}] }} }}]\n",
            one_of(&["together", "0ms..10ms"]),
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if is_long() { 48 } else { 12 },
        ..ProptestConfig::default()
    })]

    /// Each reduction of work finds the same ways to break something as a search without it. A
    /// search without idle polls may find more, and never less.
    #[test]
    fn no_reduction_loses_a_way_to_break_something(tape in prop::collection::vec(any::<u8>(), 12)) {
        let source = small(&tape);
        let loaded = deadheat::scenario::load(&source, &Vec::new());
        prop_assume!(loaded.scenario.is_some());
        let scenario = loaded.scenario.unwrap();
        let Some(plain) = search(&scenario, PLAIN) else { return Ok(()) };
        let equal = of(&scenario, How { merge: Merge::Equal, ..PLAIN });
        prop_assert_eq!(
            (plain.explored.orders, plain.explored.broken),
            (equal.explored.orders, equal.explored.broken)
        );
        for how in [
            How { merge: Merge::Equal, ..PLAIN },
            How { merge: Merge::Included, ..PLAIN },
            How { merge: Merge::United, ..PLAIN },
            How { twins: true, ..PLAIN },
            How { merge: Merge::United, twins: true, ..PLAIN },
            How { merge: Merge::United, folded: false, ..PLAIN },
        ] {
            let Some(came) = search(&scenario, how) else { continue };
            prop_assert_eq!(&plain.ways, &came.ways);
        }
        let loose = of(&scenario, How { merge: Merge::United, polls: Polls::Loose, ..PLAIN });
        prop_assert!(plain.ways.is_subset(&loose.ways), "{:?} {:?}", plain.ways, loose.ways);
    }
}

/// A bounded wait checks its bound when its poll has been answered, whether replies fold or not.
/// This bound comes between the arrival of a poll and its reply.
#[test]
fn a_bound_is_read_when_the_look_has_been_answered() {
    let source = small(&[77, 114, 101, 0, 3, 251, 32, 50, 0, 0, 0, 0]);
    assert!(source.contains("for = "), "{source}");
    let folded = of(&parse(&source), How { merge: Merge::United, ..PLAIN });
    let unfolded = of(&parse(&source), How { merge: Merge::United, folded: false, ..PLAIN });
    assert_eq!(folded.ways, unfolded.ways);
    let timed_out = folded.ways.iter().filter(|way| way.starts_with("JobFailed"));
    assert!(timed_out.count() > 0, "{:?}", folded.ways);
}

#[test]
fn the_generator_makes_scenarios_that_break_and_that_do_not() {
    let (mut sound, mut breaking, mut small_enough) = (0, 0, 0);
    for number in 0..40_u32 {
        let tape: Vec<u8> = (0..12).map(|place| (number * 37 + place * 11 + 5) as u8).collect();
        let loaded = deadheat::scenario::load(&small(&tape), &Vec::new());
        let Some(scenario) = loaded.scenario else { continue };
        sound += 1;
        if let Some(came) = search(&scenario, PLAIN) {
            small_enough += 1;
            breaking += usize::from(!came.ways.is_empty());
        }
    }
    assert!(sound >= 25 && small_enough >= 18, "{sound} sound, {small_enough} small enough");
    assert!(breaking >= 5 && breaking + 3 <= small_enough, "{breaking} of {small_enough}");
}

#[test]
fn the_double_click_is_broken_and_its_orders_are_counted() {
    let ran = deadheat(&["prove", "double-click", "--property", "no-rejected-call"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("630 of 2,948 orders"), "{}", ran.stdout);
    assert!(ran.stdout.contains("was refused with HTTP 400"), "{}", ran.stdout);
}

#[test]
fn a_lock_that_lives_long_enough_is_proved_in_exact_words() {
    let guard = ["--guard", "lock:ttl=60s"];
    let asked = ["--property", "no-rejected-call", "--property", "lock-excludes"];
    let ran = deadheat(&[&["prove", "double-click"][..], &guard, &asked].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains(
            "without faults and with latencies within the declared windows, no order of up to 23 \
             occurrences\n  breaks any of: no-rejected-call, lock-excludes\n"
        ),
        "{}",
        ran.stdout
    );
}

/// The longest time from the grant of the lock to the arrival of its release, by hand. It begins
/// with the reply to the lock request (2 ms), a poll (160), a message (160) and a run's creation
/// (160). The run follows (20,000), and then a poll that just missed its end (160 + 1,000). The
/// rest is reading (160), saving (4) and the release (2 and the rest).
#[test]
fn the_shortest_sound_ttl_is_found_to_the_millisecond() {
    let prove = |ttl: &str| {
        let set = format!("ttl={ttl}");
        let asked = ["--set", &set, "--set", "release=owner", "--property", "lock-excludes"];
        deadheat(&[&["prove", "lock-ttl-too-short"][..], &asked].concat())
    };
    let (proved, not) = (prove("21809ms"), prove("21808ms"));
    assert_eq!(proved.code, 0, "{}", proved.stdout);
    assert_eq!(not.code, 1, "{}", not.stdout);
}

#[test]
fn the_least_value_that_is_proved_is_found_with_both_sides() {
    let here = folder("least");
    std::fs::create_dir(here.join("scenarios")).unwrap();
    let name = "lock-ttl-too-short";
    std::fs::write(here.join(format!("scenarios/{name}.toml")), source(name)).unwrap();
    let prove = |more: &[&str]| {
        let asked = ["--set", "release=owner", "--property", "lock-excludes"];
        ran(program().current_dir(&here).args(["prove", name]).args(asked).args(more))
    };
    let found = prove(&["--least", "ttl=20s..24s"]);
    assert_eq!(found.code, 0, "{}{}", found.stdout, found.stderr);
    for said in ["least ttl: 21809ms", "21808ms breaks lock-excludes", "21809ms is proved"] {
        assert!(found.stdout.contains(said), "{said}: {}", found.stdout);
    }
    // Both lines to paste do what the report says.
    let lines = found.stdout.lines().filter_map(|line| line.trim().strip_prefix("deadheat "));
    let codes = lines.map(|line| {
        let args: Vec<&str> = line.split(' ').collect();
        ran(program().current_dir(&here).args(args)).code
    });
    assert_eq!(codes.collect::<Vec<_>>(), [1, 0]);
    let coarse = prove(&["--least", "ttl=10s..60s:10s", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&coarse.stdout).unwrap();
    assert_eq!((&object["proved"], &object["broken"]), (&"30s".into(), &"20s".into()));
    let below = prove(&["--least", "ttl=1s..5s:1s"]);
    assert_eq!(below.code, 1, "{}", below.stdout);
    assert!(below.stdout.contains("broken for every ttl that was tried"), "{}", below.stdout);
    let above = prove(&["--least", "ttl=30s..40s:5s"]);
    assert_eq!(above.code, 0, "{}", above.stdout);
    assert!(above.stdout.contains("proved for every ttl that was tried"), "{}", above.stdout);
    let most = prove(&["--most", "ttl=20s..24s:1s"]);
    assert_eq!(most.code, 3, "{}", most.stdout);
    assert!(most.stdout.contains("no most value is claimed"), "{}", most.stdout);
}

#[test]
fn a_range_that_makes_no_sense_is_refused() {
    for (range, why) in [
        ("ttl", "it is NAME=FROM..TO"),
        ("ttl=1s", "it is NAME=FROM..TO"),
        ("ttl=9s..1s", "its end is before its beginning"),
        ("ttl=1s..2", "`2` is not a time"),
        ("ttl=1s..2s:0ms", "the unit is zero"),
        ("ttl=1..2:x", "`x` is not a whole number"),
        ("tt=1s..2s", "has no parameter `tt`; it has"),
    ] {
        let ran = deadheat(&["prove", "lock-ttl-too-short", "--least", range]);
        assert_eq!(ran.code, 2, "{range}: {}", ran.stdout);
        assert!(ran.stderr.contains(why), "{range}: {}", ran.stderr);
    }
}

#[test]
fn a_bound_on_memory_cuts_the_search_and_says_so() {
    let asked = ["--set", "clicks=6", "--property", "one-active-run", "--max-memory", "1"];
    let ran = deadheat(&[&["prove", "many-clicks"][..], &asked].concat());
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("at 1 MiB (--max-memory)"), "{}", ran.stdout);
}

#[test]
fn a_run_says_which_of_the_properties_that_held_are_proved() {
    let ran = deadheat(&["run", "double-click", "--trials", "100"]);
    let row = |what: &str| {
        let mut lines = ran.stdout.lines().map(str::trim).filter(|line| line.starts_with(what));
        lines.next().unwrap_or_default().to_owned()
    };
    assert!(row("5 others").contains("proved"), "{}", ran.stdout);
    assert!(row("all-settled").contains("at most"), "{}", ran.stdout);
    // Faults are possible here, and no search without them says anything about that.
    let chances = deadheat(&["run", "everything-goes-wrong", "--trials", "100"]);
    assert!(!chances.stdout.contains("proved"), "{}", chances.stdout);
}

#[test]
fn what_is_cut_off_proves_nothing_and_says_so() {
    let asked = ["--property", "no-duplicate-message", "--max-states", "50"];
    let ran = deadheat(&[&["prove", "full-generation"][..], &asked].concat());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("nothing is proved"), "{}", ran.stdout);
    assert!(ran.stdout.contains("after 50 states (--max-states)"), "{}", ran.stdout);
}

#[test]
fn faults_are_searched_up_to_their_bound() {
    let prove = |faults: &str| {
        let asked = ["--property", "no-rejected-call", "--faults", faults];
        deadheat(&[&["prove", "lost-reply-retried"][..], &asked].concat())
    };
    let (none, one) = (prove("0"), prove("1"));
    assert_eq!(none.code, 0, "{}", none.stdout);
    assert!(none.stdout.contains("without faults"), "{}", none.stdout);
    assert!(none.stdout.contains("--faults 1 allows one more"), "{}", none.stdout);
    assert_eq!(one.code, 1, "{}", one.stdout);
}

#[test]
fn json_says_the_same() {
    let asked = ["--property", "no-rejected-call", "--format", "json"];
    let ran = deadheat(&[&["prove", "double-click"][..], &asked].concat());
    let object: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(object["verdict"], "broken");
    assert_eq!(object["counterexample"]["orders"], "2948");
    assert_eq!(object["counterexample"]["orders_broken"], "630");
    assert!(object["counterexample"]["picks_us"][3][0].is_string());
}

#[test]
fn a_scenario_that_walk_never_breaks_within_its_guard_is_proved() {
    // A proof has to meet what [[expect.with]] expects of a guard as well.
    let source = plain("double-click");
    assert!(parse(&source).expect.is_some());
    for guard in ["debounce", "serial-queue", "unique-job"] {
        let ran = deadheat(&["prove", "double-click", "--guard", guard]);
        assert_eq!(ran.code, 0, "{guard}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_proof_that_is_too_large_says_how_many_actors_it_takes() {
    let prove = |args: &[&str]| {
        let asked = ["prove", "many-clicks", "--property", "one-active-run", "--json"];
        let ran = deadheat(&[&asked[..], args].concat());
        let object: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (ran.code, object)
    };
    let (code, large) = prove(&["--max-states", "300"]);
    assert_eq!((code, &large["verdict"]), (3, &"undecided".into()));
    let fewer = large["fewer_actors"].as_array().unwrap();
    assert_eq!(fewer.len(), 2, "{fewer:?}");
    for (fewer, clicks) in fewer.iter().zip(2..) {
        let (code, alone) = prove(&["--set", &format!("clicks={clicks}")]);
        assert_eq!((code, &fewer["verdict"]), (0, &"proved".into()));
        assert_eq!(fewer["at_most"], clicks);
        assert_eq!(fewer["states"], alone["searches"][0]["states"]);
    }
}
