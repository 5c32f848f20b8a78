//! What the office said with an event, in words.

use crate::{cylinder, event, org, site};
use domain::event::{CancelWay, Content, CorrectHow, FileChange, FileField, VoidReason};
use sea_orm::{QueryFilter, entity::prelude::*};
use std::collections::HashMap;

/// By ledger number, Chinese and English.
pub(crate) type Said = HashMap<i64, (String, String)>;

/// Names that ids in the words stand for.
struct Names {
    orgs: HashMap<i64, String>,
    sites: HashMap<i64, String>,
    cylinders: HashMap<i64, String>,
}

impl Names {
    fn shown(&self, field: FileField, value: &str) -> String {
        let names = match field {
            FileField::Org => &self.orgs,
            FileField::Site => &self.sites,
            _ => return field.shown(value),
        };
        let name = value.parse().ok().and_then(|id: i64| names.get(&id).cloned());
        name.unwrap_or_else(|| field.shown(value))
    }

    fn changes(&self, all: &[FileChange], english: bool) -> Vec<String> {
        let line = |c: &FileChange| {
            let name = if english { c.field.en() } else { c.field.zh() };
            format!("{name}: {} → {}", self.shown(c.field, &c.old), self.shown(c.field, &c.new))
        };
        // Classes follow from the medium and the model, which stand beside them.
        let shown = |c: &&FileChange| !matches!(c.field, FileField::MediumClass | FileField::Family);
        all.iter().filter(shown).map(line).collect()
    }

    fn of(&self, content: &Content) -> Option<(String, String)> {
        let join = |parts: Vec<String>| parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("; ");
        let proof = |word: &str, text: &str| if text.is_empty() { String::new() } else { format!("{word}: {text}") };
        match content {
            Content::Amend(a) => {
                let (mut zh, mut en) = (self.changes(&a.changes, false), self.changes(&a.changes, true));
                zh.extend([proof("原因", &a.reason), proof("依据", &a.evidence)]);
                en.extend([proof("because", &a.reason), proof("proof", &a.evidence)]);
                Some((join(zh), join(en)))
            }
            Content::VoidTag(v) => {
                let (zh, en) = match v.reason {
                    VoidReason::Damaged => ("损坏", "damaged"),
                    VoidReason::Lost => ("遗失或脱落", "lost or fallen off"),
                    VoidReason::Cloned => ("被仿制", "cloned"),
                    VoidReason::Unused => ("错发或不再使用", "not to be used"),
                };
                let line = |word: &str| join(vec![v.tag.clone(), word.to_owned(), v.note.clone()]);
                Some((line(zh), line(en)))
            }
            Content::BindTag(b) => {
                let old = b.replaces.clone().unwrap_or_default();
                Some((
                    join(vec![proof("绑定", &b.tag), proof("换下", &old)]),
                    join(vec![proof("bound", &b.tag), proof("in the place of", &old)]),
                ))
            }
            Content::Cancel(c) => {
                let stays = c.same_as.and_then(|id| self.cylinders.get(&id).cloned()).unwrap_or_default();
                let (zh, en) = match c.way {
                    CancelWay::Transferred => ("转出", "transferred out"),
                    CancelWay::Cancelled => ("注销", "cancelled"),
                    CancelWay::Duplicate => ("重复建档", "entered twice"),
                };
                Some((
                    join(vec![zh.to_owned(), proof("保留档案", &stays), proof("原因", &c.reason)]),
                    join(vec![en.to_owned(), proof("the file that stays", &stays), proof("because", &c.reason)]),
                ))
            }
            Content::Correct(c) => {
                let (zh, en) = match c.how {
                    CorrectHow::DidNotOccur => ("未发生", "it did not occur"),
                    CorrectHow::IncorrectData => ("数据有误", "its data are wrong"),
                };
                Some((
                    join(vec![format!("更正 {} 号记录", c.corrects), zh.to_owned(), proof("原因", &c.reason)]),
                    join(vec![format!("of record {}", c.corrects), en.to_owned(), proof("because", &c.reason)]),
                ))
            }
            _ => None,
        }
    }
}

/// What was said with these events.
pub(crate) async fn said<C: ConnectionTrait>(db: &C, events: &[event::Model]) -> Result<Said, DbErr> {
    let told: Vec<(i64, Content)> = events.iter().filter_map(|e| Some((e.no, e.content()?))).collect();
    let ids = |field: FileField| -> Vec<i64> {
        let changes = told.iter().filter_map(|(_, c)| if let Content::Amend(a) = c { Some(&a.changes) } else { None });
        let values = changes.flatten().filter(|c| c.field == field).flat_map(|c| [&c.old, &c.new]);
        values.filter_map(|v| v.parse().ok()).collect()
    };
    let (orgs, sites) = (ids(FileField::Org), ids(FileField::Site));
    let kept: Vec<i64> =
        told.iter().filter_map(|(_, c)| if let Content::Cancel(c) = c { c.same_as } else { None }).collect();
    let mut names = Names { orgs: HashMap::new(), sites: HashMap::new(), cylinders: HashMap::new() };
    if !orgs.is_empty() {
        let rows = org::Entity::find().filter(org::Column::Id.is_in(orgs)).all(db).await?;
        names.orgs = rows.into_iter().map(|o| (o.id, o.name)).collect();
    }
    if !sites.is_empty() {
        let rows = site::Entity::find().filter(site::Column::Id.is_in(sites)).all(db).await?;
        names.sites = rows.into_iter().map(|s| (s.id, s.name)).collect();
    }
    if !kept.is_empty() {
        let rows = cylinder::Entity::find().filter(cylinder::Column::Id.is_in(kept)).all(db).await?;
        names.cylinders = rows.into_iter().map(|c| (c.id, c.tag)).collect();
    }
    Ok(told.iter().filter_map(|(no, c)| Some((*no, names.of(c)?))).collect())
}
