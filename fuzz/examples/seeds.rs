//! Writes the seeds that are made of the product's own types: frames, rules, facts, and the tables as GBK and as a workbook.
//! Run it when one of those types has changed: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.

#[allow(dead_code)]
#[path = "../../app/src/live/sample.rs"]
mod sample;

use domain::{
    gate::{CylinderFacts, Facts, GunFacts, TagState},
    ledger::FileState,
    life::{Dates, Family},
    rules::{MediumClass, RuleSet},
    wall::{Delta, ServerFrame},
};
use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = fuzz.join("corpus-seed");

    let snapshot = ServerFrame::Snapshot(Box::new(sample::snapshot()));
    let delta = ServerFrame::Delta(Delta {
        from: 100,
        to: 103,
        ms: sample::NOON,
        c: vec![sample::fill(101), sample::blocked(102), sample::fill(103)],
    });
    let beat = ServerFrame::Beat { to: 104, ms: sample::NOON };
    let frames = [&snapshot, &delta, &beat].map(serde_json::to_string);
    let [snapshot, delta, beat] = frames;
    let (snapshot, delta, beat) = (snapshot?, delta?, beat?);
    fs::write(seeds.join("frame/snapshot.json"), &snapshot)?;
    fs::write(seeds.join("frame/all.json"), format!("{snapshot}\n{delta}\n{beat}\n{delta}\n"))?;

    fs::write(seeds.join("rules/seed.json"), serde_json::to_string(&RuleSet::seed())?)?;
    let few = RuleSet { rows: RuleSet::seed().rows.into_iter().take(4).collect(), version: 2 };
    fs::write(seeds.join("rules/few.json"), serde_json::to_string(&few)?)?;
    fs::write(fuzz.join("facts.json"), serde_json::to_string_pretty(&facts())?)?;

    let csv = fs::read_to_string(fuzz.join("../server/tests/fixtures/in_use_cylinders.csv"))?;
    let history = fs::read_to_string(fuzz.join("../server/tests/fixtures/cylinder_431325_history.csv"))?;
    let head: String = csv.split_inclusive('\n').take(6).collect();
    fs::write(seeds.join("import/in_use.csv"), &head)?;
    fs::write(seeds.join("import/history.csv"), &history)?;
    fs::write(seeds.join("import/in_use.gbk.csv"), encoding_rs::GBK.encode(&head).0)?;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0u32..).zip(head.lines()) {
        for (column, cell) in (0u16..).zip(line.split(',')) {
            sheet.write(row, column, cell)?;
        }
    }
    book.save(seeds.join("import/in_use.xlsx"))?;
    Ok(())
}

/// A cylinder of every family, with and without dates, at a gun that may fill it and at one that may not.
fn facts() -> Vec<Facts> {
    let mut out = Vec::new();
    for family in Family::ALL {
        for (made, inspected, org) in [("2018-11-21", Some("2022-11-21"), 1), ("2006-12", None, 2), ("", None, 1)] {
            out.push(Facts {
                as_of: chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default(),
                tag: TagState::Bound,
                cylinder: Some(CylinderFacts {
                    file: FileState::Registered,
                    owner: 1,
                    entrusted: Vec::new(),
                    medium: "LPG".into(),
                    dates: Dates {
                        family,
                        model: "YSP118".into(),
                        medium_class: MediumClass::Other,
                        made: made.parse().ok(),
                        inspected: inspected.and_then(|d| d.parse().ok()),
                        next_printed: None,
                        scrap_recorded: None,
                        assessed: org == 2,
                    },
                    cloned: false,
                    doubtful: false,
                }),
                gun: GunFacts { org, medium: "LPG".into(), licence_until: None, licence_media: vec!["LPG".into()] },
            });
        }
    }
    out
}
