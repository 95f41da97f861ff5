//! Progress on standard error, so that nothing is silent for long. A bar is drawn on a terminal
//! after two seconds. A line is written every ten seconds if there is no terminal. Work that ends
//! before that draws nothing.
//!
//! Code that plays trials counts them. A separate thread reads the counters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen;
use crate::report::number::{grouped, plural};

/// The longest time that a person waits at a terminal without seeing something.
const SILENCE: Duration = Duration::from_secs(2);

/// The longest time that a person waits without a terminal and without reading something.
const SILENCE_OF_LOGS: Duration = Duration::from_secs(10);

/// The interval at which the counters are read.
const TICK: Duration = Duration::from_millis(100);

static TRIALS: AtomicU64 = AtomicU64::new(0);
static FINDINGS: AtomicU64 = AtomicU64::new(0);
static SCREEN: LazyLock<Mutex<Screen>> = LazyLock::new(|| Mutex::new(Screen::new()));

/// What ends the work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// This many trials.
    Trials(u64),
    /// This much time from now on.
    Time(Duration),
    /// The end is not known.
    Unknown,
}

/// The current work, and what is drawn for it.
struct Screen {
    what: String,
    bound: Bound,
    begun: Instant,
    silent_since: Instant,
    bar: Option<ProgressBar>,
    is_ticking: bool,
}

/// Begins work that may take a long time.
pub(super) fn begin(what: &str, bound: Bound) {
    let screen = &mut *screen();
    screen.clear();
    TRIALS.store(0, Ordering::Relaxed);
    FINDINGS.store(0, Ordering::Relaxed);
    (screen.what, screen.bound, screen.begun) = (what.to_owned(), bound, Instant::now());
    if !screen.is_ticking {
        screen.is_ticking = true;
        std::thread::spawn(tick);
    }
}

/// Counts this many more trials as played.
pub(super) fn played(trials: u64) {
    TRIALS.fetch_add(trials, Ordering::Relaxed);
}

/// Counts one more finding.
pub(super) fn found() {
    FINDINGS.fetch_add(1, Ordering::Relaxed);
}

/// Clears the bar to make room for text that is written.
pub(super) fn clear() {
    let screen = &mut *screen();
    screen.clear();
    screen.silent_since = Instant::now();
}

/// Returns the progress so far.
pub(super) fn said() -> String {
    screen().told(Instant::now()).line()
}

fn tick() {
    // The sender never sends.
    let (_sender, receiver) = mpsc::channel::<()>();
    loop {
        let _ = receiver.recv_timeout(TICK);
        screen().draw(Instant::now());
    }
}

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    fn new() -> Screen {
        let now = Instant::now();
        Screen {
            what: String::new(),
            bound: Bound::Unknown,
            begun: now,
            silent_since: now,
            bar: None,
            is_ticking: false,
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, now: Instant) {
        let silence = now.saturating_duration_since(self.silent_since);
        if screen::is_watched() {
            if self.bar.is_none() && silence >= SILENCE {
                self.bar = Some(bar());
            }
            let told = self.told(now);
            if let Some(bar) = &self.bar {
                told.show(bar);
            }
        } else if silence >= SILENCE_OF_LOGS {
            screen::say(&format!("{}\n", self.told(now).line()));
            self.silent_since = now;
        }
    }

    fn told(&self, now: Instant) -> Told<'_> {
        Told {
            what: &self.what,
            bound: self.bound,
            trials: TRIALS.load(Ordering::Relaxed),
            findings: FINDINGS.load(Ordering::Relaxed),
            elapsed: now.saturating_duration_since(self.begun),
        }
    }
}

/// The number of parts of a bar. Its length is a share of this number.
const WHOLE: u64 = 1_000;

fn bar() -> ProgressBar {
    ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr())
}

/// The progress of some work.
struct Told<'a> {
    what: &'a str,
    bound: Bound,
    trials: u64,
    findings: u64,
    elapsed: Duration,
}

impl Told<'_> {
    /// Formats the progress: `double-click: 120,000 of 1,000,000 trials, 3 findings, 60,000 a
    /// second, 14 s left`
    fn line(&self) -> String {
        format!("{}: {}", self.what, self.figures())
    }

    fn figures(&self) -> String {
        let trials = match self.bound {
            Bound::Trials(all) => {
                format!("{} of {}", grouped(self.trials), plural(all, "trial", "trials"))
            }
            Bound::Time(_) | Bound::Unknown => plural(self.trials, "trial", "trials"),
        };
        let mut figures = vec![trials, plural(self.findings, "finding", "findings")];
        figures.retain(|figure| self.findings > 0 || !figure.ends_with("findings"));
        if let Some(rate) = self.rate() {
            figures.push(format!("{} a second", grouped(rate)));
        }
        if let Some(left) = self.left() {
            figures.push(format!("{} s left", grouped(left.as_secs() + 1)));
        }
        figures.join(", ")
    }

    /// Returns the number of trials per second.
    fn rate(&self) -> Option<u64> {
        let rate = u128::from(self.trials) * 1_000 / self.elapsed.as_millis().max(1);
        u64::try_from(rate).ok().filter(|rate| *rate > 0)
    }

    fn left(&self) -> Option<Duration> {
        match self.bound {
            Bound::Time(bound) => Some(bound.saturating_sub(self.elapsed)),
            Bound::Trials(all) => {
                let rest = u128::from(all.saturating_sub(self.trials));
                let ms = self.elapsed.as_millis() * rest / u128::from(self.trials.max(1));
                let ms = u64::try_from(ms).ok().filter(|_| self.trials > 0 && rest > 0);
                ms.map(Duration::from_millis)
            }
            Bound::Unknown => None,
        }
    }

    /// Returns the share that is done, in thousandths.
    fn share(&self) -> Option<u64> {
        let (done, all) = match self.bound {
            Bound::Time(bound) => (self.elapsed.as_millis(), bound.as_millis()),
            Bound::Trials(all) => (u128::from(self.trials), u128::from(all)),
            Bound::Unknown => return None,
        };
        let share = done * u128::from(WHOLE) / all.max(1);
        Some(u64::try_from(share).unwrap_or(WHOLE).min(WHOLE))
    }

    fn show(&self, bar: &ProgressBar) {
        let template = match self.share() {
            Some(_) => "{prefix} [{wide_bar}] {msg}",
            None => "{prefix} {spinner} {wide_msg}",
        };
        let style = ProgressStyle::with_template(template).expect("invariant: a sound template");
        bar.set_style(style.progress_chars("=> ").tick_chars("-\\|/ "));
        bar.set_prefix(self.what.to_owned());
        bar.set_message(self.figures());
        match self.share() {
            Some(share) => bar.set_position(share),
            None => bar.tick(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_played_what_was_found_how_fast_and_how_long_it_will_take() {
        let check = |bound, trials, findings, seconds, expected: &str| {
            let elapsed = Duration::from_secs(seconds);
            let told = Told { what: "double-click", bound, trials, findings, elapsed };
            assert_eq!(told.line(), expected);
        };
        check(
            Bound::Trials(1_000_000),
            120_000,
            3,
            2,
            "double-click: 120,000 of 1,000,000 trials, 3 findings, 60,000 a second, 15 s left",
        );
        check(
            Bound::Time(Duration::from_mins(1)),
            50,
            1,
            10,
            "double-click: 50 trials, 1 finding, 5 a second, 51 s left",
        );
        check(Bound::Unknown, 400, 0, 4, "double-click: 400 trials, 100 a second");
        check(Bound::Trials(10), 0, 0, 9, "double-click: 0 of 10 trials");
        check(Bound::Trials(10), 10, 0, 9, "double-click: 10 of 10 trials, 1 a second");
    }
}
