//! The gate with a toy world, on a toy executor: without madsim, a server or a scenario.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use deadheat::agenda::{
    Agenda, Budget, Fired, Gate, Host, Key, Name, Owner, Pending, Phase, Seat, Sort, State, Stop,
    Symbol, Time, Who, Window, World,
};
use deadheat::explore::Walk;
use deadheat_model::time::Span;

const SAYS: Symbol = Symbol::new(0, "says");

const fn phase(number: u8, text: &str) -> Phase {
    Phase { word: Symbol::new(number, text), sort: Sort::Visit }
}

const HEARD: Phase = phase(0, "heard");
const LOST: Phase = phase(1, "lost");
const LATE: Phase = phase(2, "late");
const NEVER: Phase = phase(3, "never");

/// A world in which an actor says a number when the gate lets it through. Some occurrences concern
/// no actor.
#[derive(Default)]
struct Toy {
    said: Vec<(u64, usize, u32)>,
    waiting: usize,
    stop: Option<Stop>,
}

enum What {
    Say(Seat, u32),
    Nothing,
}

impl World for Toy {
    type What = What;
    type Reply = u32;

    fn fire(&mut self, _: Name, what: What, agenda: &mut Agenda<What>) -> Fired<u32> {
        match what {
            What::Say(seat, number) => {
                self.said.push((agenda.now().as_us(), seat.0, number));
                Fired::Wakes(seat, number)
            }
            What::Nothing => Fired::Nobody,
        }
    }

    fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    fn over(&mut self, stop: Stop, _: &Agenda<What>) {
        self.stop = Some(stop);
    }

    fn state(&mut self, _: &[Pending], _: &[What]) -> State {
        State::default()
    }
}

struct NoClock;

impl Host for NoClock {
    fn advance(&mut self, _: Time) {}

    fn restart(&mut self, seat: Seat) {
        unreachable!("nobody dies here, nor on {seat:?}");
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Polls every task that is awake, from the first or from the last, until none is awake.
fn run(tasks: Vec<Task>, from_the_last: bool) {
    let mut tasks: Vec<(Arc<Flag>, Option<Task>)> =
        tasks.into_iter().map(|task| (Arc::new(Flag(AtomicBool::new(true))), Some(task))).collect();
    if from_the_last {
        tasks.reverse();
    }
    while let Some((flag, task)) =
        tasks.iter_mut().find(|(flag, task)| flag.0.load(Ordering::Relaxed) && task.is_some())
    {
        flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(flag.clone());
        let future = task.as_mut().unwrap();
        if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            *task = None;
        }
    }
}

fn gate(budget: Budget) -> Arc<Gate<Toy>> {
    Arc::new(Gate::new(Toy::default(), Agenda::new(Box::new(Walk::default())), budget))
}

const BUDGET: Budget = Budget { picks: 1_000, time: Time::from_us(u64::MAX) };

/// Says this many numbers, each within the window.
async fn speaker(gate: Arc<Gate<Toy>>, seat: Seat, count: u32, window: Window) {
    let attendance = Gate::attend(&gate);
    for number in 0..count {
        let heard = gate.park(seat, move |_, agenda: &mut Agenda<What>| {
            agenda.speak_as(seat, Who(seat.0 as u64), 0, seat.0 as u64);
            let name = Name::new(agenda.call(seat, SAYS), HEARD);
            let keys = [Some(Key(7)), None];
            agenda.start(name, window, Owner::Actor(seat), keys, What::Say(seat, number));
        });
        assert_eq!(heard.await, number);
    }
    // Parks forever, so that the others can continue.
    gate.park(seat, |_, _| {}).await;
    drop(attendance);
}

fn play(seed: u64, actors: usize, count: u32, budget: Budget, from_the_last: bool) -> Toy {
    let gate = gate(budget);
    gate.begin(seed, false, Box::new(NoClock), actors, |_, _| {});
    let window = Window::between(Span::from_us(1), Span::from_us(9));
    let tasks = (0..actors)
        .map(|seat| Box::pin(speaker(gate.clone(), Seat(seat), count, window)) as Task)
        .collect();
    run(tasks, from_the_last);
    gate.with(|world, _| std::mem::take(world))
}

#[test]
fn actors_are_let_through_one_at_a_time_in_the_order_of_their_times() {
    let toy = play(1, 3, 5, BUDGET, false);
    assert_eq!(toy.said.len(), 15);
    assert_eq!(toy.stop, Some(Stop::Settled));
    assert!(toy.said.is_sorted_by_key(|(at, ..)| *at));
    for seat in 0..3 {
        let numbers: Vec<u32> = toy
            .said
            .iter()
            .filter(|(_, who, _)| *who == seat)
            .map(|(.., number)| *number)
            .collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
    }
}

#[test]
fn the_order_in_which_an_executor_polls_decides_nothing() {
    for seed in 0..50 {
        let (one, other) = (play(seed, 4, 6, BUDGET, false), play(seed, 4, 6, BUDGET, true));
        assert_eq!(one.said, other.said, "seed {seed}");
    }
    assert_ne!(play(1, 4, 6, BUDGET, false).said, play(2, 4, 6, BUDGET, false).said);
}

#[test]
fn adding_an_actor_changes_nobody_elses_draws() {
    let (small, large) = (play(5, 2, 4, BUDGET, false), play(5, 3, 4, BUDGET, false));
    let of_the_two: Vec<_> = large.said.into_iter().filter(|(_, who, _)| *who < 2).collect();
    assert_eq!(small.said, of_the_two);
}

#[test]
fn a_trial_ends_when_its_budget_of_occurrences_is_used_up() {
    let toy = play(1, 3, 5, Budget { picks: 7, ..BUDGET }, false);
    assert_eq!((toy.said.len(), toy.stop), (7, Some(Stop::OutOfBudget)));
}

#[test]
fn nothing_fires_after_the_end_of_the_budgets_time() {
    let toy = play(1, 3, 50, Budget { time: Time::from_us(20), ..BUDGET }, false);
    assert_eq!(toy.stop, Some(Stop::OutOfBudget));
    assert!(toy.said.iter().all(|(at, ..)| *at <= 20));
}

#[test]
fn nothing_pending_while_somebody_waits_is_stuck() {
    let gate = gate(BUDGET);
    gate.begin(1, false, Box::new(NoClock), 1, |world, _| world.waiting = 1);
    let waits = gate.clone();
    run(
        vec![Box::pin(async move {
            waits.park(Seat(0), |_, _| {}).await;
        })],
        false,
    );
    assert_eq!(gate.with(|world, _| world.stop), Some(Stop::Stuck));
}

#[test]
fn occurrences_that_concern_nobody_fire_and_a_cancelled_one_does_not() {
    let gate = gate(BUDGET);
    gate.begin(1, true, Box::new(NoClock), 1, |_, _| {});
    let acts = gate.clone();
    run(
        vec![Box::pin(async move {
            acts.park(Seat(0), |_, agenda: &mut Agenda<What>| {
                agenda.speak_as(Seat(0), Who(0), 0, 1);
                for phase in [LOST, LATE] {
                    let name = Name::new(agenda.call(Seat(0), SAYS), phase);
                    let window = Window::exactly(Span::from_us(3));
                    agenda.start(name, window, Owner::Service, [None; 2], What::Nothing);
                }
                let name = Name::new(agenda.call(Seat(0), SAYS), NEVER);
                let what = What::Say(Seat(0), 9);
                agenda.start(name, Window::NOW, Owner::Service, [None; 2], what);
                agenda.cancel(|what| matches!(what, What::Say(_, 9)));
            })
            .await;
        })],
        false,
    );
    let picks = gate.with(|_, agenda| agenda.take_schedule()).unwrap().picks;
    let mut phases: Vec<u8> = picks.iter().map(|pick| pick.name.phase).collect();
    phases.sort_unstable();
    assert_eq!(phases, [LOST.word.number, LATE.word.number]);
    assert_eq!(gate.with(|world, _| world.stop), Some(Stop::Settled));
}

#[test]
fn waiters_outside_are_woken_when_the_gate_stays_shut_and_when_all_have_left() {
    let gate = gate(BUDGET);
    gate.begin(1, false, Box::new(NoClock), 1, |_, _| {});
    let log = Arc::new(Mutex::new(Vec::new()));
    let (inside, outside, told) = (gate.clone(), gate.clone(), log.clone());
    let window = Window::exactly(Span::from_us(1));
    run(
        vec![
            Box::pin(async move {
                outside.stopped().await;
                told.lock().unwrap().push("stopped");
            }),
            Box::pin(speaker(inside, Seat(0), 2, window)),
        ],
        false,
    );
    assert_eq!(*log.lock().unwrap(), ["stopped"]);
}
