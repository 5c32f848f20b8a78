//! Cases from tables of the 12315 and 12345 platforms: rows that can be read are entered, each once however often its table comes; the others
//! are set aside with what is wrong with them, until they are mended or left out. What stands in a row may be personal: it is sealed.

use crate::{
    Db, Error,
    attachment::Files,
    audit::{self, Actor},
    case::{self, Entry},
    incident,
    secret::{self, Master},
    sequence,
};
use domain::{
    case::{Aside, Channel, SheetFault, sheet_in},
    clock,
    form::Fault,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Select, entity::prelude::*, sea_query::OnConflict};

/// Rows set aside that are shown at most, the latest first.
const SHOWN: u64 = 200;

/// A row of `case_aside`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_aside")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Keyed hash of channel and row: the same row stands here once.
    pub digest: String,
    /// [`Channel`] code.
    pub channel: String,
    /// Line on which it stood.
    pub line: i32,
    /// The row with its headings, sealed.
    pub row: String,
    /// What is wrong, JSON.
    pub faults: String,
    /// When it was set aside, ms.
    pub at: i64,
    /// By whom it was sent.
    pub account_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What came of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Cases that were entered.
    pub new: u64,
    /// Rows whose case was there already.
    pub known: u64,
    /// Rows that were set aside, or are so already.
    pub aside: u64,
    /// What is wrong with the table as a whole: nothing was entered then.
    pub faults: Vec<Fault>,
}

fn purpose(id: i64) -> String {
    format!("case aside\n{id}")
}

/// Those that an account deals with: whoever sees the city all, anybody else what he sent himself.
fn of(viewer: Viewer, account: i64) -> Select<Entity> {
    match viewer.scope {
        Scope::City => Entity::find(),
        _ => Entity::find().filter(Column::AccountId.eq(account)),
    }
}

/// Enters the rows of a table within the viewer's scope, each with its own row of the audit log, and one for all. `mended` names the row set
/// aside that the table is the mended text of: it goes.
///
/// # Errors
/// When the database fails, or what must be sealed cannot be.
pub async fn import(
    db: &Db,
    master: &Master,
    rules: &RuleSet,
    viewer: Viewer,
    (text, channel, mended): (&str, Channel, Option<i64>),
    (by, now): (&Actor, i64),
) -> Result<Imported, Error> {
    let places = incident::choices(db, viewer).await?;
    let districts: Vec<(String, i32)> = places.districts.into_iter().map(|(code, name)| (name, code)).collect();
    let (good, bad) = sheet_in(text, channel, clock::local_date(now), &districts);
    let (whole, mut bad): (Vec<_>, Vec<_>) = bad.into_iter().partition(|b| b.row.is_empty());
    if !whole.is_empty() {
        return Ok(Imported { faults: whole.into_iter().flat_map(|w| w.faults).collect(), ..Imported::default() });
    }
    let mut out = Imported::default();
    let (mut failed, mut left) = (None, good.len());
    for r in good {
        let came = match case::known(db, viewer, &r.entered).await {
            Ok(Ok(known)) => {
                let what = (&r.entered, &known);
                case::enter(db, master, rules, what, Files::default(), (by, now)).await.map(Some)
            }
            Ok(Err(_)) => Ok(None),
            Err(why) => Err(why),
        };
        let (zh, en) = match came {
            Ok(Some(Entry::New(_))) => {
                out.new += 1;
                left -= 1;
                continue;
            }
            Ok(Some(Entry::Twice(_))) => {
                out.known += 1;
                left -= 1;
                continue;
            }
            Ok(Some(Entry::Conflict)) => ("该工单已由其他区县登记", "another district entered this already"),
            // No file comes with a row.
            Ok(None | Some(Entry::Gone)) => ("不在可选范围内,请核对", "not one of those to choose from: check it"),
            Err(why) => {
                failed = Some(why);
                break;
            }
        };
        left -= 1;
        let field = if zh.starts_with("该") { "external_no" } else { "district" };
        let faults = vec![Fault { field: field.into(), zh: zh.into(), en: en.into() }];
        bad.push(SheetFault { line: r.line, faults, row: r.row });
    }
    // What was done up to a fault is set aside and told in the log all the same; the row that was mended then waits on.
    let txn = db.begin_write().await?;
    if let Some(id) = mended.filter(|_| failed.is_none()) {
        let found = of(viewer, by.account).filter(Column::Id.eq(id)).one(&txn).await?;
        if let Some(m) = found {
            Entity::delete_by_id(m.id).exec(&txn).await?;
        }
    }
    for b in &bad {
        put(&txn, master, channel, b, (by.account, now)).await?;
    }
    out.aside = bad.len() as u64;
    let mut detail =
        serde_json::json!({ "channel": channel.code(), "new": out.new, "known": out.known, "aside": out.aside });
    if failed.is_some() {
        detail["left"] = left.into();
    }
    audit::append(&txn, by, now, "case.import", "cases", &detail).await?;
    txn.commit().await?;
    failed.map_or(Ok(out), Err)
}

async fn put<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    channel: Channel,
    b: &SheetFault,
    (account_id, at): (i64, i64),
) -> Result<(), Error> {
    let id = sequence::next(txn, "case_aside").await?;
    let sealed = master.seal(&purpose(id), b.row.as_bytes());
    let row = sealed.ok_or_else(|| Error::Stored(format!("case aside {id}: sealing")))?;
    let faults = serde_json::to_string(&b.faults).map_err(|e| Error::Stored(e.to_string()))?;
    let digest = secret::mac(&master.derive("case aside"), format!("{}\n{}", channel.code(), b.row).as_bytes());
    let m = Model {
        id,
        digest: hex::encode(digest),
        channel: channel.code().into(),
        line: i32::try_from(b.line).unwrap_or(i32::MAX),
        row,
        faults,
        at,
        account_id,
    };
    // The same row again stays as it stands.
    let conflict = OnConflict::column(Column::Digest).do_nothing().to_owned();
    Entity::insert(m.into_active_model().reset_all()).on_conflict(conflict).exec_without_returning(txn).await?;
    Ok(())
}

/// What is set aside, the latest first; of a row that this master key did not seal the text is empty.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn aside(db: &Db, master: &Master, viewer: Viewer, account: i64) -> Result<Vec<Aside>, Error> {
    let rows = of(viewer, account).order_by_desc(Column::Id).limit(SHOWN).all(db.read()).await?;
    let one = |m: Model| {
        let bad = || Error::Stored(format!("case aside {}", m.id));
        let row = master.open(&purpose(m.id), &m.row).unwrap_or_default();
        Ok(Aside {
            id: m.id,
            channel: Channel::from_code(&m.channel).ok_or_else(bad)?,
            line: m.line.into(),
            at: m.at,
            row: String::from_utf8_lossy(&row).into_owned(),
            faults: serde_json::from_str(&m.faults).map_err(|_| bad())?,
        })
    };
    rows.into_iter().map(one).collect()
}

/// Leaves a row out that was set aside, for a reason that goes into the audit log; false where there is no such for this account.
///
/// # Errors
/// When the database fails.
pub async fn leave_out(
    db: &Db,
    viewer: Viewer,
    id: i64,
    reason: &str,
    (by, now): (&Actor, i64),
) -> Result<bool, Error> {
    let txn = db.begin_write().await?;
    let Some(m) = of(viewer, by.account).filter(Column::Id.eq(id)).one(&txn).await? else { return Ok(false) };
    Entity::delete_by_id(m.id).exec(&txn).await?;
    let detail = serde_json::json!({ "channel": m.channel, "line": m.line, "reason": reason });
    audit::append(&txn, by, now, "case.aside.leave", &format!("case aside {id}"), &detail).await?;
    txn.commit().await?;
    Ok(true)
}
