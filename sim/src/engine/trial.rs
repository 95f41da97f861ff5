//! One trial: a runtime, a node, a task for each seat, and the gate.

use std::sync::Arc;
use std::time::Duration;

use deadheat_model::history::{Cast, End, Event, What};
use deadheat_model::property::{Fingerprint, Marks, Properties, Violation, Why};
use deadheat_model::time::Time;
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::time::TimeHandle;

use crate::agenda::{Agenda, Budget, Gate, Host, Schedule, Seat, Strategy, Supply};
use crate::app::{self, Clauses, Looking, Part, Stage, World};

/// A lane, which plays one trial after another on this OS thread and reuses its memory.
pub struct Lane {
    stage: Arc<Stage>,
    gate: Arc<Gate<World>>,
    properties: Properties,
    violations: Vec<Violation>,
}

/// Which trial is played, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Play {
    /// The seed that the strategy begins with.
    pub seed: u64,
    /// madsim's own seed. No history depends on it.
    pub madsim_seed: u64,
    /// Whether the picks are recorded.
    pub keep_schedule: bool,
}

impl Play {
    /// Returns the play of the trial with this seed.
    pub fn seed(seed: u64) -> Play {
        Play { seed, madsim_seed: 0, keep_schedule: false }
    }
}

impl Lane {
    /// Returns a lane for trials of this stage, which `strategy` decides.
    pub fn new(stage: Arc<Stage>, strategy: Box<dyn Strategy>) -> Lane {
        let world = World::new(stage.clone());
        let budget = &stage.scenario.budget;
        let budget = Budget { picks: budget.picks, time: Time::ZERO + budget.time };
        let gate = Arc::new(Gate::new(world, Agenda::new(strategy), budget));
        Lane { stage, gate, properties: Properties::default(), violations: Vec::new() }
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
        let host = Box::new(Madsim::default());
        let seats = self.stage.parts.len();
        let first = |world: &mut World, agenda: &mut _| world.start(agenda);
        let supply = self.gate.begin(play.seed, play.keep_schedule, host, seats, first);
        if supply == Supply::Nothing {
            return supply;
        }
        let runtime = Runtime::with_seed_and_config(play.madsim_seed, madsim::Config::default());
        let nodes = self.nodes(&runtime);
        runtime.block_on(async {
            self.gate.stopped().await;
            // A task that is alive when its runtime is dropped would leak.
            for node in &nodes {
                Handle::current().kill(node.id());
            }
            self.gate.empty().await;
        });
        supply
    }

    /// Creates a node for all actors. If workers can die, each worker has a node of its own.
    fn nodes(&self, runtime: &Runtime) -> Vec<NodeHandle> {
        let node = runtime.create_node().build();
        let mut nodes = Vec::new();
        for (seat, part) in self.stage.seats() {
            if self.stage.is_mortal && matches!(part, Part::Worker(_)) {
                let (gate, stage) = (self.gate.clone(), self.stage.clone());
                let process = move || attended(&gate, &stage, seat);
                nodes.push(runtime.create_node().name(name(seat)).init(process).build());
            } else {
                node.spawn(attended(&self.gate, &self.stage, seat));
            }
        }
        nodes.push(node);
        nodes
    }

    /// Returns the faults that could have struck in the trial that was played last, and those that
    /// did.
    pub fn faults(&self) -> (Clauses, Clauses) {
        self.gate.with(|world, _| world.faults())
    }

    /// Judges the trial that was played last.
    pub fn judge(&mut self) -> (&[Violation], Marks) {
        let (properties, violations) = (&mut self.properties, &mut self.violations);
        let cast = &self.stage.cast;
        violations.clear();
        let marks = self.gate.with(|world, _| properties.judge(cast, world.events(), violations));
        (violations, marks)
    }

    /// Returns how many occurrences fired in the trial that was played last.
    pub fn occurrences(&self) -> u64 {
        self.gate.with(|_, agenda| agenda.fired())
    }

    /// Returns the hash of the schedule of the trial that was played last, without its times.
    pub fn path(&self) -> u64 {
        self.gate.with(|_, agenda| agenda.path())
    }

    /// Returns how the trial that was played last ended.
    pub fn end(&self) -> End {
        self.gate.with(|world, _| match world.events().last().map(|event| &event.what) {
            Some(What::End(end)) => *end,
            last => unreachable!("invariant: a history ends with its end, not with {last:?}"),
        })
    }

    /// Sets the search that looks at the world from the next trial on, or removes it.
    pub fn set_looking(&mut self, looking: Option<Looking>) {
        self.gate.with(|world, _| world.set_looking(looking));
    }

    /// Limits a search to this way of breaking, out of everything that it asks for.
    pub fn set_wanted(&mut self, fingerprint: Fingerprint, why: Why) {
        self.gate.with(|world, _| world.want(fingerprint, why));
    }

    /// Returns what the trial has broken so far, out of everything that a search asks for.
    pub fn found(&self) -> Vec<Violation> {
        self.gate.with(|world, _| world.found())
    }

    /// Returns the participants.
    pub fn cast(&self) -> Arc<Cast> {
        self.stage.cast.clone()
    }

    /// Returns what was still pending when the trial that was played last ended, or which actors
    /// waited.
    pub fn unfinished(&self) -> Vec<String> {
        let cast = &self.stage.cast;
        self.gate.with(|world, agenda| {
            let pending = agenda.pending().iter();
            let pending: Vec<String> = pending.map(|pending| pending.name.display(cast)).collect();
            if pending.is_empty() { world.waiting() } else { pending }
        })
    }

    /// Passes the events of the trial that was played last to `look`.
    pub fn events<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        self.gate.with(|world, _| look(world.events()))
    }

    /// Takes the picks of the trial that was played last, if they were recorded.
    pub fn take_schedule(&self) -> Option<Schedule> {
        self.gate.with(|_, agenda| agenda.take_schedule())
    }
}

/// Returns whether this is a trial's end. A trial that takes more time than its draft was assumed
/// to take can end sooner.
fn is_end(event: &Event) -> bool {
    matches!(event.what, What::End(_))
}

/// Plays the actor on a seat, with its attendance from now on.
fn attended(
    gate: &Arc<Gate<World>>,
    stage: &Arc<Stage>,
    seat: Seat,
) -> impl Future<Output = ()> + Send + use<> {
    let (gate, stage, attendance) = (gate.clone(), stage.clone(), Gate::attend(gate));
    async move {
        let _attendance = attendance;
        app::play(gate, stage, seat).await;
    }
}

/// Returns the name of the node of a worker that can die.
fn name(seat: Seat) -> String {
    format!("seat {}", seat.0)
}

/// The host on madsim. It makes madsim's clock follow the agenda, and restarts madsim's nodes.
#[derive(Default)]
struct Madsim {
    handle: Option<TimeHandle>,
    standing_still: u32,
}

impl Host for Madsim {
    fn restart(&mut self, seat: Seat) {
        Handle::current().restart(name(seat));
    }

    fn advance(&mut self, now: Time) {
        let handle = self.handle.get_or_insert_with(TimeHandle::current);
        let (target, elapsed) = (Duration::from_micros(now.as_us()), handle.elapsed());
        if let Some(behind) = target.checked_sub(elapsed) {
            self.standing_still = 0;
            handle.advance(behind);
            return;
        }
        // Each poll moves madsim's clock by 50 to 100 ns. Its timers take at least a millisecond.
        self.standing_still += 1;
        let allowed = Duration::from_micros(100) + Duration::from_micros(1) * self.standing_still;
        assert!(
            elapsed < target + allowed,
            "invariant: nobody sleeps on madsim's clock, which is at {elapsed:?} at {target:?}"
        );
    }
}
