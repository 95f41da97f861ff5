//! The link between actors and the server: how requests and replies travel, and what happens to
//! them on their way.

use std::hash::{Hash, Hasher};

use deadheat_model::api::{ApiError, Request};
use deadheat_model::server::Due;

use super::{Answer, Desk, Faults, Holds, Lost, Message, Server, Told, keys};
use crate::agenda::{Call, Owner, Seat, Span, Window};
use crate::name::Moment;
use crate::scenario::{CallFault, SeenAs};
use crate::stage::{Flaw, Stage};

/// What is on its way.
#[derive(Clone, Debug, Hash)]
pub enum Packet {
    /// A request reaches the server.
    Request(Seat, Message),
    /// A request reaches the server again.
    Again(Message),
    /// A reply, or the news that there will be none, reaches its caller.
    Returns(Seat, Result<Answer, Lost>),
    /// A caller has waited for a reply as long as it is willing to.
    GivesUp(Seat),
    /// An outage of the server is over.
    Heals,
}

/// The link.
#[derive(Clone, Debug, Default, Hash)]
pub struct Link {
    callers: Vec<Caller>,
    /// How many outages there are at the moment.
    outages: u32,
}

#[derive(Clone, Copy, Debug, Default, Hash)]
struct Caller {
    /// The call whose reply it waits for, if replies travel on their own.
    waits_for: Option<Call>,
    /// The call that a flawed server has admitted but not carried out yet.
    admitted: Option<Call>,
}

/// The time between a check of [`Flaw::LooksThenCreates`] and the creation.
const BETWEEN: Window = Window { earliest: Span::ZERO, latest: Span::from_ms(2) };

impl Link {
    /// Resets the link to the beginning of a trial.
    pub fn start(&mut self, seats: usize) {
        self.callers.clear();
        self.callers.resize_with(seats, Caller::default);
        self.outages = 0;
    }

    /// Delivers a request to the server, unless a fault strikes it, and sends the reply. Returns
    /// false if a flawed server has only looked so far.
    pub fn deliver<W: Holds<Packet> + Holds<Due>>(
        &mut self,
        stage: &Stage,
        (seat, call): (Seat, Call),
        message: Message,
        (server, faults): (&mut Server, &mut Faults),
        desk: &mut Desk<'_, W>,
    ) -> bool {
        if stage.flaw == Some(Flaw::LooksThenCreates)
            && self.looks_first(seat, call, &message, server, desk)
        {
            return false;
        }
        let mut latency = stage.scenario.network.latency;
        let answer = match faults.on_call(stage, call, desk) {
            Some(CallFault::LoseRequest(seen_as)) => lost(seen_as),
            Some(CallFault::LoseReply(seen_as)) => {
                let _lost = self.ask(stage, call, &message, (server, faults), desk);
                lost(seen_as)
            }
            Some(CallFault::RateLimit(retry_after)) => {
                let error = ApiError::RateLimited { retry_after };
                Some(Ok(server.refuse(call, &message, error, desk)))
            }
            Some(CallFault::Internal) => {
                Some(Ok(server.refuse(call, &message, ApiError::Internal, desk)))
            }
            Some(CallFault::Overload) => {
                Some(Ok(server.refuse(call, &message, ApiError::Overloaded, desk)))
            }
            Some(CallFault::SlowReply(more)) => {
                let answer = self.ask(stage, call, &message, (server, faults), desk);
                latency = latency + more;
                Some(Ok(answer))
            }
            Some(CallFault::Duplicate) => {
                let answer = self.ask(stage, call, &message, (server, faults), desk);
                let (name, keys) = (call.at(Moment::Repeats), keys(message.request.thread(), None));
                desk.start(name, latency, Owner::Link, keys, Packet::Again(message));
                Some(Ok(answer))
            }
            None => Some(Ok(self.ask(stage, call, &message, (server, faults), desk))),
        };
        if let Some(answer) = answer {
            let packet = Packet::Returns(seat, answer);
            desk.start(call.at(Moment::Returns), latency, Owner::Link, [None; 2], packet);
        }
        true
    }

    /// Delivers the second copy of a request, whose reply no actor waits for.
    pub fn deliver_again<W: Holds<Due>>(
        &self,
        stage: &Stage,
        call: Call,
        message: &Message,
        to: (&mut Server, &mut Faults),
        desk: &mut Desk<'_, W>,
    ) {
        // What this copy starts is not what the first copy has started.
        let _unseen = self.ask(stage, call.again(), message, to, desk);
    }

    /// Starts waiting for this call's reply, for as long as the client is willing to.
    pub fn wait_for<W: Holds<Packet>>(
        &mut self,
        stage: &Stage,
        seat: Seat,
        call: Call,
        desk: &mut Desk<'_, W>,
    ) {
        self.callers[seat.0].waits_for = Some(call);
        let patience = Window::exactly(stage.scenario.client.timeout);
        let (name, what) = (call.at(Moment::TimesOut), Packet::GivesUp(seat));
        desk.start(name, patience, Owner::Actor(seat), [None; 2], what);
    }

    /// Returns what the caller is told if it is still waiting for this reply.
    pub fn returns<W: Holds<Packet>>(
        &mut self,
        seat: Seat,
        call: Call,
        answer: Result<Answer, Lost>,
        desk: &mut Desk<'_, W>,
    ) -> Option<Told> {
        self.callers[seat.0].waits_for.take_if(|awaited| *awaited == call)?;
        desk.cancel(|packet| matches!(packet, Packet::GivesUp(of) if *of == seat));
        Some(answer.map_or(Told::Lost, Told::Answer))
    }

    /// Returns what a caller that gives up is told.
    pub fn gives_up(&mut self, seat: Seat) -> Told {
        self.callers[seat.0].waits_for = None;
        Told::Lost
    }

    /// Forgets the calls of a process that has died.
    pub fn forget(&mut self, seat: Seat) {
        self.callers[seat.0] = Caller::default();
    }

    /// Begins an outage, during which the server answers everything with 503.
    pub fn breaks<W: Holds<Packet>>(&mut self, call: Call, time: Window, desk: &mut Desk<'_, W>) {
        self.outages += 1;
        desk.start(call.at(Moment::Heals), time, Owner::Service, [None; 2], Packet::Heals);
    }

    /// Ends an outage.
    pub fn heals(&mut self) {
        self.outages -= 1;
    }

    /// Returns whether the caller on this seat waits for the reply to this call.
    pub fn is_awaited(&self, seat: Seat, call: Call) -> bool {
        self.callers[seat.0].waits_for == Some(call)
    }

    /// Hashes what can still be read, except for what concerns one caller.
    pub fn digest<H: Hasher>(&self, hasher: &mut H) {
        self.outages.hash(hasher);
    }

    /// Hashes what the caller on this seat can still read. The names of calls are not a part of it.
    pub fn digest_of<H: Hasher>(&self, seat: usize, hasher: &mut H) {
        let Caller { waits_for, admitted } = self.callers[seat];
        (waits_for.is_some(), admitted.is_some()).hash(hasher);
    }

    /// Asks the server, if it is there.
    fn ask<W: Holds<Due>>(
        &self,
        stage: &Stage,
        call: Call,
        message: &Message,
        (server, faults): (&mut Server, &mut Faults),
        desk: &mut Desk<'_, W>,
    ) -> Answer {
        if self.outages > 0 {
            server.refuse(call, message, ApiError::Overloaded, desk)
        } else {
            server.handle(stage, call, message, faults, desk)
        }
    }

    /// Returns whether a flawed server has only checked, and carries out the request later. A run
    /// that is active by then was not there when the server checked.
    fn looks_first<W: Holds<Packet>>(
        &mut self,
        seat: Seat,
        call: Call,
        message: &Message,
        server: &mut Server,
        desk: &mut Desk<'_, W>,
    ) -> bool {
        let Request::CreateRun { thread, .. } = message.request else { return false };
        let (active, admitted) = (server.active_run(thread), &mut self.callers[seat.0].admitted);
        if admitted.take() == Some(call) {
            if let Some(run) = active {
                server.free(run);
            }
            return false;
        }
        if active.is_some() {
            return false;
        }
        *admitted = Some(call);
        let (name, keys) = (call.at(Moment::Begins), keys(Some(thread), None));
        let what = Packet::Request(seat, message.clone());
        desk.start(name, BETWEEN, Owner::Service, keys, what);
        true
    }
}

/// Returns what a client learns of a reply that is lost: nothing before its timeout, unless the
/// connection is reset.
fn lost(seen_as: SeenAs) -> Option<Result<Answer, Lost>> {
    (seen_as == SeenAs::Reset).then_some(Err(Lost))
}
