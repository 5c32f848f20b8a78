//! A drill: days of a city in minutes, through the real server and HTTP, with faults whose findings are counted.
//!
//! The server runs in this process under a clock that follows the drill's time. What happens is decided by the seed
//! alone; every fault is written down with its key, and compared with what the gate answered and which alerts were raised.
//! A finding that no fault explains is a false alarm.

mod city;
mod injected;
mod judge;
mod play;
#[cfg(test)]
mod tests;

pub use injected::Injected;
pub use judge::{Line, Outcome};

use super::{Faults, client::Client, report::Tally};
use crate::{
    cli::Failure, clock::Clock, commands::demo::people, config::Config, demo::city as plan, serve,
    simulate::client::Credentials, store, web,
};
use data::ledger;
use domain::{
    clock as time,
    event::{Entry, EventKind},
    ledger::FileState,
    rules::RuleSet,
    sign,
};
use serde_json::json;
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// How much of everything.
#[derive(Clone, Debug)]
pub struct Options {
    /// Fills.
    pub fills: u64,
    /// Filling stations.
    pub stations: usize,
    /// Cylinders.
    pub cylinders: usize,
    /// Seed.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
}

/// Midnight in Shanghai at which every drill begins, ms: the same seed makes the same drill on any day.
const BEGIN: &str = "2026-11-21T00:00:00+08:00";

/// Runs a drill on the record of `config`, which must be empty.
///
/// # Errors
/// When the record or the server fails. What is found, or not, is no error: it stands in the outcome.
pub async fn run(config: &Config, options: &Options) -> Result<Outcome, Failure> {
    let store = store::open(config).await?;
    let begin = time::parse_instant(BEGIN)?;
    let clock = Clock::default();
    clock.shift(begin - clock.now());
    let mut plan = plan::Plan::new(options.seed, options.cylinders, options.stations, begin, plan::Base::default());
    for f in plan.files.iter_mut().step_by(40) {
        f.state = FileState::Scrapped;
    }
    // Nobody's licence runs out while the drill lasts.
    for o in &mut plan.orgs {
        o.licence_until = time::local_date(begin + 400 * time::DAY_MS);
    }
    people(&store.db, &plan).await?;
    let rules = data::rule::current(store.db.read()).await?;
    // The register only: what becomes of the cylinders is the drill's to tell.
    let register: Vec<Entry> = plan.history(0).filter(|e| e.kind == EventKind::Register).collect();
    for chunk in register.chunks(5_000) {
        let txn = store.db.begin_write().await?;
        let done = ledger::commit(&txn, &rules, &[], chunk, begin).await?;
        accepted(&done)?;
        txn.commit().await?;
    }
    let master = store::master_key(config)?;
    let keys = plan.keys(&RuleSet::seed(), &[], |id| sign::device_secret(&master, id));
    let mut city = city::City::new(&plan, &keys, options.seed, options.faults.clone(), options.fills);
    // Tags that were bound once and replaced: two bindings each, told by the device that registered the cylinders.
    let first = register.first().ok_or("the city has no cylinder")?;
    let mut seq = register.iter().map(|e| e.seq).max().unwrap_or(0);
    let mut bindings = Vec::new();
    for (code, of) in city.void_tags() {
        for body in [
            json!({ "tag": code, "reason": "new" }),
            json!({ "tag": format!("{code}R"), "replaces": code, "reason": "damaged" }),
        ] {
            seq += 1;
            let bare =
                Entry { kind: EventKind::BindTag, tag: of.to_owned(), medium: String::new(), seq, ..first.clone() };
            let e = Entry { body: Some(body.to_string()), ..bare };
            bindings.push(Entry { hash: e.content(), ..e });
        }
    }
    let txn = store.db.begin_write().await?;
    let done = ledger::commit(&txn, &rules, &[], &bindings, begin).await?;
    accepted(&done)?;
    txn.commit().await?;
    store.db.analyze().await?;

    let (state, writer) = serve::start(config, store.db.clone(), clock.clone(), None).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = web::router(state.clone(), &config.site_dir).into_make_service_with_connect_info::<SocketAddr>();
    let stop = state.stop.clone();
    let served = tokio::spawn({
        let stop = stop.clone();
        async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await }
    });
    let client = Client::new(&url, Duration::from_secs(60), None, Arc::new(Tally::default()))?;
    let credentials = keys.devices.iter().map(Credentials::of).collect::<Result<Vec<_>, _>>()?;
    let stage = play::Stage { client, credentials, ingest: state.ingest.clone(), clock: clock.clone() };
    let played = stage.play(&mut city).await?;
    let verified = data::verify::run(&store.db, &rules).await?;
    let outcome = judge::judge(&store.db, city, played, verified.named).await?;
    stop.cancel();
    drop((stage, state));
    served.await??;
    drop(tokio::time::timeout(Duration::from_secs(5), writer).await);
    Ok(outcome)
}

fn accepted(done: &ledger::Done) -> Result<(), Failure> {
    match done.outcomes.iter().find(|o| !matches!(o, ledger::Outcome::Accepted { .. })) {
        None => Ok(()),
        Some(o) => Err(format!("what the drill begins with was not accepted: {o:?}").into()),
    }
}
