//! Phone numbers and identity numbers that stand in texts that people wrote: what goes out of the office must not carry them.
//!
//! A code of a cylinder may have eleven digits too: only texts are veiled, never the column of a code.

use std::borrow::Cow;

/// Whether a run of digits (with `X` at its end, perhaps) is a mobile phone's number or an identity number by its form. The check digit is not
/// asked: a number with a slip in it still leads to somebody.
fn leads_to_somebody(run: &[u8]) -> bool {
    let mobile = |d: &[u8]| d.len() == 11 && d[0] == b'1' && (b'3'..=b'9').contains(&d[1]);
    let digits = run.iter().all(u8::is_ascii_digit);
    match run.len() {
        11 => digits && mobile(run),
        // With the country's prefix.
        13 => digits && run.starts_with(b"86") && mobile(&run[2..]),
        15 => digits && run.starts_with(b"0086") && mobile(&run[4..]),
        18 => run[..17].iter().all(u8::is_ascii_digit) && (b'1'..=b'8').contains(&run[0]),
        _ => false,
    }
}

/// Begin and end of each such number, in bytes, and its digits. A space or hyphen between digits is no end of it: `139-1234-5678`.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || (at > 0 && bytes[at - 1].is_ascii_alphanumeric()) {
            at += 1;
            continue;
        }
        let plain = (at..bytes.len()).find(|i| !bytes[*i].is_ascii_digit()).unwrap_or(bytes.len());
        let with_x = plain + usize::from(bytes.get(plain).is_some_and(|b| b.eq_ignore_ascii_case(&b'x')));
        let ends_here = |end: usize| !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if ends_here(with_x) && leads_to_somebody(&bytes[at..with_x]) {
            found.push((at, with_x));
            at = with_x;
            continue;
        }
        // In groups: three, four and four.
        let grouped = [3, 4, 4].iter().try_fold((at, Vec::with_capacity(11)), |(mut i, mut run), n| {
            if !run.is_empty() {
                i += usize::from(matches!(bytes.get(i), Some(b' ' | b'-')));
            }
            let group = bytes.get(i..i + n).filter(|g| g.iter().all(u8::is_ascii_digit))?;
            run.extend_from_slice(group);
            Some((i + n, run))
        });
        match grouped {
            Some((end, run)) if ends_here(end) && leads_to_somebody(&run) => {
                found.push((at, end));
                at = end;
            }
            _ => at = plain,
        }
    }
    found
}

/// Whether a text holds such a number.
#[must_use]
pub fn stands_in(text: &str) -> bool {
    !numbers(text).is_empty()
}

/// The text with the middle of each such number struck out: `139****5678`, `410105********123X`.
#[must_use]
pub fn veiled(text: &str) -> Cow<'_, str> {
    let found = numbers(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (begin, end) in found {
        let run: String = text[begin..end].chars().filter(char::is_ascii_alphanumeric).collect();
        let (head, stars) = if run.len() == 18 { (6, 8) } else { (run.len() - 8, 4) };
        out.push_str(&text[from..begin]);
        out.push_str(&run[..head]);
        out.push_str(&"*".repeat(stars));
        out.push_str(&run[head + stars..]);
        from = end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_people_are_struck_out_and_others_stand() {
        for (text, wanted) in [
            ("找李四13912345678,白天", "找李四139****5678,白天"),
            ("13912345678", "139****5678"),
            ("+8613912345678 或 0086 13912345678", "+86139****5678 或 0086 139****5678"),
            ("电话 139-1234-5678。", "电话 139****5678。"),
            ("139 1234 5678/13712345679", "139****5678/137****5679"),
            ("身份证41010519900307123X", "身份证410105********123X"),
            ("id 410105199003071234.", "id 410105********1234."),
        ] {
            assert_eq!(veiled(text), wanted, "{text}");
            assert!(stands_in(text), "{text}");
        }
        for text in [
            "",
            "0371-60000001",
            "12345",
            "1795248000000",
            "A13912345678",
            "91410100MA45XY1234",
            "12912345678",
            "139123456789",
        ] {
            assert_eq!(veiled(text), text);
            assert!(!stands_in(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_veiled_holds_none(text in "[0-9xX \\-,a甲+]{0,60}") {
            let once = veiled(&text).into_owned();
            prop_assert!(!stands_in(&once), "{once}");
        }
    }
}
