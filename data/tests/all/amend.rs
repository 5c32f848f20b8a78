//! A file is put right through the ledger: with history, counters in step, and not against what stands.

use crate::support::{NORTH, NOW, SOUTH, World, both, file, fill_at, follow};
use data::{
    amendment,
    audit::{self, Actor, Deed},
    cylinder_page, device,
    ledger::{self, Memory, Outcome},
    trace,
};
use domain::{
    clock,
    event::{Content, Entry, EventKind as K, Source, content_hash},
    outcome::RecordCode,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::BTreeMap;

both!(
    a_file_is_put_right_and_remembers,
    what_counts_by_the_file_follows_it,
    what_does_not_fit_is_refused,
    a_correction_takes_a_change_back,
    tags_are_voided_and_nothing_else,
    a_file_that_was_entered_twice_is_closed_with_its_reason,
    what_the_office_said_is_taken_back_by_whom_it_concerns,
    of_two_files_one_stays,
    a_closed_file_keeps_no_number,
    what_the_office_says_stands_in_the_log_or_nowhere
);

const ALL: Viewer = Viewer { scope: Scope::City };
const HOUR: i64 = 3_600_000;

/// What the office of a station says.
pub async fn said(w: &World, kind: K, tag: &str, body: Value) -> Entry {
    let txn = w.db.begin_write().await.unwrap();
    let name = format!("office:{}", w.north.org);
    let device = device::importer(&txn, &name, w.north.site, w.now).await.unwrap();
    txn.commit().await.unwrap();
    let content = Content::check(kind, Some(&body), w.now).unwrap();
    let body = serde_json::to_string(&content).unwrap();
    Entry {
        device,
        epoch: 1,
        seq: device::progress(w.db.read(), device).await.unwrap().next_seq,
        kind,
        tag: tag.into(),
        site: w.north.site,
        occurred_at: w.now,
        started_at: None,
        sent_at: None,
        weights: None,
        medium: String::new(),
        operator: "王管理".into(),
        target: String::new(),
        attempt: String::new(),
        hash: content_hash(&body),
        body: Some(body),
        source: Source::Office,
    }
}

async fn say(w: &World, kind: K, tag: &str, body: Value) -> Outcome {
    let e = said(w, kind, tag, body).await;
    w.record(&[e]).await.remove(0)
}

fn amend(changes: &[(&str, &str, &str)]) -> Value {
    let changes: Vec<Value> =
        changes.iter().map(|(field, old, new)| json!({ "field": field, "old": old, "new": new })).collect();
    json!({ "changes": changes, "reason": "铭牌抄错", "evidence": "P-1" })
}

fn accepted(o: &Outcome) -> i64 {
    if let Outcome::Accepted { no, .. } = o { *no } else { panic!("{o:?}") }
}

async fn stored(w: &World, id: i64) -> data::cylinder::Model {
    data::cylinder::Entity::find_by_id(id).one(w.db.read()).await.unwrap().unwrap()
}

async fn a_file_is_put_right_and_remembers(mut w: World) {
    let id = w.register(&[file("T1", w.north)]).await[0];
    w.now = NOW + HOUR;
    let body = amend(&[("maker", "江苏民生", "百工"), ("made", "2024-05", "2020-05"), ("tare_g", "16400", "16500")]);
    accepted(&say(&w, K::Amend, "T1", body).await);
    let c = stored(&w, id).await;
    assert_eq!((c.maker.as_str(), c.made.as_str(), c.tare_g), ("百工", "2020-05", Some(16_500)));
    // The timeline says who changed what, from what to what, why, by what proof.
    let page = cylinder_page::page(&w.db, ALL, "T1", clock::local_date(w.now), w.now).await.unwrap().unwrap();
    let row = page.history.rows.last().unwrap();
    assert_eq!((row.kind_zh.as_str(), row.operator.as_str()), ("档案变更", "王管理"));
    assert_eq!(
        row.said,
        "制造单位: 江苏民生 → 百工; 出厂日期: 2024-05 → 2020-05; 自重: 16.4 kg → 16.5 kg; 原因: 铭牌抄错; 依据: P-1"
    );
    assert!(row.breaks.is_empty() && row.anomalies.is_empty());
    // As it was known before, the old file stands; and its life was another.
    let then = trace::page(&w.db, ALL, "T1", Some(NOW), w.now).await.unwrap().unwrap().unwrap();
    let now = trace::page(&w.db, ALL, "T1", None, w.now).await.unwrap().unwrap().unwrap();
    assert_eq!((then.history.maker.as_str(), then.history.made.as_str()), ("江苏民生", "2024-05"));
    assert_eq!((now.history.maker.as_str(), now.history.made.as_str()), ("百工", "2020-05"));
    assert!(now.history.life_end < then.history.life_end, "{:?}", now.history.life_end);
    assert_eq!(now.history.rows.last().unwrap().said, row.said);
    let (replayed, _) = trace::standing(w.db.read(), id, w.now).await.unwrap().unwrap();
    assert_eq!(replayed, c);
    w.clean().await;
}

async fn what_counts_by_the_file_follows_it(mut w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    // It stands full: the room it takes is counted by its volume.
    w.record(&[w.north.fill(&fill_at(1, "T1", NOW - HOUR))]).await;
    let scopes = [Scope::City, Scope::District(NORTH), Scope::District(SOUTH), Scope::Org(w.south.org)];
    let mut followed = vec![];
    for s in scopes {
        followed.push(w.channel(s).await);
    }
    let (from, to) = ((w.north.org.to_string(), w.north.site.to_string()), (w.south.org, w.south.site));
    let mut published = BTreeMap::new();
    for body in [
        amend(&[("made", "2024-05", "2012-05"), ("volume_ml", "35500", "118000")]),
        amend(&[("org", &from.0, &to.0.to_string()), ("site", &from.1, &to.1.to_string())]),
        amend(&[("inspected", "2024-05", "2025-06"), ("medium", "LPG", "N2"), ("medium_class", "other", "inert")]),
    ] {
        w.now += 1_000;
        let e = said(&w, K::Amend, "T1", body).await;
        let done = w.commit(&[], &[e]).await;
        accepted(&done.outcomes[0]);
        published.insert(done.no, done.published);
    }
    for (mut s, mut arrivals) in followed {
        follow(&mut s, &mut arrivals, &published, w.now);
        let fresh = w.snapshot(s.scope).await;
        assert_eq!((&s.figures.stock, &s.figures.gauges), (&fresh.figures.stock, &fresh.figures.gauges), "{}", s.scope);
    }
    // It is another owner's now, and seen by that one.
    let seen = async |scope| amendment::file(&w.db, Viewer { scope }, "T1").await.unwrap().map(|f| f.org);
    assert_eq!((seen(Scope::Org(w.north.org)).await, seen(Scope::Org(w.south.org)).await), (None, Some(w.south.org)));
    w.clean().await;
}

async fn what_does_not_fit_is_refused(w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let before = stored(&w, ids[0]).await;
    let no = |o: Outcome| if let Outcome::Rejected(code) = o { code } else { panic!("{o:?}") };
    for (tag, changes, code) in [
        ("T9", vec![("maker", "江苏民生", "a")], RecordCode::NoSuchCylinder),
        ("T1", vec![("maker", "百工", "a")], RecordCode::FileChanged),
        ("T1", vec![("valve", "", "a"), ("tare_g", "16300", "16500")], RecordCode::FileChanged),
        ("T1", vec![("stamp_no", "ST1", "ST2")], RecordCode::StampTaken),
    ] {
        assert_eq!(no(say(&w, K::Amend, tag, amend(&changes)).await), code, "{changes:?}");
    }
    assert_eq!(stored(&w, ids[0]).await, before);
    // The number is the other's of this maker only; and a number that is refused is not used up.
    accepted(&say(&w, K::Amend, "T1", amend(&[("stamp_no", "ST1", "ST2"), ("maker", "江苏民生", "百工")])).await);
    assert_eq!(
        no(say(&w, K::Amend, "T2", amend(&[("maker", "江苏民生", "百工")])).await),
        RecordCode::StampTaken,
        "the maker makes them the same"
    );
    w.clean().await;
}

async fn a_correction_takes_a_change_back(mut w: World) {
    let id = w.register(&[file("T1", w.north)]).await[0];
    let before = stored(&w, id).await;
    w.now = NOW + HOUR;
    let text = |n: i64| n.to_string();
    let (org, site) = ((text(w.north.org), text(w.south.org)), (text(w.north.site), text(w.south.site)));
    let changes = [
        ("org", org.0.as_str(), org.1.as_str()),
        ("site", &site.0, &site.1),
        ("made", "2024-05", "2012-05"),
        ("volume_ml", "35500", "1000"),
    ];
    let no = accepted(&say(&w, K::Amend, "T1", amend(&changes)).await);
    assert_ne!(stored(&w, id).await, before);
    let officer = w.office("regulator").await;
    let (mut s, mut arrivals) = w.channel(Scope::District(SOUTH)).await;
    let (mut n, mut others) = w.channel(Scope::Org(w.north.org)).await;
    let body = json!({ "corrects": no, "how": "incorrect_data", "reason": "原档无误" });
    let done = w.commit(&[], &[officer.event(1, K::Correct, "T1", w.now, body)]).await;
    accepted(&done.outcomes[0]);
    // It is where it was, and who sees either home is told.
    let published = BTreeMap::from([(done.no, done.published)]);
    follow(&mut s, &mut arrivals, &published, w.now);
    follow(&mut n, &mut others, &published, w.now);
    for s in [s, n] {
        let fresh = w.snapshot(s.scope).await;
        assert_eq!((&s.figures.stock, &s.figures.gauges), (&fresh.figures.stock, &fresh.figures.gauges), "{}", s.scope);
    }
    assert_eq!(stored(&w, id).await, before);
    // The timeline says what was taken back, and why.
    let page = cylinder_page::page(&w.db, ALL, "T1", clock::local_date(w.now), w.now).await.unwrap().unwrap();
    let row = page.history.rows.into_iter().find(|r| r.kind_zh == "更正").unwrap();
    assert_eq!(row.said, format!("更正 {no} 号记录; 数据有误; 原因: 原档无误"));
    assert_eq!(row.said_en, format!("of record {no}; its data are wrong; because: 原档无误"));
    w.clean().await;
}

async fn tags_are_voided_and_nothing_else(mut w: World) {
    let id = w.register(&[file("T1", w.north), file("T2", w.north)]).await[0];
    w.now = NOW + HOUR;
    let void = |tag: &str| json!({ "tag": tag, "reason": "damaged" });
    let bind = |tag: &str, old: Option<&str>| match old {
        Some(old) => json!({ "tag": tag, "replaces": old, "reason": "damaged" }),
        None => json!({ "tag": tag, "reason": "new" }),
    };
    accepted(&say(&w, K::BindTag, "T1", bind("T3", None)).await);
    let rejected = Outcome::Rejected(RecordCode::NothingToVoid);
    assert_eq!(say(&w, K::VoidTag, "T1", void("T2")).await, rejected, "another's");
    assert_eq!(say(&w, K::VoidTag, "T1", void("T8")).await, rejected, "nobody's, by way of a cylinder");
    accepted(&say(&w, K::VoidTag, "T1", void("T3")).await);
    assert_eq!(say(&w, K::VoidTag, "T1", void("T3")).await, rejected, "void already");
    // One that nobody bears yet is named by itself, and is never bound then.
    accepted(&say(&w, K::VoidTag, "T8", void("T8")).await);
    assert_eq!(say(&w, K::BindTag, "T1", bind("T8", None)).await, Outcome::Quarantined(RecordCode::TagTaken));
    // Its last tag is void: the office calls it by that tag still, the gate and the guns do not.
    accepted(&say(&w, K::VoidTag, "T1", void("T1")).await);
    accepted(&say(&w, K::Amend, "T1", amend(&[("valve", "", "YSF-2")])).await);
    let gate = w.verdict(w.north.ask_at("a", "T1", w.now)).await;
    assert_eq!(gate.reasons.first().map(|r| r.code()), Some("TAG_VOID"));
    assert_eq!(stored(&w, id).await.tag, "T1");
    accepted(&say(&w, K::BindTag, "T1", bind("T4", Some("T1"))).await);
    assert_eq!(stored(&w, id).await.tag, "T4");
    w.clean().await;
}

async fn a_file_that_was_entered_twice_is_closed_with_its_reason(mut w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    w.now = NOW + HOUR;
    let same = |id: i64| json!({ "way": "duplicate", "reason": "同一只钢瓶", "same_as": id });
    let none = Outcome::Rejected(RecordCode::NoSuchCylinder);
    assert_eq!(say(&w, K::Cancel, "T2", same(ids[1])).await, none, "itself");
    assert_eq!(say(&w, K::Cancel, "T2", same(999_999)).await, none);
    accepted(&say(&w, K::Cancel, "T2", same(ids[0])).await);
    let page = cylinder_page::page(&w.db, ALL, "T2", clock::local_date(w.now), w.now).await.unwrap().unwrap();
    assert_eq!(page.line.file, domain::ledger::FileState::Cancelled);
    assert_eq!(page.history.rows.last().unwrap().said, "重复建档; 保留档案: T1; 原因: 同一只钢瓶");
    w.clean().await;
}

async fn what_the_office_said_is_taken_back_by_whom_it_concerns(mut w: World) {
    let id = w.register(&[file("T1", w.north)]).await[0];
    w.now = NOW + HOUR;
    let back = |no: i64| json!({ "corrects": no, "how": "incorrect_data", "reason": "不认可" });
    let refused = Outcome::Rejected(RecordCode::NothingToCorrect);
    let officer = w.office("regulator").await;
    let amended = accepted(&say(&w, K::Amend, "T1", amend(&[("valve", "", "YSF-2")])).await);
    accepted(&say(&w, K::BindTag, "T1", json!({ "tag": "T2", "reason": "new" })).await);
    let voided = accepted(&say(&w, K::VoidTag, "T2", json!({ "tag": "T2", "reason": "cloned" })).await);
    // A tag that nobody bore has nothing to be given back to.
    let nobodys = accepted(&say(&w, K::VoidTag, "T8", json!({ "tag": "T8", "reason": "unused" })).await);
    // What the office said bears the site of the enterprise: that makes it nothing that the enterprise's devices told.
    for (no, tag) in [(amended, "T1"), (voided, "T2"), (nobodys, "T8")] {
        let e = w.north.event(1, K::Correct, tag, w.now, back(no));
        assert_eq!(w.record(&[e]).await[0], refused, "{tag}");
    }
    for (no, tag) in [(voided, "T2"), (nobodys, "T8")] {
        let e = officer.event(1, K::Correct, tag, w.now, back(no));
        assert_eq!(w.record(&[e]).await[0], refused, "no device gives {tag} back");
    }
    assert_eq!(say(&w, K::Correct, "T8", back(nobodys)).await, refused);
    assert_eq!(stored(&w, id).await.valve, "YSF-2");
    let state = async |code: &str| {
        let tag = data::cylinder::tag::Entity::find_by_id(code.to_owned()).one(w.db.read()).await.unwrap().unwrap();
        (tag.state, tag.cylinder_id)
    };
    use data::cylinder::tag::{BOUND, VOID};
    assert_eq!((state("T2").await, state("T8").await), ((VOID, Some(id)), (VOID, None)));
    // The office may; a regulator's device takes back what the office said of a file; and its own what a device told.
    accepted(&say(&w, K::Correct, "T2", back(voided)).await);
    assert_eq!(state("T2").await, (BOUND, Some(id)));
    accepted(&w.record(&[officer.event(1, K::Correct, "T1", w.now, back(amended))]).await[0]);
    assert_eq!(stored(&w, id).await.valve, "");
    let filled = accepted(&w.record(&[w.north.fill(&fill_at(1, "T1", NOW))]).await[0]);
    accepted(&w.record(&[w.north.event(2, K::Correct, "T1", w.now, back(filled))]).await[0]);
    w.clean().await;
}

async fn of_two_files_one_stays(mut w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north), file("T3", w.north)]).await;
    w.now = NOW + HOUR;
    let same = |id: i64| json!({ "way": "duplicate", "reason": "同一只钢瓶", "same_as": id });
    let refused = Outcome::Rejected(RecordCode::FileClosed);
    // Each named as the other's duplicate, in one transaction: the second finds the file closed that is to stay.
    let one = said(&w, K::Cancel, "T1", same(ids[1])).await;
    let other = Entry { seq: one.seq + 1, ..said(&w, K::Cancel, "T2", same(ids[0])).await };
    let done = w.record(&[one, other]).await;
    accepted(&done[0]);
    assert_eq!(done[1], refused);
    // And in transactions of their own; nor is a file closed twice.
    assert_eq!(say(&w, K::Cancel, "T2", same(ids[0])).await, refused);
    assert_eq!(say(&w, K::Cancel, "T1", same(ids[2])).await, refused);
    let open = w.states().await.into_iter().filter(|s| s.file == domain::ledger::FileState::Registered.number());
    assert_eq!(open.map(|s| s.cylinder_id).collect::<Vec<_>>(), ids[1..]);
    w.clean().await;
}

async fn a_closed_file_keeps_no_number(mut w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north), file("T3", w.north)]).await;
    w.now = NOW + HOUR;
    let close = |id: i64| json!({ "way": "duplicate", "reason": "同一只钢瓶", "same_as": id });
    let taken = Outcome::Rejected(RecordCode::StampTaken);
    let put = || amend(&[("stamp_no", "ST1", "ST2")]);
    assert_eq!(say(&w, K::Amend, "T1", put()).await, taken, "while the other stands");
    accepted(&say(&w, K::Cancel, "T2", close(ids[0])).await);
    accepted(&say(&w, K::Amend, "T1", put()).await);
    assert_eq!(stored(&w, ids[0]).await.stamp_no, "ST2");
    // Closed in the transaction that needs its number: it is loaded, and counts as it stands by then.
    let one = said(&w, K::Cancel, "T3", close(ids[0])).await;
    let other = Entry { seq: one.seq + 1, ..said(&w, K::Amend, "T1", amend(&[("stamp_no", "ST2", "ST3")])).await };
    for done in w.record(&[one, other]).await {
        accepted(&done);
    }
    assert_eq!(stored(&w, ids[0]).await.stamp_no, "ST3");
    w.clean().await;
}

async fn what_the_office_says_stands_in_the_log_or_nowhere(mut w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    w.now = NOW + HOUR;
    let deed = Deed {
        actor: Actor { account: 5, session: 6, address: "10.0.0.1".into() },
        action: "tag.bind",
        subject: "tag T3".into(),
        detail: json!({ "tag": "T3" }),
    };
    let mut memory = Memory::default();
    let bind = |tag: &str| json!({ "tag": tag, "reason": "new" });
    // The ledger does not take it: the log tells of nothing.
    for (kind, tag, body) in
        [(K::BindTag, "T1", bind("T2")), (K::VoidTag, "T1", json!({ "tag": "T9", "reason": "lost" }))]
    {
        let e = said(&w, kind, tag, body).await;
        let txn = w.db.begin_write().await.unwrap();
        let done = ledger::say(&txn, &mut memory, &w.rules, &e, &deed, w.now).await.unwrap();
        assert!(!matches!(done.outcomes[0], Outcome::Accepted { .. }));
        txn.commit().await.unwrap();
    }
    let rows = async || audit::Entity::find().all(w.db.read()).await.unwrap();
    assert_eq!(rows().await, []);
    // What ends before its commit leaves neither.
    let before = w.events().await.len();
    let e = said(&w, K::BindTag, "T1", bind("T3")).await;
    for commits in [false, true] {
        let txn = w.db.begin_write().await.unwrap();
        let done = ledger::say(&txn, &mut memory, &w.rules, &e, &deed, w.now).await.unwrap();
        accepted(&done.outcomes[0]);
        if commits {
            txn.commit().await.unwrap();
        }
        assert_eq!((w.events().await.len() - before, rows().await.len()), (commits.into(), commits.into()));
    }
    let row = rows().await.remove(0);
    assert_eq!((row.account_id, row.action.as_str(), row.at), (5, "tag.bind", w.now));
    // Sent again it is known, and told once.
    let txn = w.db.begin_write().await.unwrap();
    let done = ledger::say(&txn, &mut memory, &w.rules, &e, &deed, w.now).await.unwrap();
    assert!(matches!(done.outcomes[0], Outcome::Duplicate { .. }));
    txn.commit().await.unwrap();
    assert_eq!(rows().await.len(), 1);
    w.clean().await;
}
