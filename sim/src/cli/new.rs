//! `deadheat new`: a scenario file to start from.

use std::fs;
use std::path::PathBuf;

use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, args, cases, files};

/// Runs the command.
pub(super) fn new(args: &args::New, output: &mut Output) -> Result<ExitCode, Failure> {
    let name = args.name.strip_suffix(".toml").unwrap_or(&args.name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(is_plain) {
        let message =
            format!("`{}` is not a name: letters, digits, `-` and `_`, such as my-race", args.name);
        return Err(Failure::usage(message));
    }
    let folder = files::folder().unwrap_or_else(|| PathBuf::from(files::FOLDER));
    let path = folder.join(format!("{name}.toml"));
    let failed = |error: std::io::Error| files::unwritten(&path, &error);
    fs::create_dir_all(&folder).map_err(failed)?;
    files::create(&path, TEMPLATE.as_bytes())?;
    // Editors use the schema that the file names for completion and for checks.
    let schema = folder.join("scenario.schema.json");
    if !schema.exists() {
        cases::store(&schema, &crate::scenario::schema()).map_err(failed)?;
    }
    let program = files::program();
    output.line(&format!("wrote {}", path.display()))?;
    output.line(&format!("  check it:           {program} lint {name}"))?;
    output.line(&format!("  run it:             {program} run {name}"))?;
    output.line(&format!("  what it can hold:   {program} actions"))?;
    Ok(ExitCode::Expected)
}

const TEMPLATE: &str = include_str!("template.toml");
