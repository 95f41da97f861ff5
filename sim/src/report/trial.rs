//! A trial as one JSON object: everything that a picture of it needs. Fields may be added, but no
//! field changes its meaning.
//!
//! Events are numbered from 0, and picks from 1. All times are in microseconds since the start.

use std::collections::{BTreeMap, BTreeSet};

use deadheat_model::history::{Answer, Event, Mark, What};
use deadheat_model::property::{PropertyId, Violation};
use deadheat_model::time::Window;
use serde_json::{Map, Value, json as object};

use super::sentence::sentence;
use super::{stamp, words};
use crate::record::{Account, Fired, Trial, line};

/// Returns the object of a trial that was replayed. `again` is the line that replays it, and
/// `verdict` says what has become of the case that it follows.
pub fn json(trial: &Trial, account: &Account, again: &str, verdict: Option<&str>) -> String {
    let mut object = fields(trial, account);
    object.insert("replay".to_owned(), again.into());
    object.insert("verdict".to_owned(), verdict.into());
    stamp::object("trial", &object)
}

/// Returns the fields of a trial.
pub(super) fn fields(trial: &Trial, account: &Account) -> Map<String, Value> {
    let (cast, events) = (&trial.history.cast, &trial.history.events);
    let broken: BTreeSet<PropertyId> = trial.violations.iter().map(|one| one.property).collect();
    let kept = PropertyId::ALL.into_iter().filter(|property| !broken.contains(property));
    let expected = |property: PropertyId| account.expected[property as usize].name();
    let kept = kept.map(|property| object!({ "name": property, "expected": expected(property) }));
    let actors: BTreeSet<_> = events.iter().filter_map(|event| event.by).collect();
    let actors = actors
        .into_iter()
        .map(|actor| object!({ "name": cast.name(actor), "role": cast.role(actor) }));
    let settings: BTreeMap<_, _> = account.invocation.settings.iter().cloned().collect();
    let first = first_events(account);
    let picks = account.picks.iter().enumerate();
    let picks = picks.map(|(place, fired)| pick(fired, first.get(&place), trial));
    let events = (0..events.len()).map(|place| event(place, trial, account));
    let broken = trial.violations.iter().map(|one| violation(one, trial, account));
    let end = trial.history.events.last().map(|event| event.at).unwrap_or_default();
    let marks = Mark::ALL.into_iter().filter(|mark| trial.marks.has(*mark));
    let object = object!({
        "scenario": trial.scenario,
        "about": account.about,
        "set": settings,
        "guard": account.invocation.guards,
        "strategy": account.invocation.strategy.as_deref().unwrap_or("walk"),
        "seed": trial.seed,
        "program": env!("CARGO_PKG_VERSION"),
        "digest": trial.digest,
        "occurrences": trial.occurrences,
        "end": trial.end.name(),
        "end_us": end.as_us(),
        "unfinished": trial.unfinished,
        "marks": marks.map(Mark::name).collect::<Vec<_>>(),
        "actors": actors.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
        "kept": kept.collect::<Vec<_>>(),
        "picks": picks.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "text": account.text.as_deref(),
    });
    let Value::Object(fields) = object else { unreachable!("invariant: it was just made") };
    fields
}

fn violation(one: &Violation, trial: &Trial, account: &Account) -> Value {
    let cast = &trial.history.cast;
    let witnesses = [Some(one.witnesses.first), one.witnesses.second];
    object!({
        "property": one.property,
        "expected": account.expected[one.property as usize].name(),
        "event": one.at,
        "at_us": trial.history.events[one.at].at.as_us(),
        "fingerprint": words::fingerprint(&one.fingerprint(cast), cast),
        "what": words::violation(one, trial),
        "witnesses": witnesses.into_iter().flatten().map(|one| one.event.0).collect::<Vec<_>>(),
    })
}

/// Returns the first event that each pick caused, by the pick's place.
fn first_events(account: &Account) -> BTreeMap<usize, usize> {
    let mut first = BTreeMap::new();
    for (event, cause) in account.events.iter().enumerate() {
        if let Some(pick) = cause.pick {
            first.entry(pick).or_insert(event);
        }
    }
    first
}

fn pick(fired: &Fired, event: Option<&usize>, trial: &Trial) -> Value {
    let waits = fired.waits.iter().map(|one| {
        let mut object = window(one.window);
        object.insert("what".to_owned(), one.what.name().into());
        Value::Object(object)
    });
    let mut object = window(fired.window);
    object.extend([
        ("name".to_owned(), fired.name.display(&trial.history.cast).into()),
        ("at_us".to_owned(), fired.at.as_us().into()),
        ("since_us".to_owned(), fired.since.as_us().into()),
        ("waits".to_owned(), waits.collect::<Vec<_>>().into()),
        ("choices".to_owned(), fired.choices.into()),
        ("event".to_owned(), event.copied().into()),
    ]);
    Value::Object(object)
}

fn window(window: Window) -> Map<String, Value> {
    let bound =
        |name: &str, span: deadheat_model::time::Span| (name.to_owned(), span.as_us().into());
    [bound("earliest_us", window.earliest), bound("latest_us", window.latest)].into_iter().collect()
}

/// Returns an event: the fields of its line, and what is known about it besides.
fn event(place: usize, trial: &Trial, account: &Account) -> Value {
    let (history, cause) = (&trial.history, &account.events[place]);
    let event = &history.events[place];
    let line: Value =
        serde_json::from_str(&line(&history.cast, event)).expect("invariant: a line is an object");
    let Value::Object(mut object) = line else { unreachable!("invariant: a line is an object") };
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("pick", cause.pick.map(|pick| pick + 1).into());
    put("what", sentence(place, history).into());
    if let Some(line) = &cause.line {
        put("line", line.line.into());
        put("column", line.column.into());
        put("action", line.verb.into());
    }
    if let Some((method, path)) = route(event) {
        put("method", method.into());
        put("path", path.into());
    }
    if let (Some(message), What::Message { .. }) = (&cause.message, &event.what) {
        put("text", message.as_str().into());
    }
    Value::Object(object)
}

/// Returns the HTTP method and the path of the call that an event answers.
pub(super) fn route(event: &Event) -> Option<(&'static str, String)> {
    let What::Answered { operation, thread, answer, .. } = &event.what else { return None };
    let (method, path) = operation.route()?;
    let thread = thread.map_or_else(|| "{thread}".to_owned(), |thread| thread.to_string());
    let run = match answer {
        Answer::Run(run, _) => run.to_string(),
        Answer::Thread(_)
        | Answer::Message(_)
        | Answer::Runs(_)
        | Answer::Messages(_)
        | Answer::Refused(_) => "{run}".to_owned(),
    };
    Some((method, path.replace("{thread}", &thread).replace("{run}", &run)))
}
