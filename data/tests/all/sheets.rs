//! The analyses as tables: every figure is the number of rows of the list that it leads to, for each viewer, by any unit, at any day.

use crate::support::{NORTH, NOW, SOUTH, World, both, dated, file, fill_at};
use data::{analysis::sheet, cylinder_list, incident_list, page::AskError};
use domain::{
    analysis::{Amount, Asked, By, Figure, KINDS, Period, kind},
    event::EventKind,
    incident::Register,
    ledger::{File, FileState},
    list::ListQuery,
    scope::{Scope, Viewer},
};
use std::collections::BTreeMap;

both!(every_figure_is_the_length_of_the_list_behind_it, what_cannot_be_asked_is_refused);

async fn cylinders(w: &World) {
    let mut files = vec![
        file("A", w.north),
        dated("B", w.north, "2022-12", ""),
        dated("C", w.north, "2018-12", "2023-01"),
        dated("D", w.south, "2020-01", ""),
        dated("E", w.south, "2010-01", "2014-01"),
        dated("F", w.south, "", ""),
        File { state: FileState::Scrapped, ..dated("G", w.south, "2019-05", "") },
        File { state: FileState::Suspended, ..dated("H", w.north, "2016-02", "") },
    ];
    files.extend(
        (0..20)
            .map(|i| dated(&format!("T{i}"), [w.north, w.south][i % 2], &format!("{}-0{}", 2008 + i, 1 + i % 9), "")),
    );
    w.register(&files).await;
    w.record(&[
        w.north.custody(1, EventKind::Deliver, "A", NOW - 9_000),
        w.north.custody(2, EventKind::Deliver, "T0", NOW - 8_000),
        w.north.custody(3, EventKind::Collect, "T0", NOW - 7_000),
        w.north.custody(4, EventKind::Deliver, "T2", NOW - 6_000),
    ])
    .await;
    w.fill(w.south, &fill_at(1, "D", NOW - 60_000)).await;
    w.fill(w.south, &fill_at(2, "T1", NOW - 50_000)).await;
}

/// The query that an address of the archive holds.
fn query(address: &str) -> ListQuery {
    let given: BTreeMap<&str, &str> =
        address.split_once('?').unwrap().1.split('&').map(|p| p.split_once('=').unwrap()).collect();
    let query = ListQuery::read(&domain::archive::FILTERS, |name| given.get(name).map(|v| (*v).to_owned()));
    assert_eq!(format!("/cylinders{}", query.address()), address, "nothing of it is lost");
    query
}

async fn every_figure_is_the_length_of_the_list_behind_it(w: World) {
    cylinders(&w).await;
    crate::incidents::some(&w).await;
    let (mut followed, mut some, mut sites, mut happened) = (0, 0, 0, 0);
    let viewers = [Scope::City, Scope::District(NORTH), Scope::Org(w.south.org)];
    for (scope, by, district, as_of) in viewers.into_iter().flat_map(|scope| {
        [By::District, By::Org].into_iter().flat_map(move |by| {
            [(None, "2018-05-15"), (None, ""), (Some(NORTH), "2026-12-10"), (None, "2031-01-01")]
                .map(move |(district, as_of)| (scope, by, district, as_of))
        })
    }) {
        let viewer = Viewer { scope };
        let asked = Asked { by, district, as_of: as_of.into(), period: Period::Quarter, ..Asked::default() };
        if asked.viewer(viewer).is_none() {
            continue;
        }
        for k in KINDS {
            let s = sheet(&w.db, viewer, &w.rules, k, &asked, NOW).await.unwrap();
            for (row, column) in s.rows.iter().chain([&s.total]).flat_map(|r| r.iter().zip(k.columns)) {
                let what = format!("{} {} {scope} {asked:?} {row:?}", k.code, column.name);
                let register = Register::ALL.iter().find(|r| row.to.starts_with(&format!("{}?", r.path())));
                if let Some(register) = register {
                    let given: BTreeMap<&str, &str> =
                        row.to.split_once('?').unwrap().1.split('&').map(|p| p.split_once('=').unwrap()).collect();
                    let q =
                        ListQuery::read(&domain::incident::FILTERS, |name| given.get(name).map(|v| (*v).to_owned()));
                    let list = incident_list::list(&w.db, viewer, *register, &q, NOW).await.unwrap();
                    assert_eq!(row.amount, Amount::Count(list.total.count.into()), "{what}");
                    happened += list.total.count;
                    continue;
                }
                if !row.to.starts_with("/cylinders") {
                    assert!(row.to.is_empty() || row.to.starts_with(&format!("/analyses/{}", k.code)), "{what}");
                    continue;
                }
                let list = cylinder_list::list(&w.db, viewer, &query(&row.to), NOW).await;
                let list = list.unwrap_or_else(|e| panic!("{what}: {e}"));
                followed += 1;
                match row.amount {
                    Amount::Count(n) => {
                        some += i64::from(n > 0);
                        assert_eq!(i64::from(list.total.count), n, "{what}");
                    }
                    // A volume, or a site's name: the full cylinders at it are no more than all.
                    _ => sites += i64::from(list.total.count > 0),
                }
            }
            // What adds up adds up.
            for (i, c) in k.columns.iter().enumerate().filter(|_| !s.total.is_empty()) {
                let sum: i64 = s.rows.iter().filter_map(|r| counted(&r[i])).sum();
                if let Some(total) = counted(&s.total[i]) {
                    assert_eq!(total, sum, "{} {}", k.code, c.name);
                }
            }
        }
    }
    assert!(followed > 500 && some > 150 && sites > 10, "{followed} {some} {sites}");
    assert!(happened > 10, "{happened}");

    // A district leads to its units, and a unit to its cylinders.
    let city = Viewer { scope: Scope::City };
    let due = kind("due").unwrap();
    let s = sheet(&w.db, city, &w.rules, due, &Asked { as_of: "2026-11-21".into(), ..Asked::default() }, NOW).await;
    let s = s.unwrap();
    assert_eq!(s.rows[0][0].to, format!("/analyses/due?as_of=2026-11-21&by=org&district={SOUTH}"));
    assert_eq!(s.rows[0][0].amount, Amount::Text("中原区".into()));
    let inner = Asked { by: By::Org, district: Some(SOUTH), as_of: "2026-11-21".into(), ..Asked::default() };
    let inner = sheet(&w.db, city, &w.rules, due, &inner, NOW).await.unwrap();
    assert_eq!((inner.district.as_str(), inner.rows.len()), ("中原区", 1));
    assert_eq!(
        inner.rows[0][0].to,
        format!("/cylinders?as_of=2026-11-21&district={SOUTH}&file=on&org={}", w.south.org)
    );
    let amounts = |row: &[Figure]| row.iter().skip(1).map(|f| f.amount.clone()).collect::<Vec<_>>();
    assert_eq!(amounts(&inner.rows[0]), amounts(&s.rows[0]), "one station a district here");
}

fn counted(f: &Figure) -> Option<i64> {
    if let Amount::Count(n) | Amount::Thousandths(n) = f.amount { Some(n) } else { None }
}

async fn what_cannot_be_asked_is_refused(w: World) {
    cylinders(&w).await;
    let ask =
        async |scope, asked: Asked| match sheet(&w.db, Viewer { scope }, &w.rules, kind("due").unwrap(), &asked, NOW)
            .await
        {
            Err(AskError::Field(f)) => f,
            Err(AskError::Data(e)) => panic!("{e}"),
            Ok(_) => "",
        };
    for day in ["2026-13-01", "1899-12-31", "2200-01-01", "26-1-1", "+2026-11-21", "0000-00-00", "a\0b"] {
        assert_eq!(ask(Scope::City, Asked { as_of: day.into(), ..Asked::default() }).await, "as_of", "{day:?}");
    }
    assert_eq!(ask(Scope::City, Asked { sort: "tag; drop".into(), ..Asked::default() }).await, "sort");
    let of = |d| Asked { district: Some(d), ..Asked::default() };
    for (scope, d, field) in [
        (Scope::District(NORTH), SOUTH, "district"),
        (Scope::Org(w.north.org), NORTH, "district"),
        (Scope::District(NORTH), NORTH, ""),
        (Scope::City, i32::MAX, ""),
    ] {
        assert_eq!(ask(scope, of(d)).await, field, "{scope} {d}");
    }
    for (name, value) in [
        ("due_from", "2026-1-1"),
        ("due_to", "x"),
        ("life_from", "99999-01-01"),
        ("life_to", "2026-02-30"),
        ("made", "2018"),
        ("file", "away"),
        ("custody", "on"),
    ] {
        let q = ListQuery::default().with(name, value);
        let answer = cylinder_list::list(&w.db, Viewer { scope: Scope::City }, &q, NOW).await;
        assert!(matches!(answer, Err(AskError::Field(f)) if f == name), "{name}={value}");
        assert!(matches!(cylinder_list::check(&q), Err(AskError::Field(f)) if f == name), "{name}={value}");
    }
}
