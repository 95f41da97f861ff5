//! Interrupts: the first Ctrl-C or SIGTERM ends every command within a second, with what is known;
//! the second one at once.
//!
//! A signal is for the whole process, and so is the flag. Code that plays asks for it between
//! trials. One trial alone may take longer than anybody waits; then nobody but the watchdog is left
//! to say how far it came.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::exit_code::ExitCode;
use super::{output, progress};

static IS_RAISED: AtomicBool = AtomicBool::new(false);

static IS_REPORTED: AtomicBool = AtomicBool::new(false);

/// If no report has been begun after this time, there will be none.
const PATIENCE: Duration = Duration::from_millis(700);

/// Listens from now on.
pub(super) fn listen() {
    // Without a handler, a signal ends the program at once: that is all that is lost.
    let _ = ctrlc::set_handler(|| {
        if IS_RAISED.swap(true, Ordering::Relaxed) {
            end();
        }
        if output::is_watched() {
            output::tell("\ninterrupted: reporting what was found (again to quit at once)\n");
        }
        std::thread::spawn(watch);
    });
}

/// Whether somebody has interrupted.
pub(super) fn is_raised() -> bool {
    IS_RAISED.load(Ordering::Relaxed)
}

/// A report is written: if it is the one that somebody waits for, it is written to its end.
pub(super) fn note_report() {
    if is_raised() {
        IS_REPORTED.store(true, Ordering::Relaxed);
    }
}

fn watch() {
    // Nobody ever sends.
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(PATIENCE);
    if !IS_REPORTED.load(Ordering::Relaxed) {
        output::tell(&format!("interrupted; {}\n", progress::said()));
        end();
    }
}

fn end() {
    std::process::exit(i32::from(ExitCode::Interrupted as u8));
}
