//! A lane: one trial after another on one OS thread.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use deadheat_model::history::{Cast, End, Event, What};
use deadheat_model::property::{Marks, Properties, Violation, Way};
use deadheat_model::time::Time;

use super::bare::{Bare, Step};
#[cfg(all(madsim, feature = "madsim"))]
use super::nodes;
use super::play::Play;
#[cfg(all(madsim, feature = "madsim"))]
use crate::agenda::Gate;
use crate::agenda::{Agenda, Budget, Observed, Observer, Schedule, Strategy, Supply};
use crate::app::{self, Looking, World};
use crate::services::Clauses;
use crate::stage::Stage;

/// A lane, which plays one trial after another on this OS thread and reuses its memory.
pub struct Lane {
    stage: Arc<Stage>,
    actors: Actors,
    properties: Properties,
    violations: Vec<Violation>,
}

/// The world, and what polls its actors.
enum Actors {
    #[cfg(all(madsim, feature = "madsim"))]
    Madsim(Arc<Gate<World>>),
    Bare(Box<RefCell<Bare>>),
}

/// What polls the actors of a trial. No history depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// madsim: tasks on nodes, which die and restart, and a virtual clock. It hides the operating
    /// system's time and entropy from the actors.
    #[cfg(all(madsim, feature = "madsim"))]
    Madsim,
    /// A loop that calls the actors. It hides nothing, and is about twice as fast.
    Bare,
}

impl Host {
    /// Every host, the default one first.
    pub const ALL: &[Host] = &[
        #[cfg(all(madsim, feature = "madsim"))]
        Host::Madsim,
        Host::Bare,
    ];
}

impl Default for Host {
    fn default() -> Host {
        Host::ALL[0]
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            #[cfg(all(madsim, feature = "madsim"))]
            Host::Madsim => "madsim",
            Host::Bare => "bare",
        })
    }
}

impl FromStr for Host {
    type Err = ();

    fn from_str(name: &str) -> Result<Host, ()> {
        Host::ALL.iter().copied().find(|host| host.to_string() == name).ok_or(())
    }
}

impl Lane {
    /// Returns a lane for trials of this stage, which `strategy` decides, on the default host.
    pub fn new(stage: Arc<Stage>, strategy: Box<dyn Strategy>) -> Lane {
        Lane::on(Host::default(), stage, strategy)
    }

    /// Returns a lane on the bare host.
    pub fn bare(stage: Arc<Stage>, strategy: Box<dyn Strategy>) -> Lane {
        Lane::on(Host::Bare, stage, strategy)
    }

    /// Returns a lane on this host.
    pub fn on(host: Host, stage: Arc<Stage>, strategy: Box<dyn Strategy>) -> Lane {
        let world = World::new(stage.clone());
        let budget = &stage.scenario.budget;
        let budget = Budget { picks: budget.picks, time: Time::ZERO + budget.time };
        let actors = match host {
            #[cfg(all(madsim, feature = "madsim"))]
            Host::Madsim => {
                Actors::Madsim(Arc::new(Gate::new(world, Agenda::new(strategy), budget)))
            }
            Host::Bare => {
                Actors::Bare(Box::new(RefCell::new(Bare::new(&stage, world, strategy, budget))))
            }
        };
        Lane { stage, actors, properties: Properties::default(), violations: Vec::new() }
    }

    /// Plays a trial to its end. It plays nothing if the strategy has nothing left.
    pub fn play(&mut self, play: Play) -> Supply {
        let supply = self.play_once(play);
        if supply != Supply::Draft {
            return supply;
        }
        let draft = self.events(<[_]>::to_vec);
        let supply = self.play_once(play);
        assert!(supply == Supply::Trial, "invariant: a draft is followed by its trial");
        self.events(|events| {
            let differ = |(one, other): (&Event, &Event)| {
                (one.by, &one.what) != (other.by, &other.what) && !is_end(one)
            };
            let first = events.iter().zip(&draft).position(differ);
            assert!(first.is_none(), "invariant: a trial goes as its draft: {first:?}");
        });
        supply
    }

    fn play_once(&mut self, play: Play) -> Supply {
        match &self.actors {
            #[cfg(all(madsim, feature = "madsim"))]
            Actors::Madsim(gate) => nodes::play(gate, &self.stage, play),
            Actors::Bare(bare) => bare.borrow_mut().play(&self.stage, play),
        }
    }

    /// Plays a trial on the bare host, and shows it to `see` after each pick.
    pub fn play_by_pick(&mut self, play: Play, see: &mut dyn FnMut(&Step<'_>)) {
        let bare = match &self.actors {
            Actors::Bare(bare) => bare,
            #[cfg(all(madsim, feature = "madsim"))]
            Actors::Madsim(_) => {
                unreachable!("invariant: only the bare host can be looked at between two picks")
            }
        };
        bare.borrow_mut().play_by_pick(&self.stage, play, see);
    }

    /// Reads or changes the world and the agenda while no trial runs.
    fn with<T>(&self, look: impl FnOnce(&mut World, &mut Agenda<app::What>) -> T) -> T {
        match &self.actors {
            #[cfg(all(madsim, feature = "madsim"))]
            Actors::Madsim(gate) => gate.with(look),
            Actors::Bare(bare) => {
                let core = &mut bare.borrow_mut().core;
                look(&mut core.world, &mut core.agenda)
            }
        }
    }

    /// Asks the strategy of this type, which decides or passes on what another one decides.
    pub fn ask<S: Strategy, T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.with(|_, agenda| {
            let strategy = agenda.strategy().find();
            look(strategy.expect("invariant: the lane was made with this strategy"))
        })
    }

    /// Asks the observer of this type.
    pub fn observed<O: Observer, T>(&self, look: impl FnOnce(&O) -> T) -> T {
        self.ask(|observed: &Observed<O>| look(observed.observer()))
    }

    /// Returns the faults that could have struck in the trial that was played last, and those that
    /// did.
    pub fn faults(&self) -> (Clauses, Clauses) {
        self.with(|world, _| world.faults())
    }

    /// Judges the trial that was played last.
    pub fn judge(&mut self) -> (&[Violation], Marks) {
        let (mut properties, mut violations) =
            (std::mem::take(&mut self.properties), std::mem::take(&mut self.violations));
        violations.clear();
        let cast = &self.stage.cast;
        let marks = self.with(|world, _| properties.judge(cast, world.events(), &mut violations));
        (self.properties, self.violations) = (properties, violations);
        (&self.violations, marks)
    }

    /// Returns how many occurrences fired in the trial that was played last.
    pub fn occurrences(&self) -> u64 {
        self.with(|_, agenda| agenda.fired())
    }

    /// Returns the hash of the schedule of the trial that was played last, without its times.
    pub fn path(&self) -> u64 {
        self.with(|_, agenda| agenda.path())
    }

    /// Returns how the trial that was played last ended.
    pub fn end(&self) -> End {
        self.with(|world, _| match world.events().last().map(|event| &event.what) {
            Some(What::End(end)) => *end,
            last => unreachable!("invariant: a history ends with its end, not with {last:?}"),
        })
    }

    /// Sets the search that looks at the world from the next trial on, or removes it.
    pub fn set_looking(&mut self, looking: Option<Looking>) {
        self.with(|world, _| world.set_looking(looking));
    }

    /// Limits a search to this way of breaking, out of everything that it asks for.
    pub fn set_wanted(&mut self, way: Way) {
        self.with(|world, _| world.want(way));
    }

    /// Returns what the trial has broken so far, out of everything that a search asks for.
    pub fn found(&self) -> Vec<Violation> {
        self.with(|world, _| world.found())
    }

    /// Returns the stage on which it plays.
    pub fn stage(&self) -> Arc<Stage> {
        self.stage.clone()
    }

    /// Returns the participants.
    pub fn cast(&self) -> Arc<Cast> {
        self.stage.cast.clone()
    }

    /// Returns what was still pending when the trial that was played last ended, or which actors
    /// waited.
    pub fn unfinished(&self) -> Vec<String> {
        let cast = &self.stage.cast;
        self.with(|world, agenda| {
            let pending = agenda.pending().iter();
            let pending: Vec<String> = pending.map(|pending| pending.name.display(cast)).collect();
            if pending.is_empty() { world.waiting() } else { pending }
        })
    }

    /// Passes the events of the trial that was played last to `look`.
    pub fn events<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        self.with(|world, _| look(world.events()))
    }

    /// Takes the picks of the trial that was played last, if they were recorded.
    pub fn take_schedule(&self) -> Option<Schedule> {
        self.with(|_, agenda| agenda.take_schedule())
    }
}

/// Returns whether this is a trial's end. A trial that takes more time than its draft was assumed
/// to take can end sooner.
fn is_end(event: &Event) -> bool {
    matches!(event.what, What::End(_))
}
