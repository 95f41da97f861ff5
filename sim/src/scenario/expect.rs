//! Expectations: `[expect]`, and what is expected instead under a guard or when parameters are set.

use deadheat_model::time::Span;

use super::args::Args;
use super::block::{EXPECTATION, WITH};
use super::diagnostic::{Diagnostic, Span as Place};
use super::lower::{Lowering, With, block};
use super::params::Settings;
use super::tree::{Entry, find};
use super::{Expect, Guards};

impl Lowering<'_> {
    /// Returns the expectation that covers this invocation's settings and guards, if there is one,
    /// and what the file has expectations for.
    pub(super) fn expect(
        &mut self,
        entries: &[Entry],
        settings: &Settings,
        guards: &Guards,
    ) -> (Option<Expect>, Span, Span, Vec<With>) {
        let entry = find(entries, "expect");
        let inner = entry.and_then(|entry| entry.node.table()).unwrap_or(&[]);
        let span = entry.map_or(0..0, |entry| entry.key_span.clone());
        let mut args = self.args("[expect]", &span, &[block("expect").keys], inner);
        let basis = self.expectation(&mut args, &span);
        let is_plain = settings.is_empty() && guards.is_none();
        let mut covering = is_plain.then_some(basis);
        let mut withs = Vec::new();
        for with in args.take::<Vec<Entry>>("with") {
            let (span, inner) = (&with.node.span, with.node.table().unwrap_or(&[]));
            if with.node.table().is_none() {
                let (expected, found) = ("a table, [[expect.with]]", with.node.kind());
                self.tell(Diagnostic::wrong_kind(span, expected, &found));
            }
            let mut args = self.args("[[expect.with]]", span, &[WITH, EXPECTATION], inner);
            let expected = self.expectation(&mut args, span);
            let place = find(inner, "guard").map_or(span, |entry| &entry.node.span);
            let with = With {
                guards: args.given("guard").unwrap_or_default(),
                settings: args.given("set").unwrap_or_default(),
                span: place.clone(),
            };
            if find(inner, "guard").or(find(inner, "set")).is_none() {
                let message = "[[expect.with]] does not say what is different".to_owned();
                let help = "name a `guard`, the parameters that are `set`, or both";
                self.tell(Diagnostic::contradiction(span, message, help));
            }
            if same_settings(&with.settings, settings) && with.guards == *guards {
                covering = Some(expected);
            }
            withs.push(with);
        }
        (covering, args.take("intent"), args.take("settle"), withs)
    }

    fn expectation(&mut self, args: &mut Args, span: &Place) -> Expect {
        let expect = Expect {
            violates: args.take("violates"),
            always: args.take("always"),
            allows: args.take("allows"),
            at_most: args.take("at_most"),
            reaches: args.take("reaches"),
            misses: args.take("misses"),
        };
        let bounded = expect.at_most.iter().map(|(property, _)| property);
        let listed = [&expect.violates, &expect.always, &expect.allows].into_iter().flatten();
        let named: Vec<_> = listed.chain(bounded).collect();
        for (index, property) in named.iter().enumerate() {
            if named[..index].contains(property) {
                let message = format!("`{property}` is expected twice");
                let help = "`violates`: some trial breaks it; `always`: each does; `allows`: \
                            either; `at_most`: not more often than this";
                self.tell(Diagnostic::contradiction(span, message, help));
            }
        }
        for mark in expect.reaches.iter().filter(|mark| expect.misses.contains(mark)) {
            let message = format!("the mark `{mark}` cannot be both reached and missed");
            self.tell(Diagnostic::contradiction(span, message, "name it once"));
        }
        expect
    }
}

/// Returns whether both set the same parameters to the same values.
pub(super) fn same_settings(one: &Settings, other: &Settings) -> bool {
    let within = |one: &Settings, other: &Settings| {
        one.iter().all(|(name, value)| {
            other.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
                == Some(value)
        })
    };
    within(one, other) && within(other, one)
}
