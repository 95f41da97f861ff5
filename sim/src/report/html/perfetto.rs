//! A trial as a trace for Perfetto, in the Trace Event Format: each actor, lock and thread is a
//! track, and a flow leads from each refused call to the run because of which it was refused.

use deadheat_model::history::{History, What};
use deadheat_model::id::{Actor, Id as _};
use serde_json::{Value, json};

use super::marks::{actors, marks};
use crate::record::{Account, Moment, Trial};
use crate::report::sentence::sentence;

/// The numbers of the groups of tracks.
const ACTORS: u32 = 1;
const SERVER: u32 = 2;

/// The number of the first actor's track. Perfetto gives 0 a meaning of its own, and takes equal
/// numbers for the same track, whatever their groups.
const FIRST_ACTOR: usize = 1;
/// The number of the first thread's track.
const FIRST_THREAD: usize = 1_000_000;

/// Returns the trace.
pub fn perfetto(trial: &Trial, account: &Account) -> String {
    let history = &trial.history;
    let drawn = marks(history);
    let actors = actors(&drawn);
    let track = |actor: Actor| {
        actors.iter().position(|known| *known == actor).map(|place| FIRST_ACTOR + place)
    };
    let mut events =
        vec![meta("process_name", ACTORS, 0, "actors"), meta("process_name", SERVER, 0, "server")];
    for (place, actor) in actors.iter().enumerate() {
        events.push(meta("thread_name", ACTORS, FIRST_ACTOR + place, &history.cast.name(*actor)));
    }
    for fired in &account.picks {
        let call = fired.name.call;
        let Some(tid) = track(call.actor()).filter(|_| fired.name.moment() == Moment::Arrives)
        else {
            continue;
        };
        let (ts, dur) = (fired.since.as_us(), (fired.at - fired.since).as_us());
        let name = format!("{} on its way", call.operation());
        let args = json!({ "pick": fired.name.display(&history.cast) });
        events.push(json!({
            "ph": "X", "pid": ACTORS, "tid": tid, "ts": ts, "dur": dur, "name": name, "args": args,
        }));
    }
    for mark in &drawn {
        let (event, tid) = (&history.events[mark.event], track(mark.by));
        let args = json!({ "what": sentence(mark.event, history), "event": mark.event });
        events.push(json!({
            "ph": "i", "s": "t", "pid": ACTORS, "tid": tid, "ts": event.at.as_us(),
            "name": mark.label, "args": args,
        }));
    }
    events.extend(runs(history));
    events.extend(refusals(history, &track));
    json!({ "displayTimeUnit": "ms", "traceEvents": events }).to_string()
}

fn meta(kind: &str, pid: u32, tid: usize, name: &str) -> Value {
    json!({ "ph": "M", "pid": pid, "tid": tid, "name": kind, "args": { "name": name } })
}

/// Returns the runs, each on its thread's track.
fn runs(history: &History) -> Vec<Value> {
    let end = history.events.last().map(|event| event.at).unwrap_or_default();
    let mut events = Vec::new();
    for event in &history.events {
        let What::RunCreated { run, thread, .. } = event.what else { continue };
        let tid = FIRST_THREAD + thread.index();
        events.push(meta("thread_name", SERVER, tid, &thread.to_string()));
        let to = history.events.iter().find(|later| later.ends(run)).map_or(end, |to| to.at);
        let by = event.by.map(|by| history.cast.name(by));
        events.push(json!({
            "ph": "X", "pid": SERVER, "tid": tid, "ts": event.at.as_us(),
            "dur": (to - event.at).as_us(), "name": run.to_string(), "args": { "creator": by },
        }));
    }
    events
}

/// Returns the flows from the runs to the calls that were refused because of them.
fn refusals(history: &History, track: &dyn Fn(Actor) -> Option<usize>) -> Vec<Value> {
    let mut events = Vec::new();
    for (place, event) in history.events.iter().enumerate() {
        let Some(run) = event.refused_by() else { continue };
        let created = history.events.iter().find(|one| one.creates(run));
        let (Some(created), Some(tid)) = (created, event.by.and_then(track)) else { continue };
        let What::RunCreated { thread, .. } = created.what else { continue };
        let flow = |ph: &str, pid: u32, tid: usize, ts: u64| {
            json!({
                "ph": ph, "bp": "e", "id": place, "pid": pid, "tid": tid, "ts": ts,
                "name": "refused because of it", "cat": "refusal",
            })
        };
        let from = FIRST_THREAD + thread.index();
        events.push(flow("s", SERVER, from, created.at.as_us()));
        events.push(flow("f", ACTORS, tid, event.at.as_us()));
    }
    events
}
