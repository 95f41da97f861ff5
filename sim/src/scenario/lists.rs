//! Lists of actions: each verb is read by its row of the table, and by what its actor can know at
//! that point.

use super::diagnostic::{Diagnostic, Span as Place};
use super::lower::Lowering;
use super::read::one_word;
use super::tree::{Entry, Node, Value, find};
use super::verb::{Role, VERBS, Verb, verb};
use super::written::Spot;
use super::{Action, Local};

/// The maximum number of actions in a scenario. A named list counts each time it is used.
pub(super) const ACTIONS_MAX: usize = 10_000;

/// The maximum nesting depth of blocks, because a deadline's depth has to fit into a bit set.
pub(super) const DEPTH_MAX: usize = 16;

/// Verbs whose list may be done more than once.
const LOOPS: [&str; 3] = ["repeat", "for_each_section", "retry"];

/// Verbs that may leave out a part of their lists.
const BRANCHES: [&str; 2] = ["if", "try"];

impl Lowering<'_> {
    /// Lowers a list: one in place, or one under `[do]` by its name.
    pub(super) fn actions(&mut self, node: &Node) -> Vec<Action> {
        match &node.value {
            Value::List(list) => self.list(list, &node.span),
            Value::Text(name) => self.named_list(name, &node.span),
            Value::Whole(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::Table(_)
            | Value::Other(_)
            | Value::Broken => {
                let expected = super::key::Kind::Actions.expected();
                self.tell(Diagnostic::wrong_kind(&node.span, expected, &node.kind()));
                Vec::new()
            }
        }
    }

    fn list(&mut self, list: &[Node], span: &Place) -> Vec<Action> {
        if self.depth == DEPTH_MAX {
            let what = format!("blocks nest deeper than {DEPTH_MAX}");
            self.tell(Diagnostic::too_much(span, &what));
            return Vec::new();
        }
        self.depth += 1;
        let mut actions = Vec::new();
        for node in list {
            self.count += 1;
            if self.count == ACTIONS_MAX {
                let what = format!("the scenario has more than {ACTIONS_MAX} actions");
                self.tell(Diagnostic::too_much(&node.span, &what));
            }
            if self.count < ACTIONS_MAX {
                if let Some(Action::Stop | Action::Fail) = actions.last() {
                    self.nobody_gets_to(node, &actions);
                }
                match node.text().filter(|word| self.is_named_list(word)) {
                    // A list of [do] is replaced by its actions.
                    Some(name) => actions.extend(self.named_list(name, &node.span)),
                    None => actions.extend(self.action(node)),
                }
            }
        }
        self.depth -= 1;
        actions
    }

    fn named_list(&mut self, name: &str, span: &Place) -> Vec<Action> {
        let Some(entry) = find(self.lists, name) else {
            let known = self.lists.iter().map(|entry| entry.key.as_str());
            let made = Diagnostic::unknown_name(span, "list under [do]", name, known);
            self.diagnostics.push(made);
            return Vec::new();
        };
        if let Some(at) = self.path.iter().position(|outer| outer == name) {
            let path: Vec<String> =
                self.path[at..].iter().cloned().chain([name.to_owned()]).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.tell(Diagnostic::endless_list(span, &path));
            return Vec::new();
        }
        self.used.insert(name.to_owned());
        self.path.push(name.to_owned());
        let actions = self.actions(&entry.node);
        self.path.pop();
        actions
    }

    fn action(&mut self, node: &Node) -> Option<Action> {
        match &node.value {
            Value::Broken => None,
            Value::Text(word) => {
                let known = self.known_verb(word, &node.span)?;
                Some(self.verb(known, &node.span, &[], node))
            }
            Value::Table(entries) => match entries.as_slice() {
                [entry] => {
                    let known = self.known_verb(&entry.key, &entry.key_span)?;
                    let expected = match known.options {
                        [] => format!(
                            "nothing besides `{}`, which is written alone, in quotes",
                            known.name
                        ),
                        _ => format!("the options of `{}`, in braces", known.name),
                    };
                    let options = self.options(entry, known.main, &expected)?;
                    Some(self.verb(known, &entry.key_span, &options, node))
                }
                [] => {
                    self.tell(Diagnostic::not_an_action(&node.span, "an empty table"));
                    None
                }
                several => {
                    let verbs: Vec<&str> = several.iter().map(|entry| entry.key.as_str()).collect();
                    self.tell(Diagnostic::two_actions(&node.span, &verbs));
                    None
                }
            },
            Value::Whole(_)
            | Value::Fraction(_)
            | Value::Flag(_)
            | Value::List(_)
            | Value::Other(_) => {
                self.tell(Diagnostic::not_an_action(&node.span, &node.kind()));
                None
            }
        }
    }

    /// Returns the options of `verb = { … }`, or of `verb = X`, where X is its main option.
    pub(super) fn options(
        &mut self,
        entry: &Entry,
        main: Option<&str>,
        expected: &str,
    ) -> Option<Vec<Entry>> {
        match (&entry.node.value, main) {
            (Value::Table(options), _) => Some(options.clone()),
            (_, Some(main)) => Some(vec![Entry { key: main.to_owned(), ..entry.clone() }]),
            (_, None) => {
                let found = entry.node.kind();
                self.tell(Diagnostic::wrong_kind(&entry.node.span, expected, &found));
                None
            }
        }
    }

    fn known_verb(&mut self, word: &str, span: &Place) -> Option<&'static Verb> {
        let known = verb(word);
        if known.is_none() {
            let verbs = VERBS.iter().map(|verb| verb.name);
            self.tell(Diagnostic::unknown_action(span, word, verbs));
        }
        known
    }

    fn verb(
        &mut self,
        verb: &'static Verb,
        span: &Place,
        options: &[Entry],
        node: &Node,
    ) -> Action {
        self.check_actor(verb, span);
        self.spots.push(Spot { verb: verb.name, span: node.span.clone() });
        for local in verb.reads {
            self.check_local(*local, &format!("`{}`", verb.name), span);
        }
        if LOOPS.contains(&verb.name) {
            // An earlier iteration can have set these.
            for entry in options {
                self.known.extend(self.sets(&entry.node, 0));
            }
        }
        let branches = BRANCHES.contains(&verb.name);
        self.branches += usize::from(branches);
        let inside: Vec<Local> =
            verb.inside.iter().copied().filter(|local| self.known.insert(*local)).collect();
        let place = format!("`{}`", verb.name);
        let mut args = self.args(&place, span, &[verb.options], options);
        for local in inside {
            self.known.remove(&local);
        }
        self.known.extend(verb.sets);
        self.branches -= usize::from(branches);
        if let Some(pair) = verb.one_of {
            self.check_one_of(pair, options, &place, span);
        }
        let action = (verb.build)(&mut args);
        self.note_clicks(&action, &node.span);
        self.note_question(&action, &node.span);
        if let Some(on) = find(options, "on") {
            self.check_causes(&action, &on.node.span);
        }
        action
    }

    fn check_one_of(&mut self, pair: [&str; 2], options: &[Entry], place: &str, span: &Place) {
        let given = pair.iter().filter(|name| find(options, name).is_some()).count();
        if given != 1 {
            let [one, other] = pair;
            let message = format!("{place} needs either `{one}` or `{other}`, and has {given}");
            let help = format!("give `{one}` or `{other}`, and not both");
            self.tell(Diagnostic::contradiction(span, message, &help));
        }
    }

    fn check_actor(&mut self, verb: &Verb, span: &Place) {
        let Some(role) = self.role else { return };
        if verb.who.contains(&role) {
            return;
        }
        let help = match role {
            Role::User => "users click; let a job or a process do it",
            Role::Process | Role::Job => {
                "only users click; to put a job on the queue, `dispatch` it"
            }
        };
        self.tell(Diagnostic::wrong_actor(span, verb.name, role.name(), help));
    }

    /// Reports `local` if it is certain to be unset at this point.
    pub(super) fn check_local(&mut self, local: Local, reader: &str, span: &Place) {
        // A user's mistake is reported once, as what it is. An unused list is not checked.
        if self.known.contains(&local) || matches!(self.role, None | Some(Role::User)) {
            return;
        }
        let setters: Vec<&str> = VERBS
            .iter()
            .filter(|verb| verb.sets.contains(&local) || verb.inside.contains(&local))
            .map(|verb| verb.name)
            .collect();
        let setters = if local == Local::Document {
            "the `document` of its [[process]], or by the click".to_owned()
        } else {
            super::diagnostic::listed(&setters)
        };
        self.tell(Diagnostic::unset_local(span, reader, local.name(), &setters));
        self.known.insert(local);
    }

    /// Checks the locals in a text: `Write section {section}`.
    pub(super) fn check_placeholders(&mut self, text: &str, span: &Place) {
        for word in placeholders(text) {
            if let Some(local) = Local::ALL.into_iter().find(|local| local.name() == word) {
                self.check_local(local, "the text", span);
            } else if !NAMES.contains(&word) {
                let known = Local::ALL.iter().map(|local| local.name()).chain(NAMES);
                self.tell(Diagnostic::unknown_word(span, "local", word, known));
            }
        }
    }
}

impl Lowering<'_> {
    /// Checks the locals in a lock's name.
    pub(super) fn check_lock_key(&mut self, text: &str, span: &Place) {
        self.check_words(text, span, "local for a lock", &SAME_LOCALS[..3]);
    }

    /// Checks the locals in the key of a request.
    pub(super) fn check_same_key(&mut self, text: &str, span: &Place) {
        self.check_words(text, span, "local for `same`", &SAME_LOCALS);
    }

    fn check_words(&mut self, text: &str, span: &Place, what: &str, known: &[Local]) {
        for word in placeholders(text) {
            if let Err(made) = one_word(known, |local| local.name(), what, word, span) {
                self.tell(made);
            }
        }
    }
}

/// Locals that the key of a request may contain. A lock's name may contain all but the last.
const SAME_LOCALS: [Local; 4] = [Local::Thread, Local::Document, Local::Section, Local::Iteration];

/// Locals that never change and that only texts need.
const NAMES: [&str; 4] = ["user", "process", "job", "attempt"];

/// Returns the words in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(word, _)| word))
}
