//! What a shell can complete besides commands and options.

use clap_complete::engine::CompletionCandidate;

use super::files;

/// Returns the names of the scenarios that there are.
pub(super) fn names() -> Vec<CompletionCandidate> {
    let files = files::all().unwrap_or_default();
    files.into_iter().map(|file| CompletionCandidate::new(file.named)).collect()
}
