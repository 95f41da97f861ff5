//! The documents: a table with a row for each. A row is read as a snapshot. Updates are per column,
//! and the last writer wins unless it compares first.

use deadheat_model::history::{Document, What as Happened};
use deadheat_model::id::{Actor, ThreadId};

use super::{Desk, Query};
use crate::scenario::Overwrite;

/// The documents' rows: the thread that each of them names.
#[derive(Clone, Debug, Default, Hash)]
pub struct Documents {
    rows: Vec<Option<ThreadId>>,
}

impl Documents {
    /// Resets the rows to the beginning of a trial.
    pub fn start(&mut self, documents: &[Document]) {
        self.rows.clear();
        self.rows.extend(documents.iter().map(|document| document.thread));
    }

    /// Answers a query with the thread that the row names now.
    pub fn handle<W>(
        &mut self,
        by: Actor,
        query: Query,
        desk: &mut Desk<'_, W>,
    ) -> Option<ThreadId> {
        let (Query::Load(document)
        | Query::SaveThread(document, ..)
        | Query::SaveReply(document, ..)) = query;
        let row = &mut self.rows[usize::from(document.0)];
        let happened = match query {
            Query::SaveThread(_, thread, overwrite)
                if overwrite == Overwrite::Always || row.is_none() =>
            {
                *row = Some(thread);
                Happened::ThreadSaved { document, thread }
            }
            Query::Load(_) | Query::SaveThread(..) => Happened::RowRead { document, thread: *row },
            Query::SaveReply(_, section, run) => Happened::ReplySaved { document, section, run },
        };
        desk.tell(Some(by), happened);
        *row
    }
}
