//! `deadheat show`: a scenario as it is run, the unknowns of the real server, or the guards.

use std::fmt::Write as _;

use deadheat_model::switches::SWITCHES;

use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, args, files};
use crate::report::page;
use crate::scenario::{Guards, guards_reference, print};

/// Runs the command.
pub(super) fn show(args: &args::Show, output: &mut Output) -> Result<ExitCode, Failure> {
    if args.switches {
        output.write(&switches())?;
    }
    if args.list_guards {
        output.write(&guards_reference())?;
    }
    if let Some(named) = &args.scenario {
        let guards = Guards::compose(&args.altered.guards);
        let (scenario, _) = files::find(named)?.load_guarded(&args.altered.settings, &guards)?;
        output.write(&print(&scenario))?;
    }
    Ok(ExitCode::Expected)
}

fn switches() -> String {
    let mut text = String::from(
        "What is not known of the real server; the first choice is what is simulated by default:\n\
         [server] switches = { NAME = \"CHOICE\" }\n",
    );
    for switch in SWITCHES {
        let [default, other] = switch.choices;
        let _ = write!(text, "\n{} = \"{default}\" | \"{other}\"\n", switch.name);
        text.push_str(&page::paragraph(switch.question, (4, 4)));
    }
    text
}
