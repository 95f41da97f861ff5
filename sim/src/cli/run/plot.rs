//! A run of one scenario after another under each value of a parameter, as bars.

use super::super::Failure;
use super::super::output::Output;
use super::{Event, Reporter};
use crate::record::{Checked, Varied};
use crate::report::{human, vary};

pub(super) struct Plot {
    /// How many values there are.
    values: usize,
    /// What was played of the scenario at hand.
    rows: Vec<(Varied, Checked)>,
}

impl Plot {
    pub(super) fn new(values: usize) -> Plot {
        Plot { values, rows: Vec::new() }
    }

    fn draw(&mut self, output: &mut Output) -> Result<(), Failure> {
        output.write(&vary::plot(&self.rows, self.values))?;
        self.rows.clear();
        output.flush()
    }
}

impl Reporter for Plot {
    fn hear(&mut self, event: &Event<'_>, output: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Begin { .. } | Event::Kept(_) => Ok(()),
            Event::NotApplicable { scenario, invocation, reason } => {
                output.write(&human::not_applicable(scenario, invocation, reason))
            }
            Event::Checked(swept) => {
                if let Some(varied) = swept.varied {
                    self.rows.push((varied.clone(), swept.checked.clone()));
                }
                if self.rows.len() == self.values { self.draw(output) } else { Ok(()) }
            }
            Event::End { .. } => self.draw(output),
        }
    }
}
