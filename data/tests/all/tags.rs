//! The list of tags, and what may be bound.

use crate::support::{SOUTH, World, both, file};
use data::{page::AskError, tag_list, tag_series};
use domain::{
    event::{BindReason, BindTag},
    list::{ListQuery, PageAt},
    scope::{Scope, Viewer},
    tag::{Binding, Issue},
};

both!(
    tags_are_listed_by_their_codes_within_sight,
    only_what_is_free_is_bound_to_what_is_seen,
    nobody_issues_over_anothers_tags
);

fn codes(page: &domain::list::ListPage<domain::tag::TagRow>) -> Vec<&str> {
    page.rows.iter().map(|r| r.code.as_str()).collect()
}

async fn tags_are_listed_by_their_codes_within_sight(w: World) {
    let mut files: Vec<_> = (0..25).map(|i| file(&format!("N{i:02}"), w.north)).collect();
    files.extend((0..3).map(|i| file(&format!("S_{i}"), w.south)));
    files.push(file("00106000026", w.south));
    w.register(&files).await;
    let series = tag_series::Model {
        id: 0,
        org_id: w.south.org,
        enterprise: "001".into(),
        medium_code: "06".into(),
        medium: String::new(),
        medium_name: "氮气".into(),
        first_serial: 1,
        last_serial: Some(100),
        quantity: Some(100),
        remark: String::new(),
        doubts: String::new(),
        run_id: 0,
    };
    tag_series::insert(w.db.writer(), vec![series]).await.unwrap();
    w.sql("UPDATE tag SET state = 2 WHERE code = 'N03'").await;
    let ask = async |scope: Scope, q: &ListQuery| tag_list::list(&w.db, Viewer { scope }, q).await;
    let start = ListQuery { size: 20, ..ListQuery::default() };
    let first = ask(Scope::City, &start).await.unwrap();
    assert_eq!((first.rows.len(), first.total.count, first.before.clone()), (20, 29, None));
    assert_eq!((first.rows[0].code.as_str(), first.rows[0].series.as_str()), ("00106000026", "00106000001–000100"));
    assert_eq!((first.rows[4].code.as_str(), first.rows[4].state, first.rows[1].state), ("N03", 2, 1));
    // On to the next page and back again: the same rows, none twice.
    let second = ask(Scope::City, &start.at(PageAt::After(first.after.clone().unwrap()))).await.unwrap();
    assert_eq!((second.rows.len(), second.after.clone()), (9, None));
    assert_eq!(codes(&second)[..2], ["N19", "N20"]);
    let back = ask(Scope::City, &start.at(PageAt::Before(second.before.clone().unwrap()))).await.unwrap();
    assert_eq!((codes(&back), back.before.clone()), (codes(&first), None));
    // The other way round.
    let down = ListQuery { descending: true, ..start.clone() };
    let last = ask(Scope::City, &down).await.unwrap();
    assert_eq!(codes(&last)[..2], ["S_2", "S_1"]);
    let rest = ask(Scope::City, &down.at(PageAt::After(last.after.clone().unwrap()))).await.unwrap();
    assert_eq!(codes(&rest).last(), Some(&"00106000026"));
    let again = ask(Scope::City, &down.at(PageAt::Before(rest.before.clone().unwrap()))).await.unwrap();
    assert_eq!(codes(&again), codes(&last));
    // Within sight only, and by state and beginning. A sign that a pattern knows is one like any other.
    let count = async |scope, q: &ListQuery| ask(scope, q).await.unwrap().total.count;
    assert_eq!((count(Scope::Org(w.south.org), &start).await, count(Scope::District(SOUTH), &start).await), (4, 4));
    for (name, value, n) in [
        ("state", "void", 1),
        ("state", "bound", 28),
        ("state", "issued", 0),
        ("q", "n1", 10),
        ("q", "S_", 3),
        ("q", "_", 0),
    ] {
        assert_eq!(count(Scope::City, &start.with(name, value)).await, n, "{name} {value}");
    }
    for (q, field) in [
        (start.with("state", "x"), "state"),
        (start.with("q", "瓶"), "q"),
        (start.with("q", "%"), "q"),
        (start.with("org", "1"), "filter"),
        (start.sorted("state"), "sort"),
        (start.at(PageAt::After("zz".into())), "cursor"),
        (start.at(PageAt::Before("00".into())), "cursor"),
        (start.at(PageAt::After("6e".repeat(500))), "cursor"),
    ] {
        assert!(matches!(ask(Scope::City, &q).await, Err(AskError::Field(f)) if f == field), "{field}");
    }
}

async fn only_what_is_free_is_bound_to_what_is_seen(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let ask = async |scope: Scope, cylinder: &str, tag: &str, replaces: Option<&str>, site: i64| {
        let bind = BindTag { tag: tag.into(), replaces: replaces.map(Into::into), reason: BindReason::New };
        let b = Binding { cylinder: cylinder.into(), bind, site };
        tag_list::bindable(&w.db, Viewer { scope }, &b).await.unwrap()
    };
    let (city, own, north) = (Scope::City, Scope::Org(w.north.org), w.north.site);
    assert_eq!(ask(city, "T1", "T3", None, north).await, Ok(w.north.org));
    assert_eq!(ask(own, "T1", "T3", Some("T1"), north).await, Ok(w.north.org));
    assert_eq!(ask(own, "T2", "T3", None, north).await, Err("cylinder"), "another's");
    assert_eq!(ask(city, "T9", "T3", None, north).await, Err("cylinder"));
    assert_eq!(ask(own, "T1", "T3", None, w.south.site).await, Err("site"));
    assert_eq!(ask(city, "T1", "T2", None, north).await, Err("tag"));
    assert_eq!(ask(city, "T1", "T3", Some("T2"), north).await, Err("replaces"));
    assert_eq!(ask(city, "T1", "T3", Some("T9"), north).await, Err("replaces"));
}

async fn nobody_issues_over_anothers_tags(w: World) {
    // No series of the south is on record; one of its cylinders bears a tag of its code.
    w.register(&[file("00202000005", w.south), file("01102000050", w.south), file("01102000001", w.north)]).await;
    let issue = async |scope: Scope, enterprise: &str, first, last| {
        let i = Issue {
            org: w.north.org,
            enterprise: enterprise.into(),
            medium: "02".into(),
            first,
            last,
            remark: String::new(),
        };
        let txn = w.db.begin_write().await.unwrap();
        let done = tag_series::issue(&txn, Viewer { scope }, &i).await.unwrap();
        if done.is_ok() {
            txn.commit().await.unwrap();
        }
        done
    };
    let own = Scope::Org(w.north.org);
    for code in ["002", "011"] {
        assert_eq!(issue(own, code, 1, 9).await, Err("enterprise"), "a code that is new is opened by the city");
        assert_eq!(issue(Scope::District(crate::support::NORTH), code, 1, 9).await, Err("enterprise"));
    }
    assert_eq!(issue(Scope::City, "002", 1, 9).await, Err("first"), "a tag in it is another's");
    assert_eq!(issue(Scope::City, "011", 1, 9).await, Ok(()), "what leads to its own is no hindrance");
    assert_eq!(issue(own, "011", 10, 60).await, Err("first"));
    assert_eq!(issue(own, "011", 10, 40).await, Ok(()));
    // A series as an import brings it, over a tag of another's: it is counted for whom sees that cylinder.
    let series = tag_series::Model {
        id: 0,
        org_id: w.north.org,
        enterprise: "011".into(),
        medium_code: "02".into(),
        medium: String::new(),
        medium_name: String::new(),
        first_serial: 41,
        last_serial: Some(60),
        quantity: None,
        remark: String::new(),
        doubts: String::new(),
        run_id: 1,
    };
    tag_series::insert(w.db.writer(), vec![series]).await.unwrap();
    // Nobody bears it: whoever sees the series counts it.
    w.sql("INSERT INTO tag (code, state, cylinder_id) VALUES ('01102000020', 2, NULL)").await;
    let counted = async |scope| {
        let page = tag_series::list(&w.db, Viewer { scope }, &ListQuery { size: 20, ..ListQuery::default() }).await;
        page.unwrap().rows.iter().map(|r| (r.bound, r.void)).collect::<Vec<_>>()
    };
    assert_eq!(counted(Scope::City).await, [(1, 0), (0, 1), (1, 0)]);
    assert_eq!(counted(own).await, [(0, 0), (0, 1), (1, 0)]);
}
