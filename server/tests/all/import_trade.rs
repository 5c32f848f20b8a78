//! The enterprise system's tables into the record: twice is once, and nobody sees another's.

use crate::support::{NOW, Server, on_postgres, on_sqlite};
use domain::{
    clock,
    ledger::flag,
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use server::{
    commands::import::take,
    import::{Report, preset, read_table},
};

const TABLES: [(&str, &[u8]); 5] = [
    ("tags", include_bytes!("../fixtures/tag_issue.csv")),
    ("archive", include_bytes!("../fixtures/enterprise_cylinders.csv")),
    ("customers", include_bytes!("../fixtures/customers.csv")),
    ("orders", include_bytes!("../fixtures/orders.csv")),
    ("recovery", include_bytes!("../fixtures/recovery_slips.csv")),
];
const OWNER: &str = "来源企业";

async fn import(s: &Server, id: &str, bytes: &[u8], owner: &str, at: i64) -> Report {
    let table = read_table(bytes, "t.csv").unwrap();
    take(&s.state.db, preset::find(id).unwrap(), &table, "hash", owner, at).await.unwrap()
}

/// Rows of the new tables, the ledger, and what is in quarantine.
async fn sizes(s: &Server) -> [u64; 8] {
    let db = s.state.db.read();
    let ledger = data::sequence::last(db, data::sequence::LEDGER).await.unwrap();
    [
        data::tag_series::Entity::find().count(db).await.unwrap(),
        data::listing::Entity::find().count(db).await.unwrap(),
        data::customer::Entity::find().count(db).await.unwrap(),
        data::order::Entity::find().count(db).await.unwrap(),
        data::order::line::Entity::find().count(db).await.unwrap(),
        data::recovery::Entity::find().count(db).await.unwrap(),
        data::cylinder::Entity::find().count(db).await.unwrap(),
        ledger.unsigned_abs(),
    ]
}

async fn all_tables_go_in_once(s: Server) {
    let mut firsts = Vec::new();
    for (id, bytes) in TABLES {
        firsts.push(import(&s, id, bytes, OWNER, NOW).await);
    }
    // The reasons for these counts stand in `tests/import_trade/`.
    let counts = |r: &Report| (r.read, r.new, r.flagged, r.quarantined);
    assert_eq!(
        firsts.iter().map(counts).collect::<Vec<_>>(),
        [(2, 2, 0, 0), (10, 9, 9, 1), (10, 10, 10, 0), (9, 6, 6, 3), (10, 10, 10, 0)]
    );
    assert_eq!(
        firsts[1].flag("outside every series"),
        8,
        "the archive is checked against the series of the run before"
    );
    // Lines: four orders of one gas, two of two.
    let size = [2, 9, 10, 6, 8, 10, 9, 9];
    assert_eq!(sizes(&s).await, size);
    let db = s.state.db.read();
    let states = data::cylinder::state::Entity::find().all(db).await.unwrap();
    assert!(states.iter().all(|x| x.flags & flag::DOUBT != 0));
    s.verified().await;

    // What is in the tables is what the reader made, doubts included; the quarantined lines are kept whole.
    let customers = data::customer::page(&s.state.db, Viewer::SYSTEM, 0, 100).await.unwrap();
    assert_eq!(customers[2].doubts.lines().count(), 2, "{}", customers[2].doubts);
    assert_eq!((customers[2].division, customers[2].contact.as_str()), (Some(341_322), "朱某"));
    let orders = data::order::page(&s.state.db, Viewer::SYSTEM, 0, 100).await.unwrap();
    let lines = |i: usize| orders[i].1.iter().map(|l| (l.position, l.medium.as_str())).collect::<Vec<_>>();
    assert_eq!((lines(0), lines(1)), (vec![(1, "H2"), (2, "O2")], vec![(1, "H2")]));
    assert_eq!((orders[3].0.wanted, orders[3].0.dated_on), (Some(5), "2018-04-18".parse().ok()));
    let slips = data::recovery::page(&s.state.db, Viewer::SYSTEM, 0, 100).await.unwrap();
    assert_eq!(slips[0].created_at, clock::parse_instant("2018-04-10T10:09:41Z").ok());
    let aside =
        data::import::aside::Entity::find().order_by_asc(data::import::aside::Column::Line).all(db).await.unwrap();
    assert_eq!(aside.iter().map(|q| q.line).collect::<Vec<_>>(), [4, 5, 9, 10]);
    assert!(aside[0].raw.contains("1178054") && aside[2].raw.contains("银荷大厦"), "{aside:?}");
    // The stored reports hold none of it.
    let runs = data::import::run::Entity::find().all(db).await.unwrap();
    assert!(runs.iter().all(|r| !r.report.contains("银荷大厦") && !r.report.contains("1178054")));

    // Again, on another day: nothing changes, every row is known, the clashes clash.
    for (id, bytes) in TABLES {
        let again = import(&s, id, bytes, OWNER, NOW + 400 * clock::DAY_MS).await;
        let (new, clashes) = match id {
            "archive" => (9, 1),
            "orders" => (6, 3),
            "tags" => (2, 0),
            _ => (10, 0),
        };
        assert_eq!((again.new, again.flagged, again.unchanged, again.quarantined), (0, 0, new, clashes), "{id}");
    }
    assert_eq!(sizes(&s).await, size);
    s.verified().await;

    // Another enterprise may give the same numbers to its own; a tag is one cylinder's.
    for (id, bytes) in TABLES {
        let other = import(&s, id, bytes, "另一企业", NOW).await;
        let (new, aside) = match id {
            "archive" => (0, 10),
            "orders" => (6, 3),
            "tags" => (0, 2),
            _ => (10, 0),
        };
        assert_eq!((other.new, other.quarantined), (new, aside), "{id}");
    }
    assert_eq!(sizes(&s).await, [2, 9, 20, 12, 16, 20, 9, 9]);
    nobody_sees_anothers(&s).await;
}

async fn nobody_sees_anothers(s: &Server) {
    let db = &s.state.db;
    let org = data::customer::Entity::find().one(db.read()).await.unwrap().unwrap().org_id;
    let see = async |scope: Scope| {
        let v = Viewer { scope };
        [
            data::customer::page(db, v, 0, 100).await.unwrap().len(),
            data::customer::by_number(db, v, "3413220001").await.unwrap().len(),
            data::order::page(db, v, 0, 100).await.unwrap().len(),
            data::order::by_number(db, v, "DD201804180003").await.unwrap().len(),
            data::recovery::page(db, v, 0, 100).await.unwrap().len(),
            data::recovery::by_number(db, v, "HS201810150013").await.unwrap().len(),
            data::tag_series::page(db, v, 0, 100).await.unwrap().len(),
            data::listing::page(db, v, "", 100).await.unwrap().len(),
        ]
    };
    let all = [20, 2, 12, 2, 20, 2, 2, 9];
    assert_eq!(see(Scope::City).await, all);
    assert_eq!(see(Scope::Org(org)).await, [10, 1, 6, 1, 10, 1, 2, 9]);
    assert_eq!(see(Scope::Org(s.gun.org)).await, [0; 8]);
    assert_eq!(see(Scope::District(crate::support::NORTH)).await, [0; 8]);
    // Both importers are seated in the city itself until somebody says in which district.
    assert_eq!(see(Scope::District(data::reference::CITY)).await, all);
    // A page goes on after a key and is never longer than the limit.
    let v = Viewer::SYSTEM;
    let first = data::customer::page(db, v, 0, 15).await.unwrap();
    let rest = data::customer::page(db, v, first[14].id, u64::MAX).await.unwrap();
    assert_eq!((first.len(), rest.len()), (15, 5));
    assert!(rest.iter().all(|c| c.id > first[14].id));
}

async fn what_stands_in_the_record_is_not_overwritten(s: Server) {
    let (_, customers) = TABLES[2];
    import(&s, "customers", customers, OWNER, NOW).await;
    // A row that no import is known to have brought, such as one entered by hand.
    s.sql("DELETE FROM import_row WHERE key LIKE 'customers:%:1302050001'").await;
    let again = import(&s, "customers", customers, OWNER, NOW).await;
    assert_eq!((again.new, again.unchanged, again.quarantined, again.aside[0].line), (0, 9, 1, 2));
    assert!(again.aside[0].reason_en.contains("no import brought it"));
    // A tag that another table brought: the ledger refuses the second registration, and the report counts it so.
    let archive = "设备品种,标签号,充装介质,出厂编号,客户名称,所在仓库,使用状态\n\
                   无缝气瓶,4904410522,氮气,1,甲,一号库,空瓶在库\n\
                   无缝气瓶,01102000001,氮气,2,甲,一号库,空瓶在库\n";
    import(&s, "in-use", include_bytes!("../fixtures/in_use_cylinders.csv"), OWNER, NOW).await;
    let r = import(&s, "archive", archive.as_bytes(), OWNER, NOW).await;
    assert_eq!((r.new, r.flagged, r.quarantined, r.aside[0].line), (1, 1, 1, 2));
    assert_eq!(r.flag("tag of ten digits: a legacy one, or a digit lost"), 0, "of what went in");
    assert_eq!(r.flag("inspection date missing"), 1);
    let listed = data::listing::page(&s.state.db, Viewer::SYSTEM, "", 10).await.unwrap();
    assert_eq!(listed.iter().map(|l| l.tag.as_str()).collect::<Vec<_>>(), ["01102000001"]);
    // A series that begins elsewhere and shares a serial with one of an earlier run.
    import(&s, "tags", TABLES[0].1, OWNER, NOW).await;
    let r = import(&s, "tags", "编码,气瓶介质,数量\n01101001500,氧气,10\n01101001501,氧气,10\n".as_bytes(), OWNER, NOW)
        .await;
    assert_eq!((r.new, r.quarantined, r.aside[0].line), (1, 1, 2));
    // The longest of everything fits: no text of a table makes the database fail.
    let long = "长".repeat(1_300);
    let text = format!(
        "客户编号,客户名称,客户地址,行政区域,联系人,联系电话\n{},{long},{long},{long},{long},{long}\n",
        "9".repeat(64)
    );
    assert_eq!(import(&s, "customers", text.as_bytes(), OWNER, NOW).await.new, 1);
    let text = format!("{}号,{long},{long},{long},{long},{long}\n", "9".repeat(60));
    let r = import(&s, "customers", format!("客户编号,客户名称,客户地址\n{text}").as_bytes(), OWNER, NOW).await;
    assert_eq!((r.new, r.quarantined), (0, 1), "a number is Latin letters and digits");
    s.verified().await;
}

#[test]
fn all_tables_sqlite() {
    on_sqlite(all_tables_go_in_once);
}

#[test]
fn all_tables_postgres() {
    on_postgres(all_tables_go_in_once);
}

#[test]
fn not_overwritten_sqlite() {
    on_sqlite(what_stands_in_the_record_is_not_overwritten);
}

#[test]
fn not_overwritten_postgres() {
    on_postgres(what_stands_in_the_record_is_not_overwritten);
}
