//! An explanation as one JSON object on one line. Fields may be added, but no field changes its
//! meaning.

use serde_json::{Value, json as object};

use super::guards::{found, worse_under};
use super::{moment, nearest, nouns, orders, story};
use crate::record::{Change, Count, Explained, Feature, Known, Name, Outcome, Played, Rates};
use crate::report::compare::cost;
use crate::report::statistics::rate;
use crate::report::{stamp, trial, words};

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
        "plain": plain_of(plain),
        "orders": orders_of(explained),
        "story": story.collect::<Vec<_>>(),
        "inevitable": moment_of(explained),
        "nearest": nearest_of(explained),
        "guards": guards(explained),
        "others": others.collect::<Vec<_>>(),
        "related": explained.related,
        "trial": trial::fields(&explained.trial, &explained.account),
        "replay": again,
        "interrupted": explained.known < Known::All,
    });
    stamp::object("explanation", &object)
}

fn count(count: Count) -> Value {
    let rate = rate(count.failing, count.trials);
    object!({
        "failing": count.failing,
        "trials": count.trials,
        "skipped": count.skipped,
        "low": rate.low,
        "high": rate.high,
    })
}

fn plain_of(plain: Rates) -> Value {
    let [alike, breaks] = [plain.alike, plain.breaks].map(|seen| rate(seen, plain.trials));
    object!({
        "trials": plain.trials,
        "alike": plain.alike,
        "alike_low": alike.low,
        "alike_high": alike.high,
        "breaks": plain.breaks,
        "breaks_low": breaks.low,
        "breaks_high": breaks.high,
    })
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
        let rate = rate(counted.failing, counted.trials);
        let last = kept.checked_sub(1).map(|last| explained.account.picks[last].name);
        object!({
            "picks_kept": kept,
            "last_pick": last.map(|last| last.display(&explained.cast)),
            "failing": counted.failing,
            "trials": counted.trials,
            "low": rate.low,
            "high": rate.high,
        })
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
        "trial": trial::fields(&found.trial, &found.account),
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
            let bound = |seen: u64| rate(seen, summary.trials);
            let broken = summary.violated(property).trials;
            object!({
                "guard": row.guard,
                "trials": summary.trials,
                "alike": alike,
                "alike_low": bound(alike).low,
                "alike_high": bound(alike).high,
                "violated": broken,
                "violated_low": bound(broken).low,
                "violated_high": bound(broken).high,
                "worse": worse(explained, played),
                "cost": cost(played),
                "proved": explained.never.get(place).copied().unwrap_or(false),
                "near": explained.near.get(place).copied().flatten().map(count),
            })
        }
    };
    explained.guards.rows.iter().enumerate().map(row).collect()
}

/// Returns what a guard breaks more often than no guard does.
fn worse(explained: &Explained, played: &Played) -> Vec<Value> {
    let none = explained.guards.rows.iter().find(|row| row.guard == "none");
    let Some(none) = none.and_then(|row| row.played()) else { return Vec::new() };
    let said = |property| {
        let share = |played: &Played| {
            let violated = played.summary.violated(property).trials;
            rate(violated, played.summary.trials)
        };
        let (now, before) = (share(played), share(none));
        object!({
            "property": property,
            "rate": now.rate,
            "low": now.low,
            "high": now.high,
            "before": before.rate,
        })
    };
    worse_under(explained, played, none).map(said).collect()
}
