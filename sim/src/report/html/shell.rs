//! What all pages have in common.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::picture::{Picture, shape};
use crate::report::number::grouped;
use crate::report::statistics::{Rate, percent};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A page with more bytes of data than this does not carry them.
const DATA_MAX: usize = 1_500_000;

/// Returns a whole page. `data` is the JSON whose figures it shows.
pub(super) fn page(title: &str, place: &str, data: Option<&str>, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="generator" content=(concat!("deadheat ", env!("CARGO_PKG_VERSION")));
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="page" {
                    header class="bar" {
                        b { "deadheat" }
                        span class="where" { code { (place) } }
                        button type="button" class="js-only" data-theme-button="" { "Dark" }
                    }
                    main { (body) }
                    footer {
                        "Made by deadheat " (env!("CARGO_PKG_VERSION")) ". This page loads nothing."
                    }
                }
                (data_of(data))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn data_of(data: Option<&str>) -> Markup {
    match data {
        Some(data) if data.len() <= DATA_MAX => html! {
            // A text in the data cannot end the script.
            script type="application/json" id="deadheat-data" {
                (PreEscaped(data.replace('<', "\\u003c")))
            }
        },
        Some(data) => html! {
            p class="note page" {
                "The data of this page are left out, because they have "
                (grouped(data.len() as u64)) " bytes: --json prints them."
            }
        },
        None => html! {},
    }
}

/// Returns a line to paste, with a button that copies it.
pub(super) fn paste(line: &str) -> Markup {
    html! {
        div class="paste" {
            code { (line) }
            button type="button" class="js-only" data-copy=(line) { "Copy" }
        }
    }
}

/// Returns a rate with its interval, as text.
pub(super) fn interval(rate: Rate) -> String {
    format!("{}, 95 % interval {} to {}", percent(rate.rate), percent(rate.low), percent(rate.high))
}

/// Returns a picture with the names of its lanes and what its marks mean.
pub(super) fn figure(picture: &Picture, id: &str, label: &str, has_tools: bool) -> Markup {
    html! {
        @if has_tools {
            div class="tools" {
                div class="legend" {
                    @for kind in &picture.kinds {
                        span {
                            svg width="20" height="20" viewBox="-10 -10 20 20" aria-hidden="true" {
                                (shape(*kind, false))
                            }
                            (kind.name().1)
                        }
                    }
                    @if picture.has_discs {
                        span { span class="n key" { "1" } " what the text at the top is about" }
                    }
                }
                span class="js-only zoom" role="group" aria-label="Zoom" {
                    button type="button" data-zoom="1" aria-pressed="true" { "1×" }
                    button type="button" data-zoom="2" aria-pressed="false" { "2×" }
                    button type="button" data-zoom="4" aria-pressed="false" { "4×" }
                }
            }
        }
        div class="grid picture" id=(id) {
            div class="names" style=(format!("height:{}px", picture.height)) {
                @for name in &picture.names {
                    div style=(format!("top:{}px", name.y)) {
                        b { (name.text) }
                        small { (name.about) }
                    }
                }
            }
            div class="scroll" tabindex="0" role="group" aria-label=(label) {
                svg class="lanes" width="100%" height=(picture.height) role="group"
                    aria-label=(label) {
                    (picture.svg)
                }
            }
        }
        @if !picture.notes.is_empty() {
            p class="note" { (sentence(&picture.notes)) }
        }
    }
}

fn sentence(notes: &[String]) -> String {
    let text = notes.join("; ");
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
