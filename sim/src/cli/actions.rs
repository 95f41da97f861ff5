//! `deadheat actions`: the reference for authors.

use serde_json::{Value, json};

use super::Failure;
use super::exit_code::ExitCode;
use super::format::Format;
use super::output::Output;
use crate::report::stamp;
use crate::scenario::key::{Default, Key};
use crate::scenario::verb::{Role, VERBS, Verb};
use crate::scenario::{Local, reference};

/// Runs the command.
pub(super) fn actions(format: Format, output: &mut Output) -> Result<ExitCode, Failure> {
    match format {
        Format::Human => output.write(&reference())?,
        Format::Json => {
            for verb in VERBS {
                output.line(&stamp::object("action", &action(verb)))?;
            }
        }
    }
    Ok(ExitCode::Expected)
}

fn action(verb: &Verb) -> Value {
    let names = |locals: &[Local]| locals.iter().map(|local| local.name()).collect::<Vec<_>>();
    json!({
        "name": verb.name,
        "help": verb.help,
        "who": verb.who.iter().copied().map(Role::name).collect::<Vec<_>>(),
        "main_option": verb.main,
        "options": verb.options.iter().map(option).collect::<Vec<_>>(),
        "needs": names(verb.reads),
        "sets": names(verb.sets),
        "throws": verb.throws.iter().map(|cause| cause.name()).collect::<Vec<_>>(),
    })
}

fn option(key: &Key) -> Value {
    let default = match key.default {
        Default::Is(literal) => Some(literal),
        Default::Absent(_) | Default::Instead(_) | Default::OnlyDocument | Default::Required => {
            None
        }
    };
    json!({
        "name": key.name,
        "kind": key.kind.expected(),
        "required": matches!(key.default, Default::Required),
        "default": default,
        "help": key.help,
    })
}
