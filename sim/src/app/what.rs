//! What occurrences do, and what an actor receives when its occurrence fires.

use deadheat_model::history::Ending;
use deadheat_model::id::{DocumentId, KindId, LockName};
use deadheat_model::server::Due;

use crate::agenda::{self, Seat, Span};
use crate::scenario::Release;
use crate::services::{Chance, Expiry, Holds, LockAsk, Packet, Query, Supply, Token, Told, Wanted};

pub(super) type Agenda = agenda::Agenda<What>;

/// What an occurrence does.
#[derive(Clone, Debug, Hash)]
pub enum What {
    /// A user or a process begins.
    Start(Seat),
    /// A wait is over. Its deadline is counted from now if it has a bound.
    Begin(Seat, Option<(Span, Depth)>),
    /// A bounded wait has reached its bound.
    Deadline(Seat, Depth),
    /// A bounded wait is so near its bound that a look may be answered after it. This occurs only
    /// in a search.
    Near(Seat, Depth),
    /// An actor that polls looks again. This occurs only in a search.
    Look(Seat),
    /// A user's click reaches the application.
    Click(Seat, Wanted),
    /// Something that was asked for a while ago is something new when it is asked for again.
    IntentOver(Seat, KindId, DocumentId),
    /// The user's next click counts again.
    Unmute(Seat),
    /// A job reaches the queue.
    Dispatch(Seat, Wanted),
    /// A query reaches the database.
    Query(Seat, Query),
    /// An actor asks for a lock.
    Lock(Seat, LockAsk),
    /// An actor releases a lock.
    Unlock(Seat, LockName, Token, Release),
    /// An actor ends.
    End(Seat, Ending),
    /// A job has lasted too long.
    JobTimesOut(Seat),
    /// A new worker takes the place of a dead one.
    Restart(Seat),
    /// A paused process continues.
    Resume(Seat),
    /// Something reaches its end of the link.
    Link(Packet),
    /// Something that the server has started is due.
    Server(Due),
    /// The queue hands a job out.
    Queue(Supply),
    /// A lock's time is over.
    Locks(Expiry),
    /// A fault can strike from now on, or cannot any more, or strikes.
    Faults(Chance),
}

impl Holds<Packet> for What {
    fn hold(packet: Packet) -> What {
        What::Link(packet)
    }

    fn held(&self) -> Option<&Packet> {
        if let What::Link(packet) = self { Some(packet) } else { None }
    }
}

impl Holds<Due> for What {
    fn hold(due: Due) -> What {
        What::Server(due)
    }

    fn held(&self) -> Option<&Due> {
        if let What::Server(due) = self { Some(due) } else { None }
    }
}

impl Holds<Supply> for What {
    fn hold(supply: Supply) -> What {
        What::Queue(supply)
    }

    fn held(&self) -> Option<&Supply> {
        if let What::Queue(supply) = self { Some(supply) } else { None }
    }
}

impl Holds<Expiry> for What {
    fn hold(expiry: Expiry) -> What {
        What::Locks(expiry)
    }

    fn held(&self) -> Option<&Expiry> {
        if let What::Locks(expiry) = self { Some(expiry) } else { None }
    }
}

impl Holds<Chance> for What {
    fn hold(chance: Chance) -> What {
        What::Faults(chance)
    }

    fn held(&self) -> Option<&Chance> {
        if let What::Faults(chance) = self { Some(chance) } else { None }
    }
}

/// How many bounded waits an actor was in when it began this one.
pub(super) type Depth = u8;

/// What an actor receives when its occurrence fires, and which of its bounded waits have reached
/// their bound by then, as one bit per depth.
#[derive(Debug)]
pub struct Reply {
    pub(super) told: Told,
    pub(super) late: u32,
    /// The key of the call that it answers.
    pub(super) call: u64,
}
