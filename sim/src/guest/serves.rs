//! What services do in the world: they handle requests, and start, answer and tell.

use super::data::Data;
use super::place::{Told, Wait};
use super::quiet::quietly;
use super::service::{AnyService, Caller, Hosted, Order, Work};
use super::trial::Found;
use super::words::{DRAWN, FIRES, REPLY_LOST, RETURNS};
use super::world::{Agenda, What, World, is_lost, key, next};
use crate::agenda::{Call, Fired, Name, Owner, Seat};

impl World {
    pub(super) fn arrive(
        &mut self,
        agenda: &mut Agenda,
        call: Call,
        from: Option<(Seat, Wait)>,
        to: usize,
        request: Box<dyn Data>,
    ) -> Fired<Told> {
        let is_logged = self.log.is_some();
        let asked = is_logged.then(|| self.services[to].service.shown(&*request));
        let caller = from.map(|(seat, wait)| Caller { seat: seat.0, wait });
        let handled =
            self.serve(agenda, (to, call), caller, |service, work| service.handle(request, work));
        let (reply, orders) = handled.unwrap_or_default();
        if let Some(asked) = asked {
            let text = match (&reply, from) {
                (Some(reply), Some(_)) => {
                    format!("{asked} -> {}", self.services[to].service.shown_reply(&**reply))
                }
                (None, Some(_)) => format!("{asked} (is not answered yet)"),
                (_, None) => format!("{asked} is delivered"),
            };
            let who = self.who(&call).to_owned();
            self.log(agenda, &who, || text);
        }
        if let (Some(caller), None) = (caller, &reply) {
            self.owed.push((caller, call));
        }
        self.carry_out(agenda, (to, call), orders);
        let (Some(reply), Some((seat, wait))) = (reply, from) else { return Fired::Nobody };
        let Hosted { reply: window, loses_replies, .. } = self.services[to];
        if is_lost(call, REPLY_LOST, loses_replies, agenda) {
            self.log_of(agenda, seat, || "the reply is lost".to_owned());
            return Fired::Nobody;
        }
        if window.is_now() {
            return self.wake(seat, wait, reply);
        }
        let name = Name::new(call, RETURNS);
        let place = &mut self.places[seat.0];
        // Only the actor can see when the reply arrives, unless something else can come in between.
        // So it is told now, and what it does next waits for that long.
        if place.waits.len() == 1 && place.awaits(wait) && place.dies.is_none() {
            place.debt.push((name, window));
            return self.wake(seat, wait, reply);
        }
        agenda.start(name, window, Owner::Link, [None; 2], What::Returns(seat, wait, reply));
        Fired::Nobody
    }

    /// Lets a service work, in the name of a call. Returns none if it panics.
    pub(super) fn serve<T>(
        &mut self,
        agenda: &mut Agenda,
        (index, call): (usize, Call),
        caller: Option<Caller>,
        act: impl FnOnce(&mut dyn AnyService, Work<'_>) -> T,
    ) -> Option<T> {
        let World { services, parts, .. } = self;
        let mut chance =
            |weights: &[u32]| agenda.fate(Name::new(call, DRAWN).part(next(parts, &call)), weights);
        let work = Work { caller, chance: &mut chance, orders: Vec::new() };
        let service = &mut services[index];
        match quietly(|| act(&mut *service.service, work)) {
            Ok(done) => Some(done),
            Err(message) => {
                let why = format!("`{}` panics: {message}", service.name);
                self.found.push(Found { property: "no-panic".to_owned(), why });
                None
            }
        }
    }

    /// Does what a service wants done, in the name of a call.
    pub(super) fn carry_out(
        &mut self,
        agenda: &mut Agenda,
        (index, call): (usize, Call),
        orders: Vec<Order>,
    ) {
        for order in orders {
            match order {
                Order::Start(window, due) => {
                    let name = Name::new(call, FIRES).part(next(&mut self.parts, &call));
                    let what = What::Due { of: index, due };
                    agenda.start(name, window, Owner::Service, [Some(key(index, 0)), None], what);
                }
                Order::Cancel(is_moot) => agenda.cancel(|what| match what {
                    What::Due { of, due } => *of == index && is_moot(&**due),
                    What::Start(_)
                    | What::Wake(..)
                    | What::Chance(..)
                    | What::Arrives { .. }
                    | What::Returns(..)
                    | What::Goes(_)
                    | What::Dies(_) => false,
                }),
                Order::Answer(caller, reply) => self.answer(agenda, index, caller, reply),
                Order::Tell(fact) => {
                    let who = self.services[index].name.clone();
                    self.log(agenda, &who, || format!("{fact:?}"));
                    self.facts.add(who, fact);
                }
            }
        }
    }

    /// Sends the answer of a service to a caller that has waited.
    fn answer(&mut self, agenda: &mut Agenda, index: usize, caller: Caller, reply: Box<dyn Data>) {
        let Some(at) = self.owed.iter().position(|(known, _)| *known == caller) else {
            let (who, service) = (&self.places[caller.seat].name, &self.services[index].name);
            self.misuse(format!(
                "service `{service}` answers a call of `{who}` twice; forget each `Caller` once it \
                 is answered"
            ));
            return;
        };
        let (_, call) = self.owed.swap_remove(at);
        let (seat, wait) = (Seat(caller.seat), caller.wait);
        let Hosted { reply: window, loses_replies, .. } = self.services[index];
        if self.places[seat.0].awaits(wait) && !is_lost(call, REPLY_LOST, loses_replies, agenda) {
            let what = What::Returns(seat, wait, reply);
            agenda.start(Name::new(call, RETURNS), window, Owner::Link, [None; 2], what);
        }
    }
}
