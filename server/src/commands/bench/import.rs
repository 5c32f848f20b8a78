//! `pingji bench import`: a workbook of which three rows in a hundred are bad, imported twice as the office imports it.

use super::{
    Backend,
    child::{Scratch, settings},
    export::{forget, memory},
    hostile_import::workbook,
    postgres::Postgres,
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    import::Report,
    serve,
    state::AppState,
    store,
};
use data::{audit::Actor, import::run, org, reference, sequence};
use domain::{
    import::Stage,
    scope::{Scope, Viewer},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Columns of the workbook.
const HEAD: [&str; 7] = ["电子标签号", "气瓶钢印号", "充装介质", "气瓶规格", "生产厂家", "出厂日期", "上次检测日期"];

/// The rows of the workbook by a seed. Of each hundred, two have no identity and one bears the tag of the row before with another
/// content.
fn sheet(rows: usize, seed: u64) -> String {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut out = "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>".to_owned();
    let mut row = |cells: [&str; 7]| {
        out.push_str("<row>");
        for cell in cells {
            // Writing into a text does not fail.
            let _ = write!(out, "<c t=\"inlineStr\"><is><t>{cell}</t></is></c>");
        }
        out.push_str("</row>");
    };
    row(HEAD);
    for i in 0..rows {
        let tag = format!("{:010}", 7_000_000_000_u64 + i as u64);
        let before = format!("{:010}", 7_000_000_000_u64 + (i as u64).saturating_sub(1));
        let stamp = format!("B{seed}-{i}");
        let (year, month) = (random.random_range(2012..2026), random.random_range(1..=12));
        let made = format!("{year}-{month:02}-10");
        let (tag, stamp) = match i % 100 {
            17 | 83 => ("", ""),
            51 => (before.as_str(), stamp.as_str()),
            _ => (tag.as_str(), stamp.as_str()),
        };
        row([tag, stamp, "液化石油气", "15KG", "江苏民生重工有限公司", &made, &made]);
    }
    out.push_str("</sheetData></worksheet>");
    out
}

/// Rows of these that are bad.
fn bad(rows: usize) -> usize {
    (0..rows).filter(|i| matches!(i % 100, 17 | 51 | 83)).count()
}

/// Imports the file as the office does: look, dry run, import. Tells the report.
async fn once(state: &AppState, file: &Path, org: i64) -> Result<Report, Failure> {
    let part = file.with_extension("part");
    std::fs::copy(file, &part)?;
    let bytes = i64::try_from(part.metadata()?.len())?;
    let viewer = Viewer { scope: Scope::City };
    let id = state.imports.begin_file(part, "bench.xlsx", bytes, viewer, &Actor::default()).await?;
    for (from, to) in
        [(None, Stage::Reading), (Some(Stage::Ready), Stage::Checking), (Some(Stage::Checked), Stage::Queued)]
    {
        if let Some(from) = from {
            let run = run::by_id(state.db.read(), id).await?.ok_or("the run is gone")?;
            let run = run::Model { stage: to.code().into(), preset: "in-use".into(), org_id: org, ..run };
            if !run::put(state.db.writer(), &run, &[from]).await? {
                return Err(format!("{to:?}: {}", run.failure).into());
            }
        }
        let started = Instant::now();
        state.imports.step(&CancellationToken::new()).await?;
        say(&format!("  {}: {:.2} s", to.code(), started.elapsed().as_secs_f64()));
    }
    let run = run::by_id(state.db.read(), id).await?.ok_or("the run is gone")?;
    if run.stage() != Stage::Done {
        return Err(format!("{}: {}", run.stage, run.failure).into());
    }
    Ok(serde_json::from_str(&run.report)?)
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or what it shows is not as promised.
pub async fn run(
    config: &Config,
    database: Backend,
    (rows, seed): (usize, u64),
    dir: Option<PathBuf>,
) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        Some(p) => Some(p.database("city").await?),
        None => None,
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let file = scratch.path().join("bench.xlsx");
    std::fs::write(&file, workbook(&sheet(rows, seed))?)?;
    let store = store::open(&config).await?;
    let (state, _writer) = serve::start(&config, store.db.clone(), Clock::default(), None).await?;
    let txn = state.db.begin_write().await?;
    let new =
        org::New { name: "bench".into(), kind: "filler".into(), division: reference::CITY, ..org::New::default() };
    let org = org::insert(&txn, new).await?;
    txn.commit().await?;
    let size = file.metadata()?.len() / 1024;
    say(&format!("{}: {rows} rows, {} of them bad, {size} KiB", database.name(), bad(rows)));
    let mut broken = vec![];
    let mut last = 0;
    for nth in 1..=2 {
        let before = memory("VmRSS");
        forget();
        let started = Instant::now();
        let r = once(&state, &file, org).await?;
        let took = started.elapsed().as_secs_f64();
        let most = memory("VmHWM");
        say(&format!(
            "run {nth}: {took:.2} s; read {}, new {}, unchanged {}, flagged {}, quarantined {}; memory {} MiB at most, +{} MiB",
            r.read,
            r.new,
            r.unchanged,
            r.flagged,
            r.quarantined,
            most / 1024,
            most.saturating_sub(before) / 1024
        ));
        let ledger = sequence::last(state.db.read(), sequence::LEDGER).await?;
        let sound = u32::try_from(rows - bad(rows))?;
        let expected = if nth == 1 { (sound, 0) } else { (0, sound) };
        if (r.new, r.unchanged) != expected || r.quarantined as usize != bad(rows) || r.read as usize != rows {
            broken.push(format!("run {nth}: expected {expected:?} and {} in quarantine", bad(rows)));
        }
        if nth == 2 && ledger != last {
            broken.push(format!("the second run moved the ledger from {last} to {ledger}"));
        }
        last = ledger;
    }
    state.stop.cancel();
    drop(state);
    store.db.clone().close().await?;
    verdict(&broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_sheet() {
        assert_eq!(sheet(300, 7), sheet(300, 7));
        assert_ne!(sheet(300, 7), sheet(300, 8));
        assert_eq!((bad(300), sheet(300, 7).matches("<row>").count()), (9, 301));
    }
}
