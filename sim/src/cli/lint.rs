//! `deadheat lint`: everything that is wrong in scenario files.

use super::args::{self, LintFormat};
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, files};
use crate::report::human::plural;
use crate::scenario::diagnostic::{Look, render};
use crate::scenario::{self, Settings};

/// Runs the command.
pub(super) fn lint(args: &args::Lint, output: &mut Output) -> Result<ExitCode, Failure> {
    let look = match args.format {
        LintFormat::Human => Look::Coloured,
        LintFormat::Short => Look::Short,
        LintFormat::Json => Look::Json,
    };
    let (mut errors, mut warnings) = (0, 0);
    for named in &args.files {
        let file = files::find(named)?;
        let path = file.path.display().to_string();
        let (source, diagnostics) = match file.text()? {
            Ok(source) => {
                let diagnostics = scenario::load(&source, &Settings::new()).diagnostics;
                (source, diagnostics)
            }
            Err(diagnostic) => (String::new(), vec![diagnostic]),
        };
        output.write(&render(&diagnostics, &path, &source, look))?;
        let is_error = |one: &&scenario::diagnostic::Diagnostic| one.code.is_error();
        errors += diagnostics.iter().filter(is_error).count() as u64;
        warnings += diagnostics.iter().filter(|one| !is_error(one)).count() as u64;
    }
    if args.format == LintFormat::Human {
        output.line(&format!(
            "{}: {}, {}",
            plural(args.files.len() as u64, "file", "files"),
            plural(errors, "error", "errors"),
            plural(warnings, "warning", "warnings"),
        ))?;
    }
    Ok(if errors > 0 { ExitCode::Usage } else { ExitCode::Expected })
}
