//! An explanation for people: what decides a violation, its story, when it became inevitable, what
//! would have passed, and what removes it. It fits into a hundred columns.

mod guards;
mod json;
mod markdown;
mod nouns;
mod race;
mod source;
mod story;

#[cfg(feature = "cli")]
pub(super) use self::guards::{found as alike, worse_than_none as worse};
pub use self::json::json;
pub use self::markdown::markdown;
#[cfg(feature = "cli")]
pub(super) use self::race::{numbered, race as sentence};
pub use self::source::racing;
#[cfg(feature = "cli")]
pub(super) use self::source::source;
#[cfg(feature = "cli")]
pub(super) use self::story::told_by;

use std::fmt::Write as _;

use deadheat_model::property::Why;

use self::nouns::{clause, clauses, noun};
use super::human::titled;
use super::number::{grouped, plural};
use super::page::lines;
use super::proof::count;
use super::statistics::{percent, rate};
use super::timeline::cut;
use super::{BAD, FAINT, HEAD, paint, words};
use crate::record::{Change, Count, Explained, Feature, Known};

/// The maximum width of a paragraph.
const PARAGRAPH: usize = 94;

/// The length of a bar that means all.
const BAR: u64 = 20;

/// The room for a pick's name beside a bar.
const LAST: usize = 51;

/// At most this many rows of the plot are shown.
const ROWS_MAX: usize = 7;

/// The text for what would have been found out later.
const UNKNOWN: &str = "Not known: the search ended before that.";

/// Renders the report. `again` is the line that shows the trial.
pub fn human(explained: &Explained, again: &str) -> String {
    let title = titled(&explained.scenario, &explained.invocation);
    let title = format!("{title}, seed {}", explained.trial.seed);
    let property = explained.way.fingerprint.property.name();
    let broken = format!("breaks {property}");
    let mut text = format!("{}  {}\n", paint(HEAD, &title), paint(BAD, &broken));
    paragraph(&mut text, &explained.about);
    text.push('\n');
    let race = race::race(explained);
    if let Some(race) = &race {
        paragraph(&mut text, &capital(race));
        text.push('\n');
    }
    // A refusal needs what the server said. The race says as much about anything else.
    if race.is_none() || explained.violation.why == Why::Refused {
        paragraph(&mut text, &capital(&words::violation(&explained.violation, &explained.trial)));
    }
    let alike = words::finding(&explained.way, &explained.cast);
    let fingerprint = words::fingerprint(&explained.way.fingerprint, &explained.cast);
    let _ = writeln!(text, "  {}", paint(FAINT, &fingerprint));
    let plain = explained.plain;
    if plain.trials > 0 {
        let share = percent(rate(plain.alike, plain.trials).rate);
        let trials = plural(plain.trials, "trial", "trials");
        paragraph(&mut text, &format!("In {share} of {trials} with other seeds, {alike}."));
    }
    source::write(&mut text, explained);
    write_orders(&mut text, explained);
    heading(&mut text, "The story");
    text.push_str(&story::story(explained));
    write_moment(&mut text, explained);
    write_nearest(&mut text, explained);
    guards::write(&mut text, explained);
    write_others(&mut text, explained);
    let _ = writeln!(text, "\nagain: {again}");
    text
}

/// Writes a paragraph below a heading.
fn paragraph_in(text: &mut String, words: &str) {
    for line in lines(words, PARAGRAPH) {
        let _ = writeln!(text, "    {line}");
    }
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "\n  {}", paint(HEAD, title));
}

fn paragraph(text: &mut String, words: &str) {
    for line in lines(words, PARAGRAPH) {
        let _ = writeln!(text, "  {line}");
    }
}

/// Capitalizes the first letter of the sentence, unless the sentence begins with a name.
pub(super) fn capital(sentence: &str) -> String {
    let is_word = |word: &&str| sentence.starts_with(&format!("{word} "));
    let mut letters = sentence.chars();
    match (["what", "the", "it", "nothing"].iter().any(is_word), letters.next()) {
        (true, Some(first)) => first.to_uppercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

fn of(count: Count) -> String {
    format!("{} of {}", grouped(count.failing), grouped(count.trials))
}

fn write_orders(text: &mut String, explained: &Explained) {
    heading(text, "The orders that matter");
    paragraph_in(text, &orders(explained));
    let orders = &explained.orders;
    if let Some(every) = orders.every {
        paragraph_in(text, &proved(every, "in which this is so", explained));
    }
    if explained.known < Known::Orders || orders.features.len() < 2 {
        return;
    }
    for (feature, turned) in &orders.features {
        let lead = match feature {
            Feature::Before(..) => "the other way round",
            Feature::Chance(..) => "otherwise",
        };
        let said = if turned.trials == 0 {
            "impossible while the rest stays".to_owned()
        } else {
            of(*turned)
        };
        let said = paint(FAINT, &format!("{lead}: {said}"));
        let _ = writeln!(text, "      - {}\n        {said}", clause(feature, explained));
    }
}

/// Returns what a count of all these orders says.
fn proved(orders: u128, which: &str, explained: &Explained) -> String {
    let property = explained.way.fingerprint.property;
    match orders {
        1 => format!("Proved: the only order {which} breaks {property}."),
        2 => format!("Proved: both orders {which} break {property}."),
        orders => format!("Proved: all {} orders {which} break {property}.", count(orders)),
    }
}

/// Returns what decides the violation, in a sentence.
pub(super) fn orders(explained: &Explained) -> String {
    let orders = &explained.orders;
    if explained.known < Known::Orders {
        return UNKNOWN.to_owned();
    }
    if orders.features.is_empty() {
        let plain = explained.plain;
        let count = Count { failing: plain.alike, trials: plain.trials, skipped: 0 };
        return if count.is_all() {
            format!(
                "Order does not decide it: {} trials fail like this{}.",
                of(count),
                at_least(count)
            )
        } else if count.share() >= 0.5 {
            "Most trials fail like this; no small set of orders decides it.".to_owned()
        } else {
            "No small set of orders decides it: this failure happens in several ways.".to_owned()
        };
    }
    let features: Vec<Feature> = orders.features.iter().map(|(feature, _)| *feature).collect();
    let it = match orders.kept {
        0 => "This failure".to_owned(),
        kept => {
            let step = step(explained, kept - 1);
            format!("With this trial's beginning, up to {step}, this failure")
        }
    };
    let is_order = |feature: &Feature| matches!(feature, Feature::Before(..));
    let at_least = at_least(orders.with);
    if let [(_, turned)] = orders.features.as_slice() {
        let turned = match turned.trials {
            0 => format!("{} without", of(orders.without)),
            _ if is_order(&features[0]) => format!("{} the other way round", of(*turned)),
            _ => format!("{} otherwise", of(*turned)),
        };
        let when = if orders.with.is_all() { "when" } else { "mostly when" };
        return format!(
            "{it} occurs {when} {}: {} trials{at_least}, {turned}.",
            clauses(&features, explained),
            of(orders.with),
        );
    }
    let (with, without) = if features.iter().all(is_order) {
        ("with these orders", "without")
    } else {
        ("where that is so", "where it is not")
    };
    if !orders.with.is_all() {
        return format!(
            "{it} occurs in {} trials in which {}, and in {} otherwise.",
            of(orders.with),
            clauses(&features, explained),
            of(orders.without)
        );
    }
    format!(
        "{it} occurs when {}: {} trials {with}{at_least}, {} {without}.",
        clauses(&features, explained),
        of(orders.with),
        of(orders.without)
    )
}

/// Returns what the count says about all possible trials, if all the counted trials fail.
fn at_least(count: Count) -> String {
    let low = 1.0 - rate(0, count.trials).high;
    if count.is_all() { format!(" (at least {})", percent(low)) } else { String::new() }
}

/// Returns the step of the story that a pick is, or otherwise what the pick is and when it
/// happened.
fn step(explained: &Explained, place: usize) -> String {
    let what = noun(name(explained, place), explained);
    let number = explained
        .told_by
        .get(place)
        .copied()
        .flatten()
        .and_then(|event| story::number(explained, event));
    match number {
        Some(number) => format!("step {number} ({what})"),
        None => format!("{what}, at {} s", at(explained, place)),
    }
}

fn at(explained: &Explained, place: usize) -> String {
    let schedule = explained.trial.schedule.as_ref();
    let schedule = schedule.expect("invariant: an explained trial has its schedule");
    schedule.picks[place].at.to_string()
}

fn write_moment(text: &mut String, explained: &Explained) {
    heading(text, "The moment when it became inevitable");
    paragraph_in(text, &moment(explained));
    if let Some(every) = explained.moment.every {
        paragraph_in(text, &proved(every, "that go on from there", explained));
    }
    if explained.known < Known::Moment {
        return;
    }
    let head = format!("same up to     {:<30}the last thing kept", "then fail like this");
    let _ = writeln!(text, "    {}", paint(FAINT, &head));
    for (kept, count) in rows(explained) {
        let full = (count.failing * BAR).div_ceil(count.trials.max(1));
        let share = percent(rate(count.failing, count.trials).rate);
        let bar = "#".repeat(usize::try_from(full).unwrap_or(0));
        let until = match kept {
            0 => "nothing".to_owned(),
            kept => format!("{} s", at(explained, kept - 1)),
        };
        let last = match kept {
            0 => String::new(),
            kept => {
                let last = cut(&noun(name(explained, kept - 1), explained), LAST);
                format!("  {}", paint(FAINT, &last))
            }
        };
        let width = BAR as usize;
        let _ = writeln!(text, "    {until:>12}   {bar:<width$} {share:>8}{last}");
    }
}

/// Returns when the violation became inevitable, in a sentence.
pub(super) fn moment(explained: &Explained) -> String {
    let moment = &explained.moment;
    if explained.known < Known::Moment {
        return UNKNOWN.to_owned();
    }
    let counted = |kept: usize| {
        let found = moment.by_kept.iter().find(|(known, _)| *known == kept);
        found.map(|(_, count)| *count).unwrap_or_default()
    };
    match moment.from {
        Some(0) => {
            let count = counted(0);
            format!("From the start: {} trials fail like this{}.", of(count), at_least(count))
        }
        Some(from) => {
            let (after, before) = (counted(from), counted(from - 1));
            if before.is_all() {
                return format!(
                    "Almost certain by then: {} trials that keep everything before {} fail like \
                     this; the schedule below is an exception.",
                    of(before),
                    step(explained, from - 1),
                );
            }
            if from == explained.broke + 1 {
                return format!(
                    "Only at the very end: of the trials that keep everything before {}, {} fail \
                     like this; after it, all do.",
                    step(explained, from - 1),
                    of(before),
                );
            }
            format!(
                "After {}: {} trials fail like this{}; before it, {}.",
                step(explained, from - 1),
                of(after),
                at_least(after),
                of(before)
            )
        }
        None => "Never: however much of the trial is kept, some continuations pass.".to_owned(),
    }
}

fn name(explained: &Explained, place: usize) -> crate::record::Name {
    let schedule = explained.trial.schedule.as_ref();
    schedule.expect("invariant: an explained trial has its schedule").picks[place].name
}

/// Returns the rows of the plot: the ends, the rows around the moment, and the largest steps.
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
    let property = explained.way.fingerprint.property;
    heading(text, &format!("The nearest schedule found that keeps {property}"));
    paragraph_in(text, &nearest(explained));
}

pub(super) fn nearest(explained: &Explained) -> String {
    let Some(nearest) = &explained.nearest else {
        if explained.known < Known::Nearest {
            return UNKNOWN.to_owned();
        }
        let tried = plural(explained.tried, "trial", "trials");
        let property = explained.way.fingerprint.property;
        return format!("None found: all of the {tried} near this one break {property}.");
    };
    let change = match nearest.change {
        Change::Pick { was, is } => {
            format!("{} comes next, not {}", noun(is, explained), noun(was, explained))
        }
        Change::Chance { name, is, .. } => nouns::chance(name, is, explained),
        Change::Times => "the same things happen at other times".to_owned(),
    };
    let rest = match (nearest.follows, nearest.moved) {
        (true, 0) => "everything else is as it was",
        (true, _) => "the rest keeps its order where it can",
        (false, _) => "everything after that is random again",
    };
    let breaks: Vec<&str> = nearest.breaks.iter().map(|property| property.name()).collect();
    let breaks = match breaks.as_slice() {
        [] => String::new(),
        breaks => format!(" But it breaks {}.", breaks.join(", ")),
    };
    match nearest.place.checked_sub(1) {
        Some(last) => {
            format!("The same up to {}. Then {change}; {rest}.{breaks}", step(explained, last))
        }
        None => format!("From the start, {change}; {rest}.{breaks}"),
    }
}

fn write_others(text: &mut String, explained: &Explained) {
    if explained.others.is_empty() {
        return;
    }
    heading(text, "What else this trial breaks (explain it with --fingerprint)");
    for way in &explained.others {
        let what = words::finding(way, &explained.cast);
        let spelled = words::fingerprint(&way.fingerprint, &explained.cast);
        paragraph_in(text, &what);
        let _ = writeln!(text, "      {}", paint(FAINT, &words::quote(&spelled)));
    }
}
