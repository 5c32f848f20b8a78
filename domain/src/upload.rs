//! Exports that are sent on to the supervision platform which the authority names (S0-38): the platform, and how a sending stands.

use crate::outcome::{Text, codes};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Header with the SHA-256 of the file, lower-case hex. It is what the signature covers in the place of a body.
pub const H_SHA256: &str = "x-pingji-sha256";
/// Header by which a platform knows a file that it has already: the same hash.
pub const H_IDEMPOTENCY: &str = "idempotency-key";

/// Longest name of a platform, characters.
pub const NAME_MAX: usize = 60;
/// Longest address, bytes.
pub const ADDRESS_MAX: usize = 300;
/// Longest key id, bytes.
pub const KEY_ID_MAX: usize = 64;
/// Bytes of a secret, at least and at most.
pub const SECRET: (usize, usize) = (16, 200);
/// Longest receipt or reason that is kept of an answer, characters.
pub const WORDS_MAX: usize = 200;

/// Times that a file is offered before it is given up.
pub const TRIES: i32 = 10;

/// How long to wait after so many tries, ms: ten seconds, three times as long each time, an hour at most.
#[must_use]
pub fn delay(tries: i32) -> i64 {
    let times = 3_i64.saturating_pow(u32::try_from(tries.saturating_sub(1)).unwrap_or(0));
    times.saturating_mul(10_000).min(3_600_000)
}

/// Where exports are sent, as it is shown. Its secret is never told again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Name for people.
    pub name: String,
    /// Address that takes files.
    pub address: String,
    /// The key that signs, by the name which the platform gave it.
    pub key_id: String,
}

impl Platform {
    /// The first field that cannot be taken, if any.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Some("name");
        }
        if !address_ok(&self.address) {
            return Some("address");
        }
        let fits = (1..=KEY_ID_MAX).contains(&self.key_id.len()) && self.key_id.bytes().all(|b| b.is_ascii_graphic());
        (!fits).then_some("key_id")
    }
}

/// Whether a secret has the form asked for: visible ASCII without blanks.
#[must_use]
pub fn secret_ok(secret: &str) -> bool {
    (SECRET.0..=SECRET.1).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether files may be sent to an address: HTTPS anywhere; plain HTTP to this machine only, where a gateway may stand that speaks
/// whatever the network beyond asks for. Only what every reader of addresses reads alike is taken: no user, no fragment, no escapes
/// in the host.
#[must_use]
pub fn address_ok(address: &str) -> bool {
    if address.len() > ADDRESS_MAX || !address.bytes().all(|b| b.is_ascii_graphic() && !b"\\@#\"<>`{}|^".contains(&b)) {
        return false;
    }
    let (secure, rest) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => match v6.split_once(']') {
            Some((host, after)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, after),
            _ => return false,
        },
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let port_ok = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok_and(|p| p > 0));
    let named = host.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let ip: Option<IpAddr> = host.parse().ok();
    // A host that ends in a number is an address to some readers of it, whatever its form.
    let number = host.rsplit('.').next().is_some_and(|l| l.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    let host_ok = ip.is_some() || named && !number;
    let here = ip.map_or(host == "localhost", |ip| ip.is_loopback());
    port_ok && host_ok && (secure || here)
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

codes! {
    /// How a sending stands.
    UploadState: Text {
        /// It waits for its first or next try.
        Queued = "queued" => t("等待上报", "waits to be sent");
        /// A try is under way; after a restart it is made again.
        Sending = "sending" => t("正在上报", "being sent");
        /// The platform has it, and gave a receipt.
        Accepted = "accepted" => t("已接收", "accepted");
        /// The platform does not want it.
        Refused = "refused" => t("被退回", "refused");
        /// It was given up.
        Failed = "failed" => t("上报失败", "failed");
    }
}

impl UploadState {
    /// Whether something will still become of it by itself.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }

    /// Whether it may be asked for again.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Failed)
    }
}

codes! {
    /// Why a try came to nothing.
    UploadWhy: Text {
        /// No connection.
        Unreachable = "unreachable" => t("无法连接平台", "The platform was not reached");
        /// No answer in time.
        Late = "late" => t("平台未在限时内应答", "The platform did not answer in time");
        /// The connection ended before the answer.
        Broken = "broken" => t("连接中断", "The connection broke off");
        /// A fault of the platform's.
        Fault = "fault" => t("平台暂时不能接收", "The platform cannot take it now");
        /// An answer that is none.
        Unreadable = "unreadable" => t("平台应答中没有回执", "The platform's answer holds no receipt");
        /// It refuses the file.
        Refusal = "refusal" => t("平台拒绝接收", "The platform refuses it");
        /// It points elsewhere, where nothing is sent.
        Redirect = "redirect" => t("平台要求转到其他地址,未转送", "The platform points to another address; nothing is sent there");
        /// Another platform was set meanwhile, or none.
        Changed = "changed" => t("平台设置已变更,请重新上报", "The platform was changed meanwhile: send it anew");
        /// The secret cannot be opened with this deployment's key.
        Secret = "secret" => t("平台密钥无法解开,请联系系统管理员重新设置", "The platform's secret cannot be opened: the system administrator must set it again");
        /// The file is not there, or not what was exported.
        File = "file" => t("导出文件已不存在或已改变,请重新导出", "The file is gone or changed: export it anew");
        /// This machine cannot speak TLS.
        Tls = "tls" => t("本机无法建立安全连接,请联系系统管理员", "This server can make no secure connection: ask the system administrator");
    }
}

/// A sending, to whom it belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadLine {
    /// How it stands.
    pub state: UploadState,
    /// Name of the platform.
    pub platform: String,
    /// When it was asked for, ms.
    pub asked_at: i64,
    /// Tries so far.
    pub tries: i32,
    /// When the next try is due, ms; `None` where none is.
    pub next_at: Option<i64>,
    /// When it ended, ms.
    pub ended_at: Option<i64>,
    /// Bytes that the present try has sent.
    pub sent: i64,
    /// Why the last try came to nothing.
    pub why: Option<UploadWhy>,
    /// HTTP status of the last answer; 0 without one.
    pub status: i32,
    /// The platform's own words: its receipt, or its reason.
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_everybody_reads_alike() {
        for good in [
            "https://jg.example.gov.cn/api/files",
            "https://10.1.2.3:8443/up?city=4101",
            "https://[2001:db8::1]/up",
            "https://platform",
            "http://127.0.0.1:8080/up",
            "http://[::1]:80/up",
            "http://localhost/up",
        ] {
            assert!(address_ok(good), "{good}");
        }
        for bad in [
            "",
            "ftp://a/b",
            "//a/b",
            "https://",
            "https:///x",
            "http://jg.example.gov.cn/x",
            "http://10.1.2.3/x",
            "http://localhost.evil.example/x",
            "http://127.0.0.1.evil.example/x",
            "http://127.0.0.1@evil.example/x",
            "https://a b/x",
            "https://a\\b/x",
            "https://a/x#y",
            "https://a:0/x",
            "https://a:99999/x",
            "https://a:8x/",
            "https://a:+80/",
            "https://a..b/",
            "https://[::1/x",
            "https://[::1]x/",
            "https://瓶.example/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://2130706433/",
            "HTTPS://a/",
            "http://0.0.0.0/x",
        ] {
            assert!(!address_ok(bad), "{bad}");
        }
        assert!(!address_ok(&format!("https://a/{}", "x".repeat(ADDRESS_MAX))));
    }

    #[test]
    fn fields_are_named_that_cannot_be_taken() {
        let p = Platform { name: "省平台".into(), address: "https://a/b".into(), key_id: "city-4101".into() };
        assert_eq!(p.fault(), None);
        assert_eq!(Platform { name: " ".into(), ..p.clone() }.fault(), Some("name"));
        assert_eq!(Platform { address: "http://a".into(), ..p.clone() }.fault(), Some("address"));
        assert_eq!(Platform { key_id: "a b".into(), ..p }.fault(), Some("key_id"));
        assert!(secret_ok(&"s".repeat(16)) && !secret_ok("short") && !secret_ok(&"密".repeat(16)));
    }

    #[test]
    fn waits_grow_to_an_hour() {
        let waits: Vec<i64> = (1..=TRIES).map(|n| delay(n) / 1_000).collect();
        assert_eq!(waits, [10, 30, 90, 270, 810, 2_430, 3_600, 3_600, 3_600, 3_600]);
        assert_eq!((delay(0), delay(i32::MAX)), (10_000, 3_600_000));
    }

    #[test]
    fn words_are_read_back() {
        for s in UploadState::ALL {
            assert_eq!(UploadState::from_code(s.code()), Some(*s));
            assert!(!(s.is_open() && s.is_over()));
        }
        for w in UploadWhy::ALL {
            assert_eq!(UploadWhy::from_code(w.code()), Some(*w));
        }
    }
}
