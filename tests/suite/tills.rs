//! A second world that the mechanism is used for, without a server, documents or scenarios: tills
//! that sell the seats of a theatre. It is swept under every strategy and searched in every order.

use std::hash::{DefaultHasher, Hash, Hasher};

use deadheat::agenda::{
    Agenda, Budget, Core, Fired, Key, Name, Next, Observed, Owner, Pending, Phase, Schedule, Seat,
    Sort, State, Stop, Strategy, Supply, Symbol, Time, Who, Window, World, key_of,
};
use deadheat::explore::{
    Exhaustive, Explored, Exploring, Merge, Replay, StrategyName, Survey, Walk,
};
use deadheat_model::time::Span;

const WORKS: Symbol = Symbol::new(0, "works");
const LOOKS: Symbol = Symbol::new(1, "looks");
const SELLS: Symbol = Symbol::new(2, "sells");

const OPENS: Phase = Phase { word: Symbol::new(0, "opens"), sort: Sort::Begin };
const ARRIVES: Phase = Phase { word: Symbol::new(1, "arrives"), sort: Sort::Visit };

/// The theatre, which knows how often each of its places was sold.
struct Theatre {
    sold: Vec<u32>,
    /// Whether a place that is sold is not sold again. Otherwise, a till relies on what it saw.
    checks: bool,
}

#[derive(Clone, Copy, Hash)]
enum What {
    Opens(Seat),
    Looks(Seat),
    Sells(Seat, usize),
}

#[derive(Clone, Copy)]
enum Told {
    Opened,
    Saw(Option<usize>),
    Sold(bool),
}

impl World for Theatre {
    type What = What;
    type Reply = Told;

    fn fire(&mut self, _: Name, what: What, _: &mut Agenda<What>) -> Fired<Told> {
        match what {
            What::Opens(seat) => Fired::Wakes(seat, Told::Opened),
            What::Looks(seat) => {
                Fired::Wakes(seat, Told::Saw(self.sold.iter().position(|sold| *sold == 0)))
            }
            What::Sells(seat, place) => {
                let sells = !self.checks || self.sold[place] == 0;
                self.sold[place] += u32::from(sells);
                Fired::Wakes(seat, Told::Sold(sells))
            }
        }
    }

    fn is_waiting(&self) -> bool {
        false
    }

    fn over(&mut self, _: Stop, _: &Agenda<What>) {}

    fn state(&mut self, pending: &[Pending], whats: &[What]) -> State {
        let mut all: Vec<_> = pending.iter().map(|one| one.name.key()).zip(whats).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let mut hasher = DefaultHasher::new();
        (&self.sold, all).hash(&mut hasher);
        State { digest: hasher.finish().into(), is_broken: self.is_broken() }
    }
}

impl Theatre {
    fn is_broken(&self) -> bool {
        self.sold.iter().any(|sold| *sold > 1)
    }
}

/// A till opens, looks for a free place, and sells it. It looks again if the place was sold.
fn go_on(agenda: &mut Agenda<What>, seat: Seat, told: Told) {
    let window = Window::between(Span::from_ms(1), Span::from_ms(5));
    let (action, what) = match told {
        Told::Opened | Told::Sold(false) => (LOOKS, What::Looks(seat)),
        Told::Saw(Some(place)) => (SELLS, What::Sells(seat, place)),
        Told::Saw(None) | Told::Sold(true) => return,
    };
    let name = Name::new(agenda.call(seat, action), ARRIVES);
    agenda.start(name, window, Owner::Actor(seat), [Some(Key(0)), None], what);
}

struct Tills {
    core: Core<Theatre>,
    checks: bool,
}

impl Tills {
    fn new(strategy: Box<dyn Strategy>, checks: bool) -> Tills {
        let budget = Budget { picks: 1_000, time: Time::from_us(u64::MAX) };
        let theatre = Theatre { sold: Vec::new(), checks };
        Tills { core: Core::new(theatre, Agenda::new(strategy), budget), checks }
    }

    /// Plays a trial of two tills that sell two places.
    fn play(&mut self, seed: u64) -> Supply {
        let checks = self.checks;
        let supply = self.core.begin(seed, true, |theatre, agenda| {
            *theatre = Theatre { sold: vec![0; 2], checks };
            for till in 0..2 {
                let (seat, key) = (Seat(till), key_of(["till-1", "till-2"][till]));
                agenda.speak_as(seat, Who(till as u64), 0, key);
                let name = Name::new(agenda.call(seat, WORKS), OPENS);
                let window = Window::between(Span::ZERO, Span::from_ms(9));
                agenda.start(name, window, Owner::Actor(seat), [None; 2], What::Opens(seat));
            }
        });
        if supply == Supply::Nothing {
            return supply;
        }
        while let Ok(next) = self.core.advance() {
            let Next::Wakes(seat, told) = next else { unreachable!("no till restarts") };
            go_on(&mut self.core.agenda, seat, told);
        }
        if supply == Supply::Draft { self.play(seed) } else { supply }
    }

    fn ask<S: Strategy, T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(self.core.agenda.strategy().find().unwrap())
    }

    fn take_schedule(&mut self) -> Schedule {
        self.core.agenda.take_schedule().unwrap()
    }
}

fn survey() -> Survey {
    let blank = Survey::until(Time::from_us(1_000_000));
    let mut tills = Tills::new(Box::new(Observed::new(Box::new(Walk::default()), blank)), false);
    tills.play(1);
    tills.ask(|observed: &Observed<Survey>| observed.observer().clone())
}

/// Searches every order.
fn search(checks: bool, merge: Merge, twins: Vec<Vec<Who>>) -> Explored {
    let exploring = Exploring { merge, faults: 0, twins, switches: None };
    let mut tills = Tills::new(Box::new(Exhaustive::new(exploring)), checks);
    while tills.play(0) == Supply::Trial {}
    tills.ask(|exhaustive: &Exhaustive| exhaustive.explored().clone())
}

#[test]
fn every_strategy_sells_a_place_twice_and_none_does_where_the_theatre_checks() {
    let survey = survey();
    for name in StrategyName::ALL {
        let mut tills = Tills::new(name.strategy(&survey), false);
        let first = (1..=100).find(|seed| {
            tills.play(*seed);
            tills.core.world.is_broken()
        });
        assert!(first.is_some(), "{name}");
        let schedule = tills.take_schedule();
        let mut again = Tills::new(Box::new(Replay::new(schedule.clone())), false);
        again.play(0);
        assert!(again.core.world.is_broken() && again.take_schedule() == schedule, "{name}");
        assert_eq!(again.ask(|replay: &Replay| replay.divergence().cloned()), None, "{name}");
        let mut checked = Tills::new(name.strategy(&survey), true);
        let is_broken = |seed: u64| {
            checked.play(seed);
            checked.core.world.is_broken()
        };
        assert!(!(1..=200).any(is_broken), "{name}");
    }
}

/// Each till opens, looks and sells, so there are 20 orders. A place is sold twice if both tills
/// look before either of them sells: 6 orders of what comes before, and 2 of the sales.
#[test]
fn every_order_is_counted_and_a_theatre_that_checks_is_proved() {
    for merge in [Merge::Nothing, Merge::Equal] {
        let explored = search(false, merge, Vec::new());
        assert_eq!((explored.orders, explored.broken), (20, 12), "{merge:?}");
        assert!(explored.is_complete);
    }
    let twins = vec![vec![Who(0), Who(1)]];
    assert_eq!(search(false, Merge::Nothing, twins.clone()).orders, 10);
    for twins in [Vec::new(), twins] {
        let proved = search(true, Merge::United, twins);
        assert!(proved.is_complete && proved.broken == 0, "{proved:?}");
    }
}

#[test]
fn a_trial_of_a_seed_is_always_the_same() {
    let mut tills = Tills::new(Box::new(Walk::default()), false);
    let play = |tills: &mut Tills, seed: u64| {
        tills.play(seed);
        (tills.take_schedule(), tills.core.world.sold.clone())
    };
    let before: Vec<_> = (1..=50).map(|seed| play(&mut tills, seed)).collect();
    for seed in (1..=50).rev() {
        assert!(play(&mut tills, seed) == before[seed as usize - 1], "seed {seed}");
    }
}
