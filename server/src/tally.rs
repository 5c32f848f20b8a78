//! How often posts were opened and their files fetched: counted in memory, written every few seconds as sums. Who it was stands nowhere,
//! neither here nor in the record.

use data::Db;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What was counted and is not written yet. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    /// By post and local day since 1970-01-01.
    opened: HashMap<(i64, i32), i64>,
    /// By the token of the file.
    fetched: HashMap<String, i64>,
}

fn add<K: Eq + std::hash::Hash>(of: &mut HashMap<K, i64>, key: K, n: i64) {
    let sum = of.entry(key).or_default();
    *sum = sum.saturating_add(n);
}

impl Tally {
    fn with<T>(&self, act: impl FnOnce(&mut Counted) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A post that everybody sees was opened on a local day.
    pub fn opened(&self, post: i64, day: i32) {
        self.with(|c| add(&mut c.opened, (post, day), 1));
    }

    /// A file that everybody may have was fetched whole.
    pub fn fetched(&self, token: &str) {
        self.with(|c| add(&mut c.fetched, token.to_owned(), 1));
    }

    /// Writes what was counted. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&self, db: &Db) -> Result<(), data::Error> {
        let taken = self.with(std::mem::take);
        if taken.opened.is_empty() && taken.fetched.is_empty() {
            return Ok(());
        }
        let written = written(db, &taken).await;
        if written.is_err() {
            self.with(|c| {
                taken.opened.into_iter().for_each(|(k, n)| add(&mut c.opened, k, n));
                taken.fetched.into_iter().for_each(|(k, n)| add(&mut c.fetched, k, n));
            });
        }
        written
    }
}

async fn written(db: &Db, c: &Counted) -> Result<(), data::Error> {
    let opened: Vec<(i64, i32, i64)> = c.opened.iter().map(|((post, day), n)| (*post, *day, *n)).collect();
    // In one order, so that two that add at once do not wait for each other.
    let mut fetched: Vec<(&String, &i64)> = c.fetched.iter().collect();
    fetched.sort_unstable();
    let txn = db.begin_write().await?;
    if !opened.is_empty() {
        data::post::read(&txn, &opened).await?;
    }
    for (token, n) in fetched {
        data::attachment::downloaded(&txn, token, *n).await?;
    }
    txn.commit().await.map_err(data::Error::from)
}
