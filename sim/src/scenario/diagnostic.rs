//! Diagnostics: what is wrong in a scenario file, where, and what to do. Only constructors create
//! them, so that all mistakes read alike.

use std::fmt;
use std::ops::Range;

/// A place in a scenario's text, as a range of bytes.
pub type Span = Range<usize>;

/// Something that is wrong or looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its number. The same mistake always has the same number.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where it is. `None` if it is not in the text.
    pub span: Option<Span>,
    /// What is at that place, in a few words.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

/// The kinds of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The file cannot be read as text.
    NotText,
    /// It is not TOML.
    Syntax,
    /// It is in another format.
    Format,
    /// There is no such key.
    UnknownKey,
    /// A key is missing.
    MissingKey,
    /// The value is of another kind.
    WrongKind,
    /// The value is not in its range.
    OutOfRange,
    /// The word is not one of those that are allowed here.
    UnknownWord,
    /// There is no such action.
    UnknownAction,
    /// Nothing of that name exists.
    UnknownName,
    /// Two things have one name.
    DuplicateName,
    /// A local is read that cannot have been set.
    UnsetLocal,
    /// This actor cannot do that.
    WrongActor,
    /// A list contains itself, or there is too much of it.
    EndlessList,
    /// Two keys contradict each other.
    Contradiction,
    /// It exists, but nothing uses it.
    Unused,
    /// It can be run, but probably does not mean what it says.
    Doubtful,
}

impl Code {
    /// Returns the code as it is shown: `S07`.
    pub fn name(self) -> String {
        format!("S{:02}", self as u8 + 1)
    }

    /// Returns whether the scenario cannot be run because of it.
    pub fn is_error(self) -> bool {
        !matches!(self, Code::Unused | Code::Doubtful)
    }
}

impl Diagnostic {
    fn new(code: Code, span: &Span, message: String, label: &str) -> Diagnostic {
        let (span, label) = (Some(span.clone()), label.to_owned());
        Diagnostic { code, message, span, label, help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Names what was probably meant, if that can be guessed. Otherwise, it lists what exists.
    fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(word, &known) {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("there is {}", listed(&known))),
        }
    }

    /// Reports a whole file that is not a scenario, whatever it contains.
    pub fn not_text(message: String, help: &str) -> Diagnostic {
        let label = String::new();
        Diagnostic { code: Code::NotText, message, span: None, label, help: Some(help.to_owned()) }
    }

    pub(super) fn syntax(span: &Span, message: &str, source: &str) -> Diagnostic {
        let (problem, expected) = message.split_once(", expected ").unwrap_or((message, ""));
        let label = if expected.is_empty() || expected == "nothing" {
            "here".to_owned()
        } else {
            format!("expected {expected}")
        };
        let made = Diagnostic::new(Code::Syntax, span, format!("not TOML: {problem}"), &label);
        let line = source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        if problem.contains("duplicate")
            && let Some(first) = earlier(source, line, &source[span.clone()])
        {
            return made.help(format!("the first one is in line {first}; keep one of them"));
        }
        let rest = source[line..].lines().next().unwrap_or("");
        let value = rest.split_once('=').map_or("", |(_, value)| value.trim());
        let is_bare = !value.is_empty() && !value.starts_with(['"', '\'', '[', '{']);
        if is_bare && (problem.contains("invalid") || problem.contains("quoted")) {
            return made.help(format!("put texts, times and windows in quotes: \"{value}\""));
        }
        made
    }

    pub(super) fn unclosed(span: &Span) -> Diagnostic {
        let message = "not TOML: this bracket is never closed".to_owned();
        Diagnostic::new(Code::Syntax, span, message, "opened here")
            .help("what follows could not be read: close it first")
    }

    pub(super) fn format(span: &Span, found: &str) -> Diagnostic {
        let message = format!("this program reads format {}, not {found}", super::FORMAT);
        Diagnostic::new(Code::Format, span, message, "another format")
            .help(format!("write `format = {}`", super::FORMAT))
    }

    pub(super) fn unknown_key<'a>(
        span: &Span,
        key: &str,
        place: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("{place} has no key `{key}`");
        Diagnostic::new(Code::UnknownKey, span, message, "unknown key").suggest(key, known)
    }

    pub(super) fn missing_key(span: &Span, key: &str, place: &str, help: &str) -> Diagnostic {
        let message = format!("{place} needs the key `{key}`");
        Diagnostic::new(Code::MissingKey, span, message, "in here").help(format!("`{key}`: {help}"))
    }

    pub(super) fn bad_call(span: &Span, text: &str) -> Diagnostic {
        let message = format!("`{text}` is not a call");
        Diagnostic::new(Code::WrongKind, span, message, "expected a call").help(
            "use the name in schedules: the actor, the operation, and which one of these it is, \
             such as \"generate#1.1/create_run#1\"",
        )
    }

    /// Reports a block whose brackets are those of another shape.
    pub(super) fn wrong_header(span: &Span, header: &str) -> Diagnostic {
        let message = format!("this block is written {header}");
        Diagnostic::new(Code::WrongKind, span, message, "the wrong brackets")
            .help(format!("write {header}"))
    }

    pub(super) fn wrong_kind(span: &Span, expected: &str, found: &str) -> Diagnostic {
        let message = format!("expected {expected}, found {found}");
        Diagnostic::new(Code::WrongKind, span, message, &format!("expected {expected}"))
    }

    pub(super) fn bad_time(span: &Span, expected: &str, text: &str) -> Diagnostic {
        let message = format!("`{text}` is not {expected}");
        let meant = super::unit::meant_minutes(text);
        if let Some(meant) = meant {
            return Diagnostic::new(
                Code::WrongKind,
                span,
                message,
                &format!("expected {expected}"),
            )
            .help(format!("did you mean `{meant}`? `m` is not a unit: minutes are `min`"));
        }
        let help = "a number and a unit: us, ms, s, min or h, such as \"80ms\"; \
                    a window is two of them, such as \"2s..20s\"";
        Diagnostic::new(Code::WrongKind, span, message, &format!("expected {expected}")).help(help)
    }

    pub(super) fn backward_window(span: &Span, text: &str) -> Diagnostic {
        let message = format!("the window `{text}` ends before it begins");
        let swapped = text.split_once("..").map(|(from, to)| format!("{to}..{from}"));
        Diagnostic::new(Code::OutOfRange, span, message, "from the shorter to the longer time")
            .help(format!("write \"{}\"", swapped.unwrap_or_default()))
    }

    pub(super) fn out_of_range(span: &Span, key: &str, value: &str, range: &str) -> Diagnostic {
        let message = format!("`{key}` must be {range}, not {value}");
        Diagnostic::new(Code::OutOfRange, span, message, "out of range")
    }

    pub(super) fn unknown_word<'a>(
        span: &Span,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("`{word}` is not a {what}");
        Diagnostic::new(Code::UnknownWord, span, message, &format!("not a {what}"))
            .suggest(word, known)
    }

    pub(super) fn unknown_action<'a>(
        span: &Span,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let known: Vec<&str> = known.into_iter().collect();
        let made = Diagnostic::new(
            Code::UnknownAction,
            span,
            format!("there is no action `{word}`"),
            "unknown action",
        );
        match nearest(word, &known) {
            Some(meant) => made.help(format!("did you mean `{meant}`?")),
            None => made.help("`deadheat actions` lists them all"),
        }
    }

    pub(super) fn not_an_action(span: &Span, found: &str) -> Diagnostic {
        let message = format!("expected an action, found {found}");
        Diagnostic::new(Code::WrongKind, span, message, "not an action").help(
            "an action is a verb, such as \"create_run\", or a verb with what it needs, such as \
             { sleep = \"2s\" }",
        )
    }

    pub(super) fn not_one_fault(span: &Span, names: &[&str]) -> Diagnostic {
        let message = match names {
            [] => "[[fault]] says nothing of what goes wrong".to_owned(),
            names => format!("a fault is one thing, and this is {}", names.len()),
        };
        let help = "one of FAULTS, such as lose_reply = \"create_run\"; `deadheat actions` has all";
        Diagnostic::new(Code::WrongKind, span, message, "expected one fault").help(help)
    }

    pub(super) fn two_actions(span: &Span, verbs: &[&str]) -> Diagnostic {
        let message = format!("an action has one verb, and this has {}", verbs.len());
        let help = format!(
            "one action each: {}",
            verbs.iter().map(|verb| format!("{{ {verb} = … }}")).collect::<Vec<_>>().join(", ")
        );
        Diagnostic::new(Code::WrongKind, span, message, "more than one verb").help(help)
    }

    pub(super) fn unknown_name<'a>(
        span: &Span,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("there is no {what} `{name}`");
        Diagnostic::new(Code::UnknownName, span, message, &format!("unknown {what}"))
            .suggest(name, known)
    }

    pub(super) fn unknown_set<'a>(
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("--set {name}: this scenario has no parameter `{name}`");
        let (span, label) = (None, String::new());
        let made = Diagnostic { code: Code::UnknownName, message, span, label, help: None };
        made.suggest(name, known)
    }

    pub(super) fn duplicate_name(span: &Span, what: &str, name: &str) -> Diagnostic {
        let message = format!("there are two {what}s `{name}`");
        Diagnostic::new(Code::DuplicateName, span, message, "the second one")
    }

    /// Reports a name that something else also has after it is numbered.
    pub(super) fn numbered_name(
        span: &Span,
        what: &str,
        name: &str,
        other: &str,
        help: String,
    ) -> Diagnostic {
        let message = format!("there are two {what}s `{name}`: this one, and {other}");
        Diagnostic::new(Code::DuplicateName, span, message, "one of the two").help(help)
    }

    pub(super) fn duplicate_option(span: &Span, name: &str) -> Diagnostic {
        Diagnostic::duplicate_name(span, "option", name).help("name it once")
    }

    pub(super) fn bad_option<'a>(
        span: &Span,
        text: &str,
        meant: Option<&str>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("`{text}` is not OPTION=VALUE");
        let made = Diagnostic::new(Code::WrongKind, span, message, "expected OPTION=VALUE");
        match meant {
            Some(meant) => made.help(format!("did you mean `{meant}`?")),
            None => made.suggest(text, known),
        }
    }

    pub(super) fn not_applicable(span: &Span, guard: &str, reason: &str) -> Diagnostic {
        let message = format!("the guard `{guard}` does not apply: {reason}");
        Diagnostic::contradiction(span, message, "leave it out, or expect something of another one")
    }

    pub(super) fn unset_local(span: &Span, verb: &str, local: &str, setters: &str) -> Diagnostic {
        let message = format!("{verb} needs {{{local}}}, and nothing before it can have set that");
        Diagnostic::new(Code::UnsetLocal, span, message, &format!("{{{local}}} is never set here"))
            .help(format!("{{{local}}} is set by {setters}"))
    }

    pub(super) fn wrong_actor(span: &Span, verb: &str, actor: &str, help: &str) -> Diagnostic {
        let message = format!("a {actor} cannot `{verb}`");
        Diagnostic::new(Code::WrongActor, span, message, &format!("not for a {actor}")).help(help)
    }

    pub(super) fn endless_list(span: &Span, path: &[&str]) -> Diagnostic {
        let message = format!("the list `{}` contains itself", path[path.len() - 1]);
        Diagnostic::new(Code::EndlessList, span, message, "here it begins anew").help(format!(
            "{}; use `repeat` or `retry` to do something again",
            path.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" contains ")
        ))
    }

    pub(super) fn too_much(span: &Span, what: &str) -> Diagnostic {
        Diagnostic::new(Code::EndlessList, span, what.to_owned(), "too much")
    }

    pub(super) fn contradiction(span: &Span, message: String, help: &str) -> Diagnostic {
        Diagnostic::new(Code::Contradiction, span, message, "here").help(help)
    }

    pub(super) fn unused(span: &Span, what: &str, name: &str, help: &str) -> Diagnostic {
        let message = format!("the {what} `{name}` is never used");
        Diagnostic::new(Code::Unused, span, message, "unused").help(help)
    }

    pub(super) fn doubtful(span: &Span, message: String, label: &str, help: &str) -> Diagnostic {
        Diagnostic::new(Code::Doubtful, span, message, label).help(help)
    }

    /// Moves the diagnostic to a piece of a text, whose string is at `span`. If the spelling of the
    /// string differs from its text, the place is the whole string.
    pub(super) fn within(mut self, span: &Span, text: &str) -> Diagnostic {
        let is_plain = span.len() == text.len() + 2;
        self.span = Some(match self.span {
            Some(piece) if is_plain => span.start + 1 + piece.start..span.start + 1 + piece.end,
            _ => span.clone(),
        });
        self
    }

    /// Adds where a substituted value comes from.
    pub(super) fn with_origin(mut self, origin: Option<&str>) -> Diagnostic {
        if let Some(origin) = origin {
            self.help = Some(match self.help {
                Some(help) => format!("{origin}; {help}"),
                None => origin.to_owned(),
            });
        }
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Diagnostic {}

/// Returns the line, from 1, of an earlier header or key like the one in the line that begins at
/// `line`.
fn earlier(source: &str, line: usize, key: &str) -> Option<usize> {
    let this = source[line..].lines().next().unwrap_or("").trim();
    let is_header = this.starts_with('[');
    let is_key =
        |other: &str| other.split_once('=').is_some_and(|(name, _)| name.trim() == key.trim());
    let is_same = |other: &str| if is_header { other == this } else { is_key(other) };
    let before = source[..line].lines().enumerate();
    let mut found = before.filter(|(_, other)| is_same(other.trim())).map(|(at, _)| at + 1);
    if is_header { found.next() } else { found.last() }
}

/// Returns the word that was probably meant. It differs in at most two letters, and in fewer than
/// half of them.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let spelled = word.to_lowercase().replace(['-', ' '], "_");
    let distance = |other: &str| {
        let other = other.to_lowercase().replace(['-', ' '], "_");
        strsim::osa_distance(&spelled, &other)
    };
    let near = known.iter().map(|other| (distance(other), *other)).min();
    near.filter(|(distance, _)| *distance <= 2 && distance * 2 < word.len().max(2))
        .map(|(_, word)| word)
}

/// Returns the words as "`a`, `b` or `c`".
pub fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [firsts @ .., last] => format!("{} or {last}", firsts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_made_only_where_it_is_likely() {
        let known = ["create_run", "create_thread", "await_run"];
        assert_eq!(nearest("create_rnu", &known), Some("create_run"));
        assert_eq!(nearest("create-run", &known), Some("create_run"));
        assert_eq!(nearest("Await_Run", &known), Some("await_run"));
        assert_eq!(nearest("frobnicate", &known), None);
        assert_eq!(nearest("x", &known), None);
    }
}
