//! Time-based one-time passwords (RFC 6238), HMAC-SHA-1, six digits, thirty seconds: what every authenticator speaks.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Length of a step, seconds.
pub const STEP_S: i64 = 30;
/// Steps before and after the present one that are accepted: clocks of telephones are off by a little.
pub const SKEW_STEPS: i64 = 1;

/// The step a time lies in.
#[must_use]
pub const fn step(now_ms: i64) -> i64 {
    now_ms.div_euclid(1_000 * STEP_S)
}

/// The six digits of a step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

fn truncated(secret: &[u8], step: i64) -> u32 {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return 0 };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    u32::from_be_bytes([digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]])
}

/// The step for which the digits are right, if any that is accepted now. It must be later than the last one used: a
/// code is good once.
#[must_use]
pub fn accepted(secret: &[u8], digits: &str, now_ms: i64, last_used: i64) -> Option<i64> {
    let now = step(now_ms);
    // All are compared whatever the first says, so that the time it takes tells nothing.
    (now - SKEW_STEPS..=now + SKEW_STEPS)
        .filter(|s| same(&code(secret, *s), digits) && *s > last_used)
        .fold(None, |found, s| found.or(Some(s)))
}

fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

/// The secret as it is typed: base 32 (RFC 4648) without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0);
    for b in bytes {
        held = held << 8 | u32::from(*b);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    out
}

/// The address that an authenticator reads from a QR code.
#[must_use]
pub fn address(secret: &[u8], login: &str) -> String {
    format!(
        "otpauth://totp/Pingji:{login}?secret={}&issuer=Pingji&algorithm=SHA1&digits=6&period={STEP_S}",
        base32(secret)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the vectors of SHA-1, eight digits.
    const VECTORS: [(i64, u32); 6] = [
        (59, 94_287_082),
        (1_111_111_109, 7_081_804),
        (1_111_111_111, 14_050_471),
        (1_234_567_890, 89_005_924),
        (2_000_000_000, 69_279_037),
        (20_000_000_000, 65_353_130),
    ];
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_the_standard() {
        for (seconds, digits) in VECTORS {
            let step = step(seconds * 1_000);
            assert_eq!(truncated(SECRET, step) % 100_000_000, digits, "{seconds}");
            assert_eq!(code(SECRET, step), format!("{:06}", digits % 1_000_000));
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_little_longer_than_its_step() {
        let now = 1_111_111_111_000;
        let s = step(now);
        let digits = code(SECRET, s);
        assert_eq!(accepted(SECRET, &digits, now, 0), Some(s));
        assert_eq!(accepted(SECRET, &digits, now, s), None, "used");
        assert_eq!(accepted(SECRET, &digits, now, s + 1), None, "a later one was used");
        for (off, good) in [(-2, false), (-1, true), (1, true), (2, false)] {
            assert_eq!(accepted(SECRET, &digits, now + off * 30_000, 0).is_some(), good, "{off}");
        }
        for wrong in ["", "000000", "0", &format!("{digits}0"), " 050471", "05047１"] {
            assert_eq!(accepted(SECRET, wrong, now, 0), None, "{wrong}");
        }
        assert_eq!(accepted(b"another", &digits, now, 0), None);
    }

    #[test]
    fn base32_of_the_standard() {
        // RFC 4648, 10, without padding.
        for (text, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), coded);
        }
        assert_eq!(
            address(SECRET, "auditor"),
            "otpauth://totp/Pingji:auditor?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Pingji&algorithm=SHA1&digits=6&period=30"
        );
    }
}
