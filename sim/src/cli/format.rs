//! Formats: what each command can print.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A report for people
    Human,
    /// One JSON object per line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    /// Tables for people
    Human,
    /// One JSON object per line, for each scenario and guard
    Json,
    /// Tables to paste
    Markdown,
    /// One line for each scenario and guard, below a header
    Csv,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReplayFormat {
    /// A timeline
    Human,
    /// One JSON object, with everything that a picture of the trial needs
    Json,
    /// One JSON object per line: the cast, each event, and the digest
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SelftestFormat {
    /// A table for people
    Human,
    /// One JSON object per line, for each bug and strategy
    Json,
    /// A table to paste
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// With the piece of source
    Human,
    /// One line each, as editors read it
    Short,
    /// One JSON object per line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// A report for people
    Human,
    /// One JSON object
    Json,
    /// A text for a ticket, with a diagram
    Markdown,
}
