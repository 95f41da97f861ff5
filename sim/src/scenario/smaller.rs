//! Smaller scenarios: what can be left out of one, one step at a time. The result is a scenario
//! like any other: it can be printed, read again, and made smaller again.
//!
//! This module does not know what a smaller scenario is used for, or whether it still shows
//! anything.

use deadheat_model::id::{DocumentId, KindId};
use deadheat_model::property::PropertyId;
use deadheat_model::time::{Span, Window};

use super::{
    Action, Expect, Fault, FaultKind, Overlap, Scenario, Settings, Until, WorksOn, load, lower,
    print,
};

/// The size of a scenario. The most important part comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Users, processes, and the queue's workers if there are jobs.
    pub actors: u64,
    /// Loops that continue until some time.
    pub open_loops: u64,
    /// Iterations of other loops, and sections of documents.
    pub rounds: u64,
    /// The lines of what actors do.
    pub actions: u64,
    /// Faults, and the possible outcomes of runs besides their usual one.
    pub faults: u64,
    /// Documents, kinds of job, and the features of jobs, users, the queue and the client that are
    /// switched on.
    pub features: u64,
    /// How many times jobs, calls and lists are tried again, and how many times runs ask for tools.
    pub again: u64,
    /// The maximum time that runs are at work and that faults last, in microseconds.
    pub longest: u64,
}

impl Extent {
    /// Returns the extent of this scenario.
    pub fn of(scenario: &Scenario) -> Extent {
        let counts = scenario.users.iter().map(|user| user.count);
        let counts = counts.chain(scenario.processes.iter().map(|process| process.count));
        let workers = if scenario.jobs.is_empty() { 0 } else { scenario.queue.workers };
        let sections = scenario.documents.iter().map(|document| u64::from(document.sections));
        let mut extent = Extent {
            actors: counts.chain([workers]).map(u64::from).sum(),
            open_loops: 0,
            rounds: sections.sum::<u64>(),
            actions: 0,
            faults: (scenario.faults.len() + scenario.server.outcomes.len()) as u64 - 1,
            features: features(scenario),
            again: again(scenario),
            longest: longest(scenario),
        };
        lists(scenario).for_each(|list| extent.count(list));
        extent
    }
}

/// Returns the scenario with at most this many actors of each kind, and with loops that go round at
/// most as often if they make jobs. Returns `None` if it has no more than that.
pub fn at_most(scenario: &Scenario, most: u16) -> Option<Scenario> {
    let mut fewer = scenario.clone();
    let users = fewer.users.iter_mut().map(|user| &mut user.count);
    let processes = fewer.processes.iter_mut().map(|process| &mut process.count);
    let workers = std::iter::once(&mut fewer.queue.workers);
    users.chain(processes).chain(workers).for_each(|count| *count = (*count).min(most));
    lists_mut(&mut fewer).for_each(|list| limit_jobs(list, most.into()));
    (fewer != *scenario).then_some(fewer)
}

fn limit_jobs(list: &mut [Action], most: u32) {
    for action in list {
        if let Action::Repeat { until: Until::Times(times), list, .. } = action
            && makes_jobs(list)
        {
            *times = (*times).min(most);
        }
        action.lists_mut().into_iter().for_each(|list| limit_jobs(list, most));
    }
}

fn makes_jobs(list: &[Action]) -> bool {
    lower::any(list, &|action| matches!(action, Action::Click { .. } | Action::Dispatch { .. }))
}

/// Returns how many times something is tried again, or asked for again.
fn again(scenario: &Scenario) -> u64 {
    let tries: u64 = scenario.jobs.iter().map(|job| u64::from(job.tries)).sum();
    let calls = scenario.client.retries + scenario.server.rules.tool_turns;
    let mut again = tries + u64::from(calls);
    lists(scenario).for_each(|list| {
        lower::every(list, &mut |action| {
            if let Action::Retry { times, .. } = action {
                again += u64::from(*times);
            }
        });
    });
    again
}

/// Returns how long runs are at work and faults last at most, in microseconds.
fn longest(scenario: &Scenario) -> u64 {
    let faults = scenario.faults.iter().map(|fault| {
        let mut kind = fault.kind;
        let windows = kind.windows_mut().into_iter().map(|window| window.latest.as_us());
        windows.sum::<u64>() + fault.during.latest.as_us()
    });
    scenario.server.rules.run_time.latest.as_us() + faults.sum::<u64>()
}

/// Returns how long runs are at work, and when and how long faults strike.
fn windows_mut(scenario: &mut Scenario) -> Vec<&mut Window> {
    let faults = scenario.faults.iter_mut().flat_map(|fault| {
        let mut windows = fault.kind.windows_mut();
        windows.push(&mut fault.during);
        windows
    });
    std::iter::once(&mut scenario.server.rules.run_time).chain(faults).collect()
}

impl Extent {
    fn count(&mut self, list: &[Action]) {
        for action in list {
            self.actions += 1;
            if let Action::Repeat { until, .. } = action {
                match until {
                    Until::Times(times) => self.rounds += u64::from(*times),
                    Until::During(_) => self.open_loops += 1,
                }
            }
            action.lists().into_iter().for_each(|list| self.count(list));
        }
    }
}

fn lists(scenario: &Scenario) -> impl Iterator<Item = &Vec<Action>> {
    let users = scenario.users.iter().map(|user| &user.list);
    let processes = scenario.processes.iter().map(|process| &process.list);
    users.chain(processes).chain(scenario.jobs.iter().map(|job| &job.list))
}

fn lists_mut(scenario: &mut Scenario) -> impl Iterator<Item = &mut Vec<Action>> {
    let users = scenario.users.iter_mut().map(|user| &mut user.list);
    let processes = scenario.processes.iter_mut().map(|process| &mut process.list);
    users.chain(processes).chain(scenario.jobs.iter_mut().map(|job| &mut job.list))
}

fn features(scenario: &Scenario) -> u64 {
    let jobs = scenario.jobs.iter().map(|job| {
        let is_on = [
            job.tries > 1,
            job.timeout.is_some(),
            job.unique,
            job.unique_for.is_some(),
            job.overlap != Overlap::Allow,
            job.overlap_for.is_some(),
        ];
        is_on.into_iter().filter(|is_on| *is_on).count() as u64
    });
    let debounced = scenario.users.iter().filter(|user| user.debounce.is_some()).count();
    let parts = scenario.documents.len() + scenario.jobs.len() + debounced;
    let redelivers = u64::from(scenario.queue.retry_after.is_some());
    let retries = u64::from(scenario.client.retries > 0);
    jobs.sum::<u64>() + parts as u64 + redelivers + retries
}

/// Returns the scenario with this summary. The only expectation is that this property breaks.
#[must_use]
pub fn retold(mut scenario: Scenario, summary: String, breaks: PropertyId) -> Scenario {
    let is_allowed = |id: &PropertyId| ![breaks, PropertyId::OneActiveRun].contains(id);
    let allows = PropertyId::ALL.into_iter().filter(is_allowed).collect();
    scenario.expect = Some(Expect { violates: vec![breaks], allows, ..Expect::default() });
    scenario.summary = summary;
    scenario
}

/// Returns the scenario as it is read after it is printed. `None` if it has mistakes.
pub fn reread(scenario: &Scenario) -> Option<Scenario> {
    load(&print(scenario), &Settings::new()).scenario
}

/// Returns every scenario that is one step smaller, larger steps first. Not all of them are sound.
pub fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let mut steps = Steps { scenario, found: Vec::new() };
    steps.actors();
    steps.rounds();
    steps.actions();
    steps.faults();
    steps.features();
    steps.again();
    steps.times();
    let extent = Extent::of(scenario);
    steps.found.retain(|smaller| Extent::of(smaller) < extent);
    steps.found
}

/// A loop that continued until some time gets fewer iterations than this instead.
const ROUNDS: u64 = 9;

struct Steps<'a> {
    scenario: &'a Scenario,
    found: Vec<Scenario>,
}

/// Returns the lower counts to try: one, two, half, and one less.
fn fewer(count: u64) -> Vec<u64> {
    let mut fewer = vec![1, 2, count / 2, count.saturating_sub(1)];
    fewer.retain(|fewer| *fewer > 0 && *fewer < count);
    fewer.sort_unstable();
    fewer.dedup();
    fewer
}

/// Returns the shorter windows to try. They end after a second, after half of the longest time in
/// whole seconds, and finally at the shortest time.
fn shorter(window: Window) -> Vec<Window> {
    const SECOND: u64 = 1_000_000;
    let up_to = |latest: Span| Window { earliest: window.earliest.min(latest), latest };
    let half = window.latest.as_us() / 2 / SECOND * SECOND;
    let mut shorter = vec![
        up_to(Span::from_us(SECOND)),
        up_to(Span::from_us(half.max(SECOND))),
        up_to(window.earliest),
    ];
    shorter.retain(|shorter| shorter.latest < window.latest);
    shorter.dedup();
    shorter
}

impl Steps<'_> {
    fn step(&mut self, rewrite: impl FnOnce(&mut Scenario)) {
        let mut smaller = self.scenario.clone();
        rewrite(&mut smaller);
        self.found.push(smaller);
    }

    fn actors(&mut self) {
        for place in 0..self.scenario.users.len() {
            self.step(|scenario| drop(scenario.users.remove(place)));
            for count in fewer(u64::from(self.scenario.users[place].count)) {
                self.step(|scenario| scenario.users[place].count = count as u16);
            }
        }
        for place in 0..self.scenario.processes.len() {
            self.step(|scenario| drop(scenario.processes.remove(place)));
            for count in fewer(u64::from(self.scenario.processes[place].count)) {
                self.step(|scenario| scenario.processes[place].count = count as u16);
            }
        }
        for workers in fewer(u64::from(self.scenario.queue.workers)) {
            self.step(|scenario| scenario.queue.workers = workers as u16);
        }
    }

    fn rounds(&mut self) {
        for place in 0..self.scenario.documents.len() {
            let sections = u64::from(self.scenario.documents[place].sections);
            for sections in fewer(sections) {
                self.step(|scenario| scenario.documents[place].sections = sections as u16);
            }
        }
        for place in 0..Extent::of(self.scenario).actions {
            let times = match action_at(self.scenario, place) {
                Some(Action::Repeat { until: Until::Times(times), .. }) => u64::from(*times),
                Some(Action::Repeat { until: Until::During(_), .. }) => ROUNDS,
                _ => continue,
            };
            for fewer in fewer(times) {
                self.edit(place, |mut action| {
                    if let Action::Repeat { until, .. } = &mut action {
                        *until = Until::Times(fewer as u32);
                    }
                    vec![action]
                });
            }
        }
    }

    /// Leaves out each action with all that is within it, or replaces it by what is within it.
    fn actions(&mut self) {
        for place in 0..Extent::of(self.scenario).actions {
            self.edit(place, |_| Vec::new());
        }
        for place in 0..Extent::of(self.scenario).actions {
            let lists = action_at(self.scenario, place).map_or(0, |action| action.lists().len());
            for inner in 0..lists {
                self.edit(place, |mut action| std::mem::take(action.lists_mut()[inner]));
            }
        }
    }

    /// Replaces the action with this number by the result of `with`.
    fn edit(&mut self, place: u64, with: impl Fn(Action) -> Vec<Action>) {
        self.step(|scenario| {
            let mut place = Some(place);
            lists_mut(scenario).for_each(|list| edit(list, &mut place, &with));
        });
    }

    fn faults(&mut self) {
        if self.scenario.faults.len() > 1 {
            self.step(|scenario| scenario.faults.clear());
        }
        for place in 0..self.scenario.faults.len() {
            self.step(|scenario| drop(scenario.faults.remove(place)));
        }
        for place in 0..self.scenario.server.outcomes.len() {
            self.step(|scenario| {
                let outcomes = &mut scenario.server.outcomes;
                if outcomes.len() > 1 {
                    outcomes.remove(place);
                }
            });
        }
    }

    fn features(&mut self) {
        self.step(|scenario| scenario.queue.retry_after = None);
        self.step(|scenario| scenario.client.retries = 0);
        for place in 0..self.scenario.users.len() {
            self.step(|scenario| scenario.users[place].debounce = None);
        }
        for place in 0..self.scenario.jobs.len() {
            self.step(|scenario| scenario.jobs[place].tries = 1);
            self.step(|scenario| scenario.jobs[place].timeout = None);
            self.step(|scenario| scenario.jobs[place].unique_for = None);
            self.step(|scenario| {
                (scenario.jobs[place].unique, scenario.jobs[place].unique_for) = (false, None);
            });
            self.step(|scenario| scenario.jobs[place].overlap_for = None);
            self.step(|scenario| {
                let job = &mut scenario.jobs[place];
                (job.overlap, job.overlap_for) = (Overlap::Allow, None);
            });
            self.without_job(KindId(place as u16));
        }
        for place in 0..self.scenario.documents.len() {
            self.without_document(DocumentId(place as u16));
        }
    }

    /// Reduces how many times something is tried again.
    fn again(&mut self) {
        for place in 0..self.scenario.jobs.len() {
            for tries in fewer(u64::from(self.scenario.jobs[place].tries)) {
                self.step(|scenario| scenario.jobs[place].tries = tries as u16);
            }
        }
        for retries in fewer(u64::from(self.scenario.client.retries)) {
            self.step(|scenario| scenario.client.retries = retries as u32);
        }
        for turns in fewer(u64::from(self.scenario.server.rules.tool_turns)) {
            self.step(|scenario| scenario.server.rules.tool_turns = turns as u32);
        }
        for place in 0..Extent::of(self.scenario).actions {
            let Some(Action::Retry { times, .. }) = action_at(self.scenario, place) else {
                continue;
            };
            for fewer in fewer(u64::from(*times)) {
                self.edit(place, |mut action| {
                    if let Action::Retry { times, .. } = &mut action {
                        *times = fewer as u32;
                    }
                    vec![action]
                });
            }
        }
    }

    /// Makes runs shorter, and makes faults strike earlier and last for a shorter time.
    fn times(&mut self) {
        let mut scenario = self.scenario.clone();
        for (place, window) in windows_mut(&mut scenario).into_iter().enumerate() {
            for shorter in shorter(*window) {
                self.step(|scenario| *windows_mut(scenario)[place] = shorter);
            }
        }
    }

    /// Removes a kind of job that no actor dispatches.
    fn without_job(&mut self, gone: KindId) {
        let is_of = |action: &Action| action.job() == Some(gone);
        let is_struck =
            |fault: &Fault| matches!(fault.kind, FaultKind::Attempt(job, ..) if job == gone);
        let strikes = self.scenario.faults.iter().any(is_struck);
        if strikes || lists(self.scenario).any(|list| lower::any(list, &is_of)) {
            return;
        }
        let move_up = |job: &mut KindId| job.0 -= u16::from(job.0 > gone.0);
        self.step(|scenario| {
            scenario.jobs.remove(usize::from(gone.0));
            for list in lists_mut(scenario) {
                each(list, &mut |action| {
                    if let Action::Click { job, .. } | Action::Dispatch { job, .. } = action {
                        move_up(job);
                    }
                });
            }
            for fault in &mut scenario.faults {
                if let FaultKind::Attempt(job, ..) = &mut fault.kind {
                    move_up(job);
                }
            }
        });
    }

    /// Removes a document on which no actor works.
    fn without_document(&mut self, gone: DocumentId) {
        let is_of = |action: &Action| action.document() == Some(gone);
        let works = |works_on: WorksOn| match works_on {
            WorksOn::Document(document) | WorksOn::OwnCopy(document) => document == gone,
            WorksOn::Thread(_) | WorksOn::Nothing => false,
        };
        if self.scenario.processes.iter().any(|process| works(process.works_on))
            || lists(self.scenario).any(|list| lower::any(list, &is_of))
        {
            return;
        }
        let move_up = |document: &mut DocumentId| document.0 -= u16::from(document.0 > gone.0);
        self.step(|scenario| {
            scenario.documents.remove(usize::from(gone.0));
            for list in lists_mut(scenario) {
                each(list, &mut |action| {
                    if let Action::Click { document, .. }
                    | Action::Dispatch { document: Some(document), .. } = action
                    {
                        move_up(document);
                    }
                });
            }
            for process in &mut scenario.processes {
                match &mut process.works_on {
                    WorksOn::Document(document) | WorksOn::OwnCopy(document) => move_up(document),
                    WorksOn::Thread(_) | WorksOn::Nothing => {}
                }
            }
        });
    }
}

/// Returns the action with this number, counted through all lists.
fn action_at(scenario: &Scenario, place: u64) -> Option<&Action> {
    fn find<'a>(list: &'a [Action], place: &mut u64) -> Option<&'a Action> {
        for action in list {
            if *place == 0 {
                return Some(action);
            }
            *place -= 1;
            let within = action.lists().into_iter().find_map(|list| find(list, place));
            if within.is_some() {
                return within;
            }
        }
        None
    }
    let mut place = place;
    lists(scenario).find_map(|list| find(list, &mut place))
}

/// Replaces the action with this number by the result of `with`. After that, `place` is `None`.
fn edit(list: &mut Vec<Action>, place: &mut Option<u64>, with: &impl Fn(Action) -> Vec<Action>) {
    for index in 0..list.len() {
        let Some(left) = place else { return };
        if *left == 0 {
            let action = list.remove(index);
            list.splice(index..index, with(action));
            *place = None;
            return;
        }
        *left -= 1;
        list[index].lists_mut().into_iter().for_each(|list| edit(list, place, with));
    }
}

fn each(list: &mut [Action], rewrite: &mut impl FnMut(&mut Action)) {
    for action in list {
        action.lists_mut().into_iter().for_each(|list| each(list, rewrite));
        rewrite(action);
    }
}
