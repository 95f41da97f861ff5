//! Output: data on standard output, everything else on standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use super::args::Color;
use super::{Failure, interrupt, progress};
use crate::report::timeline::WIDTH;

/// Standard output. When its reader has gone, the rest is dropped and the command goes on to its
/// verdict: the exit code never depends on who reads.
pub(super) struct Output {
    stream: io::BufWriter<anstream::Stdout>,
    is_closed: bool,
}

impl Output {
    pub(super) fn new() -> Output {
        Output { stream: io::BufWriter::new(anstream::stdout()), is_closed: false }
    }

    /// Writes a text as it is.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.attempt(|stream| stream.write_all(text.as_bytes()))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.write("\n")
    }

    /// Makes sure that what was written has been taken.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.attempt(io::Write::flush)
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut io::BufWriter<anstream::Stdout>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.is_closed {
            return Ok(());
        }
        interrupt::note_report();
        progress::clear();
        match write(&mut self.stream) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            Err(error) => {
                self.is_closed = true;
                Err(Failure::io(format!("could not write to standard output: {error}")))
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // What is left in the buffer after a failed write would be written again, and fail again.
        if self.is_closed {
            let buffer = io::BufWriter::new(anstream::stdout());
            let _ = std::mem::replace(&mut self.stream, buffer).into_parts();
        }
    }
}

/// Uses colors or not, on both streams.
pub(super) fn color(when: Color) {
    match when {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// How wide a page may be: as wide as `COLUMNS` says, or else the terminal; 100 in a pipe.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let terminal = || if io::stdout().is_terminal() { terminal() } else { None };
    columns.or_else(terminal).map_or(WIDTH, |width: usize| width.clamp(60, 240))
}

/// Says on standard error what is wrong.
pub(super) fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    tell(&format!("{style}error:{style:#} {message}\n"));
}

/// Says on standard error what is not as it should be, and changes no verdict.
pub(super) fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    tell(&format!("{style}warning:{style:#} {message}\n"));
}

/// Writes a text to standard error.
pub(super) fn tell(text: &str) {
    progress::clear();
    say(text);
}

/// The same, where no bar can be in the way.
pub(super) fn say(text: &str) {
    // Nobody can be told that standard error is closed.
    let _ = write!(anstream::stderr(), "{text}");
}

/// Whether standard error is read by a person.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
