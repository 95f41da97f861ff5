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
use super::table::broken;
use super::timeline::cut;
use super::{BAD, FAINT, GOOD, HEAD, paint, words};
use crate::record::{Change, Count, Explained, Feature, Played};

/// How wide a paragraph may be.
const PARAGRAPH: usize = 94;

/// How long a bar is that means all.
const BAR: u64 = 20;

/// How much room there is for a pick's name beside a bar.
const LAST: usize = 53;

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
    let is_order = |feature: &Feature| matches!(feature, Feature::Before(..));
    let (with, without) = match features.as_slice() {
        features if !features.iter().all(is_order) => ("where that is so", "where it is not"),
        [_] => ("with that order", "without"),
        _ => ("with these orders", "without"),
    };
    let mut said = format!(
        "{it} fails when {}: {} trials {with}, {} {without}.",
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
    let head = format!("picks kept   {:<30}the last of them", "trials that fail like this");
    let _ = writeln!(text, "    {}", paint(FAINT, &head));
    for (kept, count) in rows(explained) {
        let full = (count.failing * BAR).div_ceil(count.trials.max(1));
        let share = percent(rate(count.failing, count.trials).rate);
        let bar = "#".repeat(usize::try_from(full).unwrap_or(0));
        let last = match kept {
            0 => String::new(),
            kept => {
                let last = cut(&noun(name(explained, kept - 1), explained), LAST);
                format!("  {}", paint(FAINT, &last))
            }
        };
        let width = BAR as usize;
        let _ = writeln!(text, "    {kept:>10}   {bar:<width$} {share:>8}{last}");
    }
}

/// When it became inevitable, in a sentence.
fn moment(explained: &Explained) -> String {
    let moment = &explained.moment;
    let at = |kept: usize| {
        moment.by_kept.iter().find(|(known, _)| *known == kept).map(|(_, count)| *count)
    };
    let who = if moment.is_alike { "fail like this" } else { "fail by these very calls" };
    let share = |count: Count| percent(rate(count.failing, count.trials).rate);
    match moment.from {
        Some(0) => format!("From the beginning: all trials {who}."),
        Some(from) => {
            let (after, before) = (at(from).unwrap_or_default(), at(from - 1).unwrap_or_default());
            format!(
                "After pick {from} ({}) {} of {} trials {who}; before, {}.",
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
    let pick = nearest.place + 1;
    let change = match nearest.change {
        Change::Pick { was, is } => {
            format!("{} comes instead of {}", noun(is, explained), noun(was, explained))
        }
        Change::Chance { name, is, .. } => nouns::chance(name, is, explained),
    };
    let moved = plural(nearest.moved as u64, "pick", "picks");
    let rest = match (nearest.follows, nearest.moved) {
        (true, 0) => "everything else is as it was".to_owned(),
        (true, _) => format!("everything else keeps its order ({moved} moved, new or gone)"),
        (false, _) => "everything else is drawn anew".to_owned(),
    };
    format!("It is the same before pick {pick}. There, {change}; {rest}.")
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
    let none = played.iter().find(|(guard, _)| *guard == "none").map(|(_, none)| *none);
    let (helping, others): (Vec<_>, Vec<_>) =
        ranked.into_iter().partition(|(_, one)| helps(explained, one, none));
    let head =
        format!("{:<24}{:>10}{:>25}   what it breaks more often", "guard", "like this", property);
    let _ = writeln!(text, "    {}", paint(FAINT, &head));
    let without = none.map(|none| ("none", none));
    for (guard, one) in helping.into_iter().chain(without) {
        let cells = [found(explained, one), one.summary.violated(property).trials];
        let [(like, style), (broken, other)] = cells.map(|seen| share(seen, one));
        let _ = write!(
            text,
            "    {}{}",
            paint(HEAD, guard),
            " ".repeat(24_usize.saturating_sub(guard.len()))
        );
        let (like, broken) = (format!("{like:>10}"), format!("{broken:>25}"));
        let news = news(explained, one, none);
        let first = news.first().map(|news| format!("   {news}")).unwrap_or_default();
        let _ = writeln!(text, "{}{}{first}", paint(style, &like), paint(other, &broken));
        for more in news.iter().skip(1) {
            let _ = writeln!(text, "{:66}{more}", "");
        }
    }
    let no_help: Vec<&str> =
        others.iter().map(|(guard, _)| *guard).filter(|guard| *guard != "none").collect();
    let mut list = |lead: &str, names: &[&str]| {
        if !names.is_empty() {
            for line in broken(&format!("{lead}: {}", names.join(", ")), PARAGRAPH) {
                let _ = writeln!(text, "    {}", paint(FAINT, &line));
            }
        }
    };
    list("no help", &no_help);
    list("n/a here", &not_applicable);
}

/// Whether it fails less often like this within a guard than without one.
fn helps(explained: &Explained, played: &Played, none: Option<&Played>) -> bool {
    let share = |played: &Played| rate(found(explained, played), played.summary.trials);
    none.is_none_or(|none| share(played).high < share(none).low)
}

/// In how many trials a guard leaves the same fingerprint.
fn found(explained: &Explained, played: &Played) -> u64 {
    let is_it = |one: &&crate::record::Finding| {
        one.fingerprint == explained.fingerprint && one.why == explained.violation.why
    };
    played.summary.findings.iter().find(is_it).map_or(0, |found| found.tally.trials)
}

/// A rate, with its bound if nothing was seen, and its style.
fn share(seen: u64, played: &Played) -> (String, anstyle::Style) {
    let trials = played.summary.trials;
    let rate = rate(seen, trials);
    match seen {
        _ if trials == 0 => ("-".to_owned(), FAINT),
        0 => (format!("0 % <{}", percent(rate.high).trim_end_matches(" %")), GOOD),
        _ if seen == trials => (percent(rate.rate), BAD),
        _ => (percent(rate.rate), anstyle::Style::new()),
    }
}

/// What a guard breaks more often than nothing does, each with how often.
fn news(explained: &Explained, played: &Played, none: Option<&Played>) -> Vec<String> {
    let Some(none) = none else { return Vec::new() };
    let share = |property: PropertyId, played: &Played| {
        rate(played.summary.violated(property).trials, played.summary.trials)
    };
    let is_worse = |property: &PropertyId| {
        *property != explained.fingerprint.property
            && share(*property, played).low > share(*property, none).high
    };
    let said =
        |property: PropertyId| format!("{property} {}", percent(share(property, played).rate));
    PropertyId::ALL.into_iter().filter(is_worse).map(said).collect()
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
