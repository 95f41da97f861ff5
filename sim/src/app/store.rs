//! The store: the documents' rows. A row is read as a snapshot. Updates are per column, and the
//! last writer wins unless it compares first.

use deadheat_model::history::{Document, What as Happened};
use deadheat_model::id::{DocumentId, RunId, ThreadId};

use crate::scenario::Overwrite;

/// A query to the documents table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// Read a row.
    Load(DocumentId),
    /// Write the thread's column.
    SaveThread(DocumentId, ThreadId, Overwrite),
    /// Write the answer's column.
    SaveReply(DocumentId, Option<u16>, Option<RunId>),
}

/// The documents' rows: the thread that each of them names.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Store {
    rows: Vec<Option<ThreadId>>,
}

impl Store {
    /// Resets the rows to the beginning of a trial.
    pub(super) fn start(&mut self, documents: &[Document]) {
        self.rows.clear();
        self.rows.extend(documents.iter().map(|document| document.thread));
    }

    /// Answers a query with the thread that the row names now, and returns what happened.
    pub(super) fn answer(&mut self, query: Query) -> (Option<ThreadId>, Happened) {
        let (Query::Load(document)
        | Query::SaveThread(document, ..)
        | Query::SaveReply(document, ..)) = query;
        let row = &mut self.rows[usize::from(document.0)];
        match query {
            Query::SaveThread(_, thread, overwrite)
                if overwrite == Overwrite::Always || row.is_none() =>
            {
                *row = Some(thread);
                (Some(thread), Happened::ThreadSaved { document, thread })
            }
            Query::Load(_) | Query::SaveThread(..) => {
                (*row, Happened::RowRead { document, thread: *row })
            }
            Query::SaveReply(_, section, run) => {
                (*row, Happened::ReplySaved { document, section, run })
            }
        }
    }
}
