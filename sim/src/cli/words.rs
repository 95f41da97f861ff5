//! `deadheat words`: the words that reports use, one sentence and one example each.

use std::fmt::Write as _;

use serde_json::json;

use super::Failure;
use super::exit_code::ExitCode;
use super::format::Format;
use super::output::Output;
use crate::report::{page, stamp};

/// A word, what it means, and an example.
type Word = (&'static str, &'static str, &'static str);

/// The glossary, in the order in which a reader meets the words.
pub(super) const WORDS: [Word; 16] = [
    (
        "trial",
        "One run of a scenario under one schedule, from the first click until nothing is left to \
         happen.",
        "double-click, seed 6",
    ),
    (
        "sweep",
        "Many trials of one scenario with consecutive seeds.",
        "`deadheat run double-click --trials 10k` plays seeds 1 to 10,000",
    ),
    (
        "occurrence",
        "One thing that happens at one moment: a request arrives, a run ends, a lock expires.",
        "generate#2.1/create_run#1/arrives",
    ),
    (
        "pick",
        "The choice of the occurrence that happens next, and when.",
        "at 0.288 s, generate#1.1's create_run arrives before generate#2.1's",
    ),
    (
        "schedule",
        "All picks of a trial in order; it alone decides the trial.",
        "a case stores one, by the names of its occurrences",
    ),
    (
        "window",
        "The shortest and the longest time that a step may take; every length in between can \
         happen.",
        "run_time = \"2s..20s\"",
    ),
    (
        "lane",
        "One OS thread that plays trials; no result depends on the number of lanes.",
        "`--lanes 4`, or `-j 4`",
    ),
    (
        "guard",
        "A change to the application that is meant to prevent a race, applied to a scenario.",
        "--guard lock:ttl=30s,busy=skip",
    ),
    (
        "fate",
        "A choice other than time: whether a fault strikes, or how a run ends.",
        "this run fails",
    ),
    (
        "fault",
        "Something that can go wrong, declared in the scenario with its probability.",
        "{ lose_reply = \"create_run\", chance = 0.01 }",
    ),
    (
        "request",
        "One thing that a user, job or process asks the assistant for; asking again for the same \
         thing is the same request.",
        "two clicks on Generate within `intent` (2 s)",
    ),
    (
        "answered",
        "A request is answered once a completed run has seen its message.",
        "run_1 completes after msg_1 was added",
    ),
    (
        "paid twice",
        "A second run spent tokens on a request, although the first one did not fail.",
        "both clicks get a run that completes",
    ),
    (
        "way of breaking",
        "How a property broke, free of times and numbers, so that the same bug has the same name \
         in every trial; reports print it as a fingerprint.",
        "no-rejected-call: create_run generate < create_run generate other (not awaited)",
    ),
    (
        "case",
        "A failing trial in a small JSON file that still replays after the scenario has changed.",
        "target/deadheat/double-click-no-rejected-call-create_run-076fba51.json",
    ),
    (
        "mark",
        "Something that a trial may reach and that is neither right nor wrong; it shows what was \
         exercised.",
        "lock-waited: a lock was busy, and its actor waited for it",
    ),
];

/// Runs the command.
pub(super) fn words(format: Format, output: &mut Output) -> Result<ExitCode, Failure> {
    match format {
        Format::Human => output.write(&glossary())?,
        Format::Json => {
            for (word, meaning, example) in WORDS {
                let object = json!({ "word": word, "meaning": meaning, "example": example });
                output.line(&stamp::object("word", &object))?;
            }
        }
    }
    Ok(ExitCode::Expected)
}

/// The glossary as text.
pub(super) fn glossary() -> String {
    let mut text = String::new();
    for (word, meaning, example) in WORDS {
        let _ = writeln!(text, "{word}");
        text.push_str(&page::paragraph_to(meaning, (4, 4), 96));
        let _ = writeln!(text, "    Example: {example}");
    }
    text
}
