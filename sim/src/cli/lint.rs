//! `deadheat lint`: everything that is wrong in scenario files.

use std::path::Path;

use super::args::{self, LintFormat};
use super::exit_code::ExitCode;
use super::files::File;
use super::output::Output;
use super::{Failure, files};
use crate::report::number::plural;
use crate::report::stamp::stamped;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::shown::{Look, render};
use crate::scenario::{self, Settings};

/// Runs the command.
pub(super) fn lint(args: &args::Lint, output: &mut Output) -> Result<ExitCode, Failure> {
    let look = match args.format {
        LintFormat::Human => Look::Coloured,
        LintFormat::Short => Look::Short,
        LintFormat::Json => Look::Json,
    };
    let (mut errors, mut warnings) = (0, 0);
    let files = chosen(&args.files)?;
    for file in &files {
        let path = file.path.display().to_string();
        let (source, diagnostics) = match file.text()? {
            Ok(source) => (source.clone(), diagnostics(&source)),
            Err(diagnostic) => ("".into(), vec![diagnostic]),
        };
        let text = render(&diagnostics, &path, &source, look);
        match args.format {
            LintFormat::Human | LintFormat::Short => output.write(&text)?,
            LintFormat::Json => {
                text.lines().try_for_each(|line| output.line(&stamped("diagnostic", line)))?;
            }
        }
        let is_error = |one: &&Diagnostic| one.code.is_error();
        errors += diagnostics.iter().filter(is_error).count() as u64;
        warnings += diagnostics.iter().filter(|one| !is_error(one)).count() as u64;
    }
    if args.format == LintFormat::Human {
        output.line(&format!(
            "{}: {}, {}",
            plural(files.len() as u64, "file", "files"),
            plural(errors, "error", "errors"),
            plural(warnings, "warning", "warnings"),
        ))?;
    }
    Ok(if errors > 0 { ExitCode::Usage } else { ExitCode::Expected })
}

/// Returns the named files, the files in a named folder, or all files if none is named.
fn chosen(named: &[String]) -> Result<Vec<File>, Failure> {
    if named.is_empty() {
        return files::chosen(&[]);
    }
    let mut files = Vec::new();
    for named in named {
        let path = Path::new(named);
        if !path.is_dir() {
            files.push(files::find(named)?);
            continue;
        }
        let within = files::all_in(path)?;
        if within.is_empty() {
            let message = format!("no scenario was found: there is no `{named}/*.toml`");
            return Err(Failure { code: ExitCode::Nothing, message });
        }
        files.extend(within);
    }
    Ok(files)
}

/// Returns what is wrong in a scenario as it is. The variants that its expectations make of it are
/// checked only if nothing is wrong in it.
fn diagnostics(source: &str) -> Vec<Diagnostic> {
    let base = scenario::load(source, &Settings::new());
    let mut told = base.diagnostics;
    if base.scenario.is_some() {
        for (guards, settings) in &base.variants {
            let variant = scenario::load_guarded(source, settings, guards);
            let is_new = |one: &Diagnostic| one.code.is_error() && !told.contains(one);
            let new: Vec<Diagnostic> = variant.diagnostics.into_iter().filter(is_new).collect();
            told.extend(new);
        }
    }
    told
}
