//! A row in quarantine that somebody mended: it is read again as if it stood in the file, and taken or told what is still wrong.

use super::{Chunk, Imports, ImportsError, context, list, place, planned, settle, take::refusal};
use crate::import::{Quarantined, Row, Table, clean};
use data::{
    audit::{self, Actor},
    import::{aside, run},
    org,
};
use domain::import::{Mend, Mended, Stage};
use std::sync::Arc;

impl Imports {
    /// Reads a row again and takes it.
    ///
    /// # Errors
    /// When the record or the writer does not answer.
    pub async fn mend(&self, run: i64, line: i32, cells: Vec<String>, by: &Actor) -> Result<Mended, ImportsError> {
        // One at a time: two who mend one row are not both told that it was taken.
        let _turn = self.turn.lock().await;
        let Some(run) = run::by_id(self.db.read(), run).await?.filter(|r| r.stage() == Stage::Done) else {
            return Ok(Mended::None);
        };
        let head = run.head();
        let (Some(row), false) = (aside::waiting(self.db.read(), run.id, line).await?, head.columns.is_empty()) else {
            return Ok(Mended::None);
        };
        let at = u32::try_from(line).unwrap_or_default();
        let read = |c: &String| clean(c, at.into()).map_err(|p| p.of(&run.file));
        let cells = cells.iter().map(read).collect::<Result<Vec<String>, _>>()?;
        let mut table = Table {
            name: run.file.clone(),
            header: head.columns,
            rows: vec![Row { line: at, cells: cells.clone() }],
            is_1904: head.is_1904,
            ..Table::default()
        };
        let preset = Self::preset(&run)?;
        preset.rename(&mut table, &run.chosen());
        let now = self.clock.now();
        let owner = org::name(self.db.read(), run.org_id).await?.unwrap_or_default();
        let txn = self.db.begin_write().await?;
        let place = place(&txn, preset, (run.org_id, &owner), now).await?;
        txn.commit().await?;
        let (ctx, reference) = context(&self.db, &self.rules.now(), place, now).await?;
        let plan = planned(preset, table, ctx, reference).await?;
        let (plan, _) = settle(&self.db, run.org_id, plan).await?;
        let mut wrong: Option<Quarantined> = plan.quarantined.into_iter().next();
        let mut mended = Mended::Known;
        if wrong.is_none() && !plan.planned.is_empty() {
            let chunk = Arc::new(Chunk { run: run.id, device: place.device, planned: plan.planned });
            let refused = self.commit(&chunk).await?;
            wrong = refused.first().map(|(_, code)| refusal(at, vec![], *code));
            mended = Mended::Taken;
        } else if wrong.is_none() && !plan.listed.is_empty() {
            list(&self.db, run.id, plan.listed).await?;
            mended = Mended::Taken;
        }
        let raw = serde_json::to_string(&cells)?;
        let row = match wrong {
            Some(q) => {
                mended = Mended::Still;
                let Quarantined { reason_zh, reason_en, suggestion, .. } = q;
                aside::Model { raw, reason_zh, reason_en, suggestion, ..row }
            }
            None => {
                aside::Model { raw, mend: Mend::Mended as i16, account_id: by.account, mended_at: Some(now), ..row }
            }
        };
        let txn = self.db.begin_write().await?;
        aside::put(&txn, &row).await?;
        // What stood in the row may be personal: the log names it by its line.
        let detail = serde_json::json!({ "line": line, "came": mended });
        audit::append(&txn, by, now, "import.mend", &format!("import {}", run.id), &detail).await?;
        txn.commit().await?;
        Ok(mended)
    }
}
