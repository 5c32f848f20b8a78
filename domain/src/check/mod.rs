//! Check items (检查项目, S0-36, S0-37): versioned catalogues of what is looked at before a fill, after it, and in homes (入户安检).

mod form;
mod history;

pub(crate) use form::chosen;
pub use form::{Edited, FIELDS, read, values};
pub use history::{CheckOf, ChecksPage, Told};

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            /// All, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in addresses and in the record.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// For people.
            #[must_use]
            pub const fn text(self) -> $crate::outcome::Text {
                match self { $(Self::$variant => $crate::outcome::Text { zh: $zh, en: $en }),+ }
            }

            /// Reads a word.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.code() == code)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A catalogue of check items.
    Catalogue {
        /// Before a fill (rules.md §4).
        Precheck = "precheck", "充装前检查", "Pre-fill check";
        /// After a fill (rules.md §6).
        Postcheck = "postcheck", "充装后检查", "Post-fill check";
        /// In homes and restaurants (rules.md §13).
        Home = "home", "入户安检", "Home safety check";
    }
}

words! {
    /// What an item is about: the heading it stands under.
    Part {
        /// 档案与标识
        File = "file", "档案标识", "File and marks";
        /// 瓶体与附件
        Body = "body", "瓶体附件", "Body and fittings";
        /// 介质与余气
        Content = "content", "介质余气", "Medium and residue";
        /// 重量与充装量
        Weight = "weight", "重量", "Weight";
        /// 标签与存放
        Mark = "mark", "标签存放", "Labels and storage";
        /// 气瓶
        Cylinder = "cylinder", "气瓶", "Cylinder";
        /// 软管
        Hose = "hose", "软管", "Hose";
        /// 调压器
        Regulator = "regulator", "调压器", "Regulator";
        /// 灶具与热水器
        Appliance = "appliance", "燃具", "Appliance";
        /// 环境
        Place = "place", "环境", "Place";
        /// 用户行为
        Conduct = "conduct", "用户行为", "User's conduct";
    }
}

words! {
    /// How grave it is when an item fails, or a hazard (rules.md §13).
    Severity {
        /// 一般
        Common = "common", "一般", "Common";
        /// 严重
        Serious = "serious", "严重", "Serious";
        /// 重大: supply stops.
        Grave = "grave", "重大", "Grave";
    }
}

/// An item of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its code within the catalogue, which records of checks name.
    pub code: String,
    /// What it is about.
    pub part: Part,
    /// What is to be so, or for homes what is wrong: Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// How grave a failure is; `None` where it is not graded.
    pub severity: Option<Severity>,
    /// Days in which it must be put right; 0: supply stops at once. `None` where there is no such term.
    pub days: Option<i16>,
    /// Codes of the media it applies to, comma separated; empty: all.
    pub media: String,
    /// Source.
    pub source: String,
    /// Clause of the source; empty where it is not established.
    pub clause: String,
    /// A remark.
    pub note: String,
    /// False: 待确认.
    pub confirmed: bool,
    /// Whether it is asked.
    pub enabled: bool,
}

/// A version of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub no: i64,
    /// In force from then on, ms; `None` for a draft.
    pub published_at: Option<i64>,
    /// By whom; empty for what the product ships with.
    pub by: String,
    /// Why.
    pub note: String,
    /// Edits of the draft: whoever publishes says which state of it.
    pub revision: i64,
}

/// What a page shows of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CataloguePage {
    /// Which.
    pub catalogue: Catalogue,
    /// The version that is shown.
    pub version: Version,
    /// Its items, in order.
    pub items: Vec<Item>,
    /// What it changes of the version before; empty for the first.
    pub changes: Vec<Change>,
    /// All versions within sight, the newest first.
    pub versions: Vec<Version>,
    /// The number of the version in force.
    pub newest: i64,
    /// Whether the reader may edit it.
    pub may_edit: bool,
}

/// A catalogue in the overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub catalogue: Catalogue,
    /// The version in force.
    pub version: Version,
    /// Items that are asked.
    pub asked: i64,
    /// Of these to be confirmed.
    pub unconfirmed: i64,
    /// Whether somebody is making a new version; told only to who may edit.
    pub draft: bool,
}

/// A difference between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Code of the item.
    pub code: String,
    /// What became of it.
    pub how: How,
}

/// What became of an item from one version to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Fields differ: name, value before, value now.
    Edited(Vec<(String, String, String)>),
}

/// What differs from one version to the next, in the order of the next, what is gone last.
#[must_use]
pub fn changes(before: &[Item], now: &[Item]) -> Vec<Change> {
    let old = |code: &str| before.iter().find(|i| i.code == code);
    let mut out: Vec<Change> = now
        .iter()
        .filter_map(|i| {
            let how = match old(&i.code) {
                None => How::Added,
                Some(o) if o == i => return None,
                Some(o) => {
                    let (o, n) = (values(o), values(i));
                    let differ = FIELDS.iter().filter(|f| o.get(**f) != n.get(**f));
                    let of = |v: &crate::form::Values, f: &str| v.get(f).cloned().unwrap_or_default();
                    How::Edited(differ.map(|f| ((*f).to_owned(), of(&o, f), of(&n, f))).collect())
                }
            };
            Some(Change { code: i.code.clone(), how })
        })
        .collect();
    let gone = before.iter().filter(|o| !now.iter().any(|n| n.code == o.code));
    out.extend(gone.map(|o| Change { code: o.code.clone(), how: How::Removed }));
    out
}

/// What the product ships with (rules.md §4, §6, §13): catalogue, part, severity and the like by the columns of the first line.
const SHIPPED: &str = include_str!("items.txt");

/// The items that a catalogue ships with, in order.
#[must_use]
pub fn shipped(catalogue: Catalogue) -> Vec<Item> {
    SHIPPED.lines().filter_map(|line| line_of(catalogue, line)).collect()
}

fn line_of(catalogue: Catalogue, line: &str) -> Option<Item> {
    let f: Vec<&str> = line.split('|').collect();
    let [of, code, part, severity, days, media, confirmed, zh, en, source, clause, note] = f.as_slice() else {
        return None;
    };
    let own = |s: &&str| (**s).to_owned();
    (*of == catalogue.code()).then_some(())?;
    Some(Item {
        code: own(code),
        part: Part::from_code(part)?,
        zh: own(zh),
        en: own(en),
        severity: Severity::from_code(severity),
        days: days.parse().ok(),
        media: own(media),
        source: own(source),
        clause: own(clause),
        note: own(note),
        confirmed: *confirmed == "y",
        enabled: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_that_ships_is_an_item_that_the_form_takes() {
        let counts: Vec<usize> = Catalogue::ALL.iter().map(|c| shipped(*c).len()).collect();
        assert_eq!(counts, [20, 9, 46]);
        let lines = SHIPPED.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).count();
        assert_eq!(counts.iter().sum::<usize>(), lines, "a line that cannot be read is left out");
        for c in Catalogue::ALL {
            let all = shipped(*c);
            let codes: BTreeSet<&str> = all.iter().map(|i| i.code.as_str()).collect();
            assert_eq!(codes.len(), all.len(), "{c:?}");
            for i in &all {
                let mut v = values(i);
                v.insert("catalogue".into(), c.code().into());
                v.insert("was".into(), i.code.clone());
                let read = read(&v).unwrap_or_else(|f| panic!("{}: {f:?}", i.code));
                assert_eq!((read.catalogue, &read.item, read.was.as_str()), (*c, i, i.code.as_str()));
            }
        }
        let home = shipped(Catalogue::Home);
        assert!(home.iter().all(|i| !i.confirmed), "the grades are proposals (rules.md §13)");
        assert!(home.iter().filter(|i| i.severity == Some(Severity::Grave)).all(|i| i.days == Some(0)));
        let graded = home.iter().filter(|i| i.severity.is_none()).map(|i| i.code.as_str()).collect::<Vec<_>>();
        assert_eq!(graded, ["U03", "U04"]);
    }

    #[test]
    fn what_differs_is_named() {
        let before = shipped(Catalogue::Precheck);
        assert_eq!(changes(&before, &before), []);
        assert!(changes(&[], &before).iter().all(|c| c.how == How::Added));
        let mut now = before.clone();
        now[0].zh = "新".into();
        now[0].enabled = false;
        now.remove(1);
        now.push(Item { code: "NEW".into(), ..before[2].clone() });
        let found = changes(&before, &now);
        let codes: Vec<&str> = found.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(codes, ["OWN", "NEW", "MEDIUM"]);
        assert_eq!((&found[1].how, &found[2].how), (&How::Added, &How::Removed));
        let How::Edited(fields) = &found[0].how else { panic!() };
        let names: Vec<&str> = fields.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(names, ["zh", "enabled"]);
        assert_eq!((fields[0].1.as_str(), fields[0].2.as_str()), (before[0].zh.as_str(), "新"));
        assert_eq!((fields[1].1.as_str(), fields[1].2.as_str()), ("yes", "no"));
    }

    #[test]
    fn words_read_back() {
        for c in Catalogue::ALL {
            assert_eq!(Catalogue::from_code(c.code()), Some(*c));
        }
        assert_eq!((Part::from_code("x"), Severity::from_code("")), (None, None));
    }
}
