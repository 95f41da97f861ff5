//! Setting a trial up: services, actors and properties.

use std::ops::RangeInclusive;
use std::rc::Rc;

use super::actor::{Acting, Body, Ends};
use super::history::{Property, Sort, State};
use super::me::Me;
use super::place::Place;
use super::service::{Hosted, Kept, Port, Service};
use crate::agenda::{Span, Window, key_of};

/// Returns a span of this many microseconds.
pub const fn micros(us: u64) -> Span {
    Span::from_us(us)
}

/// Returns a span of this many milliseconds.
pub const fn millis(ms: u64) -> Span {
    Span::from_ms(ms)
}

/// Returns a span of this many seconds.
pub const fn secs(secs: u64) -> Span {
    Span::from_secs(secs)
}

/// An actor starts within this window, and a request arrives within it, unless said otherwise.
/// Every order is possible then.
const ANY_ORDER: RangeInclusive<Span> = Span::ZERO..=Span::from_ms(10);

/// A trial that is being set up.
///
/// The function that is given to [`check`](super::check()) sets up one trial with this, and is
/// called for each. It must do the same every time.
#[derive(Default)]
pub struct Sim {
    pub(super) services: Vec<Hosted>,
    pub(super) places: Vec<Place>,
    pub(super) actors: Vec<Acting>,
    pub(super) properties: Vec<Property>,
    roles: Vec<String>,
}

impl Sim {
    /// Adds a service. A request takes up to 10 ms to arrive, and a reply no time to
    /// return, unless [`Sim::latency`] says otherwise.
    pub fn service<S: Service>(&mut self, name: &str, service: S) -> Port<S> {
        self.services.push(Hosted {
            name: name.to_owned(),
            service: Box::new(Kept(service)),
            request: ANY_ORDER.into(),
            reply: Window::NOW,
            loses_requests: 0,
            loses_replies: 0,
        });
        Port::new(self.services.len() - 1)
    }

    /// Sets how long each request to a service takes to arrive, and each reply to return.
    pub fn latency<S: Service>(&mut self, port: Port<S>, window: impl Into<Window>) {
        let window = window.into();
        let hosted = &mut self.services[port.index];
        (hosted.request, hosted.reply) = (window, window);
    }

    /// Lets one in this many requests to a service be lost. 0 is none.
    pub fn lose_requests<S: Service>(&mut self, port: Port<S>, once_in: u32) {
        self.services[port.index].loses_requests = once_in;
    }

    /// Lets one in this many replies of a service be lost. 0 is none.
    pub fn lose_replies<S: Service>(&mut self, port: Port<S>, once_in: u32) {
        self.services[port.index].loses_replies = once_in;
    }

    /// Adds an actor. Its name is a text, or a role and a number: `("worker", 2)` is `worker-2`.
    ///
    /// # Panics
    /// If there is an actor of this name.
    #[track_caller]
    pub fn actor(&mut self, name: impl Into<ActorName>) -> Actor<'_> {
        let ActorName { name, role } = name.into();
        assert!(
            self.places.iter().all(|place| place.name != name),
            "there are two actors called `{name}`; give each a name of its own, such as \
             `sim.actor((\"{name}\", 1))`"
        );
        let kind = self.roles.iter().position(|known| *known == role).unwrap_or_else(|| {
            self.roles.push(role);
            self.roles.len() - 1
        });
        let place = Place::new(name, kind as u16, ANY_ORDER.into());
        Actor { sim: self, place }
    }

    /// Adds a property that holds in every state of every trial. Its name says what holds.
    pub fn always(&mut self, name: &str, holds: impl Fn(&State<'_>) -> bool + Send + 'static) {
        self.property(name, Sort::Always, holds);
    }

    /// Adds a property that holds at the end of every trial.
    pub fn finally(&mut self, name: &str, holds: impl Fn(&State<'_>) -> bool + Send + 'static) {
        self.property(name, Sort::Finally, holds);
    }

    /// Adds a state that some trial has to reach. A check in which none does has not looked where
    /// it was meant to, and says so.
    pub fn sometimes(&mut self, name: &str, holds: impl Fn(&State<'_>) -> bool + Send + 'static) {
        self.property(name, Sort::Sometimes, holds);
    }

    fn property(
        &mut self,
        name: &str,
        sort: Sort,
        is_so: impl Fn(&State<'_>) -> bool + Send + 'static,
    ) {
        let (name, is_so) = (name.to_owned(), Box::new(is_so));
        self.properties.push(Property { name, sort, is_so, is_decided: false });
    }
}

/// The name of an actor, and the role that it shares with others of its kind.
pub struct ActorName {
    name: String,
    role: String,
}

impl From<&str> for ActorName {
    fn from(name: &str) -> ActorName {
        ActorName { name: name.to_owned(), role: name.to_owned() }
    }
}

impl From<String> for ActorName {
    fn from(name: String) -> ActorName {
        ActorName { role: name.clone(), name }
    }
}

impl<N: Into<u64>> From<(&str, N)> for ActorName {
    fn from((role, number): (&str, N)) -> ActorName {
        ActorName { name: format!("{role}-{}", number.into()), role: role.to_owned() }
    }
}

/// An actor that is being set up. It is there once [`Actor::run`] says what it does.
#[must_use = "an actor does nothing until `run` says what it does"]
pub struct Actor<'a> {
    sim: &'a mut Sim,
    place: Place,
}

impl Actor<'_> {
    /// Sets when it starts, counted from the beginning of the trial. Otherwise, it starts within
    /// the first 10 ms.
    pub fn starts(mut self, window: impl Into<Window>) -> Self {
        self.place.start = window.into();
        self
    }

    /// Lets it die at some moment within the window, unless it has ended by then. What it has sent
    /// is still on its way.
    pub fn dies(mut self, window: impl Into<Window>) -> Self {
        self.place.dies = Some((window.into(), None));
        self
    }

    /// Lets it die at some moment within the window, and start again from its beginning this long
    /// after that.
    pub fn restarts(mut self, dies: impl Into<Window>, after: impl Into<Window>) -> Self {
        self.place.dies = Some((dies.into(), Some(after.into())));
        self
    }

    /// Says what it does, as an async function of itself. One that goes on forever says that it
    /// returns nothing: `async move |me| -> () { loop { … } }`.
    pub fn run<F, R>(self, does: F)
    where
        F: AsyncFn(Me) -> R + 'static,
        R: Ends,
    {
        let does = Rc::new(does);
        let body: Body = Rc::new(move |me| {
            let does = does.clone();
            Box::pin(async move { does(me).await.ends() })
        });
        let Actor { sim, place } = self;
        sim.actors.push(Acting::new(&place.name, body));
        sim.places.push(place);
    }
}

impl Place {
    fn new(name: String, kind: u16, start: Window) -> Place {
        Place {
            key: key_of(&name),
            name,
            kind,
            start,
            dies: None,
            waits: Vec::new(),
            told: 0,
            debt: Vec::new(),
            held: None,
            has_started: false,
            is_over: false,
            is_dead: false,
        }
    }
}
