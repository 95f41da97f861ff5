//! `deadheat merge`: the parts of a run, put together.

use std::path::Path;

use clap::Parser as _;
use serde::Deserialize;

use super::Failure;
use super::args::{self, Args, Command};
use super::exit_code::ExitCode;
use super::files;
use super::output::Output;
use super::plan::Shard;
use super::run::{self, Header};
use crate::record::Part;

/// A part has at most this many bytes.
const BYTES_MAX: usize = 1 << 30;

/// A part of a run, as it was printed.
struct Read {
    shown: String,
    header: Header,
    shard: Shard,
    /// What was played, by setting.
    parts: Vec<Part>,
}

/// Runs the command.
pub(super) fn merge(args: &args::Merge, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut read: Vec<Read> =
        args.files.iter().map(|path| Read::new(path)).collect::<Result<_, _>>()?;
    read.sort_by_key(|one| one.shard.part);
    check(&read)?;
    let whole = read.into_iter().reduce(|mut whole, one| {
        let pairs = whole.parts.iter_mut().zip(&one.parts);
        pairs.for_each(|(whole, part)| whole.merge(part));
        whole
    });
    let Read { header, parts, .. } = whole.expect("invariant: at least one file is required");
    let words = ["deadheat", "run"].map(str::to_owned).into_iter().chain(header.arguments.clone());
    let wrong = || Failure::usage("the parts are those of a run that this version does not know");
    let Command::Run(mut run) = Args::try_parse_from(words).map_err(|_| wrong())?.command else {
        return Err(wrong());
    };
    (run.lanes, run.reported) = (args.lanes, args.reported.clone());
    run::merged(&run, (header, parts), output)
}

/// Checks that these are all parts of one run, each once. They are sorted.
fn check(all: &[Read]) -> Result<(), Failure> {
    let first = &all[0];
    for one in all {
        let (shown, of) = (&one.shown, first.shard.of);
        if one.shard.of != of {
            let message = format!(
                "`{}` is one of {of} parts, and `{shown}` one of {}",
                first.shown, one.shard.of
            );
            return Err(Failure::usage(message));
        }
        if let Some(why) = first.header.difference(&one.header) {
            let message =
                format!("`{}` and `{shown}` belong to different runs: {why}", first.shown);
            return Err(Failure::usage(message));
        }
    }
    let mut pairs = all.iter().zip(all.iter().skip(1));
    if let Some((one, other)) = pairs.find(|(one, other)| one.shard.part == other.shard.part) {
        let (one_shown, other_shown, shard) = (&one.shown, &other.shown, one.shard);
        let message = format!("`{one_shown}` and `{other_shown}` are both part {shard}");
        return Err(Failure::usage(message));
    }
    let is_there = |part: &u64| all.iter().any(|one| one.shard.part == *part);
    let missing: Vec<String> = (1..=first.shard.of)
        .filter(|part| !is_there(part))
        .map(|part| Shard { part, ..first.shard }.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!("these parts are missing: {}", missing.join(", "))))
}

/// The lines of a part that count.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line {
    Run {
        #[serde(flatten)]
        header: Header,
        shard: Option<String>,
    },
    Setting {
        scenario: String,
        part: Option<Box<Part>>,
        ended: String,
    },
    #[serde(other)]
    Other,
}

impl Read {
    fn new(path: &Path) -> Result<Read, Failure> {
        let shown = path.display().to_string();
        let wrong = |why: String| {
            let hint = "a part is what `deadheat run --shard I/N --json` printed";
            Failure::usage(format!("`{shown}` is not a part of a run: {why}; {hint}"))
        };
        let text = files::printed(path, "a part of a run", BYTES_MAX, &wrong)?;
        let mut head = None;
        let mut played = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let failed = |why: String| wrong(format!("line {}: {why}", place + 1));
            match serde_json::from_str(line).map_err(|error| failed(error.to_string()))? {
                Line::Run { header, shard } => {
                    let shard = shard.ok_or_else(|| failed("it is the whole run".to_owned()))?;
                    head = Some((header, Shard::parse(&shard).map_err(failed)?));
                }
                Line::Setting { scenario, part, ended } => {
                    if ended != "trials" {
                        return Err(failed(format!("`{scenario}` was not played to its end")));
                    }
                    played.push(*part.ok_or_else(|| failed("it has no `part`".to_owned()))?);
                }
                Line::Other => {}
            }
        }
        let (header, shard) = head.ok_or_else(|| wrong("it has no head".to_owned()))?;
        let planned = header.settings.iter().filter(|setting| setting.digest.is_some()).count();
        if played.len() != planned {
            let count = played.len();
            return Err(wrong(format!("{count} of {planned} settings were played")));
        }
        let mut played = played.into_iter();
        let part = |is_played: bool| if is_played { played.next() } else { None };
        let is_played = header.settings.iter().map(|setting| setting.digest.is_some());
        let parts: Vec<Part> = is_played.map(part).map(Option::unwrap_or_default).collect();
        Ok(Read { shown, header, shard, parts })
    }
}
