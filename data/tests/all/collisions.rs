//! Files that may be of one cylinder: found within sight, and settled once.

use crate::{
    amend::said,
    support::{NORTH, SOUTH, World, both, file},
};
use data::{collision, label, ledger::Outcome, page::AskError};
use domain::{
    collision::{Collisions, Kind, PAGE},
    event::EventKind as K,
    ledger::File,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;
use serde_json::json;

both!(pairs_are_found_within_sight_and_settled, pages_of_pairs_hold_each_once, labels_stand_in_the_order_asked);

const ALL: Viewer = Viewer { scope: Scope::City };

fn stamped(tag: &str, home: crate::support::Gun, stamp: &str, maker: &str) -> File {
    File { stamp_no: stamp.into(), maker: maker.into(), ..file(tag, home) }
}

fn ids(found: &Collisions) -> Vec<(i64, i64)> {
    found.pairs.iter().map(|c| (c.one.id, c.other.id)).collect()
}

async fn pairs_are_found_within_sight_and_settled(w: World) {
    let (n, s) = (w.north, w.south);
    let r = w
        .register(&[
            stamped("A1", n, "X7", "百工"),
            stamped("A2", n, "X7", "百工"),
            stamped("A3", n, "X7", "民生"),
            stamped("A4", s, "X7", ""),
            stamped("A5", s, "A1", "百工"),
            File { serial_no: "A2".into(), stamp_no: String::new(), ..file("A6", n) },
        ])
        .await;
    let list = async |scope, kind| collision::list(&w.db, Viewer { scope }, kind, "").await.unwrap();
    // Of one maker, or of a maker that one does not name.
    assert_eq!(
        ids(&list(Scope::City, Kind::SameStamp).await),
        [(r[0], r[1]), (r[0], r[3]), (r[1], r[3]), (r[2], r[3])]
    );
    // A pair tells what stands in both: it is shown to whom both are shown.
    let north = [(r[0], r[1])];
    assert_eq!(ids(&list(Scope::Org(n.org), Kind::SameStamp).await), north);
    assert_eq!(ids(&list(Scope::District(NORTH), Kind::SameStamp).await), north);
    assert_eq!(ids(&list(Scope::District(SOUTH), Kind::SameStamp).await), []);
    assert_eq!(ids(&list(Scope::City, Kind::TagIsStamp).await), [(r[0], r[4])]);
    assert_eq!(ids(&list(Scope::City, Kind::TagIsSerial).await), [(r[1], r[5])]);
    let pair = list(Scope::City, Kind::SameStamp).await.pairs.remove(0);
    assert_eq!((pair.one.tag.as_str(), pair.other.events, pair.other.org.as_str()), ("A1", 1, "北郊气站"));
    // Two cylinders after all: gone from the list, and only this pair.
    let txn = w.db.begin_write().await.unwrap();
    assert!(collision::rule(&txn, &pair, "产权与自重不同", 1, w.now).await.unwrap());
    txn.commit().await.unwrap();
    // Sent twice: the first stands, and nothing fails.
    let txn = w.db.begin_write().await.unwrap();
    assert!(!collision::rule(&txn, &pair, "再次提交", 2, w.now).await.unwrap());
    txn.commit().await.unwrap();
    let kept = collision::Entity::find().all(w.db.read()).await.unwrap();
    assert_eq!(kept.iter().map(|m| m.account_id).collect::<Vec<_>>(), [1]);
    assert_eq!(ids(&list(Scope::City, Kind::SameStamp).await), [(r[0], r[3]), (r[1], r[3]), (r[2], r[3])]);
    let find = async |scope, a, b| {
        collision::find(w.db.read(), Viewer { scope }, Kind::SameStamp, a, b).await.unwrap().is_some()
    };
    assert!(!find(Scope::City, r[0], r[1]).await && find(Scope::City, r[0], r[3]).await);
    assert!(!find(Scope::Org(n.org), r[0], r[3]).await && !find(Scope::City, r[3], r[0]).await);
    // One cylinder after all: the file that is closed makes no pair any more.
    let e = said(&w, K::Cancel, "A4", json!({ "way": "duplicate", "reason": "同一只", "same_as": r[0] })).await;
    assert!(matches!(w.record(&[e]).await[0], Outcome::Accepted { .. }));
    assert_eq!(ids(&list(Scope::City, Kind::SameStamp).await), []);
    w.clean().await;
}

async fn pages_of_pairs_hold_each_once(w: World) {
    let files: Vec<File> = (0..8).map(|i| stamped(&format!("B{i}"), w.north, "Y1", "百工")).collect();
    let r = w.register(&files).await;
    let first = collision::list(&w.db, ALL, Kind::SameStamp, "").await.unwrap();
    assert_eq!(first.pairs.len(), PAGE);
    let rest = collision::list(&w.db, ALL, Kind::SameStamp, &first.after).await.unwrap();
    assert_eq!((rest.pairs.len(), rest.after.as_str()), (8, ""));
    let mut all = ids(&first);
    all.extend(ids(&rest));
    let wanted: Vec<(i64, i64)> =
        r.iter().enumerate().flat_map(|(i, a)| r.iter().skip(i + 1).map(move |b| (*a, *b))).collect();
    assert_eq!(all, wanted);
    for after in ["x", "1", "1-", "-1-2-3", "99999999999999999999-1"] {
        let bad = collision::list(&w.db, ALL, Kind::SameStamp, after).await;
        assert!(matches!(bad, Err(AskError::Field("after"))), "{after}");
    }
}

async fn labels_stand_in_the_order_asked(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south), file("01103000007", w.north)]).await;
    let e = said(&w, K::VoidTag, "T1", json!({ "tag": "T1", "reason": "lost" })).await;
    w.record(&[e]).await;
    let of = async |scope, tags: &[&str]| {
        let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
        let all = label::of(&w.db, Viewer { scope }, &tags).await.unwrap();
        all.into_iter().map(|l| (l.code, l.org)).collect::<Vec<_>>()
    };
    let row = |code: &str, org: &str| (code.to_owned(), org.to_owned());
    let asked = ["t2", "01103000007", "T1", "T9", "T2", "瓶", ""];
    let both = [row("T2", "南郊气站"), row("01103000007", "北郊气站")];
    assert_eq!(of(Scope::City, &asked).await, both);
    assert_eq!(of(Scope::Org(w.north.org), &asked).await, both[1..]);
    let l = label::of(&w.db, ALL, &["01103000007".into()]).await.unwrap().remove(0);
    assert_eq!((l.medium.as_str(), l.lpg, l.division), ("液化石油气", true, NORTH));
}
