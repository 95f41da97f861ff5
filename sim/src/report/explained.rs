//! An explanation for people: what decides a violation, its story, when it became inevitable, what
//! would have passed, and what removes it. It fits a hundred columns.

mod json;
mod nouns;
mod story;

pub use self::json::json;

use std::fmt::Write as _;

use deadheat_model::property::PropertyId;

use self::nouns::{clause, clauses, noun};
use super::human::{grouped, plural, titled};
use super::statistics::{percent, rate};
use super::table::{Cell, Row, Says, Table, broken};
use super::{BAD, FAINT, GOOD, HEAD, paint, words};
use crate::record::{Count, Explained, Feature, Played};

/// How wide a paragraph may be.
const PARAGRAPH: usize = 94;

/// How long a bar is that means all.
const BAR: u64 = 24;

/// No more rows of the plot are shown.
const ROWS_MAX: usize = 12;

/// The report; `again` is the line that shows the trial.
pub fn human(explained: &Explained, again: &str) -> String {
    let title = titled(&explained.scenario, &explained.invocation);
    let title = format!("{title}, seed {}", explained.trial.seed);
    let property = explained.fingerprint.property.name();
    let mut text = format!("{}  {}\n", paint(HEAD, &title), paint(BAD, property));
    paragraph(&mut text, &explained.about);
    text.push('\n');
    paragraph(&mut text, &capital(&words::violation(&explained.violation, &explained.trial)));
    let alike = words::finding(&explained.fingerprint, explained.violation.why, &explained.cast);
    let fingerprint = words::fingerprint(&explained.fingerprint, &explained.cast);
    let _ = writeln!(text, "  {}", paint(FAINT, &fingerprint));
    let plain = explained.plain;
    let share = percent(rate(plain.alike, plain.trials).rate);
    let trials = plural(plain.trials, "trial", "trials");
    paragraph(&mut text, &format!("In {share} of {trials} with other seeds, {alike}."));
    write_orders(&mut text, explained);
    heading(&mut text, "The story");
    text.push_str(&story::story(explained));
    write_moment(&mut text, explained);
    write_nearest(&mut text, explained);
    write_guards(&mut text, explained);
    write_others(&mut text, explained);
    let _ = writeln!(text, "\nagain: {again}");
    text
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "\n  {}", paint(HEAD, title));
}

fn paragraph(text: &mut String, words: &str) {
    for line in broken(words, PARAGRAPH) {
        let _ = writeln!(text, "  {line}");
    }
}

/// The sentence with a capital letter in front, where it does not begin with a name.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first_word = sentence.split(' ').next().unwrap_or_default();
    match letters.next() {
        Some(first) if first_word.chars().all(|c| c.is_ascii_lowercase()) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn of(count: Count) -> String {
    format!("{} of {}", grouped(count.failing), grouped(count.trials))
}

fn write_orders(text: &mut String, explained: &Explained) {
    heading(text, "The orders that matter");
    for line in broken(&orders(explained), PARAGRAPH) {
        let _ = writeln!(text, "    {line}");
    }
    let orders = &explained.orders;
    if orders.features.is_empty() {
        return;
    }
    for (feature, turned) in &orders.features {
        let lead = match feature {
            Feature::Before(..) => "turned round",
            Feature::Chance(..) => "otherwise",
        };
        let said = if turned.trials == 0 {
            "cannot come about while the rest stays".to_owned()
        } else {
            of(*turned)
        };
        let said = paint(FAINT, &format!("{lead}: {said}"));
        let _ = writeln!(text, "      - {}\n        {said}", clause(feature, explained));
    }
}

/// What decides it, in a sentence.
fn orders(explained: &Explained) -> String {
    let orders = &explained.orders;
    if orders.features.is_empty() {
        let plain = explained.plain;
        let count = Count { failing: plain.this, trials: plain.trials, skipped: 0 };
        return if count.is_all() {
            format!("None: it fails so in any order, in {} trials.", of(count))
        } else {
            format!(
                "No order of two occurrences tells the trials that fail so ({}) from the others.",
                of(count)
            )
        };
    }
    let features: Vec<Feature> = orders.features.iter().map(|(feature, _)| *feature).collect();
    let kept = match orders.kept {
        0 => String::new(),
        kept => {
            format!("Behind the first {} of this trial, it", plural(kept as u64, "pick", "picks"))
        }
    };
    let it = if kept.is_empty() { "It".to_owned() } else { kept };
    let mut said = format!(
        "{it} fails when {}: {} trials with that order, {} without.",
        clauses(&features, explained),
        of(orders.with),
        of(orders.without)
    );
    if orders.with.trials == 0 {
        said.push_str(" No trial could be led to it.");
    }
    said
}

fn write_moment(text: &mut String, explained: &Explained) {
    heading(text, "The moment when it became inevitable");
    for line in broken(&moment(explained), PARAGRAPH) {
        let _ = writeln!(text, "    {line}");
    }
    let head = "picks kept";
    let _ = writeln!(text, "    {}", paint(FAINT, &format!("{head}   trials that fail")));
    for (kept, count) in rows(explained) {
        let full = (count.failing * BAR).div_ceil(count.trials.max(1));
        let share = percent(rate(count.failing, count.trials).rate);
        let bar = "#".repeat(usize::try_from(full).unwrap_or(0));
        let last = match kept {
            0 => String::new(),
            kept => format!("after {}", noun(name(explained, kept - 1), explained)),
        };
        let width = BAR as usize;
        let _ =
            writeln!(text, "    {kept:>10}   {bar:<width$}  {share:>7}  {}", paint(FAINT, &last));
    }
}

/// When it became inevitable, in a sentence.
fn moment(explained: &Explained) -> String {
    let moment = &explained.moment;
    let at = |kept: usize| {
        moment.by_kept.iter().find(|(known, _)| *known == kept).map(|(_, count)| *count)
    };
    let who = if moment.is_alike { "fails likewise" } else { "fails with these very calls" };
    let share = |count: Count| percent(rate(count.failing, count.trials).rate);
    match moment.from {
        Some(0) => format!("From the beginning: every trial {who}."),
        Some(from) => {
            let (after, before) = (at(from).unwrap_or_default(), at(from - 1).unwrap_or_default());
            format!(
                "After pick {from} ({}) it {who} in {} of {} trials; before, in {}.",
                noun(name(explained, from - 1), explained),
                share(after),
                grouped(after.trials),
                share(before)
            )
        }
        None => "Never: however much of the trial is kept, some of what follows does not fail."
            .to_owned(),
    }
}

fn name(explained: &Explained, place: usize) -> crate::record::Name {
    let schedule = explained.trial.schedule.as_ref();
    schedule.expect("invariant: an explained trial has its schedule").picks[place].name
}

/// The rows of the plot: the ends, what is around the moment, and the largest steps.
fn rows(explained: &Explained) -> Vec<(usize, Count)> {
    let all = &explained.moment.by_kept;
    let step = |index: usize| match index.checked_sub(1) {
        Some(before) => {
            let share = |at: usize| rate(all[at].1.failing, all[at].1.trials).rate;
            (share(index) - share(before)).abs()
        }
        None => 1.0,
    };
    let from = explained.moment.from.unwrap_or(usize::MAX);
    let is_kept = |index: usize| {
        let kept = all[index].0;
        index == 0 || kept == from || kept + 1 == from
    };
    let mut places: Vec<usize> = (0..all.len()).filter(|at| all[*at].0 <= from).collect();
    places.sort_by(|one, other| {
        let weight = |at: usize| if is_kept(at) { 2.0 } else { step(at) };
        weight(*other).total_cmp(&weight(*one)).then(one.cmp(other))
    });
    places.retain(|at| is_kept(*at) || step(*at) >= 0.02);
    places.truncate(ROWS_MAX);
    places.sort_unstable();
    places.into_iter().map(|at| all[at]).collect()
}

fn write_nearest(text: &mut String, explained: &Explained) {
    heading(text, "The nearest schedule that passes");
    for line in broken(&nearest(explained), PARAGRAPH) {
        let _ = writeln!(text, "    {line}");
    }
}

fn nearest(explained: &Explained) -> String {
    let Some(nearest) = &explained.nearest else {
        let tried = plural(explained.tried, "trial", "trials");
        return format!("None was found in {tried} that leave this one at any of its picks.");
    };
    let (was, is) = (noun(nearest.was, explained), noun(nearest.is, explained));
    let rest = if nearest.follows {
        let others = plural(nearest.moved as u64, "pick", "picks");
        format!("The rest follows as it was; {others} in all are moved, new or gone.")
    } else {
        "The rest is drawn anew.".to_owned()
    };
    format!(
        "It is the same up to pick {}. There, {is} comes first, instead of {was}. {rest}",
        nearest.place
    )
}

fn write_guards(text: &mut String, explained: &Explained) {
    heading(text, "Which guards remove it");
    let property = explained.fingerprint.property;
    let mut played: Vec<(&str, &Played)> = Vec::new();
    let mut not_applicable: Vec<&str> = Vec::new();
    for row in &explained.guards.rows {
        match row.played() {
            Some(one) => played.push((row.guard.as_str(), one)),
            None => not_applicable.push(&row.guard),
        }
    }
    let mut ranked = played.clone();
    // The program's own order decides between equals.
    ranked.sort_by_key(|(_, one)| (found(explained, one), one.summary.violated(property).trials));
    let row = |(guard, one): &(&str, &Played)| Row {
        name: (*guard).to_owned(),
        says: Says::Cells(vec![
            share(found(explained, one), one),
            share(one.summary.violated(property).trials, one),
            Cell { text: news(explained, one, &played), style: anstyle::Style::new() },
        ]),
    };
    let table = Table {
        head: "guard",
        columns: vec![
            "fails likewise".to_owned(),
            property.name().to_owned(),
            "breaks besides".to_owned(),
        ],
        rows: ranked.iter().map(row).collect(),
    };
    for line in table.text().lines() {
        let _ = writeln!(text, "  {line}");
    }
    if !not_applicable.is_empty() {
        let names = format!("n/a here: {}", not_applicable.join(", "));
        for line in broken(&names, PARAGRAPH) {
            let _ = writeln!(text, "    {}", paint(FAINT, &line));
        }
    }
}

/// In how many trials a guard leaves the same fingerprint.
fn found(explained: &Explained, played: &Played) -> u64 {
    let is_it = |one: &&crate::record::Finding| {
        one.fingerprint == explained.fingerprint && one.why == explained.violation.why
    };
    played.summary.findings.iter().find(is_it).map_or(0, |found| found.tally.trials)
}

/// A rate, with its bound if nothing was seen.
fn share(seen: u64, played: &Played) -> Cell {
    let trials = played.summary.trials;
    let rate = rate(seen, trials);
    let (text, style) = match seen {
        _ if trials == 0 => ("-".to_owned(), FAINT),
        0 => (format!("0 % <{}", percent(rate.high).trim_end_matches(" %")), GOOD),
        _ if seen == trials => (percent(rate.rate), BAD),
        _ => (percent(rate.rate), anstyle::Style::new()),
    };
    Cell { text, style }
}

/// What a guard breaks that is not broken, or less often, without it.
fn news(explained: &Explained, played: &Played, all: &[(&str, &Played)]) -> String {
    let Some((_, none)) = all.iter().find(|(guard, _)| *guard == "none") else {
        return String::new();
    };
    let share = |property: PropertyId, played: &Played| {
        rate(played.summary.violated(property).trials, played.summary.trials)
    };
    let is_worse = |property: &PropertyId| {
        *property != explained.fingerprint.property
            && share(*property, played).low > share(*property, none).high
    };
    let worse: Vec<String> = PropertyId::ALL
        .into_iter()
        .filter(is_worse)
        .map(|property| format!("{property} {}", percent(share(property, played).rate)))
        .collect();
    worse.join(", ")
}

fn write_others(text: &mut String, explained: &Explained) {
    if explained.others.is_empty() {
        return;
    }
    heading(text, "What else this trial breaks (--fingerprint explains it)");
    for (fingerprint, why) in &explained.others {
        let what = words::finding(fingerprint, *why, &explained.cast);
        let spelled = words::fingerprint(fingerprint, &explained.cast);
        let _ = writeln!(text, "    {what}\n      {}", paint(FAINT, &words::quote(&spelled)));
    }
}
