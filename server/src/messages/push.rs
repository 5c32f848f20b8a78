//! Web push: a message is sealed for the browser alone (RFC 8291, RFC 8188), and given to the browser's service with a word that says who sends
//! (RFC 8292). The service keeps it until the browser is there, and reads nothing of it. Nothing is sent to a service that is not permitted,
//! nor to a name that leads into somebody's own network, and nothing follows where a service points.

use super::{Messages, again, held};
use data::{
    message_job::{self, Outcome, Parcel},
    push::{self, Key, Target},
    secret::mac,
};
use domain::message::{
    Why, hold,
    push::{Reach, Services, base64url, is_public, payload},
};
use futures_util::{
    FutureExt,
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::sync::CancellationToken;

/// The longest that a service is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Until there is a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Browsers that are sent to at once.
const AT_ONCE: usize = 8;
/// How long a service keeps a message for a browser that is not there, seconds. In the inbox it stands anyway.
const KEEP_S: u32 = 86_400;
/// How long the word that says who sends is good, ms: half of what services take.
const GOOD_MS: i64 = 12 * 3_600_000;
/// The longest that a service may ask to be left alone, ms: after that it is tried again.
const ALONE_MAX_MS: i64 = 3_600_000;
/// Services that are remembered as left alone, at most: the one that is asked again first gives way.
const LEFT_MAX: usize = 64;
/// What stands among them for all, where none is set.
const EVERY: &str = "";
/// Size of a record, bytes: a message is one, smaller than this.
const RECORD: u32 = 4_096;

/// What a try with one browser came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// Its service has it.
    Taken,
    /// The browser is there no more.
    Gone,
    /// Its service does not want it.
    Refused(Why),
    /// Its service does not take it from us for this browser: it was turned on for somebody else's key, or the service forgot it.
    Unknown(i64),
    /// It may go another time, after so long (ms) at the earliest.
    Again(Why, i64),
    /// It was not tried: its service is left alone for so long (ms), and why.
    Left(Why, i64),
    /// It was not tried: there was no time left.
    Later,
}

/// A service that is left alone.
#[derive(Clone, Copy, Debug)]
struct Alone {
    why: Why,
    /// Since when, ms.
    since: i64,
    /// When it is asked again, ms.
    until: i64,
}

/// Services that are left alone: hundreds of sendings may wait for one, and it is not asked for each of them.
#[derive(Debug, Default)]
pub(super) struct Left(Mutex<HashMap<String, Alone>>);

impl Left {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Alone>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a service is left alone now: why, and how long yet, ms.
    fn is(&self, service: &str, now: i64) -> Option<(Why, i64)> {
        let found = self.all().get(service).copied().filter(|a| (a.since..a.until).contains(&now))?;
        Some((found.why, found.until - now))
    }

    /// Leaves a service alone, as long as it asks for at least; tells how long, ms. It is longer the longer it has been away.
    fn leave(&self, service: &str, (why, asked): (Why, i64), now: i64) -> i64 {
        let mut all = self.all();
        let before = all.get(service).copied().filter(|a| a.since <= now);
        let since = before.map_or(now, |a| a.since);
        let wait = hold(now.saturating_sub(since)).max(asked);
        // Several may find it at once: what it asked one of them holds for all.
        let until = now.saturating_add(wait).max(before.map_or(now, |a| a.until));
        if all.len() >= LEFT_MAX && !all.contains_key(service) {
            let next = all.iter().min_by_key(|(_, a)| a.until).map(|(name, _)| name.clone());
            if let Some(name) = next {
                all.remove(&name);
            }
        }
        all.insert(service.to_owned(), Alone { why, since, until });
        until - now
    }

    /// A service answered.
    fn answers(&self, service: &str) {
        self.all().remove(service);
    }
}

/// What became of a sending: of it, of browsers whose service took it, of browsers that are gone.
struct Pushed {
    outcome: (i64, Outcome),
    taken: Vec<i64>,
    gone: Vec<i64>,
}

/// What one stretch of sendings shares.
struct Room {
    begun: Instant,
    parcels: Semaphore,
    requests: Semaphore,
}

impl Room {
    fn new() -> Self {
        Self { begun: Instant::now(), parcels: Semaphore::new(AT_ONCE), requests: Semaphore::new(AT_ONCE) }
    }

    /// Whether there is no time to begin with another: who comes after must not find it in other hands while it is on its way.
    fn is_late(&self) -> bool {
        self.begun.elapsed() > lease(1)
    }

    /// How long a service may be waited for now.
    fn patience(&self) -> Duration {
        lease(3).saturating_sub(self.begun.elapsed()).min(PATIENCE)
    }
}

/// So many quarters of the time that a sending is in the hands of who took it.
fn lease(quarters: u64) -> Duration {
    Duration::from_millis(message_job::LEASE.unsigned_abs() / 4 * quarters)
}

impl Messages {
    /// Hands pushes over, several at once, and notes what became of them. One that broke off is handed over again: under the same name it takes
    /// the place of the first, in the hands of the service and on the screen.
    pub(super) async fn pushes(&self, parcels: &[Parcel], stop: &CancellationToken) -> Result<(), data::Error> {
        if parcels.is_empty() {
            return Ok(());
        }
        let services = push::services(self.db.read()).await?;
        let key = push::key(self.db.read(), &self.master).await?;
        let Some(sender) = services.zip(key).and_then(|(services, key)| Sender::new(services, &key)) else {
            let now = self.clock.now();
            let wait = self.left.leave(EVERY, (Why::NotSet, 0), now);
            return self.put_off(parcels, (Why::NotSet, now.saturating_add(wait))).await;
        };
        self.left.answers(EVERY);
        let room = Room::new();
        let mut all: FuturesUnordered<_> = parcels.iter().map(|p| self.push(p, &sender, &room, stop)).collect();
        while let Some(first) = all.next().await {
            let mut done = vec![first?];
            // Whatever else is ready goes into the same transaction.
            while let Some(Some(next)) = all.next().now_or_never() {
                done.push(next?);
            }
            self.note_pushed(&done).await?;
        }
        Ok(())
    }

    async fn note_pushed(&self, done: &[Pushed]) -> Result<(), data::Error> {
        let taken: Vec<i64> = done.iter().flat_map(|p| p.taken.iter().copied()).collect();
        let gone: Vec<i64> = done.iter().flat_map(|p| p.gone.iter().copied()).collect();
        let outcomes: Vec<(i64, Outcome)> = done.iter().map(|p| p.outcome).collect();
        let (txn, now) = (self.db.begin_write().await?, self.clock.now());
        push::note(&txn, (&taken, &gone), now).await?;
        message_job::note(&txn, &self.lease, &outcomes, now).await?;
        Ok(txn.commit().await?)
    }

    /// Hands one sending over: to all browsers of its recipient.
    async fn push(
        &self,
        p: &Parcel,
        sender: &Sender,
        room: &Room,
        stop: &CancellationToken,
    ) -> Result<Pushed, data::Error> {
        // Nothing closes it.
        let _turn = room.parcels.acquire().await;
        let only = |outcome: Outcome| Pushed { outcome: (p.id, outcome), taken: vec![], gone: vec![] };
        if stop.is_cancelled() || room.is_late() {
            return Ok(only(Outcome::Later(self.clock.now())));
        }
        let targets = push::targets(self.db.read(), &self.master, &sender.public, p.account).await?;
        if targets.is_empty() {
            return Ok(only(Outcome::Failed(Why::NoBrowser)));
        }
        let text = payload(&p.key, &p.title, &p.body, &format!("/inbox/{}", p.message));
        let letter = Letter { topic: topic(&p.key), urgent: p.urgent, text: text.as_bytes(), now: self.clock.now() };
        let letter = &letter;
        let all = join_all(targets.iter().map(|to| async move { (to.id, self.hand(to, letter, sender, room).await) }));
        let tried = tokio::select! {
            tried = all => tried,
            // What is on its way then goes once more, and takes its own place.
            () = stop.cancelled() => return Ok(only(Outcome::Later(self.clock.now()))),
        };
        let outcome = outcome(p, tried.iter().map(|t| t.1), self.clock.now());
        tracing::debug!(sending = p.id, ?outcome, "push");
        // What is not taken for a browser to the last is not taken for it any more.
        let given_up = matches!(outcome, Outcome::Failed(_));
        let is_gone = |t: Tried| t == Tried::Gone || (given_up && matches!(t, Tried::Unknown(_)));
        let with = |is: &dyn Fn(Tried) -> bool| tried.iter().filter(|t| is(t.1)).map(|t| t.0).collect::<Vec<i64>>();
        Ok(Pushed { outcome: (p.id, outcome), taken: with(&|t| t == Tried::Taken), gone: with(&is_gone) })
    }

    /// Hands a message to one browser's service, unless that is left alone, or there is no time left.
    async fn hand(&self, to: &Target, letter: &Letter<'_>, sender: &Sender, room: &Room) -> Tried {
        // Nothing closes it.
        let _turn = room.requests.acquire().await;
        let Ok(url) = Url::parse(&to.endpoint) else { return Tried::Refused(Why::BadAddress) };
        // What ends before a connection would have been given up is no try, and says nothing of the service.
        let patience = room.patience();
        if patience <= CONNECT {
            return Tried::Later;
        }
        let service = url.origin().ascii_serialization();
        if let Some((why, wait)) = self.left.is(&service, self.clock.now()) {
            return Tried::Left(why, wait);
        }
        let tried = sender.send(to, (url, &service), letter, patience).await;
        match tried {
            Tried::Again(why, asked) if why.is_away() || why == Why::RateLimit => {
                Tried::Again(why, self.left.leave(&service, (why, asked), self.clock.now()))
            }
            Tried::Taken | Tried::Gone | Tried::Unknown(_) => {
                self.left.answers(&service);
                tried
            }
            _ => tried,
        }
    }
}

/// What became of a sending, of what its tries came to: one that took it is enough.
fn outcome(p: &Parcel, tried: impl Iterator<Item = Tried>, now: i64) -> Outcome {
    let (mut later, mut away, mut refused): (Option<Why>, Option<Why>, Option<Why>) = (None, None, None);
    let (mut wait, mut late) = (0_i64, false);
    for t in tried {
        match t {
            Tried::Taken => return Outcome::Sent,
            Tried::Again(why, ms) if !why.is_away() => (later, wait) = (Some(why), wait.max(ms)),
            Tried::Again(why, ms) | Tried::Left(why, ms) => (away, wait) = (Some(why), wait.max(ms)),
            Tried::Unknown(ms) => (later, wait) = (Some(Why::Refused), wait.max(ms)),
            Tried::Refused(why) => refused = Some(why),
            Tried::Later => late = true,
            Tried::Gone => {}
        }
    }
    match (later, away, refused) {
        (Some(why), ..) => match again(p, why, now) {
            Outcome::Again(why, at) => Outcome::Again(why, at.max(p.quiet.after(now.saturating_add(wait)))),
            given_up => given_up,
        },
        // A service that is away is no fault of who waits for it.
        (None, Some(why), _) => held(p, (why, now.saturating_add(wait)), now),
        (None, None, _) if late => Outcome::Later(now),
        (None, None, Some(why)) => Outcome::Failed(why),
        // Every one of them was gone.
        (None, None, None) => Outcome::Failed(Why::NoBrowser),
    }
}

/// The name under which a service keeps a message: the next of the same name takes its place.
fn topic(key: &str) -> String {
    let mut name = base64url::write(&Sha256::digest(key.as_bytes()));
    name.truncate(32);
    name
}

/// A message for a browser.
struct Letter<'a> {
    topic: String,
    urgent: bool,
    text: &'a [u8],
    now: i64,
}

/// Who sends, and the ways to whom.
struct Sender {
    services: Services,
    pair: EcdsaKeyPair,
    public: String,
    plain: OnceLock<Option<Client>>,
    any: OnceLock<Option<Client>>,
    everybodys: OnceLock<Option<Client>>,
}

impl Sender {
    /// `None` where the key is none, or the services are not to be spoken to.
    fn new(services: Services, key: &Key) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.pkcs8, &SystemRandom::new()).ok()?;
        services.fault().is_none().then(|| Self {
            services,
            pair,
            public: key.public.clone(),
            plain: OnceLock::new(),
            any: OnceLock::new(),
            everybodys: OnceLock::new(),
        })
    }

    /// Gives a browser's service a message, and tells what it says.
    async fn send(&self, to: &Target, (url, service): (Url, &str), letter: &Letter<'_>, patience: Duration) -> Tried {
        // What stands in the record was permitted when it was given; it is asked where it matters, too.
        let Some(reach) = self.services.permits(&to.endpoint) else { return Tried::Refused(Why::NotPermitted) };
        let Some(client) = self.client(url.scheme() == "http", reach) else { return Tried::Again(Why::NotSet, 0) };
        let Some(body) = sealed(to, letter.text) else { return Tried::Refused(Why::BadAddress) };
        let Some(word) = self.word(service, letter.now) else { return Tried::Again(Why::NotSet, 0) };
        let request = client
            .post(url)
            .header(AUTHORIZATION, format!("vapid t={word}, k={}", self.public))
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", KEEP_S)
            .header("urgency", if letter.urgent { "high" } else { "normal" })
            .header("topic", &letter.topic)
            .body(body);
        match tokio::time::timeout(patience, request.send()).await {
            Err(_) => Tried::Again(Why::Late, 0),
            Ok(Err(e)) => {
                // Who is not there in time is not there; who is there and says nothing may have it.
                let why = if e.is_connect() || !e.is_timeout() { Why::Unreachable } else { Why::Late };
                // Whoever reads the address in a log could send to it.
                tracing::warn!(browser = to.id, error = ?e.without_url(), "a push service");
                Tried::Again(why, 0)
            }
            // Of what it says beside, nothing is read.
            Ok(Ok(answer)) => read(answer.status().as_u16(), answer.headers(), letter.now),
        }
    }

    /// The way to a service. Each is made when it is first needed: not every machine has certificates.
    fn client(&self, plain: bool, reach: Reach) -> Option<&Client> {
        let way = match (plain, reach) {
            (true, _) => &self.plain,
            (false, Reach::Any) => &self.any,
            (false, Reach::Public) => &self.everybodys,
        };
        way.get_or_init(|| client(plain, reach)).as_ref()
    }

    /// The word that says to a service who sends: a signed token of its own for each.
    fn word(&self, service: &str, now: i64) -> Option<String> {
        let ends = now.saturating_add(GOOD_MS).div_euclid(1_000);
        let says = json!({"aud": service, "exp": ends, "sub": format!("mailto:{}", self.services.contact)});
        let head = base64url::write(br#"{"typ":"JWT","alg":"ES256"}"#);
        let text = format!("{head}.{}", base64url::write(says.to_string().as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).ok()?;
        Some(format!("{text}.{}", base64url::write(signature.as_ref())))
    }
}

/// What a service's answer means.
fn read(status: u16, headers: &HeaderMap, now: i64) -> Tried {
    let alone = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()).map_or(0, |v| wait(v, now));
    match status {
        200..=299 => Tried::Taken,
        404 | 410 => Tried::Gone,
        // For others it may take what we send: it is this browser that is not ours to tell.
        401 | 403 => Tried::Unknown(alone),
        429 => Tried::Again(Why::RateLimit, alone),
        408 => Tried::Again(Why::Late, alone),
        500..=599 => Tried::Again(Why::Unreachable, alone),
        // Also where it points elsewhere: nothing is sent there.
        _ => Tried::Refused(Why::Refused),
    }
}

/// How long a service wants to be left alone, ms: so many seconds, or until an instant.
fn wait(text: &str, now: i64) -> i64 {
    let text = text.trim();
    let ms = match text.parse::<i64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => chrono::DateTime::parse_from_rfc2822(text).map_or(0, |at| at.timestamp_millis().saturating_sub(now)),
    };
    ms.clamp(0, ALONE_MAX_MS)
}

/// A client that goes nowhere but where it is sent.
fn client(plain: bool, reach: Reach) -> Option<Client> {
    // The second and later calls find one installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().connect_timeout(CONNECT).no_proxy().redirect(redirect::Policy::none());
    let builder = match (plain, reach) {
        // On this machine, where no certificates need be installed.
        (true, _) => builder.tls_certs_only(std::iter::empty()),
        (false, Reach::Any) => builder.https_only(true),
        (false, Reach::Public) => builder.https_only(true).dns_resolver(Everybodys),
    };
    builder.build().inspect_err(|e| tracing::error!(error = %e, "no client for push services")).ok()
}

/// What a look-up fails with.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Looks names up, and leaves out what not everybody reaches.
struct Everybodys;

impl Resolve for Everybodys {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|a| is_public(a.ip())).collect();
            if public.is_empty() {
                return Err(Failed::from(io::Error::other("its addresses are not everybody's")));
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// A text that a browser alone reads; `None` where its public key is none.
fn sealed(to: &Target, text: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).ok()?;
    let public = own.compute_public_key().ok()?;
    let mut salt = [0_u8; 16];
    random.fill(&mut salt).ok()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &to.point);
    agree_ephemeral(own, &theirs, |shared| record(shared, (&to.point, public.as_ref()), &to.auth, &salt, text)).ok()?
}

/// The one record of a message, under what both agreed on: `aes128gcm`.
fn record(shared: &[u8], (theirs, own): (&[u8], &[u8]), auth: &[u8], salt: &[u8; 16], text: &[u8]) -> Option<Vec<u8>> {
    let about = [&b"WebPush: info\0"[..], theirs, own].concat();
    let agreed = mac(salt, &expanded(&mac(auth, shared), &about));
    let key = expanded(&agreed, b"Content-Encoding: aes128gcm\0");
    let nonce = expanded(&agreed, b"Content-Encoding: nonce\0");
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.get(..16)?).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..NONCE_LEN)?).ok()?;
    let mut sealed = text.to_vec();
    // The end of the last record.
    sealed.push(2);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).ok()?;
    let mut out = salt.to_vec();
    out.extend_from_slice(&RECORD.to_be_bytes());
    out.push(u8::try_from(own.len()).ok()?);
    out.extend_from_slice(own);
    out.extend_from_slice(&sealed);
    Some(out)
}

/// The first block of HKDF's second half, which is all that is needed here.
fn expanded(key: &[u8; 32], about: &[u8]) -> [u8; 32] {
    let mut block = about.to_vec();
    block.push(1);
    mac(key, &block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::message::Quiet;

    #[test]
    fn a_record_is_the_one_of_the_standard() {
        // RFC 8291, section 5 and appendix A.
        let of = |text: &str| base64url::read(text).unwrap();
        let shared = of("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let theirs = of("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let own = of("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let salt: [u8; 16] = of("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let auth = of("BTBZMqHH6r4Tts7J_aSIgg");
        let text = b"When I grow up, I want to be a watermelon";
        let made = record(&shared, (&theirs, &own), &auth, &salt, text).unwrap();
        let want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(base64url::write(&made), want);
    }

    #[test]
    fn a_point_that_is_none_is_sealed_for_by_nobody() {
        let mut to = Target { id: 1, endpoint: String::new(), point: vec![4; 65], auth: vec![0; 16] };
        assert_eq!(sealed(&to, b"x"), None);
        to.point = vec![];
        assert_eq!(sealed(&to, b"x"), None);
    }

    #[test]
    fn an_answer_means_one_thing() {
        let with = |wait: &str| {
            let mut h = HeaderMap::new();
            h.insert(RETRY_AFTER, wait.parse().unwrap());
            h
        };
        let none = HeaderMap::new();
        for (status, want) in [
            (200, Tried::Taken),
            (201, Tried::Taken),
            (202, Tried::Taken),
            (301, Tried::Refused(Why::Refused)),
            (307, Tried::Refused(Why::Refused)),
            (400, Tried::Refused(Why::Refused)),
            (401, Tried::Unknown(0)),
            (403, Tried::Unknown(0)),
            (404, Tried::Gone),
            (410, Tried::Gone),
            (413, Tried::Refused(Why::Refused)),
            (429, Tried::Again(Why::RateLimit, 0)),
            (500, Tried::Again(Why::Unreachable, 0)),
            (503, Tried::Again(Why::Unreachable, 0)),
        ] {
            assert_eq!(read(status, &none, 0), want, "{status}");
        }
        for (text, want) in [
            ("120", 120_000),
            (" 0 ", 0),
            ("-5", 0),
            ("999999999999999999", ALONE_MAX_MS),
            ("soon", 0),
            ("Thu, 01 Jan 1970 00:05:00 GMT", 300_000),
            ("Thu, 01 Jan 1970 09:00:00 GMT", ALONE_MAX_MS),
        ] {
            assert_eq!(read(429, &with(text), 0), Tried::Again(Why::RateLimit, want), "{text}");
        }
    }

    #[test]
    fn one_browser_that_has_it_is_enough() {
        let p = |tries: i32| Parcel {
            id: 1,
            message: 1,
            account: 1,
            channel: domain::message::Channel::Push,
            key: "k".into(),
            tries,
            broken: false,
            title: String::new(),
            body: String::new(),
            to: String::new(),
            urgent: false,
            quiet: Quiet::NEVER,
            put_at: 0,
        };
        use Tried as T;
        let of = |tries: i32, tried: &[Tried]| outcome(&p(tries), tried.iter().copied(), 0);
        assert_eq!(of(1, &[T::Again(Why::Late, 0), T::Gone, T::Taken]), Outcome::Sent);
        assert_eq!(of(1, &[T::Gone, T::Gone]), Outcome::Failed(Why::NoBrowser));
        assert_eq!(of(1, &[T::Refused(Why::Refused), T::Gone]), Outcome::Failed(Why::Refused));
        assert_eq!(
            of(1, &[T::Refused(Why::Refused), T::Again(Why::RateLimit, 0)]),
            Outcome::Again(Why::RateLimit, 30_000)
        );
        assert_eq!(
            of(1, &[T::Again(Why::RateLimit, 600_000), T::Again(Why::Late, 0)]),
            Outcome::Again(Why::Late, 600_000)
        );
        assert_eq!(of(domain::message::TRIES, &[T::Again(Why::Late, 0)]), Outcome::Failed(Why::Late));
        // A service that is away uses up no tries, until it has been away for long enough.
        let away = [T::Again(Why::Unreachable, 30_000)];
        assert_eq!(of(domain::message::TRIES, &away), Outcome::Hold(Why::Unreachable, 30_000));
        let late = outcome(&p(1), away.into_iter(), domain::message::HOLD);
        assert_eq!(late, Outcome::Failed(Why::Unreachable));
        // What was not tried uses up none either, whyever its service is left alone.
        let left = [T::Left(Why::RateLimit, 60_000), T::Gone, T::Later];
        assert_eq!(of(domain::message::TRIES, &left), Outcome::Hold(Why::RateLimit, 60_000));
        assert_eq!(of(domain::message::TRIES, &[T::Later, T::Gone]), Outcome::Later(0));
        // That a service does not know one browser does.
        let unknown = [T::Unknown(0), T::Left(Why::Unreachable, 90_000)];
        assert_eq!(of(1, &unknown), Outcome::Again(Why::Refused, 90_000));
        assert_eq!(of(domain::message::TRIES, &unknown), Outcome::Failed(Why::Refused));
        assert_eq!(of(1, &[T::Unknown(0), T::Taken]), Outcome::Sent);
    }

    #[test]
    fn a_service_is_left_alone_ever_longer_until_it_answers() {
        let left = Left::default();
        let minute = 60_000;
        assert_eq!(left.is("https://a.cn", 0), None);
        assert_eq!(left.leave("https://a.cn", (Why::Unreachable, 0), 0), 30_000);
        assert_eq!(left.is("https://a.cn", 10_000), Some((Why::Unreachable, 20_000)));
        assert_eq!((left.is("https://a.cn", 30_000), left.is("https://b.cn", 10_000)), (None, None));
        // As long again as it has been away, a quarter of an hour at most, or as long as it asks for.
        assert_eq!(left.leave("https://a.cn", (Why::Unreachable, 0), 5 * minute), 5 * minute);
        assert_eq!(left.leave("https://a.cn", (Why::Unreachable, 0), 60 * minute), 15 * minute);
        assert_eq!(left.leave("https://a.cn", (Why::RateLimit, 20 * minute), 60 * minute), 20 * minute);
        // What comes late does not shorten it.
        assert_eq!(left.leave("https://a.cn", (Why::RateLimit, 0), 61 * minute), 19 * minute);
        left.answers("https://a.cn");
        assert_eq!(left.is("https://a.cn", 61 * minute), None);
        assert_eq!(left.leave("https://a.cn", (Why::Unreachable, 0), 62 * minute), 30_000, "it begins anew");
        // However many there are, not all are remembered.
        for n in 0..3 * LEFT_MAX {
            left.leave(&format!("https://{n}.cn"), (Why::Unreachable, 0), 63 * minute);
        }
        assert_eq!(left.all().len(), LEFT_MAX);
        // A clock that is set back does not hold it for ever.
        left.leave("https://c.cn", (Why::Unreachable, 0), 99 * minute);
        assert_eq!(left.is("https://c.cn", 70 * minute), None);
    }

    #[test]
    fn a_name_is_short_and_its_own() {
        assert_eq!(topic("pingji-1-2-push-1").len(), 32);
        assert_eq!(topic("pingji-1-2-push-1"), topic("pingji-1-2-push-1"));
        assert_ne!(topic("pingji-1-2-push-1"), topic("pingji-1-2-push-2"));
    }

    #[tokio::test]
    async fn a_name_that_leads_home_leads_nowhere() {
        let name: Name = "localhost".parse().unwrap();
        assert!(Everybodys.resolve(name).await.is_err());
    }
}
