//! What is not known about the real server, as named switches with a default, so that no guess is
//! hidden.

use crate::run::RunStatus;

/// The setting of each unknown. [`SWITCHES`] lists their names, choices and sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// `unknown-tool-call`.
    pub unknown_tool_call: UnknownToolCall,
    /// `cancel-waiting-run`: the status right after the cancel, `cancelling` or `cancelled`.
    pub cancel_waiting_run: RunStatus,
    /// `partial-message`.
    pub keeps_partial_message: bool,
    /// `unknown-cursor`.
    pub unknown_cursor: UnknownCursor,
}

/// What happens to outputs for a tool call that the run never asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownToolCall {
    /// The request is refused.
    Refuse,
    /// The output is dropped.
    Ignore,
}

/// What a list returns when `after` or `before` names an object that is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownCursor {
    /// HTTP 404.
    Refuse,
    /// An empty page.
    Empty,
}

/// A switch as authors see it: `[server] switches = { NAME = "CHOICE" }`.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Its name in a scenario file.
    pub name: &'static str,
    /// Its possible settings. The first is the default.
    pub choices: [&'static str; 2],
    /// The question that it answers, and what is known.
    pub question: &'static str,
    /// Sets it to `choices[index]`.
    pub set: fn(&mut Switches, usize),
    /// Returns the index of the choice that is set.
    pub chosen: fn(&Switches) -> usize,
}

/// All switches.
pub const SWITCHES: &[Switch] = &[
    Switch {
        name: "unknown-tool-call",
        choices: ["refuse", "ignore"],
        question: "submit_tool_outputs names a call that the run never asked for. No sighting.",
        set: |switches, index| {
            switches.unknown_tool_call = [UnknownToolCall::Refuse, UnknownToolCall::Ignore][index];
        },
        chosen: |switches| usize::from(switches.unknown_tool_call == UnknownToolCall::Ignore),
    },
    Switch {
        name: "cancel-waiting-run",
        choices: ["cancelling", "cancelled"],
        question: "The status right after the cancel of a run that requires action. Both were \
                   recorded (supercompat, contract `cancelRun`).",
        set: |switches, index| {
            switches.cancel_waiting_run = [RunStatus::Cancelling, RunStatus::Cancelled][index];
        },
        chosen: |switches| usize::from(switches.cancel_waiting_run == RunStatus::Cancelled),
    },
    Switch {
        name: "partial-message",
        choices: ["keep", "drop"],
        question: "Whether a run that failed, expired or was cancelled at work leaves the part \
                   of its answer in the thread. The specification has message reasons \
                   `run_cancelled`, `run_expired` and `run_failed`; the content was never \
                   recorded.",
        set: |switches, index| switches.keeps_partial_message = index == 0,
        chosen: |switches| usize::from(!switches.keeps_partial_message),
    },
    Switch {
        name: "unknown-cursor",
        choices: ["refuse", "empty"],
        question: "A list is asked for what comes after or before an object that is not in it. \
                   No sighting.",
        set: |switches, index| {
            switches.unknown_cursor = [UnknownCursor::Refuse, UnknownCursor::Empty][index];
        },
        chosen: |switches| usize::from(switches.unknown_cursor == UnknownCursor::Empty),
    },
];

impl Default for Switches {
    fn default() -> Self {
        Switches {
            unknown_tool_call: UnknownToolCall::Refuse,
            cancel_waiting_run: RunStatus::Cancelling,
            keeps_partial_message: true,
            unknown_cursor: UnknownCursor::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set_and_its_first_choice_is_the_default() {
        for switch in SWITCHES {
            let mut switches = Switches::default();
            assert_eq!((switch.chosen)(&switches), 0, "{}", switch.name);
            (switch.set)(&mut switches, 1);
            assert_eq!((switch.chosen)(&switches), 1, "{}", switch.name);
            (switch.set)(&mut switches, 0);
            assert_eq!(switches, Switches::default(), "{}", switch.name);
        }
    }
}
