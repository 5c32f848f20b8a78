//! Results that took long to make, kept for a while: what is asked by many at once is made once.

use crate::Error;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What is made faster than this is made anew each time.
const QUICK: Duration = Duration::from_millis(50);
/// A result stands for so many times the time that it took: at most a hundredth of the server's time goes into it.
const TIMES: u32 = 100;
/// … and no longer than this.
const LONGEST: Duration = Duration::from_secs(600);
/// Results at most: one a scope and version of the rules.
const MOST: usize = 512;

/// A result, when it was made (ms), and how long it stands.
struct Made<T> {
    value: Arc<T>,
    at: i64,
    until: Instant,
}

/// A place for one result; locked while it is made.
type Slot<T> = Arc<tokio::sync::Mutex<Option<Made<T>>>>;

/// Results by what they were asked by.
pub struct Kept<T> {
    slots: Mutex<HashMap<String, Slot<T>>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<T> std::fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl<T> Kept<T> {
    fn slot(&self, key: String) -> Slot<T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&key) {
            slots.clear();
        }
        Arc::clone(slots.entry(key).or_default())
    }

    /// The result that stands for this key, or the one that `make` makes at `now` (ms); and when it was made.
    ///
    /// # Errors
    /// What `make` says; nothing is kept then.
    pub async fn get<F>(&self, key: String, now: i64, make: impl FnOnce() -> F + Send) -> Result<(Arc<T>, i64), Error>
    where
        F: Future<Output = Result<T, Error>> + Send,
        T: Send + Sync,
    {
        let slot = self.slot(key);
        let mut made = slot.lock().await;
        if let Some(m) = made.as_ref().filter(|m| Instant::now() < m.until) {
            return Ok((Arc::clone(&m.value), m.at));
        }
        *made = None;
        let started = Instant::now();
        let value = Arc::new(make().await?);
        let took = started.elapsed();
        if took >= QUICK {
            let until = Instant::now() + Ord::min(took * TIMES, LONGEST);
            *made = Some(Made { value: Arc::clone(&value), at: now, until });
        }
        Ok((value, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn ask(kept: &Kept<usize>, key: &str, now: i64, slow: bool, made: &AtomicUsize) -> (usize, i64) {
        let make = || async {
            if slow {
                tokio::time::sleep(QUICK * 2).await;
            }
            Ok(made.fetch_add(1, Ordering::SeqCst))
        };
        let (value, at) = kept.get(key.to_owned(), now, make).await.unwrap();
        (*value, at)
    }

    #[tokio::test]
    async fn what_is_slow_is_made_once_and_what_is_quick_each_time() {
        let (kept, made) = (Kept::default(), AtomicUsize::new(0));
        let all = tokio::join!(
            ask(&kept, "a", 1, true, &made),
            ask(&kept, "a", 2, true, &made),
            ask(&kept, "a", 3, true, &made)
        );
        assert_eq!((all.0, all.1, all.2), ((0, 1), (0, 1), (0, 1)));
        assert_eq!(ask(&kept, "b", 4, true, &made).await, (1, 4), "another question");
        assert_eq!(ask(&kept, "c", 5, false, &made).await, (2, 5));
        assert_eq!(ask(&kept, "c", 6, false, &made).await, (3, 6));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept_and_their_number_is_bounded() {
        let kept: Kept<usize> = Kept::default();
        let failing = kept.get("a".into(), 1, || async { Err(Error::Stored("x".into())) }).await;
        assert!(failing.is_err());
        assert_eq!(*kept.get("a".into(), 2, || async { Ok(7) }).await.unwrap().0, 7);
        for n in 0..MOST * 2 {
            kept.get(n.to_string(), 1, || async { Ok(n) }).await.unwrap();
        }
        assert!(kept.slots.lock().unwrap().len() <= MOST);
    }
}
