//! 在用钢瓶分布表 (S0-44): the thirteen columns of the source, of every cylinder on file. What is abnormal is judged as of a day, not
//! taken from what somebody wrote.

use super::{
    Ask, Cell, Rows,
    archive::{Names, check, count, read, t},
};
use crate::{Error, cylinder, gauge::ON_FILE, sequence::LEDGER};
use domain::{ledger::FileState, life::Inspection, outcome::Text, permission::Permission, rules::MediumClass};

/// 在用钢瓶分布表
pub static IN_USE: Rows = Rows {
    name: "in-use",
    title: t("在用钢瓶分布表", "Cylinders in use"),
    needs: Permission::CylinderRead,
    numbers: LEDGER,
    columns: || COLUMNS.to_vec(),
    check,
    count: |ask| Box::pin(count(ask)),
    fetch: |ask, after, limit| read(ask, after, limit, row),
};

static COLUMNS: [Text; 13] = [
    t("电子标签号", "Tag"),
    t("气瓶钢印号", "Stamped number"),
    t("气瓶出厂号", "Serial number"),
    t("充装介质", "Medium"),
    t("气瓶规格", "Model"),
    t("生产厂家", "Maker"),
    t("出厂日期", "Made"),
    t("上次检测日期", "Last inspected"),
    t("下次检测日期", "Next inspection"),
    t("已检次数", "Inspections"),
    t("报废日期", "Life ends"),
    t("阀类型", "Valve"),
    t("异常原因", "Abnormal"),
];

fn row(
    ask: Ask<'_>,
    names: &Names,
    c: cylinder::Model,
    s: &cylinder::state::Model,
) -> Result<Option<Vec<Cell>>, Error> {
    let state = FileState::from_number(s.file).ok_or_else(|| Error::Stored(format!("state of cylinder {}", c.id)))?;
    if !ON_FILE.contains(&state) {
        return Ok(None);
    }
    let medium = names.media.get(&c.medium);
    let f = c.file(medium.map_or(MediumClass::Corrosive, |m| m.1), state)?;
    let derived = f.dates.derive(ask.rules, ask.as_of);
    let abnormal = match derived.inspection(ask.as_of, ask.rules.due_soon_days()) {
        Inspection::Overdue => t("过检", "overdue"),
        Inspection::PastLife | Inspection::AwaitsAssessment => t("报废", "past its life"),
        Inspection::DueSoon | Inspection::Valid | Inspection::Unknown => t("", ""),
    };
    let day = |d: Option<chrono::NaiveDate>| d.map_or(Cell::Empty, |d| Cell::Text(d.to_string()));
    Ok(Some(vec![
        Cell::text(c.tag),
        Cell::text(c.stamp_no),
        Cell::text(c.serial_no),
        Cell::text(medium.map_or(c.medium, |m| m.0.clone())),
        Cell::text(c.model),
        Cell::text(c.maker),
        Cell::text(c.made),
        Cell::text(c.inspected),
        // What is printed, else what follows from the rules.
        if c.next_printed.is_empty() { day(derived.due) } else { Cell::Text(c.next_printed) },
        Cell::Number(c.inspections.into()),
        day(derived.life_end),
        Cell::text(c.valve),
        Cell::text(if ask.zh { abnormal.zh } else { abnormal.en }),
    ]))
}
