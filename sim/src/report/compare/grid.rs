//! The grid: how often one property breaks, with a row for each guard and a column for each value
//! of a parameter.

use std::fmt::Write as _;

use anstyle::Style;
use deadheat_model::property::PropertyId;

use super::human::rate_cell;
use super::markdown::write_table;
use super::{GOOD, NOT_APPLICABLE, broken, footnotes, heading, paint, share};
use crate::record::{Compared, Invocation, Outcome, Row as Line};
use crate::report::human::titled;
use crate::report::number::grouped;
use crate::report::page::lines;
use crate::report::table::{Cell, Row, Says, Table};
use crate::report::{FAINT, HEAD};

/// Returns the first property that breaks without a guard, or else the first one that breaks at
/// all.
pub fn first_broken(columns: &[Compared]) -> Option<PropertyId> {
    let breaks = |row: &Line, property| {
        row.played().is_some_and(|played| played.summary.violated(property).trials > 0)
    };
    let bare = columns.iter().filter_map(|compared| compared.rows.first());
    let bare: Vec<&Line> = bare.collect();
    let without = |property: &PropertyId| bare.iter().any(|row| breaks(row, *property));
    let any = || columns.iter().flat_map(broken).min();
    PropertyId::ALL.into_iter().find(without).or_else(any)
}

/// Renders the scenario's grid for people. The text ends with a blank line. The columns are the
/// same scenario under each value of the parameter.
pub fn grid(columns: &[Compared], property: Option<PropertyId>) -> String {
    let Some(first) = columns.first() else { return String::new() };
    let head = title_of(first);
    let mut text = format!("{}\n  {}\n", paint(HEAD, &head), first.about);
    let effort = format!(
        "{} trials of each guard and value, from seed {}",
        grouped(first.trials),
        first.first_seed
    );
    let _ = writeln!(text, "  {}\n", paint(FAINT, &effort));
    let Some(property) = property else {
        let _ = writeln!(text, "  {}\n", paint(GOOD, "no property broke in any trial"));
        return text;
    };
    let promise = property.promise();
    let _ = writeln!(text, "  {}  {promise}: broken in", paint(HEAD, property.name()));
    let row = |(index, line): (usize, &Line)| Row {
        name: line.guard.clone(),
        says: match reason(columns, index) {
            Some(reason) => Says::Note(format!("{NOT_APPLICABLE}  {reason}")),
            None => Says::Cells(cells(columns, index, property)),
        },
    };
    let rows = first.rows.iter().enumerate().map(row).collect();
    let table = Table { head: "guard", columns: columns.iter().map(value).collect(), rows };
    text.push_str(&table.text());
    let others: Vec<&str> = PropertyId::ALL
        .into_iter()
        .filter(|one| *one != property && columns.iter().any(|column| broken(column).contains(one)))
        .map(PropertyId::name)
        .collect();
    if !others.is_empty() {
        let line = format!("broken as well (--property shows one): {}", others.join(", "));
        for line in lines(&line, 98) {
            let _ = writeln!(text, "  {}", paint(FAINT, &line));
        }
    }
    for compared in columns {
        for line in &compared.rows {
            let Some(played) = line.played() else { continue };
            for note in footnotes(played, compared) {
                let _ = writeln!(text, "  * {}, {}: {note}", line.guard, value(compared));
            }
        }
    }
    text.push('\n');
    text
}

/// Renders the scenario's grid in Markdown. The text ends with a blank line.
pub fn grid_markdown(columns: &[Compared], property: Option<PropertyId>) -> String {
    let Some(first) = columns.first() else { return String::new() };
    let mut text = format!("### {}\n\n{}", title_of(first), first.about);
    let Some(property) = property else {
        text.push_str(" No property broke in any trial.\n\n");
        return text;
    };
    let _ = writeln!(text, " How often `{property}` broke:\n");
    let heads: Vec<String> =
        ["guard".to_owned()].into_iter().chain(columns.iter().map(value)).collect();
    let rows = first.rows.iter().enumerate().map(|(index, line)| {
        let cells = cells(columns, index, property).into_iter().map(|cell| cell.text);
        let name = format!("`{}`", line.guard);
        match reason(columns, index) {
            Some(reason) => vec![name, format!("{NOT_APPLICABLE}: {reason}")],
            None => [name].into_iter().chain(cells).collect(),
        }
    });
    write_table(&mut text, &heads, rows);
    text.push('\n');
    text
}

/// Returns why the guard in this row cannot be applied under any of the values, if it cannot.
fn reason(columns: &[Compared], row: usize) -> Option<&str> {
    let mut lines = columns.iter().filter_map(|compared| compared.rows.get(row));
    let is_out = |line: &Line| line.played().is_none();
    let first = lines.next().filter(|line| is_out(line))?;
    match &first.outcome {
        Outcome::NotApplicable(reason) if lines.all(is_out) => Some(reason),
        Outcome::NotApplicable(_) | Outcome::Played(_) => None,
    }
}

fn cells(columns: &[Compared], row: usize, property: PropertyId) -> Vec<Cell> {
    let cell = |compared: &Compared| {
        // An interrupted sweep has fewer rows in its last column.
        let Some(line) = compared.rows.get(row) else {
            return Cell { text: "-".to_owned(), style: FAINT };
        };
        match line.played() {
            None => Cell { text: NOT_APPLICABLE.to_owned(), style: FAINT },
            Some(played) if footnotes(played, compared).is_empty() => rate_cell(property, played),
            Some(played) => {
                Cell { text: format!("{} *", share(property, played)), style: Style::new() }
            }
        }
    };
    columns.iter().map(cell).collect()
}

/// Returns the heading of a column: `workers=4`.
fn value(compared: &Compared) -> String {
    let varied = compared.vary.as_ref();
    varied.map_or(String::new(), |varied| format!("{}={}", varied.name, varied.value))
}

/// Returns the scenario's name, with what is set besides the parameter that varies.
fn title_of(compared: &Compared) -> String {
    let Some(varied) = &compared.vary else { return heading(compared) };
    let settings = compared.invocation.settings.iter();
    let others = settings.filter(|(name, _)| *name != varied.name).cloned().collect();
    titled(&compared.scenario, &Invocation { settings: others, ..compared.invocation.clone() })
}

/// Explains what the columns say.
pub fn grid_footer() -> String {
    let line =
        "share of trials that break the property, ± 95 % interval; <, >: its bound; same seeds";
    format!("{}\n", paint(FAINT, line))
}
