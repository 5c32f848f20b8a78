//! What stands at users: one address is one, whoever supplies it and however it is written; what is not known is not guessed.

use crate::support::{Gun, NORTH, NOW, SOUTH, World, both, file};
use data::{analysis, customer};
use domain::{
    analysis::{Fullness, UserStorage},
    clock,
    event::{CustodyRecord, Entry, EventKind, Sender},
    ledger::File,
    scope::{Scope, Viewer},
};

both!(what_stands_at_an_address_is_summed_over_its_suppliers);

fn to(gun: Gun, seq: u64, kind: EventKind, tag: &str, customer: &str) -> Entry {
    let r = CustodyRecord {
        epoch: 1,
        seq,
        kind,
        tag: tag.into(),
        at: clock::rfc3339(NOW - 3_600_000 + i64::try_from(seq).unwrap()),
        operator: "D01".into(),
        target: customer.into(),
        body: None,
    };
    r.entry(Sender { device: gun.device, site: gun.site, sent_at: NOW }).unwrap()
}

fn customer(org: i64, number: &str, address: &str, division: Option<i32>, kind: &str) -> customer::Model {
    customer::Model {
        id: 0,
        org_id: org,
        number: number.into(),
        name: String::new(),
        address: address.into(),
        division,
        region: String::new(),
        contact: String::new(),
        phone: String::new(),
        state: "active".into(),
        kind: kind.into(),
        doubts: String::new(),
        run_id: 0,
    }
}

async fn what_stands_at_an_address_is_summed_over_its_suppliers(w: World) {
    let (n, s) = (w.north.org, w.south.org);
    let rows = vec![
        customer(n, "1", "金水区经三路1号", Some(NORTH), "catering"),
        // The same house in another writing, of another supplier; and the same road and number in another district.
        customer(s, "1", "郑州市金水区经三路 1 号", Some(NORTH), ""),
        customer(s, "2", "金水区经三路1号", Some(SOUTH), "household"),
        customer(n, "3", "花园路十二号院3栋2单元501", Some(NORTH), "household"),
        customer(n, "4", "张家村", Some(NORTH), "household"),
    ];
    customer::insert(w.db.writer(), rows).await.unwrap();
    let mut files: Vec<File> = (0..5).map(|i| file(&format!("N{i}"), w.north)).collect();
    files.extend((0..4).map(|i| file(&format!("S{i}"), w.south)));
    files.push(File { max_fill_g: Some(49_500), ..file("BIG", w.north) });
    w.register(&files).await;
    w.record(&[
        to(w.north, 1, EventKind::Deliver, "BIG", "1"),
        to(w.north, 2, EventKind::Deliver, "N0", "1"),
        to(w.north, 3, EventKind::Deliver, "N1", "3"),
        to(w.north, 4, EventKind::Deliver, "N2", "4"),
        to(w.north, 5, EventKind::Deliver, "N3", "NOBODY"),
        // It came back.
        to(w.north, 6, EventKind::Deliver, "N4", "3"),
        to(w.north, 7, EventKind::Collect, "N4", "3"),
        to(w.south, 1, EventKind::Deliver, "S0", "1"),
        to(w.south, 2, EventKind::Deliver, "S1", "1"),
        to(w.south, 3, EventKind::Deliver, "S2", "2"),
    ])
    .await;
    let ask = async |scope| {
        let all = analysis::user_storage(&w.db, Viewer { scope }, &w.rules).await.unwrap();
        let short = |s: UserStorage| (s.unit.name, s.suppliers, s.pieces, s.mass_g, s.fullness);
        all.into_iter().map(short).collect::<Vec<_>>()
    };
    let row = |name: &str, suppliers, pieces, mass_g, fullness| (name.to_owned(), suppliers, pieces, mass_g, fullness);
    let none = |pieces| row("", 0, pieces, pieces * 14_900, Fullness::Fine);
    assert_eq!(
        ask(Scope::City).await,
        [
            // 49.5 + 3 × 14.9 kg of a shop's 100, by two suppliers.
            row("金水区经三路***", 2, 4, 94_200, Fullness::Yellow),
            row("金水区经三路***", 1, 1, 14_900, Fullness::Fine),
            row("花园路十二号院***", 1, 1, 14_900, Fullness::Fine),
            none(2),
        ]
    );
    // A district sees the users in it, whoever supplies them; an enterprise what is its own.
    assert_eq!(
        ask(Scope::District(NORTH)).await,
        [
            row("金水区经三路***", 2, 4, 94_200, Fullness::Yellow),
            row("花园路十二号院***", 1, 1, 14_900, Fullness::Fine),
            // The one of no customer's is of a supplier that is seated here.
            none(2),
        ]
    );
    assert_eq!(
        ask(Scope::Org(s)).await,
        [
            // As it knows no shop there, a household's 30 kg count: two of 14.9. The address stands as its own customer gave it.
            row("郑州市金水区经三路***", 1, 2, 29_800, Fullness::Orange),
            row("金水区经三路***", 1, 1, 14_900, Fullness::Fine),
        ]
    );
    // One more, and it is beyond.
    w.record(&[to(w.south, 4, EventKind::Deliver, "S3", "1")]).await;
    assert_eq!(ask(Scope::City).await[0], row("金水区经三路***", 2, 5, 109_100, Fullness::Red));
    w.clean().await;
}
