//! Files that may be of one cylinder, and codes that lead to two (S0-04): pairs for a person to settle.

use crate::ledger::{Custody, FileState};
use serde::{Deserialize, Serialize};

/// Longest reason, characters.
pub const REASON_MAX: usize = 200;
/// Pairs on a page.
pub const PAGE: usize = 20;

/// Why two files stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Kind {
    /// The same stamped number of the same maker, or of a maker that one of them does not name.
    SameStamp = 1,
    /// A tag of one is the stamped number of the other.
    TagIsStamp = 2,
    /// A tag of one is the serial number of the other.
    TagIsSerial = 3,
}

impl Kind {
    /// All of them with their words in an address.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::SameStamp, "stamp"), (Self::TagIsStamp, "tag-stamp"), (Self::TagIsSerial, "tag-serial")];

    /// Number in the record; never reused.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// Its word in an address.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("", |(_, c)| c)
    }

    /// From its word in an address.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c)| *c == code).map(|(k, _)| *k)
    }

    /// Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SameStamp => ("同厂同钢印号", "Same stamped number and maker"),
            Self::TagIsStamp => ("标签号是另一只的钢印号", "A tag is another's stamped number"),
            Self::TagIsSerial => ("标签号是另一只的出厂编号", "A tag is another's serial number"),
        }
    }
}

/// One of two files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Cylinder id: the ledger number of its registration.
    pub id: i64,
    /// Primary tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// 出厂编号
    pub serial_no: String,
    /// 制造单位
    pub maker: String,
    /// 规格
    pub model: String,
    /// 充装介质, code.
    pub medium: String,
    /// 出厂日期
    pub made: String,
    /// 上次检测
    pub inspected: String,
    /// Stamped tare, grams.
    pub tare_g: Option<i64>,
    /// 产权单位
    pub org: String,
    /// Home station.
    pub home: String,
    /// File axis.
    pub file: FileState,
    /// 流转状态
    pub custody: Custody,
    /// Events on record, its registration with them.
    pub events: i64,
    /// Its latest event by the devices' clocks, ms; 0 for none.
    pub last_at: i64,
}

impl Side {
    /// Whether its file can be closed as another's duplicate.
    #[must_use]
    pub const fn can_go(&self) -> bool {
        self.file.can_be_cancelled()
    }
}

/// Two files that may be of one cylinder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collision {
    /// Why they stand here.
    pub kind: Kind,
    /// The one; where a tag is concerned, the one that bears it.
    pub one: Side,
    /// The other.
    pub other: Side,
}

/// A page of pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collisions {
    /// In the order of their ids.
    pub pairs: Vec<Collision>,
    /// From where the next page is read; empty for the last.
    pub after: String,
    /// Whether its reader may settle them.
    pub may_settle: bool,
}

/// A reason as it is kept; `None` where none is given, or it is too long.
#[must_use]
pub fn reason(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !c.is_control()).collect();
    let kept = kept.trim();
    (!kept.is_empty() && kept.chars().count() <= REASON_MAX).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_a_reason_is_given() {
        for (kind, code) in Kind::ALL {
            assert_eq!((Kind::from_code(code), kind.code()), (Some(kind), code));
        }
        assert_eq!(Kind::from_code("x"), None);
        assert_eq!(reason(" 同\u{0}一只 "), Some("同一只".into()));
        assert_eq!((reason(" \n"), reason(&"长".repeat(REASON_MAX + 1))), (None, None));
    }
}
