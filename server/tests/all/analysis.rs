//! The source's table of cylinders in use, judged by its own dates at any day: its column 异常原因 is wrong by them.

use crate::support::{NOW, Server, on_postgres, on_sqlite};
use data::{
    analysis::{self, Ask},
    export::{self, Cell, IN_USE},
};
use domain::{
    analysis::By,
    clock,
    scope::{Scope, Viewer},
};
use server::{
    commands::import::take,
    import::{preset, read_table},
};
use std::collections::BTreeMap;

const TABLE: &[u8] = include_bytes!("../fixtures/in_use_cylinders.csv");
const CITY: Viewer = Viewer { scope: Scope::City };

async fn rows(s: &Server, date: &str) -> Vec<Vec<Cell>> {
    let ask = export::Ask {
        db: &s.state.db,
        viewer: CITY,
        as_of: date.parse().unwrap(),
        rules: &s.state.rules.now(),
        upto: i64::MAX,
        filter: "",
        zh: true,
        now: NOW,
    };
    let (mut out, mut after) = (vec![], String::new());
    // By pages of eleven: none is lost between two of them.
    loop {
        let page = (IN_USE.fetch)(ask, &after, 11).await.unwrap();
        out.extend(page.rows);
        match page.next {
            Some(next) => after = next,
            None => return out,
        }
    }
}

async fn the_table_as_of(s: Server) {
    let table = read_table(TABLE, "t.csv").unwrap();
    take(&s.state.db, preset::find("in-use").unwrap(), &table, "hash", "来源气站", NOW).await.unwrap();
    for (date, normal, due_soon, overdue, past_life) in [
        // Three scrap dates lie before the cylinders were made, one on that very day.
        ("2017-10-09", 26, 1, 0, 3),
        // Eleven scrap dates lie before the day; one is to be inspected within thirty days.
        ("2018-05-15", 18, 1, 0, 11),
        ("2018-06-11", 17, 1, 1, 11),
        ("2018-10-10", 13, 2, 4, 11),
        // The six of 2018-10-10 are past their life now, also those that were overdue.
        ("2018-10-11", 13, 0, 0, 17),
        ("2021-10-10", 0, 13, 0, 17),
        ("2021-10-11", 0, 0, 13, 17),
        ("2025-10-11", 0, 0, 0, 30),
        ("2026-11-21", 0, 0, 0, 30),
    ] {
        let day = clock::day_of(date.parse().unwrap());
        let all = analysis::abnormal(&s.state.db, Ask { viewer: CITY, by: By::Org }, day, 30).await.unwrap();
        let of: Vec<_> = all
            .iter()
            .filter(|r| r.on_file > 0)
            .map(|r| (r.unit.name.as_str(), r.on_file, r.normal, r.due_soon, r.overdue, r.past_life, r.undated))
            .collect();
        assert_eq!(of, [("来源气站", 30, normal, due_soon, overdue, past_life, 0)], "{date}");
        // Row by row it is the same.
        let mut words: BTreeMap<String, i64> = BTreeMap::new();
        for r in rows(&s, date).await {
            let word = if let Cell::Text(t) = &r[12] { t.clone() } else { String::new() };
            *words.entry(word).or_default() += 1;
        }
        let expected = [("", normal + due_soon), ("报废", past_life), ("过检", overdue)];
        let expected = expected.into_iter().filter(|(_, n)| *n > 0).map(|(w, n)| (w.to_owned(), n)).collect();
        assert_eq!(words, expected, "{date}");
    }
    // What the table says of each cylinder is what is told of it.
    let mut reader = csv::Reader::from_reader(TABLE);
    let source: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let told = rows(&s, "2018-05-15").await;
    assert_eq!(told.len(), source.len());
    for (t, s) in told.iter().zip(&source).take(29) {
        let text = |i: usize| if let Cell::Text(t) = &t[i] { t.as_str() } else { "" };
        assert_eq!((text(0), text(1), text(2), text(3)), (&s[0], &s[1], &s[2], &s[3]));
        assert_eq!((text(5), text(6), text(7), text(8)), (&s[5], &s[6], &s[7], &s[8]));
        assert_eq!((&t[9], text(10), text(11)), (&Cell::Number(s[9].parse().unwrap()), &s[10], &s[11]));
    }
    s.verified().await;
}

#[test]
fn the_source_table_on_sqlite() {
    on_sqlite(the_table_as_of);
}

#[test]
fn the_source_table_on_postgres() {
    on_postgres(the_table_as_of);
}
