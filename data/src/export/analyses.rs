//! The analyses as exports: their tables as they stand on their pages, with all together in the last row.

use super::{Ask, Cell, Page, Rows};
use crate::{Error, analysis, page::AskError, sequence::LEDGER};
use domain::{
    analysis::{Amount, Asked, Figure, Kind, kind as kinds},
    outcome::Text,
    permission::Permission,
};

macro_rules! rows {
    ($($kind:ident = $name:literal;)+) => {
        /// One an analysis, in the order of the overview.
        pub(super) static ALL: [&Rows; 13] = [$({
            static ROWS: Rows = Rows {
                name: $name,
                title: kinds::$kind.title,
                needs: Permission::AnalysisRead,
                numbers: LEDGER,
                columns: || columns(&kinds::$kind),
                check: |text| check(&kinds::$kind, text),
                count: |ask| Box::pin(async move { Ok(table(&kinds::$kind, ask).await?.len() as u64) }),
                fetch: |ask, _, _| Box::pin(async move { Ok(Page { rows: table(&kinds::$kind, ask).await?, next: None }) }),
            };
            &ROWS
        }),+];
    };
}

rows! {
    DUE = "analysis-due";
    ABNORMAL = "analysis-abnormal";
    PLACED = "analysis-placed";
    AGES = "analysis-ages";
    STORAGE = "analysis-storage";
    USER_STORAGE = "analysis-user-storage";
    CONDUCT = "analysis-conduct";
    COMPLETENESS = "analysis-completeness";
    RECOVERY = "analysis-recovery";
    OPENING = "analysis-opening";
    TAG_ISSUE = "analysis-tag-issue";
    SALES = "analysis-sales";
    STATISTICS = "analysis-statistics";
}

fn columns(kind: &Kind) -> Vec<Text> {
    kind.columns.iter().map(|c| c.title).collect()
}

/// What an analysis is asked by: the page's own words as JSON.
fn asked(text: &str) -> Result<Asked, String> {
    if text.is_empty() {
        return Ok(Asked::default());
    }
    if !text.trim_start().starts_with('{') {
        return Err("is no JSON object".into());
    }
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn check(kind: &Kind, text: &str) -> Result<(), String> {
    let asked = asked(text)?;
    analysis::as_of(&asked, 0).map_err(|e| e.to_string())?;
    if asked.sort.is_empty() || kind.column(&asked.sort).is_some() { Ok(()) } else { Err("sort".into()) }
}

/// The table: a page of its own, for it has a row a unit, not a row a cylinder.
async fn table(kind: &'static Kind, ask: Ask<'_>) -> Result<Vec<Vec<Cell>>, Error> {
    let asked = asked(ask.filter).map_err(|e| Error::Stored(format!("filter: {e}")))?;
    let asked = Asked { as_of: ask.as_of.to_string(), ..asked };
    let sheet = analysis::sheet(ask.db, ask.viewer, ask.rules, kind, &asked, ask.now).await.map_err(|e| match e {
        AskError::Field(f) => Error::Stored(format!("filter: {f}")),
        AskError::Data(e) => e,
    })?;
    let total = (!sheet.total.is_empty()).then_some(&sheet.total);
    let row = |row: &Vec<Figure>| row.iter().map(|f| cell(&f.amount, ask.zh)).collect();
    Ok(sheet.rows.iter().chain(total).map(row).collect())
}

fn cell(amount: &Amount, zh: bool) -> Cell {
    match amount {
        Amount::Unknown => Cell::Empty,
        Amount::Count(n) => Cell::Number(*n),
        Amount::Thousandths(n) => Cell::Thousandths(*n),
        // Percent, as the column says.
        Amount::Permille(n) => Cell::Thousandths(n.saturating_mul(100)),
        Amount::Text(t) => Cell::text(t.clone()),
        Amount::Word(z, e) => Cell::text(if zh { z.clone() } else { e.clone() }),
    }
}
