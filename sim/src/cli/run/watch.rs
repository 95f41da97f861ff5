//! `run --watch`: runs again when a scenario is saved, and says what has changed since.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use super::super::args;
use super::super::exit_code::ExitCode;
use super::super::files::File;
use super::super::output::{self, Output};
use super::super::{Failure, interrupt};
use super::planned::chosen;
use super::ways::Ways;
use super::{Event, Reporter, perform};

/// The time between two looks at the files.
const POLL: Duration = Duration::from_millis(200);

/// What each file says, if it can be read.
type Texts = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// Runs again and again, until it is interrupted.
pub(super) fn watch(args: &args::Run, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut before: Option<Ways> = None;
    let (_sender, receiver) = mpsc::channel::<()>();
    loop {
        let files = chosen(args)?;
        let seen = texts(&files);
        let ways = Rc::new(RefCell::new(Ways::default()));
        let code = match perform(args, None, Some(Box::new(Noting(ways.clone()))), output) {
            Ok(code) => code,
            // A mistake in a scenario is mended while it is watched.
            Err(Failure { code: ExitCode::Usage, message }) => {
                output::complain(&message);
                ExitCode::Usage
            }
            Err(failure) => return Err(failure),
        };
        let now = ways.take();
        if code != ExitCode::Usage {
            for said in before.as_ref().map(|before| now.since(before)).unwrap_or_default() {
                output.line(&format!("  {said}"))?;
            }
            before = Some(now);
        }
        output.flush()?;
        output::tell("watching; Ctrl-C ends it\n");
        while texts(&files) == seen {
            if interrupt::is_raised() || output.is_closed() {
                interrupt::note_report();
                return Ok(code);
            }
            // Nobody sends.
            let _ = receiver.recv_timeout(POLL);
        }
        output.line("")?;
    }
}

fn texts(files: &[File]) -> Texts {
    files.iter().map(|file| (file.path.clone(), std::fs::read(&file.path).ok())).collect()
}

/// A reporter that only notes the ways of breaking.
struct Noting(Rc<RefCell<Ways>>);

impl Reporter for Noting {
    fn hear(&mut self, event: &Event<'_>, _: &mut Output) -> Result<(), Failure> {
        if let Event::Checked(swept) = event {
            self.0.borrow_mut().add(swept.checked);
        }
        Ok(())
    }
}
