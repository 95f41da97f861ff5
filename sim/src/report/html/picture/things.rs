//! What is drawn besides marks: lives, runs, locks, the ways of calls, messages and the axis.

use std::collections::BTreeSet;

use deadheat_model::history::{Event, What};
use deadheat_model::id::Actor;
use deadheat_model::time::Time;
use maud::{Markup, html};

use super::super::marks::{Kind, Mark};
use super::shapes::{LETTER, shown_ms};
use super::{Bar, Drawing, Lane, Owner, Stale, TOP, pc};
use crate::record::Moment;

impl Drawing<'_> {
    /// Draws the time from an actor's first event to its last.
    pub(super) fn life(&self, actor: Actor, lane: &Lane) -> Markup {
        let mut own = self.events.iter().filter(|event| event.by == Some(actor));
        let first = own.next().map(|event| event.at).unwrap_or_default();
        let last = own.next_back().map_or(first, |event| event.at);
        html! {
            line x1=(pc(self.x(first))) x2=(pc(self.x(last))) y1=(lane.y) y2=(lane.y)
                class="life" {}
        }
    }

    /// Returns the runs on their threads, and the locks with their holders.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let cast = &self.scene.trial.history.cast;
        let end = self.events.last().map(|event| event.at).unwrap_or_default();
        let mut bars = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            if let What::RunCreated { run, thread, .. } = event.what {
                let Some(y) = self.y(Owner::Thread(thread)) else { continue };
                let to = self.events[place..].iter().find(|later| later.ends(run));
                let ends = to.map(|to| to.at);
                let label = match ends {
                    Some(at) => format!("{run} until {at} s"),
                    None => format!("{run} does not end"),
                };
                let (from, to) = (event.at, ends.unwrap_or(end));
                bars.push(Bar { class: "active", y, height: 24.0, from, to, label });
            } else if let What::LockTaken { lock } = event.what {
                let Some(y) = self.y(Owner::Lock(lock)) else { continue };
                let by = event.by;
                let is_over = |later: &&Event| {
                    if let What::LockFreed { lock: of, holder, .. } = later.what {
                        of == lock && Some(holder) == by
                    } else if let What::LockLeft { lock: of, holder, .. } = later.what {
                        of == lock && Some(holder) == by
                    } else {
                        false
                    }
                };
                let to = self.events[place + 1..].iter().find(is_over);
                let to = to.map_or(end, |to| to.at);
                let holder = by.map(|by| cast.name(by)).unwrap_or_default();
                let (from, label) = (event.at, format!("held by {holder}"));
                bars.push(Bar { class: "held", y, height: 20.0, from, to, label });
            }
        }
        bars
    }

    pub(super) fn has_room(&self, bar: &Bar) -> bool {
        let letters = bar.label.chars().count() as f64;
        self.x(bar.to) - self.x(bar.from) > letters * LETTER + 3.0
    }

    /// Draws the way of each call along its actor's lane, and down to what it reaches.
    pub(super) fn lines(&self) -> (Markup, Markup) {
        if self.is_dense {
            return (html! {}, html! {});
        }
        let (mut wires, mut drops) = (Vec::new(), Vec::new());
        for fired in &self.scene.account.picks {
            let call = fired.name.call;
            let is_call = fired.name.moment() == Moment::Arrives;
            let Some(y) = self.y(Owner::Actor(call.actor())).filter(|_| is_call) else { continue };
            wires.push((y, fired.since, fired.at));
        }
        // Refusals behind an actor's first one, and polls, have no line.
        let mut refused: BTreeSet<Actor> = BTreeSet::new();
        for mark in self.marks.iter().filter(|mark| mark.kind != Kind::Poll) {
            if mark.kind == Kind::Refused && !refused.insert(mark.by) {
                continue;
            }
            let event = &self.events[mark.event];
            let (thread, lock) = if let What::Answered { thread, .. } = event.what {
                (thread, None)
            } else if let What::LockTaken { lock }
            | What::LockBusy { lock, .. }
            | What::LockLeft { lock, .. }
            | What::LockFreed { lock, .. } = event.what
            {
                (None, Some(lock))
            } else {
                continue;
            };
            let owner = thread.map(Owner::Thread).or(lock.map(Owner::Lock));
            let to = owner.and_then(|owner| self.y(owner));
            let from = self.y(Owner::Actor(mark.by));
            if let (Some(from), Some(to)) = (from, to) {
                drops.push((mark, event.at, from, to - 12.0));
            }
        }
        let class = |mark: &Mark| {
            if let Kind::Refused = mark.kind {
                "drop bad"
            } else if let Kind::Look | Kind::Poll | Kind::Busy = mark.kind {
                "drop read"
            } else {
                "drop"
            }
        };
        let wires = html! {
            @for (y, from, to) in wires {
                line x1=(pc(self.x(from))) x2=(pc(self.x(to))) y1=(y) y2=(y) class="wire" {}
            }
        };
        let drops = html! {
            @for (mark, at, from, to) in drops {
                line x1=(pc(self.x(at))) x2=(pc(self.x(at))) y1=(from) y2=(to)
                    class=(class(mark)) data-e=(mark.event) {}
            }
        };
        (wires, drops)
    }

    /// Draws the messages on their threads.
    pub(super) fn messages(&self) -> Markup {
        let found = self.events.iter().filter_map(|event| {
            if let What::Message { thread, message, .. } = event.what {
                Some((self.x(event.at), self.y(Owner::Thread(thread))?, message))
            } else {
                None
            }
        });
        let mut last = (0.0, f64::MIN);
        let mut has_room = |x: f64, y: f64, letters: usize| {
            let is_free = (last.0 - y).abs() > 1.0 || x - last.1 > letters as f64 * LETTER;
            if is_free {
                last = (y, x);
            }
            is_free && !self.is_dense
        };
        html! {
            @for (x, y, message) in found {
                rect x=(pc(x)) y=(y - 10.0) width="4" height="20" rx="1" class="note"
                    transform="translate(-2 0)" { title { (message) } }
                @if has_room(x, y, message.to_string().len()) {
                    text x=(pc(x)) y=(y + 25.0) text-anchor="middle" class="tick" { (message) }
                }
            }
        }
    }

    /// Returns the time of the look that an actor relied on, since when it was out of date, and
    /// when the actor acted.
    pub(super) fn stale_times(&self) -> Option<(Actor, Time, Option<Time>, Time)> {
        let Stale { relied, between, acted } = self.scene.stale?;
        let [look, act] = [relied, acted].map(|event| &self.events[event]);
        let by = act.by.filter(|_| look.by == act.by && look.at < act.at)?;
        let since = between.map(|event| self.events[event].at);
        let since = since.filter(|since| look.at < *since && *since < act.at);
        Some((by, look.at, since, act.at))
    }

    pub(super) fn stale_said(&self) -> Option<String> {
        let (_, look, since, act) = self.stale_times()?;
        let age = |from: Time| shown_ms((act - from).as_us() as f64 / 1e3);
        let old = format!("what it relied on was {} old", age(look));
        Some(match since {
            Some(since) => format!("{old}, and out of date for the last {}", age(since)),
            None => old,
        })
    }

    /// Draws the time in which an actor relied on a look, hatched once it was out of date.
    pub(super) fn stale(&self, hatch: &str) -> Markup {
        let Some((by, look, since, act)) = self.stale_times() else { return html! {} };
        let Some(y) = self.y(Owner::Actor(by)) else { return html! {} };
        let width = |from: Time| pc(self.x(act) - self.x(from));
        html! {
            rect x=(pc(self.x(look))) y=(y - 9.0) width=(width(look)) height="18" class="look" {}
            @if let Some(since) = since {
                rect x=(pc(self.x(since))) y=(y - 9.0) width=(width(since)) height="18"
                    class="stale" fill=(format!("url(#{hatch})")) {}
            }
        }
    }

    pub(super) fn moment(&self, bottom: f64) -> Markup {
        let line = |time: Time, class: &str, text: &str, y: f64| {
            let x = self.x(time);
            let (anchor, dx) = if x > 50.0 { ("end", "-6") } else { ("start", "6") };
            html! {
                line x1=(pc(x)) x2=(pc(x)) y1="24" y2=(bottom) class=(class) {}
                text x=(pc(x)) dx=(dx) y=(y) text-anchor=(anchor)
                    class=(format!("{class}-label")) { (text) }
            }
        };
        html! {
            @if let Some((time, text)) = &self.scene.moment { (line(*time, "moment", text, 16.0)) }
            @if let Some(time) = self.scene.difference {
                (line(time, "difference", "first difference", 32.0))
            }
        }
    }

    pub(super) fn axis_drawn(&self, bottom: f64) -> Markup {
        let y = bottom + 6.0;
        html! {
            line x1="0.5%" x2="99.5%" y1=(y) y2=(y) class="axis" {}
            @for (x, label) in self.axis.ticks() {
                line x1=(pc(x)) x2=(pc(x)) y1=(y) y2=(y + 5.0) class="axis" {}
                text x=(pc(x)) y=(y + 18.0) class="tick" text-anchor=(match x {
                    ..2.0 => "start",
                    97.0.. => "end",
                    _ => "middle",
                }) { (label) }
            }
            @for cut in &self.axis.cuts {
                text x=(pc(f64::midpoint(cut.left, cut.right))) y=(y + 34.0) text-anchor="middle"
                    class="tick" {
                    (shown_ms(cut.span.as_us() as f64 / 1e3)) " left out"
                }
            }
        }
    }

    /// Draws the gaps where a stretch is cut out.
    pub(super) fn cuts(&self, bottom: f64) -> Markup {
        html! {
            @for cut in &self.axis.cuts {
                rect x=(pc(cut.left)) y=(TOP) width=(pc(cut.right - cut.left))
                    height=(bottom - TOP + 8.0) class="cut" {}
                @for x in [cut.left, cut.right] {
                    line x1=(pc(x)) x2=(pc(x)) y1=(TOP) y2=(bottom + 8.0) class="cut-edge" {}
                }
            }
        }
    }
}
