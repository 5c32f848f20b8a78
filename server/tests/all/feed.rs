//! The feed on a real socket: snapshot, deltas that join on, resume, restart, lag, midnight, refusals.

use crate::support::{NORTH, NOW, SOUTH, Server, run};
use axum::http::{HeaderName, HeaderValue, header};
use data::figures;
use domain::{
    clock::{self, DAY_MS, MINUTE_MS},
    permission::Role,
    scope::{Scope, Viewer},
    wall::{CURVE_MINUTES, Change, Delta, Figures, OPEN_LEN, ServerFrame, Snapshot, gauge},
};
use futures_util::{SinkExt, StreamExt};
use server::ws::{CLOSE_BAD_SCOPE, CLOSE_CHATTER, CLOSE_NOT_PAIRED};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves the router on a spare port. Small buffers: a reader that stops is felt soon.
pub async fn listen(s: &Server) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4_096).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(64).unwrap();
    let at = listener.local_addr().unwrap();
    let (router, stop) = (s.router.clone().into_make_service_with_connect_info::<SocketAddr>(), s.state.stop.clone());
    tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await });
    at
}

pub type Socket = WebSocketStream<TcpStream>;

pub async fn connect(at: SocketAddr, query: &str, headers: &[(HeaderName, &str)]) -> Result<Socket, Error> {
    let mut request = format!("ws://{at}/ws{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(at).await.unwrap();
    Ok(client_async(request, stream).await?.0)
}

/// What a wall is: a socket, and the state it makes of the frames.
struct Wall {
    socket: Socket,
    state: Option<Snapshot>,
    snapshots: usize,
    deltas: usize,
}

impl Wall {
    async fn open(at: SocketAddr, query: &str, cookie: &str) -> Self {
        let socket = connect(at, query, &[(header::COOKIE, cookie)]).await.unwrap();
        Self { socket, state: None, snapshots: 0, deltas: 0 }
    }

    /// One that goes on from what it knows.
    async fn resume(at: SocketAddr, scope: &str, cookie: &str, state: Snapshot) -> Self {
        let query = format!("?scope={scope}&cursor={}", state.no);
        Self { state: Some(state), ..Self::open(at, &query, cookie).await }
    }

    /// The next frame, or the close code.
    async fn frame(&mut self) -> Result<ServerFrame, u16> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("nothing came").expect("cut off").expect("broken")
            {
                // As the browser reads it.
                Message::Text(t) => return Ok(app::live::wire::parse(&t).unwrap()),
                Message::Close(c) => return Err(c.map_or(0, |c| c.code.into())),
                _ => {}
            }
        }
    }

    /// Takes the next frame in; every stretch joins on to the one before, without a hole and without an overlap.
    async fn step(&mut self) -> ServerFrame {
        let frame = self.frame().await.expect("closed");
        match &frame {
            ServerFrame::Snapshot(s) => {
                self.snapshots += 1;
                self.state = Some((**s).clone());
            }
            ServerFrame::Delta(d) => {
                let state = self.state.as_mut().expect("a delta before the first snapshot");
                assert_eq!(d.from, state.no, "it does not join on");
                let own: Vec<u64> = d.c.iter().filter(|c| !matches!(c, Change::Totals(_))).map(Change::no).collect();
                assert!(
                    own.is_sorted_by(|a, b| a < b) && own.iter().all(|n| *n > d.from && *n <= d.to),
                    "{own:?} {d:?}"
                );
                state.apply(d).unwrap();
                self.deltas += 1;
            }
            ServerFrame::Beat { to, .. } => {
                let state = self.state.as_mut().expect("a beat before the first snapshot");
                assert!(*to >= state.no);
                state.no = *to;
            }
        }
        frame
    }

    async fn until(&mut self, reached: impl Fn(&Snapshot) -> bool) {
        let all = async {
            while !self.state.as_ref().is_some_and(&reached) {
                self.step().await;
            }
        };
        timeout(PATIENCE, all).await.expect("it is not reached");
    }

    fn figures(&self, s: &Server) -> Figures {
        comparable(self.state.as_ref().unwrap().figures.clone(), s.clock.now())
    }

    /// Follows to the end of the ledger and is what whoever connects now would get.
    async fn is_right(&mut self, s: &Server) {
        let scope = self.state.as_ref().map_or(Scope::City, |s| s.scope);
        let no = data::sequence::last(s.state.db.read(), data::sequence::LEDGER).await.unwrap().unsigned_abs();
        self.until(|x| x.no >= no).await;
        // What arrived in the last hour goes out once a second.
        let wanted = comparable(fresh(s, scope).await.figures, s.clock.now());
        for _ in 0..4 {
            if self.figures(s) == wanted {
                break;
            }
            self.step().await;
        }
        assert_eq!(self.figures(s), wanted);
    }
}

async fn fresh(s: &Server, scope: Scope) -> Snapshot {
    let ask = figures::Ask {
        viewer: Viewer { scope },
        city: s.config.city,
        now: s.clock.now(),
        build: "",
        rules: &s.state.rules.now(),
    };
    figures::snapshot(&s.state.db, ask).await.unwrap()
}

/// Minutes behind the curve's begin do not matter; when a line was sent is known only to who was there.
fn comparable(mut f: Figures, now: i64) -> Figures {
    f.by_minute = f.by_minute.split_off(&(now.div_euclid(MINUTE_MS) - CURVE_MINUTES + 1));
    for c in &mut f.feed {
        if let Change::Fill(l) = c {
            l.sent = None;
        }
    }
    f
}

#[test]
fn who_may_not_listen_is_told_why() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let close = async |query: &str, cookie: &str| Wall::open(at, query, cookie).await.frame().await;
        for wrong in ["", "pingji_display=1.0", "x=y"] {
            assert_eq!(close("?scope=city", wrong).await, Err(CLOSE_NOT_PAIRED), "{wrong}");
        }
        for scope in ["nothing", "district:999999", "district:1", "org:99", "org:-1", "city%20", ""] {
            assert_eq!(close(&format!("?scope={scope}"), &cookie).await, Err(CLOSE_BAD_SCOPE), "{scope}");
        }
        let host = at.to_string();
        let try_from = async |origin: &str| {
            connect(at, "", &[(header::COOKIE, cookie.as_str()), (header::ORIGIN, origin)]).await.map(|_| ())
        };
        for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
            let Err(Error::Http(r)) = try_from(origin).await else { panic!("{origin} was let in") };
            assert_eq!(r.status(), 403, "{origin}");
        }
        for origin in [format!("http://{host}"), format!("https://{host}")] {
            try_from(&origin).await.unwrap();
        }
    });
}

#[test]
fn first_the_whole_then_what_changes() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        s.record(&s.gun, &[s.fill(1), s.fill(2)]).await;
        let at = listen(&s).await;
        let mut wall = Wall::open(at, "", &cookie).await;
        assert!(
            matches!(wall.step().await, ServerFrame::Snapshot(x) if x.figures.fills_today == 2 && x.stations.len() == 2)
        );
        // Fills, an attempt that is refused, a gap and its alarm, over HTTP and one by one.
        for n in 3..20_u64 {
            s.fills(&s.gun, &[s.fill(if n == 19 { 40 } else { n })]).await;
            s.fills(&s.south, &[s.fill(n)]).await;
        }
        let question = serde_json::json!({ "attempt": "a", "tag": "X", "medium": "LPG", "at": clock::rfc3339(NOW) });
        assert_eq!(s.post(&s.gun, "/api/v1/fills/authorize", &question).await.json()["decision"], "BLOCK");
        s.state.ingest.omissions(s.clock.now()).await.unwrap();
        wall.is_right(&s).await;
        let f = wall.figures(&s);
        assert_eq!((f.fills_today, f.blocked_today, wall.snapshots), (2 + 17 * 2, 1, 1));
        assert!(wall.deltas > 0 && f.open_alerts > 70, "{f:?}");
        s.verified().await;
    });
}

#[test]
fn a_channel_shows_its_own_only() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let scopes = [
            Scope::City,
            Scope::District(NORTH),
            Scope::District(SOUTH),
            Scope::Org(s.gun.org),
            Scope::District(410_103),
        ];
        let mut walls = vec![];
        for scope in scopes {
            let mut w = Wall::open(at, &format!("?scope={scope}"), &cookie).await;
            w.step().await;
            walls.push(w);
        }
        for n in 1..=7 {
            s.record(&s.gun, &[s.fill(n)]).await;
            if n <= 3 {
                s.record(&s.south, &[s.fill(n)]).await;
            }
        }
        let mut fills = vec![];
        for (w, scope) in walls.iter_mut().zip(scopes) {
            w.is_right(&s).await;
            let state = w.state.as_ref().unwrap();
            assert_eq!((state.scope, w.snapshots), (scope, 1));
            let own: Vec<i64> = state.stations.iter().map(|p| p.id).collect();
            let foreign = state.figures.feed.iter().any(|c| c.site().is_none_or(|site| !own.contains(&site)));
            assert!(!foreign, "{scope}");
            fills.push(state.figures.fills_today);
        }
        assert_eq!(fills, [10, 7, 3, 7, 0]);
    });
}

#[test]
fn who_comes_back_goes_on_where_it_was_also_after_a_restart() {
    run(async {
        let mut s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        for n in 1..=5 {
            s.record(&s.gun, &[s.fill(n)]).await;
        }
        let mut wall = Wall::open(at, "?scope=city", &cookie).await;
        let mut north = Wall::open(at, &format!("?scope=district:{NORTH}"), &cookie).await;
        wall.is_right(&s).await;
        north.step().await;
        let (mut state, mut seen) = (wall.state.clone().unwrap(), north.state.clone().unwrap());
        drop((wall, north));
        for round in 0..2 {
            let base = 10 * (round + 1);
            for n in base..base + 5 {
                s.record(&s.gun, &[s.fill(n)]).await;
                s.record(&s.south, &[s.fill(n)]).await;
            }
            // The first time to the same process, the second time to a new one.
            let at = if round == 0 {
                at
            } else {
                s.restart().await;
                listen(&s).await
            };
            for (scope, state) in [("city".to_owned(), &mut state), (format!("district:{NORTH}"), &mut seen)] {
                let cursor = state.no;
                let mut wall = Wall::resume(at, &scope, &cookie, state.clone()).await;
                assert!(
                    matches!(wall.step().await, ServerFrame::Delta(Delta { from, .. }) if from == cursor),
                    "{scope}"
                );
                wall.is_right(&s).await;
                assert_eq!(wall.snapshots, 0, "{scope}: no snapshot was needed");
                *state = wall.state.unwrap();
            }
        }
        assert_eq!((state.figures.fills_today, seen.figures.fills_today), (25, 15));
    });
}

#[test]
fn a_cursor_that_cannot_be_served_gets_the_whole() {
    run(async {
        let mut s = Server::new().await;
        let cookie = s.pair().await;
        s.record(&s.gun, &[s.fill(1)]).await;
        // A record of long standing.
        assert_eq!(s.sql("UPDATE sequence SET last = 30000 WHERE name = 'ledger'").await, 1);
        s.restart().await;
        s.record(&s.gun, &[s.fill(2)]).await;
        let at = listen(&s).await;
        let last = data::sequence::last(s.state.db.read(), data::sequence::LEDGER).await.unwrap();
        assert!(last > 30_000);
        let far = [(last + 1).to_string(), u64::MAX.to_string(), (last - 10_001).to_string()];
        for cursor in ["", "x", "-1", "0", "1.5", "99999999999999999999999", "19999", &far[0], &far[1], &far[2]] {
            let mut wall = Wall::open(at, &format!("?cursor={cursor}"), &cookie).await;
            assert!(matches!(wall.step().await, ServerFrame::Snapshot(_)), "{cursor}");
            wall.is_right(&s).await;
        }
        for cursor in [last, 30_000] {
            let mut wall = Wall::open(at, &format!("?cursor={cursor}"), &cookie).await;
            let frame = wall.frame().await.unwrap();
            assert!(
                matches!(frame, ServerFrame::Delta(Delta { from, to, .. }) if (from, to) == (cursor.unsigned_abs(), last.unsigned_abs()))
            );
        }
    });
}

#[test]
fn a_reader_that_stops_gets_the_whole_when_it_reads_again() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let mut slow = Wall::open(at, "", &cookie).await;
        slow.step().await;
        let mut quick = Wall::open(at, "", &cookie).await;
        quick.step().await;
        let posting = async {
            for n in 0..100_u64 {
                s.record(&s.gun, &(1..=15).map(|i| s.fill(15 * n + i)).collect::<Vec<_>>()).await;
                tokio::time::sleep(Duration::from_millis(55)).await;
            }
        };
        // The one reads while it happens, the other does not.
        tokio::join!(posting, quick.until(|x| x.figures.fills_today == 1_500));
        assert_eq!(quick.snapshots, 1, "the quick one never lagged");
        let followed = async {
            while slow.snapshots < 2 {
                slow.step().await;
            }
        };
        timeout(PATIENCE, followed).await.expect("it was sent a backlog");
        slow.is_right(&s).await;
        quick.is_right(&s).await;
        assert_eq!(slow.figures(&s), quick.figures(&s));
        assert!(slow.deltas < quick.deltas, "{} {}: it was spared the backlog", slow.deltas, quick.deltas);
        // And goes on like any other.
        s.record(&s.gun, &[s.fill(1_501)]).await;
        slow.is_right(&s).await;
        assert_eq!(slow.snapshots, 2);
    });
}

#[test]
fn revoking_closes_what_is_open() {
    run(async {
        let s = Server::new().await;
        let (cookie, other) = (s.pair().await, s.pair().await);
        let at = listen(&s).await;
        server::serve::jobs(&s.state);
        let mut wall = Wall::open(at, "", &cookie).await;
        let mut stays = Wall::open(at, "", &other).await;
        wall.step().await;
        stays.step().await;
        // As `pingji display revoke` does, beside the server.
        assert!(data::display::revoke(s.state.db.writer(), 1, NOW).await.unwrap());
        let code = loop {
            if let Err(code) = wall.frame().await {
                break code;
            }
        };
        assert_eq!(code, CLOSE_NOT_PAIRED);
        s.record(&s.gun, &[s.fill(1)]).await;
        stays.is_right(&s).await;
    });
}

#[test]
fn an_account_listens_to_its_own_part_for_as_long_as_it_is_signed_in() {
    run(async {
        let s = Server::new().await;
        let at = listen(&s).await;
        let (id, duty) = s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        let (_, north) = s.account("north", &[Role::DistrictRegulator], Scope::District(NORTH)).await;
        let (_, filler) = s.account("filler", &[Role::Filler], Scope::Org(s.gun.org)).await;
        let close = async |query: &str, cookie: &str| Wall::open(at, query, cookie).await.frame().await;
        assert_eq!(close(&format!("?scope=org:{}", s.gun.org), &filler).await, Err(CLOSE_NOT_PAIRED));
        for scope in ["city", &format!("district:{SOUTH}"), &format!("org:{}", s.south.org), "district:999999"] {
            assert_eq!(close(&format!("?scope={scope}"), &north).await, Err(CLOSE_BAD_SCOPE), "{scope}");
        }
        let mut own = Wall::open(at, &format!("?scope=district:{NORTH}"), &north).await;
        own.step().await;
        let mut wall = Wall::open(at, "", &duty).await;
        wall.step().await;
        let closed = async |wall: &mut Wall| loop {
            if let Err(code) = wall.frame().await {
                break code;
            }
        };
        assert_eq!(data::session::end_others(s.state.db.writer(), id, 0).await.unwrap(), 1);
        assert_eq!(closed(&mut wall).await, CLOSE_NOT_PAIRED);
        // Whoever may see another part from now on is to ask anew.
        s.sql("UPDATE account SET scope = 'district:410102' WHERE login = 'north'").await;
        assert_eq!(closed(&mut own).await, CLOSE_NOT_PAIRED);
    });
}

#[test]
fn a_new_day_begins_with_nothing_filled() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let mut wall = Wall::open(at, "", &cookie).await;
        s.record(&s.gun, &[s.fill(1), s.fill(2)]).await;
        wall.until(|x| x.figures.fills_today == 2).await;
        let day = wall.state.as_ref().unwrap().day;
        assert_eq!(day, clock::local_day(NOW));
        // Fills go on while the day turns.
        let turn = async {
            for n in 3..40_u64 {
                if n == 20 {
                    s.clock.shift(clock::day_start(day + 1) - s.clock.now());
                }
                s.record(&s.gun, &[s.fill(n)]).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::join!(turn, wall.until(|x| x.day == day + 1 && x.figures.fills_today == 20));
        wall.is_right(&s).await;
        assert_eq!(wall.snapshots, 2);
        let mut late = Wall::open(at, "", &cookie).await;
        late.step().await;
        assert_eq!((late.state.as_ref().unwrap().day, late.figures(&s)), (day + 1, wall.figures(&s)));
        // A quiet midnight too.
        s.clock.shift(DAY_MS);
        wall.until(|x| x.day == day + 2).await;
        assert_eq!((wall.figures(&s).fills_today, wall.figures(&s).by_district.len()), (0, 0));
        wall.is_right(&s).await;
    });
}

#[test]
fn a_client_that_talks_too_much_is_let_go() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let mut wall = Wall::open(at, "", &cookie).await;
        wall.step().await;
        for _ in 0..21 {
            // The server may hang up before the last one.
            if wall.socket.send(Message::text("hello")).await.is_err() {
                break;
            }
        }
        let code = loop {
            if let Err(code) = wall.frame().await {
                break code;
            }
        };
        assert_eq!(code, CLOSE_CHATTER);
        // A message larger than any it could have to say is the end as well.
        let mut wall = Wall::open(at, "", &cookie).await;
        wall.step().await;
        wall.socket.send(Message::text("x".repeat(5_000))).await.unwrap();
        let ended = async {
            while let Some(Ok(m)) = wall.socket.next().await {
                if m.is_close() {
                    break;
                }
            }
        };
        timeout(PATIENCE, ended).await.expect("it goes on");
        let mut calm = Wall::open(at, "", &cookie).await;
        calm.step().await;
        for _ in 0..15 {
            calm.socket.send(Message::text("{}")).await.unwrap();
        }
        s.record(&s.gun, &[s.fill(1)]).await;
        calm.is_right(&s).await;
    });
}

#[test]
fn an_alert_noted_on_one_wall_is_noted_on_all() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let mut walls = vec![];
        for scope in [Scope::City, Scope::District(NORTH), Scope::District(SOUTH)] {
            let mut w = Wall::open(at, &format!("?scope={scope}"), &cookie).await;
            w.step().await;
            walls.push(w);
        }
        s.record(&s.gun, &[s.fill(1)]).await;
        for w in &mut walls {
            w.is_right(&s).await;
        }
        let first = walls[0].state.as_ref().unwrap().figures.open[0].no;
        let city = Viewer { scope: Scope::City };
        let note = async |no: u64| {
            s.state.ingest.acknowledge(city, no.cast_signed(), data::ledger::By::Display(1)).await.unwrap()
        };
        assert_eq!(note(first).await, data::ledger::Noted::Now);
        assert_eq!(note(first).await, data::ledger::Noted::Before);
        for w in &mut walls {
            w.is_right(&s).await;
            assert_eq!(w.snapshots, 1, "a delta says it");
        }
        let noted = |w: &Wall| w.state.as_ref().unwrap().figures.open.iter().filter(|a| a.noted.is_some()).count();
        assert_eq!(walls.iter().map(noted).collect::<Vec<_>>(), [1, 1, 0]);
        // More than are named: what comes up from behind is read anew.
        s.record(&s.gun, &(2..=60).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
        for w in &mut walls {
            w.is_right(&s).await;
        }
        let oldest = walls[0].state.as_ref().unwrap().figures.open[0].no;
        assert_eq!(note(oldest).await, data::ledger::Noted::Now);
        walls[0].until(|x| x.figures.open[0].no > oldest && x.figures.open.len() == OPEN_LEN).await;
        walls[0].is_right(&s).await;
        s.verified().await;
    });
}

#[test]
fn the_last_hour_moves_on_by_itself() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let at = listen(&s).await;
        let mut wall = Wall::open(at, "", &cookie).await;
        s.record(&s.gun, &[s.fill(1), s.fill(4)]).await;
        let hour = |x: &Snapshot| [gauge::EXPECTED, gauge::MISSING].map(|kind| x.figures.gauges.sum(kind));
        wall.until(|x| hour(x) == [4, 2]).await;
        s.record(&s.gun, &[s.fill(2)]).await;
        wall.until(|x| hour(x) == [4, 1]).await;
        s.clock.shift(61 * MINUTE_MS);
        wall.until(|x| hour(x) == [0, 0]).await;
        assert_eq!(wall.snapshots, 1);
        wall.is_right(&s).await;
    });
}
