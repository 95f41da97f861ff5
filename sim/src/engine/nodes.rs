//! The host on madsim: a runtime for each trial, a task for each seat, and the gate.
//!
//! madsim polls the actors and keeps a clock that follows the agenda. It also hides the operating
//! system's time and entropy from the actors. It orders nothing, because the agenda does that.

use std::sync::Arc;
use std::time::Duration;

use deadheat_model::time::Time;
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::time::TimeHandle;

use super::play::Play;
use crate::agenda::{self, Gate, Seat, Supply};
use crate::app::{Ask, Machine, World};
use crate::stage::{Part, Stage};

/// Plays a trial to its end.
pub(super) fn play(gate: &Arc<Gate<World>>, stage: &Arc<Stage>, play: Play) -> Supply {
    let host = Box::new(Madsim::default());
    let first = |world: &mut World, agenda: &mut _| world.start(agenda);
    let supply = gate.begin(play.seed, play.keep_schedule, host, stage.parts.len(), first);
    if supply == Supply::Nothing {
        return supply;
    }
    let runtime = Runtime::with_seed_and_config(play.madsim_seed, madsim::Config::default());
    let nodes = nodes(gate, stage, &runtime);
    runtime.block_on(async {
        gate.stopped().await;
        // A task that is alive when its runtime is dropped would leak.
        for node in &nodes {
            Handle::current().kill(node.id());
        }
        gate.empty().await;
    });
    supply
}

/// Creates a node for all actors. If workers can die, each worker has a node of its own.
fn nodes(gate: &Arc<Gate<World>>, stage: &Arc<Stage>, runtime: &Runtime) -> Vec<NodeHandle> {
    let node = runtime.create_node().build();
    let mut nodes = Vec::new();
    for (seat, part) in stage.seats() {
        if stage.is_mortal && matches!(part, Part::Worker(_)) {
            let (gate, stage) = (gate.clone(), stage.clone());
            let process = move || attended(&gate, &stage, seat);
            nodes.push(runtime.create_node().name(name(seat)).init(process).build());
        } else {
            node.spawn(Box::pin(attended(gate, stage, seat)));
        }
    }
    nodes.push(node);
    nodes
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
        let (mut machine, mut ask) = (Machine::new(seat), Ask::default());
        loop {
            let told = gate.park(seat, move |world, agenda| ask.begin(seat, world, agenda)).await;
            ask = machine.step(&stage, told);
        }
    }
}

/// Returns the name of the node of a worker that can die.
fn name(seat: Seat) -> String {
    format!("seat {}", seat.0)
}

/// Makes madsim's clock follow the agenda, and restarts madsim's nodes.
#[derive(Default)]
struct Madsim {
    handle: Option<TimeHandle>,
    standing_still: u32,
}

impl agenda::Host for Madsim {
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
