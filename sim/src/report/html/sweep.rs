//! The page of a run: each setting's properties with their intervals against what is expected.

use deadheat_model::property::{PropertyId, Way};
use maud::{Markup, html};

use super::picture::pc;
use super::shell::{interval, page, paste};
use crate::record::{Checked, Expected, Rate, Varied, rate};
use crate::report::human::{surprise, titled, word};
use crate::report::number::{grouped, plural};
use crate::report::statistics::percent;
use crate::report::words;

/// A setting that was played.
pub struct Entry {
    /// Its sweep.
    pub checked: Checked,
    /// The parameter that is varied, if one is.
    pub varied: Option<Varied>,
    /// The pages of its findings: the way of breaking, and the file beside this page.
    pub pages: Vec<(Way, String)>,
}

/// A way of breaking over several runs.
pub struct WayOverRuns {
    /// The setting.
    pub setting: String,
    /// What broke.
    pub what: String,
    /// Its share of the trials of each run, if the run played this setting.
    pub shares: Vec<Option<Rate>>,
}

/// Returns the page. `news` says what has changed since the last run in the same folder, in
/// sentences. `over` has the ways of breaking of all runs there.
pub fn index(entries: &[Entry], news: &[String], over: &[WayOverRuns]) -> String {
    let trials: u64 = entries.iter().map(|entry| entry.checked.summary.trials).sum();
    let unexpected = entries.iter().filter(|entry| !entry.checked.is_met()).count() as u64;
    let head = match unexpected {
        0 => "All as expected.".to_owned(),
        count => format!("{} not as expected.", plural(count, "setting is", "settings are")),
    };
    let settings = plural(entries.len() as u64, "setting", "settings");
    let mut order: Vec<&Entry> = entries.iter().collect();
    // Scenarios in which something is not as expected come first.
    let is_met = |name: &str| {
        let mut settings = entries.iter().filter(|entry| entry.checked.scenario == name);
        settings.all(|entry| entry.checked.is_met())
    };
    order.sort_by_cached_key(|entry| is_met(&entry.checked.scenario));
    let body = html! {
        h1 { (head) }
        p class="lead" { (settings) ", " (plural(trials, "trial", "trials")) "." }
        @if !news.is_empty() {
            section {
                h2 { "Since the last run here" }
                ul { @for said in news { li { (said) } } }
                (over_runs(over))
            }
        }
        @for group in order.chunk_by(|one, other| one.checked.scenario == other.checked.scenario) {
            section {
                h2 { (group[0].checked.scenario) }
                p class="lead" { (group[0].checked.about) }
                (curves(group))
                @for entry in group { (setting(entry)) }
            }
        }
    };
    page("Deadheat: a run", &settings, None, &body)
}

/// Returns a table of the ways of breaking, run by run, the last run at the right.
fn over_runs(over: &[WayOverRuns]) -> Markup {
    let runs = over.iter().map(|way| way.shares.len()).max().unwrap_or(0);
    html! {
        details {
            summary {
                (plural(over.len() as u64, "way of breaking", "ways of breaking"))
                " in the last " (plural(runs as u64, "run", "runs")) " here"
            }
            div class="wide" tabindex="0" role="group" aria-label="Ways of breaking by run" {
                table class="dots" {
                    thead {
                        tr {
                            th scope="col" { "setting" }
                            th scope="col" { "what breaks" }
                            @for run in 1..=runs { th scope="col" class="num" { (run) } }
                        }
                    }
                    tbody {
                        @for way in over {
                            tr {
                                td { (way.setting) }
                                td { (way.what) }
                                @for share in &way.shares {
                                    td class="num" {
                                        (share.map_or("not played".to_owned(), seen))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns how often something was seen.
fn seen(share: Rate) -> String {
    if share.rate > 0.0 { percent(share.rate) } else { "never".to_owned() }
}

fn setting(entry: &Entry) -> Markup {
    let checked = &entry.checked;
    let title = titled(&checked.scenario, &checked.invocation);
    let is_sample = checked.invocation.is_a_sample();
    html! {
        div class="setting" id=(title) {
            @for one in &checked.surprises {
                div class="finding" { (surprise(one, checked)) }
            }
            @for bug in &checked.bugs {
                div class="finding" { "a bug in Deadheat, at seed " (bug.seed) ": " (bug.what) }
            }
            details open[!checked.is_met()] {
                summary {
                    span class=(if checked.is_met() { "badge ok" } else { "badge bad" }) {
                        (word(checked))
                    }
                    " " b { (title) } " "
                    (grouped(checked.summary.trials)) " trials, "
                    (plural(checked.findings.len() as u64, "way of breaking", "ways of breaking"))
                }
                div class="wide" tabindex="0" role="group" aria-label=(title) {
                    (properties(checked, is_sample))
                }
                (findings(entry))
            }
        }
    }
}

fn properties(checked: &Checked, is_sample: bool) -> Markup {
    html! {
        table class="dots" {
            thead {
                tr {
                    th scope="col" { "property" }
                    th scope="col" { "expected" }
                    th scope="col" class="num" { "broken" }
                    th scope="col" class="plot" { "share of trials, 0 to 100 %" }
                }
            }
            tbody {
                @for property in PropertyId::ALL {
                    @let seen = checked.summary.violated(property).trials;
                    @let share = rate(seen, checked.summary.trials);
                    @let expected = checked.expected[property as usize];
                    tr class=(class(checked, property, seen)) {
                        td { (property.name()) }
                        td { (said(expected)) }
                        td class="num" { (percent(share.rate)) }
                        td class="plot" title=(interval(share)) {
                            svg width="100%" height="14" role="img" aria-label=(interval(share)) {
                                line x1="0" x2="100%" y1="7" y2="7" class="axis" {}
                                @if let Expected::AtMost(most) = expected {
                                    @let x = f64::from(most) / 1e4;
                                    line x1=(pc(x)) x2=(pc(x)) y1="0" y2="14" class="range" {}
                                }
                                @if is_sample {
                                    line x1=(pc(share.low * 100.0)) x2=(pc(share.high * 100.0))
                                        y1="7" y2="7" class="range" {}
                                }
                                circle cx=(pc(share.rate * 100.0)) cy="7" r="4" class="dot" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class(checked: &Checked, property: PropertyId, seen: u64) -> &'static str {
    let is_surprise = checked.surprises.iter().any(|one| one.property() == Some(property));
    match (is_surprise, seen) {
        (true, _) => "surprising",
        (false, 0) => "",
        (false, _) => "expected",
    }
}

fn said(expected: Expected) -> String {
    match expected {
        Expected::Holds => "holds".to_owned(),
        Expected::Violates => "breaks in some trial".to_owned(),
        Expected::Always => "breaks in each trial".to_owned(),
        Expected::Allows => "may break".to_owned(),
        Expected::AtMost(most) => format!("at most {}", percent(f64::from(most) / 1e6)),
        Expected::NotJudged => "not judged".to_owned(),
    }
}

fn findings(entry: &Entry) -> Markup {
    let checked = &entry.checked;
    let page_of = |way: &Way| entry.pages.iter().find(|(of, _)| of == way).map(|(_, page)| page);
    html! {
        @for shown in &checked.findings {
            @let what = words::finding(&shown.way, &checked.cast);
            h3 {
                @match page_of(&shown.way) {
                    Some(page) => a href=(page) { (what) },
                    None => (what),
                }
            }
            p class="note" {
                (words::fingerprint(&shown.way.fingerprint, &checked.cast)) ": in "
                (plural(shown.tally.trials, "trial", "trials"))
            }
            @if let Some(line) = words::shown_line(&checked.invocation, shown) { (paste(&line)) }
        }
    }
}

/// The height of a curve, in pixels.
const HEIGHT: f64 = 120.0;

/// Draws each property that changes with the parameter that is varied.
fn curves(group: &[&Entry]) -> Markup {
    let varied: Vec<(&Varied, &Checked)> =
        group.iter().filter_map(|entry| Some((entry.varied.as_ref()?, &entry.checked))).collect();
    let seen = |property: PropertyId| {
        varied.iter().map(move |(_, checked)| checked.summary.violated(property).trials)
    };
    let changes = |property: &PropertyId| seen(*property).min() != seen(*property).max();
    html! {
        @if varied.len() > 1 {
            @for property in PropertyId::ALL.into_iter().filter(changes) {
                h3 { (property.name()) " by " code { (varied[0].0.name) } }
                (curve(&varied, property))
            }
        }
    }
}

fn curve(varied: &[(&Varied, &Checked)], property: PropertyId) -> Markup {
    let step = 100.0 / varied.len() as f64;
    let points = varied.iter().enumerate().map(|(place, (varied, checked))| {
        let share = rate(checked.summary.violated(property).trials, checked.summary.trials);
        ((place as f64 + 0.5) * step, &varied.value, share)
    });
    let points: Vec<_> = points.collect();
    let y = |share: f64| 8.0 + (1.0 - share) * HEIGHT;
    html! {
        svg class="scatter" height=(HEIGHT + 34.0) role="img" aria-label=(property.name()) {
            @for share in [0.0, 0.5, 1.0] {
                line x1="0" x2="100%" y1=(y(share)) y2=(y(share)) class="axis" opacity="0.3" {}
                text x="0" y=(y(share) - 3.0) { (percent(share)) }
            }
            @for pair in points.windows(2) {
                line x1=(pc(pair[0].0)) x2=(pc(pair[1].0)) y1=(y(pair[0].2.rate))
                    y2=(y(pair[1].2.rate)) class="axis" {}
            }
            @for (x, value, share) in &points {
                line x1=(pc(*x)) x2=(pc(*x)) y1=(y(share.high)) y2=(y(share.low)) class="axis"
                    stroke-width="3" {}
                circle cx=(pc(*x)) cy=(y(share.rate)) r="5" { title { (interval(*share)) } }
                text x=(pc(*x)) y=(HEIGHT + 26.0) text-anchor="middle" { (value) }
            }
        }
    }
}
