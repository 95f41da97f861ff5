//! The program: every list of a scenario's actions under a number, so that an actor's place in it
//! is plain data.

use deadheat_model::id::Actor;

use crate::scenario::asks::{self, Asks};
use crate::scenario::{Action, Local, Scenario};

/// A list, by its place in the program.
pub type ListId = u32;

/// The list without actions.
pub const EMPTY: ListId = 0;

/// A set of locals. It has one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live(u8);

impl Live {
    /// Every local.
    pub const ALL: Live = Live(u8::MAX);

    pub(super) const fn of(local: Local) -> Live {
        Live(1 << local as u8)
    }

    /// Returns whether this local is in the set.
    pub const fn has(self, local: Local) -> bool {
        self.0 & Live::of(local).0 != 0
    }

    pub(super) const fn and(self, other: Live) -> Live {
        Live(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Live) -> Live {
        Live(self.0 & !other.0)
    }
}

/// An action, with the lists in it.
#[derive(Clone, Debug)]
pub struct Op {
    /// The action, without its lists.
    pub action: Action,
    /// The list that it performs, or [`EMPTY`].
    pub list: ListId,
    /// The list that it performs otherwise, or [`EMPTY`].
    pub otherwise: ListId,
    /// The questions that are left out when the list is skipped.
    pub left_out: Vec<Asks>,
    /// The locals that can still be read while this action is under way.
    pub live: Live,
}

/// All lists of a scenario.
#[derive(Clone, Debug)]
pub struct Program {
    /// The lists by number. The first one is [`EMPTY`].
    pub lists: Vec<Vec<Op>>,
    /// Whether somebody lists messages.
    pub lists_messages: bool,
    /// The list of each user, process and kind of job.
    users: Vec<ListId>,
    processes: Vec<ListId>,
    kinds: Vec<ListId>,
    /// The list of each `[[user]]`, `[[process]]` and `[job]`, in this order.
    roots: Vec<ListId>,
}

/// Where an action is: its list, and its place there.
pub type OpId = (ListId, u32);

impl Program {
    /// Returns the program of a scenario.
    pub fn new(scenario: &Scenario) -> Program {
        let mut program = Program {
            lists: vec![Vec::new()],
            lists_messages: false,
            users: Vec::new(),
            processes: Vec::new(),
            kinds: Vec::new(),
            roots: Vec::new(),
        };
        for user in &scenario.users {
            let list = program.add_root(&user.list);
            program.users.extend((0..user.count).map(|_| list));
        }
        for process in &scenario.processes {
            let list = program.add_root(&process.list);
            program.processes.extend((0..process.count).map(|_| list));
        }
        for job in &scenario.jobs {
            let list = program.add_root(&job.list);
            program.kinds.push(list);
        }
        let reads = |op: &Op| matches!(op.action, Action::ReadReply(_));
        program.lists_messages = program.lists.iter().flatten().any(reads);
        program
    }

    /// Returns the list that an actor performs.
    pub fn of(&self, actor: Actor) -> ListId {
        match actor {
            Actor::User(index) => self.users[usize::from(index)],
            Actor::Process(index) => self.processes[usize::from(index)],
            Actor::Attempt(job, _) => self.kinds[usize::from(job.kind.0)],
            Actor::Fault(_) => unreachable!("invariant: a fault does nothing by a list"),
        }
    }

    /// Returns the list of each block: users first, then processes, then jobs.
    pub fn roots(&self) -> &[ListId] {
        &self.roots
    }

    /// Returns every action of this list and of the lists in it, in the order of a file.
    pub fn written(&self, list: ListId) -> Vec<(OpId, &Op)> {
        let mut written = Vec::new();
        for (place, op) in self.lists[list as usize].iter().enumerate() {
            written.push(((list, place as u32), op));
            for inner in [op.list, op.otherwise].into_iter().filter(|inner| *inner != EMPTY) {
                written.extend(self.written(inner));
            }
        }
        written
    }

    /// Returns the action at this place of a list, or none at its end.
    pub fn op(&self, list: ListId, place: u32) -> Option<&Op> {
        self.lists[list as usize].get(place as usize)
    }

    fn add_root(&mut self, list: &[Action]) -> ListId {
        let root = self.add(list);
        self.roots.push(root);
        root
    }

    fn add(&mut self, list: &[Action]) -> ListId {
        let place = self.lists.len();
        self.lists.push(Vec::new());
        let ops: Vec<Op> = list.iter().map(|action| self.op_of(action)).collect();
        self.lists[place] = ops;
        place as ListId
    }

    fn op_of(&mut self, action: &Action) -> Op {
        let lists: Vec<ListId> = action.lists().into_iter().map(|list| self.add(list)).collect();
        let mut lists = lists.into_iter();
        let (list, otherwise) = (lists.next().unwrap_or(EMPTY), lists.next().unwrap_or(EMPTY));
        let left_out =
            if let Action::Lock { list, .. } = action { asks::left_out(list) } else { Vec::new() };
        let mut action = action.clone();
        action.lists_mut().into_iter().for_each(Vec::clear);
        Op { action, list, otherwise, left_out, live: Live::default() }
    }
}
