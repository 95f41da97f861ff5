//! A table of text. The first column names the row, and the other columns are right-aligned. A
//! table that is too wide continues below with its last columns and repeats the names.

use anstyle::Style;
use std::fmt::Write as _;

use super::page::{WIDTH, heading, lines};
use super::{FAINT, HEAD, paint};

/// Longer names get a line of their own.
const NAME_MAX: usize = 34;

/// A heading has at most this many lines.
const HEAD_LINES: usize = 2;

const MARGIN: usize = 2;

/// A table.
pub(super) struct Table {
    /// The heading of the column of names.
    pub(super) head: &'static str,
    /// The other headings. They may be broken at spaces and after hyphens.
    pub(super) columns: Vec<String>,
    /// The rows.
    pub(super) rows: Vec<Row>,
}

/// A row.
pub(super) struct Row {
    /// What it is about.
    pub(super) name: String,
    /// What it says.
    pub(super) says: Says,
}

/// What a row says.
pub(super) enum Says {
    /// Something in each column.
    Cells(Vec<Cell>),
    /// A sentence instead.
    Note(String),
}

/// The content of one column of a row.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Table {
    /// Renders the table. Each line ends with a line feed.
    pub(super) fn text(&self) -> String {
        let names = self.rows.iter().map(|row| length(&row.name)).filter(|name| *name <= NAME_MAX);
        let name_width = names.chain([self.head.len()]).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(|index| self.width(index)).collect();
        let mut text = String::new();
        let mut from = 0;
        while from < widths.len() {
            let to = fitting(&widths, from, MARGIN + name_width);
            if from > 0 {
                text.push('\n');
            }
            self.write(&mut text, name_width, &widths, from..to);
            from = to;
        }
        text
    }

    /// Returns how wide a column has to be, with the gap before it.
    fn width(&self, column: usize) -> usize {
        let cell = |row: &Row| match &row.says {
            Says::Cells(cells) => length(&cells[column].text),
            Says::Note(_) => 0,
        };
        let widest = self.rows.iter().map(cell).max().unwrap_or(0);
        let head = &self.columns[column];
        let fits = |width: &usize| {
            let lines = heading(head, *width);
            lines.len() <= HEAD_LINES && lines.iter().all(|line| length(line) <= *width)
        };
        GAP + (widest..length(head)).find(fits).unwrap_or(widest.max(length(head)))
    }

    fn write(
        &self,
        text: &mut String,
        name_width: usize,
        widths: &[usize],
        columns: std::ops::Range<usize>,
    ) {
        let heads: Vec<Vec<String>> = columns
            .clone()
            .map(|column| heading(&self.columns[column], widths[column] - GAP))
            .collect();
        let depth = heads.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..depth {
            let name = if line + 1 == depth { self.head } else { "" };
            let mut head = format!("{name:<name_width$}");
            for (lines, column) in heads.iter().zip(columns.clone()) {
                // Short headings are aligned to the bottom.
                let word = (line + lines.len()).checked_sub(depth).map_or("", |at| &lines[at]);
                let _ = write!(head, "{word:>width$}", width = widths[column]);
            }
            let _ = writeln!(text, "{:MARGIN$}{}", "", paint(FAINT, head.trim_end()));
        }
        for row in &self.rows {
            let name = &row.name;
            let long = length(name) > NAME_MAX;
            if long {
                let _ = writeln!(text, "{:MARGIN$}{}", "", paint(HEAD, name));
            }
            let name = if long { "" } else { name.as_str() };
            let padding = name_width - length(name);
            let _ = write!(text, "{:MARGIN$}{}{:padding$}", "", paint(HEAD, name), "");
            write_row(text, &row.says, name_width, widths, columns.clone());
        }
    }
}

/// The gap before each column.
const GAP: usize = 3;

fn write_row(
    text: &mut String,
    says: &Says,
    name_width: usize,
    widths: &[usize],
    columns: std::ops::Range<usize>,
) {
    match says {
        Says::Note(note) => {
            let indent = MARGIN + name_width + GAP;
            for (index, line) in lines(note, WIDTH - indent).iter().enumerate() {
                let space = if index == 0 { GAP } else { indent };
                let _ = writeln!(text, "{:space$}{}", "", paint(FAINT, line));
            }
        }
        Says::Cells(cells) => {
            for column in columns {
                let Cell { text: cell, style } = &cells[column];
                let space = widths[column] - length(cell);
                let _ = write!(text, "{:space$}{}", "", paint(*style, cell));
            }
            text.push('\n');
        }
    }
}

/// Returns the end of the columns that fit into a line. A line gets at least one column.
fn fitting(widths: &[usize], from: usize, taken: usize) -> usize {
    let mut width = taken;
    let mut to = from;
    while to < widths.len() && (to == from || width + widths[to] <= WIDTH) {
        width += widths[to];
        to += 1;
    }
    to
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_goes_on_below() {
        let cell = |text: &str| Cell { text: text.to_owned(), style: Style::new() };
        let cells = |count: usize| (0..count).map(|_| cell("100 % > 99.9")).collect();
        let row = |name: &str, says| Row { name: name.to_owned(), says };
        let table = Table {
            head: "guard",
            columns: (0..9).map(|_| "every-request-answered".to_owned()).collect(),
            rows: vec![
                row("none", Says::Cells(cells(9))),
                row(&"lock+".repeat(9), Says::Cells(cells(9))),
                row("debounce", Says::Note("nobody clicks here ".repeat(9))),
            ],
        };
        let text = anstream::adapter::strip_str(&table.text()).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().all(|line| !line.ends_with(' ') || line.trim().is_empty()), "{text}");
        assert_eq!(text.matches("100 % >").count(), 18, "{text}");
        assert_eq!(text.matches("none").count(), 2, "{text}");
    }
}
