//! When to connect, when to give a connection up, and what to say of the data meanwhile. Time comes in as an argument
//! (ms of a clock that never steps), so that every case can be tested.

use super::backoff;

/// Silence after which data counts as stale, ms. The server says something each second; looked at ten times a second,
/// the wall says so within three.
pub const STALE_MS: f64 = 2_800.0;
/// Silence after which the connection counts as dead, ms.
pub const DEAD_MS: f64 = 6_000.0;
/// Wait between attempts of a display that is not paired, ms: it may be paired again at any time.
pub const DENIED_WAIT_MS: f64 = 10_000.0;
/// The server's code for «this display is not paired» (any more).
pub const CLOSE_NOT_PAIRED: u16 = 4401;
/// The server's code for «there is no such part of the city».
pub const CLOSE_BAD_SCOPE: u16 = 4404;

/// What the wall says of its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was received since the page was loaded.
    #[default]
    Connecting,
    /// Something was received within [`STALE_MS`].
    Live,
    /// Silence for longer than that.
    Stale,
    /// The server does not know this display, or not any more.
    NotPaired,
    /// The address names a part of the city that does not exist. It is not asked for again.
    NoScope,
}

impl Phase {
    /// The word for `data-state`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::NotPaired => "unpaired",
            Self::NoScope => "unknown",
        }
    }
}

/// What the caller has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Todo {
    /// Nothing.
    Nothing,
    /// Open a socket for this generation, closing any other.
    Connect(u32),
    /// Close the socket: it is dead, another attempt will follow.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Down {
        due: f64,
    },
    Opening {
        since: f64,
    },
    Open {
        since: f64,
    },
    /// Nothing will come of asking again.
    Ended,
}

/// One connection after the other. Each has a generation; whatever an older one still reports is ignored.
#[derive(Clone, Debug)]
pub struct Link {
    state: State,
    generation: u32,
    attempt: u32,
    heard: Option<f64>,
    denied: bool,
    whole: bool,
}

impl Link {
    /// A link that connects at the first tick.
    #[must_use]
    pub const fn new(now: f64) -> Self {
        Self { state: State::Down { due: now }, generation: 0, attempt: 0, heard: None, denied: false, whole: false }
    }

    /// To be called several times a second.
    pub fn tick(&mut self, now: f64, random: f64) -> Todo {
        match self.state {
            State::Down { due } if now >= due => {
                self.state = State::Opening { since: now };
                self.generation += 1;
                Todo::Connect(self.generation)
            }
            State::Down { .. } | State::Ended => Todo::Nothing,
            State::Opening { since } | State::Open { since } => {
                let silent = now - self.heard.map_or(since, |h| h.max(since));
                if silent < DEAD_MS {
                    return Todo::Nothing;
                }
                self.lost(now, random);
                Todo::Close
            }
        }
    }

    /// The socket of `generation` opened.
    pub const fn opened(&mut self, generation: u32, now: f64) {
        if generation == self.generation && matches!(self.state, State::Opening { .. }) {
            self.state = State::Open { since: now };
        }
    }

    /// A frame that reads well came in; answers whether it is to be used.
    pub fn heard(&mut self, generation: u32, now: f64) -> bool {
        if !self.listens(generation) {
            return false;
        }
        self.heard = Some(now);
        self.denied = false;
        true
    }

    /// What came could be used. Only now the waits begin anew: neither a server that accepts and closes again nor one
    /// that sends what does not join on is to be asked four times a second.
    pub const fn accepted(&mut self) {
        self.attempt = 0;
    }

    /// Whether this is the present socket's generation.
    #[must_use]
    pub fn listens(&self, generation: u32) -> bool {
        generation == self.generation && !matches!(self.state, State::Down { .. } | State::Ended)
    }

    /// The socket of `generation` closed, with the server's code.
    pub fn closed(&mut self, generation: u32, code: u16, now: f64, random: f64) {
        if !self.listens(generation) {
            return;
        }
        if code == CLOSE_NOT_PAIRED {
            self.denied = true;
            self.whole = true;
            self.state = State::Down { due: now + DENIED_WAIT_MS };
        } else if code == CLOSE_BAD_SCOPE {
            self.state = State::Ended;
        } else {
            self.lost(now, random);
        }
    }

    /// Connect anew at the next tick. `whole`: what we have does not join on, ask for a snapshot.
    pub const fn resync(&mut self, now: f64, whole: bool) {
        self.whole |= whole;
        if !matches!(self.state, State::Ended) {
            self.state = State::Down { due: now };
        }
    }

    /// What came cannot be used: connect anew and ask for a snapshot, but not at once for ever.
    pub fn unusable(&mut self, now: f64, random: f64) {
        self.whole = true;
        self.lost(now, random);
    }

    /// Whether the next connection must ask for a snapshot rather than say its cursor.
    #[must_use]
    pub const fn wants_whole(&self) -> bool {
        self.whole
    }

    /// A snapshot arrived.
    pub const fn got_whole(&mut self) {
        self.whole = false;
    }

    /// What to say of the data.
    #[must_use]
    pub fn phase(&self, now: f64) -> Phase {
        match self.heard {
            _ if matches!(self.state, State::Ended) => Phase::NoScope,
            _ if self.denied => Phase::NotPaired,
            None => Phase::Connecting,
            Some(heard) if now - heard >= STALE_MS => Phase::Stale,
            Some(_) => Phase::Live,
        }
    }

    /// Time since anything was received, ms.
    #[must_use]
    pub fn silence(&self, now: f64) -> Option<f64> {
        self.heard.map(|heard| (now - heard).max(0.0))
    }

    fn lost(&mut self, now: f64, random: f64) {
        self.state = State::Down { due: now + backoff::wait_ms(self.attempt, random) };
        self.attempt = self.attempt.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Link {
        let mut l = Link::new(0.0);
        assert_eq!(l.phase(0.0), Phase::Connecting);
        assert_eq!(l.tick(0.0, 0.5), Todo::Connect(1));
        assert_eq!(l.tick(100.0, 0.5), Todo::Nothing);
        l.opened(1, 100.0);
        assert!(l.heard(1, 200.0));
        l
    }

    #[test]
    fn three_seconds_of_silence_are_stale_six_are_dead() {
        let mut l = open();
        assert_eq!(l.phase(2_999.0), Phase::Live);
        assert_eq!(l.phase(3_000.0), Phase::Stale);
        assert_eq!(l.silence(3_200.0), Some(3_000.0));
        assert_eq!(l.tick(6_199.0, 0.5), Todo::Nothing);
        assert_eq!(l.tick(6_200.0, 0.5), Todo::Close);
        assert_eq!(l.tick(6_449.0, 0.5), Todo::Nothing);
        assert_eq!(l.tick(6_450.0, 0.5), Todo::Connect(2));
        assert_eq!(l.phase(9_000.0), Phase::Stale);
        l.opened(2, 6_500.0);
        assert!(l.heard(2, 9_100.0));
        assert_eq!(l.phase(9_100.0), Phase::Live);
    }

    #[test]
    fn an_old_socket_is_not_listened_to() {
        let mut l = open();
        l.resync(1_000.0, false);
        assert!(!l.heard(1, 1_001.0), "it is being closed");
        assert_eq!(l.tick(1_010.0, 0.5), Todo::Connect(2));
        assert!(!l.heard(1, 1_020.0));
        l.closed(1, 1006, 1_030.0, 0.5);
        l.opened(1, 1_031.0);
        assert!(l.heard(2, 1_040.0), "the close of the old one did not take the new one down");
    }

    #[test]
    fn attempts_go_on_for_ever_and_slow_down() {
        let mut l = open();
        let mut now = 300.0;
        l.closed(1, 1006, now, 0.5);
        let mut gaps = vec![];
        for _ in 0..60 {
            let start = now;
            let generation = loop {
                now += 10.0;
                if let Todo::Connect(g) = l.tick(now, 0.5) {
                    break g;
                }
            };
            gaps.push(now - start);
            l.opened(generation, now);
            l.closed(generation, 1006, now, 0.5);
        }
        assert!(gaps[0] < 300.0 && gaps[59] >= 10_000.0 && gaps[59] < 10_100.0, "{gaps:?}");
    }

    #[test]
    fn a_socket_that_never_opens_is_given_up() {
        let mut l = Link::new(0.0);
        assert_eq!(l.tick(0.0, 0.5), Todo::Connect(1));
        assert_eq!(l.tick(DEAD_MS, 0.5), Todo::Close);
    }

    #[test]
    fn a_revoked_display_says_so_and_goes_on_asking() {
        let mut l = open();
        l.closed(1, CLOSE_NOT_PAIRED, 1_000.0, 0.5);
        assert_eq!(l.phase(1_000.0), Phase::NotPaired);
        assert_eq!(l.tick(10_999.0, 0.5), Todo::Nothing);
        assert_eq!(l.tick(11_000.0, 0.5), Todo::Connect(2));
        assert!(l.wants_whole());
        assert!(l.heard(2, 11_100.0));
        assert_eq!(l.phase(11_100.0), Phase::Live);
    }

    #[test]
    fn a_part_of_the_city_that_does_not_exist_is_not_asked_for_again() {
        let mut l = open();
        l.closed(1, CLOSE_BAD_SCOPE, 1_000.0, 0.5);
        assert_eq!(l.phase(1_000.0), Phase::NoScope);
        l.resync(2_000.0, false);
        assert_eq!(l.tick(1e9, 0.5), Todo::Nothing);
        assert_eq!(l.phase(1e9), Phase::NoScope);
    }

    #[test]
    fn frames_of_no_use_slow_the_attempts_down_too() {
        let mut l = open();
        let mut waits = vec![];
        for generation in 1..8 {
            assert!(l.heard(generation, 0.0));
            l.unusable(0.0, 0.5);
            let wait = (0..2_000).map(|n| f64::from(n) * 10.0).find(|t| l.tick(*t, 0.5) != Todo::Nothing).unwrap();
            waits.push(wait);
        }
        assert!(waits.windows(2).all(|w| w[0] < w[1] || w[1] >= 8_000.0), "{waits:?}");
        l.accepted();
        l.unusable(0.0, 0.5);
        assert_eq!(l.tick(250.0, 0.5), Todo::Connect(9));
    }

    #[test]
    fn a_gap_asks_for_the_whole_once() {
        let mut l = open();
        assert!(!l.wants_whole());
        l.unusable(500.0, 0.5);
        assert!(l.wants_whole());
        assert_eq!(l.tick(750.0, 0.5), Todo::Connect(2));
        assert!(l.wants_whole(), "until it has come");
        l.got_whole();
        assert!(!l.wants_whole());
    }
}
