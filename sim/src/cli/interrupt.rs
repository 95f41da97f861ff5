//! Interrupts: the first Ctrl-C or SIGTERM ends every command within a second and reports what is
//! known. The second one ends the command at once.
//!
//! A signal is for the whole process, and so is the flag. Code that plays trials checks it between
//! trials. One trial alone may take longer than a person would wait. Then only the watchdog is left
//! to report the progress.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::exit_code::ExitCode;
use super::{progress, screen};

static IS_RAISED: AtomicBool = AtomicBool::new(false);

static IS_REPORTED: AtomicBool = AtomicBool::new(false);

/// There will be no report if none has begun after this time.
const PATIENCE: Duration = Duration::from_millis(700);

/// Listens for interrupts from now on.
pub(super) fn listen() {
    // A signal ends the program at once if there is no handler. Nothing else is lost.
    let _ = ctrlc::set_handler(|| {
        if IS_RAISED.swap(true, Ordering::Relaxed) {
            end();
        }
        if screen::is_watched() {
            tell("\ninterrupted: reporting what was found (again to quit at once)\n");
        }
        std::thread::spawn(watch);
    });
}

/// Returns whether the program was interrupted.
pub(super) fn is_raised() -> bool {
    IS_RAISED.load(Ordering::Relaxed)
}

/// Records that a report is being written. The report that a person waits for is written to its
/// end.
pub(super) fn note_report() {
    if is_raised() {
        IS_REPORTED.store(true, Ordering::Relaxed);
    }
}

fn watch() {
    // The sender never sends.
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(PATIENCE);
    if !IS_REPORTED.load(Ordering::Relaxed) {
        tell(&format!("interrupted; {}\n", progress::said()));
        end();
    }
}

fn end() {
    std::process::exit(i32::from(ExitCode::Interrupted as u8));
}

/// Writes a text to standard error.
fn tell(text: &str) {
    progress::clear();
    screen::say(text);
}
