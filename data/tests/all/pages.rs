//! Pages by key: every row once, in order, whatever is equal, missing, or comes and goes in between.

use crate::support::{Random, World, both};
use data::page::{self, AskError, At, Cursor, Key, Order, Slice};
use domain::list::COUNT_MAX;
use sea_orm::{
    FromQueryResult,
    sea_query::{Query, SelectStatement},
};

both!(
    every_row_stands_on_one_page,
    rows_that_come_and_go_neither_repeat_nor_hide_others,
    a_cursor_of_another_kind_is_refused,
    rows_are_counted_up_to_a_limit
);

#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
struct Item {
    id: i64,
    n: Option<i32>,
    t: String,
}

const SIZE: u64 = 7;

async fn table(w: &World, rows: &[(i64, Option<i32>, &str)]) {
    w.sql("CREATE TABLE item (id bigint PRIMARY KEY, n integer, t varchar(40) NOT NULL)").await;
    for (id, n, t) in rows {
        insert(w, *id, *n, t).await;
    }
}

async fn insert(w: &World, id: i64, n: Option<i32>, t: &str) {
    let n = n.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
    w.sql(&format!("INSERT INTO item (id, n, t) VALUES ({id}, {n}, '{t}')")).await;
}

fn base() -> SelectStatement {
    Query::select().columns(["id", "n", "t"]).from("item").to_owned()
}

fn by_n(descending: bool) -> Order {
    Order { key: ("item", "n"), id: ("item", "id"), int: true, nullable: true, descending, few: false }
}

fn by_t(descending: bool) -> Order {
    Order { key: ("item", "t"), id: ("item", "id"), int: false, nullable: false, descending, few: false }
}

fn cursor(order: &Order, row: &Item) -> Cursor {
    let key = if order.int { row.n.map(|n| Key::Int(n.into())) } else { Some(Key::Text(row.t.clone())) };
    Cursor { key, id: row.id }
}

async fn read(w: &World, order: &Order, at: &At) -> Slice<Item> {
    page::fetch(w.db.read(), &base(), order, at, SIZE).await.unwrap()
}

/// All pages from the first on.
async fn forward(w: &World, order: &Order) -> Vec<Vec<Item>> {
    let (mut at, mut pages) = (At::Start, vec![]);
    loop {
        let slice = read(w, order, &at).await;
        assert_eq!(slice.before, !pages.is_empty());
        assert!(slice.after || slice.rows.len() as u64 <= SIZE);
        let Some(last) = slice.rows.last() else { return pages };
        at = At::After(cursor(order, last));
        pages.push(slice.rows);
        if !slice.after {
            return pages;
        }
    }
}

/// All pages from the last row back.
async fn backward(w: &World, order: &Order, last: &Item) -> Vec<Item> {
    let (mut at, mut rows) = (At::Before(cursor(order, last)), vec![last.clone()]);
    loop {
        let slice = read(w, order, &at).await;
        assert!(slice.after);
        let Some(first) = slice.rows.first() else { return rows };
        at = At::Before(cursor(order, first));
        rows.splice(0..0, slice.rows);
        if !slice.before {
            return rows;
        }
    }
}

async fn every_row_stands_on_one_page(w: World) {
    let mut random = Random(11);
    let texts = ["", "A", "A", "B", "瓶", "b"];
    let rows: Vec<(i64, Option<i32>, &str)> = (1..=60)
        .map(|id| {
            let n = random.below(8);
            (id, (n > 1).then(|| i32::try_from(n).unwrap() - 4), texts[random.below(texts.len())])
        })
        .collect();
    table(&w, &rows).await;
    let orders = [false, true].into_iter().flat_map(|down| [by_n(down), by_t(down)]);
    // Gathered and sorted, or read in the order of an index: the same.
    for order in orders.flat_map(|o| [Order { few: true, ..o.clone() }, o]) {
        let descending = order.descending;
        // Rows without a key stand last in both directions; among equals the id decides, turned round with the order.
        let mut expected: Vec<&(i64, Option<i32>, &str)> = rows.iter().collect();
        expected.sort_by(|a, b| {
            let keys = if order.int { a.1.unwrap_or(0).cmp(&b.1.unwrap_or(0)) } else { a.2.cmp(b.2) };
            let both = keys.then(a.0.cmp(&b.0));
            let both = if descending { both.reverse() } else { both };
            if order.int { a.1.is_none().cmp(&b.1.is_none()).then(both) } else { both }
        });
        let expected: Vec<i64> = expected.iter().map(|r| r.0).collect();
        let pages = forward(&w, &order).await;
        assert!(pages[..pages.len() - 1].iter().all(|p| p.len() as u64 == SIZE));
        let all: Vec<Item> = pages.concat();
        assert_eq!(all.iter().map(|r| r.id).collect::<Vec<_>>(), expected, "{order:?}");
        assert_eq!(backward(&w, &order, all.last().unwrap()).await, all, "{order:?}");
    }
}

async fn rows_that_come_and_go_neither_repeat_nor_hide_others(w: World) {
    let rows: Vec<(i64, Option<i32>, &str)> = (1..=30).map(|id| (id * 10, Some(5), "x")).collect();
    table(&w, &rows).await;
    let order = by_n(false);
    let first = read(&w, &order, &At::Start).await;
    // Before the place, at the place, and after it; and the row of the place itself goes.
    for (id, n) in [(1, Some(4)), (11, Some(5)), (69, Some(5)), (71, Some(5)), (2, Some(6)), (3, None)] {
        insert(&w, id, n, "y").await;
    }
    w.sql("DELETE FROM item WHERE id = 70").await;
    let next = read(&w, &order, &At::After(cursor(&order, first.rows.last().unwrap()))).await;
    assert_eq!(next.rows.iter().map(|r| r.id).collect::<Vec<_>>(), [71, 80, 90, 100, 110, 120, 130]);
    let back = read(&w, &order, &At::Before(cursor(&order, &next.rows[0]))).await;
    assert_eq!(back.rows.iter().map(|r| r.id).collect::<Vec<_>>(), [11, 20, 30, 40, 50, 60, 69]);
    assert!(back.before);
}

async fn a_cursor_of_another_kind_is_refused(w: World) {
    table(&w, &[(1, Some(1), "a")]).await;
    let odd = [(by_n(false), Some(Key::Text("1".into()))), (by_t(false), Some(Key::Int(1))), (by_t(false), None)];
    for (order, key) in odd {
        for at in [At::After(Cursor { key: key.clone(), id: 0 }), At::Before(Cursor { key: key.clone(), id: 0 })] {
            let answer = page::fetch::<Item, _>(w.db.read(), &base(), &order, &at, SIZE).await;
            assert!(matches!(answer, Err(AskError::Field("cursor"))), "{at:?}");
        }
    }
    // Any place there could be is one, however far out.
    for id in [i64::MIN, i64::MAX] {
        for key in [None, Some(Key::Int(i64::MIN)), Some(Key::Int(i64::MAX))] {
            read(&w, &by_n(true), &At::After(Cursor { key, id })).await;
        }
    }
}

async fn rows_are_counted_up_to_a_limit(w: World) {
    table(&w, &[(1, Some(1), "a"), (2, None, "a")]).await;
    let total = page::total(w.db.read(), &base()).await.unwrap();
    assert_eq!((total.count, total.more), (2, false));
    let insert =
        "INSERT INTO item (id, n, t) WITH RECURSIVE r(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM r WHERE i < 10000)
                  SELECT i, i, 'b' FROM r";
    w.sql(insert).await;
    let total = page::total(w.db.read(), &base()).await.unwrap();
    assert_eq!((total.count, total.more), (COUNT_MAX, false));
    w.sql("INSERT INTO item (id, n, t) VALUES (20000, 1, 'c')").await;
    let total = page::total(w.db.read(), &base()).await.unwrap();
    assert_eq!((total.count, total.more), (COUNT_MAX, true));
}
