//! Programs on which finders are compared in the field: those of `SCTBench` in words, and some of
//! the same kind. Each access to a shared thing is one request; nothing else takes time.

use deadheat::{Caller, Desk, Me, Port, Service, Sim};

/// A program, the medians of three strategies of shuttle 0.9.10 on it (random, PCT-3, URW; none if
/// it was not found within 100,000 trials), and whether it has a hundred actors.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) setup: fn(&mut Sim),
    pub(crate) shuttle: [Option<u32>; 3],
    pub(crate) is_large: bool,
}

const fn small(name: &'static str, setup: fn(&mut Sim), shuttle: [Option<u32>; 3]) -> Program {
    Program { name, setup, shuttle, is_large: false }
}

const fn large(name: &'static str, setup: fn(&mut Sim), shuttle: [Option<u32>; 3]) -> Program {
    Program { name, setup, shuttle, is_large: true }
}

/// All programs. The last four are not in the published tables.
pub(crate) const PROGRAMS: [Program; 19] = [
    small("reorder_3", |sim| reorder(sim, 2), [Some(7), Some(13), Some(5)]),
    small("reorder_10", |sim| reorder(sim, 9), [Some(12), Some(152), Some(11)]),
    large("reorder_100", |sim| reorder(sim, 99), [Some(87), Some(3_325), Some(88)]),
    small("twostage_2", |sim| twostage(sim, 1, 1), [Some(28), Some(6), Some(70)]),
    small("twostage_20", |sim| twostage(sim, 10, 10), [Some(12), Some(43), Some(14)]),
    large("twostage_100", |sim| twostage(sim, 99, 1), [Some(524), Some(26_670), Some(1_211)]),
    small("bluetooth", bluetooth, [Some(18), Some(14), Some(14)]),
    small("circular_buffer", circular_buffer, [Some(1), Some(2), Some(1)]),
    small("carter01", carter, [Some(2), Some(3), Some(2)]),
    small("lazy01", lazy, [Some(2), Some(1), Some(2)]),
    small("work_steal", work_steal, [Some(13), Some(13), Some(12)]),
    small("stale_job_20", stale_job, [None, Some(9), Some(17)]),
    small("lease_8", |sim| lease(sim, 8), [Some(140), Some(16), Some(8)]),
    small("lease_16", |sim| lease(sim, 16), [Some(15_764), Some(26), Some(9)]),
    small("retries_3", retries, [Some(186), None, Some(149)]),
    small("published_too_soon", published, [None; 3]),
    small("counter_of_five", counter, [None; 3]),
    small("philosophers_4", philosophers, [None; 3]),
    small("aba", aba, [None; 3]),
];

/// Registers that are read and written one at a time.
#[derive(Hash)]
struct Memory(Vec<i64>);

#[derive(Debug, Hash)]
enum Access {
    Read(usize),
    Write(usize, i64),
    Add(usize, i64),
    Swap(usize, i64, i64),
}

impl Service for Memory {
    type Request = Access;
    type Reply = i64;
    type Due = ();

    fn handle(&mut self, access: Access, _: &mut Desk<'_, Memory>) -> Option<i64> {
        Some(match access {
            Access::Read(at) => self.0[at],
            Access::Write(at, value) => std::mem::replace(&mut self.0[at], value),
            Access::Add(at, value) => {
                self.0[at] += value;
                self.0[at]
            }
            Access::Swap(at, old, new) => {
                let is_old = self.0[at] == old;
                if is_old {
                    self.0[at] = new;
                }
                i64::from(is_old)
            }
        })
    }

    fn touches(access: &Access) -> u16 {
        match access {
            Access::Read(at) | Access::Write(at, _) | Access::Add(at, _) | Access::Swap(at, ..) => {
                *at as u16
            }
        }
    }
}

/// A lock whose waiters come in order.
#[derive(Default, Hash)]
struct Lock {
    is_held: bool,
    waiting: Vec<Caller>,
}

#[derive(Debug, Hash)]
enum Want {
    Acquire,
    Release,
}

impl Service for Lock {
    type Request = Want;
    type Reply = ();
    type Due = ();

    fn handle(&mut self, want: Want, desk: &mut Desk<'_, Lock>) -> Option<()> {
        match want {
            Want::Acquire if self.is_held => {
                self.waiting.extend(desk.caller());
                return None;
            }
            Want::Acquire => self.is_held = true,
            Want::Release if self.waiting.is_empty() => self.is_held = false,
            Want::Release => desk.answer(self.waiting.remove(0), ()),
        }
        Some(())
    }
}

/// Memory as an actor uses it.
#[derive(Clone, Copy)]
struct Cells(Port<Memory>);

impl Cells {
    fn new(sim: &mut Sim, cells: &[i64]) -> Cells {
        sim.always("nothing is wrong", |state| state.facts::<Wrong>().next().is_none());
        Cells(sim.service("memory", Memory(cells.to_vec())))
    }

    async fn read(self, me: &Me, at: usize) -> i64 {
        me.call(self.0, Access::Read(at)).await
    }

    async fn write(self, me: &Me, at: usize, value: i64) {
        me.call(self.0, Access::Write(at, value)).await;
    }

    async fn add(self, me: &Me, at: usize, value: i64) -> i64 {
        me.call(self.0, Access::Add(at, value)).await
    }

    async fn swap(self, me: &Me, at: usize, old: i64, new: i64) -> bool {
        me.call(self.0, Access::Swap(at, old, new)).await == 1
    }
}

/// Something is wrong.
#[derive(Debug, Hash)]
struct Wrong;

fn wrong_if(me: &Me, is_wrong: bool) {
    if is_wrong {
        me.tell(Wrong);
    }
}

fn locks<const N: usize>(sim: &mut Sim) -> [Port<Lock>; N] {
    std::array::from_fn(|place| sim.service(&format!("lock-{place}"), Lock::default()))
}

/// Setters write a and then b; a checker sees a, and not b.
fn reorder(sim: &mut Sim, setters: u32) {
    let cells = Cells::new(sim, &[0, 0]);
    for number in 1..=setters {
        sim.actor(("setter", number)).run(async move |me| {
            cells.write(&me, 0, 1).await;
            cells.write(&me, 1, -1).await;
        });
    }
    sim.actor("checker").run(async move |me| {
        let a = cells.read(&me, 0).await;
        let b = if a == 1 { cells.read(&me, 1).await } else { -1 };
        wrong_if(&me, b != -1);
    });
}

/// Writers work in two stages, each under a lock; a reader comes between the first writer's stages.
fn twostage(sim: &mut Sim, writers: u32, readers: u32) {
    let cells = Cells::new(sim, &[0, 0]);
    let [one, two] = locks(sim);
    for number in 1..=writers {
        sim.actor(("writer", number)).run(async move |me| {
            me.call(one, Want::Acquire).await;
            cells.write(&me, 0, 1).await;
            me.call(one, Want::Release).await;
            me.call(two, Want::Acquire).await;
            let first = cells.read(&me, 0).await;
            cells.write(&me, 1, first + 1).await;
            me.call(two, Want::Release).await;
        });
    }
    for number in 1..=readers {
        sim.actor(("reader", number)).run(async move |me| {
            me.call(one, Want::Acquire).await;
            let first = cells.read(&me, 0).await;
            me.call(one, Want::Release).await;
            if first == 0 {
                return;
            }
            me.call(two, Want::Acquire).await;
            let second = cells.read(&me, 1).await;
            me.call(two, Want::Release).await;
            wrong_if(&me, second != first + 1);
        });
    }
}

/// A driver is stopped between an operation's look at the flag and its entry.
fn bluetooth(sim: &mut Sim) {
    const FLAG: usize = 0;
    const COUNT: usize = 1;
    const EVENT: usize = 2;
    const STOPPED: usize = 3;
    let cells = Cells::new(sim, &[0, 1, 0, 0]);
    let leave = async move |me: &Me| {
        if cells.add(me, COUNT, -1).await == 0 {
            cells.write(me, EVENT, 1).await;
        }
    };
    sim.actor("operation").run(async move |me| {
        if cells.read(&me, FLAG).await == 1 {
            return;
        }
        cells.add(&me, COUNT, 1).await;
        let is_stopped = cells.read(&me, STOPPED).await == 1;
        wrong_if(&me, is_stopped);
        leave(&me).await;
    });
    sim.actor("stopper").run(async move |me| {
        cells.write(&me, FLAG, 1).await;
        leave(&me).await;
        if cells.read(&me, EVENT).await == 1 {
            cells.write(&me, STOPPED, 1).await;
        }
    });
}

/// A consumer counts rounds in which it got nothing.
fn circular_buffer(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0]);
    sim.actor("producer").run(async move |me| {
        for _ in 0..7 {
            cells.add(&me, 0, 1).await;
        }
    });
    sim.actor("consumer").run(async move |me| {
        for _ in 0..7 {
            let filled = cells.read(&me, 0).await;
            wrong_if(&me, filled == 0);
            if filled > 0 {
                cells.add(&me, 0, -1).await;
            }
        }
    });
}

/// Two users take two locks in an order that lets each hold what the other needs.
fn carter(sim: &mut Sim) {
    let [outer, inner] = locks(sim);
    for number in 1..=2_u32 {
        sim.actor(("user", number)).run(async move |me| {
            me.call(outer, Want::Acquire).await;
            me.call(inner, Want::Acquire).await;
            me.call(outer, Want::Release).await;
            me.call(outer, Want::Acquire).await;
            me.call(inner, Want::Release).await;
            me.call(outer, Want::Release).await;
        });
    }
}

/// A checker comes last.
fn lazy(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0]);
    for number in 1..=2_u32 {
        sim.actor(("adder", number)).run(async move |me| {
            cells.add(&me, 0, i64::from(number)).await;
        });
    }
    sim.actor("checker").run(async move |me| {
        let sum = cells.read(&me, 0).await;
        wrong_if(&me, sum == 3);
    });
}

/// An owner looks at the head before it takes the tail back: one item is taken twice.
fn work_steal(sim: &mut Sim) {
    const HEAD: usize = 0;
    const TAIL: usize = 1;
    const SLOTS: usize = 2;
    let cells = Cells::new(sim, &[0; SLOTS + 8]);
    let [lock] = locks(sim);
    sim.always("no item is taken twice", |state| {
        let mut taken: Vec<i64> = state.facts::<i64>().copied().collect();
        taken.sort_unstable();
        taken.windows(2).all(|two| two[0] != two[1])
    });
    let slot = |at: i64| SLOTS + usize::try_from(at).expect("a place is not negative");
    sim.actor("owner").run(async move |me| {
        let pushes = [true, true, false, true, true, false, false, false];
        for (item, pushes) in (1..).zip(pushes) {
            let tail = cells.read(&me, TAIL).await;
            if pushes {
                cells.write(&me, slot(tail), item).await;
                cells.write(&me, TAIL, tail + 1).await;
                continue;
            }
            let head = cells.read(&me, HEAD).await;
            if head >= tail {
                continue;
            }
            cells.write(&me, TAIL, tail - 1).await;
            me.tell(cells.read(&me, slot(tail - 1)).await);
        }
    });
    sim.actor("thief").run(async move |me| {
        for _ in 0..2 {
            me.call(lock, Want::Acquire).await;
            let head = cells.read(&me, HEAD).await;
            if head < cells.read(&me, TAIL).await {
                let item = cells.read(&me, slot(head)).await;
                cells.write(&me, HEAD, head + 1).await;
                me.tell(item);
            }
            me.call(lock, Want::Release).await;
        }
    });
}

/// A job writes a total back that it has read before a worker's last twenty writes.
fn stale_job(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0]);
    sim.finally("the worker's total stands", move |state| state.of(cells.0).0[0] >= 20);
    sim.actor("worker").run(async move |me| {
        for total in 1..=20 {
            cells.read(&me, 0).await;
            cells.write(&me, 0, total).await;
        }
    });
    sim.actor("job").run(async move |me| {
        let total = cells.read(&me, 0).await;
        cells.write(&me, 0, total).await;
    });
}

/// Two holders of a lease that ends after this many ticks of a clock; nobody fences.
fn lease(sim: &mut Sim, ticks: u32) {
    let cells = Cells::new(sim, &[0]);
    let lease = sim.service("lease", Lease { ticks, ..Lease::default() });
    for number in 1..=2_u32 {
        sim.actor(("holder", number)).run(async move |me| {
            me.call(lease, Term::Acquire).await;
            let record = cells.read(&me, 0).await;
            let before = me.call(cells.0, Access::Write(0, record + 1)).await;
            wrong_if(&me, before != record);
            me.call(lease, Term::Release).await;
        });
    }
    sim.actor("clock").run(async move |me| {
        for _ in 0..2 * ticks {
            me.call(lease, Term::Tick).await;
        }
    });
}

/// A lease, and the clock that ends it.
#[derive(Default, Hash)]
struct Lease {
    ticks: u32,
    left: u32,
    waiting: Vec<Caller>,
}

#[derive(Debug, Hash)]
enum Term {
    Acquire,
    Release,
    Tick,
}

impl Service for Lease {
    type Request = Term;
    type Reply = ();
    type Due = ();

    fn handle(&mut self, term: Term, desk: &mut Desk<'_, Lease>) -> Option<()> {
        match term {
            Term::Acquire if self.left > 0 => {
                self.waiting.extend(desk.caller());
                return None;
            }
            Term::Acquire => self.left = self.ticks,
            Term::Release => self.left = 0,
            Term::Tick => self.left = self.left.saturating_sub(1),
        }
        if self.left == 0 && !self.waiting.is_empty() {
            self.left = self.ticks;
            desk.answer(self.waiting.remove(0), ());
        }
        Some(())
    }
}

/// Three tries of an update by version all meet an update of somebody else.
fn retries(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0]);
    sim.actor("updater").run(async move |me| {
        for _ in 0..3 {
            let version = cells.read(&me, 0).await;
            if cells.swap(&me, 0, version, version + 1).await {
                return;
            }
        }
        me.tell(Wrong);
    });
    sim.actor("other").run(async move |me| {
        for _ in 0..3 {
            cells.add(&me, 0, 1).await;
        }
    });
}

/// A page is announced before all of its twelve parts are written, and read at once.
fn published(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0; 14]);
    sim.actor("writer").run(async move |me| {
        for part in 0..12 {
            if part == 11 {
                cells.write(&me, 12, 1).await;
            }
            cells.write(&me, part, 1).await;
        }
    });
    sim.actor("reader").run(async move |me| {
        for _ in 0..6 {
            if cells.read(&me, 12).await == 1 {
                let last = cells.read(&me, 11).await;
                wrong_if(&me, last == 0);
                return;
            }
            cells.read(&me, 13).await;
        }
    });
}

/// Five actors each add one by reading and writing; all but one addition are lost.
fn counter(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0]);
    sim.finally("more than one is counted", move |state| state.of(cells.0).0[0] > 1);
    for number in 1..=5_u32 {
        sim.actor(("adder", number)).run(async move |me| {
            let sum = cells.read(&me, 0).await;
            cells.write(&me, 0, sum + 1).await;
        });
    }
}

/// Four philosophers each hold the fork at their left.
fn philosophers(sim: &mut Sim) {
    let forks: [Port<Lock>; 4] = locks(sim);
    for number in 0..4_u32 {
        let (left, right) = (forks[number as usize], forks[(number as usize + 1) % 4]);
        sim.actor(("philosopher", number)).run(async move |me| {
            for _ in 0..2 {
                me.call(left, Want::Acquire).await;
                me.call(right, Want::Acquire).await;
                me.call(right, Want::Release).await;
                me.call(left, Want::Release).await;
            }
        });
    }
}

/// A value changes and changes back between a look and a swap, several times over.
fn aba(sim: &mut Sim) {
    let cells = Cells::new(sim, &[0, 0]);
    sim.actor("slow").run(async move |me| {
        let value = cells.read(&me, 0).await;
        let version = cells.read(&me, 1).await;
        if cells.swap(&me, 0, value, 7).await {
            let now = cells.read(&me, 1).await;
            wrong_if(&me, now >= version + 2);
        }
    });
    sim.actor("quick").run(async move |me| {
        for _ in 0..8 {
            cells.write(&me, 0, 1).await;
            cells.add(&me, 1, 1).await;
            cells.write(&me, 0, 0).await;
            cells.add(&me, 1, 1).await;
        }
    });
}
