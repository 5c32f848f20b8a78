//! What the office says of a file and of tags: why it cannot be, and what becomes of tags that no cylinder bears.

use super::{Telling, load::Book, plan::Plan};
use crate::{Error, WriteTxn, collision, cylinder};
use domain::{
    event::{Amend, Content, Entry, FileField, VoidTag},
    gate::TagState,
    ledger::{File, FileState},
    outcome::RecordCode,
};
use sea_orm::{QuerySelect, entity::prelude::*};
use std::collections::BTreeSet;

/// The file as a change leaves it.
fn changed(file: &File, a: &Amend) -> File {
    let mut file = file.clone();
    for c in &a.changes {
        let _ = c.field.write(&mut file, &c.new);
    }
    file
}

impl Plan<'_> {
    /// Why a file cannot be put right so: it is not there, it is another by now, or its stamped number is another cylinder's.
    pub(super) fn refuses_amend(&self, cylinder: Option<i64>, a: &Amend) -> Option<RecordCode> {
        let Some((id, file)) = cylinder.and_then(|id| Some((id, &self.book.cylinders.get(&id)?.file))) else {
            return Some(RecordCode::NoSuchCylinder);
        };
        if a.changes.iter().any(|c| c.field.read(file) != c.old) {
            return Some(RecordCode::FileChanged);
        }
        let names = |f: &FileField| matches!(f, FileField::StampNo | FileField::Maker);
        if !a.changes.iter().any(|c| names(&c.field)) {
            return None;
        }
        let new = changed(file, a);
        let same = |stamp: &str, maker: &str| !stamp.is_empty() && (stamp, maker) == (&*new.stamp_no, &*new.maker);
        // Of one that is loaded, what this transaction made of it counts.
        let cylinders = &self.book.cylinders;
        let mut stored = self.book.stamps.iter().filter(|(other, ..)| *other != id && !cylinders.contains_key(other));
        let mut loaded = cylinders.iter().filter(|(other, c)| **other != id && c.now.file != FileState::Cancelled);
        let taken = stored.any(|(_, stamp, maker)| same(stamp, maker))
            || loaded.any(|(_, c)| same(&c.file.stamp_no, &c.file.maker));
        taken.then_some(RecordCode::StampTaken)
    }

    /// Whether a tag cannot be voided: it is void, or leads to another cylinder than the one that is spoken of.
    pub(super) fn refuses_void(&self, e: &Entry, v: &VoidTag) -> bool {
        match self.book.tags.get(&v.tag) {
            Some(t) if t.gate_state() == TagState::Bound => t.cylinder_id != self.spoken_of(e),
            Some(t) if t.gate_state() == TagState::Void => true,
            // One that nobody bears is named by itself.
            _ => e.tag != v.tag,
        }
    }

    /// Voids a tag that no cylinder bears.
    pub(super) fn void_unbound(&mut self, code: &str) {
        let tag = cylinder::tag::Model { code: code.to_owned(), state: cylinder::tag::VOID, cylinder_id: None };
        self.book.tags.insert(tag.code.clone(), tag.clone());
        self.tags.insert(tag.code.clone(), tag);
    }
}

/// Cylinders that bear the stamped numbers that files are to have: a file that was closed, as another's duplicate say, keeps no
/// number from the one that stays. On the common path there is nothing to look up.
pub(super) async fn stamps(txn: &WriteTxn, book: &mut Book, told: &[Telling<'_>]) -> Result<(), Error> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for t in told {
        let Some(Content::Amend(a)) = &t.content else { continue };
        let id = book.tags.get(&t.entry.tag).and_then(|t| t.cylinder_id);
        let Some(c) = id.and_then(|id| book.cylinders.get(&id)) else { continue };
        wanted.insert(changed(&c.file, a).stamp_no);
    }
    wanted.remove("");
    if wanted.is_empty() {
        return Ok(());
    }
    use cylinder::Column as C;
    book.stamps = cylinder::Entity::find()
        .select_only()
        .columns([C::Id, C::StampNo, C::Maker])
        .filter(C::StampNo.is_in(wanted))
        .filter(collision::stands("cylinder"))
        .into_tuple()
        .all(txn)
        .await?;
    Ok(())
}

/// Cylinders whose files stay where others are closed as their duplicates.
pub(super) fn kept(told: &[Telling<'_>]) -> Vec<i64> {
    let of = |t: &Telling<'_>| if let Some(Content::Cancel(c)) = &t.content { c.same_as } else { None };
    told.iter().filter_map(of).collect()
}

/// Homes that files are to have, or had before a change that is taken back: who sees them is told of the cylinder that comes.
pub(super) fn homes(book: &Book, told: &[Telling<'_>]) -> Vec<i64> {
    let of = |c: &Content| -> Vec<i64> {
        let Content::Amend(a) = c else { return vec![] };
        let homes = a.changes.iter().filter(|c| c.field == FileField::Site);
        homes.flat_map(|c| [&c.old, &c.new]).filter_map(|id| id.parse().ok()).collect()
    };
    let stored = book.chains.values().flatten().filter_map(crate::event::Model::content);
    told.iter().filter_map(|t| t.content.as_ref()).flat_map(of).chain(stored.flat_map(|c| of(&c))).collect()
}
