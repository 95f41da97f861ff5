//! A comparison in Markdown: a heading and a table for each scenario.

use std::fmt::Write as _;

use super::{COSTS, NOT_APPLICABLE, broken, costs, footnotes, heading, name, share};
use crate::record::{Compared, Outcome};

/// Renders a scenario's section. The text ends with a blank line.
pub fn markdown(compared: &Compared) -> String {
    let broken = broken(compared);
    let mut text = format!("### {}\n\n", heading(compared));
    let _ = writeln!(
        text,
        "{} {} trials of each guard, from seed {}.\n",
        compared.about, compared.trials, compared.first_seed
    );
    let heads = ["guard"].into_iter().chain(broken.iter().map(|one| one.name())).chain(COSTS);
    let heads: Vec<String> = heads.map(str::to_owned).collect();
    let rows = compared.rows.iter().map(|row| {
        let mut cells = vec![code(&name(row, compared))];
        match &row.outcome {
            Outcome::NotApplicable(reason) => cells.push(format!("{NOT_APPLICABLE}: {reason}")),
            Outcome::Played(played) => {
                cells.extend(broken.iter().map(|property| share(*property, played)));
                cells.extend(costs(played));
            }
        }
        cells
    });
    write_table(&mut text, &heads, rows);
    text.push('\n');
    for row in &compared.rows {
        let notes = row.played().map(|played| footnotes(played, compared)).unwrap_or_default();
        for note in notes {
            let _ = writeln!(text, "\\* {}: {note}\n", code(&row.guard));
        }
    }
    text
}

/// Writes a table. Short rows are padded.
pub(super) fn write_table(
    text: &mut String,
    heads: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) {
    write_row(text, heads);
    let aligned =
        heads.iter().enumerate().map(|(index, _)| if index == 0 { "---" } else { "---:" });
    write_row(text, &aligned.map(str::to_owned).collect::<Vec<_>>());
    for mut row in rows {
        row.resize(heads.len(), String::new());
        write_row(text, &row);
    }
}

fn write_row(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Formats a guard as code, followed by its mark.
fn code(name: &str) -> String {
    match name.strip_suffix(" *") {
        Some(name) => format!("`{name}` \\*"),
        None => format!("`{name}`"),
    }
}
