//! A history as JSON lines: one event per line, names instead of numbers, and times in
//! microseconds. This form is documented and stable. A digest is computed from its bytes.

use std::fmt;
use std::str::FromStr;

use deadheat_model::history::{
    Answer, Cast, Death, Ending, Event, Freed, History, Label, Scope, What,
};
use deadheat_model::id::Actor;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// The version of the lines. It changes when a field changes its meaning, not when one is added.
pub const LINES_FORMAT: u32 = 2;

/// What a replay is compared by: the scenario's own digest, and the digest of the history's lines.
/// It is shown as `1a2b3c4d-0123456789abcdef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    /// The hash of the scenario's behaviour.
    pub scenario: u32,
    /// The hash of the history's lines.
    pub history: u64,
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:016x}", self.scenario, self.history)
    }
}

/// The error for a text that is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADigest;

impl fmt::Display for NotADigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest looks like 1a2b3c4d-0123456789abcdef; a replay prints it")
    }
}

impl std::error::Error for NotADigest {}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Digest, NotADigest> {
        let (scenario, history) = text.split_once('-').ok_or(NotADigest)?;
        let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if scenario.len() != 8 || history.len() != 16 || !is_hex(scenario) || !is_hex(history) {
            return Err(NotADigest);
        }
        Ok(Digest {
            scenario: u32::from_str_radix(scenario, 16).map_err(|_| NotADigest)?,
            history: u64::from_str_radix(history, 16).map_err(|_| NotADigest)?,
        })
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Digest, NotADigest> {
        text.parse()
    }
}

/// Returns the digest of a history of the scenario with this digest.
pub fn digest(scenario: u32, history: &History) -> Digest {
    let mut hash = Xxh3::new();
    for line in lines(history) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    Digest { scenario, history: hash.digest() }
}

/// Returns the history's lines, with the cast first.
pub fn lines(history: &History) -> impl Iterator<Item = String> {
    let cast = First { event: "cast", format: LINES_FORMAT, cast: &history.cast };
    std::iter::once(json(&cast))
        .chain(history.events.iter().map(|event| line(&history.cast, event)))
}

/// Returns the line of one event.
pub fn line(cast: &Cast, event: &Event) -> String {
    let mut line = Line {
        at: event.at.as_us(),
        by: event.by.map(|actor| cast.name(actor)),
        ..Line::default()
    };
    fill(&mut line, cast, event);
    json(&line)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("invariant: a line is a flat object of plain values")
}

#[derive(Serialize)]
struct First<'a> {
    event: &'static str,
    format: u32,
    #[serde(flatten)]
    cast: &'a Cast,
}

/// Every field that a line may have. `at` is in microseconds. What does not apply is left out.
#[derive(Default, Serialize)]
struct Line {
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nth: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asks: Option<Vec<Asks>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

fn fill(line: &mut Line, cast: &Cast, event: &Event) {
    let document = |id| Some(cast.document(id).name.clone());
    match &event.what {
        What::Clicked { kind, document: about, same } => {
            line.event = "clicked";
            line.job = Some(cast.kind(*kind).name.clone());
            line.document = document(*about);
            line.same = same.map(|same| cast.same(same));
        }
        What::Dispatched { job, document: about, section, same } => {
            line.same = same.map(|same| cast.same(same));
            line.event = "dispatched";
            line.job = Some(cast.job(*job));
            line.document = document(*about);
            line.section = *section;
        }
        What::Started { worker } => {
            line.event = "started";
            line.worker = *worker;
        }
        What::Ended(ending) => {
            line.event = "ended";
            match ending {
                Ending::Done => {}
                Ending::Failed { cause, last } => {
                    (line.cause, line.last) = (Some(cause.name()), Some(*last));
                }
                Ending::Released => line.cause = Some("released"),
                Ending::Dropped => line.cause = Some("dropped"),
                Ending::Exhausted => line.cause = Some("exhausted"),
            }
        }
        What::Answered { nth, operation, thread, asks, answer } => {
            line.event = "answered";
            (line.operation, line.nth) = (Some(operation.name()), Some(*nth));
            line.thread = thread.map(|thread| thread.to_string());
            fill_asks(line, cast, event.by, asks.as_slice());
            fill_answer(line, answer);
        }
        What::Message { message, thread, document: about, asks } => {
            line.event = "message";
            line.message = Some(message.to_string());
            line.thread = Some(thread.to_string());
            line.document = about.and_then(document);
            fill_asks(line, cast, event.by, asks.as_slice());
        }
        What::RunCreated { run, thread, document: about } => {
            line.event = "run_created";
            line.run = Some(run.to_string());
            line.thread = Some(thread.to_string());
            line.document = about.and_then(document);
        }
        What::RunMoved { run, status, spent } => {
            line.event = "run_moved";
            line.run = Some(run.to_string());
            (line.status, line.spent) = (Some(status.name()), Some(*spent));
        }
        What::RowRead { document: about, thread } => {
            line.event = "row_read";
            line.document = document(*about);
            line.thread = thread.map(|thread| thread.to_string());
        }
        What::ThreadSaved { document: about, thread } => {
            line.event = "thread_saved";
            line.document = document(*about);
            line.thread = Some(thread.to_string());
        }
        What::ReplySaved { document: about, section, run } => {
            line.event = "reply_saved";
            line.document = document(*about);
            line.section = *section;
            line.run = run.map(|run| run.to_string());
        }
        What::Marked(mark) => {
            line.event = "marked";
            line.mark = Some(mark.name());
        }
        What::End(end) => {
            line.event = "end";
            line.end = Some(end.name());
        }
        What::LockTaken { lock } => {
            line.event = "lock_taken";
            line.lock = Some(cast.lock(*lock));
        }
        What::LockBusy { lock, holder } => {
            line.event = "lock_busy";
            (line.lock, line.holder) = (Some(cast.lock(*lock)), Some(cast.name(*holder)));
        }
        What::LockLeft { lock, holder, freed } => {
            line.event = "lock_left";
            (line.lock, line.holder) = (Some(cast.lock(*lock)), Some(cast.name(*holder)));
            line.freed = freed.map(|freed| cast.name(freed));
        }
        What::LockFreed { lock, holder, why } => {
            line.event = "lock_freed";
            (line.lock, line.holder) = (Some(cast.lock(*lock)), Some(cast.name(*holder)));
            line.cause = Some(match why {
                Freed::Expired => "expired",
                Freed::Lost => "lost",
            });
        }
        What::Killed { death, last } => {
            line.event = "killed";
            line.last = Some(*last);
            line.cause = Some(match death {
                Death::Crash => "crash",
                Death::Timeout => "timeout",
            });
        }
        What::Ignored { kind, document: about, section, same } => {
            line.event = "ignored";
            line.same = same.map(|same| cast.same(same));
            line.job = Some(cast.kind(*kind).name.clone());
            line.document = Some(cast.document(*about).name.clone());
            line.section = *section;
        }
        What::IntentOver { kind, document: about } => {
            line.event = "intent_over";
            line.job = Some(cast.kind(*kind).name.clone());
            line.document = Some(cast.document(*about).name.clone());
        }
        What::Skipped { asks } => {
            line.event = "skipped";
            fill_asks(line, cast, event.by, asks);
        }
        What::Paused => line.event = "paused",
        What::Resumed => line.event = "resumed",
        What::Fault { clause, call } => {
            line.event = "fault";
            line.fault = Some(format!(
                "{} {}",
                cast.name(Actor::Fault(*clause)),
                cast.role(Actor::Fault(*clause))
            ));
            if let Some((operation, nth)) = call {
                (line.operation, line.nth) = (Some(operation.name()), Some(*nth));
            }
        }
    }
}

fn fill_answer(line: &mut Line, answer: &Answer) {
    line.http = Some(200);
    match answer {
        Answer::Thread(thread) => line.thread = Some(thread.to_string()),
        Answer::Message(message) => line.message = Some(message.to_string()),
        Answer::Run(run, status) => {
            (line.run, line.status) = (Some(run.to_string()), Some(status.name()));
        }
        Answer::Runs(active) => line.run = active.map(|run| run.to_string()),
        Answer::Messages(found) => line.message = found.map(|message| message.to_string()),
        Answer::Refused(error) => {
            line.http = Some(error.status());
            line.error = Some(error.to_string());
            line.run = error.active_run().map(|run| run.to_string());
        }
    }
}

/// A question: what it is about, and how it is worded.
#[derive(Serialize)]
struct Asks {
    about: String,
    text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
}

fn fill_asks(line: &mut Line, cast: &Cast, by: Option<Actor>, labels: &[Label]) {
    let asks = |label: &Label| Asks {
        about: label_text(cast, by, *label),
        text: cast.text(label.text).to_owned(),
        optional: label.is_optional,
    };
    line.asks = (!labels.is_empty()).then(|| labels.iter().map(asks).collect());
}

/// Returns what a message asks for, or the key that it goes by. Examples are `document 7`,
/// `document 7 section 3` and `stress-worker-2 iteration 4`.
pub(crate) fn label_text(cast: &Cast, by: Option<Actor>, label: Label) -> String {
    match label.scope {
        Scope::Work { document, section } => {
            let name = &cast.document(document).name;
            match section {
                Some(section) => format!("document {name} section {section}"),
                None => format!("document {name}"),
            }
        }
        Scope::Iteration(iteration) => {
            let name = by.map(|actor| cast.name(actor)).unwrap_or_default();
            format!("{name} iteration {iteration}")
        }
        Scope::Shared(key) | Scope::Same(key) => cast.same(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_shown() {
        let digest = Digest { scenario: 0x1a, history: 0x0012_3456_789a_bcde };
        assert_eq!(digest.to_string(), "0000001a-00123456789abcde");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("123".parse::<Digest>(), Err(NotADigest));
        assert_eq!("+000001a-00123456789abcde".parse::<Digest>(), Err(NotADigest));
    }
}
