//! Names for actors that are alike, so that states that differ only in who is who have one digest.
//!
//! The users of a role are alike, and so are its processes, and the jobs of a kind. A state is
//! hashed under names that depend on what each of them is doing, not on its number. Any names are
//! sound, because they are only exchanged within a class. The better they tell the members of a
//! class apart, the more states are one.

use std::hash::{Hash, Hasher};

use deadheat_model::digest::{Digester, Identity};
use deadheat_model::history::Member;
use deadheat_model::id::{Actor, Job, KindId};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::machine::Machine;
use super::what::What;
use super::world::World;
use crate::agenda::{Pending, Seat};
use crate::stage::Part;

/// Another name for each identity, by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    users: Vec<u16>,
    processes: Vec<u16>,
    /// By kind, and then by the job's number, from 1.
    jobs: Vec<Vec<u32>>,
    seats: Vec<u32>,
}

impl Names {
    fn rename(&self, identity: Identity) -> Identity {
        match identity {
            Identity::User(place) => Identity::User(self.users[usize::from(place)]),
            Identity::Process(place) => Identity::Process(self.processes[usize::from(place)]),
            Identity::Job(Job { kind, number }) => {
                // A lock may be asked for in the name of a job that does not exist yet.
                let names = &self.jobs[usize::from(kind.0)];
                let number = names.get(number as usize - 1).copied().unwrap_or(number);
                Identity::Job(Job { kind, number })
            }
            Identity::Seat(place) => Identity::Seat(self.seats[place as usize]),
        }
    }

    /// Returns the seats in the order of their names.
    pub(super) fn seats(&self) -> Vec<usize> {
        let mut seats: Vec<usize> = (0..self.seats.len()).collect();
        seats.sort_unstable_by_key(|seat| self.seats[*seat]);
        seats
    }

    fn are_distinct(&self) -> bool {
        fn are<T: Ord + Copy>(names: &[T]) -> bool {
            let mut sorted = names.to_vec();
            sorted.sort_unstable();
            sorted.windows(2).all(|pair| pair[0] != pair[1])
        }
        are(&self.users)
            && are(&self.processes)
            && are(&self.seats)
            && self.jobs.iter().all(|kind| are(kind))
    }

    fn set(&mut self, identity: Identity, name: u32) {
        match identity {
            Identity::User(place) => self.users[usize::from(place)] = name as u16,
            Identity::Process(place) => self.processes[usize::from(place)] = name as u16,
            Identity::Job(Job { kind, number }) => {
                self.jobs[usize::from(kind.0)][number as usize - 1] = name;
            }
            Identity::Seat(place) => self.seats[place as usize] = name,
        }
    }
}

/// A hasher that writes every identity by its other name.
pub(super) struct Renaming<'a> {
    names: Option<&'a Names>,
    /// The one identity that has a name of its own.
    own: Option<Identity>,
    /// What was written. When it is full, its hash takes its place.
    block: [u8; BLOCK],
    len: usize,
}

/// Most of what is hashed on its own is no longer than this.
const BLOCK: usize = 240;

impl<'a> Renaming<'a> {
    pub(super) fn new(names: Option<&'a Names>) -> Renaming<'a> {
        Renaming { names, own: None, block: [0; BLOCK], len: 0 }
    }

    fn seen_from(actor: Actor, names: &'a Names) -> Renaming<'a> {
        Renaming { own: Some(identity(actor)), ..Renaming::new(Some(names)) }
    }

    fn rename(&self, word: u128) -> u128 {
        let Some((names, identity)) = self.names.zip(Identity::of(word)) else { return word };
        if self.own == Some(identity) { u128::MAX } else { names.rename(identity).word() }
    }

    fn written(&self) -> &[u8] {
        &self.block[..self.len]
    }

    /// Writes a word. This is most of what a digest costs.
    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if self.len + N > BLOCK {
            self.close();
        }
        self.block[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
    }

    /// Puts the hash of the block in its place.
    #[cold]
    fn close(&mut self) {
        let hash = xxh3_128(self.written()).to_le_bytes();
        self.block[..hash.len()].copy_from_slice(&hash);
        self.len = hash.len();
    }
}

impl Hasher for Renaming<'_> {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(BLOCK / 2) {
            if self.len + piece.len() > BLOCK {
                self.close();
            }
            self.block[self.len..self.len + piece.len()].copy_from_slice(piece);
            self.len += piece.len();
        }
    }

    #[inline]
    fn write_u8(&mut self, word: u8) {
        self.put([word]);
    }

    #[inline]
    fn write_u16(&mut self, word: u16) {
        self.put(word.to_le_bytes());
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.put(word.to_le_bytes());
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.put(word.to_le_bytes());
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.put((word as u64).to_le_bytes());
    }

    /// The number of a variant has one byte, if it fits.
    #[inline]
    fn write_isize(&mut self, word: isize) {
        match u8::try_from(word) {
            Ok(byte) if byte < u8::MAX => self.put([byte]),
            _ => {
                self.put([u8::MAX]);
                self.put((word as i64).to_le_bytes());
            }
        }
    }

    fn write_u128(&mut self, word: u128) {
        self.put(self.rename(word).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        xxh3_64(self.written())
    }
}

impl Digester for Renaming<'_> {
    fn fresh(&self) -> Self {
        Renaming { own: self.own, ..Renaming::new(self.names) }
    }

    fn finish128(&self) -> u128 {
        xxh3_128(self.written())
    }
}

/// Written as an [`Identity`].
impl Hash for Seat {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u128(Identity::Seat(self.0 as u32).word());
    }
}

/// What a digest is made of.
pub(super) struct Seen<'a> {
    pub(super) world: &'a World,
    pub(super) machines: &'a [Machine],
    pub(super) pending: &'a [Pending],
    pub(super) whats: &'a [What],
    /// By how much the first occurrence can be later than the second one, by their numbers.
    pub(super) later: &'a dyn Fn(u32, u32) -> i64,
}

impl Seen<'_> {
    /// Returns the names under which this state is hashed.
    pub(super) fn names(&self) -> Names {
        let cast = &self.world.stage.cast;
        let kinds: Vec<u32> = self.world.queue.counts().collect();
        // At first, everybody in a class has one name.
        let blank = Names {
            users: cast.users.iter().map(|one| one.first).collect(),
            processes: cast.processes.iter().map(|one| one.first).collect(),
            jobs: kinds.iter().map(|count| vec![0; *count as usize]).collect(),
            seats: vec![0; self.world.places.len()],
        };
        let mut names = blank.clone();
        for (members, actor) in [
            (&cast.users, Actor::User as fn(u16) -> Actor),
            (&cast.processes, Actor::Process as fn(u16) -> Actor),
        ] {
            for class in classes(members) {
                let class: Vec<Actor> = class.into_iter().map(actor).collect();
                let first = class[0];
                self.rank(&class, &blank, &mut names, offset(first));
            }
        }
        for (kind, count) in kinds.iter().enumerate() {
            let kind = KindId(kind as u16);
            let attempt = |number| {
                let job = Job { kind, number };
                Actor::Attempt(job, self.world.queue.attempt(job))
            };
            let class: Vec<Actor> = (1..=*count).map(attempt).collect();
            self.rank(&class, &blank, &mut names, 1);
        }
        self.name_seats(&mut names);
        debug_assert!(names.are_distinct(), "invariant: no two actors have one name");
        names
    }

    /// Names the members of a class by their signs, and then by who comes earlier.
    fn rank(&self, class: &[Actor], blank: &Names, names: &mut Names, first: u32) {
        if class.len() == 1 {
            names.set(identity(class[0]), first);
            return;
        }
        let signs: Vec<(u64, Option<u32>)> =
            class.iter().map(|actor| self.sign(*actor, blank)).collect();
        let score = |place: usize| -> i64 {
            let (sign, Some(uid)) = signs[place] else { return 0 };
            let bound = |one, other| (self.later)(one, other).clamp(-1 << 40, 1 << 40);
            let alike = signs.iter().filter(|(of, other)| *of == sign && *other != Some(uid));
            let others = alike.filter_map(|(_, other)| *other);
            others.map(|other| bound(uid, other) - bound(other, uid)).sum()
        };
        let keys: Vec<(u64, i64)> =
            (0..class.len()).map(|place| (signs[place].0, score(place))).collect();
        let mut order: Vec<usize> = (0..class.len()).collect();
        order.sort_by_key(|place| keys[*place]);
        for (rank, place) in order.into_iter().enumerate() {
            names.set(identity(class[place]), first + rank as u32);
        }
    }

    /// Returns what an actor is, seen from itself, where the others of a class are the same to it.
    /// Returns its first occurrence as well. A sign says nothing that is not in the digest.
    fn sign(&self, actor: Actor, blank: &Names) -> (u64, Option<u32>) {
        let world = self.world;
        let mut hasher = Renaming::seen_from(actor, blank);
        if let Some(seat) = self.seat_of(actor) {
            self.machines[seat].digest(&world.stage, &mut hasher);
            world.places[seat].digest(&mut hasher);
        }
        let mut own: Vec<(u64, u32)> = self
            .pending
            .iter()
            .zip(self.whats)
            // What a run is about to do is not in the digest under an actor's name.
            .filter(|(one, what)| {
                one.name.call.actor() == actor && !matches!(what, What::Server(_))
            })
            .map(|(one, what)| (world.label(one, what, &hasher), one.uid))
            .collect();
        own.sort_unstable();
        for (label, _) in &own {
            label.hash(&mut hasher);
        }
        if let Some(job) = actor.job() {
            world.queue.digest_of(job, &mut hasher);
        }
        world.locks.digest_of(actor, &mut hasher);
        let (properties, asked) = world.judged();
        properties.digest_of(asked, actor, &mut hasher);
        (hasher.finish(), own.first().map(|(_, uid)| *uid))
    }

    fn seat_of(&self, actor: Actor) -> Option<usize> {
        let is_it = |(seat, part): (Seat, &Part)| match part {
            Part::Solo(solo) => solo.actor == actor,
            Part::Worker(_) => {
                self.world.places[seat.0].job.is_some_and(|job| job.actor() == actor)
            }
        };
        let mut seats = self.world.stage.seats();
        seats.find(|(seat, part)| is_it((*seat, part))).map(|(seat, _)| seat.0)
    }

    /// Names seats by their users and processes, and workers by their jobs.
    fn name_seats(&self, names: &mut Names) {
        let by = |seat: Seat, part: &Part| {
            let actor = match part {
                Part::Solo(solo) => Some(solo.actor),
                Part::Worker(_) => self.world.places[seat.0].job.map(|job| job.actor()),
            };
            actor.map_or((1_u8, 0_u128), |actor| (0, names.rename(identity(actor)).word()))
        };
        let seats = self.world.stage.seats();
        let mut order: Vec<_> = seats.map(|(seat, part)| (by(seat, part), seat.0)).collect();
        order.sort_unstable();
        for (rank, (_, seat)) in order.into_iter().enumerate() {
            names.seats[seat] = rank as u32;
        }
    }
}

fn identity(actor: Actor) -> Identity {
    match actor {
        Actor::User(place) => Identity::User(place),
        Actor::Process(place) => Identity::Process(place),
        Actor::Attempt(job, _) => Identity::Job(job),
        Actor::Fault(_) => unreachable!("invariant: no fault is like another"),
    }
}

/// Returns the first name of a class, which is the number of its first member.
fn offset(first: Actor) -> u32 {
    match first {
        Actor::User(place) | Actor::Process(place) => u32::from(place),
        Actor::Attempt(..) | Actor::Fault(_) => 1,
    }
}

/// Returns the members that share a role, role by role.
fn classes(members: &[Member]) -> Vec<Vec<u16>> {
    let of = |first: usize| {
        let same = |place: &u16| usize::from(members[usize::from(*place)].first) == first;
        (0..members.len() as u16).filter(same).collect::<Vec<u16>>()
    };
    (0..members.len()).map(of).filter(|class| !class.is_empty()).collect()
}
