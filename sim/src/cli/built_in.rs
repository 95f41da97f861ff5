//! The scenarios that the program carries.

use include_dir::{Dir, include_dir};

/// The folder of scenarios, as it was when the program was built.
pub(super) static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// Returns the scenarios that the program carries, each with its name and its text.
pub(super) fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCENARIOS.files().filter_map(|file| {
        let name = file.path().to_str()?.strip_suffix(".toml")?;
        Some((name, file.contents_utf8()?))
    })
}
