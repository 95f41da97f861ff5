//! Edits that change no verdict, or change verdicts only in one direction: a fault that never
//! strikes, and narrower windows.

use std::fmt::Write;
use std::sync::Arc;

use deadheat::engine::{Lane, Play};
use deadheat::explore::Walk;
use deadheat::scenario::{Scenario, Settings, load};
use deadheat::stage::Stage;
use deadheat_model::property::PropertyId;

use super::small::{Sort, small};
use super::tape::Tape;
use super::{Said, Tally, asked_for, proves_within};
use crate::util::source;

/// The maximum number of trials for a proof.
const PROOF: u64 = 800;

fn proves(scenario: &Scenario, asked: &[PropertyId]) -> Said {
    proves_within(scenario, asked, 0, PROOF)
}

fn parsed(source: &str) -> Option<Scenario> {
    load(source, &Settings::new()).scenario
}

/// Returns the same scenario with something that could happen but never does, because the trial is
/// long over by then.
fn with_what_never_strikes(source: &str, tape: &mut Tape) -> String {
    let fault =
        "[[fault]]\noverload = \"any\"\nchance = 1\nduring = \"20h..20h\"\noptional = true\n";
    match tape.below(3) {
        0 if source.contains("[job.work]") => {
            source.replace("[job.work]\n", "[job.work]\ntimeout = \"1h\"\n")
        }
        1 if source.contains("[queue]") => {
            source.replace("[queue]\n", "[queue]\nretry_after = \"1h\"\n")
        }
        _ => format!("{source}{fault}"),
    }
}

/// Returns which properties of a scenario are proved, and which are broken. `None` if one is
/// undecided.
fn verdicts(scenario: &Scenario, tally: &mut Tally) -> Option<Vec<(PropertyId, bool)>> {
    let mut verdicts = Vec::new();
    for property in PropertyId::ALL {
        let is_proved = match proves(scenario, &[property]) {
            Said::Proved => true,
            Said::Broken(_) => false,
            Said::Undecided => {
                tally.undecided += 1;
                return None;
            }
        };
        verdicts.push((property, is_proved));
    }
    tally.scenarios += 1;
    tally.proved += verdicts.iter().filter(|(_, is_proved)| *is_proved).count() as u64;
    tally.broken += verdicts.iter().filter(|(_, is_proved)| !is_proved).count() as u64;
    Some(verdicts)
}

/// Checks that every property that is proved for one scenario is also proved for the other one, and
/// that every broken one is broken.
fn compare(
    (proved, broken): (Vec<PropertyId>, Vec<PropertyId>),
    (source, scenario): (&str, &Scenario),
    tally: &mut Tally,
) {
    if !proved.is_empty()
        && let Said::Broken(_) = proves(scenario, &proved)
    {
        for property in proved {
            if let Said::Broken(_) = proves(scenario, &[property]) {
                tally.disagree(format!("{property} was proved, and is broken by this"), source);
            }
        }
    }
    for property in broken {
        if let Said::Proved = proves(scenario, &[property]) {
            tally.disagree(format!("{property} was broken, and is proved by this"), source);
        }
    }
}

fn properties(verdicts: &[(PropertyId, bool)], is_proved: bool) -> Vec<PropertyId> {
    let like_it = verdicts.iter().filter(|(_, proved)| *proved == is_proved);
    like_it.map(|(property, _)| *property).collect()
}

fn never_strikes(test: &str, sort: Sort, default: u64) {
    let (count, first) = asked_for(default);
    let mut tally = Tally::default();
    for seed in (first..first + 30 * count).map(|seed| seed + 1_000_000) {
        if tally.scenarios == count {
            break;
        }
        let plain = small(seed, sort);
        let Some(scenario) = parsed(&plain) else { continue };
        let Some(verdicts) = verdicts(&scenario, &mut tally) else { continue };
        let edited = with_what_never_strikes(&plain, &mut Tape::new(seed));
        let edited_too = parsed(&edited).expect("what never strikes is no mistake");
        let same = (properties(&verdicts, true), properties(&verdicts, false));
        compare(same, (&edited, &edited_too), &mut tally);
    }
    tally.assert_equal(test);
}

#[test]
fn what_never_strikes_changes_no_verdict() {
    never_strikes("never strikes", Sort::Plain, 30);
}

#[test]
fn what_never_strikes_changes_no_verdict_on_bounded_waits() {
    never_strikes("never strikes, bounded", Sort::Bounded, 30);
}

/// Returns what each walk breaks, and when. It must be the same for each seed, with and without
/// something that never strikes.
fn walks(scenario: Scenario, trials: u64) -> Vec<Vec<String>> {
    let stage = Arc::new(Stage::new(scenario));
    let mut lane = Lane::new(stage.clone(), Box::new(Walk::default()));
    let outcome = |seed| {
        lane.play(Play::seed(seed));
        let (violations, _) = lane.judge();
        let way = |found: &deadheat_model::property::Violation| {
            format!("{:?} {:?}", found.fingerprint(&stage.cast), found.why)
        };
        let mut ways: Vec<String> = violations.iter().map(way).collect();
        ways.sort();
        ways
    };
    (1..=trials).map(outcome).collect()
}

/// The second click happens in the same instant in which the intent of the first one is over. One
/// of the two comes first, whatever else is declared.
const TIES: &str = r#"
format = 1
summary = "A tie."
[network]
latency = "1ms"
local = "1ms"
[expect]
intent = "1ms"
[[document]]
id = 7
[[user]]
name = "browser"
do = [{ click = "work" }, { sleep = "1ms" }, { click = "work" }]
[queue]
poll = "0ms..1ms"
[job.work]
do = ["load_document", { add_message = "x" }]
"#;

#[test]
fn what_never_strikes_changes_no_trial() {
    let (count, first) = asked_for(60);
    let small = (first..first + count).map(|seed| small(seed + 2_000_000, Sort::Bounded));
    let shipped = ["double-click", "double-click-first", "many-clicks", "race-lease-3"].map(source);
    for (place, plain) in shipped.into_iter().chain([TIES.to_owned()]).chain(small).enumerate() {
        let Some(scenario) = parsed(&plain) else { continue };
        let plain = plain.split("\n[[expect.with]]").next().unwrap().to_owned() + "\n";
        let edited = with_what_never_strikes(&plain, &mut Tape::new(place as u64));
        let edited_too = parsed(&edited).expect("what never strikes is no mistake");
        let (before, after) = (walks(scenario, 50), walks(edited_too, 50));
        for (seed, (before, after)) in before.iter().zip(&after).enumerate() {
            assert_eq!(before, after, "seed {}\n{edited}", seed + 1);
        }
    }
}

/// Returns the same scenario with every window narrowed at random. `None` if nothing has changed.
fn narrowed(source: &str, tape: &mut Tape) -> Option<String> {
    let mut narrowed = String::new();
    let mut has_changed = false;
    for piece in source.split_inclusive('"') {
        let window = piece.strip_suffix("ms\"").and_then(|window| window.split_once("ms.."));
        let Some((earliest, latest)) = window else {
            narrowed += piece;
            continue;
        };
        let (earliest, latest): (u64, u64) = (earliest.parse().unwrap(), latest.parse().unwrap());
        let from = earliest + tape.below(latest - earliest + 1);
        let to = from + tape.below(latest - from + 1);
        has_changed |= (from, to) != (earliest, latest);
        let _ = write!(narrowed, "{from}ms..{to}ms\"");
    }
    has_changed.then_some(narrowed)
}

#[test]
fn narrower_windows_contain_nothing_new() {
    let (count, first) = asked_for(60);
    let mut tally = Tally::default();
    for seed in (first..first + 30 * count).map(|seed| seed + 3_000_000) {
        if tally.scenarios >= count {
            break;
        }
        let sort = [Sort::Plain, Sort::Bounded][seed as usize % 2];
        let wide = small(seed, sort);
        let Some(narrow) = narrowed(&wide, &mut Tape::new(seed)) else { continue };
        let (Some(scenario), Some(narrow_too)) = (parsed(&wide), parsed(&narrow)) else { continue };
        let Some(verdicts) = verdicts(&scenario, &mut tally) else { continue };
        let proved = properties(&verdicts, true);
        compare(
            (proved, Vec::new()),
            (&format!("{wide}\n# narrowed:\n{narrow}"), &narrow_too),
            &mut tally,
        );
    }
    tally.assert_equal("narrowed");
}
