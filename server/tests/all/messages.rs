//! Messages on their way: a server that is killed in the middle of five thousand, a mail server of the tests' own, a gateway that fails.

use crate::support::{NORTH, Server, on_postgres, on_sqlite, run};
use data::{
    Db, account, contact, mail,
    message::{self, Written, delivery},
    message_job, message_list,
    secret::Master,
};
use domain::{
    list::ListQuery,
    message::{Audience, Channel, Composed, Contact, Delivery, MailServer, Quiet, Standing, Tls, Whom, Why},
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use server::messages::{Messages, sms::Fault};
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

const CITY: Viewer = Viewer { scope: Scope::City };

/// People of the northern district, each with a number and an address.
async fn people(s: &Server, n: i64) -> Vec<i64> {
    let master = s.state.access.master.clone();
    let txn = s.state.db.begin_write().await.unwrap();
    let mut ids = vec![];
    for i in 0..n {
        let new = account::New {
            login: format!("p{i}"),
            name: format!("P{i}"),
            scope: Scope::District(NORTH),
            roles: vec![],
            password: String::new(),
            must_change: false,
        };
        let id = account::insert(&txn, new, 0).await.unwrap().unwrap();
        let c = Contact {
            phone: format!("138{i:08}"),
            mail: format!("p{i}@example.cn"),
            quiet: Some(Quiet::NEVER),
            digest: false,
        };
        contact::put(&txn, &master, id, &c, 0).await.unwrap();
        ids.push(id);
    }
    txn.commit().await.unwrap();
    ids
}

async fn compose(s: &Server, by: i64, channels: &[Channel], to: Whom) -> i64 {
    let c = Composed {
        title: "通知".into(),
        body: "{姓名},请查收".into(),
        channels: channels.to_vec(),
        audience: Audience { whom: to, roles: vec![] },
        send_at: s.clock.now(),
        urgent: false,
    };
    let txn = s.state.db.begin_write().await.unwrap();
    let Written::New(id) = message::compose(&txn, CITY, &c, (by, s.clock.now())).await.unwrap() else { panic!() };
    txn.commit().await.unwrap();
    id
}

/// The same record under a new process's hands.
fn process(s: &Server) -> Messages {
    over(s, s.state.db.clone())
}

fn over(s: &Server, db: Db) -> Messages {
    let dir = s.config.data_dir.join("messages");
    Messages::new(db, s.state.access.master.clone(), &dir, s.clock.clone()).unwrap()
}

/// Sendings by channel and state.
async fn states(s: &Server, id: i64) -> BTreeMap<(String, String), usize> {
    let all = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id)).all(s.state.db.read()).await.unwrap();
    all.into_iter().fold(BTreeMap::new(), |mut out, d| {
        *out.entry((d.channel, d.state)).or_default() += 1;
        out
    })
}

/// A small generator: the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Runs processes until nothing is left, each killed after a while; tells how many were.
async fn killed(s: &Server, longest_us: u64, faults: bool) -> usize {
    let mut random = Random(7);
    for kills in 0..20_000 {
        // Its connections end with it, as they do when a process is killed.
        let db = Db::connect(&s.config.database_url).await.unwrap();
        let m = over(s, db.clone());
        if faults && random.below(4) == 0 {
            let all = [Fault::RateLimit, Fault::Partial(17), Fault::LostAnswer, Fault::Timeout];
            m.sms().does([all[usize::try_from(random.below(4)).unwrap()]]);
        }
        let stop = CancellationToken::new();
        let life = Duration::from_micros(200 + random.below(longest_us));
        let work = async {
            m.begin().await.unwrap();
            while m.step(&stop).await.unwrap() {}
        };
        let ended = tokio::time::timeout(life, work).await.is_ok();
        drop(m);
        db.close().await.unwrap();
        if !ended {
            continue;
        }
        match message_job::due(s.state.db.read()).await.unwrap() {
            // Waits for another try: time goes by.
            Some(at) => s.clock.shift((at - s.clock.now()).max(0) + 1),
            None => return kills,
        }
    }
    panic!("it never ends");
}

async fn five_thousand_get_exactly_one_each(s: Server) {
    let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
    let ids = people(&s, 5_000).await;
    let id = compose(&s, chief, &[Channel::Inbox, Channel::Sms], Whom::Districts(vec![NORTH])).await;
    let kills = killed(&s, 150_000, true).await;
    assert!(kills > 10, "killed {kills} times only");
    let log = fs::read_to_string(s.config.data_dir.join("messages/sms.log")).unwrap();
    let keys: Vec<String> = log
        .lines()
        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
        .map(|l| l["key"].as_str().unwrap().to_owned())
        .collect();
    let once: HashSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), once.len()), (5_000, 5_000), "each text message left the house once");
    assert!(ids.iter().all(|a| once.contains(&format!("pingji-{id}-{a}-sms-1"))));
    assert!(!log.contains("13800000001") && log.contains("138****0001"), "numbers are masked");
    let sent = |c: Channel| ((c.code().to_owned(), Delivery::Sent.code().to_owned()), 5_000);
    assert_eq!(states(&s, id).await, BTreeMap::from([sent(Channel::Inbox), sent(Channel::Sms)]));
    let recipients = message::recipient::Entity::find().count(s.state.db.read()).await.unwrap();
    assert_eq!(recipients, 5_000);
    let mine = message_list::inbox(&s.state.db, ids[42], &ListQuery::default()).await.unwrap().rows;
    assert_eq!((mine.len(), mine[0].body.as_str()), (1, "P42,请查收"));
    // What the gateway said of them is read by whoever comes after, twice where it is not remembered, and each is delivered.
    for again in [false, true] {
        if again {
            fs::remove_file(s.config.data_dir.join("messages/sms.reports.at")).unwrap();
        }
        let m = process(&s);
        while m.listen().await.unwrap() {}
        let of = |c: Channel, d: Delivery| ((c.code().to_owned(), d.code().to_owned()), 5_000);
        let want = BTreeMap::from([of(Channel::Inbox, Delivery::Sent), of(Channel::Sms, Delivery::Delivered)]);
        assert_eq!(states(&s, id).await, want);
    }
    // The log tells of it once, and of nobody's number.
    let audit = data::audit::list(s.state.db.read(), &data::audit::Filter::default(), 1_000).await.unwrap();
    assert_eq!(audit.iter().filter(|r| r.action == "message.out").count(), 1);
    assert!(audit.iter().all(|r| !r.detail.contains("138000") && !r.detail.contains('@')));
}

#[test]
fn five_thousand_on_sqlite() {
    on_sqlite(five_thousand_get_exactly_one_each);
}

#[test]
fn five_thousand_on_postgres() {
    on_postgres(five_thousand_get_exactly_one_each);
}

/// What the gateway says later is noted: of whom it arrived, and why it did not with the others.
async fn reports_are_noted(s: Server) {
    let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
    let ids = people(&s, 6).await;
    let master = s.state.access.master.clone();
    for (n, phone) in [(1, "19900000001"), (2, "19900000002"), (3, "19900000003"), (4, "19900000004")] {
        let c = Contact { phone: phone.into(), mail: String::new(), quiet: Some(Quiet::NEVER), digest: false };
        contact::put(s.state.db.writer(), &master, ids[n], &c, 0).await.unwrap();
    }
    let id = compose(&s, chief, &[Channel::Inbox, Channel::Sms], Whom::Accounts(ids[..5].to_vec())).await;
    let m = process(&s);
    // Its answer is lost: it has them, and says so before they are offered again.
    m.sms().does([Fault::LostAnswer]);
    let stop = CancellationToken::new();
    while m.step(&stop).await.unwrap() {}
    assert_eq!(states(&s, id).await[&("sms".to_owned(), Delivery::Queued.code().to_owned())], 5);
    // Among what stands there is what it never said.
    let path = s.config.data_dir.join("messages/sms.reports");
    let mut text = fs::read_to_string(&path).unwrap();
    let line = |key: &str, stat: &str| format!("{{\"at\":\"\",\"key\":\"{key}\",\"stat\":\"{stat}\"}}\n");
    let (inbox, round) = (format!("pingji-{id}-{}-inbox-1", ids[0]), format!("pingji-{id}-{}-sms-9", ids[4]));
    let long = "x".repeat(100_000);
    let hostile = format!("\n\0\n{long}\n{}{}", line(&inbox, "UNDELIV"), line(&round, "DELIVRD"));
    text.insert_str(0, &hostile);
    text.push_str("{\"at\":\"\",\"key\":\"pingji-");
    fs::write(&path, text).unwrap();
    while m.listen().await.unwrap() {}
    let all = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id)).all(s.state.db.read()).await.unwrap();
    let mut sms: Vec<_> =
        all.iter().filter(|d| d.channel == "sms").map(|d| (d.account_id, &*d.state, &*d.why)).collect();
    sms.sort_unstable();
    let failed = Delivery::Failed.code();
    let want = [
        (ids[0], Delivery::Delivered.code(), ""),
        (ids[1], failed, Why::Undelivered.code()),
        (ids[2], failed, Why::Expired.code()),
        (ids[3], failed, Why::Rejected.code()),
        (ids[4], Delivery::Queued.code(), Why::Late.code()),
    ];
    assert_eq!(sms, want);
    assert!(all.iter().filter(|d| d.channel == "inbox").all(|d| d.state == Delivery::Sent.code()));
    // What waits for its next try is not sent a second time, and nothing more is ever heard of it.
    s.clock.shift(60_000);
    while m.step(&stop).await.unwrap() {}
    while m.listen().await.unwrap() {}
    let page = message_list::recipients(&s.state.db, CITY, id, &ListQuery::default()).await.unwrap().unwrap();
    let standing: Vec<Standing> = page.rows.iter().map(|r| r.standing).collect();
    assert_eq!(standing[0], Standing::Delivered);
    assert_eq!(standing[1..], [Standing::Sent; 4], "all have it in their inbox");
    let line = message_list::one(&s.state.db, CITY, id).await.unwrap().unwrap();
    assert_eq!((line.tally.delivered, line.tally.failed, line.tally.open), (1, 3, 0));
}

#[test]
fn reports_on_sqlite() {
    on_sqlite(reports_are_noted);
}

#[test]
fn reports_on_postgres() {
    on_postgres(reports_are_noted);
}

/// A mail server: it keeps the id of each message, and knows nobody whose name begins with `p13`.
async fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let all = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(talk(socket, Arc::clone(&all)));
        }
    });
    (port, got)
}

async fn talk(socket: TcpStream, got: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (r, mut w) = socket.into_split();
    let mut lines = BufReader::new(r).lines();
    w.write_all(b"220 test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "RCPT" if line.contains("<p13@") => b"550 no such user\r\n",
            // In the middle of this one the connection ends.
            "RCPT" if line.contains("<p61@") => return Ok(()),
            "DATA" => {
                w.write_all(b"354 go on\r\n").await?;
                let mut id = String::new();
                while let Some(l) = lines.next_line().await? {
                    if let Some(found) = l.strip_prefix("Message-ID: ") {
                        id = found.to_owned();
                    }
                    if l == "." {
                        // One that was cut off before its end is none.
                        got.lock().unwrap().push(std::mem::take(&mut id));
                        break;
                    }
                }
                b"250 taken\r\n"
            }
            "QUIT" => {
                w.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 well\r\n",
        };
        w.write_all(answer).await?;
    }
    Ok(())
}

async fn set_mail(s: &Server, port: u16, master: &Master) {
    let server = MailServer {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::Plain,
        user: String::new(),
        from: "pingji@example.cn".into(),
    };
    mail::put(s.state.db.writer(), Some(&mail::Stored::seal(master, server, "").unwrap())).await.unwrap();
}

#[test]
fn no_mail_leaves_twice_however_often_the_server_is_killed() {
    on_sqlite(async |s: Server| {
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        people(&s, 60).await;
        let (port, got) = mail_server().await;
        set_mail(&s, port, &s.state.access.master).await;
        let id = compose(&s, chief, &[Channel::Inbox, Channel::Mail], Whom::Districts(vec![NORTH])).await;
        killed(&s, 100_000, false).await;
        let ids = got.lock().unwrap().clone();
        let once: HashSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), once.len(), "none twice");
        assert!(
            ids.iter().all(|i| i.starts_with(&format!("<pingji-{id}-")) && i.ends_with("-mail-1@example.cn>")),
            "{ids:?}"
        );
        let states = states(&s, id).await;
        let of = |d: Delivery| states.get(&("mail".to_owned(), d.code().to_owned())).copied().unwrap_or_default();
        assert_eq!(of(Delivery::Sent) + of(Delivery::Doubt) + of(Delivery::Failed), 60, "{states:?}");
        assert!(of(Delivery::Sent) <= ids.len() && ids.len() <= of(Delivery::Sent) + of(Delivery::Doubt), "{states:?}");
    });
}

#[test]
fn a_mail_server_says_no_is_away_or_is_not_set() {
    on_sqlite(async |s: Server| {
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let ids = people(&s, 15).await;
        let (port, got) = mail_server().await;
        let to = Whom::Accounts(vec![ids[13], ids[14]]);
        let id = compose(&s, chief, &[Channel::Mail], to).await;
        let m = process(&s);
        let stop = CancellationToken::new();
        let work = async || while m.step(&stop).await.unwrap() {};
        let why = async || {
            let mail = delivery::Column::Channel.eq("mail");
            let all = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id)).filter(mail);
            let all = all.all(s.state.db.read()).await.unwrap();
            all.into_iter().map(|d| (d.account_id, d.state, d.why)).collect::<HashSet<_>>()
        };
        let of = |a: i64, d: Delivery, w: &str| (a, d.code().to_owned(), w.to_owned());
        work().await;
        let queued = |w: Why| HashSet::from([ids[13], ids[14]].map(|a| of(a, Delivery::Queued, w.code())));
        assert_eq!(why().await, queued(Why::NotSet));
        // Nothing was tried.
        let all = delivery::Entity::find().filter(delivery::Column::Channel.eq("mail")).all(s.state.db.read()).await;
        assert!(all.unwrap().iter().all(|d| d.tries == 0));
        // A password that another master key sealed opens nothing.
        set_mail(&s, port, &Master::new(vec![9; 32])).await;
        s.clock.shift(3_600_000);
        work().await;
        assert_eq!(why().await, queued(Why::NotSet));
        set_mail(&s, 1, &s.state.access.master).await;
        s.clock.shift(3_600_000);
        work().await;
        assert_eq!(why().await, queued(Why::Unreachable));
        set_mail(&s, port, &s.state.access.master).await;
        s.clock.shift(3_600_000);
        work().await;
        let want = [of(ids[13], Delivery::Failed, Why::BadAddress.code()), of(ids[14], Delivery::Sent, "")];
        assert_eq!(why().await, HashSet::from(want));
        assert_eq!(got.lock().unwrap().len(), 1);
    });
}

/// A mail server that takes connections and says nothing: it counts them.
async fn mute_server() -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count: Arc<Mutex<usize>> = Arc::default();
    let all = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            *all.lock().unwrap() += 1;
            drop(socket);
        }
    });
    (port, count)
}

#[test]
fn an_outage_uses_up_no_tries_and_is_not_waited_for_for_ever() {
    on_sqlite(async |s: Server| {
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let ids = people(&s, 60).await;
        let (mute, count) = mute_server().await;
        set_mail(&s, mute, &s.state.access.master).await;
        let m = process(&s);
        let stop = CancellationToken::new();
        let work = async || while m.step(&stop).await.unwrap() {};
        let mails = async |id: i64| {
            let all = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id));
            let all = all.filter(delivery::Column::Channel.eq("mail")).all(s.state.db.read()).await.unwrap();
            all.into_iter().map(|d| (d.state, d.why, d.tries)).collect::<HashSet<_>>()
        };
        let of = |d: Delivery, why: &str, tries: i32| HashSet::from([(d.code().to_owned(), why.to_owned(), tries)]);
        let waiting = of(Delivery::Queued, Why::Unreachable.code(), 0);
        let first = compose(&s, chief, &[Channel::Mail], Whom::Accounts(ids.clone())).await;
        work().await;
        assert_eq!(mails(first).await, waiting);
        assert_eq!(*count.lock().unwrap(), 1, "it is asked once, not for each batch");
        // Two days, of which each try of before would have been used up in the first hour and a half.
        for n in 2..=(2 * 24 * 3) {
            s.clock.shift(20 * 60_000);
            work().await;
            assert_eq!(*count.lock().unwrap(), n);
        }
        assert_eq!(mails(first).await, waiting);
        // What is left alone waits a quarter of an hour at most.
        let due = message_job::due(s.state.db.read()).await.unwrap().unwrap() - s.clock.now();
        assert!((14 * 60_000..=15 * 60_000).contains(&due), "{due}");
        // Who has not read it can be told again meanwhile, and does not get it twice when the server is back.
        let again = compose(&s, chief, &[Channel::Mail], Whom::Accounts(ids[1..2].to_vec())).await;
        work().await;
        assert_eq!(mails(again).await, waiting);
        let txn = s.state.db.begin_write().await.unwrap();
        let done = message::resend(&txn, CITY, again, &[Channel::Mail], s.clock.now()).await.unwrap();
        txn.commit().await.unwrap();
        assert_eq!(done, message::Done::Taken);
        work().await;
        let both = HashSet::from([(Delivery::Failed.code().to_owned(), Why::Unreachable.code().to_owned(), 0)]);
        assert_eq!(mails(again).await, both.union(&waiting).cloned().collect());
        // A third day: what is three days old is given up, with the reason; what was written since waits.
        let second = compose(&s, chief, &[Channel::Mail], Whom::Accounts(ids[..1].to_vec())).await;
        work().await;
        for _ in 0..(24 * 3 + 3) {
            s.clock.shift(20 * 60_000);
            work().await;
        }
        assert_eq!(
            (mails(first).await, mails(second).await),
            (of(Delivery::Failed, Why::Unreachable.code(), 1), waiting)
        );
        // Another server that is set is tried as soon as something is due, and what waits goes out in its first try.
        let (port, got) = mail_server().await;
        set_mail(&s, port, &s.state.access.master).await;
        s.clock.shift(15 * 60_000);
        work().await;
        assert_eq!((mails(second).await, got.lock().unwrap().len()), (of(Delivery::Sent, "", 1), 2));
    });
}

#[test]
fn a_mail_server_that_breaks_off_puts_one_in_doubt() {
    on_sqlite(async |s: Server| {
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let ids = people(&s, 64).await;
        let (port, got) = mail_server().await;
        set_mail(&s, port, &s.state.access.master).await;
        let id = compose(&s, chief, &[Channel::Mail], Whom::Accounts(ids[60..].to_vec())).await;
        let m = process(&s);
        let stop = CancellationToken::new();
        let work = async || while m.step(&stop).await.unwrap() {};
        let mails = async || {
            let all = states(&s, id).await.into_iter().filter(|(k, _)| k.0 == "mail");
            all.map(|(k, n)| (k.1, n)).collect::<BTreeMap<_, _>>()
        };
        let of = |all: &[(Delivery, usize)]| -> BTreeMap<String, usize> {
            all.iter().map(|(d, n)| (d.code().to_owned(), *n)).collect()
        };
        work().await;
        assert_eq!(mails().await, of(&[(Delivery::Sent, 1), (Delivery::Doubt, 1), (Delivery::Queued, 2)]));
        s.clock.shift(60_000);
        work().await;
        assert_eq!(mails().await, of(&[(Delivery::Sent, 3), (Delivery::Doubt, 1)]));
        assert_eq!(got.lock().unwrap().len(), 3, "what is in doubt is not sent by itself");
    });
}

#[test]
fn the_job_sends_tells_who_looks_and_ends_with_the_server() {
    run(async {
        let s = Server::new().await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let ids = people(&s, 3).await;
        let mut live = s.state.messages.live();
        let job = tokio::spawn(s.state.messages.clone().run(s.state.stop.clone()));
        compose(&s, chief, &[Channel::Inbox, Channel::Sms], Whom::Accounts(ids.clone())).await;
        s.state.messages.wake();
        let told = tokio::time::timeout(Duration::from_secs(20), live.recv()).await.unwrap().unwrap();
        assert_eq!(told.to_vec(), ids);
        for _ in 0..200 {
            if message_job::due(s.state.db.read()).await.unwrap().is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        s.state.stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), job).await.unwrap().unwrap();
        assert!(s.audit().await.contains(&"message.out".to_owned()));
        s.verified().await;
    });
}
