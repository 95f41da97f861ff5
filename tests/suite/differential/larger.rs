//! Random scenarios that are too large for brute force. They use the rest of the language, with
//! guards around them and faults in them.

use deadheat::scenario::{Guards, Scenario, Settings, all_guards, load};

use super::tape::Tape;

/// Returns the scenario of this seed, as text and as read. It has a guard around it if the guard
/// applies.
pub(super) fn larger(seed: u64) -> Option<(String, Scenario)> {
    let mut tape = Tape::new(seed);
    let source = source(&mut tape);
    let scenario = load(&source, &Settings::new()).scenario?;
    let guards = all_guards();
    let guard = match tape.below(2) {
        0 => Guards::none(),
        _ => guards[tape.below(guards.len() as u64) as usize].clone(),
    };
    let guarded = guard.apply(scenario).ok()?;
    Some((format!("# --guard {guard}\n{source}"), guarded))
}

fn source(tape: &mut Tape) -> String {
    let head = head(tape);
    let documents = documents(tape);
    let is_queue = tape.one_in(2);
    let cast = if is_queue { queue(tape) } else { processes(tape) };
    let faults = match tape.below(3) {
        0 => String::new(),
        count => (0..count).map(|_| fault(tape, is_queue)).collect(),
    };
    format!("{head}{documents}{cast}{faults}")
}

fn head(tape: &mut Tape) -> String {
    let run_time = tape.one_of(&["1s..3s", "2s..20s", "500ms", "100ms..4s"]);
    let queue_time = tape.perhaps(3, &["queue_time = \"0s..1s\"", "queue_time = \"200ms\""]);
    let outcomes = tape.perhaps(
        4,
        &[
            "outcomes = { completed = 3, failed = 1 }",
            "outcomes = { completed = 3, needs_action = 1 }",
            "outcomes = { completed = 3, incomplete = 1, stuck = 1 }",
        ],
    );
    let expires = tape.perhaps(3, &["expires_after = \"3s\"", "expires_after = \"30s\""]);
    let latency = tape.one_of(&["5ms..80ms", "40ms", "10ms..500ms"]);
    let local = tape.one_of(&["0ms..2ms", "1ms", "0ms..50ms"]);
    let preset = tape.perhaps(3, &["preset = \"openai-python\"", "preset = \"openai-node\""]);
    let timeout = tape.perhaps(4, &["timeout = \"100ms\"", "timeout = \"1s\""]);
    let intent = tape.one_of(&["2s", "100ms", "10s"]);
    format!(
        "format = 1\nsummary = \"Larger.\"\n[server]\nrun_time = \
         \"{run_time}\"\n{queue_time}{outcomes}{expires}[budget]\npicks = \
         2000\n[network]\nlatency = \"{latency}\"\nlocal = \
         \"{local}\"\n[client]\n{preset}{timeout}[expect]\nintent = \"{intent}\"\n"
    )
}

fn documents(tape: &mut Tape) -> String {
    let sections = tape.below(3);
    let thread = tape.one_of(&["exists", "exists", "none", "chat"]);
    let other = tape.one_of(&["exists", "none", "chat"]);
    format!(
        "[[thread]]\nname = \"chat\"\n[[document]]\nid = 7\nsections = {sections}\nthread = \
         \"{thread}\"\n[[document]]\nid = 8\nthread = \"{other}\"\n"
    )
}

fn queue(tape: &mut Tape) -> String {
    let count = 1 + tape.below(2);
    let start = tape.one_of(&["together", "0s..2s"]);
    let debounce = tape.perhaps(4, &["debounce = \"1s\""]);
    let sleep = tape.one_of(&["80ms..400ms", "1s..3s", "0ms"]);
    let second = tape.one_of(&["7", "7", "8"]);
    let kind = tape.one_of(&["work", "work", "other"]);
    let (workers, poll) = (1 + tape.below(3), tape.one_of(&["0ms..20ms", "5ms"]));
    let retry_after = tape.perhaps(4, &["retry_after = \"5s\"", "retry_after = \"1s\""]);
    let restart = tape.one_of(&["1s", "0ms..500ms"]);
    let tries = 1 + tape.below(3);
    let backoff = tape.one_of(&["0ms", "1s", "100ms..2s"]);
    let timeout = tape.perhaps(4, &["timeout = \"2s\"", "timeout = \"10s\""]);
    let unique = tape.perhaps(4, &["unique = true", "unique = true\nunique_for = \"1s\""]);
    let overlap = tape.perhaps(
        3,
        &[
            "overlap = \"release\"\nrelease_after = \"1s\"",
            "overlap = \"drop\"\noverlap_for = \"2s\"",
        ],
    );
    let (list, other) = (list(tape), list(tape));
    format!(
        "[[user]]\nname = \"user\"\ncount = {count}\nstart = \"{start}\"\n{debounce}do = [{{ click \
         = {{ job = \"work\", document = 7 }} }}, {{ sleep = \"{sleep}\" }}, {{ click = {{ job = \
         \"{kind}\", document = {second} }} }}]\n[queue]\nworkers = {workers}\npoll = \
         \"{poll}\"\n{retry_after}restart = \"{restart}\"\n[job.work]\ntries = {tries}\nbackoff = \
         \"{backoff}\"\n{timeout}{unique}{overlap}do = [{list}]\n[job.other]\ndo = [{other}]\n"
    )
}

fn processes(tape: &mut Tape) -> String {
    let (count, start) = (1 + tape.below(2), tape.one_of(&["together", "0s..1s"]));
    let own = tape.perhaps(5, &["own_document = true"]);
    let (one, other) = (list(tape), list(tape));
    format!(
        "[[process]]\nname = \"p\"\ncount = {count}\nstart = \"{start}\"\ndocument = 7\n{own}do = \
         [{one}]\n[[process]]\nname = \"q\"\ndocument = 8\ndo = [{other}]\n"
    )
}

/// Returns what a job does, with something around its core.
fn list(tape: &mut Tape) -> String {
    let bound = tape.one_of(&["", "", "for = \"2s\", ", "for = \"300ms\", "]);
    let then = if bound.is_empty() { "" } else { tape.one_of(&["", "then = \"go_on\", "]) };
    let poll = tape.one_of(&["1s", "200ms", "100ms..300ms"]);
    let message = match tape.below(3) {
        0 => "{ add_message = \"x\" }".to_owned(),
        _ => format!("{{ safe_add_message = {{ text = \"x\", {bound}{then}poll = \"{poll}\" }} }}"),
    };
    let await_run = format!("{{ await_run = {{ {bound}poll = \"{poll}\" }} }}");
    let after = match tape.below(5) {
        0 => String::new(),
        1 => format!("{await_run}, "),
        2 => format!("{await_run}, \"read_reply\", \"save_reply\", "),
        3 => format!("{{ try = {{ do = [{await_run}], else = [\"cancel_run\"] }} }}, "),
        _ => "\"cancel_run\", ".to_owned(),
    };
    let heart = format!("{message}, \"create_run\", {after}");
    let ttl = tape.one_of(&["", "", "ttl = \"3s\", ", "ttl = \"500ms\", "]);
    let around = match tape.below(7) {
        0 => heart,
        1 => format!(
            "{{ lock = {{ key = \"thread:{{thread}}\", {ttl}{bound}poll = \"{poll}\", do = \
             [{heart}] }} }}, "
        ),
        2 => format!("{{ lock = {{ key = \"k\", busy = \"skip\", {ttl}do = [{heart}] }} }}, "),
        3 => format!("{{ for_each_section = [{heart}] }}, "),
        4 => format!("{{ retry = {{ times = 2, wait = \"500ms\", do = [{heart}] }} }}, "),
        5 => format!("{{ try = {{ do = [{heart}], else = [\"cancel_active\"] }} }}, "),
        _ => format!("{{ repeat = {{ times = 2, do = [{heart}] }} }}, "),
    };
    let begins = match tape.below(4) {
        0 => "\"create_thread\", \"save_thread\", ",
        1 => {
            "\"load_document\", { if = { unset = \"thread\", do = [\"create_thread\", \
              \"save_thread\"] } }, "
        }
        _ => "\"load_document\", ",
    };
    format!("{begins}{around}")
}

fn fault(tape: &mut Tape, is_queue: bool) -> String {
    let call = tape.one_of(&["any", "create_run", "add_message", "list_runs"]);
    let seen_as = tape.one_of(&["reset", "silence"]);
    let fault = match tape.below(if is_queue { 14 } else { 12 }) {
        0 | 1 => format!("lose_request = {{ call = \"{call}\", seen_as = \"{seen_as}\" }}"),
        2 | 3 => format!("lose_reply = {{ call = \"{call}\", seen_as = \"{seen_as}\" }}"),
        4 => format!("duplicate = \"{call}\""),
        5 => format!("rate_limit = {{ call = \"{call}\", retry_after = \"1s\" }}"),
        6 => format!("internal_error = \"{call}\""),
        7 => format!("slow_reply = {{ call = \"{call}\", time = \"1s..2s\" }}"),
        8 => "outage = \"1s..2s\"".to_owned(),
        9 => "failover = {}".to_owned(),
        10 => format!("run = \"{}\"", tape.one_of(&["failed", "needs_action", "stuck"])),
        11 => tape.one_of(&["lag = \"100ms..1s\"", "cancel_loses = {}"]).to_owned(),
        12 => "crash = { job = \"work\", after = \"0s..2s\" }".to_owned(),
        _ => "pause = { job = \"work\", after = \"0s..1s\", time = \"1s..3s\" }".to_owned(),
    };
    let during = tape.one_of(&["0s..5s", "0s..20s"]);
    format!("[[fault]]\n{fault}\nchance = 0.2\nduring = \"{during}\"\n")
}
