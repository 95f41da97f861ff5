//! An explanation as one JSON object on one line. Fields may be added, but no field changes its
//! meaning.

use serde_json::{Value, json as object};

use super::guards::found;
use super::{moment, nearest, nouns, orders, story};
use crate::record::{Change, Count, Explained, Feature, Known, Name, Outcome};
use crate::report::statistics::rate;
use crate::report::{stamp, words};

/// Returns the object.
pub fn json(explained: &Explained, again: &str) -> String {
    let settings = &explained.invocation.settings;
    let (plain, cast) = (explained.plain, &explained.cast);
    let others = explained.others.iter().map(|way| {
        object!({
            "property": way.fingerprint.property,
            "fingerprint": words::fingerprint(&way.fingerprint, cast),
            "what": words::finding(way, cast),
        })
    });
    let story = story::sentences(explained)
        .into_iter()
        .map(|step| object!({ "at_s": step.at, "event": step.event, "what": step.said }));
    let object = object!({
        "scenario": explained.scenario,
        "set": settings.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "guard": explained.invocation.guards,
        "case": explained.case,
        "seed": explained.trial.seed,
        "property": explained.way.fingerprint.property,
        "fingerprint": words::fingerprint(&explained.way.fingerprint, cast),
        "what": words::violation(&explained.violation, &explained.trial),
        "race": race_of(explained),
        "plain": { "trials": plain.trials, "alike": plain.alike, "breaks": plain.breaks },
        "orders": orders_of(explained),
        "story": story.collect::<Vec<_>>(),
        "inevitable": moment_of(explained),
        "nearest": nearest_of(explained),
        "guards": guards(explained),
        "others": others.collect::<Vec<_>>(),
        "replay": again,
        "interrupted": explained.known < Known::All,
    });
    stamp::object("explanation", &object)
}

fn count(count: Count) -> Value {
    object!({ "failing": count.failing, "trials": count.trials, "skipped": count.skipped })
}

fn orders_of(explained: &Explained) -> Value {
    let spelled = |name: &Name| name.display(&explained.cast);
    let features = explained.orders.features.iter().map(|(feature, turned)| {
        let said = nouns::clause(feature, explained);
        match feature {
            Feature::Before(first, second) => object!({
                "before": [spelled(first), spelled(second)],
                "what": said,
                "turned_round": count(*turned),
            }),
            Feature::Chance(name, option) => object!({
                "chance": spelled(name),
                "option": option,
                "what": said,
                "otherwise": count(*turned),
            }),
        }
    });
    object!({
        "sentence": orders(explained),
        "picks_kept": explained.orders.kept,
        "orders": features.collect::<Vec<_>>(),
        "with": count(explained.orders.with),
        "without": count(explained.orders.without),
        "proved_for_orders": explained.orders.every.map(|orders| orders.to_string()),
    })
}

/// Returns the three events by their numbers in the trial's history, counted from 0.
fn race_of(explained: &Explained) -> Value {
    let Some(race) = &explained.race else { return Value::Null };
    object!({
        "sentence": super::race::race(explained),
        "relied_on": race.relied,
        "waited_to_its_bound": race.has_waited(&explained.trial.history.events),
        "in_between": race.between,
        "acted": race.acted,
    })
}

fn moment_of(explained: &Explained) -> Value {
    let by_kept = explained.moment.by_kept.iter().map(|(kept, counted)| {
        object!({ "picks_kept": kept, "failing": counted.failing, "trials": counted.trials })
    });
    object!({
        "sentence": moment(explained),
        "from_pick": explained.moment.from,
        "proved_for_orders": explained.moment.every.map(|orders| orders.to_string()),
        "by_picks_kept": by_kept.collect::<Vec<_>>(),
    })
}

fn nearest_of(explained: &Explained) -> Value {
    let Some(found) = &explained.nearest else { return Value::Null };
    let spelled = |name: Name| name.display(&explained.cast);
    let change = match found.change {
        Change::Pick { was, is } => object!({ "was": spelled(was), "is": spelled(is) }),
        Change::Chance { name, was, is } => {
            object!({ "chance": spelled(name), "was": was, "is": is })
        }
        Change::Times => object!({ "times": true }),
    };
    object!({
        "sentence": nearest(explained),
        "pick": found.place + 1,
        "change": change,
        "moved": found.moved,
        "breaks": found.breaks,
        "follows": found.follows,
    })
}

fn guards(explained: &Explained) -> Vec<Value> {
    let property = explained.way.fingerprint.property;
    let row = |(place, row): (usize, &crate::record::Row)| match &row.outcome {
        Outcome::NotApplicable(reason) => {
            object!({ "guard": row.guard, "not_applicable": reason })
        }
        Outcome::Played(played) => {
            let (summary, alike) = (&played.summary, found(explained, played));
            let bound = |seen: u64| rate(seen, summary.trials).high;
            let broken = summary.violated(property).trials;
            object!({
                "guard": row.guard,
                "trials": summary.trials,
                "alike": alike,
                "alike_high": bound(alike),
                "violated": broken,
                "violated_high": bound(broken),
                "proved": explained.never.get(place).copied().unwrap_or(false),
                "near": explained.near.get(place).copied().flatten().map(count),
            })
        }
    };
    explained.guards.rows.iter().enumerate().map(row).collect()
}
