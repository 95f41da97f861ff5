//! A run as JSON: one object per line, with a summary at the end.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::super::Failure;
use super::super::files::program;
use super::super::output::Output;
use super::{Event, Reporter};
use crate::report::words::run_line;
use crate::report::{cases, json as report, stamp};

/// What was played so far.
#[derive(Default, Serialize)]
pub(super) struct Lines {
    settings: u64,
    trials: u64,
    /// What is not as expected: the line that runs a setting again, or a kept case.
    unexpected: Vec<String>,
    #[serde(skip)]
    has_parts: bool,
    exit_code: u8,
    elapsed_ms: u64,
}

fn ms(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

impl Reporter for Lines {
    fn hear(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Begin { header, args, sweep } => {
                self.has_parts = args.shard.is_some();
                let object = json!({
                    "program": header.program,
                    "arguments": header.arguments,
                    "settings": header.settings,
                    "shard": args.shard.map(|shard| shard.to_string()),
                    "first_seed": sweep.first_seed,
                });
                output.line(&stamp::object("run", &object))?;
            }
            Event::Kept(kept) => {
                for one in *kept {
                    output.line(&cases::json(one, &program()))?;
                    self.unexpected.extend(one.is_finding().then(|| one.file.clone()));
                }
            }
            Event::NotApplicable { scenario, invocation, reason } => {
                output.line(&report::not_applicable(scenario, invocation, reason))?;
            }
            Event::Checked(swept) => {
                let checked = swept.checked;
                self.settings += 1;
                self.trials += checked.summary.trials;
                if !checked.is_met() {
                    self.unexpected.push(run_line(&checked.invocation));
                }
                let part = self.has_parts.then_some(&checked.part);
                output.line(&report::checked(checked, swept.varied, ms(swept.elapsed), part))?;
            }
            Event::End { elapsed, code } => {
                self.exit_code = *code as u8;
                self.elapsed_ms = ms(*elapsed);
                output.line(&stamp::object("summary", self))?;
            }
        }
        output.flush()
    }
}
