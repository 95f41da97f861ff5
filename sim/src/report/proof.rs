//! A proof for people and as JSON: the verdict in exact words, what was searched for it, and the
//! counterexample if there is one.

use std::fmt::Write as _;
use std::time::Duration;

use deadheat_model::id::Actor;
use deadheat_model::property::PropertyId;
use deadheat_model::time::Span;
use serde_json::json;

use super::human::titled;
use super::number::{grouped, plural};
use super::page::paragraph;
use super::stamp;
use super::timeline::story;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint, words};
use crate::record::{Assumed, Counterexample, Cut, FewerActors, Proof, Proved, Purpose, Verdict};

/// Renders the report. The text ends with a blank line.
pub fn human(proof: &Proof, elapsed: Duration) -> String {
    let (style, verdict) = match &proof.verdict {
        Verdict::Proved(_) => (GOOD, "proved".to_owned()),
        Verdict::Broken(found) => (BAD, format!("broken: {}", names(&properties(found)))),
        Verdict::Undecided(_) => (WARN, "undecided".to_owned()),
    };
    let title = titled(&proof.scenario, &proof.invocation);
    let mut text = format!("{}  {}\n", paint(HEAD, &title), paint(style, &verdict));
    let _ = writeln!(text, "  {}\n", proof.about);
    text.push_str(&paragraph(&sentence(proof), (2, 2)));
    for line in caveats(proof) {
        text.push_str(&paragraph(&line, (2, 2)));
    }
    text.push_str(&searches(proof, elapsed));
    if let Verdict::Broken(found) = &proof.verdict {
        for way in &found.broken {
            let what = words::finding(way, &proof.cast);
            let _ = writeln!(text, "\n  {} {what}", paint(BAD, "!"));
            let _ = writeln!(text, "    {}", words::fingerprint(&way.fingerprint, &proof.cast));
        }
        let title = format!("{title}, an order that breaks it");
        let _ =
            write!(text, "\n{}", story(&found.trial, &title, "at times that all windows allow"));
        if let Some(case) = &found.case {
            let program = &proof.invocation.program;
            let _ = writeln!(text, "\nagain: {program} replay {}", words::quote(case));
        }
    }
    text.push('\n');
    text
}

/// Returns the verdict, in exact words.
pub fn sentence(proof: &Proof) -> String {
    let (asked, faults) = (&proof.asked, faults(proof.faults));
    match &proof.verdict {
        Verdict::Proved(proved) => {
            let faults = self::faults(proved.assumed().faults);
            format!(
                "{faults} and with latencies within the declared windows, no order of up to {} \
                 breaks {}",
                plural(proved.search().longest, "occurrence", "occurrences"),
                any_of(proved.asked())
            )
        }
        Verdict::Broken(found) => match found.counted {
            Some((orders, broken)) => format!(
                "{faults} and with latencies within the declared windows, {} of {} orders break {}",
                count(broken),
                count(orders),
                any_of(asked)
            ),
            None => {
                let few = proof.switches.map(|bound| format!(" with at most {}", switches(bound)));
                let more = if few.is_some() { "" } else { " (--count counts the orders)" };
                format!(
                    "{faults} and with latencies within the declared windows, an order{} breaks \
                     {}{more}",
                    few.unwrap_or_default(),
                    any_of(asked)
                )
            }
        },
        Verdict::Undecided(cuts) => {
            let cuts: Vec<String> = cuts.iter().map(|cut| cut_off(*cut)).collect();
            format!(
                "{faults}, nothing was found that breaks {}, and nothing is proved: the search \
                 stopped {}",
                any_of(asked),
                cuts.join(" and ")
            )
        }
    }
}

fn faults(most: u32) -> String {
    match most {
        0 => "without faults".to_owned(),
        most => format!("with at most {}", plural(u64::from(most), "fault", "faults")),
    }
}

fn any_of(asked: &[PropertyId]) -> String {
    match asked {
        [one] => one.name().to_owned(),
        several => format!("any of: {}", names(several)),
    }
}

fn switches(bound: u32) -> String {
    plural(u64::from(bound), "context switch", "context switches")
}

fn cut_off(cut: Cut) -> String {
    match cut {
        Cut::States(states) => format!("after {} states (--max-states)", grouped(states)),
        Cut::Memory(bytes) => format!("at {} MiB (--max-memory)", grouped(bytes >> 20)),
        Cut::Trials(trials) => format!("after {} trials (--max-trials)", grouped(trials)),
        Cut::Switches(bound) => format!("after {} (--switches)", switches(bound)),
        Cut::Time => "at its time limit (--for)".to_owned(),
        Cut::Interrupted => "because it was interrupted".to_owned(),
        Cut::OutOfBudget(orders) => {
            format!("at the scenario's [budget] in {} orders", grouped(orders))
        }
    }
}

/// Returns what the verdict does not say.
fn caveats(proof: &Proof) -> Vec<String> {
    let mut lines = Vec::new();
    if proof.leaves_fates_out && !matches!(proof.verdict, Verdict::Broken(_)) {
        lines.push(format!(
            "(faults are possible in this scenario: --faults {} allows one more)",
            proof.faults + 1
        ));
    }
    if let [first, rest @ ..] = proof.fewer_actors.as_slice() {
        let answer = |fewer: &FewerActors| {
            let verdict = if fewer.is_broken { "it breaks" } else { "it is proved" };
            format!("{verdict} ({})", plural(fewer.states, "state", "states"))
        };
        let mut line =
            format!("with at most {} actors of each kind, {}", first.most, answer(first));
        for fewer in rest {
            let _ = write!(line, "; with {}, {}", fewer.most, answer(fewer));
        }
        lines.push(line);
    }
    let Verdict::Proved(proved) = &proof.verdict else { return lines };
    let Assumed { alike, settle, .. } = proved.assumed();
    for class in alike {
        let names: Vec<String> = class.iter().map(|actor| proof.cast.name(*actor)).collect();
        lines.push(format!("(assumed: {} differ in nothing but their names)", names.join(", ")));
    }
    if let Some(settle) = settle {
        lines.push(format!(
            "(all-settled: nothing waits forever and nothing is left behind; that it all takes no \
             longer than {settle} is not part of this)"
        ));
    }
    lines
}

fn searches(proof: &Proof, elapsed: Duration) -> String {
    let head = format!(
        "{:<24}{:>12}{:>12}{:>12}{:>12}{:>9}",
        "search", "trials", "states", "pruned", "infeasible", "longest"
    );
    let mut text = format!("\n  {}\n", paint(FAINT, &head));
    for searched in &proof.searches {
        let what = match searched.purpose {
            Purpose::Loose => "without idle polls",
            Purpose::Exact => "with every poll",
            Purpose::Sample => "at random",
            Purpose::Count => "to count the orders",
        };
        let is_cut = if searched.is_complete || searched.purpose == Purpose::Sample {
            ""
        } else {
            "  not to its end"
        };
        let _ = writeln!(
            text,
            "  {what:<24}{:>12}{:>12}{:>12}{:>12}{:>9}{is_cut}",
            grouped(searched.trials),
            grouped(searched.states),
            grouped(searched.pruned),
            grouped(searched.infeasible),
            grouped(searched.longest),
        );
    }
    let seconds = elapsed.as_secs_f64();
    let _ = writeln!(text, "  {}", paint(FAINT, &format!("{seconds:.3} s")));
    text
}

/// Returns the object.
pub fn json(proof: &Proof, elapsed: Duration) -> String {
    let verdict = match &proof.verdict {
        Verdict::Proved(_) => "proved",
        Verdict::Broken(_) => "broken",
        Verdict::Undecided(_) => "undecided",
    };
    let searches: Vec<_> = proof
        .searches
        .iter()
        .map(|searched| {
            json!({
                "purpose": searched.purpose.name(),
                "trials": searched.trials,
                "occurrences": searched.occurrences,
                "states": searched.states,
                "pruned": searched.pruned,
                "infeasible": searched.infeasible,
                "longest": searched.longest,
                "complete": searched.is_complete,
            })
        })
        .collect();
    let fewer: Vec<_> = proof
        .fewer_actors
        .iter()
        .map(|fewer| {
            let verdict = if fewer.is_broken { "broken" } else { "proved" };
            json!({ "at_most": fewer.most, "verdict": verdict, "states": fewer.states })
        })
        .collect();
    let settings = &proof.invocation.settings;
    let mut object = json!({
        "scenario": proof.scenario,
        "set": settings.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "guard": proof.invocation.guards,
        "properties": proof.asked,
        "faults": proof.faults,
        "switches": proof.switches,
        "verdict": verdict,
        "sentence": sentence(proof),
        "caveats": caveats(proof),
        "searches": searches,
        "fewer_actors": fewer,
        "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    });
    match &proof.verdict {
        Verdict::Broken(found) => object["counterexample"] = counterexample(found, proof),
        Verdict::Proved(proved) => object["evidence"] = evidence(proved, proof),
        Verdict::Undecided(_) => {}
    }
    stamp::object("proof", &object)
}

fn evidence(proved: &Proved, proof: &Proof) -> serde_json::Value {
    let Assumed { faults, alike, settle } = proved.assumed();
    let named = |class: &Vec<Actor>| -> Vec<String> {
        class.iter().map(|actor| proof.cast.name(*actor)).collect()
    };
    json!({
        "properties": proved.asked(),
        "search": proved.search().purpose.name(),
        "states": proved.search().states,
        "longest": proved.search().longest,
        "assumed": {
            "faults": faults,
            "alike": alike.iter().map(named).collect::<Vec<_>>(),
            "settle_us_left_out": settle.map(Span::as_us),
        },
    })
}

fn counterexample(found: &Counterexample, proof: &Proof) -> serde_json::Value {
    let broken = found.broken.iter().map(|way| {
        json!({
            "property": way.fingerprint.property,
            "fingerprint": words::fingerprint(&way.fingerprint, &proof.cast),
            "what": words::finding(way, &proof.cast),
        })
    });
    let picks = found.trial.schedule.iter().flat_map(|schedule| &schedule.picks);
    let picks = picks.map(|pick| json!([pick.name.display(&proof.cast), pick.at.as_us()]));
    // Not every reader can read numbers beyond 2^53.
    let counted = found.counted.map(|(orders, broken)| [orders.to_string(), broken.to_string()]);
    json!({
        "broken": broken.collect::<Vec<_>>(),
        "orders": counted.as_ref().map(|[orders, _]| orders),
        "orders_broken": counted.as_ref().map(|[_, broken]| broken),
        "case": found.case,
        "picks_us": picks.collect::<Vec<_>>(),
    })
}

fn properties(found: &Counterexample) -> Vec<PropertyId> {
    let mut properties: Vec<PropertyId> =
        found.broken.iter().map(|way| way.fingerprint.property).collect();
    properties.dedup();
    properties
}

/// Returns the names of these properties, one after another.
pub(super) fn names(properties: &[PropertyId]) -> String {
    properties.iter().map(|property| property.name()).collect::<Vec<_>>().join(", ")
}

/// Returns a number of orders.
pub(super) fn count(number: u128) -> String {
    match u64::try_from(number) {
        Ok(number) => grouped(number),
        Err(_) if number == u128::MAX => "more than 10^38".to_owned(),
        Err(_) => format!("{:.2e}", number as f64),
    }
}
