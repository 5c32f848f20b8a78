//! Catalogues of check items: published versions stay, a draft becomes the next one, and checks are read by the version of their time.

use crate::support::{NOW, World, both, file};
use data::check::{self, Published};
use domain::{
    check::{Catalogue, Edited, How, Item, shipped},
    event::{EventKind, ItemResult},
    scope::{Scope, Viewer},
};
use serde_json::json;

both!(
    a_draft_becomes_the_next_version,
    checks_are_read_by_the_version_of_their_time,
    what_is_published_never_changes,
    names_and_reasons_are_for_editors
);

const C: Catalogue = Catalogue::Precheck;
const CITY: Viewer = Viewer { scope: Scope::City };

async fn put(w: &World, was: &str, item: Item) -> Result<i64, &'static str> {
    let txn = w.db.begin_write().await.unwrap();
    let done = check::put(&txn, &Edited { catalogue: C, was: was.into(), item }, 1).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn publish(w: &World, revision: i64, now: i64) -> Published {
    let txn = w.db.begin_write().await.unwrap();
    let done = check::publish(&txn, C, revision, "改", 1, now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn begin(w: &World) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let no = check::begin(&txn, C, 1).await.unwrap();
    txn.commit().await.unwrap();
    no
}

async fn a_draft_becomes_the_next_version(w: World) {
    let page = async |no, may_edit| check::page(&w.db, C, no, may_edit).await.unwrap();
    let first = page(0, false).await.unwrap();
    assert_eq!((first.version.no, first.newest, first.items.clone()), (1, 1, shipped(C)));
    assert!(first.changes.is_empty() && first.version.published_at == Some(0));
    let own = shipped(C)[0].clone();
    // Without a draft nothing is edited, published or thrown away.
    assert_eq!(put(&w, "OWN", own.clone()).await, Err("catalogue"));
    assert_eq!(publish(&w, 0, NOW).await, Published::None);
    assert_eq!((begin(&w).await, begin(&w).await), (2, 2), "one draft at a time");
    assert_eq!(publish(&w, 0, NOW).await, Published::Stale, "it changes nothing");
    assert_eq!(page(2, false).await, None, "a draft is its editors'");
    assert_eq!(page(0, true).await.unwrap().version.no, 1, "and in force for nobody");

    assert_eq!(put(&w, "OWN", Item { code: "MINE".into(), ..own.clone() }).await, Ok(2));
    assert_eq!(put(&w, "OWN", own.clone()).await, Err("was"));
    assert_eq!(put(&w, "", Item { code: "TAG".into(), ..own.clone() }).await, Err("code"));
    assert_eq!(put(&w, "MINE", Item { code: "TAG".into(), ..own.clone() }).await, Err("code"));
    assert_eq!(put(&w, "", Item { code: "NEW".into(), ..own.clone() }).await, Ok(2));
    assert_eq!(put(&w, "TAG", Item { code: "TAG".into(), ..own.clone() }).await, Ok(2));
    let txn = w.db.begin_write().await.unwrap();
    assert_eq!(check::remove(&txn, C, "DUE", 1).await.unwrap(), Some(2));
    assert_eq!(check::remove(&txn, C, "DUE", 1).await.unwrap(), None);
    txn.commit().await.unwrap();
    let draft = page(2, true).await.unwrap();
    let codes: Vec<&str> = draft.items.iter().map(|i| i.code.as_str()).collect();
    assert_eq!(codes[..3], ["MINE", "MEDIUM", "TAG"], "each stays in its place");
    assert_eq!(codes.last(), Some(&"NEW"));
    let changed: Vec<(&str, &str)> = draft
        .changes
        .iter()
        .map(|c| {
            let how = match c.how {
                How::Added => "added",
                How::Removed => "removed",
                How::Edited(_) => "edited",
            };
            (c.code.as_str(), how)
        })
        .collect();
    let expected = [("MINE", "added"), ("TAG", "edited"), ("NEW", "added"), ("OWN", "removed"), ("DUE", "removed")];
    assert_eq!(changed, expected);

    // Nobody publishes a state that he did not see.
    assert_eq!(publish(&w, draft.version.revision - 1, NOW).await, Published::Stale);
    assert_eq!(publish(&w, draft.version.revision, NOW).await, Published::Done(2));
    let now = page(0, true).await.unwrap();
    assert_eq!((now.version.no, now.version.published_at, now.version.note.as_str()), (2, Some(NOW), "改"));
    assert_eq!(page(1, false).await.unwrap().items, shipped(C), "the older one is as it was");
    // The seed leaves it alone; another draft can be thrown away.
    let txn = w.db.begin_write().await.unwrap();
    check::seed(&txn).await.unwrap();
    assert_eq!(check::begin(&txn, C, 1).await.unwrap(), 3);
    assert!(check::discard(&txn, C).await.unwrap() && !check::discard(&txn, C).await.unwrap());
    txn.commit().await.unwrap();
    let after = page(0, true).await.unwrap();
    assert_eq!((after.version.no, after.versions.len(), &after.items), (2, 2, &now.items));
    // No more than a record of a check can tell.
    begin(&w).await;
    for n in after.items.len()..check::ITEMS_MAX {
        assert_eq!(put(&w, "", Item { code: format!("I{n}"), ..own.clone() }).await, Ok(3));
    }
    assert_eq!(put(&w, "", Item { code: "MORE".into(), ..own }).await, Err("catalogue"));
    let all = check::summaries(&w.db, true).await.unwrap();
    assert_eq!(all.iter().map(|s| (s.catalogue, s.draft)).collect::<Vec<_>>()[0], (C, true));
}

async fn checks_are_read_by_the_version_of_their_time(mut w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let at = w.now - 3_600_000;
    let body = |item: &str| json!({ "result": "fail", "items": [{ "item": "tag", "result": "pass" }, { "item": item, "result": "fail" }], "reason": "漆色" });
    w.record(&[w.north.event(1, EventKind::Precheck, "T1", at, body("BODY"))]).await;
    begin(&w).await;
    let tag = shipped(C).into_iter().find(|i| i.code == "TAG").unwrap();
    put(&w, "TAG", Item { zh: "新的说法".into(), ..tag.clone() }).await.unwrap();
    assert_eq!(publish(&w, 1, w.now + 1).await, Published::Done(2));
    w.now += 60_000;
    w.record(&[
        w.north.event(2, EventKind::Precheck, "T1", at + 60_000, body("NONE_SUCH")),
        w.north.event(3, EventKind::Postcheck, "T1", at + 120_000, json!({ "result": "pass", "seal": "S-1" })),
    ])
    .await;
    let page = check::of_cylinder(&w.db, CITY, "T1").await.unwrap().unwrap();
    assert_eq!((page.tag.as_str(), page.more), ("T1", false));
    let seen: Vec<_> = page.checks.iter().map(|c| (c.kind, c.passed, c.catalogue, c.items.len())).collect();
    assert_eq!(
        seen,
        [
            (EventKind::Postcheck, Some(true), Some((Catalogue::Postcheck, 1)), 0),
            (EventKind::Precheck, Some(false), Some((C, 2)), 2),
            (EventKind::Precheck, Some(false), Some((C, 1)), 2),
        ]
    );
    let text = |check: usize, item: usize| page.checks[check].items[item].zh.as_str();
    assert_eq!((text(1, 0), text(2, 0)), ("新的说法", tag.zh.as_str()));
    assert_eq!((text(1, 1), page.checks[1].items[1].result), ("", ItemResult::Fail), "no catalogue has it");
    assert!(!text(2, 1).is_empty());
    assert_eq!(page.checks[2].reason, "漆色");
    // Within sight only.
    let of = async |scope, code: &str| check::of_cylinder(&w.db, Viewer { scope }, code).await.unwrap();
    assert!(of(Scope::Org(w.north.org), "T1").await.is_some());
    assert_eq!(of(Scope::Org(w.south.org), "T1").await, None);
    assert_eq!(of(Scope::City, "T9").await, None);
    assert_eq!(of(Scope::City, "T2").await.unwrap().checks, []);
    w.clean().await;
}

async fn what_is_published_never_changes(w: World) {
    let pause = |ms| tokio::time::sleep(std::time::Duration::from_millis(ms));
    // Two begin at once: it is one draft.
    let slow = async {
        let txn = w.db.begin_write().await.unwrap();
        let no = check::begin(&txn, C, 1).await.unwrap();
        pause(300).await;
        txn.commit().await.unwrap();
        no
    };
    let late = async {
        pause(100).await;
        begin(&w).await
    };
    assert_eq!(tokio::join!(slow, late), (2, 2));
    let own = shipped(C)[0].clone();
    assert_eq!(put(&w, &own.code, Item { zh: "第一次".into(), ..own.clone() }).await, Ok(2));
    // While somebody saves, somebody else publishes what he saw before: he is told, and nothing is in force that nobody saw.
    let saving = async {
        let txn = w.db.begin_write().await.unwrap();
        let item = Item { zh: "第二次".into(), ..own.clone() };
        let done = check::put(&txn, &Edited { catalogue: C, was: own.code.clone(), item }, 1).await.unwrap();
        pause(300).await;
        txn.commit().await.unwrap();
        done
    };
    let publishing = async {
        pause(100).await;
        publish(&w, 1, NOW).await
    };
    assert_eq!(tokio::join!(saving, publishing), (Ok(2), Published::Stale));
    // The other way round: what is in force by then is no draft to be saved into.
    let publishing = async {
        let txn = w.db.begin_write().await.unwrap();
        let done = check::publish(&txn, C, 2, "改", 1, NOW).await.unwrap();
        pause(300).await;
        txn.commit().await.unwrap();
        done
    };
    let saving = async {
        pause(100).await;
        put(&w, &own.code, Item { zh: "第三次".into(), ..own.clone() }).await
    };
    assert_eq!(tokio::join!(publishing, saving), (Published::Done(2), Err("catalogue")));
    let now = check::page(&w.db, C, 0, true).await.unwrap().unwrap();
    assert_eq!((now.version.no, now.version.revision, now.items[0].zh.as_str()), (2, 2, "第二次"));
}

async fn names_and_reasons_are_for_editors(w: World) {
    let tag = shipped(C)[0].clone();
    begin(&w).await;
    put(&w, &tag.code, Item { zh: "新的说法".into(), ..tag.clone() }).await.unwrap();
    assert_eq!(publish(&w, 1, NOW).await, Published::Done(2));
    begin(&w).await;
    w.sql("UPDATE check_version SET note = '内部', account_id = 0 WHERE version = 1").await;
    for may_edit in [true, false] {
        let page = check::page(&w.db, C, 0, may_edit).await.unwrap().unwrap();
        let line = check::summaries(&w.db, may_edit).await.unwrap().remove(0);
        for v in page.versions.iter().chain([&page.version, &line.version]).filter(|v| v.published_at.is_some()) {
            assert_eq!(v.note.is_empty(), !may_edit, "{v:?}");
            assert!(may_edit || v.by.is_empty(), "{v:?}");
        }
        assert_eq!(line.draft, may_edit);
    }
}
