//! Exports as their owner sees them: what is asked for, and how far it is.

use crate::{list::ListQuery, upload::UploadLine};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma separated values.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

impl Format {
    /// Its word in jobs; also the end of a file's name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// From the record.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx].into_iter().find(|f| f.code() == code)
    }
}

/// How long a file is kept, ms.
pub const KEPT: i64 = 24 * 3_600_000;
/// Jobs of an owner that are not ended, at most.
pub const OPEN_MAX: u64 = 5;

/// The word by which jobs name an account.
#[must_use]
pub fn owner_of(account: i64) -> String {
    format!("account:{account}")
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Not begun.
    Queued,
    /// Under way.
    Running,
    /// The file is there.
    Done,
    /// It broke off.
    Failed,
    /// Its owner wanted it no more.
    Cancelled,
    /// The file was there for as long as files are kept.
    Expired,
}

impl JobState {
    /// All with their words in the record.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Queued, "queued"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Expired, "expired"),
    ];

    /// From the record.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.1 == code).map(|s| s.0)
    }

    /// For people: Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Queued => ("排队", "queued"),
            Self::Running => ("进行中", "under way"),
            Self::Done => ("完成", "done"),
            Self::Failed => ("失败", "failed"),
            Self::Cancelled => ("已取消", "cancelled"),
            Self::Expired => ("已过期", "expired"),
        }
    }

    /// Whether something will still become of it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A job, to its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    /// Id.
    pub id: i64,
    /// What it is called, Chinese.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// `csv` or `xlsx`.
    pub format: String,
    /// What it was narrowed to, as names and values of the address.
    pub filters: Vec<(String, String)>,
    /// The day it is judged at.
    pub as_of: NaiveDate,
    /// How it stands.
    pub state: JobState,
    /// When it was asked for, ms.
    pub created_at: i64,
    /// Until when the file is kept, ms; `None` where there is none.
    pub kept_until: Option<i64>,
    /// Rows written.
    pub done: i64,
    /// Rows there will be.
    pub total: i64,
    /// Bytes of the file.
    pub bytes: i64,
    /// Why it broke off.
    pub failure: String,
    /// Its way to the supervision platform, where somebody sent it.
    pub upload: Option<UploadLine>,
}

impl JobLine {
    /// Whether it can be sent to the platform: there is a file that is not on its way, nor was accepted.
    #[must_use]
    pub fn can_be_sent(&self) -> bool {
        self.state == JobState::Done && self.upload.as_ref().is_none_or(|u| u.state.is_over())
    }
}

/// The page of exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPage {
    /// The jobs, the newest first.
    pub jobs: Vec<JobLine>,
    /// The platform that files can be sent to, name and address; `None` where there is none, or the reader may not.
    pub platform: Option<(String, String)>,
}

/// The filters of a list as an export takes them: JSON.
#[must_use]
pub fn filter_of(query: &ListQuery) -> String {
    if query.filters.is_empty() { String::new() } else { serde_json::to_string(&query.filters).unwrap_or_default() }
}

/// A list's filters from what an export was asked with.
///
/// # Errors
/// A text that says what is wrong.
pub fn filters(text: &str) -> Result<ListQuery, String> {
    if text.is_empty() {
        return Ok(ListQuery::default());
    }
    // A list would be read as an object of as many fields.
    if !text.trim_start().starts_with('{') {
        return Err("is no JSON object".into());
    }
    let filters = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(ListQuery { filters, ..ListQuery::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_go_there_and_back() {
        let q = ListQuery::default().with("inspection", "overdue").with("q", "瓶\"1");
        assert_eq!(filters(&filter_of(&q)).unwrap(), q);
        assert_eq!((filter_of(&ListQuery::default()).as_str(), filters("").unwrap()), ("", ListQuery::default()));
        for bad in ["[]", "null", "{", "{\"site\":1}", "{\"site\":null}"] {
            assert!(filters(bad).is_err(), "{bad}");
        }
        for (state, code) in JobState::ALL {
            assert_eq!(JobState::from_code(code), Some(state));
        }
    }
}
