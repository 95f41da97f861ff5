//! A threshold for people and as JSON: both sides of it, and every value that was tried.

use std::fmt::Write as _;
use std::time::Duration;

use deadheat_model::property::PropertyId;
use serde_json::json;

use super::number::plural;
use super::page::paragraph;
use super::proof::names;
use super::stamp;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint, words};
use crate::record::{Answered, Threshold, Verged};

/// A threshold, with everything that a report says about it.
pub struct Verge<'a> {
    /// The title of the scenario with its guards and settings.
    pub title: &'a str,
    /// What the scenario is about.
    pub about: &'a str,
    /// The parameter.
    pub name: &'a str,
    /// Whether the smallest value is looked for.
    pub is_least: bool,
    /// The result.
    pub threshold: &'a Threshold,
    /// Spells a value.
    pub spell: &'a dyn Fn(u64) -> String,
    /// The properties that were asked for.
    pub asked: &'a [PropertyId],
    /// The properties that the value on the bad side breaks.
    pub broken: &'a [PropertyId],
    /// The case of the value on the bad side.
    pub case: Option<&'a str>,
    /// The command line that proves the value on the good side.
    pub proves: Option<&'a str>,
    /// How many states were opened in all.
    pub states: u64,
    /// How the program was called.
    pub program: &'a str,
}

/// Renders the report. The text ends with a blank line.
pub fn human(verge: &Verge<'_>, elapsed: Duration) -> String {
    let Verge { name, spell, threshold, .. } = verge;
    let which = if verge.is_least { "least" } else { "most" };
    let (style, verdict) = match threshold.verged {
        Verged::Found { proved, .. } => (GOOD, format!("{which} {name}: {}", spell(proved))),
        Verged::AllProved => (GOOD, format!("proved for every {name} that was tried")),
        Verged::AllBroken => (BAD, format!("broken for every {name} that was tried")),
        Verged::Contradiction { .. } => (WARN, format!("no single {which} {name}")),
        Verged::Undecided(value) => (WARN, format!("undecided at {name}={}", spell(value))),
    };
    let mut text = format!("{}  {}\n", paint(HEAD, verge.title), paint(style, &verdict));
    let _ = writeln!(text, "  {}\n", verge.about);
    match threshold.verged {
        Verged::Found { proved, broken } => {
            let properties =
                names(if verge.broken.is_empty() { verge.asked } else { verge.broken });
            text.push_str(&paragraph(&format!("{} breaks {properties}", spell(broken)), (2, 4)));
            if let Some(case) = verge.case {
                let _ = writeln!(text, "    {} replay {}", verge.program, words::quote(case));
            }
            let _ = writeln!(text, "  {} is proved", spell(proved));
            if let Some(line) = verge.proves {
                let _ = writeln!(text, "    {line}");
            }
        }
        Verged::Contradiction { proved, broken } => {
            let order = format!(
                "{} is proved, but {} breaks, so a {} {name} is not always better: no {which} \
                 value is claimed.",
                spell(proved),
                spell(broken),
                if verge.is_least { "larger" } else { "smaller" },
            );
            text.push_str(&paragraph(&order, (2, 2)));
        }
        Verged::Undecided(_) => {
            let line = "The search for this value was cut off, so no value is claimed.";
            text.push_str(&paragraph(line, (2, 2)));
        }
        Verged::AllProved | Verged::AllBroken => {}
    }
    text.push_str(&tried(verge));
    let states = plural(verge.states, "state", "states");
    let proofs = plural(threshold.tried.len() as u64, "proof", "proofs");
    let seconds = elapsed.as_secs_f64();
    let foot = format!("{proofs}, {states}, {seconds:.2} s");
    let _ = writeln!(text, "  {}\n", paint(FAINT, &foot));
    text
}

fn tried(verge: &Verge<'_>) -> String {
    let mut text = String::new();
    if matches!(verge.threshold.verged, Verged::Found { .. }) {
        let more = if verge.is_least { "larger" } else { "smaller" };
        let assumed =
            format!("  assumed: a {more} {} never breaks what is proved. Tried:", verge.name);
        let _ = writeln!(text, "\n{assumed}");
    } else {
        let _ = writeln!(text, "\n  Tried:");
    }
    for answered in [Answered::Broken, Answered::Proved] {
        let values: Vec<String> = verge
            .threshold
            .tried
            .iter()
            .filter(|tried| tried.answered == answered)
            .map(|tried| (verge.spell)(tried.value))
            .collect();
        if !values.is_empty() {
            text.push_str(&paragraph(
                &format!("{}: {}", answered.name(), values.join(", ")),
                (4, 12),
            ));
        }
    }
    text
}

/// Returns the object.
pub fn json(verge: &Verge<'_>, elapsed: Duration) -> String {
    let spell = verge.spell;
    let (verdict, proved, broken) = match verge.threshold.verged {
        Verged::Found { proved, broken } => ("found", Some(proved), Some(broken)),
        Verged::AllProved => ("all-proved", None, None),
        Verged::AllBroken => ("all-broken", None, None),
        Verged::Contradiction { proved, broken } => ("contradiction", Some(proved), Some(broken)),
        Verged::Undecided(_) => ("undecided", None, None),
    };
    let tried = verge
        .threshold
        .tried
        .iter()
        .map(|tried| json!({ "value": spell(tried.value), "verdict": tried.answered.name() }));
    let object = json!({
        "scenario": verge.title,
        "parameter": verge.name,
        "bound": if verge.is_least { "least" } else { "most" },
        "verdict": verdict,
        "proved": proved.map(spell),
        "broken": broken.map(spell),
        "case": verge.case,
        "properties": verge.asked,
        "tried": tried.collect::<Vec<_>>(),
        "states": verge.states,
        "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    });
    stamp::object("threshold", &object)
}
