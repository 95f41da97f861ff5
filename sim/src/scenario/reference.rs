//! The reference for authors, made from the tables of blocks and verbs.

use std::fmt::Write as _;

use deadheat_model::history::{Cause, Mark};
use deadheat_model::property::PropertyId;

use super::Local;
use super::block::{BLOCKS, ROOT};
use super::fault::FAULTS;
use super::guard::GUARDS;
use super::key::{Default, Key, Kind};
use super::verb::{Role, VERBS, Verb};

/// The rules for what counts as one request and what counts as two.
const REQUESTS: [&str; 6] = [
    "A request is what somebody asked for: a job on a document, or on one of its sections; or an \
     iteration of a process. Within one of these, each different text of `add_message` or \
     `safe_add_message` is a request of its own, as the text is written, braces and all.",
    "Two clicks of one user on the same job and document within `[expect] intent` ask for the same \
     thing; clicks on different jobs or documents never do. What a job dispatches belongs to the \
     click behind it.",
    "Everything with the same `same = \"KEY\"` asks for the same thing, in any actor. On a \
     click, a dispatch or a process, the key names all of its questions, which then count by \
     their place, not by their text. On a message, it names the request itself.",
    "`asks = \"optional\"`: the request may stay unanswered, but not be answered twice. `asks = \
     \"nothing\"`: the message asks for nothing, and no run answers it rightly or wrongly.",
    "What was debounced, dropped, skipped or refused was asked for, too.",
    "Paid for twice: two runs of one request went to work, and neither failed, expired or was \
     incomplete. A cancelled run counts, and so does a run whose creator has its answer already.",
];

/// Returns the reference, in lines of at most a hundred columns.
pub fn reference() -> String {
    let mut text = String::from(
        "ACTIONS\n  One action is one key. Three spellings of one meaning:\n\
         \x20   \"verb\"   { verb = VALUE }   { verb = { option = VALUE, … } }\n\
         \x20 A list of actions is written in place, or is the name of a list under [do].\n",
    );
    for verb in VERBS {
        write_verb(&mut text, verb);
    }
    text.push_str("\nBLOCKS\n");
    write_keys(&mut text, ROOT, 2);
    for block in BLOCKS {
        write_entry(&mut text, &block.header(None), None, block.help, block.keys);
    }
    text.push_str("\nFAULTS, of which a [[fault]] has one\n");
    for fault in FAULTS {
        write_entry(&mut text, fault.name, fault.main, fault.help, fault.options);
    }
    text.push('\n');
    text.push_str(&guards());
    text.push_str("\nREQUESTS, what properties take for one and the same thing\n");
    for rule in REQUESTS {
        write_wrapped(&mut text, rule, 2);
    }
    text.push_str("\nLOCALS, in texts as {local}, and what `if` asks for\n");
    let locals = Local::ALL.map(Local::name).join(", ");
    write_wrapped(&mut text, &format!("{locals}; only in texts: user, process, job, attempt"), 2);
    let lives = "A local lives as long as its user, process or job attempt: what one iteration of \
                 `repeat` has set, the next one finds.";
    write_wrapped(&mut text, lives, 2);
    text.push_str("\nCAUSES, what actions throw and `on` lists name\n");
    write_terms(&mut text, Cause::ALL.map(|cause| (cause.name(), cause.meaning())));
    text.push_str("\nPROPERTIES, what `[expect]` lists name\n");
    write_terms(&mut text, PropertyId::ALL.map(|id| (id.name(), id.promise())));
    text.push_str("\nMARKS, what `reaches` and `misses` name\n");
    write_terms(&mut text, Mark::ALL.map(|mark| (mark.name(), mark.meaning())));
    text
}

/// Returns the guards with their options, in lines of at most a hundred columns.
pub fn guards() -> String {
    let mut text = String::from(
        "GUARDS, what `--guard` and `[[expect.with]]` take: NAME:OPTION=VALUE,OPTION=VALUE\n\
         \x20 Each rewrites the scenario: `deadheat show SCENARIO --guard GUARD` prints it.\n\
         \x20 In `retry+lock` the first is outermost: the lock is freed between two tries.\n",
    );
    for guard in GUARDS {
        write_entry(&mut text, guard.name, None, guard.help, guard.options);
    }
    text
}

fn write_verb(text: &mut String, verb: &Verb) {
    write_entry(text, verb.name, verb.main, verb.help, verb.options);
    let braced = |locals: &[Local]| {
        let names = locals.iter().map(|local| format!("{{{}}}", local.name()));
        names.collect::<Vec<_>>().join(" ")
    };
    let mut notes = Vec::new();
    if !verb.reads.is_empty() {
        notes.push(format!("needs {}", braced(verb.reads)));
    }
    if !verb.sets.is_empty() {
        notes.push(format!("sets {}", braced(verb.sets)));
    }
    if !verb.throws.is_empty() {
        let causes: Vec<&str> = verb.throws.iter().map(|cause| cause.name()).collect();
        notes.push(format!("throws {}", causes.join(", ")));
    }
    notes.push(match verb.who {
        [Role::User] => "for users".to_owned(),
        [Role::Process, Role::Job] => "for processes and jobs".to_owned(),
        _ => "for anybody".to_owned(),
    });
    write_wrapped(text, &notes.join("; "), 6);
}

fn write_entry(text: &mut String, name: &str, main: Option<&str>, help: &str, keys: &[Key]) {
    let main = main.map(|main| format!(" = {}", main.to_uppercase())).unwrap_or_default();
    let _ = writeln!(text, "\n  {name}{main}");
    write_wrapped(text, help, 6);
    write_keys(text, keys, 6);
}

fn write_keys(text: &mut String, keys: &[Key], indent: usize) {
    for key in keys {
        let default = match key.default {
            Default::Required => "required".to_owned(),
            Default::Is(literal) => {
                let is_any = key.kind == Kind::Causes && literal.len() > 40;
                format!("default {}", if is_any { "all causes" } else { literal })
            }
            Default::Absent(what) if key.kind == Kind::Span => format!("default \"none\": {what}"),
            Default::Absent(what) => format!("default: {what}"),
            Default::Instead(other) => format!("or `{other}`"),
            Default::OnlyDocument => "default: the only one there is".to_owned(),
        };
        let what = if let Kind::Choice(words) = key.kind {
            words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
        } else if let Kind::Count(min, max) = key.kind
            && max < u64::MAX
        {
            format!("a whole number, {min} to {max}")
        } else {
            key.kind.expected().to_owned()
        };
        let line = format!("{:<14} {} ({what}; {default})", key.name, key.help);
        write_wrapped(text, &line, indent);
    }
}

fn write_terms<const N: usize>(text: &mut String, terms: [(&str, &str); N]) {
    for (term, meaning) in terms {
        write_wrapped(text, &format!("{term:<24} {meaning}"), 2);
    }
}

/// Writes a text in lines of at most a hundred columns. Further lines are indented by four more.
fn write_wrapped(text: &mut String, line: &str, indent: usize) {
    let mut current = " ".repeat(indent);
    let mut is_begun = false;
    for word in line.split(' ') {
        if is_begun && current.chars().count() + 1 + word.chars().count() > 100 {
            let _ = writeln!(text, "{}", current.trim_end());
            current = " ".repeat(indent + 4);
            is_begun = false;
        }
        if is_begun {
            current.push(' ');
        }
        current.push_str(word);
        is_begun = true;
    }
    let _ = writeln!(text, "{}", current.trim_end());
}
