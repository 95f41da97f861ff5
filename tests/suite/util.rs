//! What tests share: the program, the scenarios, and a folder for a test's own files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use deadheat::scenario::{self, Scenario, Settings};
use deadheat::stage::Stage;

/// Returns the workspace. All paths in the project start here.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What the program did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns a command that runs the program in the workspace, as if a person ran it without colours.
pub(crate) fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_deadheat"));
    program.current_dir(root()).env("NO_COLOR", "1").stdin(Stdio::null());
    program
}

/// Runs the program in the workspace.
pub(crate) fn deadheat(args: &[&str]) -> Ran {
    ran(program().args(args))
}

/// Runs a command.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Returns what was printed on standard error, except the progress, which depends on the machine.
pub(crate) fn complaints(stderr: &str) -> String {
    let is_progress = |line: &&str| line.contains(" trials") && line.contains(": ");
    stderr.lines().filter(|line| !is_progress(line)).collect()
}

/// Returns the names of all scenarios.
pub(crate) fn scenario_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// Returns a scenario's text.
pub(crate) fn source(name: &str) -> String {
    std::fs::read_to_string(root().join("scenarios").join(format!("{name}.toml"))).unwrap()
}

/// Returns a scenario's text without its expectations within guards.
pub(crate) fn plain(name: &str) -> String {
    let source = source(name);
    source.split("\n[[expect.with]]").next().unwrap().to_owned() + "\n"
}

/// Returns a scenario of the project.
pub(crate) fn scenario(name: &str) -> Scenario {
    parse(&source(name))
}

/// Reads a scenario that has no mistakes.
pub(crate) fn parse(source: &str) -> Scenario {
    let loaded = scenario::load(source, &Settings::new());
    assert!(loaded.scenario.is_some(), "{:#?}", loaded.diagnostics);
    loaded.scenario.unwrap()
}

/// Returns the stage of a scenario of the project.
pub(crate) fn stage(name: &str) -> Arc<Stage> {
    Arc::new(Stage::new(scenario(name)))
}

/// Creates an empty folder for this test alone.
pub(crate) fn folder(test: &str) -> PathBuf {
    // It is not below the workspace, because the workspace's own scenarios would be found from
    // there.
    let folder = std::env::temp_dir().join(format!("deadheat-suite-{}-{test}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns whether tests may take long: `DEADHEAT_LONG` asks for it.
pub(crate) fn is_long() -> bool {
    std::env::var_os("DEADHEAT_LONG").is_some()
}

/// Returns the settings that `run --json` printed.
pub(crate) fn settings(printed: &str) -> Vec<serde_json::Value> {
    let objects = printed.lines().map(|line| serde_json::from_str(line).unwrap());
    objects.filter(|object: &serde_json::Value| object["type"] == "setting").collect()
}
