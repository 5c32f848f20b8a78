//! What was typed into a form that could not be taken and is longer than an address takes, and what a page shows once: kept in memory for a
//! short while, under a random key, for the account that it belongs to and nobody else. It is gone with the process.

use domain::form::Values;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// How long what was typed is kept, ms.
const TYPED_MS: i64 = 30 * 60_000;
/// How long what is shown once is kept, ms.
const ONCE_MS: i64 = 60_000;
/// Most bytes of one form.
const BYTES_MAX: usize = 96 << 10;
/// Forms of one account at most; the oldest gives way.
const EACH_MAX: usize = 5;
/// Forms of all at most; the oldest gives way.
const ALL_MAX: usize = 250;

struct Kept {
    key: String,
    account: i64,
    until: i64,
    once: bool,
    values: Values,
}

static KEPT: Mutex<VecDeque<Kept>> = Mutex::new(VecDeque::new());

fn keep(account: i64, values: Values, now: i64, once: bool) -> Option<String> {
    let bytes: usize = values.iter().map(|(n, v)| n.len() + v.len()).sum();
    if account == 0 || bytes > BYTES_MAX {
        return None;
    }
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|k| k.until > now);
    if all.iter().filter(|k| k.account == account).count() >= EACH_MAX
        && let Some(at) = all.iter().position(|k| k.account == account)
    {
        all.remove(at);
    }
    if all.len() >= ALL_MAX {
        all.pop_front();
    }
    let key = data::secret::random();
    let until = now.saturating_add(if once { ONCE_MS } else { TYPED_MS });
    all.push_back(Kept { key: key.clone(), account, until, once, values });
    Some(key)
}

/// Keeps what an account typed, and tells under which key; `None` for nobody, or where it is more than any form takes.
#[must_use]
pub fn typed(account: i64, values: Values, now: i64) -> Option<String> {
    keep(account, values, now, false)
}

/// Keeps what an account is to see once.
#[must_use]
pub fn once(account: i64, values: Values, now: i64) -> Option<String> {
    keep(account, values, now, true)
}

/// What is kept for an account under a key; nothing where there is no such, or it is another's, or too old.
#[must_use]
pub fn take(account: i64, key: &str, now: i64) -> Values {
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|k| k.until > now);
    let Some(at) = all.iter().position(|k| k.key == key && k.account == account) else { return Values::new() };
    if all.get(at).is_some_and(|k| k.once) {
        return all.remove(at).map(|k| k.values).unwrap_or_default();
    }
    all.get(at).map(|k| k.values.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Values {
        Values::from([("note".to_owned(), text.to_owned())])
    }

    #[test]
    fn what_is_kept_is_for_one_account_and_a_while() {
        let now = 1_000_000;
        let key = typed(-7, values("长"), now).unwrap();
        assert_eq!(take(-7, &key, now), values("长"));
        assert_eq!(take(-7, &key, now), values("长"), "a page may be loaded again");
        assert_eq!((take(-8, &key, now), take(-7, "", now), take(0, &key, now)), Default::default());
        let shown = once(-7, values("张三"), now).unwrap();
        assert_eq!((take(-7, &shown, now), take(-7, &shown, now)), (values("张三"), Values::new()));
        assert!(typed(0, values("x"), now).is_none() && typed(-7, values(&"x".repeat(BYTES_MAX)), now).is_none());
        // The oldest gives way to the newest.
        let all: Vec<String> = (0..EACH_MAX).map(|n| typed(-7, values(&n.to_string()), now).unwrap()).collect();
        assert_eq!((take(-7, &key, now), take(-7, &all[0], now)), (Values::new(), values("0")));
        assert_eq!(take(-7, &all[4], now + TYPED_MS), Values::new());
    }
}
