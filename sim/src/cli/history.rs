//! A history as it is shown: how much of its timeline, and its lines.

use deadheat_model::time::Time;

use super::output::{self, Output};
use super::{Failure, args};
use crate::record::{Trial, lines};
use crate::report::stamp::stamped;
use crate::report::timeline::View;

/// Returns how the timeline is displayed.
pub(super) fn view(args: &args::Replay) -> View {
    let around = args.around.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    View { width: output::width(), actor: args.actor.clone(), around: around.map(Time::from_us) }
}

/// Writes the history as JSON lines, with the digest last.
pub(super) fn write_lines(trial: &Trial, output: &mut Output) -> Result<(), Failure> {
    for line in lines(&trial.history) {
        output.line(&stamped("event", &line))?;
    }
    let digest = format!("{{\"event\":\"digest\",\"digest\":\"{}\"}}", trial.digest);
    output.line(&stamped("event", &digest))
}
