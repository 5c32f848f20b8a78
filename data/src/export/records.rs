//! Records of checks and fills with the columns of their list, the newest first, each fill with the checks beside it. Who did it is
//! the word by which the device named him, as the list shows it.

use super::{Ask, Cell, Page, Rows, archive::t};
use crate::{Error, page::AskError, record, sequence::LEDGER};
use domain::{
    clock,
    event::EventKind,
    export::filters,
    list::ListQuery,
    outcome::Text,
    permission::Permission,
    record::{Linked, RecordLine},
};

/// 充装检查记录
pub static RECORDS: Rows = Rows {
    name: "records",
    title: t("充装检查记录", "Records of checks and fills"),
    needs: Permission::RecordRead,
    numbers: LEDGER,
    columns: || COLUMNS.to_vec(),
    check: |text| record::takes(&filters(text)?).map_err(|e| e.to_string()),
    count: |ask| Box::pin(count(ask)),
    fetch: |ask, after, limit| Box::pin(fetch(ask, after, limit)),
};

static COLUMNS: [Text; 14] = [
    t("记录号", "Record"),
    t("时间", "When"),
    t("入库时间", "Recorded"),
    t("类型", "Kind"),
    t("标签号", "Tag"),
    t("结论", "Found"),
    t("前检", "Pre-check"),
    t("复检", "Post-check"),
    t("充装量(kg)", "Gas (kg)"),
    t("皮重(kg)", "Tare (kg)"),
    t("总重(kg)", "Gross (kg)"),
    t("站点", "Station"),
    t("枪/手持机", "Gun or handheld"),
    t("操作人", "Operator"),
];

fn query(ask: Ask<'_>) -> Result<ListQuery, Error> {
    filters(ask.filter).map_err(|e| Error::Stored(format!("filter: {e}")))
}

fn stored(why: AskError) -> Error {
    match why {
        AskError::Field(f) => Error::Stored(format!("filter: {f}")),
        AskError::Data(e) => e,
    }
}

async fn count(ask: Ask<'_>) -> Result<u64, Error> {
    let today = clock::day_of(ask.as_of);
    record::count(ask.db, ask.viewer, &query(ask)?, today, ask.upto).await.map_err(stored)
}

async fn fetch(ask: Ask<'_>, after: &str, limit: u64) -> Result<Page, Error> {
    let until = (clock::day_of(ask.as_of), ask.upto);
    let (lines, next) = record::after(ask.db, ask.viewer, &query(ask)?, until, after, limit).await.map_err(stored)?;
    Ok(Page { rows: lines.into_iter().map(|l| row(l, ask.zh)).collect(), next })
}

fn row(r: RecordLine, zh: bool) -> Vec<Cell> {
    let pick = |t: Text| Cell::text(if zh { t.zh } else { t.en });
    let beside = |check| if r.kind == EventKind::FillEnd { pick(Linked::text(check)) } else { Cell::Empty };
    vec![
        Cell::Number(r.no.cast_signed()),
        Cell::text(clock::local_text(r.at_ms)),
        Cell::text(clock::local_text(r.recorded_ms)),
        Cell::text(if zh { r.kind.zh() } else { r.kind.en() }),
        Cell::text(r.tag.as_str()),
        Cell::text(r.finding(zh)),
        beside(r.precheck),
        beside(r.postcheck),
        Cell::thousandths(r.net_g),
        Cell::thousandths(r.tare_g),
        Cell::thousandths(r.gross_g),
        Cell::text(r.station),
        Cell::text(r.device),
        Cell::prose(&r.operator),
    ]
}
