//! Web push (浏览器推送): what a browser gives that wants to be told, to which services a message is given for it, and what it is told.

pub mod base64url;
mod public;

pub use public::is_public;

use super::{host_ok, mail_ok};
use crate::{
    outcome::{Text, codes},
    upload::address_ok,
};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};

/// Longest address that a browser may give, bytes.
pub const ENDPOINT_MAX: usize = 1_024;
/// Browsers of one account at most: the oldest gives way.
pub const BROWSERS_MAX: u64 = 10;
/// Services that are permitted at most.
pub const HOSTS_MAX: usize = 20;
/// Longest line that names a service, bytes.
pub const HOST_MAX: usize = 260;
/// Longest message for a browser, bytes of JSON: with what its sealing adds it stays within the 4,096 that every service takes.
pub const PAYLOAD_MAX: usize = 3_500;
/// Characters of a title that a browser is told.
const TITLE_MAX: usize = 120;
/// Bytes of a public key, as a browser gives it: a point of P-256, uncompressed.
const POINT: usize = 65;
/// Bytes of the secret that a browser gives beside it.
const AUTH: usize = 16;

/// The services of the browsers that people have: permitted unless the administrator says otherwise.
pub const HOSTS: [&str; 5] = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.services.mozilla.com",
    "web.push.apple.com",
    "*.notify.windows.com",
];

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

codes! {
    /// Why a browser cannot be told.
    Refused: Text {
        /// No services are set.
        NotSet = "not_set" => t("浏览器推送尚未启用,请联系系统管理员", "Browser push is not set up: ask the system administrator");
        /// What it gives is no address.
        Address = "address" => t("浏览器给出的推送地址无效", "The address that the browser gives is not valid");
        /// Its service is not permitted.
        Host = "host" => t("此浏览器的推送服务不在允许名单中,请联系系统管理员", "The push service of this browser is not permitted: ask the system administrator");
        /// Its keys are none.
        Key = "key" => t("浏览器给出的密钥无效,请重新开启", "The keys that the browser gives are not valid: turn it on again");
    }
}

/// Keys of a browser, as it writes them: base64url.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Keys {
    /// Its public key.
    pub p256dh: String,
    /// A secret that it shares with whoever may tell it something.
    pub auth: String,
}

// Whoever has them can send to the browser and read what is sent.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// What a browser gives, in its own form (`PushSubscription.toJSON()`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// Address at its service. Whoever knows it can send to it.
    pub endpoint: String,
    /// Keys.
    pub keys: Keys,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

impl Subscription {
    /// Its keys, read: a public key that has the form of one, and the secret. Whether the point lies on the curve is not asked here.
    #[must_use]
    pub fn keys(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let point = base64url::read(&self.keys.p256dh).filter(|p| p.len() == POINT && p.first() == Some(&4))?;
        let auth = base64url::read(&self.keys.auth).filter(|a| a.len() == AUTH)?;
        Some((point, auth))
    }

    /// Why it cannot be taken, if so.
    #[must_use]
    pub fn fault(&self, services: &Services) -> Option<Refused> {
        if origin(&self.endpoint).is_none() {
            return Some(Refused::Address);
        }
        if services.permits(&self.endpoint).is_none() {
            return Some(Refused::Host);
        }
        self.keys().is_none().then_some(Refused::Key)
    }
}

/// Scheme, host and port of an address, where every reader of it reads the same: no user, no fragment, no capitals.
fn origin(endpoint: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\\@#\"<>`{}|^".contains(&b);
    if endpoint.len() > ENDPOINT_MAX || !endpoint.bytes().all(plain) {
        return None;
    }
    let begins = endpoint.find("://")? + 3;
    let (scheme, rest) = endpoint.split_at_checked(begins)?;
    let end = rest.find(['/', '?']).map_or(endpoint.len(), |at| scheme.len() + at);
    let origin = endpoint.get(..end)?;
    (address_ok(origin) && !origin.bytes().any(|b| b.is_ascii_uppercase())).then_some(origin)
}

/// The same without the port that its scheme has anyway.
fn bare(origin: &str) -> &str {
    let own = if origin.starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(own).unwrap_or(origin)
}

/// Whether a text is the name of a host, and no number that some reader takes for an address.
fn named(host: &str) -> bool {
    let number = host.rsplit('.').next().is_some_and(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    host_ok(host) && host.parse::<IpAddr>().is_err() && host.contains('.') && !number
}

/// Whether a line names a service.
fn is_service(line: &str) -> bool {
    line.len() <= HOST_MAX
        && match line.strip_prefix("*.") {
            Some(end) => named(end),
            None if line.contains("://") => origin(line) == Some(line),
            None => named(line),
        }
}

/// The first line of what was entered that names no service.
#[must_use]
pub fn odd_line(hosts: &str) -> Option<&str> {
    hosts.lines().map(str::trim).find(|line| !line.is_empty() && !is_service(&line.to_ascii_lowercase()))
}

/// Which addresses a service may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that everybody reaches: a name that leads into somebody's own network was made to reach what is not for us.
    Public,
    /// Any: the administrator named this very host.
    Any,
}

/// To which services messages are given, and who answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// E-mail address by which whoever runs a service reaches who sends.
    pub contact: String,
    /// Services: a host, `*.` before the end of its name, `https://host:port`, or on this machine `http://127.0.0.1:port`.
    pub hosts: Vec<String>,
}

impl Default for Services {
    /// Nobody to answer for it, and [`HOSTS`].
    fn default() -> Self {
        Self { contact: String::new(), hosts: HOSTS.map(str::to_owned).to_vec() }
    }
}

impl Services {
    /// Reads what was entered: services one a line.
    ///
    /// # Errors
    /// The field that cannot be taken: `contact` or `hosts`.
    pub fn read(contact: &str, hosts: &str) -> Result<Self, &'static str> {
        let contact = contact.trim().to_owned();
        let mut all: Vec<String> = vec![];
        for line in hosts.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let line = line.to_ascii_lowercase();
            if !all.contains(&line) {
                all.push(line);
            }
            if all.len() > HOSTS_MAX {
                return Err("hosts");
            }
        }
        let it = Self { contact, hosts: all };
        it.fault().map_or(Ok(it), Err)
    }

    /// The first field that cannot be taken, if any.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if !mail_ok(&self.contact) {
            return Some("contact");
        }
        let several = (1..=HOSTS_MAX).contains(&self.hosts.len());
        (!several || !self.hosts.iter().all(|line| is_service(line))).then_some("hosts")
    }

    /// Whether messages may be given to an address, and where it may lie; `None` where its service is not permitted.
    #[must_use]
    pub fn permits(&self, endpoint: &str) -> Option<Reach> {
        let asked = bare(origin(endpoint)?);
        let mut found = None;
        for line in &self.hosts {
            if line.contains("://") {
                if bare(line) == asked {
                    return Some(Reach::Any);
                }
                continue;
            }
            // A service that is named without a port is spoken to by TLS on its own port.
            let Some(host) = asked.strip_prefix("https://").filter(|h| named(h)) else { continue };
            match line.strip_prefix("*") {
                Some(end) if host.ends_with(end) && host.len() > end.len() => found = Some(Reach::Public),
                None if host == line && !HOSTS.contains(&host) => return Some(Reach::Any),
                None if host == line => found = Some(Reach::Public),
                _ => {}
            }
        }
        found
    }
}

/// A browser that is told, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// Number.
    pub id: i64,
    /// Browser and system, in a few words of ours; empty for unknown.
    pub agent: String,
    /// When it was turned on, ms.
    pub made_at: i64,
    /// When its service last took something for it, ms.
    pub used_at: Option<i64>,
    /// Whether it is the one that asks.
    pub here: bool,
}

/// How an account is told by its browsers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// The public key by which services know who sends, base64url; `None` where no services are set.
    pub key: Option<String>,
    /// Its browsers, the latest first.
    pub browsers: Vec<Browser>,
    /// Whether the browser that asks was turned on under another address than it has now: it is to be given anew.
    #[serde(default)]
    pub moved: bool,
}

/// Browser and system, in a few words, of what a browser calls itself.
#[must_use]
pub fn label(agent: &str) -> String {
    // Each names the ones before it, too.
    let browser = [
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    let system = [
        ("HarmonyOS", "HarmonyOS"),
        ("OpenHarmony", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let of = |all: &[(&str, &'static str)]| all.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    [of(&browser), of(&system)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[derive(Serialize)]
struct Payload<'a> {
    key: &'a str,
    title: &'a str,
    body: &'a str,
    link: &'a str,
}

/// What a browser is told of a message: JSON of at most [`PAYLOAD_MAX`] bytes. What of the text has no room is left out.
#[must_use]
pub fn payload(key: &str, title: &str, body: &str, link: &str) -> String {
    let title: String = title.chars().take(TITLE_MAX).collect();
    let written = |body: &str| serde_json::to_string(&Payload { key, title: &title, body, link }).unwrap_or_default();
    let whole = written(body);
    if whole.len() <= PAYLOAD_MAX {
        return whole;
    }
    // Nothing is written in fewer bytes than it has: what is cut off here makes room enough.
    let over = whole.len() - PAYLOAD_MAX + '…'.len_utf8();
    let mut end = body.len().saturating_sub(over);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    written(&format!("{}…", body.get(..end).unwrap_or_default().trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> String {
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4".into()
    }

    fn given(endpoint: &str, p256dh: &str, auth: &str) -> Subscription {
        Subscription { endpoint: endpoint.into(), keys: Keys { p256dh: p256dh.into(), auth: auth.into() } }
    }

    fn services(hosts: &[&str]) -> Services {
        Services { contact: "push@example.cn".into(), hosts: hosts.iter().map(|h| (*h).to_owned()).collect() }
    }

    #[test]
    fn browsers_of_today_are_taken() {
        let all = Services { contact: "a@b.cn".into(), ..Services::default() };
        assert_eq!(all.fault(), None);
        for good in [
            "https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh",
            "https://eu.push.services.mozilla.com/wpush/v2/gAAAAABh",
            "https://web.push.apple.com/QGuQyavXutnMH",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2bDx",
            "https://fcm.googleapis.com:443/fcm/send/x",
        ] {
            assert_eq!(all.permits(good), Some(Reach::Public), "{good}");
            assert_eq!(given(good, &point(), "BTBZMqHH6r4Tts7J_aSIgg").fault(&all), None, "{good}");
        }
    }

    #[test]
    fn an_address_that_leads_elsewhere_is_refused() {
        let all = Services { contact: "a@b.cn".into(), ..Services::default() };
        let of = |endpoint: &str| given(endpoint, &point(), "BTBZMqHH6r4Tts7J_aSIgg").fault(&all);
        for bad in [
            "",
            "fcm.googleapis.com/x",
            "//fcm.googleapis.com/x",
            "ftp://fcm.googleapis.com/x",
            "http://fcm.googleapis.com/x",
            "HTTPS://fcm.googleapis.com/x",
            "https://FCM.googleapis.com/x",
            "https://fcm.googleapis.com@evil.example/x",
            "https://evil.example\\@fcm.googleapis.com/x",
            "https://u:p@fcm.googleapis.com/x",
            "https://fcm.googleapis.com./x",
            "https://fcm.googleapis.com:0/x",
            "https://fcm.googleapis.com:99999/x",
            "https://fcm.googleapis.com/x#y",
            "https://fcm.googleapis.com/瓶",
            "https://fcm.googleapis.com/a b",
            "https://fcm.googleapis.com/\r\nHost: evil.example",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "javascript:alert(1)",
            "data:text/plain,x",
            "file:///etc/passwd",
            &format!("https://fcm.googleapis.com/{}", "x".repeat(ENDPOINT_MAX)),
        ] {
            assert_eq!(of(bad), Some(Refused::Address), "{bad}");
        }
        for elsewhere in [
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://evil-fcm.googleapis.com/x",
            "https://notify.windows.com/x",
            "https://evilnotify.windows.com/x",
            "https://evil.example/fcm.googleapis.com",
            "https://127.0.0.1/x",
            "https://10.0.0.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/x",
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
        ] {
            assert_eq!(of(elsewhere), Some(Refused::Host), "{elsewhere}");
        }
    }

    #[test]
    fn keys_have_the_form_of_keys() {
        let all = Services { contact: "a@b.cn".into(), ..Services::default() };
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        let of = |p: &str, a: &str| given("https://fcm.googleapis.com/x", p, a).fault(&all);
        assert_eq!(of(&point(), auth), None);
        for p in [
            "",
            "AAAA",
            &point()[..86],
            &format!("{}A", point()),
            &format!("{}=", point()),
            &point().replace('B', "+"),
            // Compressed, or of no form at all.
            &base64url::write(&[&[2_u8][..], &[7; 32]].concat()),
            &base64url::write(&[&[2_u8][..], &[7; 64]].concat()),
            &"A".repeat(100_000),
        ] {
            assert_eq!(of(p, auth), Some(Refused::Key), "{}", p.len());
        }
        for a in ["", "AAAA", &auth[..21], &format!("{auth}A"), "BTBZMqHH6r4Tts7J/aSIgg", &"A".repeat(100_000)] {
            assert_eq!(of(&point(), a), Some(Refused::Key), "{}", a.len());
        }
        let text = format!("{:?}", given("https://fcm.googleapis.com/x", &point(), auth));
        assert!(!text.contains("fcm") && !text.contains("BCV") && !text.contains("BTB"), "{text}");
    }

    #[test]
    fn services_are_read_one_a_line() {
        let read = |hosts: &str| Services::read(" push@example.cn ", hosts).map(|s| s.hosts);
        assert_eq!(
            read("\n Push.Example.CN\r\n*.example.cn\npush.example.cn\nhttps://10.1.2.3:8443\nhttp://127.0.0.1:9000"),
            Ok(["push.example.cn", "*.example.cn", "https://10.1.2.3:8443", "http://127.0.0.1:9000"]
                .map(str::to_owned)
                .to_vec())
        );
        let many = (0..=HOSTS_MAX).map(|n| format!("h{n}.example.cn\n")).collect::<String>();
        for bad in [
            "",
            "*",
            "*.",
            "*.cn",
            "a.*.cn",
            "push",
            "10.1.2.3",
            "[::1]",
            "push.example.cn/x",
            "push.example.cn:8443",
            "https://push.example.cn/x",
            "https://u@push.example.cn",
            "http://push.example.cn",
            "http://10.1.2.3:80",
            "ftp://push.example.cn",
            "瓶.cn",
            "a b.cn",
            &many,
            &format!("{}.cn", "x".repeat(HOST_MAX)),
        ] {
            assert_eq!(read(bad), Err("hosts"), "{bad}");
        }
        assert_eq!(odd_line("fcm.googleapis.com\n\n *.Example.CN \n"), None);
        assert_eq!(odd_line("fcm.googleapis.com\n http://10.0.0.1 \npush"), Some("http://10.0.0.1"));
        for bad in ["", "x", "mailto:a@b.cn", "a@b.cn,c@d.cn", "a@b.cn\r\nx: y"] {
            assert_eq!(Services::read(bad, "push.example.cn"), Err("contact"), "{bad:?}");
        }
    }

    #[test]
    fn what_is_named_by_hand_may_lie_anywhere() {
        let own = services(&["push.example.cn", "*.example.cn", "https://10.1.2.3:8443", "http://127.0.0.1:9000"]);
        assert_eq!(own.fault(), None);
        for (endpoint, want) in [
            ("https://push.example.cn/x", Some(Reach::Any)),
            ("https://other.example.cn/x", Some(Reach::Public)),
            ("https://example.cn/x", None),
            ("https://.example.cn/x", None),
            ("https://10.1.2.3:8443/x", Some(Reach::Any)),
            ("https://10.1.2.3/x", None),
            ("http://127.0.0.1:9000/x", Some(Reach::Any)),
            ("http://127.0.0.1:9001/x", None),
            ("http://127.0.0.1:9000", Some(Reach::Any)),
            ("http://127.0.0.1:90001/x", None),
            ("http://localhost:9000/x", None),
            ("http://127.0.0.1:9000.evil.example/x", None),
            ("http://127.0.0.1:9000@evil.example/x", None),
            ("https://127.0.0.1:9000/x", None),
            ("https://fcm.googleapis.com/x", None),
        ] {
            assert_eq!(own.permits(endpoint), want, "{endpoint}");
        }
        assert_eq!(services(&["https://push.example.cn:443"]).permits("https://push.example.cn/x"), Some(Reach::Any));
    }

    #[test]
    fn a_text_is_cut_where_a_character_ends() {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let short = payload("k", "通知", "请\n自查 \"a\"", "/inbox/1");
        assert_eq!(short, r#"{"key":"k","title":"通知","body":"请\n自查 \"a\"","link":"/inbox/1"}"#);
        for body in ["瓶".repeat(2_000), "\"".repeat(2_000), "\u{1}a".repeat(2_000), "😀x".repeat(1_500)] {
            let text = payload("k", &"题".repeat(80), &body, "/inbox/1");
            let told = read(&text)["body"].as_str().unwrap().to_owned();
            assert!(text.len() <= PAYLOAD_MAX, "{}", text.len());
            assert!(told.ends_with('…') && body.starts_with(told.trim_end_matches('…')), "{told}");
        }
        let text = payload("k", &"\"".repeat(9_000), "", "/inbox/1");
        assert!(text.len() <= PAYLOAD_MAX && read(&text)["title"].as_str().unwrap().len() == TITLE_MAX);
    }

    #[test]
    fn a_browser_is_known_by_a_few_words() {
        for (agent, want) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0",
                "Edge · Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
                "Chrome · Android",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox · Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari · iOS",
            ),
            ("<script>alert(1)</script>", ""),
            ("", ""),
        ] {
            assert_eq!(label(agent), want, "{agent}");
        }
    }

    #[test]
    fn reasons_are_read_back() {
        for r in Refused::ALL {
            assert_eq!(Refused::from_code(r.code()), Some(*r));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,60}", more in ".{0,60}") {
            let all = services(&[&more, "*.example.cn", "http://127.0.0.1:1"]);
            let _ = (base64url::read(&text), all.permits(&text), given(&text, &more, &text).fault(&all), Services::read(&text, &more));
            let _ = (label(&text), payload(&text, &more, &text, &more));
        }
    }
}
