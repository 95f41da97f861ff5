//! `deadheat prove`: every order, instead of many.

use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::output::Output;
use super::pace::Pace;
use super::progress::{self, Bound};
use super::question::{ask, asked, write_case};
use super::{Failure, files, interrupt, least, output};
use crate::record::Verdict;
use crate::report::{human, proof};
use crate::scenario::Guards;
use crate::study::{self, prove as answer};

/// A count of orders opens at most this many states, or plays this many trials, unless the user
/// explicitly asks for it.
const COUNT_MAX: u64 = 5_000;

/// Runs the command.
pub(super) fn prove(args: &args::Prove, output: &mut Output) -> Result<ExitCode, Failure> {
    let least = args.least.as_ref().map(|range| (range, study::Bound::Least));
    if let Some(range) = least.or(args.most.as_ref().map(|range| (range, study::Bound::Most))) {
        return least::run(args, range, output);
    }
    let file = files::find(&args.scenario)?;
    let guards = Guards::compose(&args.altered.guards);
    let subject = file.subject(&args.altered.settings, &guards)?;
    let asked = asked(args, subject.scenario())?;
    let count_max = if args.count { u64::MAX } else { COUNT_MAX };
    let title = human::titled(&subject.name, &subject.invocation);
    let question = ask(args, subject.clone(), (asked, count_max));
    progress::begin(&title, args.duration.map_or(Bound::Unknown, Bound::Time));
    let pace = Pace::begin(args.duration);
    let (mut proof, stage) = answer(&question, &|| pace.cut());
    let elapsed = pace.elapsed();
    let unwritten = write_case(&mut proof, &subject.on(stage));
    match args.format {
        Format::Human => output.write(&proof::human(&proof, elapsed))?,
        Format::Json => output.line(&proof::json(&proof, elapsed))?,
    }
    output.flush()?;
    if let Some(message) = unwritten {
        output::warn(&message);
    }
    Ok(match &proof.verdict {
        Verdict::Broken(_) => ExitCode::Finding,
        _ if interrupt::is_raised() => ExitCode::Interrupted,
        Verdict::Proved(_) => ExitCode::Expected,
        Verdict::Undecided(_) => ExitCode::Inconclusive,
    })
}
