//! A comparison as CSV: one line per row, with every property. The columns are always the same.

use deadheat_model::property::PropertyId;

use super::NOT_APPLICABLE;
use crate::record::{Bill, Compared, Outcome, Row};
use crate::report::statistics::rate;

const BEFORE: [&str; 7] =
    ["scenario", "guard", "vary_name", "vary_value", "not_applicable", "trials", "out_of_budget"];

const AFTER: [&str; 6] =
    ["done_ms_median", "done_ms_p95", "calls", "runs", "wasted_runs", "context_lost"];

/// Returns the line of headings.
pub fn csv_head() -> String {
    let rates = PropertyId::ALL.into_iter().flat_map(|property| {
        ["", "_low", "_high"].map(|end| format!("{}{end}", property.name().replace('-', "_")))
    });
    let before = BEFORE.into_iter().map(str::to_owned);
    line(before.chain(rates).chain(AFTER.map(str::to_owned)))
}

/// Returns the scenario's lines.
pub fn csv(compared: &Compared) -> String {
    compared.rows.iter().map(|row| line(cells(compared, row).into_iter())).collect()
}

fn cells(compared: &Compared, row: &Row) -> Vec<String> {
    let (name, value) = compared
        .vary
        .as_ref()
        .map_or(("", ""), |varied| (varied.name.as_str(), varied.value.as_str()));
    let mut cells = vec![compared.scenario.clone(), row.guard.clone()];
    cells.extend([name.to_owned(), value.to_owned()]);
    let played = match &row.outcome {
        Outcome::NotApplicable(reason) => {
            cells.push(format!("{NOT_APPLICABLE}: {reason}"));
            cells.resize(BEFORE.len() + 3 * PropertyId::ALL.len() + AFTER.len(), String::new());
            return cells;
        }
        Outcome::Played(played) => played,
    };
    let summary = &played.summary;
    let trials = summary.trials;
    cells.push(String::new());
    cells.extend([trials, summary.out_of_budget.trials].map(|count| count.to_string()));
    for property in PropertyId::ALL {
        let rate = rate(summary.violated(property).trials, trials);
        cells.extend([rate.rate, rate.low, rate.high].map(|share| format!("{share:.6}")));
    }
    let Bill { done_ms_median, done_ms_p95, calls, runs, wasted_runs, context_lost } = played.bill;
    let time = |ms: Option<u32>| ms.map_or("never".to_owned(), |ms| ms.to_string());
    let mean = |sum: u64| format!("{:.4}", sum as f64 / trials.max(1) as f64);
    cells.extend([time(done_ms_median), time(done_ms_p95)]);
    cells.extend([calls, runs, wasted_runs, context_lost].map(mean));
    cells
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\n"
}

/// Quotes a cell as RFC 4180 requires.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}
