//! The enterprise system's tables into records: what goes in, what is flagged and with what, what is set aside and why.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod hostile;
mod tables;

use data::{customer, order, recovery, tag_series};
use domain::{ledger::File, rules::RuleSet};
use server::import::{Ctx, Plan, Record, Reference, Report, Table, plan, plan_with, preset, read_table};
use std::collections::HashMap;

const CUSTOMERS: &[u8] = include_bytes!("../fixtures/customers.csv");
const ORDERS: &[u8] = include_bytes!("../fixtures/orders.csv");
const SLIPS: &[u8] = include_bytes!("../fixtures/recovery_slips.csv");
const ARCHIVE: &[u8] = include_bytes!("../fixtures/enterprise_cylinders.csv");
const TAGS: &[u8] = include_bytes!("../fixtures/tag_issue.csv");

fn ctx() -> Ctx {
    Ctx {
        org: 7,
        site: 8,
        device: 9,
        as_of: "2026-11-21".parse().unwrap(),
        rules: RuleSet::seed(),
        medium: "LPG".into(),
        facts: None,
    }
}

fn table(bytes: &[u8]) -> Table {
    read_table(bytes, "t.csv").unwrap()
}

fn run(id: &str, text: &str) -> Plan {
    plan(preset::find(id).unwrap(), &table(text.as_bytes()), &ctx()).unwrap()
}

fn first_run(id: &str, bytes: &[u8]) -> (Plan, Report) {
    plan(preset::find(id).unwrap(), &table(bytes), &ctx()).unwrap().settle(&HashMap::new())
}

/// Read, new, flagged, quarantined.
fn counts(r: &Report) -> (u32, u32, u32, u32) {
    assert_eq!(r.new + r.unchanged + r.quarantined, r.read, "every row is accounted for");
    (r.read, r.new, r.flagged, r.quarantined)
}

/// Every flag of a report with its count, by its English name.
fn flags(r: &Report) -> Vec<(&str, u32)> {
    let mut all: Vec<(&str, u32)> = r.flags.iter().map(|f| (f.en.as_str(), f.count)).collect();
    all.sort_unstable();
    all
}

fn customers(p: &Plan) -> Vec<&customer::Model> {
    p.listed.iter().filter_map(|l| if let Record::Customer(m) = &l.record { Some(m) } else { None }).collect()
}

fn orders(p: &Plan) -> Vec<(&order::Model, &[order::line::Model])> {
    p.listed
        .iter()
        .filter_map(|l| if let Record::Order(m, s) = &l.record { Some((m, s.as_slice())) } else { None })
        .collect()
}

fn slips(p: &Plan) -> Vec<&recovery::Model> {
    p.listed.iter().filter_map(|l| if let Record::Slip(m) = &l.record { Some(m) } else { None }).collect()
}

fn series(p: &Plan) -> Vec<&tag_series::Model> {
    p.listed.iter().filter_map(|l| if let Record::Series(m) = &l.record { Some(m) } else { None }).collect()
}

fn files(p: &Plan) -> Vec<&File> {
    p.planned.iter().filter_map(|p| p.file.as_ref()).collect()
}

fn doubts_of(p: &Plan, line: u32) -> &[String] {
    &p.listed.iter().find(|l| l.line == line).unwrap().doubts
}

fn known(p: &Plan) -> HashMap<String, String> {
    let ledger = p.planned.iter().map(|p| (p.key.clone(), p.entry.hash.clone()));
    ledger.chain(p.listed.iter().map(|l| (l.key.clone(), l.hash.clone()))).collect()
}

/// The reference data of a deployment that knows the source's two series of tags.
fn with_series() -> Reference {
    let (p, _) = first_run("tags", TAGS);
    Reference::new(
        data::reference::seed_divisions(),
        data::reference::seed_media(),
        data::reference::seed_medium_codes(data::reference::CITY),
        series(&p).into_iter().cloned().collect(),
    )
}
