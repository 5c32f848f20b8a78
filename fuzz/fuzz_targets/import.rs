//! Import readers: bytes of a file to a table, the table by every preset to records and quarantine. No row is lost.
//!
//! The readers are compiled into this program from their sources: the crate they belong to would bring the whole server.
#![no_main]

#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../../server/src/import/mod.rs"]
mod import;

use domain::rules::RuleSet;
use import::{Ctx, plan, preset::PRESETS, read_table};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CTX: LazyLock<Ctx> = LazyLock::new(|| Ctx {
    org: 1,
    site: 1,
    device: 1,
    as_of: chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default(),
    rules: RuleSet::seed(),
    medium: "LPG".into(),
    facts: None,
});

fuzz_target!(
    init: {
        // The product catches panics of the workbook's reader and makes errors of them, and so must this: libFuzzer's hook
        // would end the process inside that catch. A panic that gets out of the target still ends it.
        std::panic::set_hook(Box::new(|info| eprintln!("{info}")));
    },
    |bytes: &[u8]| {
        let Ok(table) = read_table(bytes, "file") else { return };
        for preset in PRESETS {
            let Ok(p) = plan(preset, &table, &CTX) else { continue };
            assert_eq!(p.read as usize, table.rows.len());
            // A row is a record, a repetition or a line in quarantine; one row may be several records, none is nothing.
            let told: std::collections::HashSet<u32> = (p.planned.iter().map(|r| r.line))
                .chain(p.quarantined.iter().map(|q| q.line))
                .chain(p.repeated.iter().copied())
                .collect();
            for row in &table.rows {
                assert!(told.contains(&row.line), "{}: line {} is lost", preset.id, row.line);
            }
        }
    }
);
