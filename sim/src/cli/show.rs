//! `deadheat show`: a scenario as it is run, the unknowns of the real server, or the guards.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deadheat_model::switches::{SWITCHES, Switch};
use serde_json::json;

use super::args::{self, Format};
use super::exit_code::ExitCode;
use super::output::Output;
use super::{Failure, files};
use crate::report::{page, stamp};
use crate::scenario::{GUARDS, Guards, guards_reference, print};

/// Runs the command.
pub(super) fn show(args: &args::Show, output: &mut Output) -> Result<ExitCode, Failure> {
    if args.switches {
        match args.format {
            Format::Human => output.write(&switches())?,
            Format::Json => {
                for switch in SWITCHES {
                    let Switch { name, question, choices, .. } = switch;
                    let object = json!({ "name": name, "question": question, "choices": choices });
                    output.line(&stamp::object("switch", &object))?;
                }
            }
        }
    }
    if args.list_guards {
        match args.format {
            Format::Human => output.write(&guards_reference())?,
            Format::Json => {
                for guard in GUARDS {
                    let object = json!({ "name": guard.name, "help": guard.help });
                    output.line(&stamp::object("guard", &object))?;
                }
            }
        }
    }
    if let Some(named) = &args.scenario {
        let guards = Guards::compose(&args.altered.guards);
        let file = files::find(named)?;
        let (scenario, _) = file.load_guarded(&args.altered.settings, &guards)?;
        let text = print(&scenario);
        match args.format {
            Format::Human => output.write(&text)?,
            Format::Json => {
                let settings: BTreeMap<_, _> = args.altered.settings.iter().cloned().collect();
                let guard = (!guards.is_none()).then(|| guards.to_string());
                let object = json!({
                    "name": file.name(),
                    "summary": scenario.summary,
                    "source": scenario.source,
                    "set": settings,
                    "guard": guard,
                    "text": text,
                });
                output.line(&stamp::object("shown", &object))?;
            }
        }
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
