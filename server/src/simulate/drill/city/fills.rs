//! What a gun does in a tick.

use super::{
    AGAIN, Ask, City, FAR, MINUTE, Step, TICK_MS,
    cylinders::Class,
    episodes::{Style, rhythm},
};
use crate::{
    demo::{
        fills::{Wish, weigh},
        random::Random,
    },
    simulate::Fault,
};
use domain::{
    clock,
    event::{AuthorizeRequest, EventKind, FillRecord, Weights},
};

/// The one model that lying guns are given: figures of several models would not repeat themselves.
const LIARS_MODEL: &str = "YSP35.5";

/// A fill about to be told.
struct Fill {
    at: (i64, i64),
    cylinder: usize,
    weights: Weights,
    attempt: Option<String>,
    mark: Option<usize>,
    answer: &'static str,
}

impl City {
    /// All fills of a gun within the tick.
    pub(super) fn gun(&mut self, g: usize) {
        let (from, until) = (self.now - TICK_MS, self.now);
        let mut start = self.guns[g].free_at.max(from);
        while start < until {
            let mut r = Random::of(&[self.seed, 43, g as u64, self.guns[g].fills, start as u64]);
            let (takes, pause) = rhythm(&mut r);
            if start + takes >= until {
                break;
            }
            self.begin_episode(g, start);
            if self.guns[g].episode.is_some_and(|e| e.style == Style::Pace) {
                // Six at once need a tick of their own.
                if start - from > MINUTE {
                    break;
                }
                self.overlapping(g, &mut r, start);
                start = until;
                continue;
            }
            self.aside(g, &mut r, start);
            if !self.fill(g, &mut r, start, start + takes) {
                start += MINUTE;
                continue;
            }
            start += takes + pause;
        }
        self.guns[g].free_at = start.max(until);
    }

    fn cut(&self, g: usize) -> bool {
        self.stations[self.guns[g].station].cut_until > self.now
    }

    fn strikes(&self, r: &mut Random, fault: Fault, share: f64) -> bool {
        r.chance(self.faults.rate(fault)) && self.begins(share)
    }

    fn ask(&mut self, g: usize, tag: &str, at: i64, mark: Option<usize>, sound: bool) -> String {
        self.asked += 1;
        let attempt = format!("d{}", self.asked);
        let request = AuthorizeRequest {
            attempt: attempt.clone(),
            tag: tag.into(),
            medium: self.guns[g].medium.clone(),
            at: clock::rfc3339(at),
            operator: None,
        };
        self.tick.asks.push(Ask { device: self.guns[g].key, request, mark, sound });
        attempt
    }

    /// Six fills that begin twenty seconds after each other.
    fn overlapping(&mut self, g: usize, r: &mut Random, from: i64) {
        for n in 0..6 {
            let start = from + n * 20_000;
            let (station, medium) = (self.guns[g].station, self.guns[g].medium.clone());
            let Some(c) = self.pool.take(station, &medium, start, |c| !c.gas) else { return };
            let attempt = (!self.cut(g)).then(|| self.ask(g, self.pool.tag(c).to_owned().as_str(), start, None, true));
            let weights = self.honest(r, c, Wish::Good);
            let mark = self.lost_voice(g, c, start + 70_000, attempt.is_none());
            self.tell(
                g,
                r,
                Fill { at: (start, start + 70_000), cylinder: c, weights, attempt, mark, answer: "ACCEPTED" },
            );
            self.usual_turn(g, r, c, start + 70_000);
        }
    }

    /// A fill that was not asked for, because nobody could be asked.
    fn lost_voice(&mut self, g: usize, c: usize, at: i64, unasked: bool) -> Option<usize> {
        unasked.then(|| self.inject(Fault::Cutoff, at, g, self.pool.tag(c).to_owned().as_str()))
    }

    fn honest(&self, r: &mut Random, c: usize, wish: Wish) -> Weights {
        let Some(c) = self.pool.get(c) else { return Weights { gross_g: 0, tare_g: 0, net_g: 0 } };
        let w = weigh(r, &c.model, &c.medium, c.tare_g, c.max_g, wish);
        // Noise of the scale: two divisions either way.
        let (gross_g, tare_g) = (w.gross_g + r.range(-2, 2) * 10, w.tare_g + r.range(-2, 2) * 10);
        Weights { gross_g, tare_g, net_g: gross_g - tare_g }
    }

    fn usual_turn(&mut self, g: usize, r: &mut Random, c: usize, end: i64) {
        use EventKind::{Collect, Deliver, ReceiveEmpty, Ship};
        let s = self.guns[g].station;
        let back = self.turn(r, s, c, end, &[(Ship, s), (Deliver, s), (Collect, s), (ReceiveEmpty, s)]);
        self.pool.put(c, back);
    }

    /// A turn in which something is left out, told twice or told by a stranger.
    fn broken_turn(&mut self, g: usize, r: &mut Random, c: usize, end: i64, mark: usize) {
        use EventKind::{Collect, Deliver, ReceiveEmpty, Ship};
        let s = self.guns[g].station;
        let (org, gone) = (self.stations[s].org, self.now + FAR * 3);
        let stranger = self.stations.iter().position(|x| x.org != org && x.cut_until < gone);
        let kinds = match (r.range(0, 3), stranger) {
            // The bottle stands at the gun again, and nobody brought it back: found when what follows the fill is told.
            (0, _) => {
                self.injected[mark].whole = false;
                self.pool.unreturned(c, Some(mark));
                vec![(Ship, s), (Deliver, s)]
            }
            (1, _) => vec![(Ship, s), (Deliver, s), (Deliver, s), (Collect, s), (ReceiveEmpty, s)],
            (2, Some(far)) => vec![(Ship, s), (Deliver, s), (Collect, s), (ReceiveEmpty, far), (ReceiveEmpty, s)],
            _ => vec![(Ship, s), (Collect, s), (ReceiveEmpty, s)],
        };
        let back = self.turn(r, s, c, end, &kinds);
        self.pool.put(c, back);
    }

    /// What is tried or read beside the fills.
    fn aside(&mut self, g: usize, r: &mut Random, at: i64) {
        if self.cut(g) {
            return;
        }
        let (station, medium) = (self.guns[g].station, self.guns[g].medium.clone());
        for (fault, class) in [(Fault::Expired, Class::Overdue), (Fault::PastLife, Class::PastLife)] {
            if self.strikes(r, fault, 1.0)
                && let Some(c) = self.pool.barred(r, class, |c| c.station == station && c.medium == medium)
            {
                let tag = self.pool.tag(c).to_owned();
                let mark = self.inject(fault, at, g, &tag);
                self.ask(g, &tag, at, Some(mark), false);
            }
        }
        if self.strikes(r, Fault::Unknown, 1.0) {
            let tag = format!("99903{:06}", r.range(0, 999_999));
            let mark = self.inject(Fault::Unknown, at, g, &tag);
            self.ask(g, &tag, at, Some(mark), false);
        }
        if self.strikes(r, Fault::Void, 1.0)
            && let Some((tag, _)) = self.pool.void(r, station)
        {
            let mark = self.inject(Fault::Void, at, g, &tag);
            self.ask(g, &tag, at, Some(mark), false);
        }
        if self.strikes(r, Fault::Foreign, 1.0) {
            let org = self.stations[station].org;
            let homes: Vec<i64> = self.stations.iter().map(|s| s.org).collect();
            let far = |c: &super::cylinders::Cylinder| {
                homes.get(c.station).is_some_and(|o| *o != org) && at - c.read_at > FAR
            };
            if let Some(c) = self.pool.foreign(at, &medium, far) {
                let tag = self.pool.tag(c).to_owned();
                let mark = self.inject(Fault::Foreign, at, g, &tag);
                self.ask(g, &tag, at, Some(mark), false);
                self.pool.read(c, at);
                self.pool.put(c, at + FAR);
            }
        }
        if self.strikes(r, Fault::Zombie, 0.95)
            && let Some(c) = self.pool.barred(r, Class::Scrapped, |c| c.station == station && c.medium == medium)
            && self.pool.strike(c, at, AGAIN)
        {
            let tag = self.pool.tag(c).to_owned();
            let mark = self.inject(Fault::Zombie, at, g, &tag);
            if r.chance(0.5) {
                self.ask(g, &tag, at, None, false);
            } else {
                let step = Step { station, tag, kind: EventKind::ReceiveEmpty, cylinder: None, mark: None };
                self.later(at, step);
            }
            self.injected[mark].until = at;
        }
        if self.strikes(r, Fault::FillBlocked, 1.0)
            && let Some(c) = self.pool.barred(r, Class::Overdue, |c| c.station == station && c.medium == medium)
            && self.pool.strike(c, at, AGAIN)
        {
            let tag = self.pool.tag(c).to_owned();
            let mark = self.inject(Fault::FillBlocked, at, g, &tag);
            let attempt = Some(self.ask(g, &tag, at, None, false));
            let weights = self.honest(r, c, Wish::Good);
            // Beside the others: written down as if it took a second, so that it overlaps none.
            let fill = Fill { at: (at, at), cylinder: c, weights, attempt, mark: Some(mark), answer: "ACCEPTED" };
            self.tell(g, r, fill);
            self.usual_turn(g, r, c, at);
        }
        if self.strikes(r, Fault::Epoch, 1.0) {
            let device = self.guns[g].device;
            if self.guns[g].pending.is_empty() && self.struck(Fault::Epoch, device, at) {
                self.inject(Fault::Epoch, at, g, "");
                let gun = &mut self.guns[g];
                (gun.epoch, gun.next) = (gun.epoch + 1, 1);
            }
        }
    }

    /// A fill of the gun; false when no cylinder is to be had.
    fn fill(&mut self, g: usize, r: &mut Random, start: i64, end: i64) -> bool {
        let (station, medium) = (self.guns[g].station, self.guns[g].medium.clone());
        let style = self.guns[g].episode.map(|e| e.style);
        let lies = matches!(style, Some(Style::Same | Style::Nearly | Style::Favourites));
        let taken = self.pool.take(station, &medium, start, |c| !lies || (c.model == LIARS_MODEL && !c.gas));
        let Some(c) = taken else { return false };
        let tag = self.pool.tag(c).to_owned();
        let (Some(stamped), Some(max)) = (self.pool.get(c).map(|c| c.tare_g), self.pool.get(c).map(|c| c.max_g)) else {
            return false;
        };
        let lpg = medium == "LPG";
        let cut = self.cut(g);
        let attempt = (!cut).then(|| self.ask(g, &tag, start, None, true));
        let mut fill = Fill {
            at: (start, end),
            cylinder: c,
            weights: self.honest(r, c, Wish::Good),
            attempt,
            mark: None,
            answer: "ACCEPTED",
        };
        let gas = self.pool.get(c).is_some_and(|c| c.gas);
        let plain = style.is_none() && !cut && !gas;
        let mut broken = None;
        if let Some(mark) = self.pool.unreturned(c, None) {
            self.injected[mark].whole = true;
            self.injected[mark].until = end;
        }
        if cut {
            fill.mark = self.lost_voice(g, c, end, true);
        }
        match style {
            Some(Style::Over) if r.chance(0.34) => fill.weights = self.honest(r, c, Wish::Over),
            Some(Style::Under) if r.chance(0.34) => fill.weights = self.honest(r, c, Wish::Under),
            Some(_) => fill.weights = self.distort(g, r, fill.weights, stamped, 14_450),
            None => {}
        }
        if gas {
            // It was given six kilograms, and comes back with eight and a half.
            let tare_g = stamped + 8_500;
            fill.weights = Weights { tare_g, net_g: fill.weights.gross_g - tare_g, ..fill.weights };
            self.pool.set_gas(c, false);
            self.inject(Fault::Gas, end, g, &tag);
        } else if plain && lpg {
            self.weights_fault(g, r, &mut fill, &tag, stamped, max);
        }
        if self.stations[station].skim_until > end && !gas {
            fill.weights.net_g += 40;
        }
        if plain && self.strikes(r, Fault::ChainGap, 0.8) && self.pool.strike(c, end, AGAIN) {
            let mark = self.inject(Fault::ChainGap, end, g, &tag);
            self.injected[mark].until = end + 8 * super::HOUR;
            broken = Some(mark);
        }
        let cloned = plain && broken.is_none() && self.strikes(r, Fault::Clone, 0.9) && self.far_read(g, c, end);
        if plain && broken.is_none() && !cloned && fill.mark.is_none() {
            self.record_fault(g, r, &mut fill, &tag);
        }
        self.tell(g, r, fill);
        self.fills += 1;
        if let Some(mark) = broken {
            self.broken_turn(g, r, c, end, mark);
        } else if !cloned {
            self.usual_turn(g, r, c, end);
        }
        true
    }

    /// Faults of a single weighing.
    fn weights_fault(&mut self, g: usize, r: &mut Random, f: &mut Fill, tag: &str, stamped: i64, max: i64) {
        let end = f.at.1;
        let site = self.stations[self.guns[g].station].site;
        if self.strikes(r, Fault::Overfill, 1.0) {
            f.mark = Some(self.inject(Fault::Overfill, end, g, tag));
            f.weights = self.honest(r, f.cylinder, Wish::Over);
        } else if self.strikes(r, Fault::Underfill, 1.0) {
            f.mark = Some(self.inject(Fault::Underfill, end, g, tag));
            f.weights = self.honest(r, f.cylinder, Wish::Under);
        } else if self.strikes(r, Fault::Tare, 1.0) && self.pool.strike(f.cylinder, end, AGAIN) {
            f.mark = Some(self.inject(Fault::Tare, end, g, tag));
            let tare_g = stamped + if r.chance(0.5) { -750 } else { max / 25 + 750 };
            f.weights = Weights { tare_g, net_g: f.weights.gross_g - tare_g, ..f.weights };
        } else if self.strikes(r, Fault::Gas, 0.5)
            && self.pool.get(f.cylinder).is_some_and(|c| c.model == LIARS_MODEL)
            && self.pool.strike(f.cylinder, end, AGAIN)
        {
            // The first half: given little, which is an underfill. The second comes with its next fill.
            f.mark = Some(self.inject(Fault::Underfill, end, g, tag));
            f.weights = Weights { gross_g: f.weights.tare_g + 6_000, net_g: 6_000, ..f.weights };
            self.pool.set_gas(f.cylinder, true);
        } else if self.strikes(r, Fault::Net, 0.9)
            && self.stations[self.guns[g].station].skim_until == 0
            && self.struck(Fault::Net, site, end)
        {
            f.mark = Some(self.inject(Fault::Net, end, g, ""));
            f.weights.net_g += 300;
        }
    }

    /// The tag turns up at a station too far away; then nobody ships the cylinder.
    fn far_read(&mut self, g: usize, c: usize, end: i64) -> bool {
        let at = end + MINUTE;
        let here = &self.stations[self.guns[g].station];
        let far = |s: &super::Station| {
            let way = here.position.zip(s.position).map(|(a, b)| a.distance_m(b));
            s.org != here.org && s.cut_until <= self.now && way.is_some_and(|m| m > 15_000.0)
        };
        let medium = &self.guns[g].medium;
        let other = self.guns.iter().position(|x| x.medium == *medium && far(&self.stations[x.station]));
        let Some(other) = other.filter(|_| at < self.now) else { return false };
        if !self.pool.strike(c, end, AGAIN) {
            return false;
        }
        let tag = self.pool.tag(c).to_owned();
        self.inject(Fault::Clone, end, g, &tag);
        self.ask(other, &tag, at, None, false);
        // Only after the cylinder was asked about and filled here.
        self.tick.late_asks.extend(self.tick.asks.pop());
        true
    }

    /// Faults of the record itself.
    fn record_fault(&mut self, g: usize, r: &mut Random, f: &mut Fill, tag: &str) {
        let end = f.at.1;
        let device = self.guns[g].device;
        if self.strikes(r, Fault::Missing, 0.9) {
            self.inject(Fault::Missing, end, g, tag);
            f.answer = "LOST";
        } else if self.strikes(r, Fault::Duplicate, 1.0) {
            f.mark = Some(self.inject(Fault::Duplicate, end, g, tag));
            f.answer = "TWICE";
        } else if self.strikes(r, Fault::Reuse, 1.0) {
            self.inject(Fault::Reuse, end, g, tag);
            f.answer = "REUSED";
        } else if self.strikes(r, Fault::Reorder, 1.0)
            // The one before comes late, and bears the mark: only if it bears none yet.
            && self.guns[g].pending.last().is_some_and(|(_, mark, _)| mark.is_none())
        {
            f.mark = Some(self.inject(Fault::Reorder, end, g, tag));
            f.answer = "SWAPPED";
        } else if self.strikes(r, Fault::Skew, 0.9) && self.struck(Fault::Skew, device, end) {
            let mark = self.inject(Fault::Skew, end, g, tag);
            self.injected[mark].until = end + 2 * super::HOUR;
            // Ahead of the server, or suddenly back by half an hour.
            let off =
                if r.chance(0.5) { self.now + r.range(150, 280) * 1_000 - end } else { -r.range(20, 40) * MINUTE };
            f.at = (f.at.0 + off, f.at.1 + off);
        }
    }

    /// The gun writes the fill down.
    fn tell(&mut self, g: usize, r: &mut Random, f: Fill) {
        self.pool.read(f.cylinder, f.at.1);
        let tag = self.pool.tag(f.cylinder).to_owned();
        let gun = &mut self.guns[g];
        let record = FillRecord {
            epoch: gun.epoch,
            seq: gun.next,
            tag,
            medium: gun.medium.clone(),
            started_at: clock::rfc3339(f.at.0),
            ended_at: clock::rfc3339(f.at.1),
            gross_g: f.weights.gross_g,
            tare_g: f.weights.tare_g,
            net_g: f.weights.net_g,
            operator: format!("F{:02}", r.range(1, 4)),
            attempt: f.attempt,
        };
        gun.next += 1;
        gun.fills += 1;
        match f.answer {
            "LOST" => {}
            "TWICE" => {
                gun.pending.push((record.clone(), None, "ACCEPTED"));
                gun.again.push((record, f.mark, "DUPLICATE"));
            }
            "REUSED" => {
                let other = FillRecord { gross_g: record.gross_g - 10, net_g: record.net_g - 10, ..record.clone() };
                gun.pending.push((record, f.mark, "ACCEPTED"));
                gun.again.push((other, None, "QUARANTINED"));
            }
            "SWAPPED" => {
                let last = gun.pending.len().saturating_sub(1);
                gun.pending.push((record, None, "ACCEPTED"));
                gun.pending.swap(last, last + 1);
                // The one that comes late is the one that was swapped back.
                if let Some(late) = gun.pending.last_mut() {
                    late.1 = f.mark;
                }
            }
            _ => gun.pending.push((record, f.mark, "ACCEPTED")),
        }
        self.episode_fill(g, f.at.1);
    }
}
