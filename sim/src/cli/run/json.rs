//! A run as JSON: one object per line.

use super::super::Failure;
use super::super::files::program;
use super::super::output::Output;
use super::{Event, Reporter};
use crate::report::{cases, json};

pub(super) struct Lines;

impl Reporter for Lines {
    fn hear(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Kept(kept) => {
                for one in *kept {
                    output.line(&cases::json(one, &program()))?;
                }
            }
            Event::NotApplicable { scenario, invocation, reason } => {
                output.line(&json::not_applicable(scenario, invocation, reason))?;
            }
            Event::Checked { checked, varied, elapsed, .. } => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                output.line(&json::checked(checked, *varied, elapsed_ms))?;
            }
            Event::End { .. } => {}
        }
        output.flush()
    }
}
