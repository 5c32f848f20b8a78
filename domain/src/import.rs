//! Imports: how far one is, what it says when it is done, and what its page shows.

use crate::outcome::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Quarantined lines that the printed form lists; the stored form holds all.
const SHOWN: usize = 20;
/// Rows of a table that are shown before it is imported.
pub const PREVIEW: usize = 20;
/// Longest reason for leaving a row out, characters.
pub const NOTE_MAX: usize = 200;

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Line in the file.
    pub line: u32,
    /// The row. It is needed for mending and stays in the table of quarantined lines; it may hold personal data, so it is
    /// in no report.
    #[serde(skip)]
    pub raw: Vec<String>,
    /// Why, Chinese.
    pub reason_zh: String,
    /// Why, English.
    pub reason_en: String,
    /// What a person can do about it.
    pub suggestion: String,
}

/// A doubt, and on how many records it lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Records that carry it.
    pub count: u32,
}

/// The report of a run. It holds no personal data: quarantined lines are named by their number and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Preset.
    pub preset: String,
    /// File.
    pub file: String,
    /// Rows read.
    pub read: u32,
    /// Records taken. A history's first run also takes the registration that its rows belong to.
    pub new: u32,
    /// Records that an earlier run, or an earlier line, already holds.
    pub unchanged: u32,
    /// Of the new ones: those flagged 数据存疑.
    pub flagged: u32,
    /// What they are flagged with, the most frequent first.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Rows in quarantine.
    pub quarantined: u32,
    /// These rows.
    pub aside: Vec<Quarantined>,
    /// Notes.
    pub notes: Vec<String>,
}

impl Report {
    /// The report without all but its first rows in quarantine: these are kept on their own, and may be many.
    #[must_use]
    pub fn short(&self) -> Self {
        let aside = self.aside.iter().take(Self::ASIDE_SHOWN).cloned().collect();
        Self {
            preset: self.preset.clone(),
            file: self.file.clone(),
            flags: self.flags.clone(),
            notes: self.notes.clone(),
            aside,
            ..*self
        }
    }

    /// Rows in quarantine that a short report names.
    pub const ASIDE_SHOWN: usize = 20;

    /// How many records carry the doubt of this English label.
    #[must_use]
    pub fn flag(&self, en: &str) -> u32 {
        self.flags.iter().filter(|f| f.en == en).map(|f| f.count).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { preset, file, read, new, unchanged, flagged, quarantined, .. } = self;
        writeln!(f, "{file} · {preset}")?;
        writeln!(
            f,
            "读取 {read} 行，新增 {new} 条，未变 {unchanged} 条，数据存疑 {flagged} 条，隔离 {quarantined} 行"
        )?;
        writeln!(
            f,
            "read {read} rows, new {new}, unchanged {unchanged}, flagged {flagged}, quarantined {quarantined}"
        )?;
        for flag in &self.flags {
            writeln!(f, "  ? {} × {} ({})", flag.count, flag.zh, flag.en)?;
        }
        for q in self.aside.iter().take(SHOWN) {
            writeln!(f, "  行 line {}: {} ({})", q.line, q.reason_zh, q.reason_en)?;
            writeln!(f, "    → {}", q.suggestion)?;
        }
        if self.aside.len() > SHOWN {
            let rest = self.aside.len() - SHOWN;
            writeln!(f, "  … 另有 {rest} 行 (and {rest} more)")?;
        }
        for note in &self.notes {
            writeln!(f, "  * {note}")?;
        }
        Ok(())
    }
}

macro_rules! stages {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+) => {
        /// How far a run is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Stage { $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)+ }

        impl Stage {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the record.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }

            /// The word for people.
            #[must_use]
            pub const fn text(self) -> Text { match self { $(Self::$variant => Text { zh: $zh, en: $en }),+ } }
        }
    };
}

stages! {
    /// The file is there and waits to be read.
    Reading = "reading", "正在读取", "Reading";
    /// It was read: its columns wait to be named.
    Ready = "ready", "待核对列", "Columns to be named";
    /// A dry run waits, or is under way.
    Checking = "checking", "正在试算", "Dry run";
    /// The dry run is done: whether to import waits to be said.
    Checked = "checked", "待确认导入", "To be confirmed";
    /// It waits to be imported.
    Queued = "queued", "等待导入", "Waiting";
    /// It is being imported.
    Running = "running", "正在导入", "Importing";
    /// It is imported.
    Done = "done", "已导入", "Imported";
    /// It broke off.
    Failed = "failed", "失败", "Failed";
    /// Somebody wanted it no more. What had been taken stays.
    Cancelled = "cancelled", "已取消", "Cancelled";
}

impl Stage {
    /// From the record.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.code() == code)
    }

    /// Whether the server has work to do on it.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Reading | Self::Checking | Self::Queued | Self::Running)
    }

    /// Whether nothing more will become of it.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Whether its columns can be named: before and after a dry run.
    #[must_use]
    pub const fn takes_columns(self) -> bool {
        matches!(self, Self::Ready | Self::Checked)
    }
}

/// What stands above the rows of a table, as far as a row needs it to be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Bare day numbers count from 1904.
    pub is_1904: bool,
}

/// A preset and the columns of a file that it would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// The preset.
    pub preset: String,
    /// For each of its columns the file's, from 0.
    pub columns: Vec<Option<u32>>,
    /// Whether all that it requires is there.
    pub fits: bool,
}

/// What a file looks like before it is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Encoding of a text file, or `XLSX`.
    pub encoding: String,
    /// Name of the worksheet.
    pub sheet: Option<String>,
    /// Its first rows: line and cells.
    pub rows: Vec<(u32, Vec<String>)>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What each preset would make of it.
    pub guesses: Vec<Guess>,
}

/// A column of a preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresetColumn {
    /// Its usual name.
    pub name: String,
    /// Whether a table without it is refused.
    pub required: bool,
}

/// A preset: a table that can be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresetLine {
    /// Its name.
    pub id: String,
    /// Chinese name of the table.
    pub zh: String,
    /// English name of the table.
    pub en: String,
    /// Its columns.
    pub columns: Vec<PresetColumn>,
}

/// A run in the list of imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// Id.
    pub id: i64,
    /// Name of the file.
    pub file: String,
    /// Preset, empty until it is chosen.
    pub preset: String,
    /// Whose records they become, empty until it is chosen.
    pub org: String,
    /// Who imports, empty for the command line.
    pub by: String,
    /// Begun, ms.
    pub at: i64,
    /// Ended, ms.
    pub ended_at: Option<i64>,
    /// How far it is.
    pub stage: Stage,
    /// Records taken so far.
    pub done: i64,
    /// Records to be taken.
    pub total: i64,
    /// Rows in quarantine that nobody dealt with.
    pub open: u64,
    /// The report, its quarantined rows cut to the first few.
    pub report: Option<Report>,
}

/// The page of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPage {
    /// The run.
    pub line: RunLine,
    /// Bytes of the file.
    pub bytes: i64,
    /// Why it broke off, or why the dry run did.
    pub failure: String,
    /// What stands above its rows.
    pub head: Head,
    /// What it looks like, until it is imported.
    pub preview: Option<Preview>,
    /// The columns that were chosen, in the order of the preset's.
    pub chosen: Vec<Option<u32>>,
    /// What it can be.
    pub presets: Vec<PresetLine>,
    /// Whose records it can become: id and name.
    pub orgs: Vec<(i64, String)>,
    /// Whose it becomes, as chosen; 0 for nobody's.
    pub org_id: i64,
}

/// What somebody did about a row in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Mend {
    /// Nothing yet.
    Open = 0,
    /// It was mended and taken.
    Mended = 1,
    /// It is left out, for a reason.
    LeftOut = 2,
}

impl Mend {
    /// From the record.
    #[must_use]
    pub const fn from_number(n: i16) -> Self {
        match n {
            1 => Self::Mended,
            2 => Self::LeftOut,
            _ => Self::Open,
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Open => Text { zh: "待处理", en: "Open" },
            Self::Mended => Text { zh: "已修正入库", en: "Mended and taken" },
            Self::LeftOut => Text { zh: "不予导入", en: "Left out" },
        }
    }
}

/// A row in quarantine, for whoever mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideLine {
    /// Its key: the line of the file, or a number of its own where no single line tells it.
    pub line: i32,
    /// Its cells.
    pub cells: Vec<String>,
    /// Why, Chinese.
    pub reason_zh: String,
    /// Why, English.
    pub reason_en: String,
    /// What may mend it.
    pub suggestion: String,
    /// What was done.
    pub mend: Mend,
    /// By whom.
    pub by: String,
    /// When, ms.
    pub at: Option<i64>,
    /// Why it was left out.
    pub note: String,
}

/// A page of rows in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsidePage {
    /// The run.
    pub line: RunLine,
    /// What stands above its rows; without columns a row cannot be mended here.
    pub head: Head,
    /// The rows.
    pub rows: Vec<AsideLine>,
    /// Whether more rows follow.
    pub more: bool,
}

/// What became of a row that was mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mended {
    /// It is in the record.
    Taken,
    /// The record said the same already.
    Known,
    /// It stays in quarantine; its line says why.
    Still,
    /// There is no such row that is open.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_read_back_and_under_way_or_waiting_or_ended() {
        for s in Stage::ALL {
            assert_eq!(Stage::from_code(s.code()), Some(*s));
            let kinds = [s.is_under_way(), s.takes_columns(), s.has_ended()];
            assert_eq!(kinds.iter().filter(|k| **k).count(), 1, "{s:?}");
        }
        assert_eq!(Stage::from_code("x"), None);
        for m in [Mend::Open, Mend::Mended, Mend::LeftOut] {
            assert_eq!(Mend::from_number(m as i16), m);
        }
    }
}
