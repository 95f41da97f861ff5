//! Names after numbering: which actors and documents a stage has. No two may have the same name,
//! because schedules, cases and draws distinguish them by nothing else.

use std::collections::BTreeMap;

use deadheat_model::id::DocumentId;

use super::diagnostic::{Diagnostic, Span as Place};
use super::lower::{Lowering, tables};
use super::tree::{Entry, find};
use super::{Document, Process, User, WorksOn};

/// Returns `browser`, or `browser-1`, `browser-2` … if there are several.
pub fn numbered(name: &str, count: u16) -> Vec<String> {
    if count == 1 {
        return vec![name.to_owned()];
    }
    (1..=usize::from(count)).map(|number| one_of(name, number)).collect()
}

/// Returns the name of one of several with this name, or of one of a document's copies, from 1.
pub fn one_of(name: &str, number: usize) -> String {
    format!("{name}-{number}")
}

/// Reads `browser-2` as the second `browser`.
fn read(name: &str) -> Option<(&str, usize)> {
    let (of, number) = name.rsplit_once('-')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (one_of(of, number) == name).then_some((of, number))
}

/// Returns a document that has the name of another document's copy, and the place of that other
/// document.
pub(super) fn like_a_copy(
    documents: &[Document],
    processes: &[Process],
) -> Option<(DocumentId, DocumentId)> {
    let place = |index: usize| DocumentId(index as u16);
    documents.iter().enumerate().find_map(|(index, document)| {
        let (of, number) = read(&document.id)?;
        let original = place(documents.iter().position(|document| document.id == of)?);
        let copies = processes.iter().filter(|one| one.works_on == WorksOn::OwnCopy(original));
        let copies: usize = copies.map(|process| usize::from(process.count)).sum();
        (number <= copies).then_some((place(index), original))
    })
}

/// Users or processes with the same name, and the place of that name.
struct Group<'a> {
    name: &'a str,
    count: u16,
    place: Place,
}

impl Lowering<'_> {
    /// Reports two actors, or two documents, that would have the same name.
    pub(super) fn check_names(
        &mut self,
        entries: &[Entry],
        users: &[User],
        processes: &[Process],
        documents: &[Document],
    ) {
        let counted = |block: &str| places(entries, block, "name");
        let users = users.iter().map(|user| (user.name.as_str(), user.count));
        let processes_counted = processes.iter().map(|one| (one.name.as_str(), one.count));
        let users = users.zip(counted("user"));
        let groups = users.chain(processes_counted.zip(counted("process")));
        let groups = groups.map(|((name, count), place)| Group { name, count, place });
        self.check_actors(&groups.filter(|group| !group.name.is_empty()).collect::<Vec<_>>());
        if let Some((document, original)) = like_a_copy(documents, processes) {
            let [name, of] =
                [document, original].map(|one| documents[usize::from(one.0)].id.as_str());
            let place = &places(entries, "document", "id")[usize::from(document.0)];
            let other = format!("a copy of document {of}");
            let help = format!("give it another `id`: the copies of {of} are {of}-1, {of}-2 …");
            self.tell(Diagnostic::numbered_name(place, "document", name, &other, help));
        }
    }

    fn check_actors(&mut self, groups: &[Group<'_>]) {
        let mut counts = BTreeMap::new();
        for Group { name, count, place } in groups {
            if counts.insert(*name, *count).is_some() {
                self.tell(Diagnostic::duplicate_name(place, "actor", name));
            }
        }
        for Group { name, place, .. } in groups.iter().filter(|group| group.count == 1) {
            let Some((of, number)) = read(name) else { continue };
            let count = counts.get(of).copied().unwrap_or(0);
            if count > 1 && number <= usize::from(count) {
                let other = format!("one of the {count} that are called `{of}`");
                let help = format!("call it otherwise: those are `{of}-1` to `{of}-{count}`");
                self.tell(Diagnostic::numbered_name(place, "actor", name, &other, help));
            }
        }
    }
}

/// Returns the places of the names of a block's tables, or else of the tables.
fn places(entries: &[Entry], block: &str, key: &str) -> Vec<Place> {
    let place = |node: &super::tree::Node| {
        let named = find(node.table().unwrap_or(&[]), key);
        named.map_or(&node.span, |entry| &entry.node.span).clone()
    };
    tables(entries, block).into_iter().map(place).collect()
}
