//! Output: data on standard output, everything else on standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use super::{Failure, interrupt, progress, screen};
use crate::report::page::WIDTH;

/// Standard output. The rest is dropped when its reader has gone.
pub(super) struct Output {
    stream: io::BufWriter<anstream::Stdout>,
    is_closed: bool,
}

impl Output {
    pub(super) fn new() -> Output {
        Output { stream: io::BufWriter::new(anstream::stdout()), is_closed: false }
    }

    /// Writes a text unchanged.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.attempt(|stream| stream.write_all(text.as_bytes()))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.write("\n")
    }

    /// Returns whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Makes sure that everything that was written has been accepted.
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
        // The text left in the buffer after a failed write would be written again, and would fail
        // again.
        if self.is_closed {
            let buffer = io::BufWriter::new(anstream::stdout());
            let _ = std::mem::replace(&mut self.stream, buffer).into_parts();
        }
    }
}

/// When colors are used.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Sets whether both streams use colors.
pub(super) fn color(when: Color) {
    match when {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Returns the maximum width of a page: the value of `COLUMNS`, or else the width of the terminal.
/// It is 100 in a pipe.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let terminal = || if io::stdout().is_terminal() { terminal() } else { None };
    columns.or_else(terminal).map_or(WIDTH, |width: usize| width.clamp(60, 240))
}

/// Prints an error on standard error.
pub(super) fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    tell(&format!("{style}error:{style:#} {message}\n"));
}

/// Prints a warning on standard error. A warning does not change a verdict.
pub(super) fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    tell(&format!("{style}warning:{style:#} {message}\n"));
}

/// Writes a text to standard error.
pub(super) fn tell(text: &str) {
    progress::clear();
    screen::say(text);
}
