//! The page of an explanation: why one trial fails.

use deadheat_model::time::Time;
use maud::{Markup, html};

use super::ladder::ladder;
use super::picture::{Scene, Stale, picture};
use super::shell::{figure, interval, page, paste};
use super::trial::{badges, file, filters};
use crate::record::{Change, Count, Explained, Nearest, Outcome};
use crate::report::explained as told;
use crate::report::statistics::{percent, rate};
use crate::report::words;

/// At most this many guards are shown.
const GUARDS_MAX: usize = 9;

/// Returns the page. `again` is the line that replays the trial.
pub fn explained(explained: &Explained, again: &str) -> String {
    let trial = &explained.trial;
    let title = format!("{}, seed {}", explained.scenario, trial.seed);
    let property = explained.way.fingerprint.property.name();
    let scene = scene(explained);
    let drawn = picture(&scene);
    let data = told::json(explained, again);
    let said = words::violation(&explained.violation, trial);
    let race = told::sentence(explained).unwrap_or_else(|| said.clone());
    let body = html! {
        (badges(trial, &explained.account))
        h1 { (with_discs(&told::capital(&race))) }
        @if race != said { p class="lead" { (told::capital(&said)) } }
        (paste(again))
        (facts(explained))
        section {
            h2 { "What happened" }
            (figure(&drawn, "lanes", "Lanes over time, one for each actor, lock and thread", true))
        }
        (curve(explained))
        div class="two" {
            (source(explained))
            (guards(explained))
        }
        (nearest(explained))
        section class="long" {
            h2 { "Every event" }
            (filters(&scene))
            (ladder(&scene))
        }
        (file(&explained.account))
    };
    page(&format!("{title}: {property}"), &title, Some(&data), &body)
}

/// Returns the picture of an explanation alone.
pub(super) fn scene(explained: &Explained) -> Scene<'_> {
    let events = &explained.trial.history.events;
    let race = explained.race.as_ref();
    let stale = race.and_then(|race| {
        Some(Stale { relied: race.relied?, between: race.between, acted: race.acted })
    });
    let moment = explained.moment.from.and_then(|from| {
        let at = explained.account.picks.get(from.checked_sub(1)?)?.at;
        let before = explained.moment.by_kept.iter().rev().find(|(kept, _)| *kept < from);
        let before = before.map_or_else(String::new, |(_, count)| {
            format!(" (before: {})", percent(rate(count.failing, count.trials).rate))
        });
        Some((at, format!("inevitable from here{before}")))
    });
    Scene {
        trial: &explained.trial,
        account: &explained.account,
        discs: told::numbered(explained),
        stale,
        moment,
        difference: None,
        focus: Some(events[explained.violation.at].at),
        id: "a",
    }
}

/// Turns the numbers of a sentence, such as `(1)`, into discs.
fn with_discs(sentence: &str) -> Markup {
    let mut pieces: Vec<(String, Option<char>)> = Vec::new();
    let mut rest = sentence;
    while let Some(at) = rest.find('(') {
        let inside: Vec<char> = rest[at..].chars().take(3).collect();
        match inside.as_slice() {
            ['(', number @ '1'..='3', ')'] => {
                pieces.push((rest[..at].to_owned(), Some(*number)));
                rest = &rest[at + 3..];
            }
            _ => {
                pieces.push((rest[..=at].to_owned(), None));
                rest = &rest[at + 1..];
            }
        }
    }
    pieces.push((rest.to_owned(), None));
    html! {
        @for (text, number) in pieces {
            (text)
            @if let Some(number) = number { span class="n" { (number) } }
        }
    }
}

fn facts(explained: &Explained) -> Markup {
    let plain = explained.plain;
    let share = rate(plain.alike, plain.trials);
    html! {
        ul class="facts" {
            @if plain.trials > 0 {
                li title=(interval(share)) {
                    b { (percent(share.rate)) } " of " (plain.trials)
                    " trials with other seeds fail like this"
                }
            }
            li { b { (explained.broke + 1) } " picks until it broke" }
            li { (told::orders(explained)) }
        }
    }
}

/// Draws how often it fails by how much is kept, as bars with a slider.
fn curve(explained: &Explained) -> Markup {
    let rows = &explained.moment.by_kept;
    let from = explained.moment.from;
    let last = |kept: usize| kept.checked_sub(1).map(|last| &explained.account.picks[last]);
    let say = |kept: usize, count: &Count| {
        let what = match kept {
            0 => "Nothing is kept".to_owned(),
            1 => "The first pick is kept".to_owned(),
            kept => format!("The first {kept} picks are kept"),
        };
        let until = last(kept).map_or_else(String::new, |fired| {
            let name = fired.name.display(&explained.cast);
            format!(", up to {name} at {} s", fired.at)
        });
        let rate = rate(count.failing, count.trials);
        let (failing, trials) = (count.failing, count.trials);
        format!("{what}{until}. {failing} of {trials} trials fail like this: {}.", interval(rate))
    };
    html! {
        section id="moment" {
            h2 { "When it became inevitable" }
            p class="lead" { (told::moment(explained)) }
            @if !rows.is_empty() {
                p class="note" {
                    "Each bar keeps this trial's beginning up to a pick, and draws the rest anew. "
                    "The height is the share that fails like this, with its 95 % interval."
                }
                ol class="curve" aria-label="Share that fails, by how many picks are kept" {
                    @for (kept, count) in rows {
                        @let share = rate(count.failing, count.trials);
                        li class=(if count.is_all() { "all" } else { "" })
                            data-kept=(kept) data-say=(say(*kept, count))
                            data-at=(last(*kept).map_or(0, |fired| fired.at.as_us())) {
                            div class="b" style=(format!("height:{:.1}%", share.rate * 84.0)) {}
                            div class="w" style=(format!(
                                "bottom:{:.1}%;height:{:.1}%",
                                share.low * 84.0, (share.high - share.low) * 84.0
                            )) {}
                            @let top = share.high * 84.0;
                            span class="v" style=(format!("bottom:calc({top:.1}% + 3px)")) {
                                (format!("{:.0}", share.rate * 100.0))
                            }
                            span class=(if Some(*kept) == from { "k from" } else { "k" }) { (kept) }
                        }
                    }
                }
                p class="axis-name" { "picks kept" }
                div class="slide js-only" {
                    input type="range" min="0" max=(rows.len() - 1) value=(rows.len() - 1)
                        aria-label="How many picks are kept" data-slider="";
                    output aria-live="polite" {}
                }
            }
        }
    }
}

/// Returns the lines of the scenario that race.
fn source(explained: &Explained) -> Markup {
    let lines = told::source(explained);
    html! {
        @if !lines.is_empty() {
            section {
                h2 { "The lines that race" }
                p class="note" { "The scenario as it was played, with what each line did." }
                div class="source" {
                    @for (place, line) in lines.iter().enumerate() {
                        @if place > 0 && lines[place - 1].number + 1 < line.number {
                            div { span class="no" { "…" } code {} }
                        }
                        div class=(match (line.notes.is_empty(), line.is_act) {
                            (true, _) => "",
                            (false, false) => "race",
                            (false, true) => "race act",
                        }) {
                            span class="no" { (line.number) }
                            code { (line.text) }
                            @for (number, said) in &line.notes {
                                span class="why" { (number) ": " (said) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the guards that help, with what each breaks more often.
fn guards(explained: &Explained) -> Markup {
    let property = explained.way.fingerprint.property;
    let rows = explained.guards.rows.iter().enumerate().filter_map(|(place, row)| {
        let Outcome::Played(played) = &row.outcome else { return None };
        let alike = told::alike(explained, played);
        let broken = played.summary.violated(property).trials;
        let is_proved = explained.never.get(place).copied().unwrap_or(false);
        Some((row, played, alike, broken, is_proved))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(row, _, alike, broken, _)| (row.guard == "none", *alike, *broken));
    let none = rows.pop_if(|(row, ..)| row.guard == "none");
    let no_help: Vec<&str> = rows
        .iter()
        .skip_while(|(_, _, alike, ..)| *alike == 0)
        .map(|(row, ..)| row.guard.as_str())
        .collect();
    rows.retain(|(_, _, alike, ..)| *alike == 0);
    rows.truncate(GUARDS_MAX);
    rows.extend(none);
    let trials = explained.guards.trials;
    html! {
        section {
            h2 { "What removes it" }
            p class="note" {
                (trials) " trials with each guard. Rates have 95 % intervals: point at one."
            }
            div class="wide" tabindex="0" role="group" aria-label="Guards" {
                table class="guards" {
                    thead {
                        tr {
                            th scope="col" { "guard" }
                            th scope="col" class="num" { "fails like this" }
                            th scope="col" class="num" { (property.name()) }
                            th scope="col" { "breaks more often" }
                        }
                    }
                    tbody {
                        @for (row, played, alike, broken, is_proved) in &rows {
                            @let [like, any] =
                                [*alike, *broken].map(|seen| rate(seen, played.summary.trials));
                            @let worse = told::worse(explained, played);
                            tr class=(if *broken == 0 && worse.is_empty() { "best" } else { "" }) {
                                td {
                                    @if row.guard == "none" { "(no guard)" }
                                    @else { (row.guard) }
                                }
                                td class="num" title=(interval(like)) { (percent(like.rate)) }
                                td class="num" title=(interval(any)) {
                                    @if *is_proved { "proved: never" } @else { (percent(any.rate)) }
                                }
                                td { (worse.join(", ")) }
                            }
                        }
                    }
                }
            }
            @if !no_help.is_empty() {
                p class="note" { "It still fails like this with " (no_help.join(", ")) "." }
            }
        }
    }
}

/// Draws the nearest schedule without it below the trial.
fn nearest(explained: &Explained) -> Markup {
    let Some(found) = &explained.nearest else { return html! {} };
    let drawn = picture(&near_scene(explained, found));
    html! {
        section {
            h2 { "The nearest schedule without it" }
            p class="lead" { (told::nearest(explained)) }
            (figure(&drawn, "nearest", "Lanes of the nearest schedule", false))
        }
    }
}

fn near_scene<'a>(explained: &'a Explained, found: &'a Nearest) -> Scene<'a> {
    let at = |place: usize| found.account.picks.get(place).map(|fired| fired.at);
    let difference: Option<Time> = match found.change {
        Change::Times => None,
        Change::Pick { .. } | Change::Chance { .. } => at(found.place),
    };
    let focus = explained.trial.history.events[explained.violation.at].at;
    Scene {
        trial: &found.trial,
        account: &found.account,
        discs: Vec::new(),
        stale: None,
        moment: None,
        difference,
        focus: Some(focus),
        id: "b",
    }
}

/// Returns the picture of an explained trial alone.
pub fn svg(explained: &Explained) -> String {
    super::trial::svg_of(&scene(explained))
}
