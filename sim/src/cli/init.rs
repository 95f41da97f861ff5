//! `deadheat init`: the scenarios that the program carries, as files to begin with.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::File as Built;

use super::built_in::SCENARIOS;
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, automation, files};

/// Runs the command.
pub(super) fn init(dir: &Path, output: &mut Output) -> Result<ExitCode, Failure> {
    let folder = dir.join(files::FOLDER);
    let built = SCENARIOS.files().filter_map(|file: &Built<'_>| {
        let is_wanted = file.path().extension().is_some_and(|end| end != "md");
        is_wanted.then(|| (folder.join(file.path()), file.contents()))
    });
    let page = (folder.join("AUTOMATION.md"), automation::PAGE.as_bytes());
    let all: Vec<(PathBuf, &[u8])> = built.chain([page]).collect();
    if let Some((path, _)) = all.iter().find(|(path, _)| path.exists()) {
        let message = format!("`{}` is there already; nothing was written", path.display());
        return Err(Failure::usage(message));
    }
    fs::create_dir_all(&folder).map_err(|error| files::unwritten(&folder, &error))?;
    for (path, content) in &all {
        files::create(path, content)?;
    }
    let program = files::program();
    output.line(&format!("wrote {} files to {}", all.len(), folder.display()))?;
    output.line(&format!("  run them:            {program} run"))?;
    output.line(&format!("  write one yourself:  {program} new my-race"))?;
    output.line(&format!("  in scripts and CI:   {}", folder.join("AUTOMATION.md").display()))?;
    Ok(ExitCode::Expected)
}
