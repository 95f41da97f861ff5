//! The account of a trial: its schedule is played once more, pick by pick.

use std::collections::BTreeMap;
use std::sync::Arc;

use deadheat_model::history::Operation;
use deadheat_model::property::PropertyId;

use super::check::expected;
use super::subject::Subject;
use crate::agenda::{Call, Observed, Observer, Part, Pending, Picked, Schedule, Who, mix};
use crate::engine::{Lane, Play, Step};
use crate::explore::Replay;
use crate::name::Moment;
use crate::record::{Account, Cause, Fired, Line, Trial, Wait, Waited};
use crate::scenario::{self, Action, lines_of};
use crate::stage::{Op, OpId, Stage};

/// Returns the account of a trial that was played on the subject's stage with its whole schedule.
pub fn account(subject: &Subject, trial: &Trial) -> Account {
    let schedule = trial.schedule.as_ref().expect("invariant: the schedule was kept");
    let lines = lines(subject);
    let (picks, causes) = played(&subject.stage, schedule);
    assert_eq!(causes.len() + 1, trial.history.events.len(), "invariant: the same trial again");
    let expect = subject.scenario().expect.as_ref();
    let event = |(pick, action): (Option<usize>, Option<OpId>)| Cause {
        pick,
        line: action.and_then(|action| lines.get(&action).copied()),
        message: action.and_then(|action| message(&subject.stage, action)),
    };
    Account {
        about: subject.scenario().summary.clone(),
        invocation: subject.invocation.clone(),
        expected: PropertyId::ALL.map(|property| expected(expect, property)),
        text: subject.text.clone(),
        picks,
        // Nothing causes the end.
        events: causes.into_iter().chain([(None, None)]).map(event).collect(),
    }
}

/// What caused an event: the place of the pick, and the action behind it.
type Caused = (Option<usize>, Option<OpId>);

/// Plays the schedule, and returns what fired and what caused each event but the last.
fn played(stage: &Arc<Stage>, schedule: &Schedule) -> (Vec<Fired>, Vec<Caused>) {
    let follows = Replay::new(schedule.clone());
    let observed = Observed::new(Box::new(follows), Waits::default());
    let mut lane = Lane::bare(stage.clone(), Box::new(observed));
    let mut acts = Acts::default();
    lane.play_by_pick(Play::seed(0), &mut |step| acts.see(step));
    let diverged = lane.ask(|replay: &Replay| replay.divergence().cloned());
    // At its end, a trial that ran out of budget had a pick left.
    let is_whole = diverged.is_none_or(|at| at.step == schedule.picks.len());
    assert!(is_whole, "invariant: a schedule is followed on every host");
    let mut picks = lane.observed(|waits: &Waits| waits.fired.clone());
    picks.truncate(schedule.picks.len());
    for (fired, pick) in picks.iter_mut().zip(&schedule.picks) {
        fired.at = pick.at;
    }
    let causes = acts.pick_of_event.iter().map(|pick| {
        let action = acts.actions.get(&call_of(picks[*pick].name.call)).copied();
        (Some(*pick), action)
    });
    let causes = causes.collect();
    (picks, causes)
}

/// A call without the difference between its two copies, if it arrives twice.
type CallId = (Who, u8, u32);

fn call_of(call: Call) -> CallId {
    (call.who, call.action, call.nth)
}

/// Returns whether an action makes this call. The queue and faults act in an actor's name, too.
fn is_of_action(call: Call) -> bool {
    !matches!(
        call.operation(),
        Operation::Life | Operation::Overlap | Operation::Unique | Operation::Fault
    )
}

/// Which pick caused each event, and which action made each call.
#[derive(Default)]
struct Acts {
    picks: usize,
    pick_of_event: Vec<usize>,
    actions: BTreeMap<CallId, OpId>,
    /// The number of the next occurrence that is put on the agenda, as far as is known.
    next: u32,
}

impl Acts {
    fn see(&mut self, step: &Step<'_>) {
        self.pick_of_event.resize(step.events.len(), self.picks);
        self.picks += 1;
        let is_new = |one: &&Pending| one.uid >= self.next && is_of_action(one.name.call);
        for new in step.pending.iter().filter(is_new) {
            if let Some(action) = step.action {
                self.actions.entry(call_of(new.name.call)).or_insert(action);
            }
        }
        let newest = step.pending.iter().map(|one| one.uid + 1).max();
        self.next = self.next.max(newest.unwrap_or(0));
    }
}

/// What each pick waited for.
#[derive(Clone, Default)]
struct Waits {
    /// The parts of what is pending, by its number.
    parts: BTreeMap<u32, Vec<Part>>,
    /// The last call of each actor that has reached its service.
    last: BTreeMap<Who, Call>,
    fired: Vec<Fired>,
}

impl Observer for Waits {
    fn begin(&mut self) {
        *self = Waits::default();
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        self.parts.insert(pending.uid, parts.to_vec());
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let one = &pending[picked.index];
        let call = one.name.call;
        let parts = self.parts.remove(&one.uid).unwrap_or_default();
        let reply = self.last.get(&call.who).map(|last| mix(last.key(), Moment::Returns.key()));
        let waited = |(place, part): (usize, &Part)| Waited {
            what: match place + 1 == parts.len() {
                true => Wait::Itself,
                false if Some(part.key) == reply => Wait::Reply,
                false => Wait::Pause,
            },
            window: part.window,
        };
        self.fired.push(Fired {
            name: one.name,
            since: one.since,
            window: one.window,
            at: picked.at,
            waits: parts.iter().enumerate().map(waited).collect(),
            choices: pending.len(),
        });
        if one.name.moment() == Moment::Arrives {
            self.last.insert(call.who, call);
        }
    }
}

/// Returns where the actions are in the file, as far as they are in it.
fn lines(subject: &Subject) -> BTreeMap<OpId, Line> {
    let Some(text) = &subject.text else { return BTreeMap::new() };
    let settings = &subject.invocation.settings;
    let written = scenario::load(text, settings).written;
    let scenario = subject.scenario();
    let users = scenario.users.iter().map(|user| &user.name);
    let processes = scenario.processes.iter().map(|process| &process.name);
    let names = users.chain(processes).chain(scenario.jobs.iter().map(|job| &job.name));
    let program = &subject.stage.program;
    let mut lines = BTreeMap::new();
    for (name, root) in names.zip(program.roots()) {
        // A block that a guard has added is not in the file.
        let Some(written) = written.iter().find(|written| written.name == *name) else { continue };
        let ops: Vec<(OpId, &Op)> = program.written(*root);
        let verbs: Vec<&str> = ops.iter().map(|(_, op)| op.action.verb()).collect();
        for ((op, _), place) in ops.iter().zip(lines_of(&written.actions, &verbs)) {
            let Some(place) = place else { continue };
            let spot = &written.actions[place];
            lines.insert(*op, Line::new(spot.verb, text, spot.span.start));
        }
    }
    lines
}

/// Returns what the message says that an action adds.
fn message(stage: &Stage, (list, place): OpId) -> Option<String> {
    let op = stage.program.op(list, place)?;
    let (Action::AddMessage(message) | Action::SafeAddMessage(message, _)) = &op.action else {
        return None;
    };
    Some(stage.cast.text(message.text).to_owned())
}
