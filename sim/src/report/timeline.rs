//! A trial as a timeline: one column per actor, the time on the left, and the server's runs as bars
//! beside it. Every refusal is explained. The timeline fits into a hundred columns.

mod cells;
mod verdicts;

use std::fmt::Write as _;

use deadheat_model::history::{Answer, Cast, End, Ending, Event, Mark, Operation, What};
use deadheat_model::id::{Actor, Id, ThreadId};
use deadheat_model::property::PropertyId;
use deadheat_model::run::RunStatus;
use deadheat_model::time::Time;

pub(super) use self::cells::answered;
use self::cells::{short, trouble};
use self::verdicts::Refusals;
use super::number::plural;
use super::page::{WIDTH, paragraph_to};
use super::{BAD, FAINT, HEAD, WARN, paint, words};
use crate::record::Trial;
/// The width of the time column.
const TIME: usize = 9;
/// The width of a thread's bar.
const BAR: usize = 4;
/// Actors share one column if each actor has less room than this.
const CELL_MIN: usize = 15;
/// A timeline with more threads than this has no bars.
const BARS_MAX: usize = 8;
/// At most this many pending occurrences are named.
const UNFINISHED_MAX: usize = 20;
/// A stretch of rows that say the same, or of polls, is folded if it is longer than this.
const ALIKE_MAX: usize = 3;
/// The number of rows before and after the time that was asked for.
const AROUND: usize = 15;

/// How a timeline is displayed.
#[derive(Clone, Debug)]
pub struct View {
    /// The width of a page, in characters.
    pub width: usize,
    /// The only actor whose rows are shown: its name, or the name of its job.
    pub actor: Option<String>,
    /// The only time whose rows are shown, with a few rows before and after.
    pub around: Option<Time>,
}

impl Default for View {
    fn default() -> View {
        View { width: WIDTH, actor: None, around: None }
    }
}

/// Renders the page. `again` is the line that prints it.
pub fn timeline(trial: &Trial, about: &str, again: &str, view: &View) -> String {
    let title = format!("{}, seed {}", trial.scenario, trial.seed);
    let mut text = page(trial, &title, about, view);
    let _ = writeln!(
        text,
        "
again: {again}"
    );
    text
}

/// Renders the page under another title, and without a line to paste.
pub fn story(trial: &Trial, title: &str, about: &str) -> String {
    page(trial, title, about, &View::default())
}

fn page(trial: &Trial, title: &str, about: &str, view: &View) -> String {
    let page = Page::new(trial, view);
    let mut text = head(trial, title, about);
    text.push_str(&page.verdicts());
    text.push('\n');
    text.push_str(&page.table());
    text.push_str(&page.notes());
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
        "{}\n{about}\n{}: {} in {end} s of virtual time; broke {broken}\n\n",
        paint(HEAD, title),
        words::end(trial.end),
        plural(trial.occurrences, "occurrence", "occurrences"),
    );
    if !trial.unfinished.is_empty() {
        let what = match trial.end {
            End::OutOfBudget => "still pending at the end:",
            End::Stuck | End::Settled => "nothing is left to happen, but these still wait:",
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
    time: Time,
    at: String,
    /// The state of each thread's bar.
    bars: Vec<char>,
    actor: Option<Actor>,
    text: String,
    is_bad: bool,
    /// Whether it is one of many polls for the end of a run.
    is_poll: bool,
}

struct Page<'a> {
    trial: &'a Trial,
    cast: &'a Cast,
    actors: Vec<Actor>,
    threads: Vec<ThreadId>,
    rows: Vec<Row>,
    refusals: Refusals<'a>,
    width: usize,
}

impl<'a> Page<'a> {
    fn new(trial: &'a Trial, view: &View) -> Page<'a> {
        let mut page = Page {
            trial,
            cast: &trial.history.cast,
            actors: Vec::new(),
            threads: Vec::new(),
            rows: Vec::new(),
            refusals: Refusals::new(trial),
            width: view.width,
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
        page.narrow(view);
        page
    }

    /// Keeps the rows that are asked for.
    fn narrow(&mut self, view: &View) {
        if let Some(wanted) = &view.actor {
            let is_it = |actor: &Actor| {
                let name = self.cast.name(*actor);
                name == *wanted || name.strip_prefix(wanted.as_str()).is_some_and(is_suffix)
            };
            self.rows.retain(|row| row.actor.as_ref().is_some_and(is_it));
            self.actors.retain(is_it);
        }
        if let Some(around) = view.around {
            let middle = self.rows.partition_point(|row| row.time < around);
            let end = self.rows.len().min(middle + AROUND);
            self.rows.truncate(end);
            self.rows.drain(..middle.saturating_sub(AROUND).min(end));
        }
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
                    // The call that created the run already has its row.
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
                What::Clicked { .. }
                | What::Dispatched { .. }
                | What::Started { .. }
                | What::Ended(_)
                | What::Answered { .. }
                | What::Message { .. }
                | What::RowRead { .. }
                | What::ThreadSaved { .. }
                | What::ReplySaved { .. }
                | What::Marked(_)
                | What::End(_)
                | What::LockTaken { .. }
                | What::LockBusy { .. }
                | What::LockLeft { .. }
                | What::Killed { .. }
                | What::Paused
                | What::Resumed
                | What::Ignored { .. }
                | What::Skipped { .. }
                | What::Fault { .. }
                | What::IntentOver { .. } => {}
            }
            let next = self.trial.history.events.get(index + 1);
            let Some((text, is_bad)) = self.cell(event, next) else { continue };
            let mut bars: Vec<char> =
                active.iter().map(|run| if run.is_some() { '|' } else { '.' }).collect();
            for (lane, mark) in marks {
                bars[lane] = mark;
            }
            let (time, at, is_poll) = (event.at, event.at.to_string(), is_poll(&event.what));
            self.rows.push(Row { time, at, bars, actor: by, text, is_bad, is_poll });
        }
    }

    fn lane(&self, thread: ThreadId) -> usize {
        let lane = self.threads.iter().position(|known| *known == thread);
        lane.expect("invariant: every thread that is written to was found")
    }

    /// Returns what an event says, in a few words. Returns nothing if the event beside it already
    /// says it.
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
                let (what, number) = (short(*operation), self.refusals.number(event));
                Some((format!("x {what}: {} [{number}]", error.status()), true))
            }
            What::Answered { operation, answer, .. } => said(answered(*operation, answer)),
            What::RunMoved { run, status, .. } => match status {
                RunStatus::InProgress | RunStatus::Queued => None,
                status @ (RunStatus::RequiresAction
                | RunStatus::Cancelling
                | RunStatus::Cancelled
                | RunStatus::Failed
                | RunStatus::Completed
                | RunStatus::Incomplete
                | RunStatus::Expired) => said(format!("({run} {status})")),
            },
            What::RowRead { thread: Some(thread), .. } => said(format!("reads {thread}")),
            What::RowRead { thread: None, .. } => said("reads: no thread".to_owned()),
            What::ThreadSaved { thread, .. } => said(format!("saves {thread}")),
            What::ReplySaved { run: Some(run), .. } => said(format!("saves {run}'s text")),
            What::ReplySaved { run: None, .. } => said("saves a non-answer".to_owned()),
            What::Marked(Mark::CallRetried) => said("retries the call".to_owned()),
            What::Marked(Mark::WentOn) => said("gives up waiting".to_owned()),
            What::Marked(mark) => said(mark.to_string()),
            What::Message { .. } | What::RunCreated { .. } | What::End(_) => None,
            What::LockTaken { .. }
            | What::LockBusy { .. }
            | What::LockLeft { .. }
            | What::LockFreed { .. }
            | What::Killed { .. }
            | What::Paused
            | What::Resumed
            | What::Ignored { .. }
            | What::Skipped { .. }
            | What::Fault { .. }
            | What::IntentOver { .. } => trouble(self.cast, event),
        }
    }

    /// Returns how wide each actor's column is, or nothing if there is no room for one column each.
    fn cell_width(&self) -> Option<usize> {
        let room = self.width.saturating_sub(TIME + self.bars_width());
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
            let is_same = |other: &&Row| {
                let is_alike = other.actor == row.actor && other.text == row.text && !other.is_bad;
                is_alike || (row.is_poll && other.is_poll)
            };
            let alike = self.rows[index..].iter().take_while(is_same).count().max(1);
            let stretch = &self.rows[index..index + alike];
            if alike <= ALIKE_MAX {
                for row in stretch {
                    self.row(&mut text, row, width);
                }
            } else {
                self.row(&mut text, row, width);
                self.row(&mut text, &folded(stretch), width);
                self.row(&mut text, &stretch[alike - 1], width);
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
                let room =
                    self.width.saturating_sub(TIME + self.bars_width() + column * width).max(8);
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

    fn legend(&self) -> String {
        let mut text = String::new();
        if self.threads.len() <= BARS_MAX && !self.threads.is_empty() {
            text.push_str(
                "t1 is thread_1: `o` a run is created in it, `|` the run is active, `*` it ended. ",
            );
        }
        text.push_str(
            "A row is printed when a call reaches the server. `looks` lists the thread's runs; `x` \
             was refused, see [n]; (…) says what became of the actor's run; `!` is a fault.",
        );
        let legend = paragraph_to(&format!("legend: {text}"), (0, 2), self.width);
        let lines: String = legend.lines().map(|line| paint(FAINT, line) + "\n").collect();
        format!("\n{lines}")
    }
}

/// Returns one row for those between the first and the last row of a stretch.
fn folded(stretch: &[Row]) -> Row {
    let first = &stretch[0];
    let more = stretch.len() - 2;
    let is_of_one = stretch.iter().all(|row| row.actor == first.actor);
    let text = if is_of_one { format!("({more} more)") } else { format!("({more} more looks)") };
    Row {
        time: first.time,
        at: ":".to_owned(),
        bars: first.bars.clone(),
        actor: first.actor,
        text,
        is_bad: false,
        is_poll: true,
    }
}

/// Returns whether this is one of many polls for the end of a run.
fn is_poll(what: &What) -> bool {
    if let What::Answered { answer: Answer::Runs(run), .. } = what {
        run.is_some()
    } else if let What::Answered { operation, answer: Answer::Run(_, status), .. } = what {
        *operation == Operation::RetrieveRun && status.is_active()
    } else {
        false
    }
}

/// Returns whether this is what follows a job's name, or the name of several actors.
fn is_suffix(rest: &str) -> bool {
    let number = rest.trim_start_matches(['#', '.', '-']);
    number.len() < rest.len() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Returns at most `width` characters of the text. `~` shows that there was more.
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
    fn long_names_are_cut() {
        assert_eq!(cut("stress-worker", 8), "stress-~");
        assert_eq!(cut("browser", 8), "browser");
    }
}
