//! Records of checks and fills: the three stages linked, filters, pages, scopes, and questions nobody can mean.

use crate::support::{NORTH, NOW, SOUTH, World, both, file, fill_at};
use data::{ledger::Outcome, page::AskError, record};
use domain::{
    clock::{self, DAY_MS},
    event::{EventKind as K, ItemResult},
    gate::Decision,
    list::{ListPage, ListQuery, PageAt},
    outcome::Anomaly,
    record::{Linked, RecordLine},
    scope::{Scope, Viewer},
};
use serde_json::json;

both!(
    the_three_stages_of_a_fill_are_linked,
    filters_narrow_the_records,
    the_records_are_paged,
    nothing_is_listed_outside_the_scope,
    what_nobody_can_mean_is_refused_by_name
);

const ALL: Viewer = Viewer { scope: Scope::City };
const MINUTE: i64 = 60_000;

fn ask(pairs: &[(&str, &str)]) -> ListQuery {
    let reserved = ["sort", "dir", "size", "after", "before"];
    let names: Vec<&str> = pairs.iter().map(|p| p.0).filter(|n| !reserved.contains(n)).collect();
    ListQuery::read(&names, |name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()))
}

async fn list(w: &World, viewer: Viewer, query: &ListQuery) -> Result<ListPage<RecordLine>, AskError> {
    record::list(&w.db, viewer, query, w.now).await
}

async fn listed(w: &World, pairs: &[(&str, &str)]) -> Vec<u64> {
    let page = list(w, ALL, &ask(pairs)).await.unwrap();
    assert_eq!(page.total.count as usize, page.rows.len(), "{pairs:?}");
    page.rows.into_iter().map(|r| r.no).collect()
}

fn accepted(outcomes: &[Outcome]) -> Vec<u64> {
    let no = |o: &Outcome| if let Outcome::Accepted { no, .. } = o { no.unsigned_abs() } else { panic!("{o:?}") };
    outcomes.iter().map(no).collect()
}

async fn the_three_stages_of_a_fill_are_linked(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let gun = w.north;
    let verdict = w.verdict(gun.ask("a-1", "T1")).await;
    let items = json!([{"item": "VALVE", "result": "pass"}, {"item": "PAINT", "result": "na"}]);
    let before = json!({"result": "pass", "items": items, "tare_g": 16_550});
    let after = json!({"result": "fail", "gross_g": 30_900, "leak": true, "reason": "阀口漏气"});
    let mut first = fill_at(2, "T1", NOW - 5 * MINUTE);
    (first.attempt, first.operator) = (Some("a-1".into()), "F01".into());
    let nos = accepted(
        &w.record(&[
            gun.event(1, K::Precheck, "T1", NOW - 9 * MINUTE, before),
            gun.fill(&first),
            gun.event(3, K::Postcheck, "T1", NOW - 4 * MINUTE, after),
            // Of another cylinder, and of a fill of its own: not of the first one.
            gun.event(4, K::Postcheck, "T2", NOW - 4 * MINUTE, json!({"result": "pass"})),
            gun.fill(&fill_at(5, "T1", NOW - 2 * MINUTE)),
            gun.event(6, K::Postcheck, "T1", NOW - MINUTE, json!({"result": "pass"})),
        ])
        .await,
    );
    let page = list(&w, ALL, &ask(&[])).await.unwrap();
    let lines: Vec<_> = page.rows.iter().map(|r| (r.no, r.precheck, r.postcheck)).collect();
    let link = |no, passed| Some(Linked { no, passed });
    assert_eq!(lines, [(nos[4], None, link(nos[5], true)), (nos[1], link(nos[0], true), link(nos[2], false))]);
    let one = record::one(&w.db, ALL, nos[1].cast_signed()).await.unwrap().unwrap();
    assert_eq!(one.line, page.rows[1]);
    assert_eq!((one.line.net_g, one.line.gross_g, one.line.tare_g), (Some(14_180), Some(30_930), Some(16_750)));
    assert_eq!(one.attempt.as_ref().map(|a| &a.verdict), Some(&verdict));
    assert!(matches!(verdict.decision, Decision::Allow | Decision::Warn | Decision::Block));
    let checks: Vec<_> = one.checks.iter().map(|c| (c.no, c.kind, c.passed, c.weighed_g, c.leak)).collect();
    assert_eq!(
        checks,
        [(nos[0], K::Precheck, true, Some(16_550), false), (nos[2], K::Postcheck, false, Some(30_900), true)]
    );
    assert_eq!(one.checks[0].items[1].result, ItemResult::Na);
    assert_eq!(one.checks[1].reason, "阀口漏气");
    // A check has a page of its own; what is no check and no fill has none.
    let check = record::one(&w.db, ALL, nos[2].cast_signed()).await.unwrap().unwrap();
    assert_eq!((check.line.passed, check.checks.len()), (Some(false), 1));
    assert!(record::one(&w.db, ALL, 1).await.unwrap().is_none(), "a registration");
    // What was corrected is linked to nothing.
    let how = json!({"corrects": nos[2], "how": "did_not_occur", "reason": "误报"});
    accepted(&w.record(&[gun.event(7, K::Correct, "T1", NOW, how)]).await);
    let page = list(&w, ALL, &ask(&[])).await.unwrap();
    assert_eq!(page.rows[1].postcheck, None);
    let check = record::one(&w.db, ALL, nos[2].cast_signed()).await.unwrap().unwrap();
    assert!(check.line.corrected_by.is_some());
}

async fn filters_narrow_the_records(mut w: World) {
    let today = w.now;
    // The ledger's clock goes forward.
    w.now = today - 31 * DAY_MS;
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let mut nos = vec![];
    // One a day: the eldest thirty days ago.
    for (i, back) in [30_i64, 6, 0].into_iter().enumerate() {
        w.now = today - back * DAY_MS;
        let seq = i as u64 + 1;
        let mut heavy = fill_at(seq, "T2", w.now);
        (heavy.gross_g, heavy.net_g) = (31_450, 14_700);
        nos.extend(accepted(&w.record(&[w.north.fill(&fill_at(seq, "T1", w.now)), w.south.fill(&heavy)]).await));
    }
    let check = json!({"result": "fail", "reason": "漆色", "items": [{"item": "A", "result": "pass"}]});
    nos.extend(accepted(&w.record(&[w.north.event(4, K::Precheck, "T1", w.now, check)]).await));
    let (south, org, district) = (w.south.site.to_string(), w.south.org.to_string(), SOUTH.to_string());
    let day = |back: i64| clock::local_date(today - back * DAY_MS).to_string();
    let (eldest, before, last) = (day(30), day(29), day(0));
    let newest = |which: &[usize]| which.iter().map(|i| nos[*i]).collect::<Vec<_>>();
    for (pairs, expected) in [
        (vec![], newest(&[5, 4, 3, 2])),
        (vec![("from", eldest.as_str())], newest(&[5, 4, 3, 2, 1, 0])),
        (vec![("to", before.as_str())], newest(&[1, 0])),
        (vec![("from", before.as_str()), ("to", before.as_str())], vec![]),
        (vec![("from", last.as_str())], newest(&[5, 4])),
        (vec![("from", "2000-01-01"), ("to", "9999-12-31")], newest(&[5, 4, 3, 2, 1, 0])),
        (vec![("q", "T1")], newest(&[4, 2, 0])),
        (vec![("q", "ST2")], newest(&[5, 3, 1])),
        (vec![("q", "nothing")], vec![]),
        (vec![("site", south.as_str())], newest(&[5, 3])),
        (vec![("org", org.as_str())], newest(&[5, 3])),
        (vec![("district", district.as_str())], newest(&[5, 3])),
        (vec![("verdict", Anomaly::Overfill.code())], newest(&[5, 3])),
        (vec![("verdict", Anomaly::Underfill.code())], vec![]),
        (vec![("verdict", "sound")], vec![]),
        (vec![("kind", "precheck")], newest(&[6])),
        (vec![("kind", "precheck"), ("verdict", "faulty")], newest(&[6])),
        (vec![("kind", "precheck"), ("verdict", "sound")], vec![]),
        (vec![("kind", "postcheck")], vec![]),
        (vec![("sort", "no"), ("site", south.as_str())], newest(&[3, 5])),
    ] {
        assert_eq!(listed(&w, &pairs).await, expected, "{pairs:?}");
    }
}

async fn the_records_are_paged(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let fills: Vec<_> =
        (1..=45).map(|seq| w.north.fill(&fill_at(seq, "T1", NOW - MINUTE * (60 - seq as i64)))).collect();
    let mut nos = accepted(&w.record(&fills).await);
    nos.reverse();
    let mut query = ask(&[]);
    let (mut seen, mut pages) = (vec![], vec![]);
    loop {
        let page = list(&w, ALL, &query).await.unwrap();
        let now: Vec<u64> = page.rows.iter().map(|r| r.no).collect();
        seen.extend(now.clone());
        pages.push((now, page.before));
        let Some(after) = page.after else { break };
        query = query.at(PageAt::After(after));
    }
    assert_eq!((seen, pages.len()), (nos, 3));
    let back = list(&w, ALL, &query.at(PageAt::Before(pages[2].1.clone().unwrap()))).await.unwrap();
    assert_eq!(back.rows.iter().map(|r| r.no).collect::<Vec<_>>(), pages[1].0);
    // A cursor of the other order is none of this one.
    let other = ask(&[("sort", "no")]).at(PageAt::Before(pages[2].1.clone().unwrap()));
    assert!(matches!(list(&w, ALL, &other).await, Err(AskError::Field("cursor"))));
}

async fn nothing_is_listed_outside_the_scope(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let nos = accepted(&w.record(&[w.north.fill(&fill_at(1, "T1", NOW)), w.south.fill(&fill_at(1, "T1", NOW))]).await);
    for (scope, expected) in [
        (Scope::City, vec![nos[1], nos[0]]),
        (Scope::District(NORTH), vec![nos[0]]),
        (Scope::District(SOUTH), vec![nos[1]]),
        (Scope::Org(w.south.org), vec![nos[1]]),
        (Scope::Org(0), vec![]),
    ] {
        let viewer = Viewer { scope };
        let page = list(&w, viewer, &ask(&[])).await.unwrap();
        assert_eq!(page.rows.iter().map(|r| r.no).collect::<Vec<_>>(), expected, "{scope}");
        // Nor is it found by asking for another's part.
        let org = w.north.org.to_string();
        let page = list(&w, viewer, &ask(&[("org", &org)])).await.unwrap();
        assert_eq!(page.rows.len(), usize::from(expected.contains(&nos[0])), "{scope}");
        for no in &nos {
            let one = record::one(&w.db, viewer, no.cast_signed()).await.unwrap();
            assert_eq!(one.is_some(), expected.contains(no), "{scope} {no}");
        }
    }
}

async fn what_nobody_can_mean_is_refused_by_name(w: World) {
    for (pairs, field) in [
        (vec![("kind", "ship")], "kind"),
        (vec![("verdict", "maybe")], "verdict"),
        (vec![("from", "2026-13-01")], "from"),
        (vec![("to", "+12026-01-01")], "to"),
        (vec![("to", "99999-01-01")], "to"),
        (vec![("site", "x")], "site"),
        (vec![("org", "1e9")], "org"),
        (vec![("district", "99999999999")], "district"),
        (vec![("q", "a\u{7}")], "q"),
        (vec![("sort", "net")], "sort"),
        (vec![("after", "zz")], "cursor"),
        (vec![("custody", "1")], "filter"),
    ] {
        match list(&w, ALL, &ask(&pairs)).await {
            Err(AskError::Field(named)) => assert_eq!(named, field, "{pairs:?}"),
            other => panic!("{pairs:?}: {other:?}"),
        }
    }
    assert!(record::one(&w.db, ALL, i64::MIN).await.unwrap().is_none());
}
