//! A job is asked for: checked, entered, and told to its owner.

use super::{job, of};
use crate::{Error, sequence, upload};
use domain::{
    clock,
    export::{Format, JobLine, JobState, KEPT, OPEN_MAX},
    scope::Viewer,
};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Who asks; nobody else gets the file.
    pub owner: String,
    /// What the owner may see.
    pub viewer: Viewer,
    /// [`super::Rows::name`].
    pub what: String,
    /// The format.
    pub format: Format,
    /// In Chinese or English.
    pub zh: bool,
    /// The day as of which it is judged, days since 1970-01-01.
    pub as_of: i32,
    /// What is asked for, JSON; empty for everything.
    pub filter: String,
}

/// Why a job was not begun.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such export.
    #[error("no export is called `{0}`")]
    Unknown(String),
    /// The filter cannot be read.
    #[error("filter: {0}")]
    Filter(String),
    /// The owner has enough jobs under way.
    #[error("{OPEN_MAX} exports are under way: wait for one, or cancel it")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Data(#[from] Error),
}

impl From<sea_orm::DbErr> for Refusal {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Data(e.into())
    }
}

/// Enters a job and tells its id.
///
/// # Errors
/// [`Refusal`].
pub async fn begin<C: ConnectionTrait>(txn: &C, w: Wanted, now: i64) -> Result<i64, Refusal> {
    let rows = of(&w.what).ok_or_else(|| Refusal::Unknown(clock::clip(&w.what)))?;
    (rows.check)(&w.filter).map_err(Refusal::Filter)?;
    if job::open(txn, &w.owner).await? >= OPEN_MAX {
        return Err(Refusal::TooMany);
    }
    let job = job::Model {
        owner: w.owner,
        what: w.what,
        format: w.format.code().into(),
        lang: if w.zh { "zh" } else { "en" }.into(),
        scope: w.viewer.scope.to_string(),
        filter: w.filter,
        as_of: w.as_of,
        upto: sequence::last(txn, rows.numbers).await?,
        state: job::QUEUED.into(),
        created_at: now,
        ..job::Model::default()
    };
    Ok(job::insert(txn, job).await?)
}

/// A job as its owner sees it.
#[must_use]
pub fn line(job: job::Model, upload: Option<&upload::Model>) -> JobLine {
    let state = JobState::from_code(&job.state).unwrap_or(JobState::Failed);
    let title = of(&job.what).map(|r| r.title);
    let filters: BTreeMap<String, serde_json::Value> = serde_json::from_str(&job.filter).unwrap_or_default();
    let word = |v: serde_json::Value| match v {
        serde_json::Value::String(s) => Some(s).filter(|s| !s.is_empty()),
        serde_json::Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    JobLine {
        id: job.id,
        title: title.map_or_else(|| job.what.clone(), |t| t.zh.into()),
        title_en: title.map_or(job.what, |t| t.en.into()),
        format: job.format,
        filters: filters.into_iter().filter_map(|(n, v)| Some((n, word(v)?))).collect(),
        as_of: clock::date_of(job.as_of),
        state,
        created_at: job.created_at,
        kept_until: job.ended_at.filter(|_| state == JobState::Done).map(|at| at + KEPT),
        done: job.done,
        total: job.total,
        bytes: job.bytes,
        failure: job.failure,
        upload: upload.map(upload::Model::line),
    }
}
