//! Recall and false alarms of every detector: days of a city through the real server and HTTP, fault by fault. The long
//! form is `pingji bench detect`.

use crate::{postgres, support::run};
use server::{
    config::{Config, Flags},
    simulate::{
        Fault, Faults,
        drill::{self, Options, Outcome},
    },
};
use tempfile::TempDir;

#[allow(clippy::print_stdout, reason = "the table is what the test is for")]
async fn drill(url: Option<String>, fills: u64, faults: Faults) -> Outcome {
    let dir: TempDir = tempfile::tempdir().unwrap();
    let flags = Flags {
        data_dir: Some(dir.path().join("var")),
        site_dir: Some(dir.path().join("site")),
        database_url: url,
        ..Flags::default()
    };
    let config = Config::load(flags, []).unwrap();
    let options = Options { fills, stations: 7, cylinders: 2_400, seed: 5, faults };
    let outcome = drill::run(&config, &options).await.unwrap();
    println!("{}", outcome.table());
    outcome
}

fn holds(o: &Outcome) {
    let broken = o.broken(0.99);
    assert!(broken.is_empty(), "{broken:#?}\n{:#?}\n{:#?}", o.wrong, o.missed);
}

/// All faults, the rare ones often enough for a short drill.
fn faults() -> Faults {
    [Fault::Clone, Fault::FillBlocked, Fault::Missing, Fault::Reuse, Fault::Epoch]
        .into_iter()
        .fold(Faults::every(), |all, f| all.with(f, 0.006))
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    run(async {
        let o = drill(None, 5_000, faults()).await;
        holds(&o);
        // Whatever can go wrong did.
        let never: Vec<&str> = Fault::ALL.iter().map(|f| f.word()).filter(|f| !o.faults.contains_key(f)).collect();
        assert!(never.is_empty(), "{never:?}");
        for k in domain::detect::KINDS {
            assert!(o.alerts[k.code()].0 > 0, "{} was never raised", k.code());
        }
    });
}

#[test]
fn the_same_on_postgres() {
    run(async {
        if let Some(url) = postgres::fresh().await {
            holds(&drill(Some(url), 1_500, faults()).await);
        }
    });
}

/// What no fault can explain away: stations that are cut off, retries and records out of order are everyday life.
#[test]
fn a_sound_city_raises_no_alarm() {
    run(async {
        let daily = [(Fault::Duplicate, 0.02), (Fault::Reorder, 0.02), (Fault::Cutoff, 0.01)];
        let o = drill(None, 4_000, daily.into_iter().fold(Faults::none(), |all, (f, r)| all.with(f, r))).await;
        holds(&o);
        for k in domain::detect::KINDS {
            assert_eq!(o.alerts[k.code()], (0, 0), "{}: {:#?}", k.code(), o.wrong);
        }
    });
}
