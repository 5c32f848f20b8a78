//! The list of tags, and what may be bound.

use crate::support::{SOUTH, World, both, file};
use data::{page::AskError, tag_list};
use domain::{
    event::{BindReason, BindTag},
    list::{ListQuery, PageAt},
    scope::{Scope, Viewer},
    tag::Binding,
};

both!(tags_are_listed_by_their_codes_within_sight, only_what_is_free_is_bound_to_what_is_seen);

fn codes(page: &domain::list::ListPage<domain::tag::TagRow>) -> Vec<&str> {
    page.rows.iter().map(|r| r.code.as_str()).collect()
}

async fn tags_are_listed_by_their_codes_within_sight(w: World) {
    let mut files: Vec<_> = (0..25).map(|i| file(&format!("N{i:02}"), w.north)).collect();
    files.extend((0..3).map(|i| file(&format!("S_{i}"), w.south)));
    files.push(file("00106000026", w.south));
    w.register(&files).await;
    let series = data::tag_series::Model {
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
    data::tag_series::insert(w.db.writer(), vec![series]).await.unwrap();
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
