//! Blocks: the lists that an actor is in, what happens at the end of each, and how they are left.

use deadheat_model::history::{Ending, Operation};

use super::state::{Block, Frame};
use super::{At, Flow, Leave, Machine, Stage};
use crate::scenario::Until;
use crate::stage::ListId;

impl Machine {
    pub(super) fn push(&mut self, list: ListId, block: Block) {
        self.frames.push(Frame { list, next: 0, block, has_parked: false });
    }

    /// Starts the innermost list again, or leaves its block.
    pub(super) fn end_of_list(&mut self, stage: &Stage) -> Flow {
        let Some(Frame { block, .. }) = self.frames.last_mut() else {
            unreachable!("invariant: a list that ends was begun")
        };
        let (pause, has_deadline) = match block {
            Block::Repeat { iteration, until, pause, .. } => {
                if matches!(until, Until::Times(times) if *iteration >= *times) {
                    return self.close(stage);
                }
                *iteration += 1;
                self.locals.iteration = Some(*iteration);
                (*pause, matches!(until, Until::During(_)))
            }
            Block::Sections { last, pause, .. } => {
                let section = self.locals.section.unwrap_or(*last);
                if section >= *last {
                    return self.close(stage);
                }
                self.locals.section = Some(section + 1);
                (*pause, false)
            }
            Block::Once | Block::Locked(_) | Block::Try { .. } | Block::Retry { .. } => {
                return self.close(stage);
            }
        };
        self.owe(pause);
        self.start_again(stage, has_deadline)
    }

    /// Starts the innermost list again, after what has to be waited out.
    fn start_again(&mut self, stage: &Stage, has_deadline: bool) -> Flow {
        let has_parked = self.frames.last().is_some_and(|frame| frame.has_parked);
        if has_deadline || !has_parked {
            self.at = At::Anew { has_deadline };
            return self.begin(Operation::Repeat, None);
        }
        self.anew(stage, false)
    }

    /// Starts the innermost list again now, unless its block's deadline has come.
    pub(super) fn anew(&mut self, stage: &Stage, has_deadline: bool) -> Flow {
        let Some(Frame { block, .. }) = self.frames.last() else {
            unreachable!("invariant: a list that starts again was begun")
        };
        if has_deadline
            && matches!(*block, Block::Repeat { deadline, .. } if self.is_late(deadline))
        {
            return self.close(stage);
        }
        if let Some(frame) = self.frames.last_mut() {
            (frame.next, frame.has_parked) = (0, false);
        }
        Flow::On
    }

    /// Leaves the innermost block. What the block changed has its value outside again, and its lock
    /// is released.
    fn close(&mut self, stage: &Stage) -> Flow {
        let Some(frame) = self.frames.pop() else {
            unreachable!("invariant: a block that is left was entered")
        };
        match frame.block {
            Block::Repeat { until, deadline, outer, .. } => {
                self.locals.iteration = outer;
                if matches!(until, Until::During(_)) {
                    self.leave(deadline);
                }
            }
            Block::Sections { outer, .. } => self.locals.section = outer,
            Block::Locked(held) => return self.unlock(stage, held),
            Block::Once | Block::Try { .. } | Block::Retry { .. } => {}
        }
        Flow::On
    }

    /// Leaves the innermost block, unless it catches what was thrown. The actor ends if it is in no
    /// block.
    pub(super) fn unwind(&mut self, stage: &Stage) -> Flow {
        let Some(frame) = self.frames.last_mut() else {
            return self.end(match self.leaving {
                Some(Leave::Thrown(cause)) => Ending::Failed { cause, last: true },
                Some(Leave::Stop) | None => Ending::Done,
            });
        };
        let Some(Leave::Thrown(cause)) = self.leaving else { return self.close(stage) };
        match &mut frame.block {
            Block::Retry { on, left, wait } if on.has(cause) && *left > 0 => {
                *left -= 1;
                let wait = *wait;
                self.leaving = None;
                self.owe(wait);
                self.start_again(stage, false)
            }
            Block::Try { on, otherwise } if on.has(cause) => {
                let otherwise = *otherwise;
                self.leaving = None;
                self.frames.pop();
                self.push(otherwise, Block::Once);
                Flow::On
            }
            Block::Once
            | Block::Repeat { .. }
            | Block::Sections { .. }
            | Block::Locked(_)
            | Block::Try { .. }
            | Block::Retry { .. } => self.close(stage),
        }
    }
}
