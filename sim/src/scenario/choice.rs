//! Choices: what actions let an author choose by a word.

/// Whether a message asks for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asking {
    /// It does.
    Request,
    /// It does, and may stay unanswered.
    Optional,
    /// It only states something.
    Nothing,
}

impl Asking {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Asking); 3] = [
        (Asking::Request.word(), Asking::Request),
        (Asking::Optional.word(), Asking::Optional),
        (Asking::Nothing.word(), Asking::Nothing),
    ];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Asking::Request => "request",
            Asking::Optional => "optional",
            Asking::Nothing => "nothing",
        }
    }
}

/// What happens when another actor holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Busy {
    /// The actor asks for it again and again.
    Wait,
    /// The actor skips the block.
    Skip,
    /// The action throws `lock_busy`.
    Fail,
}

impl Busy {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Busy); 3] = [
        (Busy::Wait.word(), Busy::Wait),
        (Busy::Skip.word(), Busy::Skip),
        (Busy::Fail.word(), Busy::Fail),
    ];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Busy::Wait => "wait",
            Busy::Skip => "skip",
            Busy::Fail => "fail",
        }
    }
}

/// Which owner's lock a release frees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// Only the lock of the releasing actor: the lock service compares owners.
    Owner,
    /// The lock of any owner.
    Any,
}

impl Release {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Release); 2] =
        [(Release::Owner.word(), Release::Owner), (Release::Any.word(), Release::Any)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Release::Owner => "owner",
            Release::Any => "any",
        }
    }
}

/// Where a lock is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockPlace {
    /// In a cache, which may lose it.
    Cache,
    /// In a row of the database.
    Row,
}

impl LockPlace {
    /// Its words in scenario files.
    pub const WORDS: [(&str, LockPlace); 2] =
        [(LockPlace::Cache.word(), LockPlace::Cache), (LockPlace::Row.word(), LockPlace::Row)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            LockPlace::Cache => "cache",
            LockPlace::Row => "row",
        }
    }
}

/// Which runs of a thread a wait looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sees {
    /// The newest twenty runs, which are a whole page.
    All,
    /// Only the newest run.
    Newest,
}

impl Sees {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Sees); 2] =
        [(Sees::All.word(), Sees::All), (Sees::Newest.word(), Sees::Newest)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Sees::All => "all",
            Sees::Newest => "newest",
        }
    }
}

/// What happens when a wait reaches its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// It throws `timed_out`.
    Throw,
    /// It continues as if the thread were idle.
    GoOn,
}

impl Then {
    /// Its words in scenario files.
    pub const WORDS: [(&str, Then); 2] =
        [(Then::Throw.word(), Then::Throw), (Then::GoOn.word(), Then::GoOn)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            Then::Throw => "throw",
            Then::GoOn => "go_on",
        }
    }
}

/// Which message is taken for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyPick {
    /// The message that the actor's own run wrote.
    Run,
    /// The newest message, whichever run or actor wrote it.
    Newest,
}

impl ReplyPick {
    /// Its words in scenario files.
    pub const WORDS: [(&str, ReplyPick); 2] =
        [(ReplyPick::Run.word(), ReplyPick::Run), (ReplyPick::Newest.word(), ReplyPick::Newest)];

    /// Its word in scenario files.
    pub const fn word(self) -> &'static str {
        match self {
            ReplyPick::Run => "run",
            ReplyPick::Newest => "newest",
        }
    }
}
