//! The page of a comparison: what each guard breaks, as a heat table, and what it costs.

use deadheat_model::property::PropertyId;
use maud::{Markup, html};

use super::picture::pc;
use super::shell::{interval, page};
use crate::record::{Compared, Played, rate};
use crate::report::compare::{broken, cost, footnotes, time};
use crate::report::human::titled;
use crate::report::statistics::percent;

/// Returns the page.
pub fn compared(all: &[Compared]) -> String {
    let body = html! {
        h1 { "What each guard breaks, and what it costs" }
        p class="lead" {
            "Every row plays the same seeds. The darker a cell, the more trials break the "
            "property. Point at a rate for its 95 % interval."
        }
        @for one in all { (scenario(one)) }
    };
    page("Deadheat: guards", "guards", None, &body)
}

fn scenario(compared: &Compared) -> Markup {
    let title = titled(&compared.scenario, &compared.invocation);
    let properties = broken(compared);
    let rows: Vec<(&str, &Played)> =
        compared.rows.iter().filter_map(|row| Some((row.guard.as_str(), row.played()?))).collect();
    let others: Vec<&str> = compared
        .rows
        .iter()
        .filter(|row| row.played().is_none())
        .map(|row| row.guard.as_str())
        .collect();
    html! {
        section {
            h2 { (title) }
            p class="lead" { (compared.about) }
            div class="wide" tabindex="0" role="group" aria-label=(title) {
                table class="heat" {
                    thead {
                        tr {
                            th scope="col" { "guard" }
                            @for property in &properties {
                                th scope="col" class="num" { (property.name()) }
                            }
                            th scope="col" class="num" { "done, median" }
                            th scope="col" class="num" { "calls" }
                            th scope="col" class="num" { "runs" }
                            th scope="col" class="num" { "wasted" }
                        }
                    }
                    tbody { @for (guard, played) in &rows { (row(guard, played, &properties)) } }
                }
            }
            @for (guard, played) in &rows {
                @for note in footnotes(played, compared) { p class="note" { (guard) ": " (note) } }
            }
            @if !others.is_empty() {
                p class="note" { "Does not apply here: " (others.join(", ")) "." }
            }
            (scatter(&rows))
        }
    }
}

fn row(guard: &str, played: &Played, properties: &[PropertyId]) -> Markup {
    let cost = cost(played);
    html! {
        tr {
            th scope="row" { @if guard == "none" { "(no guard)" } @else { (guard) } }
            @for property in properties {
                @let share =
                    rate(played.summary.violated(*property).trials, played.summary.trials);
                td class="cell" style=(format!("--share:{:.3}", share.rate))
                    title=(interval(share)) { (percent(share.rate)) }
            }
            td class="num" { (time(cost.done_ms_median)) }
            td class="num" { (format!("{:.1}", cost.calls)) }
            td class="num" { (format!("{:.2}", cost.runs)) }
            td class="num" { (format!("{:.2}", cost.wasted_runs)) }
        }
    }
}

/// Draws time against wasted runs: what is to the left and below costs least.
fn scatter(rows: &[(&str, &Played)]) -> Markup {
    let points: Vec<(&str, f64, f64)> = rows
        .iter()
        .filter_map(|(guard, played)| {
            let cost = cost(played);
            let name = if *guard == "none" { "(no guard)" } else { guard };
            Some((name, f64::from(cost.done_ms_median?) / 1e3, cost.wasted_runs))
        })
        .collect();
    let max = |of: fn(&(&str, f64, f64)) -> f64| points.iter().map(of).fold(0.001, f64::max);
    // The names are beside the points, so the points take the left half.
    let (right, top) = (max(|point| point.1) * 2.0, max(|point| point.2) * 1.15);
    let height = 240.0;
    // Points that cover each other have one name.
    let mut groups: Vec<(Vec<&str>, f64, f64)> = Vec::new();
    for (guard, x, y) in points {
        let is_near = |group: &&mut (Vec<&str>, f64, f64)| {
            (group.1 - x).abs() < right * 0.01 && (group.2 - y).abs() < top * 0.055
        };
        match groups.iter_mut().find(is_near) {
            Some((names, ..)) => names.push(guard),
            None => groups.push((vec![guard], x, y)),
        }
    }
    html! {
        @if groups.len() > 1 {
            h3 { "Time and waste" }
            svg class="scatter" height=(height + 40.0) role="img"
                aria-label="Median time until done, and wasted runs a trial" {
                line x1="0" x2="100%" y1=(height) y2=(height) class="axis" {}
                line x1="0" x2="0" y1="0" y2=(height) class="axis" {}
                text x="100%" y=(height + 18.0) text-anchor="end" {
                    (format!("median time until done: 0 to {right:.1} s"))
                }
                text x="6" y="12" { (format!("wasted runs a trial, up to {top:.2}")) }
                @for (guards, x, y) in &groups {
                    @let at = (1.0 - y / top) * height;
                    circle cx=(pc(x / right * 100.0)) cy=(at) r="5" {}
                    text x=(pc(x / right * 100.0)) dx="8" y=(at + 4.0) { (guards.join(", ")) }
                }
            }
        }
    }
}
