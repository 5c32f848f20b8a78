//! The map: what it counts at a place is what the list behind it counts.

use crate::support::{NORTH, NOW, SOUTH, World, both, file};
use data::{cylinder_list, map};
use domain::{
    event::EventKind as K,
    ledger::Custody,
    list::ListQuery,
    map::MapAsk,
    scope::{Scope, Viewer},
};

both!(a_place_counts_what_its_list_counts);

async fn a_place_counts_what_its_list_counts(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north), file("T3", w.north), file("T4", w.south)]).await;
    w.record(&[
        // Home in the north, last met in the south.
        w.south.custody(1, K::Ship, "T1", NOW - 3_000),
        w.north.custody(1, K::Deliver, "T2", NOW - 2_000),
    ])
    .await;
    for scope in [Scope::City, Scope::District(NORTH), Scope::District(SOUTH), Scope::Org(w.north.org), Scope::Org(0)] {
        let viewer = Viewer { scope };
        for ask in [
            MapAsk::default(),
            MapAsk { custody: Some(Custody::InUse.number()), ..MapAsk::default() },
            MapAsk { org: Some(w.north.org), ..MapAsk::default() },
        ] {
            let places = map::places(&w.db, viewer, &ask).await.unwrap();
            for p in &places {
                assert!(p.position.is_some() && !p.district.is_empty());
                for (custody, n) in &p.custody {
                    let address = p.list(&ask, Some(*custody));
                    let query = address.split_once('?').unwrap().1;
                    let given = |name: &str| {
                        let found = query.split('&').find_map(|q| q.strip_prefix(&format!("{name}=")));
                        found.map(str::to_owned)
                    };
                    let asked = ListQuery::read(&["site", "custody", "org"], given);
                    let list = cylinder_list::list(&w.db, viewer, &asked, w.now).await.unwrap();
                    assert_eq!(i64::from(list.total.count), *n, "{scope} {address}");
                }
            }
            let all: i64 = places.iter().map(domain::map::Place::count).sum();
            let mut query = ListQuery::default();
            if let Some(c) = ask.custody {
                query = query.with("custody", &c.to_string());
            }
            if let Some(o) = ask.org {
                query = query.with("org", &o.to_string());
            }
            let list = cylinder_list::list(&w.db, viewer, &query, w.now).await.unwrap();
            assert_eq!(i64::from(list.total.count), all, "{scope} {ask:?}");
        }
    }
    let places = map::places(&w.db, Viewer { scope: Scope::City }, &MapAsk::default()).await.unwrap();
    let counts: Vec<_> = places.iter().map(|p| (p.site, p.count(), p.newest)).collect();
    assert_eq!(counts, [(w.north.site, 2, NOW - 2_000), (w.south.site, 2, NOW - 3_000)]);
    let only = MapAsk { district: Some(SOUTH), ..MapAsk::default() };
    assert_eq!(map::places(&w.db, Viewer { scope: Scope::City }, &only).await.unwrap().len(), 1);
}
