//! How a test was invoked: its name, and the environment that asks for one trial alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::case::Case;

/// Returns the name of the test that is running. The test harness gives it to the OS thread.
pub(super) fn test() -> String {
    std::thread::current().name().unwrap_or("main").to_owned()
}

/// Returns the seed of the only trial that is to be played, if `DEADHEAT_SEED` says so.
///
/// # Panics
/// If it is not a number.
pub(super) fn seed() -> Option<u64> {
    let text = std::env::var("DEADHEAT_SEED").ok()?;
    let seed = text.parse().ok();
    Some(seed.unwrap_or_else(|| panic!("DEADHEAT_SEED is a number, such as 17, not `{text}`")))
}

/// Returns the only case that is to be played, if `DEADHEAT_CASE` names one.
///
/// # Panics
/// If it cannot be read.
pub(super) fn case() -> Option<Case> {
    let path = std::env::var("DEADHEAT_CASE").ok()?;
    // The line to paste names a path from the folder in which cargo was called.
    let read = fs::read_to_string(&path).or_else(|error| match folder() {
        Ok(folder) => {
            fs::read_to_string(folder.join(Path::new(&path).file_name().unwrap_or_default()))
        }
        Err(_) => Err(error),
    });
    match read.map(|text| Case::read(&text)) {
        Ok(Ok(case)) => Some(case),
        Ok(Err(error)) => panic!("DEADHEAT_CASE names `{path}`: {error}"),
        Err(error) => panic!("DEADHEAT_CASE names `{path}`, which could not be read: {error}"),
    }
}

/// Writes a case to a file, and returns its path.
pub(super) fn keep(case: &Case) -> io::Result<PathBuf> {
    let folder = folder()?;
    fs::create_dir_all(&folder)?;
    let path = folder.join(case.test.replace("::", "-") + ".json");
    fs::write(&path, case.text())?;
    Ok(path)
}

/// Returns the folder for cases: `deadheat` in cargo's target folder.
fn folder() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let deps =
        program.ancestors().find(|path| path.ends_with("deps") || path.ends_with("examples"));
    let target = deps.and_then(Path::parent).and_then(Path::parent);
    Ok(target.map_or_else(std::env::temp_dir, Path::to_path_buf).join("deadheat"))
}
