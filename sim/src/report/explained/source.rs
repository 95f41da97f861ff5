//! The lines of the scenario that race, with what each did.

use std::fmt::Write as _;

use deadheat_model::history::History;

use super::race::numbered;
use super::story::told_by;
use super::{PARAGRAPH, heading, lines};
use crate::record::{Account, Explained, Race, Trial};
use crate::report::sentence::sentence;
use crate::report::timeline::cut;
use crate::report::{BAD, FAINT, WARN, paint};

/// This many lines are shown around those that race.
const AROUND: usize = 1;

/// A line of the scenario.
pub(in crate::report) struct Line {
    /// Its number, from 1.
    pub(in crate::report) number: usize,
    /// What it says.
    pub(in crate::report) text: String,
    /// What it did, each with the number that the event has in the sentence.
    pub(in crate::report) notes: Vec<(usize, String)>,
    /// Whether it is the line of the act.
    pub(in crate::report) is_act: bool,
}

/// What races in a trial.
struct Raced<'a> {
    history: &'a History,
    account: &'a Account,
    /// The events, each with its number.
    events: Vec<(usize, usize)>,
    /// The event that was the act.
    acted: Option<usize>,
}

/// Returns the lines that race, and those around them. There are none if the scenario has no file,
/// or if a guard has added what races.
pub(in crate::report) fn source(explained: &Explained) -> Vec<Line> {
    source_of(&Raced {
        history: &explained.trial.history,
        account: &explained.account,
        events: numbered(explained),
        acted: explained.race.as_ref().map(|race| race.acted),
    })
}

fn source_of(all: &Raced<'_>) -> Vec<Line> {
    let Raced { history, account, acted, .. } = *all;
    let Some(text) = &account.text else { return Vec::new() };
    let mut raced: Vec<(usize, usize, usize)> = Vec::new();
    for (event, number) in &all.events {
        if let Some(line) = &account.events[*event].line {
            raced.push((line.line, *number, *event));
        }
    }
    let is_near = |line: usize| raced.iter().any(|(at, ..)| at.abs_diff(line) <= AROUND);
    let line = |(number, text): (usize, &str)| {
        let here = raced.iter().filter(|(at, ..)| *at == number);
        let said = |event: usize| {
            let told = told_by(&history.events, event);
            let said = sentence(told, history).unwrap_or_default();
            format!("{said}, at {} s", history.events[event].at)
        };
        Line {
            number,
            text: text.to_owned(),
            is_act: here.clone().any(|(.., event)| Some(*event) == acted),
            notes: here.map(|(_, number, event)| (*number, said(*event))).collect(),
        }
    };
    let numbered = text.lines().enumerate().map(|(place, text)| (place + 1, text));
    numbered.filter(|(number, _)| is_near(*number)).map(line).collect()
}

/// Returns the lines that race in a trial that was not explained: what was relied on, what came in
/// between, and the act. Returns nothing if the scenario has no file.
pub fn racing(trial: &Trial, account: &Account, race: &Race) -> String {
    let mut events: Vec<usize> =
        [race.relied, race.between, Some(race.acted)].into_iter().flatten().collect();
    events.sort_unstable();
    events.dedup();
    let events = events.into_iter().enumerate().map(|(place, event)| (event, place + 1));
    let lines = source_of(&Raced {
        history: &trial.history,
        account,
        events: events.collect(),
        acted: Some(race.acted),
    });
    let mut text = String::new();
    write_lines(&mut text, &lines);
    text
}

/// Writes the lines.
pub(super) fn write(text: &mut String, explained: &Explained) {
    let all = source(explained);
    if all.is_empty() {
        return;
    }
    heading(text, "The lines that race");
    write_lines(text, &all);
}

fn write_lines(text: &mut String, all: &[Line]) {
    let mut last = None;
    for line in all {
        if last.is_some_and(|last| last + 1 < line.number) {
            let _ = writeln!(text, "    {}", paint(FAINT, "  ..."));
        }
        last = Some(line.number);
        let bar = paint(FAINT, &format!("{:>4} |", line.number));
        let _ = writeln!(text, "    {bar} {}", cut(line.text.trim_end(), PARAGRAPH - 6));
        let indent = line.text.len() - line.text.trim_start().len();
        for (number, said) in &line.notes {
            let room = PARAGRAPH.saturating_sub(indent + 12);
            for (place, words) in lines(said, room).iter().enumerate() {
                let mark = if place == 0 { format!("^ ({number})") } else { "     ".to_owned() };
                let style = if line.is_act { BAD } else { WARN };
                let note = paint(style, &format!("{mark} {words}"));
                let bar = paint(FAINT, "     |");
                let _ = writeln!(text, "    {bar} {:indent$}{note}", "");
            }
        }
    }
}
