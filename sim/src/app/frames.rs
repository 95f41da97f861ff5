//! Frames: the blocks that an actor is in, innermost last. A frame is only bookkeeping. The actor
//! that performs the actions does the waiting.

use deadheat_model::history::Cause;

use super::actor::{Actor, Held};
use super::world::Depth;
use crate::agenda::{Span, Window};
use crate::scenario::{Action, Causes, Until};

/// A list that is being performed, with its progress and what happens at its end.
pub(super) struct Frame<'a> {
    list: &'a [Action],
    next: usize,
    block: Block<'a>,
    /// How often the actor had parked when the list began.
    parks: u64,
}

enum Block<'a> {
    /// Nothing more happens.
    Once,
    /// The list starts again.
    Repeat { iteration: u32, until: Until, pause: Window, deadline: Depth, outer: Option<u32> },
    /// The list starts again with the next section.
    Sections { last: u16, pause: Window, outer: Option<u16> },
    /// The block releases a lock.
    Locked(Held),
    /// The block catches what is thrown in it.
    Try { on: Causes, otherwise: &'a [Action] },
    /// The block catches what is thrown in it, and its list starts again.
    Retry { on: Causes, left: u32, wait: Window },
}

/// What comes after the last action of a block's list.
pub(super) enum Next {
    /// The block is over.
    Over,
    /// The list starts again.
    Anew,
    /// What is owed must be waited out. The list then starts again, unless the block's deadline has
    /// come.
    AnewUnlessLate,
}

impl<'a> Frame<'a> {
    /// Returns the frame of a list that is performed once.
    pub(super) fn once(actor: &Actor, list: &'a [Action]) -> Frame<'a> {
        Frame { list, next: 0, block: Block::Once, parks: actor.parks }
    }

    /// Returns the frame of a list that is performed while a lock is held.
    pub(super) fn locked(actor: &Actor, list: &'a [Action], held: Held) -> Frame<'a> {
        Frame { list, next: 0, block: Block::Locked(held), parks: actor.parks }
    }

    /// Returns the lock that is to be released.
    pub(super) fn held(&self) -> Option<Held> {
        match self.block {
            Block::Locked(held) => Some(held),
            _ => None,
        }
    }

    /// Enters a block. Returns none if the action is not a block, or takes time to enter.
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

    /// Returns how long the block may last, if that is bounded.
    pub(super) fn bound(&self) -> Option<Span> {
        match self.block {
            Block::Repeat { until: Until::During(bound), .. } => Some(bound),
            _ => None,
        }
    }

    /// Sets the deadline of the block's bound.
    pub(super) fn set_deadline(&mut self, depth: Depth) {
        if let Block::Repeat { deadline, .. } = &mut self.block {
            *deadline = depth;
        }
    }

    /// Returns the next action of the list, if the list is not at its end.
    pub(super) fn next(&mut self) -> Option<&'a Action> {
        let action = self.list.get(self.next)?;
        self.next += 1;
        Some(action)
    }

    /// Returns what comes next at the end of the list.
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

    /// Returns whether the block's deadline has come.
    pub(super) fn is_late(&self, actor: &Actor) -> bool {
        matches!(self.block, Block::Repeat { deadline, .. } if actor.is_late(deadline))
    }

    /// Returns whether the actor has not parked since the list began. It must park before the list
    /// starts again, so that the trial's budget bounds every loop.
    pub(super) fn is_idle(&self, actor: &Actor) -> bool {
        self.parks == actor.parks
    }

    /// Starts the list again.
    pub(super) fn begin_anew(&mut self, actor: &Actor) {
        self.parks = actor.parks;
        self.next = 0;
    }

    /// Leaves the block, and restores what the block changed to its value outside.
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
    /// Nothing yet, because this block must release its lock first.
    Locked(Frame<'a>),
    /// A block that does something else now.
    Otherwise,
    /// A block that is going to start again. It is the innermost one now.
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
