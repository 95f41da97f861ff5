//! Liveness: which locals an actor can still read, at each action of its list.
//!
//! A local is live at an action if something that may come after the beginning of the action reads
//! it before anything certainly sets it. A list that starts again is read until nothing changes.
//! What is thrown goes to the block that may catch it, and everything after that block counts.

use super::program::{ListId, Live, Program};
use crate::scenario::{Action, Local, ReplyPick, Scenario};

/// Returns the program of a scenario, with its marks.
pub(super) fn program(scenario: &Scenario) -> Program {
    let mut program = Program::new(scenario);
    for root in program.roots().to_vec() {
        mark(&mut program, root);
    }
    program
}

/// Marks every action of this list, and of the lists in it.
fn mark(program: &mut Program, list: ListId) {
    while flow(program, list, Live::default(), Live::default()).1 {}
}

/// Returns what is live in front of a list if `behind` is live after it, and if `thrown` is live
/// where something that it throws is caught. Returns whether a mark has changed.
fn flow(program: &mut Program, list: ListId, behind: Live, thrown: Live) -> (Live, bool) {
    let (mut after, mut has_changed) = (behind, false);
    for place in (0..program.lists[list as usize].len()).rev() {
        let op = &program.lists[list as usize][place];
        let (kind, inner, otherwise, round) =
            (Kind::of(&op.action), op.list, op.otherwise, op.live);
        let reads = reads(&op.action, !op.left_out.is_empty());
        let writes = writes(&op.action);
        let mut within = |list, behind, thrown| {
            let (live, changed) = flow(program, list, behind, thrown);
            has_changed |= changed;
            live
        };
        // What is live in front of the action. Everything that is live anywhere in it counts while
        // it is under way.
        let before = match kind {
            Kind::Try => {
                let other = within(otherwise, after, thrown);
                within(inner, after, thrown.and(other)).and(other)
            }
            Kind::If => within(otherwise, after, thrown).and(within(inner, after, thrown)),
            Kind::Retry => within(inner, after.and(round), thrown.and(round)).and(after),
            Kind::Loop => within(inner, after.and(round), thrown).and(after),
            Kind::Lock => within(inner, after, thrown).and(after),
            Kind::Single => after.without(writes).and(thrown),
        };
        let before = before.and(reads);
        let op = &mut program.lists[list as usize][place];
        let live = op.live.and(before).and(after).and(thrown);
        has_changed |= live != op.live;
        op.live = live;
        after = before;
    }
    (after, has_changed)
}

/// How an action performs the lists in it.
enum Kind {
    Single,
    Try,
    If,
    Retry,
    Loop,
    Lock,
}

impl Kind {
    fn of(action: &Action) -> Kind {
        match action {
            Action::Try { .. } => Kind::Try,
            Action::If { .. } => Kind::If,
            Action::Retry { .. } => Kind::Retry,
            Action::Repeat { .. } | Action::ForEachSection { .. } => Kind::Loop,
            Action::Lock { .. } => Kind::Lock,
            Action::LoadDocument
            | Action::CreateThread
            | Action::SaveThread(_)
            | Action::AddMessage(_)
            | Action::WaitIdle(_)
            | Action::SafeAddMessage(..)
            | Action::CreateRun
            | Action::AwaitRun { .. }
            | Action::CancelRun
            | Action::CancelActive
            | Action::SubmitOutputs
            | Action::ReadReply(_)
            | Action::SaveReply
            | Action::Click { .. }
            | Action::Dispatch { .. }
            | Action::Sleep(_)
            | Action::Stop
            | Action::Fail => Kind::Single,
        }
    }
}

/// Returns the locals that an action may read, of those that answers set.
fn reads(action: &Action, leaves_out: bool) -> Live {
    match action {
        Action::SaveThread(_)
        | Action::AddMessage(_)
        | Action::WaitIdle(_)
        | Action::SafeAddMessage(..)
        | Action::CreateRun
        | Action::CancelActive
        | Action::ReadReply(ReplyPick::Newest)
        // Keys may contain the thread.
        | Action::Click { same: Some(_), .. }
        | Action::Dispatch { same: Some(_), .. } => Live::of(Local::Thread),
        Action::Lock { lock, .. } if lock.key.by_thread || leaves_out => Live::of(Local::Thread),
        Action::AwaitRun { .. }
        | Action::CancelRun
        | Action::SubmitOutputs
        | Action::ReadReply(ReplyPick::Run) => Live::of(Local::Run),
        Action::SaveReply => Live::of(Local::Reply),
        Action::If { local, .. } => Live::of(*local),
        Action::Lock { .. }
        | Action::Click { same: None, .. }
        | Action::Dispatch { same: None, .. }
        | Action::LoadDocument
        | Action::CreateThread
        | Action::Retry { .. }
        | Action::Try { .. }
        | Action::Repeat { .. }
        | Action::ForEachSection { .. }
        | Action::Sleep(_)
        | Action::Stop
        | Action::Fail => Live::default(),
    }
}

/// Returns the locals that an action certainly sets if it throws nothing.
fn writes(action: &Action) -> Live {
    match action {
        Action::LoadDocument | Action::CreateThread => Live::of(Local::Thread),
        Action::CreateRun => Live::of(Local::Run),
        Action::AddMessage(_) | Action::SafeAddMessage(..) => Live::of(Local::Message),
        Action::ReadReply(_) => Live::of(Local::Reply),
        Action::SaveThread(_)
        | Action::WaitIdle(_)
        | Action::AwaitRun { .. }
        | Action::CancelRun
        | Action::CancelActive
        | Action::SubmitOutputs
        | Action::SaveReply
        | Action::Lock { .. }
        | Action::Retry { .. }
        | Action::Try { .. }
        | Action::If { .. }
        | Action::Repeat { .. }
        | Action::ForEachSection { .. }
        | Action::Click { .. }
        | Action::Dispatch { .. }
        | Action::Sleep(_)
        | Action::Stop
        | Action::Fail => Live::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Settings, load};

    /// Returns, for each action of a process, whether each of these locals is live there.
    fn live(list: &str) -> Vec<(bool, bool)> {
        let source = format!(
            "format = 1\nsummary = \"x\"\n[[document]]\nid = 7\nthread = \"exists\"\n\
             [[process]]\nname = \"p\"\ndocument = 7\ndo = [{list}]\n"
        );
        let scenario = load(&source, &Settings::new()).scenario.expect("no mistakes");
        let program = program(&scenario);
        let mut ops = program.lists[1].iter().flat_map(|op| {
            let inner = program.lists[op.list as usize].iter();
            std::iter::once(op).chain(inner)
        });
        let has = |live: Live| (live.has(Local::Thread), live.has(Local::Run));
        ops.by_ref().map(|op| has(op.live)).collect()
    }

    #[test]
    fn a_local_is_live_until_nothing_reads_it_any_more() {
        let (yes, no) = (true, false);
        // Each pair is the thread and the run, while the action is under way.
        let once = live(r#""load_document", "create_run", "await_run", { sleep = "1s" }"#);
        assert_eq!(once, [(yes, no), (yes, yes), (no, yes), (no, no)]);
        // A wait sets nothing.
        let waits = live(r#""load_document", "create_run", "wait_idle", "await_run""#);
        assert_eq!(waits, [(yes, no), (yes, yes), (yes, yes), (no, yes)]);
        let sleeps = live(
            r#""load_document", "create_run", { sleep = "1s" }, { sleep = "1s" }, "await_run""#,
        );
        assert_eq!(sleeps[1..], [(yes, yes), (no, yes), (no, yes), (no, yes)]);
        // What catches an error reads what was set before it.
        let caught = live(
            r#""load_document", { try = { do = ["create_run", { sleep = "1s" }], else = ["await_run"] } }"#,
        );
        assert_eq!(caught[1..], [(yes, yes), (yes, yes), (no, yes)]);
        // The next round reads what this one has set.
        let round = live(
            r#""load_document", "create_run", { repeat = { times = 2, do = ["await_run", "create_run"] } }"#,
        );
        assert_eq!(round[2..], [(yes, yes), (yes, yes), (yes, yes)]);
    }
}
