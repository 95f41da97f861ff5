//! A comparison for people: one block per scenario, with its rates above its costs.

use std::fmt::Write as _;

use anstyle::Style;
use deadheat_model::property::PropertyId;

use super::{
    BAD, COSTS, GOOD, NOT_APPLICABLE, WARN, broken, costs, heading, name, paint, share,
    write_footnotes,
};
use crate::record::{Compared, Outcome, Played};
use crate::report::number::grouped;
use crate::report::table::{Cell, Row, Says, Table};
use crate::report::{FAINT, HEAD};

/// Renders a scenario's block. The text ends with a blank line.
pub fn compared(compared: &Compared) -> String {
    let mut text = format!("{}\n  {}\n", paint(HEAD, &heading(compared)), compared.about);
    let effort = format!(
        "{} trials of each guard, from seed {}",
        grouped(compared.trials),
        compared.first_seed
    );
    let _ = writeln!(text, "  {}\n", paint(FAINT, &effort));
    let broken = broken(compared);
    let note = |reason: &str| format!("{NOT_APPLICABLE}  {reason}");
    let names = broken.iter().map(|property| property.name().to_owned());
    let rates = |played: &Played| broken.iter().map(|one| rate_cell(*one, played)).collect();
    if broken.is_empty() {
        let _ = writeln!(text, "  {}", paint(GOOD, "no property broke in any trial"));
    } else {
        text.push_str(&table(compared, names.collect(), note, rates).text());
    }
    text.push('\n');
    let columns = COSTS.map(str::to_owned).to_vec();
    let cells = |played: &Played| costs(played).map(cost_cell).into();
    let short = |_: &str| NOT_APPLICABLE.to_owned();
    // The reason was already shown in the table above, if there was one.
    let table = if broken.is_empty() {
        table(compared, columns, note, cells)
    } else {
        table(compared, columns, short, cells)
    };
    text.push_str(&table.text());
    write_footnotes(&mut text, compared);
    text.push('\n');
    text
}

fn table(
    compared: &Compared,
    columns: Vec<String>,
    note: impl Fn(&str) -> String,
    cells: impl Fn(&Played) -> Vec<Cell>,
) -> Table {
    let row = |row: &crate::record::Row| Row {
        name: name(row, compared),
        says: match &row.outcome {
            Outcome::NotApplicable(reason) => Says::Note(note(reason)),
            Outcome::Played(played) => Says::Cells(cells(played)),
        },
    };
    Table { head: "guard", columns, rows: compared.rows.iter().map(row).collect() }
}

/// Formats a rate. It is green if nothing broke.
pub(super) fn rate_cell(property: PropertyId, played: &Played) -> Cell {
    let trials = played.summary.trials;
    let style = match played.summary.violated(property).trials {
        _ if trials == 0 => FAINT,
        0 => GOOD,
        broken if broken == trials => BAD,
        _ => Style::new(),
    };
    Cell { text: share(property, played), style }
}

fn cost_cell(text: String) -> Cell {
    let style = if text == "never" { WARN } else { Style::new() };
    Cell { text, style }
}

/// Explains what the columns say.
pub fn footer() -> String {
    let lines = [
        "rate: trials that break the property, ± 95 % interval (<, >: its bound); same seeds",
        "done: virtual time until all that was asked for is answered; never: later than any time",
        "per trial: API calls, runs paid for, wasted (answered nothing new), runs without context",
    ];
    lines.map(|line| format!("{}\n", paint(FAINT, line))).concat()
}
