//! The state a wall shows: the last snapshot and what was applied to it.

use domain::{
    clock,
    wall::{Change, ServerFrame, Snapshot},
};

/// The frame does not join on: a snapshot is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedWhole;

/// Snapshot and deltas.
#[derive(Clone, Debug, Default)]
pub struct Store {
    snapshot: Option<Snapshot>,
    asked_for_day: Option<i32>,
}

impl Store {
    /// The present state.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
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
                self.snapshot = Some(local(*new));
                Ok(())
            }
            ServerFrame::Delta(delta) => {
                let snapshot = self.snapshot.as_mut().ok_or(NeedWhole)?;
                let had = snapshot.no;
                snapshot.apply(&delta).map_err(|_| NeedWhole)?;
                news.extend(delta.c.into_iter().filter(|c| c.no() > had));
                self.same_day(delta.ms)
            }
            ServerFrame::Beat { to, ms } => {
                // A beat says that nothing lies between what was sent and `to`: the cursor may advance.
                let snapshot = self.snapshot.as_mut().ok_or(NeedWhole)?;
                snapshot.no = snapshot.no.max(to);
                snapshot.reach(ms);
                self.same_day(ms)
            }
        }
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

/// In a city all names may begin with the city's: said once, in the head, they leave room for what differs.
fn local(mut s: Snapshot) -> Snapshot {
    let city = s.city.trim_end_matches('市');
    for station in &mut s.stations {
        if let Some(rest) = station.name.strip_prefix(city).filter(|rest| rest.chars().count() > 1) {
            station.name = rest.to_owned();
        }
    }
    s
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
        let attention = &s.snapshot().unwrap().figures.attention;
        assert_eq!(attention.iter().map(Change::no).collect::<Vec<_>>(), [no + 2]);
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
    fn the_citys_name_is_said_once() {
        let mut s = sample::snapshot();
        for (station, name) in s.stations.iter_mut().zip(["郑州澜炉站", "郑州", "新郑一站"]) {
            station.name = name.into();
        }
        let names = |s: Snapshot| local(s).stations.into_iter().map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(names(s.clone()), ["澜炉站", "郑州", "新郑一站"]);
        s.city.clear();
        assert_eq!(names(s), ["郑州澜炉站", "郑州", "新郑一站"]);
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
