//! The page of a trial that was replayed, and its picture alone.

use deadheat_model::property::Violation;
use maud::{Markup, PreEscaped, html};

use super::ladder::ladder;
use super::picture::{Scene, picture};
use super::shell::{figure, page, paste};
use crate::record::{Account, Expected, Trial};
use crate::report::number::plural;
use crate::report::{trial as json, words};

/// Returns the page. `again` is the line that replays it.
pub fn trial(trial: &Trial, account: &Account, again: &str) -> String {
    let scene = scene(trial, account);
    let title = format!("{}, seed {}", trial.scenario, trial.seed);
    let drawn = picture(&scene);
    let data = json::json(trial, account, again, None);
    let calls = plural(trial.occurrences, "occurrence", "occurrences");
    let body = html! {
        (badges(trial, account))
        h1 { (headline(trial, account)) }
        p class="lead" { (account.about) }
        @for violation in others(trial, account) { p { (words::violation(violation, trial)) } }
        @if trial.violations.len() > 1 {
            p class="note" {
                (plural(trial.violations.len() as u64, "violation", "violations"))
                " in all: the table has them."
            }
        }
        (paste(again))
        ul class="facts" {
            li { (words::end(trial.end)) }
            li { (calls) }
            li { "strategy " b { (account.invocation.strategy.as_deref().unwrap_or("walk")) } }
        }
        section {
            h2 { "What happened" }
            (figure(&drawn, "lanes", "Lanes over time, one for each actor, lock and thread", true))
        }
        section class="long" {
            h2 { "Every event" }
            (filters(&scene))
            (ladder(&scene))
        }
        (file(account))
    };
    page(&title, &title, Some(&data), &body)
}

/// Returns what is shown of a trial without an explanation: the events of its main violation.
pub(super) fn scene<'a>(trial: &'a Trial, account: &'a Account) -> Scene<'a> {
    let first = main(trial, account);
    let mut shown: Vec<usize> = first.iter().flat_map(|one| witnesses(one)).collect();
    shown.sort_unstable();
    shown.dedup();
    let focus = first.map(|one| trial.history.events[one.at].at);
    Scene {
        trial,
        account,
        discs: shown.into_iter().enumerate().map(|(place, event)| (event, place + 1)).collect(),
        stale: None,
        moment: None,
        difference: None,
        focus,
        id: "a",
    }
}

/// Returns the violation that the page is about: of a property that should hold, if there is one,
/// and then of the first property in the order of all.
fn main<'a>(trial: &'a Trial, account: &Account) -> Option<&'a Violation> {
    let is_expected = |one: &Violation| account.expected[one.property as usize] != Expected::Holds;
    trial.violations.iter().min_by_key(|one| (is_expected(one), one.property, one.at))
}

/// Returns the first violation of each other property.
fn others<'a>(trial: &'a Trial, account: &Account) -> Vec<&'a Violation> {
    let mut told: Vec<&Violation> = main(trial, account).into_iter().collect();
    for one in &trial.violations {
        if told.iter().all(|known| known.property != one.property) {
            told.push(one);
        }
    }
    told.split_off(told.len().min(1))
}

fn witnesses(violation: &Violation) -> Vec<usize> {
    let both = [Some(violation.witnesses.first), violation.witnesses.second];
    both.into_iter().flatten().map(|witness| witness.event.0).collect()
}

fn headline(trial: &Trial, account: &Account) -> String {
    match main(trial, account) {
        Some(violation) => words::violation(violation, trial),
        None => "This trial breaks nothing.".to_owned(),
    }
}

/// Returns the properties that the trial breaks, and whether that is expected.
pub(super) fn badges(trial: &Trial, account: &Account) -> Markup {
    let mut broken: Vec<_> = trial.violations.iter().map(|one| one.property).collect();
    broken.sort_unstable();
    broken.dedup();
    let is_surprising = |property: &deadheat_model::property::PropertyId| {
        account.expected[*property as usize] == Expected::Holds
    };
    let surprising = broken.iter().filter(|one| is_surprising(one)).count();
    let said = match (broken.len(), surprising) {
        (0, _) => None,
        (_, 0) => Some("the scenario expects that: no finding".to_owned()),
        (all, several) if all == several => {
            Some("the scenario does not expect that: a finding".to_owned())
        }
        (_, several) => Some(format!("the scenario does not expect {several} of these: a finding")),
    };
    html! {
        div class="badges" {
            @for property in &broken {
                span class="badge bad" title=(property.promise()) { "✕ " (property.name()) }
            }
            @if broken.is_empty() { span class="badge ok" { "✓ every property held" } }
            @if let Some(said) = said { span class="badge plain" { (said) } }
        }
        @if !broken.is_empty() {
            details class="note" {
                summary { "What these properties say" }
                ul {
                    @for property in &broken {
                        li { b { (property.name()) } ": " (property.promise()) }
                    }
                }
            }
        }
    }
}

/// Returns the scenario's file with the numbers of its lines, folded away.
pub(super) fn file(account: &Account) -> Markup {
    html! {
        @if let Some(text) = &account.text {
            details class="long" {
                summary { "The scenario file" }
                div class="source" {
                    @for (place, line) in text.lines().enumerate() {
                        div { span class="no" { (place + 1) } code { (line) } }
                    }
                }
            }
        }
    }
}

/// Returns the boxes that fade the events of an actor.
pub(super) fn filters(scene: &Scene<'_>) -> Markup {
    let history = &scene.trial.history;
    let actors: std::collections::BTreeSet<_> =
        history.events.iter().filter_map(|event| event.by).collect();
    html! {
        @if actors.len() > 1 && actors.len() <= 24 {
            fieldset class="filter js-only" {
                legend { "Show" }
                @for actor in actors {
                    label {
                        input type="checkbox" checked data-actor=(history.cast.name(actor));
                        " " (history.cast.name(actor))
                    }
                }
            }
        }
    }
}

/// Returns the picture alone, as a file for a README or a ticket.
pub fn svg(trial: &Trial, account: &Account) -> String {
    svg_of(&scene(trial, account))
}

/// The width of the names and of the lanes, in pixels.
const NAMES: f64 = 150.0;
const WIDTH: f64 = 1_000.0;

pub(super) fn svg_of(scene: &Scene<'_>) -> String {
    let drawn = picture(scene);
    let (width, height) = (NAMES + WIDTH, drawn.height);
    let title = format!("{}, seed {}", scene.trial.scenario, scene.trial.seed);
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
            title { (title) }
            style { (PreEscaped(include_str!("picture.css"))) }
            rect width="100%" height="100%" class="cut" {}
            @for name in &drawn.names {
                text x=(NAMES - 14.0) y=(name.y) text-anchor="end" class="name" { (name.text) }
                text x=(NAMES - 14.0) y=(name.y + 14.0) text-anchor="end" class="tick" {
                    (name.about)
                }
            }
            svg class="lanes" x=(NAMES) y="0" width=(WIDTH - 10.0) height=(height)
                overflow="visible" {
                (drawn.svg)
            }
        }
    };
    svg.into_string()
}
