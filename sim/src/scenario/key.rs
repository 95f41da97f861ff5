//! Keys: what may stand in a block or beside a verb, as data. Lowering, the schema and the authors'
//! reference are all made from these tables.

/// A key of a block, or an option of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is if it is left out.
    pub default: Default,
    /// What it says, in a line.
    pub help: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text. Locals stand in it in braces: `{section}`.
    Text,
    /// A text that is shown to people only.
    Prose,
    /// A name: letters, digits, `-` and `_`.
    Name,
    /// What an author calls a document: a number or a name.
    DocumentName,
    /// A whole number in a range.
    Count(u64, u64),
    /// A length of time: `"30s"`.
    Span,
    /// A length of time, or two: `"30s"`, `"2s..20s"`.
    Window,
    /// A window, or `"together"`, which is at once.
    Start,
    /// `true` or `false`.
    Flag,
    /// A probability.
    Chance,
    /// A call, as schedules name it: `"generate#1.1/create_run#1"`.
    At,
    /// The name of a lock.
    LockKey,
    /// What a request goes by.
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
    /// What runs come to, with weights.
    Outcomes,
    /// Switches with their choices.
    Switches,
    /// A list of properties.
    Properties,
    /// A list of marks.
    Marks,
    /// Parameters with values.
    Settings,
    /// A guard, or several around each other: `"retry+lock:ttl=60s"`.
    Guard,
    /// A list of tables, each with the keys of `[expect]` and what it is expected of.
    Withs,
}

/// What a key is if it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It may not be left out.
    Required,
    /// This value, in TOML.
    Is(&'static str),
    /// Nothing; what that means, for people.
    Absent(&'static str),
    /// Nothing: the key of this name stands there instead.
    Instead(&'static str),
    /// The document, if the scenario has only one.
    OnlyDocument,
}

impl Key {
    pub(super) const fn required(name: &'static str, kind: Kind, help: &'static str) -> Key {
        Key { name, kind, default: Default::Required, help }
    }

    pub(super) const fn optional(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        help: &'static str,
    ) -> Key {
        Key { name, kind, default: Default::Is(default), help }
    }

    pub(super) const fn either(
        name: &'static str,
        kind: Kind,
        other: &'static str,
        help: &'static str,
    ) -> Key {
        Key { name, kind, default: Default::Instead(other), help }
    }

    pub(super) const fn absent(
        name: &'static str,
        kind: Kind,
        absent: &'static str,
        help: &'static str,
    ) -> Key {
        Key { name, kind, default: Default::Absent(absent), help }
    }
}

impl Kind {
    /// What it is called in a diagnostic: "expected …".
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
            Kind::Marks => "a list of marks",
            Kind::Settings => "a table of parameters",
            Kind::Guard => "a guard, such as \"lock:ttl=60s\"",
            Kind::Withs => "tables",
        }
    }
}
