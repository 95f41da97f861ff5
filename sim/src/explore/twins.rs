//! What can come next in a search of all orders, where some actors differ only in their names.

use super::Zone;
use crate::agenda::{Name, Pending, Sort, Who};

/// Returns the numbers of the occurrences that can come next, in the order of their names. `uids`
/// are the numbers of what is pending, in the zone's order. The first of the twins that have not
/// begun begins first. It does under another name what the others would do.
pub fn choices(zone: &Zone, uids: &[u32], pending: &[Pending], twins: &[Vec<Who>]) -> Vec<u32> {
    let mut choices: Vec<u32> = (0..uids.len())
        .filter(|place| zone.can_fire(*place))
        .map(|place| uids[place])
        .filter(|uid| !has_elder_twin(name_of(*uid, pending), pending, twins))
        .collect();
    choices.sort_by_cached_key(|uid| name_of(*uid, pending).key());
    choices
}

/// Returns the name of a pending occurrence.
pub fn name_of(uid: u32, pending: &[Pending]) -> Name {
    let one = pending.iter().find(|one| one.uid == uid);
    one.expect("invariant: what is in the zone is pending").name
}

/// Returns whether this name is the start of an actor while an earlier twin of this actor has not
/// begun either.
fn has_elder_twin(name: Name, pending: &[Pending], twins: &[Vec<Who>]) -> bool {
    let who = name.call.who;
    let Some(twins) = twins.iter().find(|twins| name.sort == Sort::Begin && twins.contains(&who))
    else {
        return false;
    };
    let is_pending = |elder: &Who| {
        pending.iter().any(|one| one.name.call.who == *elder && one.name.sort == Sort::Begin)
    };
    twins.iter().take_while(|twin| **twin != who).any(is_pending)
}
