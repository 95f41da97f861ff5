//! Formats: what each command can print.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    /// A report for people
    Human,
    /// One JSON object per line, for each setting of each scenario
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProveFormat {
    /// A report for people, with the timeline of what was found
    Human,
    /// One JSON object
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShrinkFormat {
    /// A report for people, with the timeline of what is left
    Human,
    /// One JSON object
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
    /// One JSON object per line: the cast, each event, and the digest
    #[value(alias = "json")]
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
pub(super) enum ExplainFormat {
    /// A report for people
    Human,
    /// One JSON object
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// Groups of lines
    Human,
    /// One JSON object per line, for each scenario and kept case
    Json,
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
