//! How much anybody may ask without an account: numbers on cylinders follow one another, and whoever tries them all is slowed down
//! (rules.md §8). What a signed label asks is never counted.

use lru::LruCache;
use std::{
    net::IpAddr,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What one address may do: so much at once, and one more each time so long has passed.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    at_once: u32,
    each: Duration,
}

/// What one address may ask, and how often in vain.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    asks: Allowance,
    misses: Allowance,
}

const fn allow(at_once: u32, each: Duration) -> Allowance {
    Allowance { at_once, each }
}

/// Codes without a good token: a whole village may stand behind one address of a telephone company. Those that lead nowhere: whoever
/// stands before a cylinder mistypes it some times.
pub const CODES: Limits =
    Limits { asks: allow(300, Duration::from_millis(500)), misses: allow(20, Duration::from_secs(15)) };
/// Cases that are brought, pictures and all, and those that were not whole.
pub const BROUGHT: Limits =
    Limits { asks: allow(30, Duration::from_secs(60)), misses: allow(30, Duration::from_secs(60)) };
/// Pictures that are kept for a form that was not taken: it is mended a few times, by several behind one address.
pub const KEPT: Limits =
    Limits { asks: allow(60, Duration::from_secs(60)), misses: allow(60, Duration::from_secs(60)) };
/// Enterprises that are looked up by their names.
pub const RATED: Limits = Limits { asks: allow(60, Duration::from_secs(1)), misses: allow(60, Duration::from_secs(1)) };
/// Cases that are looked up, and wrong codes: few are enough for whoever has the right one.
pub const LOOKED_UP: Limits =
    Limits { asks: allow(120, Duration::from_secs(1)), misses: allow(8, Duration::from_secs(60)) };
/// Posts, their list and their feed: a school may read one at the same time.
pub const NEWS: Limits =
    Limits { asks: allow(600, Duration::from_millis(100)), misses: allow(600, Duration::from_millis(100)) };
/// What is searched for among posts.
pub const SEARCHED: Limits =
    Limits { asks: allow(120, Duration::from_millis(500)), misses: allow(120, Duration::from_millis(500)) };
/// Addresses that are remembered, the latest.
const ADDRESSES: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// What is left of an allowance. It is full when nothing was taken from it for long enough: nothing runs between two asks.
#[derive(Clone, Copy, Debug)]
struct Left {
    units: u32,
    since: Instant,
}

impl Left {
    /// What is left by now.
    fn by(self, a: Allowance, now: Instant) -> Self {
        let grown = now.saturating_duration_since(self.since).as_nanos() / a.each.as_nanos();
        let grown = u32::try_from(grown).unwrap_or(u32::MAX);
        let units = self.units.saturating_add(grown).min(a.at_once);
        let since = if units == a.at_once { now } else { self.since + a.each * grown };
        Self { units, since }
    }

    /// How long until there is one, where there is none.
    fn wait(self, a: Allowance, now: Instant) -> Option<Duration> {
        (self.units == 0).then(|| (self.since + a.each).saturating_duration_since(now))
    }
}

/// What one address has left.
#[derive(Clone, Copy, Debug)]
struct Account {
    asks: Left,
    misses: Left,
}

/// Who asked how much, in memory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Throttle(Limits, Arc<Mutex<LruCache<IpAddr, Account>>>);

/// One for each thing that is asked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Throttles {
    /// Cylinders by their codes.
    pub codes: Throttle,
    /// Cases that are brought.
    pub brought: Throttle,
    /// Pictures that are kept for a form that was not taken.
    pub kept: Throttle,
    /// Ratings that are looked up.
    pub rated: Throttle,
    /// Cases that are looked up.
    pub looked_up: Throttle,
    /// Posts that are read.
    pub news: Throttle,
    /// Posts that are searched for.
    pub searched: Throttle,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            codes: Throttle::new(CODES),
            rated: Throttle::new(RATED),
            brought: Throttle::new(BROUGHT),
            kept: Throttle::new(KEPT),
            looked_up: Throttle::new(LOOKED_UP),
            news: Throttle::new(NEWS),
            searched: Throttle::new(SEARCHED),
        }
    }
}

/// An address as it is counted by: of IPv6 the network, within which anybody has as many as he likes.
fn net(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(a) => IpAddr::V6((u128::from(a) & !u128::from(u64::MAX)).into()),
    }
}

impl Throttle {
    /// Nobody asked yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(limits, Arc::new(Mutex::new(LruCache::new(ADDRESSES))))
    }

    fn with<T>(&self, address: IpAddr, now: Instant, act: impl FnOnce(&mut Account) -> T) -> T {
        let Limits { asks, misses } = self.0;
        let mut all = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |a: Allowance| Left { units: a.at_once, since: now };
        let account = all.get_or_insert_mut(net(address), || Account { asks: full(asks), misses: full(misses) });
        account.asks = account.asks.by(asks, now);
        account.misses = account.misses.by(misses, now);
        act(account)
    }

    /// One more ask, in vain until it is told to have been [`Self::found`]: of many at once no more are let in than may fail.
    ///
    /// # Errors
    /// How long to wait, where an address asked or missed too much.
    pub fn ask(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        self.with(address, now, |a| {
            let wait = a.asks.wait(self.0.asks, now).into_iter().chain(a.misses.wait(self.0.misses, now)).max();
            wait.map_or_else(
                || {
                    a.asks.units -= 1;
                    a.misses.units -= 1;
                    Ok(())
                },
                Err,
            )
        })
    }

    /// The ask led somewhere.
    pub fn found(&self, address: IpAddr, now: Instant) {
        self.with(address, now, |a| a.misses.units = (a.misses.units + 1).min(self.0.misses.at_once));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn who_tries_numbers_is_slowed_down_and_nobody_else_is() {
        let (t, start) = (Throttle::new(CODES), Instant::now());
        let mut answered = 0;
        for _ in 0..1_000 {
            if t.ask(HERE, start).is_ok() {
                answered += 1;
            }
        }
        assert_eq!(answered, CODES.misses.at_once);
        assert_eq!(t.ask(HERE, start), Err(CODES.misses.each));
        assert_eq!(t.ask("10.0.0.2".parse().unwrap(), start), Ok(()));
        // One more when so long has passed, and then none.
        let later = start + CODES.misses.each;
        assert_eq!(t.ask(HERE, later), Ok(()));
        assert_eq!(t.ask(HERE, later + CODES.misses.each / 3), Err(CODES.misses.each - CODES.misses.each / 3));
    }

    #[test]
    fn what_is_found_costs_less_and_grows_back() {
        let (t, start) = (Throttle::new(CODES), Instant::now());
        for _ in 0..CODES.asks.at_once {
            assert_eq!(t.ask(HERE, start), Ok(()));
            t.found(HERE, start);
        }
        assert_eq!(t.ask(HERE, start), Err(CODES.asks.each));
        let later = start + CODES.asks.each * 10;
        let asks = |now: Instant| {
            let ok = t.ask(HERE, now).is_ok();
            if ok {
                t.found(HERE, now);
            }
            ok
        };
        assert_eq!((0..20).filter(|_| asks(later)).count(), 10);
        let much_later = start + Duration::from_secs(86_400);
        assert_eq!((0..1_000).filter(|_| asks(much_later)).count(), CODES.asks.at_once as usize);
    }

    #[test]
    fn a_network_of_ipv6_is_one_asker_and_memory_is_bounded() {
        assert_eq!(net("2001:db8:1:2:3::4".parse().unwrap()), net("2001:db8:1:2:ffff::".parse().unwrap()));
        assert_ne!(net("2001:db8:1:2::".parse().unwrap()), net("2001:db8:1:3::".parse().unwrap()));
        let (t, now) = (Throttle::new(CODES), Instant::now());
        for n in 0..u32::try_from(ADDRESSES.get()).unwrap() + 10 {
            assert_eq!(t.ask(IpAddr::V4(n.into()), now), Ok(()));
        }
        assert_eq!(t.1.lock().unwrap().len(), ADDRESSES.get());
    }
}
