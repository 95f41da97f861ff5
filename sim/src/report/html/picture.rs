//! The picture of a trial: a lane for each actor, each lock and each thread, over time. Position is
//! identity, and color is meaning. It needs no script and no fixed width: every x is a share of it.

mod places;
mod shapes;
mod things;

pub(super) use self::shapes::shape;

use std::collections::BTreeSet;

use deadheat_model::history::{Event, What};
use deadheat_model::id::{Actor, LockName, ThreadId};
use deadheat_model::time::Time;
use maud::{Markup, html};

use self::shapes::{Labels, shown_ms};
use super::axis::Axis;
use super::marks::{Kind, Mark, actors, marks};
use crate::record::{Account, Trial};

/// More actors than this have no lanes, unless they take part in what is shown.
const ACTORS_MAX: usize = 16;

/// More locks and threads than this have no lanes.
const THINGS_MAX: usize = 8;

/// More marks than this are drawn without labels and lines.
const LABELS_MAX: usize = 240;

/// More marks than this are not drawn, except near what is shown.
const MARKS_MAX: usize = 1_500;

/// The room above the lanes, in pixels.
const TOP: f64 = 44.0;

/// What is shown.
pub(super) struct Scene<'a> {
    pub(super) trial: &'a Trial,
    pub(super) account: &'a Account,
    /// The events with a numbered disc, each with its number.
    pub(super) discs: Vec<(usize, usize)>,
    /// A look on which an actor relied, what came in between, and when it acted.
    pub(super) stale: Option<Stale>,
    /// A moment, with what it says.
    pub(super) moment: Option<(Time, String)>,
    /// A first difference from another trial.
    pub(super) difference: Option<Time>,
    /// What has to be seen.
    pub(super) focus: Option<Time>,
    /// What tells the ids of this picture from those of others.
    pub(super) id: &'static str,
}

/// A look that became stale, by the places of events.
#[derive(Clone, Copy)]
pub(super) struct Stale {
    pub(super) relied: usize,
    pub(super) between: Option<usize>,
    pub(super) acted: usize,
}

/// A picture and the names beside it.
pub(super) struct Picture {
    pub(super) names: Vec<Name>,
    pub(super) height: f64,
    pub(super) svg: Markup,
    /// What is folded or left out, in sentences.
    pub(super) notes: Vec<String>,
    /// The kinds of marks in it.
    pub(super) kinds: Vec<Kind>,
    /// Whether events have numbers in it.
    pub(super) has_discs: bool,
}

/// The name of a lane.
pub(super) struct Name {
    pub(super) y: f64,
    pub(super) text: String,
    pub(super) about: String,
}

/// What a lane is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Actor(Actor),
    Lock(LockName),
    Thread(ThreadId),
}

struct Lane {
    owner: Owner,
    y: f64,
    height: f64,
}

/// A stretch on a lane.
struct Bar {
    class: &'static str,
    y: f64,
    height: f64,
    from: Time,
    to: Time,
    label: String,
}

/// Returns a share as it is written.
pub(super) fn pc(x: f64) -> String {
    format!("{x:.2}%")
}

/// Draws the picture.
pub(super) fn picture(scene: &Scene<'_>) -> Picture {
    Drawing::new(scene).draw()
}

struct Drawing<'a> {
    scene: &'a Scene<'a>,
    events: &'a [Event],
    axis: Axis,
    lanes: Vec<Lane>,
    marks: Vec<Mark>,
    bottom: f64,
    notes: Vec<String>,
    /// Whether there is room for labels.
    is_dense: bool,
}

impl<'a> Drawing<'a> {
    fn new(scene: &'a Scene<'a>) -> Drawing<'a> {
        let events = scene.trial.history.events.as_slice();
        let times: Vec<Time> = events.iter().map(|event| event.at).collect();
        let mut drawing = Drawing {
            scene,
            events,
            axis: Axis::new(&times, scene.focus),
            lanes: Vec::new(),
            marks: marks(&scene.trial.history),
            bottom: TOP,
            notes: Vec::new(),
            is_dense: false,
        };
        drawing.set_lanes();
        drawing.limit_marks();
        drawing
    }

    /// Returns the actors of the numbered events and of what the trial breaks.
    fn taking_part(&self) -> BTreeSet<Actor> {
        let discs = self.scene.discs.iter().map(|(event, _)| *event);
        let broken = self.scene.trial.violations.iter().map(|one| one.witnesses.first.event.0);
        let stale = self.scene.stale.iter().flat_map(|stale| [stale.relied, stale.acted]);
        let all = discs.chain(broken).chain(stale);
        all.filter_map(|event| self.events[event].by).collect()
    }

    fn set_lanes(&mut self) {
        let mut actors = actors(&self.marks);
        if actors.len() > ACTORS_MAX {
            let part = self.taking_part();
            let mut kept = ACTORS_MAX.saturating_sub(part.len());
            let before = actors.len();
            actors.retain(|actor| {
                let is_other = !part.contains(actor);
                let has_room = kept > 0;
                kept -= usize::from(is_other && has_room);
                !is_other || has_room
            });
            let left_out = before - actors.len();
            self.notes
                .push(format!("{left_out} of {before} actors are not drawn; the table has them"));
        }
        let (mut locks, mut threads) = (Vec::new(), Vec::new());
        for event in self.events {
            if let What::LockTaken { lock } = event.what
                && !locks.contains(&lock)
            {
                locks.push(lock);
            } else if let What::Message { thread, .. } | What::RunCreated { thread, .. } =
                event.what
                && !threads.contains(&thread)
            {
                threads.push(thread);
            }
        }
        for (what, count) in [("locks", locks.len()), ("threads", threads.len())] {
            if count > THINGS_MAX {
                let left_out = count - THINGS_MAX;
                self.notes.push(format!("{left_out} of {count} {what} are not drawn"));
            }
        }
        let height = match actors.len() {
            0..=6 => 54.0,
            7..=10 => 40.0,
            _ => 28.0,
        };
        let owners = actors.into_iter().map(|actor| (Owner::Actor(actor), height));
        let locks = locks.into_iter().take(THINGS_MAX).map(|lock| (Owner::Lock(lock), 38.0));
        let threads = threads.into_iter().take(THINGS_MAX);
        let threads = threads.map(|thread| (Owner::Thread(thread), 50.0));
        for (owner, height) in owners.chain(locks).chain(threads) {
            self.lanes.push(Lane { owner, y: self.bottom + height / 2.0, height });
            self.bottom += height;
        }
    }

    fn limit_marks(&mut self) {
        let before = self.marks.len();
        let drawn: Vec<Actor> = self.actors().map(|(actor, _)| actor).collect();
        self.marks.retain(|mark| drawn.contains(&mark.by));
        self.is_dense = self.marks.len() > LABELS_MAX;
        if self.marks.len() > MARKS_MAX {
            let focus = self.scene.focus.unwrap_or_default().as_us();
            let away = |mark: &Mark| self.events[mark.event].at.as_us().abs_diff(focus);
            let mut order: Vec<usize> = (0..self.marks.len()).collect();
            order.sort_by_key(|place| away(&self.marks[*place]));
            let kept: BTreeSet<usize> = order.into_iter().take(MARKS_MAX).collect();
            let mut place = 0;
            self.marks.retain(|_| {
                place += 1;
                kept.contains(&(place - 1))
            });
        }
        if self.marks.len() < before {
            let (drawn, all) = (self.marks.len(), before);
            self.notes
                .push(format!("{drawn} of {all} marks are drawn, those around the violation"));
        }
    }

    fn actors(&self) -> impl Iterator<Item = (Actor, &Lane)> {
        self.lanes.iter().filter_map(|lane| match lane.owner {
            Owner::Actor(actor) => Some((actor, lane)),
            Owner::Lock(_) | Owner::Thread(_) => None,
        })
    }

    fn y(&self, owner: Owner) -> Option<f64> {
        self.lanes.iter().find(|lane| lane.owner == owner).map(|lane| lane.y)
    }

    fn x(&self, time: Time) -> f64 {
        self.axis.x(time)
    }

    fn draw(mut self) -> Picture {
        let names = self.lanes.iter().map(|lane| self.name(lane)).collect();
        let mut labels = self.taken();
        let grouped = self.grouped();
        let bars = self.bars();
        let (wires, drops) = self.lines();
        let shown = self.marks_drawn(&grouped, &mut labels);
        let bottom = self.bottom;
        let height = bottom + 46.0;
        let id = self.scene.id;
        let hatch = format!("{id}-hatch");
        let svg = html! {
            defs {
                pattern id=(hatch) width="7" height="7" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)" {
                    rect width="7" height="7" class="stale-paper" {}
                    line x1="0" x2="0" y1="0" y2="7" class="stale-line" {}
                }
            }
            @for (place, lane) in self.lanes.iter().enumerate() {
                @if place % 2 == 0 {
                    rect x="0" y=(lane.y - lane.height / 2.0) width="100%" height=(lane.height)
                        class="stripe" {}
                }
            }
            @for (actor, lane) in self.actors() { (self.life(actor, lane)) }
            (self.stale(&hatch))
            @for bar in &bars {
                rect x=(pc(self.x(bar.from))) y=(bar.y - bar.height / 2.0)
                    width=(pc((self.x(bar.to) - self.x(bar.from)).max(0.15))) height=(bar.height)
                    rx="3" class=(bar.class) { title { (bar.label) } }
            }
            (wires)
            (drops)
            (self.cuts(bottom))
            (self.messages())
            (self.moment(bottom))
            (shown)
            @for bar in bars.iter().filter(|bar| !self.is_dense && self.has_room(bar)) {
                text x=(pc(self.x(bar.from))) dx="26" y=(bar.y + 4.0)
                    class=(format!("in {}", bar.class)) { (bar.label) }
            }
            (self.discs())
            (self.axis_drawn(bottom))
        };
        self.notes.extend(self.stale_said());
        let mut kinds: Vec<Kind> = self.marks.iter().map(|mark| mark.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for cut in &self.axis.cuts {
            let span = shown_ms(cut.span.as_us() as f64 / 1e3);
            self.notes.push(format!("{span} without an event are left out"));
        }
        if let Some(times) = self.axis.magnified {
            self.notes.push(format!("the beginning is magnified {times:.0} times"));
        }
        if self.is_dense {
            self.notes.push("the labels of so dense a trial are in the table".to_owned());
        }
        let has_discs = !self.scene.discs.is_empty();
        Picture { names, height, svg, notes: self.notes, kinds, has_discs }
    }

    fn name(&self, lane: &Lane) -> Name {
        let cast = &self.scene.trial.history.cast;
        let (name, about) = match lane.owner {
            Owner::Actor(actor) => {
                let worker = self.events.iter().find_map(|event| {
                    if let What::Started { worker } = event.what
                        && event.by == Some(actor)
                    {
                        worker
                    } else {
                        None
                    }
                });
                let about = worker.map_or_else(String::new, |worker| format!("on worker {worker}"));
                (cast.name(actor), about)
            }
            Owner::Lock(lock) => (cast.lock(lock), "lock".to_owned()),
            Owner::Thread(thread) => (thread.to_string(), "on the server".to_owned()),
        };
        Name { y: lane.y, text: name, about }
    }

    /// Returns the room that labels may not have: that of discs and of cuts.
    fn taken(&self) -> Labels {
        let discs = self.scene.discs.iter().filter_map(|(event, _)| self.disc(*event));
        let discs = discs.map(|(x, y)| [x - 1.1, x + 1.1, y - 10.0, y + 10.0]);
        let cuts = self.axis.cuts.iter().map(|cut| [cut.left, cut.right, 0.0, self.bottom]);
        let marks = self.marks.iter().filter_map(|mark| {
            let (x, y) = (self.x(self.events[mark.event].at), self.y(Owner::Actor(mark.by))?);
            Some([x - 0.5, x + 0.5, y - 5.0, y + 5.0])
        });
        Labels(discs.chain(cuts).chain(marks).collect())
    }
}
