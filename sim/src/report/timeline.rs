//! A trial as a timeline: one column per actor, time at the left, the server's runs as bars beside
//! it, and every refusal explained. It fits a hundred columns.

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Cast, Death, End, Ending, Event, Freed, Operation, What};
use deadheat_model::id::{Actor, Id, ThreadId};
use deadheat_model::property::{PropertyId, Violation};
use deadheat_model::run::RunStatus;

use super::human::plural;
use super::{BAD, FAINT, GOOD, HEAD, WARN, paint, words};
use crate::record::Trial;

/// A page is so wide.
const WIDTH: usize = 100;
/// The time's column.
const TIME: usize = 9;
/// A thread's bar.
const BAR: usize = 4;
/// With less room for each actor than this, actors share one column.
const CELL_MIN: usize = 15;
/// More threads than this have no bars.
const BARS_MAX: usize = 8;
/// So many pending occurrences are named.
const UNFINISHED_MAX: usize = 20;
/// So many rows that say the same are shown; more are counted.
const ALIKE_MAX: usize = 3;

/// The page; `again` is the line that prints it.
pub fn timeline(trial: &Trial, about: &str, again: &str) -> String {
    let mut text = story(trial, &format!("{}, seed {}", trial.scenario, trial.seed), about);
    let _ = writeln!(
        text,
        "
again: {again}"
    );
    text
}

/// The page below another title, and without a line to paste.
pub fn story(trial: &Trial, title: &str, about: &str) -> String {
    let page = Page::new(trial);
    let mut text = head(trial, title, about);
    text.push_str(&page.table());
    text.push_str(&page.notes());
    text.push_str(&page.verdicts());
    text.push_str(&page.legend());
    text
}

fn head(trial: &Trial, title: &str, about: &str) -> String {
    let broken = match count_broken(trial) {
        0 => "nothing".to_owned(),
        broken => plural(broken, "property", "properties"),
    };
    let end = trial.history.events.last().map(|event| event.at).unwrap_or_default();
    let mut text = format!(
        "{}\n{about}\n{}: {} in {end} s of virtual time; it broke {broken}.\n\n",
        paint(HEAD, title),
        words::end(trial.end),
        plural(trial.occurrences, "occurrence", "occurrences"),
    );
    if !trial.unfinished.is_empty() {
        let what = match trial.end {
            End::OutOfBudget => "still pending at the end:",
            End::Stuck | End::Settled => "nothing is left to happen, and somebody waits:",
        };
        let _ = writeln!(text, "{}", paint(WARN, what));
        for name in trial.unfinished.iter().take(UNFINISHED_MAX) {
            let _ = writeln!(text, "  {name}");
        }
        if let Some(more) = trial.unfinished.len().checked_sub(UNFINISHED_MAX + 1) {
            let _ = writeln!(text, "  and {} more", more + 1);
        }
        text.push('\n');
    }
    text
}

fn count_broken(trial: &Trial) -> u64 {
    let broken = |property: &PropertyId| {
        trial.violations.iter().any(|violation| violation.property == *property)
    };
    PropertyId::ALL.iter().filter(|property| broken(property)).count() as u64
}

/// One line of the table.
struct Row {
    at: String,
    /// The state of each thread's bar.
    bars: Vec<char>,
    actor: Option<Actor>,
    text: String,
    is_bad: bool,
}

struct Page<'a> {
    trial: &'a Trial,
    cast: &'a Cast,
    actors: Vec<Actor>,
    threads: Vec<ThreadId>,
    rows: Vec<Row>,
    refusals: Vec<&'a Event>,
}

impl<'a> Page<'a> {
    fn new(trial: &'a Trial) -> Page<'a> {
        let mut page = Page {
            trial,
            cast: &trial.history.cast,
            actors: Vec::new(),
            threads: Vec::new(),
            rows: Vec::new(),
            refusals: Vec::new(),
        };
        for event in &trial.history.events {
            if let Some(actor) = event.by.filter(|actor| !page.actors.contains(actor)) {
                page.actors.push(actor);
            }
            if let What::Message { thread, .. } | What::RunCreated { thread, .. } = event.what
                && !page.threads.contains(&thread)
            {
                page.threads.push(thread);
            }
        }
        page.actors.sort_unstable();
        page.threads.sort_unstable();
        page.fill();
        page
    }

    fn fill(&mut self) {
        let mut active: Vec<Option<deadheat_model::id::RunId>> = vec![None; self.threads.len()];
        let mut creators = Vec::new();
        for (index, event) in self.trial.history.events.iter().enumerate() {
            let mut marks: Vec<(usize, char)> = Vec::new();
            let mut by = event.by;
            match event.what {
                What::LockFreed { holder, .. } => by = Some(holder),
                What::RunCreated { run, thread, .. } => {
                    creators.push((run, thread, event.by));
                    let lane = self.lane(thread);
                    active[lane] = Some(run);
                    // The call that created it has its row already.
                    if let Some(row) = self.rows.last_mut() {
                        row.bars[lane] = 'o';
                    }
                    continue;
                }
                What::RunMoved { run, status, .. } => {
                    let (_, thread, creator) = creators[run.index()];
                    by = creator;
                    let lane = self.lane(thread);
                    if !status.is_active() {
                        active[lane] = None;
                        marks.push((lane, '*'));
                    }
                }
                _ => {}
            }
            let next = self.trial.history.events.get(index + 1);
            let Some((text, is_bad)) = self.cell(event, next) else { continue };
            let mut bars: Vec<char> =
                active.iter().map(|run| if run.is_some() { '|' } else { '.' }).collect();
            for (lane, mark) in marks {
                bars[lane] = mark;
            }
            self.rows.push(Row { at: event.at.to_string(), bars, actor: by, text, is_bad });
        }
    }

    fn lane(&self, thread: ThreadId) -> usize {
        let lane = self.threads.iter().position(|known| *known == thread);
        lane.expect("invariant: every thread that is written to was found")
    }

    /// What an event says, in a few words; nothing if the event beside it says it already.
    fn cell(&mut self, event: &'a Event, next: Option<&Event>) -> Option<(String, bool)> {
        let said = |text: String| Some((text, false));
        match &event.what {
            What::Clicked { .. } => match next.map(|next| &next.what) {
                Some(What::Dispatched { job, .. }) => {
                    said(format!("clicks: {}", self.cast.job(*job)))
                }
                _ => said("clicks".to_owned()),
            },
            What::Dispatched { job, section, .. } => match (event.by, section) {
                (Some(Actor::User(_)), _) => None,
                (_, Some(section)) => {
                    said(format!("dispatches {} for section {section}", self.cast.job(*job)))
                }
                (_, None) => said(format!("dispatches {}", self.cast.job(*job))),
            },
            What::Started { worker: Some(worker) } => said(format!("starts on worker {worker}")),
            What::Started { worker: None } => said("starts".to_owned()),
            What::Ended(ending) => {
                Some((words::ending(*ending), matches!(ending, Ending::Failed { .. })))
            }
            What::Answered { operation, answer: Answer::Refused(error), .. } => {
                self.refusals.push(event);
                let (what, number) = (short(*operation), self.refusals.len());
                Some((format!("x {what}: {} [{number}]", error.status()), true))
            }
            What::Answered { operation, answer, .. } => said(answered(*operation, answer)),
            What::RunMoved { run, status, .. } => match status {
                RunStatus::InProgress | RunStatus::Queued => None,
                status => said(format!("({run} {status})")),
            },
            What::RowRead { thread: Some(thread), .. } => said(format!("reads {thread}")),
            What::RowRead { thread: None, .. } => said("reads: no thread".to_owned()),
            What::ThreadSaved { thread, .. } => said(format!("saves {thread}")),
            What::ReplySaved { run: Some(run), .. } => said(format!("saves {run}'s text")),
            What::ReplySaved { run: None, .. } => said("saves no answer".to_owned()),
            What::Marked(mark) => said(mark.to_string()),
            What::Message { .. } | What::RunCreated { .. } | What::End(_) => None,
            _ => trouble(self.cast, event),
        }
    }

    /// How wide each actor's column is; nothing if there is no room for one each.
    fn cell_width(&self) -> Option<usize> {
        let room = WIDTH - TIME - self.bars_width();
        let width = room / self.actors.len().max(1);
        (width > CELL_MIN).then_some(width.min(30))
    }

    fn bars_width(&self) -> usize {
        if self.threads.len() > BARS_MAX { 2 } else { 2 + BAR * self.threads.len() }
    }

    fn bars(&self, row: &Row) -> String {
        let mut text = "  ".to_owned();
        if self.threads.len() <= BARS_MAX {
            for bar in &row.bars {
                let _ = write!(text, "{bar:<BAR$}");
            }
        }
        text
    }

    fn table(&self) -> String {
        let width = self.cell_width();
        let mut text = format!("{:>TIME$}  ", "time (s)");
        if self.threads.len() <= BARS_MAX {
            for thread in &self.threads {
                let _ = write!(text, "{:<BAR$}", format!("t{}", thread.index() + 1));
            }
        }
        match width {
            Some(width) => {
                for actor in &self.actors {
                    let _ = write!(text, "{:<width$}", cut(&self.cast.name(*actor), width - 1));
                }
            }
            None => text.push_str("who               what"),
        }
        let mut text = paint(HEAD, text.trim_end());
        text.push('\n');
        let mut index = 0;
        while index < self.rows.len() {
            let row = &self.rows[index];
            let alike = self.rows[index..].iter().take_while(|other| {
                other.actor == row.actor && other.text == row.text && !other.is_bad
            });
            let alike = alike.count().max(1);
            if alike <= ALIKE_MAX {
                self.rows[index..index + alike]
                    .iter()
                    .for_each(|row| self.row(&mut text, row, width));
            } else {
                self.row(&mut text, row, width);
                let more = format!("({} more)", alike - 2);
                let between = Row {
                    at: ":".to_owned(),
                    bars: row.bars.clone(),
                    actor: row.actor,
                    text: more,
                    is_bad: false,
                };
                self.row(&mut text, &between, width);
                self.row(&mut text, &self.rows[index + alike - 1], width);
            }
            index += alike;
        }
        text
    }

    fn row(&self, text: &mut String, row: &Row, width: Option<usize>) {
        let _ = write!(text, "{:>TIME$}{}", row.at, self.bars(row));
        let said = match (width, row.actor) {
            (Some(width), Some(actor)) => {
                let column = self.actors.iter().position(|known| *known == actor).unwrap_or(0);
                let _ = write!(text, "{:1$}", "", column * width);
                let is_last = column + 1 == self.actors.len();
                let room = WIDTH - TIME - self.bars_width() - column * width;
                cut(&row.text, if is_last { room } else { width - 1 })
            }
            (_, actor) => {
                let _ = write!(text, "{:<18}", cut(&words::name(self.cast, actor), 17));
                row.text.clone()
            }
        };
        let said = if row.is_bad {
            paint(BAD, &said)
        } else if row.text.starts_with('(') {
            paint(FAINT, &said)
        } else {
            said
        };
        let _ = writeln!(text, "{said}");
    }

    fn notes(&self) -> String {
        let mut text = String::new();
        for (index, event) in self.refusals.iter().enumerate() {
            let note = format!("[{}] {}", index + 1, words::refusal(event, self.trial));
            let _ = write!(text, "\n{}", wrapped(&note, 4));
        }
        text
    }

    /// The note that explains a refused call.
    fn note_of(&self, found: &Violation) -> usize {
        let event = &self.trial.history.events[found.witnesses.first.event.0];
        let place = self.refusals.iter().position(|refused| std::ptr::eq(*refused, event));
        place.expect("invariant: every refusal has its note") + 1
    }

    fn verdicts(&self) -> String {
        let violations = &self.trial.violations;
        let of = |property| violations.iter().filter(move |found| found.property == property);
        let mut text = String::from("\n");
        for said in PropertyId::ALL.into_iter().flat_map(|property| self.said_of(property)) {
            let line = wrapped(&format!("broken  {said}"), 8);
            text.push_str(&line.replacen("broken", &paint(BAD, "broken"), 1));
        }
        let kept = PropertyId::ALL.into_iter().filter(|property| of(*property).next().is_none());
        let kept: Vec<&str> = kept.map(PropertyId::name).collect();
        let line = wrapped(&format!("kept    {}", kept.join(", ")), 8);
        text.push_str(&line.replacen("kept", &paint(GOOD, "kept"), 1));
        text
    }

    /// What the trial has broken of a property: a sentence for each of its ways.
    fn said_of(&self, property: PropertyId) -> Vec<String> {
        let all: Vec<&Violation> =
            self.trial.violations.iter().filter(|found| found.property == property).collect();
        if property == PropertyId::NoRejectedCall {
            let notes = all.iter().map(|found| self.note_of(found));
            let said = match (notes.clone().min(), notes.max()) {
                (Some(first), Some(last)) if first < last => format!("see [{first}] to [{last}]."),
                (Some(only), _) => format!("see [{only}]."),
                (None, _) => return Vec::new(),
            };
            return vec![format!("{property}: {said}")];
        }
        let cast = &self.trial.history.cast;
        let way = |found: &Violation| (found.fingerprint(cast), found.why);
        let is_first = |at: &usize| !all[..*at].iter().any(|one| way(one) == way(all[*at]));
        let firsts = (0..all.len()).filter(is_first).map(|at| all[at]);
        firsts
            .map(|first| {
                let more = all.iter().filter(|one| way(one) == way(first)).count() - 1;
                let said = words::violation(first, self.trial);
                let more = if more > 0 { format!(" ({more} more like it)") } else { String::new() };
                format!("{property}: {said}{more}")
            })
            .collect()
    }

    fn legend(&self) -> String {
        let mut text = String::new();
        if self.threads.len() <= BARS_MAX && !self.threads.is_empty() {
            text.push_str(
                "t1 is thread_1: `o` a run is created in it, `|` the run is active, `*` it ended. ",
            );
        }
        text.push_str(
            "An actor's line stands where its call reached the server. `looks` lists the thread's \
             runs; `x` was refused; (…) in an actor's column is what became of its run; [n] is \
             explained above; `!` is a fault.",
        );
        format!("\n{}", paint(FAINT, &wrapped(&format!("legend: {text}"), 2)))
    }
}

/// What an event about locks, deaths or faults says.
fn trouble(cast: &Cast, event: &Event) -> Option<(String, bool)> {
    let said = |text: String| Some((text, false));
    match &event.what {
        What::LockTaken { lock } => said(format!("locks {}", cast.lock(*lock))),
        What::LockBusy { holder, .. } => said(format!("lock busy: {}", cast.name(*holder))),
        What::LockLeft { lock, holder, freed } => match freed {
            Some(freed) if freed == holder => said(format!("unlocks {}", cast.lock(*lock))),
            Some(other) => Some((format!("frees the lock of {}", cast.name(*other)), true)),
            None => said("unlocks nothing".to_owned()),
        },
        What::LockFreed { why, .. } => said(match why {
            Freed::Expired => "(its lock expired)".to_owned(),
            Freed::Lost => "(its lock was lost)".to_owned(),
        }),
        What::Killed { death, .. } => Some((
            match death {
                Death::Crash => "dies: crash".to_owned(),
                Death::Timeout => "dies: job timeout".to_owned(),
            },
            true,
        )),
        What::Ignored { .. } => said("is ignored: not unique".to_owned()),
        What::Skipped { .. } => said("leaves it out".to_owned()),
        What::Paused => said("stands still".to_owned()),
        What::Resumed => said("goes on".to_owned()),
        What::Fault { clause, call } => {
            let name = cast.role(Actor::Fault(*clause));
            let on = call.map(|(operation, nth)| format!(": {operation}#{nth}"));
            Some((format!("! {name}{}", on.unwrap_or_default()), true))
        }
        _ => None,
    }
}

/// What a granted call did.
fn answered(operation: Operation, answer: &Answer) -> String {
    match answer {
        Answer::Thread(thread) => format!("creates {thread}"),
        Answer::Message(message) => format!("adds {message}"),
        Answer::Runs(None) => "looks: idle".to_owned(),
        Answer::Runs(Some(run)) => format!("looks: {run}"),
        Answer::Messages(Some(message)) => format!("reads {message}"),
        Answer::Messages(None) => "reads no message".to_owned(),
        Answer::Run(run, status) => match operation {
            Operation::CreateRun => format!("creates {run}"),
            Operation::CancelRun => format!("cancels {run}"),
            Operation::SubmitOutputs => format!("answers {run}"),
            _ => format!("{run}: {status}"),
        },
        Answer::Refused(_) => String::new(),
    }
}

/// What a refused call wanted, in a word.
fn short(operation: Operation) -> &'static str {
    match operation {
        Operation::AddMessage => "add",
        Operation::CreateRun => "run",
        Operation::CancelRun => "cancel",
        Operation::SubmitOutputs => "submit",
        _ => "call",
    }
}

/// The text in lines of a page's width, all but the first one indented.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

/// At most `width` characters of the text; `~` says that there was more.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['~']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_and_long_names_are_cut() {
        let text = wrapped(&"word ".repeat(30), 4);
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("    word")));
        assert_eq!(cut("stress-worker", 8), "stress-~");
        assert_eq!(cut("browser", 8), "browser");
    }
}
