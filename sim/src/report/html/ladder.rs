//! Every event as a row of a table.

use deadheat_model::history::{Answer, Event, What};
use maud::{Markup, html};

use super::picture::Scene;
use crate::report::explained::told_by;
use crate::report::sentence::sentence;
use crate::report::trial::route;

/// More rows than this are folded, those that are farthest from what has to be seen.
const ROWS_MAX: usize = 2_000;

/// A row, or how many events are folded there.
enum Row {
    Event { place: usize, said: String, times: usize },
    Folded(usize),
}

/// Returns the table.
pub(super) fn ladder(scene: &Scene<'_>) -> Markup {
    let rows = rows(scene);
    html! {
        table class="ladder" {
            caption {
                "Polls that see the same again are one row. Numbers of lines are those of the "
                "scenario file."
            }
            thead {
                tr {
                    th scope="col" { "time (s)" }
                    th scope="col" { "who" }
                    th scope="col" { "what" }
                    th scope="col" { "request and reply" }
                    th scope="col" class="num" { "line" }
                    th scope="col" class="num" { "pick" }
                }
            }
            tbody {
                @for row in &rows {
                    @match row {
                        Row::Event { place, said, times } => (event(scene, *place, said, *times)),
                        Row::Folded(count) => {
                            tr class="more" { td colspan="6" { (count) " events are folded here" } }
                        }
                    }
                }
            }
        }
    }
}

fn rows(scene: &Scene<'_>) -> Vec<Row> {
    let history = &scene.trial.history;
    let is_numbered = |place: usize| number(scene, place).is_some();
    let mut rows: Vec<Row> = Vec::new();
    for place in 0..history.events.len() {
        let Some(said) = sentence(place, history) else { continue };
        let is_look = matches!(
            history.events[place].what,
            What::Answered { answer: Answer::Run(..) | Answer::Runs(_), .. }
        );
        let last = rows.iter_mut().rev().take(8).find_map(|row| match row {
            Row::Event { place: before, said: known, times }
                if *known == said && !is_numbered(*before) =>
            {
                Some(times)
            }
            Row::Event { .. } | Row::Folded(_) => None,
        });
        match last.filter(|_| is_look && !is_numbered(place)) {
            Some(times) => *times += 1,
            None => rows.push(Row::Event { place, said, times: 1 }),
        }
    }
    if rows.len() <= ROWS_MAX {
        return rows;
    }
    let focus = scene.focus.unwrap_or_default();
    let place_of = |row: &Row| match row {
        Row::Event { place, .. } => history.events[*place].at,
        Row::Folded(_) => focus,
    };
    let middle = rows.partition_point(|row| place_of(row) < focus);
    let first = middle.saturating_sub(ROWS_MAX / 2).min(rows.len() - ROWS_MAX);
    let behind = rows.len() - first - ROWS_MAX;
    let mut kept: Vec<Row> = rows.into_iter().skip(first).take(ROWS_MAX).collect();
    if first > 0 {
        kept.insert(0, Row::Folded(first));
    }
    if behind > 0 {
        kept.push(Row::Folded(behind));
    }
    kept
}

/// Returns the number of the disc of an event, or of what it describes.
fn number(scene: &Scene<'_>, place: usize) -> Option<usize> {
    let events = &scene.trial.history.events;
    let is_it = |(event, _): &&(usize, usize)| told_by(events, *event) == place;
    scene.discs.iter().find(is_it).map(|(_, number)| *number)
}

fn event(scene: &Scene<'_>, place: usize, said: &str, times: usize) -> Markup {
    let (history, cause) = (&scene.trial.history, &scene.account.events[place]);
    let one = &history.events[place];
    let who = one.by.map_or_else(|| "server".to_owned(), |by| history.cast.name(by));
    let number = number(scene, place);
    let broken: Vec<&str> = scene
        .trial
        .violations
        .iter()
        .filter(|violation| told_by(&history.events, violation.at) == place)
        .map(|violation| violation.property.name())
        .collect();
    let is_bad = matches!(&one.what, What::Answered { answer: Answer::Refused(_), .. });
    let class = if broken.is_empty() { "" } else { "act" };
    html! {
        tr id=(format!("{}-e{place}", scene.id)) class=(class) data-e=(place) data-by=(who) {
            td class="t" { (one.at) }
            td class="w" { (who) }
            td class=(if is_bad { "bad" } else { "" }) {
                @if let Some(number) = number { span class="n" { (number) } " " }
                (said)
                @if times > 1 { span class="tag" { (times) " times" } }
                @for property in broken { span class="tag bad-tag" { "breaks " (property) } }
            }
            td class="q" { (request(one)) }
            td class="num" { @if let Some(line) = &cause.line { (line.line) } }
            td class="num" { @if let Some(pick) = cause.pick { (pick + 1) } }
        }
    }
}

fn request(event: &Event) -> String {
    let Some((method, path)) = route(event) else { return String::new() };
    let What::Answered { answer, .. } = &event.what else { return String::new() };
    let reply = match answer {
        Answer::Refused(error) => format!("{} {error}", error.status()),
        Answer::Thread(thread) => format!("200 {thread}"),
        Answer::Message(message) | Answer::Messages(Some(message)) => format!("200 {message}"),
        Answer::Run(run, status) => format!("200 {run}: {status}"),
        Answer::Runs(Some(run)) => format!("200 {run} is active"),
        Answer::Runs(None) => "200 no active run".to_owned(),
        Answer::Messages(None) => "200 no message".to_owned(),
    };
    format!("{method} {path} → {reply}")
}
