//! Pictures of a trial, as files.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::cases::store;
use super::files::unwritten;
use super::{Failure, output};
use crate::record::{Account, Explained, Trial};
use crate::report::{html, mermaid};
use crate::study::{Subject, account};

/// The files to write.
#[derive(ClapArgs)]
pub(super) struct Pictures {
    /// Write a page with pictures: one file that loads nothing and opens in any browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show the page in a browser, where there is one
    #[arg(long, requires = "html")]
    open: bool,
    /// Write the picture of the trial alone, for a README or a ticket
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the calls around the violation as a Mermaid diagram, which GitHub draws
    #[arg(long, value_name = "FILE")]
    mermaid: Option<PathBuf>,
    /// Write a trace for <https://ui.perfetto.dev>
    #[arg(long, value_name = "FILE")]
    perfetto: Option<PathBuf>,
}

impl Pictures {
    /// Returns whether a file is asked for.
    pub(super) fn is_asked_for(&self) -> bool {
        [&self.html, &self.svg, &self.mermaid, &self.perfetto].into_iter().any(Option::is_some)
    }

    /// Writes the files about a trial that was replayed with its whole schedule, if any are asked
    /// for. `again` is the line that replays it.
    pub(super) fn of_trial(
        &self,
        subject: &Subject,
        trial: &Trial,
        again: &str,
    ) -> Result<(), Failure> {
        if !self.is_asked_for() {
            return Ok(());
        }
        let account = &account(subject, trial);
        write(self.html.as_deref(), || html::trial(trial, account, again))?;
        write(self.svg.as_deref(), || html::svg(trial, account))?;
        self.of_both(trial, account, trial.violations.iter().min_by_key(|one| one.at))
    }

    /// Writes the files about an explanation.
    pub(super) fn of_explained(&self, explained: &Explained, again: &str) -> Result<(), Failure> {
        write(self.html.as_deref(), || html::explained(explained, again))?;
        write(self.svg.as_deref(), || html::explained_svg(explained))?;
        self.of_both(&explained.trial, &explained.account, Some(&explained.violation))
    }

    fn of_both(
        &self,
        trial: &Trial,
        account: &Account,
        violation: Option<&deadheat_model::property::Violation>,
    ) -> Result<(), Failure> {
        match violation {
            Some(violation) => {
                write(self.mermaid.as_deref(), || mermaid::sequence(trial, violation))?;
            }
            None if self.mermaid.is_some() => {
                output::warn("this trial breaks nothing, so there is no diagram");
            }
            None => {}
        }
        write(self.perfetto.as_deref(), || html::perfetto(trial, account))?;
        if let (Some(page), true) = (&self.html, self.open)
            && open::that_detached(page).is_err()
        {
            output::warn("there is no browser here that could show the page");
        }
        Ok(())
    }
}

/// Writes a file, if it is asked for, and says so.
pub(super) fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    store(path, &text()).map_err(|error| unwritten(path, &error))?;
    output::tell(&format!("wrote {}\n", path.display()));
    Ok(())
}
