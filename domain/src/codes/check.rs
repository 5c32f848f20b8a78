//! Check characters. Every function takes the characters before the check character and says what it must be.

/// The 31 characters of a unified social credit code (GB 32100-2015): no I, O, S, V, Z.
pub const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of GB 32100: powers of 3 modulo 31.
const CREDIT_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of GB 11714.
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Weights of GB 11643: powers of 2 modulo 11.
const ID_WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The weighted sum; `None` when the length differs or a character has no value.
fn sum(body: &[u8], weights: &[usize], value: impl Fn(u8) -> Option<usize>) -> Option<usize> {
    if body.len() != weights.len() {
        return None;
    }
    body.iter().zip(weights).try_fold(0, |s, (&c, w)| Some(s + value(c)? * w))
}

fn digit(c: u8) -> Option<usize> {
    c.is_ascii_digit().then(|| usize::from(c - b'0'))
}

/// Character 18 of a unified social credit code (GB 32100-2015 §4.5), from its first 17.
#[must_use]
pub fn social_credit(body: &[u8]) -> Option<u8> {
    let s = sum(body, &CREDIT_WEIGHTS, |c| CREDIT_ALPHABET.iter().position(|a| *a == c))?;
    // The outer remainder matters: a sum divisible by 31 gives 0, not 31.
    CREDIT_ALPHABET.get((31 - s % 31) % 31).copied()
}

/// Character 9 of an organisation code (GB 11714-1997), from its first 8: digits and capital letters.
#[must_use]
pub fn organisation(body: &[u8]) -> Option<u8> {
    let s = sum(body, &ORGANISATION_WEIGHTS, |c| match c {
        b'A'..=b'Z' => Some(usize::from(c - b'A') + 10),
        c => digit(c),
    })?;
    b"0123456789X".get((11 - s % 11) % 11).copied()
}

/// Character 18 of a citizen's number (GB 11643-1999, ISO 7064 MOD 11-2), from its first 17 digits.
#[must_use]
pub fn id_card(body: &[u8]) -> Option<u8> {
    b"10X98765432".get(sum(body, &ID_WEIGHTS, digit)? % 11).copied()
}

/// ISO 7064 MOD 11,10 (GB/T 17710) over digits: labels with a check digit, 15-digit business licences.
#[must_use]
pub fn mod_11_10(body: &[u8]) -> Option<u8> {
    if body.is_empty() {
        return None;
    }
    let p = body.iter().try_fold(10, |p, &c| {
        let s = (p + digit(c)?) % 10;
        Some((if s == 0 { 10 } else { s }) * 2 % 11)
    })?;
    b"0123456789".get((11 - p) % 10).copied()
}

/// GS1 modulo 10: weights 3, 1, 3 … from the right (GS1 General Specifications §7.9).
#[must_use]
pub fn gs1(body: &[u8]) -> Option<u8> {
    if body.is_empty() {
        return None;
    }
    let s = body.iter().rev().enumerate().try_fold(0, |s, (i, &c)| Some(s + digit(c)? * [3, 1][i % 2]))?;
    b"0123456789".get((10 - s % 10) % 10).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for (body, check) in [
            ("91110000802100433", b'B'),
            ("91440300708461136", b'T'),
            ("91330100799655058", b'B'),
            ("91440300192203821", b'6'),
            ("91350100M000100Y4", b'3'),
        ] {
            assert_eq!(social_credit(body.as_bytes()), Some(check), "{body}");
        }
        for (body, check) in
            [("80210043", b'3'), ("70846113", b'6'), ("79965505", b'8'), ("19220382", b'1'), ("M000100Y", b'4')]
        {
            assert_eq!(organisation(body.as_bytes()), Some(check), "{body}");
        }
        assert_eq!(id_card(b"11010519491231002"), Some(b'X'));
        assert_eq!(gs1(b"690123456789"), Some(b'2'));
        assert_eq!(gs1(b"690000000002"), Some(b'1'));
        assert_eq!(gs1(b"690000000001"), Some(b'4'));
        // The worked example of ISO/IEC 7064 for MOD 11,10.
        assert_eq!(mod_11_10(b"0794"), Some(b'5'));
    }

    #[test]
    fn remainders_at_the_edges() {
        // Sums divisible by 31 and by 11, and the remainder that prints as X.
        assert_eq!(social_credit(b"00000000000000000"), Some(b'0'));
        assert_eq!(organisation(b"00000000"), Some(b'0'));
        assert_eq!(organisation(b"40000000"), Some(b'X'));
        assert_eq!(gs1(b"0"), Some(b'0'));
    }

    #[test]
    fn what_is_no_body_has_no_check() {
        for f in [social_credit, organisation, id_card, mod_11_10, gs1] {
            assert_eq!(f(b""), None);
            assert_eq!(f(b"12*"), None);
        }
        assert_eq!(social_credit(b"9111000080210043I"), None, "I has no value");
        assert_eq!(id_card(b"1101051949123100X"), None);
    }

    /// Whether the last character is the check character of the others.
    fn holds(f: fn(&[u8]) -> Option<u8>, text: &[u8]) -> bool {
        text.split_last().is_some_and(|(last, body)| f(body) == Some(*last))
    }

    /// A text, and the two neighbours that were exchanged in it.
    type Exchanged = (Vec<u8>, u8, u8);

    /// Every text that differs from `text` by one digit, and every one by two unequal neighbours exchanged.
    fn neighbours(text: &[u8]) -> (Vec<Vec<u8>>, Vec<Exchanged>) {
        let (mut changed, mut swapped) = (Vec::new(), Vec::new());
        for i in 0..text.len() {
            for d in b'0'..=b'9' {
                let mut t = text.to_vec();
                t[i] = d;
                if t != text {
                    changed.push(t);
                }
            }
            if i + 1 < text.len() && text[i] != text[i + 1] {
                let mut t = text.to_vec();
                t.swap(i, i + 1);
                swapped.push((t, text[i], text[i + 1]));
            }
        }
        (changed, swapped)
    }

    fn with_check(f: fn(&[u8]) -> Option<u8>, body: &str) -> Vec<u8> {
        let mut t = body.as_bytes().to_vec();
        t.push(f(body.as_bytes()).unwrap());
        t
    }

    proptest! {
        #[test]
        fn mod_31_and_mod_11_find_every_change_and_every_exchange(a in "[0-9]{17}", b in "[0-9]{8}") {
            for (f, body) in [
                (social_credit as fn(&[u8]) -> Option<u8>, &a),
                (id_card, &a),
                (organisation, &b),
            ] {
                let text = with_check(f, body);
                prop_assert!(holds(f, &text));
                let (changed, swapped) = neighbours(&text);
                // In the body of an organisation code X is a letter of its own value, not ten: that exchange may pass.
                let swapped = swapped.into_iter().filter(|s| body != &b || s.2 != b'X').map(|s| s.0);
                for t in changed.into_iter().chain(swapped) {
                    prop_assert!(!holds(f, &t), "{}", String::from_utf8_lossy(&t));
                }
            }
        }

        #[test]
        fn social_credit_finds_every_change_to_any_of_its_characters(
            body in proptest::collection::vec(0usize..31, 17), i in 0usize..18, c in 0usize..31,
        ) {
            let body: String = body.into_iter().map(|v| char::from(CREDIT_ALPHABET[v])).collect();
            let text = with_check(social_credit, &body);
            let mut t = text.clone();
            t[i] = CREDIT_ALPHABET[c];
            prop_assert_eq!(holds(social_credit, &t), t == text);
        }

        #[test]
        fn gs1_finds_every_change_and_every_exchange_but_of_digits_five_apart(body in "[0-9]{7,17}") {
            let text = with_check(gs1, &body);
            let (changed, swapped) = neighbours(&text);
            for t in changed {
                prop_assert!(!holds(gs1, &t));
            }
            for (t, a, b) in swapped {
                prop_assert_eq!(holds(gs1, &t), a.abs_diff(b) == 5);
            }
        }

        #[test]
        fn mod_11_10_finds_every_change(body in "[0-9]{11,14}") {
            let text = with_check(mod_11_10, &body);
            for t in neighbours(&text).0 {
                prop_assert!(!holds(mod_11_10, &t));
            }
        }
    }
}
