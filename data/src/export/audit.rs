//! The audit log with the columns of its page, the newest row first.

use super::{Ask, Cell, Page, Rows, archive::t};
use crate::{
    Error,
    audit::{self, Filter},
};
use domain::{clock, export::filters, outcome::Text, permission::Permission};

/// 审计日志
pub static AUDIT: Rows = Rows {
    name: "audit",
    title: t("审计日志", "Audit log"),
    needs: Permission::AuditRead,
    numbers: audit::NUMBERS,
    columns: || COLUMNS.to_vec(),
    check: |text| filter(text).map(|_| ()),
    count: |ask| Box::pin(async move { audit::count(ask.db.read(), &before(ask, "")?).await }),
    fetch: |ask, after, limit| Box::pin(fetch(ask, after, limit)),
};

static COLUMNS: [Text; 7] = [
    t("序号", "No"),
    t("时间", "Time"),
    t("账号", "Account"),
    t("地址", "Address"),
    t("操作", "Action"),
    t("对象", "Subject"),
    t("详情", "Detail"),
];

fn filter(text: &str) -> Result<Filter, String> {
    let query = filters(text)?;
    Filter::asked(query.filters.iter().map(|(name, value)| (name.as_str(), value.as_str()))).map_err(str::to_owned)
}

/// The rows after a key: the log is numbered without holes, and read downwards.
fn before(ask: Ask<'_>, after: &str) -> Result<Filter, Error> {
    let before = if after.is_empty() {
        ask.upto.saturating_add(1)
    } else {
        after.parse().map_err(|_| Error::Stored(format!("`{after}` is no key of the audit log")))?
    };
    let filter = filter(ask.filter).map_err(|e| Error::Stored(format!("filter: {e}")))?;
    Ok(Filter { before, ..filter })
}

async fn fetch(ask: Ask<'_>, after: &str, limit: u64) -> Result<Page, Error> {
    let lines = audit::list(ask.db.read(), &before(ask, after)?, limit).await?;
    let next = lines.last().filter(|_| lines.len() as u64 == limit).map(|l| l.no.to_string());
    let row = |l: domain::account::AuditLine| {
        vec![
            Cell::Number(l.no),
            Cell::text(clock::local_text(l.at)),
            Cell::text(l.login),
            Cell::text(l.address),
            Cell::text(l.action),
            Cell::prose(&l.subject),
            Cell::prose(&l.detail),
        ]
    };
    Ok(Page { rows: lines.into_iter().map(row).collect(), next })
}
