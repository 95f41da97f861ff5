//! An actor as a machine: it is told what it has waited for, and says what it waits for next.
//!
//! Between two occurrences an actor touches nothing but itself. While it waits it is plain data:
//! the blocks that it is in, its locals, and what it is doing. It can be copied and compared.
//!
//! # What folds
//!
//! A wait that no other actor can see folds into the next occurrence. It is *owed*, and becomes a
//! part of the window of what comes next. A wait may fold only under four conditions. It is
//! private. It has one successor, whose content is fixed when the wait begins. Nothing can cancel
//! either in between. Nothing reads the moment of its end. This is decided only here and in
//! [`Stage::unfolds`]:
//!
//! - A sleep, a pause and a back-off end when the next call is sent. The call's content is fixed by
//!   then, and nothing reads the moment. They are waited out if the actor can die meanwhile
//!   (`sends`).
//! - A reply tells the actor what was decided when the request arrived. It is an occurrence
//!   (`returns`) if it can be lost or late, or can come after its caller's patience. It folds
//!   otherwise, except in the following cases.
//! - *Inside a wait with a bound*, the moment of the reply is read, because the bound counts when a
//!   look, or a try for the lock, has been answered. A reply after which the actor goes on waiting
//!   is waited out ([`At::Returns`]), even a local one. A reply that ends the wait may fold,
//!   because nothing asks for the bound after it. Any reply after the bound may fold as well,
//!   because what is late stays late.
//! - `repeat` with a bound waits out everything that is owed before it asks for the bound. So does
//!   everything that begins a wait with a bound ([`At::Anew`], [`At::Bound`]).
//!
//! Each part is drawn by the name that it would have if it did not fold, so a trial is the same
//! whether it folds or not.

mod acts;
mod blocks;
mod calls;
mod labels;
mod state;
mod waits;

use std::hash::{Hash, Hasher};

use deadheat_model::history::{Cause, Ending, Mark, Operation, What as Happened};
use deadheat_model::id::{self, RunId};

use self::state::{Block, Doing, Frame, Out};
use super::ask::{Ask, PAUSE, Parts, Turn};
use super::locals::Locals;
use super::what::{Depth, Reply, What};
use crate::agenda::{self, Seat, Span, Window, mix};
use crate::name::Moment;
use crate::scenario::Local;
use crate::services::{Delivery, Poll, Told};
use crate::stage::{Live, OpId, Part, Stage};

/// An actor on its seat. A worker is one attempt after another.
#[derive(Clone, Debug)]
pub struct Machine {
    seat: Seat,
    me: Option<id::Actor>,
    locals: Locals,
    /// The blocks that it is in, innermost last.
    frames: Vec<Frame>,
    /// What it waits for.
    at: At,
    /// What it does with what it is told next.
    doing: Doing,
    /// The call that is under way.
    out: Option<Out>,
    /// How many bounded waits it is in.
    depth: Depth,
    /// How it polls, if it is polling.
    poll: Option<Poll>,
    /// How it is leaving its blocks, if it is.
    leaving: Option<Leave>,
    /// What it has and needs only until it parks again.
    now: Now,
}

/// What an actor has only between two occurrences.
#[derive(Clone, Debug, Default)]
struct Now {
    /// The key of the call that was answered.
    answered: u64,
    /// Which of its bounded waits have reached their bound, by depth.
    late: u32,
    /// The bounded waits that it has left, by depth.
    left: u32,
    /// The waits that fold into what comes next.
    owed: Parts,
    /// What the history records when it parks.
    note: Option<Happened>,
}

/// What an actor waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    /// Its beginning, or a job.
    Rest,
    /// The beginning of a bounded wait.
    Bound,
    /// The moment at which its innermost list starts again.
    Anew { has_deadline: bool },
    /// The moment at which it sends.
    Sends,
    /// The answer to what it has sent.
    Answer,
    /// The way back of an answer. It compares its bound then.
    Returns,
}

/// How lists are left before their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Leave {
    Thrown(Cause),
    Stop,
}

/// What an actor does next.
enum Flow {
    /// It parks.
    Park(Turn),
    /// It goes on with its list, or with leaving its blocks.
    On,
}

type Flowed = Result<Flow, Leave>;

impl Machine {
    /// Returns the actor that is going to sit on this seat.
    pub fn new(seat: Seat) -> Machine {
        Machine {
            seat,
            me: None,
            locals: Locals::default(),
            frames: Vec::new(),
            at: At::Rest,
            doing: Doing::Nothing,
            out: None,
            depth: 0,
            poll: None,
            leaving: None,
            now: Now::default(),
        }
    }

    /// Forgets everything, for the next trial.
    pub fn clear(&mut self) {
        self.frames.clear();
        let frames = std::mem::take(&mut self.frames);
        *self = Machine { frames, ..Machine::new(self.seat) };
    }

    /// Tells the actor what it has waited for, and returns what it asks for.
    pub fn step(&mut self, stage: &Stage, reply: Reply) -> Ask {
        let Reply { told, late, call } = reply;
        (self.now.late, self.now.answered) = (late, call);
        let mut flow = match self.at {
            At::Rest => Ok(self.start(stage, told)),
            At::Bound => {
                self.depth += 1;
                Ok(self.begin_looking(stage))
            }
            At::Anew { has_deadline } => Ok(self.anew(stage, has_deadline)),
            At::Sends => Ok(self.arrive(stage, true)),
            At::Answer => self.receive(stage, told),
            At::Returns => self.compare(stage),
        };
        loop {
            flow = match flow {
                Ok(Flow::Park(turn)) => return self.park(turn),
                Ok(Flow::On) if self.leaving.is_none() => self.go_on(stage),
                Ok(Flow::On) => Ok(self.unwind(stage)),
                Err(leave) => {
                    self.leaving = Some(leave);
                    Ok(self.unwind(stage))
                }
            };
        }
    }

    fn park(&mut self, turn: Turn) -> Ask {
        for frame in &mut self.frames {
            frame.has_parked = true;
        }
        let Now { left, owed, note, .. } = std::mem::take(&mut self.now);
        Ask { left, note, owed, turn }
    }

    /// Begins in the name of the actor that takes this seat.
    fn start(&mut self, stage: &Stage, told: Told) -> Flow {
        let (me, locals) = match (&stage.parts[self.seat.0], told) {
            (Part::Worker(_), Told::Job(Delivery { job, attempt, document, section })) => {
                let locals = Locals { document: Some(document), section, ..Locals::default() };
                (id::Actor::Attempt(job, attempt), locals)
            }
            (Part::Solo(solo), Told::Go) => {
                let (document, thread) = (solo.document, solo.thread);
                (solo.actor, Locals { document, thread, ..Locals::default() })
            }
            (part, told) => unreachable!("invariant: {part:?} does not begin with {told:?}"),
        };
        (self.me, self.locals) = (Some(me), locals);
        self.push(stage.program.of(me), Block::Once);
        Flow::On
    }

    /// Performs the next action of the innermost list.
    fn go_on(&mut self, stage: &Stage) -> Flowed {
        let Some(frame) = self.frames.last_mut() else { return Ok(self.end(Ending::Done)) };
        match stage.program.op(frame.list, frame.next) {
            Some(op) => {
                frame.next += 1;
                self.perform(stage, op)
            }
            None => Ok(self.end_of_list(stage)),
        }
    }

    /// Ends the actor. A worker then waits for a job, and any other actor waits forever.
    fn end(&mut self, ending: Ending) -> Flow {
        self.leave(0);
        (self.me, self.locals, self.leaving) = (None, Locals::default(), None);
        self.at = At::Rest;
        wait(Operation::Life, Moment::Ends, What::End(self.seat, ending))
    }

    /// Returns the actor in whose name this is done.
    fn me(&self) -> id::Actor {
        self.me.expect("invariant: nothing is done before somebody begins")
    }

    /// Adds a wait of `window` before what comes next.
    fn owe(&mut self, window: Window) {
        if !window.is_now() {
            self.now.owed.push(agenda::Part { key: PAUSE, window });
        }
    }

    /// Adds the way back of the reply to the call that was answered last.
    fn owe_reply(&mut self, way: Window) {
        if !way.is_now() {
            let key = mix(self.now.answered, Moment::Returns.key());
            self.now.owed.push(agenda::Part { key, window: way });
        }
    }

    /// Notes something worth counting.
    fn mark(&mut self, mark: Mark) {
        self.now.note = Some(Happened::Marked(mark));
    }

    /// Begins something that is counted from the end of what is owed.
    fn begin(&mut self, operation: Operation, bound: Option<(Span, Depth)>) -> Flow {
        wait(operation, Moment::Begins, What::Begin(self.seat, bound))
    }

    /// Returns whether a bounded wait had reached its bound when this actor was let through.
    fn is_late(&self, depth: Depth) -> bool {
        self.now.late & (1 << depth) != 0
    }

    /// Leaves a bounded wait, and all waits that were begun in it.
    fn leave(&mut self, depth: Depth) {
        for inner in depth..self.depth {
            self.now.left |= 1 << inner;
        }
        self.depth = depth;
    }
}

/// Waits out what is owed, as an occurrence of its own.
fn wait(operation: Operation, moment: Moment, what: What) -> Flow {
    Flow::Park(Turn::Wait { operation, moment, what })
}

impl Machine {
    /// Hashes everything that the actor will do depends on. What it has only between two
    /// occurrences is empty while it waits.
    pub(super) fn digest<H: Hasher>(&self, stage: &Stage, hasher: &mut H) {
        (self.me, &self.frames, self.at, self.doing, self.depth).hash(hasher);
        (&self.out, self.poll, self.leaving).hash(hasher);
        self.locals.digest(self.live(stage), hasher);
    }

    /// Returns the runs that it can still ask about.
    pub(super) fn refers_to(&self, stage: &Stage) -> impl Iterator<Item = RunId> {
        let is_live = self.live(stage).has(Local::Run);
        let known = self.locals.run.filter(|_| is_live).map(|run| run.id);
        let awaited = match self.doing {
            Doing::Over { run, .. } => Some(run),
            Doing::Nothing
            | Doing::Thread
            | Doing::Message
            | Doing::Run
            | Doing::Reply
            | Doing::Idle { .. }
            | Doing::Cancel(_)
            | Doing::Cancelled
            | Doing::Lock { .. } => None,
        };
        let called = self.out.as_ref().and_then(Out::run);
        known.into_iter().chain(awaited).chain(called)
    }

    /// Returns the action that it performs: its list, and its place there. The action around a list
    /// counts at the list's beginning.
    pub fn performs(&self) -> Option<OpId> {
        let begun = self.frames.iter().rev().find(|frame| frame.next > 0)?;
        Some((begun.list, begun.next - 1))
    }

    /// Returns the locals that it can still read.
    fn live(&self, stage: &Stage) -> Live {
        match self.frames.last() {
            None => Live::default(),
            // It is at the beginning of a list.
            Some(Frame { next: 0, .. }) => Live::ALL,
            Some(frame) => {
                let op = stage.program.op(frame.list, frame.next - 1);
                op.expect("invariant: it was performed").live
            }
        }
    }
}

fn throw(cause: Cause) -> Leave {
    Leave::Thrown(cause)
}
