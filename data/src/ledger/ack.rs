//! Somebody takes note of an alert: who and when stand in the ledger, the alert stays open. An account's doing so stands
//! in the audit log too.

use super::{Done, Published};
use crate::{
    Error, WriteTxn,
    alert::{self, ack},
    audit::{self, Actor},
    counter, sequence, site,
};
use domain::{
    ledger::{CounterKey, Metric},
    outcome::AlertKind,
    scope::Viewer,
    wall::{AckLine, Change, gauge},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Written.
    Now,
    /// Somebody had done it before, or the alert is closed: nothing was written.
    Before,
    /// There is no such alert within sight.
    Unknown,
}

/// Who took note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody at a paired display, by its id.
    Display(i64),
    /// An account.
    Account {
        /// Account id.
        id: i64,
        /// Session id.
        session: i64,
        /// Network address.
        address: String,
    },
}

/// Notes, in `txn`, that somebody took note of an alert. The caller commits.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn acknowledge(
    txn: &WriteTxn,
    viewer: Viewer,
    alert_no: i64,
    by: &By,
    now: i64,
) -> Result<(Noted, Done), Error> {
    let last = sequence::lock(txn, sequence::LEDGER).await?;
    let nothing = |noted| (noted, Done { from: last, no: last, ..Done::default() });
    let Some(row) = alert::Entity::find().filter(alert::Column::No.eq(alert_no)).one(txn).await? else {
        return Ok(nothing(Noted::Unknown));
    };
    let (district, org) =
        site::Entity::find_by_id(row.site_id).one(txn).await?.map_or((0, 0), |s| (s.division, s.org_id));
    if !viewer.scope.covers(district, org) {
        return Ok(nothing(Noted::Unknown));
    }
    let same =
        ack::Entity::find().filter(ack::Column::DeviceId.eq(row.device_id)).filter(ack::Column::AlertNo.eq(alert_no));
    if row.state != alert::OPEN || same.one(txn).await?.is_some() {
        return Ok(nothing(Noted::Before));
    }
    let kind =
        AlertKind::from_code(&row.kind).ok_or_else(|| Error::Stored(format!("alert {alert_no}: kind {}", row.kind)))?;
    let no = last + 1;
    let (display, account) = match by {
        By::Display(id) => (*id, None),
        By::Account { id, .. } => (0, Some(*id)),
    };
    let noted = ack::Model {
        no,
        device_id: row.device_id,
        alert_no,
        site_id: row.site_id,
        display_id: display,
        at: now,
        account_id: account,
    };
    ack::Entity::insert(noted.into_active_model()).exec_without_returning(txn).await?;
    let mut gauges = vec![];
    if kind.is_to_be_noted() {
        let key = CounterKey::of_alert(Metric::Waiting, kind, row.site_id);
        counter::add(txn, [(key, -1)]).await?;
        gauges.push((gauge::WAITING, row.site_id, -1));
    }
    sequence::set(txn, sequence::LEDGER, no).await?;
    if let By::Account { id, session, address } = by {
        let actor = Actor { account: *id, session: *session, address: address.clone() };
        audit::append(txn, &actor, now, "alert.acknowledge", &format!("alert {alert_no}"), &serde_json::Value::Null)
            .await?;
    }
    let line =
        AckLine { no: no.unsigned_abs(), at: now, site: row.site_id, alert: alert_no.unsigned_abs(), kind, display };
    let told = Published { district, org, change: Some(Change::Ack(line)), gauges, ..Published::default() };
    Ok((Noted::Now, Done { from: last, no, published: vec![told], ..Done::default() }))
}
