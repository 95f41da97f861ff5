//! A shrunk trial for people and as JSON: what it was and is, what was tried, in which sense it is
//! minimal, and its timeline.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::human::titled;
use super::number::{grouped, plural};
use super::page::{lines, paragraph};
use super::stamp;
use super::timeline::story;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint, words};
use crate::record::{Cut, Fewer, Shrunk, Size};

/// Renders the report. `again` is the line that plays the shrunk trial.
pub fn human(shrunk: &Shrunk, again: &str, elapsed: Duration) -> String {
    let title = format!("{}, seed {}", titled(&shrunk.scenario, &shrunk.invocation), shrunk.seed);
    let (style, word) = match (shrunk.cut, shrunk.before == shrunk.after) {
        (Some(_), _) => (WARN, "cut off"),
        (None, true) => (GOOD, "is as small as can be"),
        (None, false) => (GOOD, "shrunk"),
    };
    let cast = &shrunk.trial.history.cast;
    let mut text = format!("{}  {}\n", paint(HEAD, &title), paint(style, word));
    let what = words::finding(&shrunk.way, cast);
    for (at, line) in lines(&what, 96).iter().enumerate() {
        let lead = if at == 0 { paint(BAD, "!") } else { " ".to_owned() };
        let _ = writeln!(text, "  {lead} {line}");
    }
    let _ = writeln!(text, "    {}\n", words::fingerprint(&shrunk.way.fingerprint, cast));
    let _ =
        writeln!(text, "  {}", paint(FAINT, &format!("{:<34}{:>10}{:>10}", "", "it was", "it is")));
    for (name, before, after) in rows(shrunk) {
        let _ = writeln!(text, "  {name:<34}{:>10}{:>10}", grouped(before), grouped(after));
    }
    text.push('\n');
    for line in minimal(shrunk) {
        text.push_str(&paragraph(&line, (2, 2)));
    }
    let effort = shrunk.effort;
    let _ = writeln!(
        text,
        "  {}\n",
        paint(
            FAINT,
            &format!(
                "tried: {}, {} of them kept; {}; {:.3} s",
                plural(effort.candidates, "smaller scenario", "smaller scenarios"),
                grouped(effort.accepted),
                plural(effort.trials, "trial", "trials"),
                elapsed.as_secs_f64(),
            )
        )
    );
    let _ = write!(text, "{}", scenario(shrunk));
    let about = match shrunk.cut {
        Some(_) => "until it breaks",
        None => "at the simplest times that all windows allow, until it breaks",
    };
    text.push_str(&story(&shrunk.trial, &format!("{title}, shrunk"), about));
    let _ = writeln!(text, "\nagain: {again}\n");
    text
}

/// Returns the participants of the shrunk scenario and what they do, as its file declares them.
fn scenario(shrunk: &Shrunk) -> String {
    const SHOWN: [&str; 4] = ["[[user]]", "[[process]]", "[job.", "[[fault]]"];
    let is_shown = |block: &&str| SHOWN.iter().any(|head| block.starts_with(head));
    let mut text = String::new();
    for block in shrunk.text.split("\n\n").filter(is_shown) {
        for line in block.trim_end().lines() {
            let _ = writeln!(text, "  {}", paint(FAINT, line));
        }
        text.push('\n');
    }
    text
}

fn rows(shrunk: &Shrunk) -> Vec<(&'static str, u64, u64)> {
    let row = |name, of: fn(&Size) -> u64| (name, of(&shrunk.before), of(&shrunk.after));
    let mut rows = vec![
        row("actors", |size| size.actors),
        row("loops until some time", |size| size.open_loops),
        row("iterations and sections", |size| size.rounds),
        row("actions", |size| size.actions),
        row("faults", |size| size.faults),
        row("documents, jobs, features", |size| size.features),
        row("tries, retries, tool turns", |size| size.again),
        row("context switches until it broke", |size| u64::from(size.switches)),
        row("occurrences until it broke", |size| size.occurrences),
        row("ms of runs and faults, at most", |size| size.longest / 1_000),
    ];
    rows.retain(|(_, before, after)| before + after > 0);
    rows
}

/// Returns in which sense the trial is minimal.
fn minimal(shrunk: &Shrunk) -> Vec<String> {
    if let Some(cut) = shrunk.cut {
        let why = match cut {
            Cut::Interrupted => "by an interrupt",
            Cut::Trials(_)
            | Cut::States(_)
            | Cut::Memory(_)
            | Cut::Time
            | Cut::Switches(_)
            | Cut::OutOfBudget(_) => "when its time was over (--for)",
        };
        return vec![format!("it was cut off {why}: there may be more to leave out")];
    }
    let switches = shrunk.after.switches;
    let fewer = match (switches, shrunk.fewer) {
        (0, _) => "there is no context switch".to_owned(),
        (_, Fewer::Impossible) => format!(
            "fewer context switches are impossible: with at most {} and with latencies within the \
             declared windows, no order with fewer than {switches} breaks in this way",
            plural(u64::from(shrunk.faults), "fault", "faults"),
        ),
        (_, Fewer::NotFound) => {
            "no order with fewer context switches was found; not all were searched".to_owned()
        }
    };
    vec![
        "nothing more can be left out: no scenario that is a step smaller was found to break in \
         this way"
            .to_owned(),
        fewer,
    ]
}

/// Returns the object. `case` is the file that the shrunk trial was written to.
pub fn json(shrunk: &Shrunk, case: &str, again: &str, elapsed: Duration) -> String {
    let cast = &shrunk.trial.history.cast;
    let size = |size: &Size| {
        json!({
            "actors": size.actors,
            "open_loops": size.open_loops,
            "rounds": size.rounds,
            "actions": size.actions,
            "faults": size.faults,
            "features": size.features,
            "again": size.again,
            "switches": size.switches,
            "occurrences": size.occurrences,
            "longest_us": size.longest,
        })
    };
    let settings = shrunk.invocation.settings.iter().cloned();
    let object = json!({
        "scenario": shrunk.scenario,
        "set": settings.collect::<std::collections::BTreeMap<_, _>>(),
        "guard": shrunk.invocation.guards,
        "seed": shrunk.seed,
        "property": shrunk.way.fingerprint.property,
        "fingerprint": words::fingerprint(&shrunk.way.fingerprint, cast),
        "what": words::finding(&shrunk.way, cast),
        "before": size(&shrunk.before),
        "after": size(&shrunk.after),
        "fewer_switches": shrunk.fewer.to_string(),
        "complete": shrunk.cut.is_none(),
        "minimal": minimal(shrunk),
        "candidates": shrunk.effort.candidates,
        "accepted": shrunk.effort.accepted,
        "trials": shrunk.effort.trials,
        "occurrences": shrunk.effort.occurrences,
        "text": shrunk.text,
        "case": case,
        "replay": again,
        "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    });
    stamp::object("shrunk", &object)
}
