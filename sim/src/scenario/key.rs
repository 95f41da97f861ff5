//! Keys: what a block may contain or a verb may take, as data. Lowering, the schema and the
//! authors' reference are all made from these tables.

/// A key of a block, or an option of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The kind of value that it takes.
    pub kind: Kind,
    /// Its value if it is left out.
    pub default: Default,
    /// What it means, in one line.
    pub help: &'static str,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text. It may contain locals in braces: `{section}`.
    Text,
    /// A text that is only shown to readers.
    Prose,
    /// A name: letters, digits, `-` and `_`.
    Name,
    /// The id that an author gives a document: a number or a name.
    DocumentName,
    /// A whole number in a range.
    Count(u64, u64),
    /// A length of time: `"30s"`.
    Span,
    /// One length of time, or two: `"30s"`, `"2s..20s"`.
    Window,
    /// A window, or `"together"`, which means immediately.
    Start,
    /// `true` or `false`.
    Flag,
    /// A probability.
    Chance,
    /// A call, as schedules name it: `"generate#1.1/create_run#1"`.
    At,
    /// The name of a lock.
    LockKey,
    /// The key that identifies a request.
    SameKey,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A list of causes.
    Causes,
    /// A local.
    Local,
    /// A kind of job that the scenario has.
    Job,
    /// A document that the scenario has.
    Document,
    /// `"exists"`, `"none"`, or a thread that the scenario has.
    DocumentThread,
    /// A thread that the scenario has.
    Thread,
    /// A list of actions, or the name of a list under `[do]`.
    Actions,
    /// Outcomes of runs, with weights.
    Outcomes,
    /// Switches with their choices.
    Switches,
    /// A list of properties.
    Properties,
    /// Properties with rates: `{ no-rejected-call = "5 %" }`.
    Rates,
    /// A list of marks.
    Marks,
    /// Parameters with values.
    Settings,
    /// A guard, or several nested guards: `"retry+lock:ttl=60s"`.
    Guard,
    /// A list of tables. Each has the keys of `[expect]`, and the guards or settings that they
    /// apply to.
    Withs,
}

/// The value of a key if it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It may not be left out.
    Required,
    /// This value, in TOML.
    Is(&'static str),
    /// No value. The text explains to readers what that means.
    Absent(&'static str),
    /// No value: the key of this name is given instead.
    Instead(&'static str),
    /// The document, if the scenario has only one.
    OnlyDocument,
}

/// A key that is not explained yet.
pub(super) struct Unexplained(Key);

impl Unexplained {
    pub(super) const fn help(self, help: &'static str) -> Key {
        Key { help, ..self.0 }
    }
}

impl Key {
    const fn bare(name: &'static str, kind: Kind, default: Default) -> Unexplained {
        Unexplained(Key { name, kind, default, help: "" })
    }

    pub(super) const fn required(name: &'static str, kind: Kind) -> Unexplained {
        Key::bare(name, kind, Default::Required)
    }

    pub(super) const fn optional(
        name: &'static str,
        kind: Kind,
        default: &'static str,
    ) -> Unexplained {
        Key::bare(name, kind, Default::Is(default))
    }

    pub(super) const fn either(name: &'static str, kind: Kind, other: &'static str) -> Unexplained {
        Key::bare(name, kind, Default::Instead(other))
    }

    pub(super) const fn absent(
        name: &'static str,
        kind: Kind,
        absent: &'static str,
    ) -> Unexplained {
        Key::bare(name, kind, Default::Absent(absent))
    }
}

/// Returns the words of a table, for [`Kind::Choice`].
pub(super) const fn words<T: Copy, const N: usize>(
    table: &[(&'static str, T); N],
) -> [&'static str; N] {
    let mut words = [""; N];
    let mut place = 0;
    while place < N {
        words[place] = table[place].0;
        place += 1;
    }
    words
}

impl Kind {
    /// Returns its name in a diagnostic: "expected …".
    pub fn expected(self) -> &'static str {
        match self {
            Kind::Text | Kind::Prose => "a text",
            Kind::Chance => "a number from 0 to 1",
            Kind::At => "a call, such as \"generate#1.1/create_run#1\"",
            Kind::LockKey => "the name of a lock",
            Kind::SameKey => "what the request goes by",
            Kind::Name => "a name",
            Kind::DocumentName => "a number or a name",
            Kind::Count(..) => "a whole number",
            Kind::Span => "a time",
            Kind::Window => "a time or a window",
            Kind::Start => "\"together\", a time or a window",
            Kind::Flag => "true or false",
            Kind::Choice(_) | Kind::Local => "a word",
            Kind::Causes => "a list of causes",
            Kind::Job => "the name of a job",
            Kind::Document => "a document's id",
            Kind::DocumentThread => "\"exists\", \"none\", or the name of a thread",
            Kind::Thread => "the name of a thread",
            Kind::Actions => "a list of actions, or the name of one",
            Kind::Outcomes => "a table of outcomes and weights",
            Kind::Switches => "a table of switches",
            Kind::Properties => "a list of properties",
            Kind::Rates => {
                "a table of properties and rates, such as { no-rejected-call = \"5 %\" }"
            }
            Kind::Marks => "a list of marks",
            Kind::Settings => "a table of parameters",
            Kind::Guard => "a guard, such as \"lock:ttl=60s\"",
            Kind::Withs => "tables",
        }
    }
}
