//! What is stored beside what was computed.

use super::{Fold, PAGE, Ranges};
use crate::{Error, collision, correction, counter, cylinder, device, quarantine, site};
use domain::{outcome::RecordCode, standing};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, HashMap};

impl Fold<'_> {
    pub(super) async fn states<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let (mut after, mut seen) = (0, 0_u64);
        loop {
            let files = cylinder::Entity::find()
                .filter(cylinder::Column::Id.gt(after))
                .order_by_asc(cylinder::Column::Id)
                .limit(PAGE)
                .all(db)
                .await?;
            let Some(last) = files.last().map(|f| f.id) else { break };
            let states: HashMap<i64, cylinder::state::Model> = cylinder::state::Entity::find()
                .filter(cylinder::state::Column::CylinderId.gt(after))
                .filter(cylinder::state::Column::CylinderId.lte(last))
                .all(db)
                .await?
                .into_iter()
                .map(|s| (s.cylinder_id, s))
                .collect();
            for f in files {
                seen += 1;
                self.state(&f, states.get(&f.id));
            }
            after = last;
        }
        self.report.cylinders = seen;
        self.report.compare(|| "number of cylinders".into(), &seen, &(self.cylinders.len() as u64));
        Ok(())
    }

    fn state(&mut self, stored: &cylinder::Model, state: Option<&cylinder::state::Model>) {
        let Some((file, now, demo)) = self.cylinders.get(&stored.id) else {
            self.report.differs(format!("cylinder {}: no registration made it", stored.id));
            return;
        };
        let division = |site: i64| self.divisions.get(&site).copied().unwrap_or_default();
        let (file, now) = (
            cylinder::Model::of(stored.id, file, *demo).in_division(division(file.site)),
            cylinder::state::Model::of(stored.id, now).in_division(division(now.home)),
        );
        let (its_file, its_state, _) = &self.cylinders[&stored.id];
        let standing = standing::counters(its_state, standing::Body::of(its_file));
        for (key, value) in its_state.contribution().into_iter().map(|k| (k, 1)).chain(standing) {
            *self.counters.entry(key).or_default() += value;
        }
        self.report.compare(|| format!("file of cylinder {}", stored.id), stored, &file);
        self.report.compare(|| format!("state of cylinder {}", stored.id), &state, &Some(&now));
    }

    pub(super) async fn places<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let stored = site::heard::Entity::find().all(db).await?.into_iter().map(|h| (h.site_id, h.at)).collect();
        let computed = std::mem::take(&mut self.heard);
        self.report.compare(|| "when places were heard of last".into(), &stored, &computed);
        for code in collision::missed(db).await? {
            self.report.differs(format!("{code} leads to two cylinders, and is not noted"));
        }
        Ok(())
    }

    pub(super) async fn tags<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let mut after = String::new();
        let mut computed = std::mem::take(&mut self.tags);
        loop {
            use cylinder::tag::Column;
            let page = cylinder::tag::Entity::find()
                .filter(Column::Code.gt(after.clone()))
                .order_by_asc(Column::Code)
                .limit(PAGE)
                .all(db)
                .await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            for t in page {
                let known = computed.remove(&t.code);
                // Issued, or voided by an import before it was ever bound: no event tells of it.
                if known.is_none() && t.cylinder_id.is_none() {
                    if self.voided.remove(&t.code) {
                        self.report.compare(|| format!("tag {}: void", t.code), &t.state, &cylinder::tag::VOID);
                    }
                    continue;
                }
                let known = known.map(|(id, fate)| cylinder::tag::of(fate, id));
                self.report.compare(|| format!("tag {}", t.code), &Some((t.state, t.cylinder_id)), &known);
            }
        }
        for (code, (id, _)) in computed.into_iter().collect::<BTreeMap<_, _>>() {
            self.report.differs(format!("tag {code}: is not there, computed {id}"));
        }
        for code in std::mem::take(&mut self.voided) {
            self.report.differs(format!("tag {code}: was voided, and is not there"));
        }
        Ok(())
    }

    pub(super) async fn corrections<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let stored: BTreeMap<i64, (i64, i64)> = correction::Entity::find()
            .all(db)
            .await?
            .into_iter()
            .map(|m| (m.event_no, (m.device_id, m.by_no)))
            .collect();
        let computed = std::mem::take(&mut self.corrections);
        for no in stored.keys().chain(computed.keys()).collect::<std::collections::BTreeSet<_>>() {
            self.report.compare(|| format!("correction of event {no}"), &stored.get(no), &computed.get(no));
        }
        Ok(())
    }

    pub(super) async fn counters<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let mut computed = std::mem::take(&mut self.counters);
        let mut months: BTreeMap<counter::month::Key, i64> = BTreeMap::new();
        for (key, v) in &computed {
            if let Some(key) = counter::month::key(key) {
                *months.entry(key).or_default() += v;
            }
        }
        let stored = counter::month::Entity::find().all(db).await?;
        let mut stored: BTreeMap<counter::month::Key, i64> =
            stored.into_iter().map(|m| ((m.metric, m.month, m.key, m.site_id), m.value)).collect();
        for all in [&mut months, &mut stored] {
            all.retain(|_, v| *v != 0);
        }
        for key in months.keys().chain(stored.keys()).collect::<std::collections::BTreeSet<_>>() {
            self.report.compare(|| format!("sum of a month {key:?}"), &stored.get(key), &months.get(key));
        }
        let stored = counter::Entity::find().all(db).await?;
        self.report.counters = stored.len() as u64;
        for c in stored {
            let Some(key) = c.counter_key() else {
                self.report.differs(format!("counter of unknown metric {}", c.metric));
                continue;
            };
            let v = computed.remove(&key).unwrap_or(0);
            self.report.compare(|| format!("counter {key:?}"), &c.value, &v);
        }
        for (key, v) in computed.into_iter().filter(|(_, v)| *v != 0) {
            self.report.compare(|| format!("counter {key:?}"), &0, &v);
        }
        Ok(())
    }

    pub(super) async fn sequences<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        // A record in quarantine used its number up, unless it could not even be placed in the sequence.
        let unplaced = RecordCode::ALL.iter().filter(|c| !quarantine::uses_number(**c)).map(|c| c.code());
        for q in quarantine::Entity::find().filter(quarantine::Column::Code.is_not_in(unplaced)).all(db).await? {
            self.sequences.entry((q.device_id, q.epoch)).or_default().add(q.seq);
        }
        let next: BTreeMap<(i64, i64), i64> = device::epoch::Entity::find()
            .all(db)
            .await?
            .into_iter()
            .map(|m| ((m.device_id, m.epoch), m.next_seq))
            .collect();
        let mut gaps: BTreeMap<(i64, i64), Vec<(i64, i64)>> = BTreeMap::new();
        for g in device::gap::Entity::find().order_by_asc(device::gap::Column::FirstSeq).all(db).await? {
            gaps.entry((g.device_id, g.epoch)).or_default().push((g.first_seq, g.last_seq));
        }
        let sequences = std::mem::take(&mut self.sequences);
        for key in sequences.keys().chain(next.keys()).chain(gaps.keys()).collect::<std::collections::BTreeSet<_>>() {
            let ranges = sequences.get(key);
            let (d, e) = key;
            self.report.compare(
                || format!("device {d} epoch {e}: next number"),
                &next.get(key).copied().unwrap_or(1),
                &ranges.map_or(1, Ranges::next),
            );
            self.report.compare(
                || format!("device {d} epoch {e}: gaps"),
                &gaps.get(key).cloned().unwrap_or_default(),
                &ranges.map(Ranges::gaps).unwrap_or_default(),
            );
        }
        Ok(())
    }
}
