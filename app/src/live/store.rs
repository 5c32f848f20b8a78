//! The state a wall shows: the last snapshot and what was applied to it.

use domain::{
    clock,
    gate::Decision,
    outcome::Severity,
    wall::{Change, ServerFrame, Snapshot},
};
use std::collections::VecDeque;

/// Refusals and alerts that are kept although the feed has run on.
pub const ATTENTION_LEN: usize = 16;

/// The frame does not join on: a snapshot is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedWhole;

/// Snapshot, deltas and what stays in view of them.
#[derive(Clone, Debug, Default)]
pub struct Store {
    snapshot: Option<Snapshot>,
    attention: VecDeque<Change>,
    asked_for_day: Option<i32>,
}

impl Store {
    /// The present state.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// The newest refusals and alerts, newest first.
    #[must_use]
    pub const fn attention(&self) -> &VecDeque<Change> {
        &self.attention
    }

    /// The ledger number reached: what a new connection says.
    #[must_use]
    pub fn cursor(&self) -> Option<u64> {
        self.snapshot.as_ref().map(|s| s.no)
    }

    /// Takes a frame in and adds what is new in it to `news`. A snapshot brings no news: what it holds happened before.
    ///
    /// # Errors
    /// When a snapshot is needed first.
    pub fn take(&mut self, frame: ServerFrame, news: &mut Vec<Change>) -> Result<(), NeedWhole> {
        match frame {
            ServerFrame::Snapshot(new) => {
                self.replace(*new);
                Ok(())
            }
            ServerFrame::Delta(delta) => {
                let snapshot = self.snapshot.as_mut().ok_or(NeedWhole)?;
                let had = snapshot.no;
                snapshot.apply(&delta).map_err(|_| NeedWhole)?;
                for change in delta.c.into_iter().filter(|c| c.no() > had) {
                    if wants_attention(&change) {
                        keep(&mut self.attention, change.clone());
                    }
                    news.push(change);
                }
                self.same_day(delta.ms)
            }
            ServerFrame::Beat { to, ms } => {
                // A beat says that nothing lies between what was sent and `to`: the cursor may advance.
                let snapshot = self.snapshot.as_mut().ok_or(NeedWhole)?;
                snapshot.no = snapshot.no.max(to);
                snapshot.ms = snapshot.ms.max(ms);
                self.same_day(ms)
            }
        }
    }

    fn replace(&mut self, new: Snapshot) {
        // A smaller number or another city: the server's record was exchanged, nothing of ours belongs to it.
        let same = self
            .snapshot
            .as_ref()
            .is_some_and(|old| old.no <= new.no && old.demo == new.demo && old.scope == new.scope);
        if !same {
            self.attention.clear();
        }
        for change in new.figures.feed.iter().rev().filter(|c| wants_attention(c)) {
            if self.attention.iter().all(|kept| kept.no() != change.no()) {
                keep(&mut self.attention, change.clone());
            }
        }
        self.attention.make_contiguous().sort_by_key(|c| std::cmp::Reverse(c.no()));
        self.snapshot = Some(new);
    }

    /// All «today» figures are those of the snapshot's day. After midnight the server sends a new one; should it not,
    /// it is asked, once.
    fn same_day(&mut self, server_ms: i64) -> Result<(), NeedWhole> {
        let today = clock::local_day(server_ms);
        let day = self.snapshot.as_ref().map(|s| s.day);
        if day.is_none_or(|day| day >= today) || self.asked_for_day == Some(today) {
            return Ok(());
        }
        self.asked_for_day = Some(today);
        Err(NeedWhole)
    }
}

/// Whether a person should see it even when fills follow fast.
#[must_use]
pub fn wants_attention(change: &Change) -> bool {
    match change {
        Change::Attempt(l) => l.decision == Decision::Block,
        Change::Alert(l) => l.kind.info().severity != Severity::Info,
        _ => false,
    }
}

fn keep(list: &mut VecDeque<Change>, change: Change) {
    list.push_front(change);
    list.truncate(ATTENTION_LEN);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;
    use domain::wall::Delta;

    fn delta(from: u64, c: Vec<Change>) -> ServerFrame {
        let to = c.last().map_or(from, Change::no);
        ServerFrame::Delta(Delta { from, to, ms: sample::NOON, c })
    }

    #[test]
    fn nothing_can_be_applied_to_nothing() {
        let mut s = Store::default();
        let mut news = vec![];
        assert_eq!(s.take(delta(0, vec![sample::fill(1)]), &mut news), Err(NeedWhole));
        assert_eq!(s.take(ServerFrame::Beat { to: 3, ms: 0 }, &mut news), Err(NeedWhole));
        assert!(news.is_empty() && s.cursor().is_none());
    }

    #[test]
    fn a_delta_is_news_once() {
        let mut s = Store::default();
        let mut news = vec![];
        s.take(ServerFrame::Snapshot(Box::new(sample::snapshot())), &mut news).unwrap();
        assert!(news.is_empty());
        let no = s.cursor().unwrap();
        let frame = delta(no, vec![sample::fill(no + 1), sample::blocked(no + 2)]);
        s.take(frame.clone(), &mut news).unwrap();
        s.take(frame, &mut news).unwrap();
        assert_eq!(news.len(), 2);
        assert_eq!((s.cursor(), s.snapshot().unwrap().figures.blocked_today), (Some(no + 2), 1));
        assert_eq!(s.attention().iter().map(Change::no).collect::<Vec<_>>(), [no + 2]);
    }

    #[test]
    fn a_gap_needs_the_whole() {
        let mut s = Store::default();
        let mut news = vec![];
        s.take(ServerFrame::Snapshot(Box::new(sample::snapshot())), &mut news).unwrap();
        let no = s.cursor().unwrap();
        assert_eq!(s.take(delta(no + 5, vec![sample::fill(no + 6)]), &mut news), Err(NeedWhole));
        assert_eq!(s.cursor(), Some(no), "nothing half-applied");
    }

    #[test]
    fn a_beat_advances_the_cursor() {
        let mut s = Store::default();
        let mut news = vec![];
        s.take(ServerFrame::Snapshot(Box::new(sample::snapshot())), &mut news).unwrap();
        let no = s.cursor().unwrap();
        s.take(ServerFrame::Beat { to: no + 40, ms: sample::NOON }, &mut news).unwrap();
        assert_eq!(s.cursor(), Some(no + 40));
        s.take(ServerFrame::Beat { to: 1, ms: sample::NOON }, &mut news).unwrap();
        assert_eq!(s.cursor(), Some(no + 40), "never back");
    }

    #[test]
    fn what_needs_attention_outlives_the_feed_and_a_new_snapshot() {
        let mut s = Store::default();
        let mut news = vec![];
        s.take(ServerFrame::Snapshot(Box::new(sample::snapshot())), &mut news).unwrap();
        let no = s.cursor().unwrap();
        s.take(delta(no, vec![sample::blocked(no + 1)]), &mut news).unwrap();
        s.take(delta(no + 1, (no + 2..no + 200).map(sample::fill).collect()), &mut news).unwrap();
        let mut later = sample::snapshot();
        later.no = no + 300;
        later.figures.feed = [sample::fill(no + 300), sample::blocked(no + 250), sample::blocked(no + 1)].into();
        s.take(ServerFrame::Snapshot(Box::new(later)), &mut news).unwrap();
        assert_eq!(s.attention().iter().map(Change::no).collect::<Vec<_>>(), [no + 250, no + 1]);

        let mut other = sample::snapshot();
        other.no = 2;
        s.take(ServerFrame::Snapshot(Box::new(other)), &mut news).unwrap();
        assert!(s.attention().is_empty(), "another record");
    }

    #[test]
    fn the_next_day_is_asked_for_once() {
        let mut s = Store::default();
        let mut news = vec![];
        s.take(ServerFrame::Snapshot(Box::new(sample::snapshot())), &mut news).unwrap();
        let tomorrow = ServerFrame::Beat { to: 0, ms: sample::NOON + clock::DAY_MS };
        assert_eq!(s.take(tomorrow.clone(), &mut news), Err(NeedWhole));
        assert_eq!(s.take(tomorrow, &mut news), Ok(()), "a server that stays with its day is left alone");
    }
}
