//! The sources' tables into the record: twice is once.

use crate::support::{NOW, Server, on_postgres, on_sqlite};
use domain::{
    clock,
    event::EventKind,
    history::Break,
    ledger::flag,
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, PaginatorTrait};
use server::{
    commands::import::take,
    import::{Report, preset, read_table},
};

const IN_USE: &[u8] = include_bytes!("../fixtures/in_use_cylinders.csv");
const HISTORY: &[u8] = include_bytes!("../fixtures/cylinder_431325_history.csv");

async fn import(s: &Server, id: &str, bytes: &[u8], at: i64) -> Report {
    let table = read_table(bytes, "t.csv").unwrap();
    take(&s.state.db, preset::find(id).unwrap(), &table, "hash", "来源气站", at).await.unwrap()
}

async fn ledger(s: &Server) -> i64 {
    data::sequence::last(s.state.db.read(), data::sequence::LEDGER).await.unwrap()
}

async fn thirty_go_in_once(s: Server) {
    let first = import(&s, "in-use", IN_USE, NOW).await;
    assert_eq!((first.read, first.new, first.unchanged, first.quarantined, first.flagged), (30, 30, 0, 0, 24));
    let db = s.state.db.read();
    assert_eq!((ledger(&s).await, data::cylinder::Entity::find().count(db).await.unwrap()), (30, 30));
    let states = data::cylinder::state::Entity::find().all(db).await.unwrap();
    assert_eq!(states.iter().filter(|x| x.flags & flag::DOUBT != 0).count(), 24);
    s.verified().await;
    let figures = |at| async move {
        let today = clock::local_day(at);
        data::figures::stock(db, None, today, 30).await.unwrap()
    };
    let before = figures(NOW).await;
    assert_eq!((before.on_file, before.past_life), (30, 30), "in November 2026 every one of them is past its life");
    // Again, and on another day: nothing changes.
    for at in [NOW, NOW + 400 * clock::DAY_MS] {
        let again = import(&s, "in-use", IN_USE, at).await;
        assert_eq!((again.new, again.unchanged, again.quarantined), (0, 30, 0));
        assert_eq!((ledger(&s).await, figures(NOW).await), (30, before));
    }
    let runs = data::import::run::Entity::find().all(db).await.unwrap();
    assert_eq!(runs.iter().map(|r| r.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(serde_json::from_str::<Report>(&runs[0].report).unwrap(), first);
    // One row changed by hand: it waits for a person, and waits again.
    let changed = String::from_utf8(IN_USE.to_vec()).unwrap().replacen("0602171,0602171", "0602171,9999999", 1);
    for _ in 0..2 {
        let other = import(&s, "in-use", changed.as_bytes(), NOW).await;
        assert_eq!((other.new, other.unchanged, other.quarantined, other.aside[0].line), (0, 29, 1, 2));
    }
    assert_eq!(data::import::aside::Entity::find().count(db).await.unwrap(), 2);
    assert_eq!(ledger(&s).await, 30);
    s.verified().await;
}

async fn the_history_is_shown_with_contents_residue_and_breaks(s: Server) {
    let first = import(&s, "history-431325", HISTORY, NOW).await;
    assert_eq!(
        (first.read, first.new, first.unchanged, first.quarantined),
        (15, 16, 0, 0),
        "15 rows and the registration"
    );
    let again = import(&s, "history-431325", HISTORY, NOW).await;
    assert_eq!((again.new, again.unchanged, again.quarantined, ledger(&s).await), (0, 16, 0, 16));
    s.verified().await;
    let page = data::history::page(&s.state.db, Viewer::SYSTEM, "431325", NOW).await.unwrap().unwrap();
    assert_eq!((page.stamp_no.as_str(), page.model.as_str(), page.made.as_str()), ("431325", "YSP35.5", "2005-04"));
    assert_eq!((page.tare_g, page.volume_ml, page.wall_um), (Some(16_400), Some(35_500), Some(2_600)));
    assert_eq!((page.headline.as_str(), page.life_end), ("超年限", "2020-04-30".parse().ok()));
    assert_eq!(page.rows.len(), 15);
    let source: Vec<Vec<&str>> =
        std::str::from_utf8(HISTORY).unwrap().lines().skip(1).map(|l| l.split(',').collect()).collect();
    let kg = |g: Option<i64>| g.map(|g| g as f64 / 1000.0);
    for (r, s) in page.rows.iter().zip(&source) {
        assert_eq!(format!("{}:00", s[0]), clock::local_text(r.at_ms));
        assert_eq!(
            (s[1], s[2], s[3], s[4]),
            (r.kind_zh.as_str(), r.operator.as_str(), r.place.as_str(), r.target.as_str())
        );
        assert_eq!((s[5].parse().ok(), s[6].parse().ok()), (kg(r.tare_g), kg(r.gross_g)));
        assert_eq!(r.source, "导入");
    }
    let fills: Vec<(usize, i64, i64)> =
        (0..15).filter_map(|i| Some((i, page.rows[i].contents_g?, page.rows[i].residue_g?))).collect();
    assert_eq!(fills, [(2, 14_490, 940), (6, 14_400, 150), (11, 14_400, 160), (12, 14_530, 350)]);
    let breaks: Vec<(usize, Vec<Break>)> = page
        .rows
        .iter()
        .enumerate()
        .filter(|(_, r)| !r.breaks.is_empty())
        .map(|(i, r)| (i, r.breaks.clone()))
        .collect();
    assert_eq!(breaks, [(12, vec![Break::FilledTwice])]);
    // What an import tells of the past raises no alarm, and belongs to its owner.
    assert_eq!(data::alert::Entity::find().count(s.state.db.read()).await.unwrap(), 0);
    let own = data::cylinder::Entity::find().one(s.state.db.read()).await.unwrap().unwrap().org_id;
    let seen = async |org| {
        data::history::page(&s.state.db, Viewer { scope: Scope::Org(org) }, "431325", NOW).await.unwrap().is_some()
    };
    assert!(seen(own).await && !seen(s.gun.org).await);
    let events = data::event::Entity::find().all(s.state.db.read()).await.unwrap();
    assert_eq!(events.iter().filter(|e| e.kind == EventKind::FillEnd.number()).count(), 4);
}

#[test]
fn thirty_go_in_once_sqlite() {
    on_sqlite(thirty_go_in_once);
}

#[test]
fn thirty_go_in_once_postgres() {
    on_postgres(thirty_go_in_once);
}

#[test]
fn the_history_sqlite() {
    on_sqlite(the_history_is_shown_with_contents_residue_and_breaks);
}

#[test]
fn the_history_postgres() {
    on_postgres(the_history_is_shown_with_contents_residue_and_breaks);
}
