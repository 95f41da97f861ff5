//! The marks and their labels, each at its place.

use std::collections::BTreeSet;

use deadheat_model::history::What;
use deadheat_model::id::{Actor, RunId};
use maud::{Markup, html};

use super::super::marks::{Kind, Mark};
use super::shapes::{Labels, shape};
use super::{Drawing, Owner, pc};

/// A label names at most this many things.
const SAID_MAX: usize = 3;

impl Drawing<'_> {
    /// Returns the marks by place: marks of one actor that would cover each other are one.
    pub(super) fn grouped(&self) -> Vec<Vec<&Mark>> {
        let mut groups: Vec<Vec<&Mark>> = Vec::new();
        for mark in &self.marks {
            let x = self.x(self.events[mark.event].at);
            let last = groups.iter_mut().rev().find(|group| group[0].by == mark.by);
            let is_near = |group: &&mut Vec<&Mark>| {
                let at = self.x(self.events[group[group.len() - 1].event].at);
                (x - at).abs() < 0.8 && !group[0].kind.is_bad() && !mark.kind.is_bad()
            };
            match last.filter(is_near) {
                Some(group) => group.push(mark),
                None => groups.push(vec![mark]),
            }
        }
        groups
    }

    pub(super) fn marks_drawn(&self, groups: &[Vec<&Mark>], labels: &mut Labels) -> Markup {
        // A refusal behind the first one of its actor is a small cross without a label.
        let mut refused: BTreeSet<Actor> = BTreeSet::new();
        let is_numbered = |mark: &Mark| self.scene.discs.iter().any(|(at, _)| *at == mark.event);
        let mut drawn = Vec::new();
        for group in groups {
            let chief = group.iter().max_by_key(|mark| (is_numbered(mark), mark.kind));
            let chief = *chief.expect("invariant: a group has a mark");
            let Some(y) = self.y(Owner::Actor(chief.by)) else { continue };
            let x = self.x(self.events[chief.event].at);
            let is_again = chief.kind == Kind::Refused && !refused.insert(chief.by);
            let is_small = is_again && !is_numbered(chief);
            let mut said: Vec<&str> = group.iter().map(|mark| mark.label.as_str()).collect();
            said.dedup();
            let more = said.len().saturating_sub(SAID_MAX);
            let is_numbered = |label: &&str| **label == *chief.label;
            let told: Vec<&str> = if more > 0 && said.iter().skip(SAID_MAX).any(is_numbered) {
                vec![said[0], "…", &chief.label]
            } else {
                said.iter().copied().take(SAID_MAX).chain((more > 0).then_some("…")).collect()
            };
            let told = told.join(" · ");
            let said = said.join(" · ");
            let is_told = !self.is_dense && !is_small && chief.kind != Kind::Poll;
            let place = is_told.then(|| labels.place(x, y, &told)).flatten();
            drawn.push((chief, (x, y), said, is_small, place.map(|place| (place, told))));
        }
        html! {
            @for (mark, (x, y), said, is_small, place) in drawn {
                (self.mark(mark, (x, y), &said, is_small))
                @if let Some(((dx, dy, anchor), told)) = place {
                    text x=(pc(x)) dx=(dx) y=(y + dy) text-anchor=(anchor)
                        class=(if mark.kind.is_bad() { "label bad" } else { "label" }) { (told) }
                }
            }
        }
    }

    pub(super) fn mark(
        &self,
        mark: &Mark,
        (x, y): (f64, f64),
        said: &str,
        is_small: bool,
    ) -> Markup {
        let cast = &self.scene.trial.history.cast;
        let (event, name) = (&self.events[mark.event], cast.name(mark.by));
        let told = format!("{} s, {name}: {said}", event.at);
        let class = format!("mark k-{}", mark.kind.name().0);
        html! {
            svg x=(pc(x)) y=(y) class=(class) data-e=(mark.event) data-by=(name)
                data-kind=(mark.kind.name().0) overflow="visible" {
                a href=(format!("#{}-e{}", self.scene.id, mark.event)) aria-label=(told) {
                    title { (told) }
                    circle r="11" class="hit" {}
                    (shape(mark.kind, is_small))
                }
            }
        }
    }

    pub(super) fn discs(&self) -> Markup {
        html! {
            @for (event, number) in &self.scene.discs {
                @if let Some((x, y)) = self.disc(*event) {
                    svg x=(pc(x)) y=(y) class="disc" aria-hidden="true" overflow="visible" {
                        circle r="9" {}
                        text y="4" text-anchor="middle" { (number) }
                    }
                }
            }
        }
    }

    pub(super) fn disc(&self, event: usize) -> Option<(f64, f64)> {
        let one = &self.events[event];
        let x = self.x(one.at);
        let run = |run: RunId| {
            self.events.iter().find_map(|event| {
                if let What::RunCreated { run: of, thread, .. } = event.what
                    && of == run
                {
                    Some(thread)
                } else {
                    None
                }
            })
        };
        if let What::RunCreated { thread, .. } = one.what {
            Some((x + 1.2, self.y(Owner::Thread(thread))?))
        } else if let What::RunMoved { run: of, .. } = one.what {
            Some((x + 1.2, self.y(Owner::Thread(run(of)?))?))
        } else {
            Some((x, self.y(Owner::Actor(one.by?))? - 19.0))
        }
    }
}
