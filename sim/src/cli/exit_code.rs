//! Exit codes: what a script may rely on.

use crate::record::Judged;

/// How a command ended. Where several apply, the one that stands first in [`ExitCode::ALL`] wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// A bug in Deadheat: a panic, or a trial that is not determined by its schedule.
    Bug = 70,
    /// A file could not be read or written.
    Io = 74,
    /// The command line is wrong, or a scenario is invalid or does not exist.
    Usage = 2,
    /// Interrupted; what is known so far has been reported.
    Interrupted = 130,
    /// A finding: something is not as the scenario expects, or a replayed case still fails.
    Finding = 1,
    /// No answer: a trial was out of budget, the time was over before anything was played, or what
    /// is replayed is no longer there: its digest is another one, or its schedule cannot be
    /// followed.
    Inconclusive = 3,
    /// There was nothing to do: no scenario was found, or the trial breaks nothing.
    Nothing = 4,
    /// Everything is as expected, or what was asked for is done.
    Expected = 0,
}

impl ExitCode {
    /// All of them, the one that wins first.
    pub const ALL: [ExitCode; 8] = [
        ExitCode::Bug,
        ExitCode::Io,
        ExitCode::Usage,
        ExitCode::Interrupted,
        ExitCode::Finding,
        ExitCode::Inconclusive,
        ExitCode::Nothing,
        ExitCode::Expected,
    ];

    /// What it means, as `--help` and the README say it.
    pub const fn meaning(self) -> &'static str {
        match self {
            ExitCode::Expected => "everything is as expected, or what was asked for is done",
            ExitCode::Finding => {
                "a finding: something is not as the scenario expects, or a replayed case fails"
            }
            ExitCode::Usage => "the command line is wrong, or a scenario is invalid or missing",
            ExitCode::Inconclusive => {
                "no answer: out of budget, out of time, or what is replayed is no longer there"
            }
            ExitCode::Nothing => {
                "nothing to do: no scenario was found, or no failure to explain, shrink or keep"
            }
            ExitCode::Bug => "a bug in Deadheat: a panic, or a trial that escapes its schedule",
            ExitCode::Io => "a file could not be read or written",
            ExitCode::Interrupted => "interrupted; what is known so far has been reported",
        }
    }

    /// The one of both that wins.
    #[must_use]
    pub fn or(self, other: ExitCode) -> ExitCode {
        let rank = |code| ExitCode::ALL.iter().position(|known| *known == code);
        if rank(other) < rank(self) { other } else { self }
    }

    /// The codes and their meanings, for `--help`; by number.
    pub fn table() -> String {
        let mut codes = ExitCode::ALL;
        codes.sort_by_key(|code| *code as u8);
        let line = |code: &ExitCode| format!("  {:>3}  {}", *code as u8, code.meaning());
        format!("Exit codes:\n{}", codes.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

impl From<Judged> for ExitCode {
    fn from(judged: Judged) -> ExitCode {
        match judged {
            Judged::Bug => ExitCode::Bug,
            Judged::Unexpected => ExitCode::Finding,
            Judged::Interrupted => ExitCode::Interrupted,
            Judged::Unplayed | Judged::OutOfBudget => ExitCode::Inconclusive,
            Judged::NotCovered | Judged::Expected => ExitCode::Expected,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_wins_over_everything_and_success_over_nothing() {
        assert_eq!(ExitCode::Finding.or(ExitCode::Bug), ExitCode::Bug);
        assert_eq!(ExitCode::Usage.or(ExitCode::Finding), ExitCode::Usage);
        assert_eq!(ExitCode::Inconclusive.or(ExitCode::Finding), ExitCode::Finding);
        assert_eq!(ExitCode::Expected.or(ExitCode::Inconclusive), ExitCode::Inconclusive);
    }
}
