//! How a device signs a request: HMAC-SHA256 over method, path and query, timestamp, nonce and SHA-256 of the body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Header with the key id.
pub const H_KEY: &str = "x-pingji-key";
/// Header with the timestamp, Unix milliseconds.
pub const H_TIME: &str = "x-pingji-time";
/// Header with the nonce, 16 to 64 characters of `[A-Za-z0-9_-]`.
pub const H_NONCE: &str = "x-pingji-nonce";
/// Header with the signature, lower-case hex.
pub const H_SIGNATURE: &str = "x-pingji-signature";

/// The parts of a request that are signed.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// `GET`, `POST`.
    pub method: &'a str,
    /// Path and, behind `?`, the query, as sent.
    pub path_and_query: &'a str,
    /// Unix milliseconds, decimal.
    pub time: &'a str,
    /// Nonce.
    pub nonce: &'a str,
    /// The body's bytes.
    pub body: &'a [u8],
}

fn mac(secret: &[u8], p: &Parts<'_>) -> Hmac<Sha256> {
    over(secret, [p.method, p.path_and_query, p.time, p.nonce], &hex::encode(Sha256::digest(p.body)))
}

fn over(secret: &[u8], head: [&str; 4], digest: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length; `new_from_slice` cannot fail for it.
    let mut m = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    for part in head {
        m.update(part.as_bytes());
        m.update(b"\n");
    }
    m.update(digest.as_bytes());
    m
}

/// The signature of a request, lower-case hex.
#[must_use]
pub fn sign(secret: &[u8], parts: &Parts<'_>) -> String {
    hex::encode(mac(secret, parts).finalize().into_bytes())
}

/// The same signature where the body is not at hand but its SHA-256, lower-case hex: `head` is method, path and query, time, nonce.
#[must_use]
pub fn sign_digest(secret: &[u8], head: [&str; 4], digest: &str) -> String {
    hex::encode(over(secret, head, digest).finalize().into_bytes())
}

/// Whether a signature is right, compared in constant time.
#[must_use]
pub fn verify(secret: &[u8], parts: &Parts<'_>, signature: &str) -> bool {
    hex::decode(signature).is_ok_and(|s| mac(secret, parts).verify_slice(&s).is_ok())
}

/// Whether a nonce has the form asked for.
#[must_use]
pub fn nonce_ok(nonce: &str) -> bool {
    (16..=64).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A device's secret: derived from the deployment's master key, so that the database holds none.
#[must_use]
pub fn device_secret(master: &[u8], key_id: &str) -> Vec<u8> {
    let mut m = Hmac::<Sha256>::new_from_slice(master).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    m.update(b"pingji device key\n");
    m.update(key_id.as_bytes());
    m.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Parts<'static> = Parts {
        method: "POST",
        path_and_query: "/api/v1/fills?x=1",
        time: "1763712000000",
        nonce: "0123456789abcdef",
        body: b"{}",
    };

    #[test]
    fn each_part_is_bound() {
        let s = sign(b"k", &P);
        assert_eq!(s.len(), 64);
        assert!(verify(b"k", &P, &s));
        assert!(!verify(b"l", &P, &s));
        for p in [
            Parts { method: "GET", ..P },
            Parts { path_and_query: "/api/v1/fills", ..P },
            Parts { time: "1763712000001", ..P },
            Parts { nonce: "0123456789abcdeg", ..P },
            Parts { body: b"{} ", ..P },
        ] {
            assert!(!verify(b"k", &p, &s));
        }
        for bad in ["", "zz", &s[1..], &format!("{s}00")] {
            assert!(!verify(b"k", &P, bad));
        }
    }

    #[test]
    fn a_vector_other_clients_can_check() {
        // printf 'POST\n/api/v1/fills?x=1\n1763712000000\n0123456789abcdef\n%s' "$(printf '{}' | sha256sum | cut -c1-64)" | openssl dgst -sha256 -hmac k
        assert_eq!(sign(b"k", &P), "2ed6657d0eeda0e83609a3300088f0751b6fdc046a36041cb1f0a27998730ad0");
    }

    #[test]
    fn a_body_is_signed_by_its_hash() {
        let digest = hex::encode(Sha256::digest(P.body));
        assert_eq!(sign_digest(b"k", [P.method, P.path_and_query, P.time, P.nonce], &digest), sign(b"k", &P));
    }

    #[test]
    fn nonces_and_secrets() {
        assert!(
            nonce_ok("0123456789abcde-")
                && !nonce_ok("short")
                && !nonce_ok("0123456789abcde ")
                && !nonce_ok(&"a".repeat(65))
        );
        assert_ne!(device_secret(b"m", "k1"), device_secret(b"m", "k2"));
        assert_ne!(device_secret(b"m", "k1"), device_secret(b"n", "k1"));
    }
}
