//! Random scenarios that are small enough for brute force: one user with a click or two, or two
//! processes. Every time is a whole number of milliseconds, and few windows are wide. An actor that
//! waits for its own lock is soon out of budget.

use super::tape::Tape;

/// What a scenario may contain, besides what every scenario may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing happens between sending, arriving and returning, and no wait has a bound.
    Plain,
    /// Waits have bounds.
    Bounded,
    /// Jobs have timeouts, or are handed out again.
    Mortal,
    /// One fault, certain or not.
    Faulty,
}

/// Returns the scenario of this seed.
pub(super) fn small(seed: u64, sort: Sort) -> String {
    let mut tape = Tape::new(seed);
    let is_queue = sort == Sort::Mortal || tape.one_in(2);
    let head = head(&mut tape, sort);
    let cast = if is_queue { clicks(&mut tape, sort) } else { processes(&mut tape, sort) };
    let fault = if sort == Sort::Faulty { fault(&mut tape, is_queue) } else { String::new() };
    head + &cast + &fault
}

fn head(tape: &mut Tape, sort: Sort) -> String {
    let run_time = tape.one_of(&["2ms", "3ms", "1ms..2ms", "2ms..4ms", "0ms..6ms"]);
    let queue_time = tape.perhaps(6, &["queue_time = \"1ms\"", "queue_time = \"0ms..2ms\""]);
    let cancel_time = tape.one_of(&["1ms", "1ms..3ms", "2ms"]);
    let expires = tape.perhaps(6, &["expires_after = \"2ms\"", "expires_after = \"4ms\""]);
    let outcomes = match sort {
        Sort::Faulty => tape.perhaps(
            4,
            &[
                "outcomes = { completed = 1, failed = 1 }",
                "outcomes = { completed = 1, needs_action = 1 }",
                "outcomes = { completed = 1, incomplete = 1 }",
            ],
        ),
        Sort::Plain | Sort::Bounded | Sort::Mortal => String::new(),
    };
    let latency = tape.one_of(&["1ms", "1ms", "1ms", "0ms", "0ms..1ms", "1ms..2ms", "1ms..3ms"]);
    let local = tape.one_of(&["0ms", "0ms", "1ms", "0ms..1ms"]);
    let intent = tape.one_of(&["5ms", "1ms", "2s"]);
    let thread = tape.one_of(&["exists", "exists", "exists", "none"]);
    format!(
        "format = 1\nsummary = \"Small.\"\n[server]\nrun_time = \"{run_time}\"\n{queue_time}\
         cancel_time = \"{cancel_time}\"\n{expires}{outcomes}[network]\nlatency = \
         \"{latency}\"\nlocal = \"{local}\"\n[budget]\npicks = 300\n[expect]\nintent = \
         \"{intent}\"\n[[document]]\nid = 7\nthread = \"{thread}\"\n"
    )
}

fn clicks(tape: &mut Tape, sort: Sort) -> String {
    let debounce = tape.perhaps(6, &["debounce = \"2ms\"", "debounce = \"4ms\""]);
    let sleep = tape.one_of(&["0ms", "1ms", "3ms", "0ms..2ms", "1ms..5ms", "4ms..6ms"]);
    let click = "{ click = \"work\" }";
    let list = match tape.below(4) {
        0 => click.to_owned(),
        _ => format!("{click}, {{ sleep = \"{sleep}\" }}, {click}"),
    };
    let workers = tape.one_of(&["1", "2", "2"]);
    let poll = tape.one_of(&["0ms", "0ms", "1ms", "0ms..1ms"]);
    let mut queue = String::new();
    let mut job = tape.perhaps(3, &["tries = 2", "tries = 2\nbackoff = \"0ms..2ms\""]);
    if sort == Sort::Mortal {
        let kind = tape.below(3);
        if kind != 1 {
            job += &tape.line("timeout", &["2ms", "3ms", "4ms", "6ms"]);
        }
        if kind != 0 {
            queue += &tape.line("retry_after", &["2ms", "4ms", "5ms"]);
        }
    }
    queue += &tape.line("restart", &["0ms", "2ms", "1ms..2ms"]);
    job += &tape.perhaps(5, &["unique = true", "unique = true\nunique_for = \"3ms\""]);
    job += &tape.perhaps(
        4,
        &[
            "overlap = \"drop\"",
            "overlap = \"release\"\nrelease_after = \"1ms..2ms\"\ntries = 2",
            "overlap = \"drop\"\noverlap_for = \"3ms\"",
        ],
    );
    if job.matches("tries").count() > 1 {
        job = job.replacen("tries = 2\n", "", 1);
    }
    let actions = Actions::list(tape, sort, Begins::WithDocument);
    format!(
        "[[user]]\nname = \"browser\"\n{debounce}do = [{list}]\n[queue]\nworkers = {workers}\n\
         poll = \"{poll}\"\n{queue}[job.work]\n{job}do = [{actions}]\n"
    )
}

fn processes(tape: &mut Tape, sort: Sort) -> String {
    let start = tape.one_of(&["together", "0ms..1ms", "1ms", "0ms..4ms"]);
    if tape.one_in(3) {
        let own = tape.perhaps(5, &["own_document = true"]);
        let actions = Actions::list(tape, sort, Begins::WithDocument);
        return format!(
            "[[process]]\nname = \"p\"\ncount = 2\nstart = \"{start}\"\ndocument = 7\n{own}do = \
             [{actions}]\n"
        );
    }
    let one = Actions::list(tape, sort, Begins::WithDocument);
    let other = Actions::list(tape, sort, Begins::InThread);
    format!(
        "[[thread]]\nname = \"chat\"\n[[process]]\nname = \"p\"\nstart = \"{start}\"\ndocument = \
         7\ndo = [{one}]\n[[process]]\nname = \"q\"\nthread = \"chat\"\ndo = [{other}]\n"
    )
    .replace("thread = \"exists\"\n", "thread = \"chat\"\n")
}

/// What an actor has at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    WithDocument,
    InThread,
}

/// A list of actions while it is made, with what its further actions may use.
struct Actions<'a> {
    tape: &'a mut Tape,
    sort: Sort,
    begins: Begins,
    has_run: bool,
    has_reply: bool,
}

impl Actions<'_> {
    fn list(tape: &mut Tape, sort: Sort, begins: Begins) -> String {
        let count = 1 + tape.below(3);
        let first = if begins == Begins::InThread {
            ""
        } else if tape.one_in(8) {
            "\"create_thread\", "
        } else {
            "\"load_document\", "
        };
        let mut actions = Actions { tape, sort, begins, has_run: false, has_reply: false };
        let mut list = first.to_owned();
        for _ in 0..count {
            list += &actions.any(0);
            list += ", ";
        }
        list
    }

    fn has_document(&self) -> bool {
        self.begins == Begins::WithDocument
    }

    fn any(&mut self, depth: u32) -> String {
        if depth < 2 && self.tape.one_in(4) { self.block(depth) } else { self.plain() }
    }

    /// Returns `for = "…", ` where waits have bounds.
    fn bound(&mut self) -> String {
        if self.sort != Sort::Bounded || self.tape.one_in(4) {
            return String::new();
        }
        let bound = self.tape.one_of(&["0ms", "1ms", "2ms", "3ms", "4ms", "5ms", "7ms"]);
        format!("for = \"{bound}\", ")
    }

    fn poll(&mut self) -> &'static str {
        self.tape.one_of(&["1ms", "2ms", "3ms", "1ms..2ms"])
    }

    fn wait(&mut self) -> String {
        let bound = self.bound();
        let then = if bound.is_empty() || self.tape.one_in(2) { "" } else { "then = \"go_on\", " };
        let sees = if self.tape.one_in(6) { "sees = \"newest\", " } else { "" };
        format!("{bound}{then}{sees}poll = \"{}\"", self.poll())
    }

    fn plain(&mut self) -> String {
        match self.tape.below(if self.has_run { 17 } else { 12 }) {
            0..2 => "{ add_message = \"x\" }".to_owned(),
            2..5 => {
                self.has_run = true;
                "\"create_run\"".to_owned()
            }
            5 | 6 => format!("{{ safe_add_message = {{ text = \"x\", {} }} }}", self.wait()),
            7 => format!("{{ wait_idle = {{ {} }} }}", self.wait()),
            8 => "\"cancel_active\"".to_owned(),
            9 if self.has_document() => "\"save_thread\"".to_owned(),
            10 if self.has_document() => "\"load_document\"".to_owned(),
            9..12 => {
                let sleep = self.tape.one_of(&["1ms", "0ms..1ms", "3ms", "1ms..3ms", "0ms..6ms"]);
                format!("{{ sleep = \"{sleep}\" }}")
            }
            12 | 13 => {
                let bound = self.bound();
                format!("{{ await_run = {{ {bound}poll = \"{}\" }} }}", self.poll())
            }
            14 => "\"cancel_run\"".to_owned(),
            15 if self.has_reply && self.has_document() => "\"save_reply\"".to_owned(),
            15 => {
                self.has_reply = true;
                format!("{{ read_reply = \"{}\" }}", self.tape.one_of(&["run", "newest"]))
            }
            _ => "\"submit_outputs\"".to_owned(),
        }
    }

    fn block(&mut self, depth: u32) -> String {
        let (has_run, has_reply) = (self.has_run, self.has_reply);
        let kind = self.tape.below(9);
        let mut list = self.any(depth + 1);
        if self.tape.one_in(2) {
            list += ", ";
            list += &self.any(depth + 1);
        }
        let block = match kind {
            0..3 => {
                let ttl = if self.tape.one_in(3) { "ttl = \"3ms\", " } else { "" };
                let release = if self.tape.one_in(4) { "release = \"any\", " } else { "" };
                let busy = self.tape.one_of(&["wait", "wait", "skip", "fail"]);
                let bound = if busy == "wait" { self.bound() } else { String::new() };
                let poll = self.poll();
                format!(
                    "{{ lock = {{ key = \"k\", {ttl}{release}busy = \"{busy}\", {bound}poll = \
                     \"{poll}\", do = [{list}] }} }}"
                )
            }
            3 => {
                let wait = self.tape.one_of(&["0ms", "1ms", "0ms..2ms"]);
                format!("{{ retry = {{ times = 1, wait = \"{wait}\", do = [{list}] }} }}")
            }
            4 | 5 => {
                let on = self.tape.one_of(&["", "on = [\"refused\"], ", "on = [\"timed_out\"], "]);
                let otherwise = self.plain();
                format!("{{ try = {{ {on}do = [{list}], else = [{otherwise}] }} }}")
            }
            6 => format!("{{ repeat = {{ times = 2, do = [{list}] }} }}"),
            7 => format!(
                "{{ repeat = {{ during = \"{}\", pause = \"2ms\", do = [{list}] }} }}",
                self.tape.one_of(&["0ms", "1ms", "3ms"])
            ),
            _ => format!("{{ if = {{ unset = \"run\", do = [{list}] }} }}"),
        };
        // The actions in the block may be left out.
        (self.has_run, self.has_reply) = (has_run, has_reply);
        block
    }
}

fn fault(tape: &mut Tape, is_queue: bool) -> String {
    let call = tape.one_of(&["any", "any", "create_run", "add_message", "list_runs"]);
    let fault = match tape.below(if is_queue { 14 } else { 12 }) {
        0 => format!("lose_request = {{ call = \"{call}\", seen_as = \"reset\" }}"),
        1 => format!("lose_request = {{ call = \"{call}\", seen_as = \"silence\" }}"),
        2 => format!("lose_reply = {{ call = \"{call}\", seen_as = \"reset\" }}"),
        3 => format!("lose_reply = {{ call = \"{call}\", seen_as = \"silence\" }}"),
        4 => format!("duplicate = \"{call}\""),
        5 => format!("rate_limit = {{ call = \"{call}\", retry_after = \"1ms\" }}"),
        6 => format!("overload = \"{call}\""),
        7 => format!("slow_reply = {{ call = \"{call}\", time = \"2ms\" }}"),
        8 => "outage = \"1ms..2ms\"".to_owned(),
        9 => "failover = {}".to_owned(),
        10 => format!("run = \"{}\"", tape.one_of(&["failed", "needs_action", "stuck"])),
        11 => tape.one_of(&["lag = \"1ms\"", "cancel_loses = {}"]).to_owned(),
        12 => "crash = { job = \"work\", after = \"0ms..3ms\" }".to_owned(),
        _ => "pause = { job = \"work\", after = \"0ms..2ms\", time = \"2ms\" }".to_owned(),
    };
    let chance = tape.one_of(&["0.5", "0.5", "1"]);
    let during = tape.one_of(&["0ms..4ms", "0ms..2ms", "1ms..3ms"]);
    let client = format!("[client]\ntimeout = \"{}\"\n", tape.one_of(&["2ms", "3ms", "5ms"]));
    let retries = tape.perhaps(3, &["retries = 1"]);
    format!("{client}{retries}[[fault]]\n{fault}\nchance = {chance}\nduring = \"{during}\"\n")
}
