//! Scenario files: found by path or by name, read, and lowered.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use glob::Pattern;

use super::Failure;
use super::exit_code::ExitCode;
use super::{built_in, output};
use crate::record::Invocation;
use crate::scenario::diagnostic::{Diagnostic, listed};
use crate::scenario::shown::{Look, render};
use crate::scenario::{self, Guards, Loaded, NotApplicable, Scenario, Settings};
use crate::stage::Stage;
use crate::study::Subject;

/// The folder of scenarios, in this directory or in a directory above it.
pub(super) const FOLDER: &str = "scenarios";

/// A scenario file that exists.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// The name that the caller used, or a name that can be used.
    pub(super) named: String,
    pub(super) path: PathBuf,
    /// What was read. A command sees one version of a file, however often it asks.
    content: Arc<OnceLock<Result<Arc<str>, Diagnostic>>>,
}

impl File {
    fn new(named: String, path: PathBuf) -> File {
        File { named, path, content: Arc::default() }
    }

    /// Returns the scenario's name, which is the file's name without its extension.
    pub(super) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads the file as text, once.
    pub(super) fn text(&self) -> Result<Result<Arc<str>, Diagnostic>, Failure> {
        if let Some(known) = self.content.get() {
            return Ok(known.clone());
        }
        let text = match read(&self.path, "a scenario", scenario::FILE_MAX)? {
            Content::Bytes(bytes) => scenario::text(bytes).map(Arc::from),
            Content::TooLarge(bytes) => Err(scenario::too_large(bytes)),
        };
        Ok(self.content.get_or_init(|| text).clone())
    }

    /// Returns the scenario with these settings and within these guards, ready to be played.
    pub(super) fn subject(&self, settings: &Settings, guards: &Guards) -> Result<Subject, Failure> {
        let (scenario, _) = self.load_guarded(settings, guards)?;
        Ok(self.staged(settings, guards, scenario))
    }

    /// Returns a scenario that was read with these settings and within these guards, ready to be
    /// played.
    pub(super) fn staged(
        &self,
        settings: &Settings,
        guards: &Guards,
        scenario: Scenario,
    ) -> Subject {
        let mut subject = Subject::new(&self.name(), Arc::new(Stage::new(scenario)));
        subject.text = self.text().ok().and_then(Result::ok);
        subject.invocation = self.invocation(settings, guards);
        subject
    }

    /// Reads the scenario with these settings. Mistakes in it are printed on standard error.
    pub(super) fn load(&self, settings: &Settings) -> Result<(Scenario, Loaded), Failure> {
        self.load_guarded(settings, &Guards::none())
    }

    /// Reads the scenario in the same way, within these guards.
    pub(super) fn load_guarded(
        &self,
        settings: &Settings,
        guards: &Guards,
    ) -> Result<(Scenario, Loaded), Failure> {
        let (scenario, loaded) = self.load_if_applicable(settings, guards)?;
        Ok((scenario.map_err(|why| self.not_applicable(guards, &why))?, loaded))
    }

    /// Explains why nothing can be done with this scenario within these guards.
    pub(super) fn not_applicable(&self, guards: &Guards, why: &NotApplicable) -> Failure {
        let named = &self.named;
        Failure::usage(format!("the guard `{guards}` does not apply to `{named}`: {why}"))
    }

    /// Reads the scenario in the same way, but guards that do not apply are not a failure.
    pub(super) fn load_if_applicable(
        &self,
        settings: &Settings,
        guards: &Guards,
    ) -> Result<(Result<Scenario, NotApplicable>, Loaded), Failure> {
        let path = self.path.display().to_string();
        let (source, loaded) = match self.text()? {
            Ok(source) => {
                let loaded = scenario::load_guarded(&source, settings, guards);
                (source, loaded)
            }
            Err(diagnostic) => {
                output::tell(&render(&[diagnostic], &path, "", Look::Coloured));
                return Err(invalid(&self.named, 1));
            }
        };
        let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.code.is_error());
        let errors = errors.count();
        if errors > 0 {
            output::tell(&render(&loaded.diagnostics, &path, &source, Look::Coloured));
        }
        match loaded.scenario.clone() {
            Some(scenario) => Ok((guards.apply(scenario), loaded)),
            None => Err(invalid(&self.named, errors)),
        }
    }

    /// Returns what a replay of this scenario needs to know.
    pub(super) fn invocation(&self, settings: &Settings, guards: &Guards) -> Invocation {
        Invocation {
            program: program(),
            scenario: self.named.clone(),
            settings: settings.clone(),
            guards: (!guards.is_none()).then(|| guards.to_string()),
            strategy: None,
        }
    }
}

fn invalid(named: &str, errors: usize) -> Failure {
    let mistakes = if errors == 1 { "a mistake" } else { "mistakes" };
    Failure::usage(format!("`{named}` has {mistakes}; nothing was run"))
}

/// The content of a file.
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// The file has more bytes than may be read: this many.
    TooLarge(u64),
}

/// Reads a regular file of at most `max` bytes. Any other file is refused before it is opened,
/// because a device may have no end and a pipe may have no writer.
pub(super) fn read(path: &Path, what: &str, max: usize) -> Result<Content, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        if error.kind() == ErrorKind::NotFound {
            Failure::usage(format!("there is no file `{shown}`"))
        } else {
            Failure::io(format!("could not read `{shown}`: {}", why(&error)))
        }
    };
    let data = fs::metadata(path).map_err(failed)?;
    if data.is_dir() {
        return Err(Failure::usage(format!("`{shown}` is a directory, not {what}")));
    }
    if !data.is_file() {
        let message =
            format!("`{shown}` is not a regular file; {what} is one, of at most {max} bytes");
        return Err(Failure::usage(message));
    }
    if data.len() > max as u64 {
        return Ok(Content::TooLarge(data.len()));
    }
    // The reported length may be outdated by now, or may never have been true.
    let (mut bytes, end) = (Vec::new(), max as u64 + 1);
    let file = fs::File::open(path).map_err(failed)?;
    file.take(end).read_to_end(&mut bytes).map_err(failed)?;
    Ok(if bytes.len() > max { Content::TooLarge(end) } else { Content::Bytes(bytes) })
}

/// Reads what this program has printed, as text. `wrong` tells why something else is in the file.
pub(super) fn printed(
    path: &Path,
    what: &str,
    max: usize,
    wrong: &dyn Fn(String) -> Failure,
) -> Result<String, Failure> {
    match read(path, what, max)? {
        Content::Bytes(bytes) => {
            String::from_utf8(bytes).map_err(|_| wrong("it is not text".to_owned()))
        }
        Content::TooLarge(bytes) => Err(wrong(format!("it has {bytes} bytes"))),
    }
}

/// Finds a scenario by path, or by its name in the folder of scenarios.
pub(super) fn find(named: &str) -> Result<File, Failure> {
    let is_path =
        named.contains('/') || Path::new(named).extension().is_some_and(|end| end == "toml");
    if is_path {
        let path = PathBuf::from(named);
        if !path.exists() {
            return Err(Failure::usage(format!("there is no file `{named}`")));
        }
        // Every spelling of a scenario of the folder means that scenario.
        let real = fs::canonicalize(&path).ok();
        let is_it = |file: &File| real.is_some() && fs::canonicalize(&file.path).ok() == real;
        let known = all()?.into_iter().find(is_it);
        return Ok(known.unwrap_or_else(|| File::new(named.to_owned(), path)));
    }
    let all = all()?;
    if let Some(found) = all.iter().find(|file| file.named == named) {
        tell_built_in(std::slice::from_ref(found));
        return Ok(found.clone());
    }
    let names: Vec<&str> = all.iter().map(|file| file.named.as_str()).collect();
    let hint = match nearest(named, &names).as_slice() {
        [] => format!("there is no folder `{FOLDER}` with scenarios here"),
        near => format!("did you mean {}? `deadheat list` shows them all", listed(near)),
    };
    Err(Failure::usage(format!("there is no scenario `{named}`; {hint}")))
}

/// Returns the three names that are most similar to this one.
fn nearest<'a>(named: &str, names: &[&'a str]) -> Vec<&'a str> {
    let mut near = names.to_vec();
    near.sort_by_key(|known| (!known.contains(named), strsim::osa_distance(named, known)));
    near.truncate(3);
    near
}

/// Returns every scenario in the folder, ordered by name. Where there is no folder, these are the
/// scenarios that the program carries.
pub(super) fn all() -> Result<Vec<File>, Failure> {
    folder().map_or_else(|| Ok(built_in()), |folder| all_in(&folder))
}

/// Returns the scenarios that the program carries, ordered by name.
fn built_in() -> Vec<File> {
    let file = |(name, text): (&str, &str)| {
        let file = File::new(name.to_owned(), PathBuf::from(format!("{BUILT_IN}{name}.toml")));
        file.content.get_or_init(|| Ok(text.into()));
        file
    };
    let mut files: Vec<File> = built_in::scenarios().map(file).collect();
    files.sort_by(|one, other| one.named.cmp(&other.named));
    files
}

/// What the path of a scenario begins with that the program carries.
const BUILT_IN: &str = "built-in:";

/// Tells where scenarios come from that are no files.
fn tell_built_in(files: &[File]) {
    let is_built_in = |file: &File| file.path.to_string_lossy().starts_with(BUILT_IN);
    if files.iter().any(is_built_in) {
        let program = program();
        output::tell(&format!(
            "there is no folder `{FOLDER}` here: these are the built-in scenarios; \
             `{program} init` writes them\n"
        ));
    }
}

/// Returns every scenario in this folder, ordered by name.
pub(super) fn all_in(folder: &Path) -> Result<Vec<File>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::io(format!("could not read `{}`: {}", folder.display(), why(error)))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let path = entry.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|end| end == "toml") && path.is_file() {
            let named = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.push(File::new(named, path));
        }
    }
    files.sort_by(|one, other| one.named.cmp(&other.named));
    Ok(files)
}

/// Returns the folder of scenarios, if there is one in this directory or in a directory above it.
pub(super) fn folder() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let found = here.ancestors().find(|around| around.join(FOLDER).is_dir())?;
    // The path is as short as possible.
    Some(if found == here { PathBuf::from(FOLDER) } else { found.join(FOLDER) })
}

/// Returns the scenarios that are named, or all of them.
pub(super) fn chosen(named: &[String]) -> Result<Vec<File>, Failure> {
    if !named.is_empty() {
        let mut files: Vec<File> = Vec::new();
        for named in named {
            let found = if is_pattern(named) { matching(named)? } else { vec![find(named)?] };
            // Two spellings of one file are one scenario.
            for file in found {
                if files.iter().all(|known| known.path != file.path) {
                    files.push(file);
                }
            }
        }
        return Ok(files);
    }
    let all = all()?;
    if all.is_empty() {
        let message = format!("no scenario was found: there is no `{FOLDER}/*.toml` here");
        return Err(Failure { code: ExitCode::Nothing, message });
    }
    tell_built_in(&all);
    Ok(all)
}

fn is_pattern(named: &str) -> bool {
    named.contains(['*', '?', '[']) && !Path::new(named).exists()
}

fn pattern(named: &str) -> Result<Pattern, Failure> {
    Pattern::new(named).map_err(|error| Failure::usage(format!("`{named}`: {error}")))
}

/// Returns the scenarios whose names match this pattern, of which there must be one.
fn matching(named: &str) -> Result<Vec<File>, Failure> {
    let pattern = pattern(named)?;
    let files: Vec<File> = all()?.into_iter().filter(|file| pattern.matches(&file.named)).collect();
    if files.is_empty() {
        let message = format!("no scenario matches `{named}`; `deadheat list` shows them all");
        return Err(Failure::usage(message));
    }
    Ok(files)
}

/// Leaves out the scenarios that match one of these names, each of which must match one.
pub(super) fn skip(files: &mut Vec<File>, named: &[String]) -> Result<(), Failure> {
    for named in named {
        let (pattern, before) = (pattern(named)?, files.len());
        files.retain(|file| !pattern.matches(&file.name()));
        if files.len() == before {
            let message = format!("--skip {named}: no scenario that would run has this name");
            return Err(Failure::usage(message));
        }
    }
    Ok(())
}

/// Keeps the scenarios whose files have changed since this git revision, or are not in it.
pub(super) fn keep_changed(files: &mut Vec<File>, revision: &str) -> Result<(), Failure> {
    let git = |args: &[&str], path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut command = Command::new("git");
        command.arg("-C").arg(folder.unwrap_or(Path::new("."))).args(args).arg("--");
        command.arg(path.file_name().unwrap_or_default());
        command.output().map_err(|error| Failure::io(format!("could not run git: {}", why(&error))))
    };
    let mut changed = Vec::new();
    for file in files.drain(..) {
        let diff = git(&["diff", "--quiet", revision], &file.path)?;
        let is_known = git(&["ls-files", "--error-unmatch"], &file.path)?.status.success();
        match diff.status.code() {
            Some(0) if is_known => {}
            Some(0 | 1) => changed.push(file),
            _ => {
                let said = String::from_utf8_lossy(&diff.stderr);
                let said = said.lines().next().unwrap_or("git failed");
                return Err(Failure::usage(format!("--changed-since {revision}: {said}")));
            }
        }
    }
    *files = changed;
    if files.is_empty() {
        let message = format!("no scenario has changed since {revision}");
        return Err(Failure { code: ExitCode::Nothing, message });
    }
    Ok(())
}

/// Returns how this program can be called again from here. It is called as it was, unless that
/// reveals where a machine keeps it.
pub(super) fn program() -> String {
    if IS_NAMED.load(Ordering::Relaxed) {
        return NAME.to_owned();
    }
    let called = env::args().next().unwrap_or_default();
    let is_near = called.contains('/') && !called.starts_with('/');
    if is_near { called } else { NAME.to_owned() }
}

/// The program's name, as it is installed.
const NAME: &str = "deadheat";

/// Whether lines to paste call the program by its name.
static IS_NAMED: AtomicBool = AtomicBool::new(false);

/// Lets lines to paste call the program by its name, wherever it is. JSON is read elsewhere, too.
pub(super) fn name_program() {
    IS_NAMED.store(true, Ordering::Relaxed);
}

/// Writes a file that is not there yet.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(content)).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Failure::usage(format!("`{}` is there already; it was not touched", path.display()))
        } else {
            unwritten(path, &error)
        }
    })
}

/// Returns the failure of a command that could not write a file.
pub(super) fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format!("could not write `{}`: {}", path.display(), why(error)))
}

/// Returns why a file could not be read or written, without the number of the error.
pub(super) fn why(error: &std::io::Error) -> String {
    if error.kind() == ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else if error.kind() == ErrorKind::PermissionDenied {
        "permission denied".to_owned()
    } else {
        error.to_string()
    }
}
