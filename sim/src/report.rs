//! Reports: a record rendered as text. A renderer sees only the record, and printing is not its
//! concern. The text contains colours as escape codes. The code that prints removes them where they
//! do not belong.

pub mod branch;
pub mod cases;
pub mod compare;
mod coverage;
pub mod explained;
#[cfg(feature = "cli")]
pub mod html;
pub mod human;
pub mod json;
pub mod mermaid;
pub mod number;
pub mod page;
pub mod proof;
pub mod selftest;
pub mod sentence;
pub mod shrunk;
pub mod stamp;
pub mod statistics;
mod table;
pub mod threshold;
pub mod timeline;
pub mod trial;
pub mod vary;
pub mod words;

use anstyle::{AnsiColor, Style};

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Returns the text in this style.
fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
