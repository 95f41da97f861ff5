//! Frames: the blocks that an actor is in, innermost last. All of it is bookkeeping; the actor that
//! performs the actions does the waiting.

use deadheat_model::history::Cause;

use super::actor::{Actor, Held};
use super::world::Depth;
use crate::agenda::{Span, Window};
use crate::scenario::{Action, Causes, Until};

/// Something that is being done: a list, how far it is, and what happens at its end.
pub(super) struct Frame<'a> {
    list: &'a [Action],
    next: usize,
    block: Block<'a>,
    /// How often the actor had parked when the list was begun.
    parks: u64,
}

enum Block<'a> {
    /// Nothing more.
    Once,
    /// It begins anew.
    Repeat { iteration: u32, until: Until, pause: Window, deadline: Depth, outer: Option<u32> },
    /// It begins anew with the next section.
    Sections { last: u16, pause: Window, outer: Option<u16> },
    /// It gives back a lock.
    Locked(Held),
    /// It catches what is thrown in it.
    Try { on: Causes, otherwise: &'a [Action] },
    /// It catches what is thrown in it, and begins anew.
    Retry { on: Causes, left: u32, wait: Window },
}

/// What comes after the last action of a block's list.
pub(super) enum Next {
    /// The block is over.
    Over,
    /// The list begins anew.
    Anew,
    /// What is owed has to be waited out; then the list begins anew, unless the block's deadline
    /// has come.
    AnewUnlessLate,
}

impl<'a> Frame<'a> {
    /// A list that is done once.
    pub(super) fn once(actor: &Actor, list: &'a [Action]) -> Frame<'a> {
        Frame { list, next: 0, block: Block::Once, parks: actor.parks }
    }

    /// A list that is done while a lock is held.
    pub(super) fn locked(actor: &Actor, list: &'a [Action], held: Held) -> Frame<'a> {
        Frame { list, next: 0, block: Block::Locked(held), parks: actor.parks }
    }

    /// The lock that is to be given back.
    pub(super) fn held(&self) -> Option<Held> {
        match self.block {
            Block::Locked(held) => Some(held),
            _ => None,
        }
    }

    /// Enters a block; nothing if the action is none, or takes time to enter.
    pub(super) fn open(actor: &mut Actor, action: &'a Action) -> Option<Frame<'a>> {
        let (list, block): (&[Action], _) = match action {
            Action::Try { list, on, otherwise } => (list, Block::Try { on: *on, otherwise }),
            Action::Retry { list, on, times, wait } => {
                (list, Block::Retry { on: *on, left: *times, wait: *wait })
            }
            Action::If { local, is_set, list, otherwise } => {
                let list = if actor.locals.is_set(*local) == *is_set { list } else { otherwise };
                (list, Block::Once)
            }
            Action::Repeat { list, until, pause } => {
                let outer = actor.locals.iteration.replace(1);
                let (until, pause) = (*until, *pause);
                let list = if until == Until::Times(0) { &[] } else { list.as_slice() };
                (list, Block::Repeat { iteration: 1, until, pause, deadline: 0, outer })
            }
            Action::ForEachSection { list: each, pause } => {
                let document = actor.locals.document;
                let sections = |document| actor.stage.cast.document(document).sections;
                let last = document.map_or(0, sections);
                let outer = actor.locals.section.replace(1);
                let list = if last == 0 { &[] } else { each.as_slice() };
                (list, Block::Sections { last, pause: *pause, outer })
            }
            _ => return None,
        };
        Some(Frame { list, next: 0, block, parks: actor.parks })
    }

    /// How long the block may last, if that is bounded.
    pub(super) fn bound(&self) -> Option<Span> {
        match self.block {
            Block::Repeat { until: Until::During(bound), .. } => Some(bound),
            _ => None,
        }
    }

    /// The deadline that its bound has been given.
    pub(super) fn set_deadline(&mut self, depth: Depth) {
        if let Block::Repeat { deadline, .. } = &mut self.block {
            *deadline = depth;
        }
    }

    /// The next action of the list, if it is not at its end.
    pub(super) fn next(&mut self) -> Option<&'a Action> {
        let action = self.list.get(self.next)?;
        self.next += 1;
        Some(action)
    }

    /// At the end of the list: what comes now.
    pub(super) fn go_on(&mut self, actor: &mut Actor) -> Next {
        match &mut self.block {
            Block::Once | Block::Locked(_) | Block::Try { .. } | Block::Retry { .. } => Next::Over,
            Block::Repeat { iteration, until, pause, .. } => {
                if matches!(until, Until::Times(times) if *iteration >= *times) {
                    return Next::Over;
                }
                *iteration += 1;
                actor.locals.iteration = Some(*iteration);
                actor.owe(*pause);
                match until {
                    Until::Times(_) => Next::Anew,
                    Until::During(_) => Next::AnewUnlessLate,
                }
            }
            Block::Sections { last, pause, .. } => {
                let section = actor.locals.section.unwrap_or(*last);
                if section >= *last {
                    return Next::Over;
                }
                actor.locals.section = Some(section + 1);
                actor.owe(*pause);
                Next::Anew
            }
        }
    }

    /// Whether the block's deadline has come.
    pub(super) fn is_late(&self, actor: &Actor) -> bool {
        matches!(self.block, Block::Repeat { deadline, .. } if actor.is_late(deadline))
    }

    /// Whether the actor parked nowhere since the list was begun. It has to before the list is
    /// begun anew, so that the trial's budget bounds every loop.
    pub(super) fn is_idle(&self, actor: &Actor) -> bool {
        self.parks == actor.parks
    }

    /// Begins the list anew.
    pub(super) fn begin_anew(&mut self, actor: &Actor) {
        self.parks = actor.parks;
        self.next = 0;
    }

    /// Leaves the block: what it changed is as it was outside.
    pub(super) fn close(self, actor: &mut Actor) {
        match self.block {
            Block::Repeat { until, deadline, outer, .. } => {
                actor.locals.iteration = outer;
                if matches!(until, Until::During(_)) {
                    actor.leave(deadline);
                }
            }
            Block::Sections { outer, .. } => actor.locals.section = outer,
            Block::Once | Block::Locked(_) | Block::Try { .. } | Block::Retry { .. } => {}
        }
    }
}

/// What catches something that was thrown.
pub(super) enum Catch<'a> {
    /// Nothing.
    Nobody,
    /// Nothing yet: this block has to give back its lock first.
    Locked(Frame<'a>),
    /// A block that does something else now.
    Otherwise,
    /// A block that is going to begin anew: it is the innermost one now.
    Again,
}

/// Unwinds to the block that catches `cause`.
pub(super) fn catch<'a>(actor: &mut Actor, frames: &mut Vec<Frame<'a>>, cause: Cause) -> Catch<'a> {
    while let Some(mut frame) = frames.pop() {
        match &mut frame.block {
            Block::Retry { on, left, wait } if on.has(cause) && *left > 0 => {
                *left -= 1;
                actor.owe(*wait);
                frames.push(frame);
                return Catch::Again;
            }
            Block::Try { on, otherwise } if on.has(cause) => {
                frames.push(Frame::once(actor, otherwise));
                return Catch::Otherwise;
            }
            Block::Locked(_) => return Catch::Locked(frame),
            _ => frame.close(actor),
        }
    }
    Catch::Nobody
}
