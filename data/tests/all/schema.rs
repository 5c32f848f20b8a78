//! Schema, seeds, durability, and the small tables.

use crate::support::{NOW, World, both, file, fill_at};
use data::{Db, db::Error, display};
use domain::{
    clock,
    scope::{Scope, Viewer},
};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait};

both!(
    up_and_down_and_up,
    a_broken_upgrade_leaves_nothing,
    seeds_keep_what_an_operator_edited,
    an_upgrade_brings_new_rules_as_a_new_version,
    an_upgrade_names_the_sources_of_rules,
    what_makes_it_durable_is_reported,
    a_link_pairs_once
);
both!(a_history_is_shown_within_its_scope_only);

async fn up_and_down_and_up(w: World) {
    let tables = [
        "cylinder_event",
        "fill_attempt",
        "counter",
        "seq_gap",
        "import_quarantine",
        "display",
        "division",
        "customer",
        "trade_order",
        "trade_order_line",
        "recovery_slip",
        "tag_series",
        "cylinder_listing",
        "account",
        "session",
        "audit",
        "collision_ruling",
        "upload",
        "post",
        "post_version",
        "post_term",
        "message_delivery",
        "contact",
        "paper_party",
        "paper_answer_file",
        "form_draft",
        "push_subscription",
    ];
    let db = w.db.writer();
    for t in tables {
        db.execute_unprepared(&format!("SELECT count(*) FROM {t}")).await.unwrap();
    }
    Migrator::up(db, None).await.unwrap();
    Migrator::down(db, None).await.unwrap();
    for t in tables {
        assert!(db.execute_unprepared(&format!("SELECT count(*) FROM {t}")).await.is_err(), "{t} is still there");
    }
    Migrator::up(db, None).await.unwrap();
    assert_eq!(w.events().await, []);
}

/// An upgrade that breaks off after its first step.
struct Half;

impl migrations::MigrationName for Half {
    fn name(&self) -> &'static str {
        "m29990101_000001_half"
    }
}

#[migrations::async_trait::async_trait]
impl migrations::MigrationTrait for Half {
    async fn up(&self, m: &migrations::SchemaManager) -> Result<(), sea_orm::DbErr> {
        m.get_connection().execute_unprepared("ALTER TABLE cylinder ADD COLUMN half integer").await?;
        Err(sea_orm::DbErr::Custom("the power went".into()))
    }

    async fn down(&self, _: &migrations::SchemaManager) -> Result<(), sea_orm::DbErr> {
        Ok(())
    }
}

struct Broken;

#[migrations::async_trait::async_trait]
impl MigratorTrait for Broken {
    fn migrations() -> Vec<Box<dyn migrations::MigrationTrait>> {
        let mut all = Migrator::migrations();
        all.push(Box::new(migrations::Whole(Box::new(Half))));
        all
    }
}

async fn a_broken_upgrade_leaves_nothing(w: World) {
    let db = w.db.writer();
    for _ in 0..2 {
        let why = Broken::up(db, None).await.unwrap_err().to_string();
        assert!(why.contains("the power went"), "{why}");
        assert!(db.execute_unprepared("SELECT half FROM cylinder").await.is_err(), "half of an upgrade stayed");
    }
}

async fn seeds_keep_what_an_operator_edited(w: World) {
    let count = async || {
        let db = w.db.read();
        (
            data::rule::Entity::find().count(db).await.unwrap(),
            data::reference::division::Entity::find().count(db).await.unwrap(),
            data::reference::model::Entity::find().count(db).await.unwrap(),
            data::reference::medium::Entity::find().count(db).await.unwrap(),
        )
    };
    let before = count().await;
    assert!(before.0 > 20 && before.1 > 3_000 && before.2 > 5 && before.3 > 10, "{before:?}");
    assert_eq!(w.sql("UPDATE rule SET value = 45 WHERE rule_id = 'PAR-DUE-SOON'").await, 1);
    assert_eq!(w.sql("UPDATE division SET name = 'X' WHERE code = 410105").await, 1);
    let txn = w.db.begin_write().await.unwrap();
    data::rule::seed(&txn).await.unwrap();
    data::reference::seed(&txn).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(count().await, before);
    let rules = data::rule::current(w.db.read()).await.unwrap();
    assert_eq!((rules.due_soon_days(), rules.rows.len()), (45, w.rules.rows.len()));
    let districts = data::reference::districts(w.db.read(), data::reference::CITY).await.unwrap();
    assert_eq!(districts.iter().find(|d| d.code == 410_105).unwrap().name, "X");
    // What the table says is what the code ships with, apart from the edit.
    assert_eq!(w.rules, domain::rules::RuleSet::seed());
    // A row that nobody can read is an error, not a rule less.
    w.sql("UPDATE rule SET kind = 'what' WHERE rule_id = 'PAR-SKEW'").await;
    assert!(matches!(data::rule::current(w.db.read()).await, Err(Error::Stored(why)) if why.contains("PAR-SKEW")));
}

async fn an_upgrade_brings_new_rules_as_a_new_version(w: World) {
    // A database of an older release: some rows are not there yet, one was edited.
    assert!(w.sql("DELETE FROM rule WHERE kind IN ('guard', 'override')").await > 10);
    assert_eq!(w.sql("UPDATE rule SET value = 45 WHERE rule_id = 'PAR-DUE-SOON'").await, 1);
    let old = data::rule::current(w.db.read()).await.unwrap();
    for _ in 0..2 {
        let txn = w.db.begin_write().await.unwrap();
        data::rule::seed(&txn).await.unwrap();
        txn.commit().await.unwrap();
        let new = data::rule::current(w.db.read()).await.unwrap();
        assert_eq!(new.version, old.version + 1, "and a second start brings nothing");
        assert_eq!(new.rows[..old.rows.len()], old.rows[..], "what stood there stands as it stood");
        assert_eq!(new.rows.len(), w.rules.rows.len());
        assert_eq!(data::rule::version(w.db.read(), old.version).await.unwrap(), old, "what decided is not changed");
    }
    assert!(data::rule::version(w.db.read(), 99).await.unwrap().rows.is_empty());
}

async fn what_makes_it_durable_is_reported(w: World) {
    let said = w.db.durability().await.unwrap();
    let said: Vec<(&str, &str)> = said.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    match w.db.backend() {
        // 2 is FULL: the log is on the disk before a commit returns.
        DbBackend::Sqlite => assert_eq!(said, [("synchronous", "2"), ("journal_mode", "wal")]),
        _ => assert_eq!(said, [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")]),
    }
    for url in ["sqlite::memory:", "sqlite://x?mode=memory", "mysql://x", "x"] {
        assert!(matches!(Db::connect(url).await, Err(Error::Address(_))), "{url}");
    }
}

async fn a_link_pairs_once(w: World) {
    let pair = async |token: &str, now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let id = display::pair(&txn, token, "secret", "wall", now).await.unwrap();
        txn.commit().await.unwrap();
        id
    };
    display::offer(w.db.writer(), "a", NOW, 1_000).await.unwrap();
    display::offer(w.db.writer(), "b", NOW, 1_000).await.unwrap();
    assert_eq!(pair("unknown", NOW).await, None);
    assert_eq!(pair("a", NOW + 1_001).await, None, "out of date");
    assert_eq!(pair("a", NOW + 1_000).await, Some(1));
    assert_eq!(pair("a", NOW).await, None, "used");
    assert_eq!(pair("b", NOW).await, Some(2));
    let ids = async || display::active(w.db.read()).await.unwrap().iter().map(|d| d.id).collect::<Vec<_>>();
    assert_eq!(ids().await, [1, 2]);
    assert!(display::revoke(w.db.writer(), 1, NOW).await.unwrap());
    assert!(
        !display::revoke(w.db.writer(), 1, NOW).await.unwrap()
            && !display::revoke(w.db.writer(), 9, NOW).await.unwrap()
    );
    assert_eq!(ids().await, [2]);
}

async fn a_history_is_shown_within_its_scope_only(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let at = |m: i64| NOW - m * 60_000;
    w.record(&[
        w.north.fill(&fill_at(1, "T1", at(40))),
        w.north.fill(&fill_at(2, "T1", at(50))),
        w.north.custody(3, domain::event::EventKind::Deliver, "T1", at(30)),
    ])
    .await;
    let page = async |scope: Scope, code: &str| data::history::page(&w.db, Viewer { scope }, code, NOW).await.unwrap();
    let p = page(Scope::City, "T1").await.unwrap();
    assert_eq!((p.tag.as_str(), p.stamp_no.as_str(), p.headline.as_str()), ("T1", "ST1", "链路断点"));
    assert_eq!(p.next_due, "2028-05-31".parse().ok());
    // By the time it happened, not by the time it came; the break stands at the later of the two fills.
    assert_eq!(p.rows.iter().map(|r| r.at_ms).collect::<Vec<_>>(), [at(50), at(40), at(30)]);
    assert_eq!(p.rows.iter().map(|r| r.breaks.len()).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(
        (p.rows[0].contents_g, p.rows[0].residue_g, p.rows[0].place.as_str()),
        (Some(14_530), Some(350), "北郊气站")
    );
    for code in ["ST1", " ｔ１ ", "t1"] {
        assert_eq!(page(Scope::City, code).await.unwrap(), p, "{code}");
    }
    for scope in [Scope::District(crate::support::NORTH), Scope::Org(w.north.org)] {
        assert_eq!(page(scope, "T1").await.as_ref(), Some(&p));
    }
    for scope in [Scope::District(crate::support::SOUTH), Scope::Org(w.south.org)] {
        assert_eq!(page(scope, "T1").await, None, "{scope}");
    }
    for code in ["T2", "", "';--", "\u{0}"] {
        assert_eq!(page(Scope::City, code).await, None);
    }
    let later = data::history::page(&w.db, Viewer::SYSTEM, "T1", clock::parse_instant("2028-06-01T00:00:00Z").unwrap());
    assert_eq!(later.await.unwrap().unwrap().headline, "过检");
}

async fn an_upgrade_names_the_sources_of_rules(w: World) {
    let db = w.db.writer();
    let names: Vec<_> = data::rule::current(db).await.unwrap().rows.into_iter().map(|r| r.source).collect();
    assert!(names.iter().all(|s| !s.contains("rules.md")), "what is shipped names none of our notes");
    // As a record of before stands, with a row that somebody edited.
    let noted = "rule_id LIKE 'CRD-%' AND rule_id NOT LIKE 'CRD-EFFECT-%' AND rule_id <> 'CRD-APPEAL'";
    w.sql(&format!("UPDATE rule SET source = 'rules.md §12' WHERE {noted}")).await;
    w.sql("UPDATE rule SET source = '市局文件 3 号', value = 45 WHERE rule_id = 'CRD-APPEAL'").await;
    let old = data::rule::current(db).await.unwrap();
    let manager = migrations::SchemaManager::new(db);
    let all = Migrator::migrations();
    let step = all.iter().find(|m| m.name().contains("000033")).unwrap();
    step.up(&manager).await.unwrap();
    let new = data::rule::current(db).await.unwrap();
    assert_eq!((new.version, new.rows.len()), (old.version + 1, old.rows.len()));
    let of = |set: &domain::rules::RuleSet, id: &str| set.rows.iter().find(|r| r.rule_id == id).unwrap().clone();
    assert_eq!(of(&new, "CRD-ENTRY-UNTRAINED").source, "特种设备安全法 第八十六条(分值待确认)");
    assert_eq!(of(&new, "CRD-APPEAL"), of(&old, "CRD-APPEAL"));
    assert!(new.rows.iter().all(|r| !r.source.contains("rules.md")));
    // Nothing else of a rule is touched, nor is the version of before.
    let bare = |set: domain::rules::RuleSet| {
        set.rows.into_iter().map(|r| domain::rules::RuleRow { source: String::new(), ..r }).collect::<Vec<_>>()
    };
    assert_eq!(data::rule::version(db, old.version).await.unwrap(), old);
    let seed = domain::rules::RuleSet::seed();
    for r in &new.rows {
        let shipped = seed.rows.iter().find(|s| s.rule_id == r.rule_id).unwrap();
        assert!(r.rule_id == "CRD-APPEAL" || r.source == shipped.source, "{}: {}", r.rule_id, r.source);
    }
    assert_eq!(bare(new.clone()), bare(old));
    // Once is enough.
    step.up(&manager).await.unwrap();
    assert_eq!(data::rule::current(db).await.unwrap(), new);
}
