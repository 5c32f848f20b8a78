//! Base64url without padding, as the standards of web push have it.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes as base64url.
#[must_use]
pub fn write(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let held = three.iter().enumerate().fold(0_u32, |held, (n, b)| held | (u32::from(*b) << (16 - 8 * n)));
        for n in 0..=three.len() {
            let digit = (held >> (18 - 6 * n)) & 63;
            out.push(DIGITS.get(digit as usize).copied().map_or('A', char::from));
        }
    }
    out
}

/// Reads base64url; `None` for anything else, also where the last digit says more than there are bytes.
#[must_use]
pub fn read(text: &str) -> Option<Vec<u8>> {
    if text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for b in text.bytes() {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits).ok()?);
            held &= (1_u32 << bits) - 1;
        }
    }
    (held == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_written_so_is_read() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (&[0xfb, 0xff, 0xbf], "-_-_"),
        ] {
            assert_eq!((write(bytes), read(text)), (text.to_owned(), Some(bytes.to_vec())));
        }
        for bad in ["A", "Zg==", "Zh", "Zm9", "+/+/", "Zm9v ", "Zm9v\n", "瓶", "Zm9vA"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = write(&bytes);
            prop_assert_eq!(read(&text), Some(bytes));
            prop_assert!(!text.contains(['=', '+', '/']));
        }
    }
}
