//! A state of the search: a trial at one moment, and when each pending occurrence may fire.

use std::sync::Arc;

use crate::agenda::{Pending, Picked, Time};
use crate::app::Looking;
use crate::engine::{Fates, Fork};
use crate::explore::Zone;
use crate::stage::Stage;

/// A digest, how many faults there were, whether something is broken, and which occurrences of the
/// pairs have fired. States with the same key differ only in their zones.
pub(super) type Key = (u128, u32, bool, u64);

/// A state.
pub(super) struct Node {
    pub(super) fork: Fork,
    /// When each pending occurrence may fire.
    pub(super) zone: Zone,
    /// The numbers of the pending occurrences, in the zone's order.
    pub(super) uids: Vec<u32>,
    /// No time of this state is earlier.
    pub(super) now: Time,
    pub(super) faults: u32,
    /// Whether something that was asked for is broken.
    pub(super) is_broken: bool,
    /// Which occurrences have fired of those that fire in one order.
    pub(super) fired: u64,
    /// How many orders lead here.
    pub(super) ways: u128,
}

/// A state, with its key, and with its pending occurrences and their zone in the order of its
/// digest.
pub(super) struct State {
    pub(super) node: Box<Node>,
    pub(super) key: Key,
    pub(super) order: Vec<u32>,
    pub(super) future: Zone,
}

/// What a state takes besides its zone, roughly: 32 to 43 allocations.
const STATE_BYTES: u64 = 12_000;

/// Returns a state with its key. The key says what everything is called if it is `by_name`.
pub(super) fn keyed(node: Box<Node>, by_name: bool) -> State {
    let Node { fork, zone, uids, faults, is_broken, fired, .. } = &*node;
    let place = |uid: u32| {
        let place = uids.iter().position(|known| *known == uid);
        place.expect("invariant: what is pending is in the zone")
    };
    let (digest, order) = fork.digest(by_name, &|one, other| zone.later(place(one), place(other)));
    let places: Vec<usize> = order.iter().map(|uid| place(*uid)).collect();
    let (future, key) = (zone.future(&places), (digest, *faults, *is_broken, *fired));
    State { node, key, order, future }
}

pub(super) fn node_bytes(node: &Node) -> u64 {
    STATE_BYTES + 16 * node.zone.area() as u64
}

impl Node {
    /// Returns the state at the beginning of a trial.
    pub(super) fn root(stage: &Arc<Stage>, looking: &Looking, keep_schedule: bool) -> Node {
        let mut root = Node {
            fork: Fork::new(stage, looking.clone(), keep_schedule),
            zone: Zone::new(),
            uids: Vec::new(),
            now: Time::ZERO,
            faults: 0,
            is_broken: false,
            fired: 0,
            ways: 1,
        };
        root.follow();
        root
    }

    pub(super) fn copy(&self) -> Node {
        Node {
            fork: self.fork.copy(),
            zone: self.zone.clone(),
            uids: self.uids.clone(),
            now: self.now,
            faults: self.faults,
            is_broken: self.is_broken,
            fired: self.fired,
            ways: self.ways,
        }
    }

    /// Returns whether this occurrence can come next.
    pub(super) fn can_fire(&self, uid: u32) -> bool {
        self.uids.iter().position(|known| *known == uid).is_some_and(|at| self.zone.can_fire(at))
    }

    /// Fires an occurrence that can come next, and brings the zone up to date. What left the agenda
    /// and what was added to it did so at one moment, so their order does not matter.
    pub(super) fn fire(&mut self, uid: u32, fates: Fates) -> Option<Fates> {
        let place = self.uids.iter().position(|known| *known == uid);
        let place = place.expect("invariant: what can come next is in the zone");
        let at = self.now + self.zone.soonest(place);
        let index = self.fork.pending().iter().position(|one| one.uid == uid);
        let index = index.expect("invariant: what is in the zone is pending");
        let fates = self.fork.fire(Picked { index, at }, fates)?;
        self.zone.fire(place);
        self.uids.remove(place);
        self.now = at;
        self.faults = fates.faults;
        self.follow();
        Some(fates)
    }

    /// Removes from the zone what is not pending any more, and adds what is.
    fn follow(&mut self) {
        let pending = self.fork.pending();
        let mut place = 0;
        while place < self.uids.len() {
            if pending.iter().any(|one| one.uid == self.uids[place]) {
                place += 1;
            } else {
                self.zone.remove(place);
                self.uids.remove(place);
            }
        }
        let mut added: Vec<&Pending> =
            pending.iter().filter(|one| !self.uids.contains(&one.uid)).collect();
        added.sort_unstable_by_key(|one| one.uid);
        for one in added {
            self.zone.add(one.window);
            self.uids.push(one.uid);
        }
    }
}
