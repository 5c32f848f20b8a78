//! `pingji bench sockets`: many walls at once under load, some of which stop reading for a while.

use super::{
    child::{Scratch, Server, settings},
    gun::{self, Batch, Gun, now_ms},
    stats::Histogram,
    verdict, world,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use futures_util::{SinkExt, StreamExt};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Guns that send the fills.
const GUNS: usize = 10;
/// How much slower the others may become while some have stopped.
const SLOWER: f64 = 1.2;
/// How much memory may grow.
const GROWTH: f64 = 0.05;

/// How much of everything.
pub struct Options {
    /// Sockets.
    pub sockets: usize,
    /// Fills a second.
    pub rate: u32,
    /// Sockets that stop reading.
    pub stalled: usize,
    /// For how long.
    pub stall_seconds: f64,
    /// The whole measurement.
    pub seconds: f64,
}

type Socket = WebSocketStream<TcpStream>;

/// What the healthy sockets write to and the stalled ones look at.
#[derive(Default)]
struct Shared {
    /// Before the stall, during it, after it.
    latency: [Histogram; 3],
    phase: AtomicU64,
    ended: AtomicBool,
    frames: AtomicU64,
    closed: AtomicU64,
}

/// What a stalled socket found when it read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Snapshot,
    Closed,
    /// Every single frame that was sent meanwhile: stale figures one after another.
    Backlog,
    Nothing,
}

async fn connect(at: SocketAddr, cookie: &str, small: bool) -> Result<Socket, Failure> {
    let mut r = format!("ws://{at}/ws?scope=city").into_client_request()?;
    r.headers_mut().insert("cookie", cookie.parse()?);
    let tcp = TcpSocket::new_v4()?;
    if small {
        // As over a thin line: the system's own buffers shall not hide that nobody reads.
        tcp.set_recv_buffer_size(16 * 1024)?;
    }
    let stream = tcp.connect(at).await?;
    stream.set_nodelay(true)?;
    Ok(tokio_tungstenite::client_async(r, stream).await?.0)
}

/// The first (oldest) fill's time of sending in a frame.
fn sent(frame: &str) -> Option<f64> {
    let rest = &frame[frame.find("\"x\":")? + 4..];
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
}

async fn healthy(mut socket: Socket, shared: Arc<Shared>) {
    let mut first = true;
    while !shared.ended.load(Ordering::Relaxed) {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                shared.frames.fetch_add(1, Ordering::Relaxed);
                // The first one is the snapshot, with fills of the past.
                if !std::mem::take(&mut first)
                    && let Some(sent) = sent(&text)
                {
                    shared.latency[shared.phase.load(Ordering::Relaxed) as usize].note(now_ms() as f64 - sent);
                }
            }
            Ok(Some(Ok(Message::Ping(_)))) => drop(socket.flush().await),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => {
                shared.closed.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// Reads, stops for a while, reads again, and connects anew where it was let go.
async fn stalling(
    mut socket: Socket,
    at: SocketAddr,
    cookie: String,
    shared: Arc<Shared>,
    stall: Duration,
) -> (Found, bool) {
    while shared.phase.load(Ordering::Relaxed) == 0 {
        // Whatever comes before the stall is of no interest.
        drop(tokio::time::timeout(Duration::from_millis(500), socket.next()).await);
    }
    tokio::time::sleep(stall).await;
    let (until, mut found) = (Instant::now() + Duration::from_secs(20), Found::Nothing);
    while Instant::now() < until {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                if text.contains("\"by_minute\"") {
                    return (Found::Snapshot, true);
                }
                // A frame made after it read again: it has caught up, by deltas alone.
                if sent(&text).is_some_and(|s| now_ms() as f64 - s < 1_000.0) {
                    found = Found::Backlog;
                    break;
                }
            }
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => {
                found = Found::Closed;
                break;
            }
            Ok(Some(Ok(_))) | Err(_) => {}
        }
    }
    let Ok(mut again) = connect(at, &cookie, false).await else { return (found, false) };
    let back = tokio::time::timeout(Duration::from_secs(10), again.next()).await;
    (found, matches!(back, Ok(Some(Ok(Message::Text(t)))) if t.contains("\"by_minute\"")))
}

async fn load(gun: Gun, http: reqwest::Client, base: String, every: Duration, shared: Arc<Shared>) -> (u64, u64) {
    let (mut seq, mut refused) = (1, 0);
    let mut tick = tokio::time::interval(every);
    while !shared.ended.load(Ordering::Relaxed) {
        tick.tick().await;
        let body = serde_json::to_vec(&Batch { records: &[gun.fill(seq)] }).unwrap_or_default();
        match gun.post(&http, &base, "/api/v1/fills", body).await {
            Ok((200, _)) => seq += 1,
            _ => refused += 1,
        }
    }
    (seq - 1, refused)
}

/// Asks for more open files, as far as the hard limit goes.
fn open_files() {
    let me = std::process::id().to_string();
    // Without `prlimit` the limit stays as it is; too low a one shows itself at once.
    for n in ["--nofile=8192:", "--nofile=65536:"] {
        drop(
            std::process::Command::new("prlimit").args(["--pid", &me, n]).stderr(std::process::Stdio::null()).status(),
        );
    }
}

/// Runs the measurement.
pub async fn run(config: &Config, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    open_files();
    let scratch = Scratch::new(dir.as_deref())?;
    let config = settings(config, scratch.path(), None);
    let guns = world::make(&config, world::Size { guns: GUNS, cylinders: 100, authorised: true }).await?.guns;
    let mut server = Server::start(&config).await?;
    let http = gun::client(Duration::from_secs(10))?;
    let cookie = server.pair(&http).await?;
    let at: SocketAddr = server.base.trim_start_matches("http://").parse()?;
    let shared = Arc::new(Shared::default());
    let stall = Duration::from_secs_f64(o.stall_seconds);
    let (mut readers, mut sleepers) = (vec![], vec![]);
    for n in 0..o.sockets {
        let socket = connect(at, &cookie, n < o.stalled).await?;
        if n < o.stalled {
            sleepers.push(tokio::spawn(stalling(socket, at, cookie.clone(), Arc::clone(&shared), stall)));
        } else {
            readers.push(tokio::spawn(healthy(socket, Arc::clone(&shared))));
        }
    }
    let every = Duration::from_secs_f64(GUNS as f64 / f64::from(o.rate.max(1)));
    let started = Instant::now();
    let senders: Vec<_> = guns
        .into_iter()
        .map(|g| tokio::spawn(load(g, http.clone(), server.base.clone(), every, Arc::clone(&shared))))
        .collect();

    // Before the stall, in which everything warms up for a tenth; the stall; and the rest.
    let whole = Duration::from_secs_f64(o.seconds.max(o.stall_seconds + 20.0));
    let rest = whole.saturating_sub(stall + Duration::from_secs(10)) / 2;
    let warm = (whole / 10).min(rest);
    tokio::time::sleep(warm).await;
    let rss = server.rss_kib().unwrap_or(0);
    tokio::time::sleep(rest - warm).await;
    shared.phase.store(1, Ordering::Relaxed);
    tokio::time::sleep(stall + Duration::from_secs(5)).await;
    shared.phase.store(2, Ordering::Relaxed);
    tokio::time::sleep(whole.saturating_sub(started.elapsed())).await;
    let rss_end = server.rss_kib().unwrap_or(0);
    let seconds = started.elapsed().as_secs_f64();
    let lagged = server.metric(&http, "pingji_feed_lagged_total").await?.abs();
    let (mut found, mut not_back) = (vec![], 0);
    for s in sleepers {
        let (f, back) = s.await?;
        found.push(f);
        not_back += usize::from(!back);
    }
    shared.ended.store(true, Ordering::Relaxed);
    let (mut fills, mut refused) = (0, 0);
    for s in senders {
        let (a, b) = s.await?;
        fills += a;
        refused += b;
    }
    for r in readers {
        r.await?;
    }
    let closed = shared.closed.load(Ordering::Relaxed);
    say(&format!(
        "{} sockets, {:.0} fills/s for {seconds:.0} s ({refused} refused), {} frames received, {closed} healthy sockets lost",
        o.sockets,
        fills as f64 / seconds,
        shared.frames.load(Ordering::Relaxed)
    ));
    for (when, h) in ["before any stalled", "while some stalled", "after it"].iter().zip(&shared.latency) {
        say(&format!("delivery, {when}: {} ({} frames)", h.shown(), h.count()));
    }
    let of = |f: Found| found.iter().filter(|x| **x == f).count();
    say(&format!(
        "{} stopped reading for {:.0} s: {} got a snapshot, {} were closed, {} got the backlog, {} nothing; {not_back} could not come back; {lagged} lagged",
        o.stalled,
        o.stall_seconds,
        of(Found::Snapshot),
        of(Found::Closed),
        of(Found::Backlog),
        of(Found::Nothing)
    ));
    let growth = rss_end as f64 / rss.max(1) as f64 - 1.0;
    say(&format!(
        "memory of the server after {:.0} s {:.1} MiB, after {seconds:.0} s {:.1} MiB ({:+.1} %)",
        warm.as_secs_f64(),
        rss as f64 / 1024.0,
        rss_end as f64 / 1024.0,
        growth * 100.0
    ));
    let (without, with) = (shared.latency[0].percentile(0.99), shared.latency[1].percentile(0.99));
    let checks = [
        (server.alive(), "the server ended".to_owned()),
        (closed == 0, format!("{closed} healthy sockets were lost")),
        (
            of(Found::Snapshot) + of(Found::Closed) == o.stalled,
            "not every stalled socket got a snapshot or a close".into(),
        ),
        (not_back == 0, format!("{not_back} stalled sockets could not come back")),
        (
            with <= without * SLOWER,
            format!("p99 {with:.1} ms with stalled sockets, {without:.1} ms without: more than {SLOWER} times"),
        ),
        (growth <= GROWTH, format!("memory grew by {:.1} %", growth * 100.0)),
    ];
    verdict(&checks.into_iter().filter(|(ok, _)| !ok).map(|(_, why)| why).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_sending_is_found() {
        assert_eq!(sent("{\"t\":\"f\",\"v\":[],\"x\":1763712000000}"), Some(1_763_712_000_000.0));
        assert_eq!((sent("{}"), sent("\"x\":")), (None, None));
    }
}
