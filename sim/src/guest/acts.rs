//! What actors do in the world: they begin what they wait for, go on, end, and die.

use smallvec::SmallVec;

use super::data::{Data, digest_of};
use super::place::{Ask, Doing, Over, Told, Wait, Wants};
use super::trial::Found;
use super::words::{ARRIVES, DELIVERED, DIES, ENDS, LIFE, REQUEST_LOST, STARTS};
use super::world::{Agenda, What, World, is_lost, key};
use crate::agenda::{Fired, Name, Owner, Part, Seat, Window, mix};

impl World {
    /// Does what an actor wants, now that it is parked. What it still has to wait for comes first.
    /// Returns what it is told right away if all it wants is to sleep: see [`Place::debt`].
    pub(super) fn apply(&mut self, seat: Seat, wants: Wants, agenda: &mut Agenda) -> Option<Told> {
        let place = &mut self.places[seat.0];
        if wants.over.is_none() && wants.asks.is_empty() && place.waits.is_empty() {
            let name = place.name.clone();
            self.misuse(format!(
                "actor `{name}` waits for something that the simulation does not know, such as a \
                 channel, a timer or a task of another runtime; let it await only what `Me` offers"
            ));
            return None;
        }
        let is_alone = wants.is_one_ask() && place.waits.is_empty();
        let has_slept = place.debt.iter().any(|(name, _)| name.phase == ENDS.word.number);
        if let [(wait, Ask::Sleep { word, window })] = &wants.asks[..]
            && is_alone
            && !has_slept
            && place.dies.is_none()
        {
            let action = self.words.symbol(word);
            place.debt.push((Name::new(agenda.call(seat, action), ENDS), *window));
            place.told = digest_of(&(), mix(place.told, (*wait).into()));
            return Some(Told::Reply(*wait, Box::new(())));
        }
        let debt = std::mem::take(&mut place.debt);
        let Some((last, _)) = debt.last() else {
            self.release(seat, wants, agenda);
            return None;
        };
        let part = |(name, window): &(Name, Window)| Part { key: name.key(), window: *window };
        let folded: Vec<Part> = debt.iter().map(part).collect();
        if is_alone {
            let (wait, ask) = wants.asks.into_iter().next().expect("invariant: it is one ask");
            self.begin(seat, wait, ask, &folded, agenda);
        } else {
            place.held = Some(wants);
            agenda.start_after(*last, &folded, Owner::Actor(seat), [None; 2], What::Goes(seat));
        }
        None
    }

    /// Does what an actor wants.
    pub(super) fn release(&mut self, seat: Seat, wants: Wants, agenda: &mut Agenda) {
        for fact in wants.facts {
            self.log_of(agenda, seat, || format!("{fact:?}"));
            let name = self.places[seat.0].name.clone();
            self.facts.add(name, fact);
        }
        for wait in wants.dropped {
            self.places[seat.0].waits.retain(|(known, _)| *known != wait);
            agenda.cancel(|what| match what {
                What::Wake(of, known) | What::Chance(of, known, _) => (*of, *known) == (seat, wait),
                What::Start(_)
                | What::Arrives { .. }
                | What::Returns(..)
                | What::Goes(_)
                | What::Due { .. }
                | What::Dies(_) => false,
            });
        }
        for (wait, ask) in wants.asks {
            self.begin(seat, wait, ask, &[], agenda);
        }
        if let Some(over) = wants.over {
            self.end(seat, over, agenda);
        }
    }

    /// Lets an actor end.
    fn end(&mut self, seat: Seat, over: Over, agenda: &Agenda) {
        let place = &mut self.places[seat.0];
        place.is_over = true;
        let name = place.name.clone();
        let (property, why) = match over {
            Over::Done => {
                self.log(agenda, &name, || "is done".to_owned());
                return;
            }
            Over::Failed(error) => ("every-actor-succeeds", format!("`{name}` fails: {error}")),
            Over::Panicked(message) => ("no-panic", format!("`{name}` panics: {message}")),
        };
        self.log(agenda, &name, || why.clone());
        self.found.push(Found { property: property.to_owned(), why });
    }

    /// Begins what an actor waits for. `folded` are the waits that come before it.
    fn begin(&mut self, seat: Seat, wait: Wait, ask: Ask, folded: &[Part], agenda: &mut Agenda) {
        let start = |agenda: &mut Agenda, name: Name, window, owner, keys, what| {
            let own = Part { key: name.key(), window };
            let parts: SmallVec<[Part; 3]> = folded.iter().copied().chain([own]).collect();
            agenda.start_after(name, &parts, owner, keys, what);
        };
        let mut doing = |word: &str, to: Option<usize>, agenda: &mut Agenda| {
            let action = self.words.symbol(word);
            let call = agenda.call(seat, action);
            (call, Doing { action, nth: call.nth, to })
        };
        match ask {
            Ask::Call { to, part, word, request, is_awaited } => {
                let (call, doing) = doing(&word, Some(to), agenda);
                let (window, loses) = (self.services[to].request, self.services[to].loses_requests);
                let keys = [Some(key(to, part)), None];
                let from = is_awaited.then_some((seat, wait));
                if is_awaited {
                    self.places[seat.0].waits.push((wait, doing));
                }
                let phase = if is_awaited { ARRIVES } else { DELIVERED };
                if is_lost(call, REQUEST_LOST, loses, agenda) {
                    self.log_of(agenda, seat, || format!("{request:?} is lost"));
                    return;
                }
                let what = What::Arrives { from, to, request };
                start(agenda, Name::new(call, phase), window, Owner::Link, keys, what);
            }
            Ask::Sleep { word, window } => {
                let (call, doing) = doing(word, None, agenda);
                self.places[seat.0].waits.push((wait, doing));
                let owner = Owner::Actor(seat);
                let what = What::Wake(seat, wait);
                start(agenda, Name::new(call, ENDS), window, owner, [None; 2], what);
            }
            Ask::Chance { word, weights } => {
                let (call, doing) = doing(&word, None, agenda);
                self.places[seat.0].waits.push((wait, doing));
                let owner = Owner::Actor(seat);
                let what = What::Chance(seat, wait, weights);
                start(agenda, Name::new(call, ENDS), Window::NOW, owner, [None; 2], what);
            }
        }
    }

    /// Tells an actor that what it waits for has come, if it still waits for it.
    pub(super) fn wake(&mut self, seat: Seat, wait: Wait, reply: Box<dyn Data>) -> Fired<Told> {
        let place = &mut self.places[seat.0];
        let Some(at) = place.waits.iter().position(|(known, _)| *known == wait) else {
            return Fired::Nobody;
        };
        place.waits.remove(at);
        place.told = digest_of(&*reply, mix(place.told, wait.into()));
        Fired::Wakes(seat, Told::Reply(wait, reply))
    }

    pub(super) fn die(&mut self, seat: Seat, agenda: &mut Agenda) -> Fired<Told> {
        let place = &mut self.places[seat.0];
        if !place.is_waiting() {
            return Fired::Nobody;
        }
        place.is_dead = true;
        place.waits.clear();
        place.held = None;
        place.debt.clear();
        place.told = mix(place.told, DIES.word.key());
        let restart = place.dies.and_then(|(_, restart)| restart);
        agenda.kill(seat);
        self.log_of(agenda, seat, || "dies".to_owned());
        if let Some(window) = restart {
            let life = self.words.symbol(LIFE);
            let name = Name::new(agenda.call(seat, life), STARTS);
            agenda.start(name, window, Owner::Service, [None; 2], What::Start(seat));
        }
        Fired::Restarts(seat)
    }
}
