//! What differs between two texts, sentence by sentence, for people.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Sentences of a text that are compared one by one; a longer one is compared by its lines.
const SENTENCES_MAX: usize = 3_000;

/// On which side something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// On both.
    Both,
    /// In the earlier text only: it was taken out.
    Was,
    /// In the later text only: it was put in.
    Is,
}

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Where it stands.
    pub side: Side,
    /// The text, with its line ends.
    pub text: String,
}

/// What differs between two plain texts. The pieces of either side together are that text.
#[must_use]
pub fn diff(was: &str, is: &str) -> Vec<Piece> {
    let (mut a, mut b) = (sentences(was), sentences(is));
    if a.len().max(b.len()) > SENTENCES_MAX {
        a = was.split_inclusive('\n').collect();
        b = is.split_inclusive('\n').collect();
    }
    if a.len().max(b.len()) > SENTENCES_MAX {
        (a, b) = (vec![was], vec![is]);
    }
    let mut out: Vec<Piece> = vec![];
    let mut put = |side: Side, parts: &[&str]| {
        let text = parts.concat();
        match out.last_mut().filter(|p| p.side == side) {
            _ if text.is_empty() => {}
            Some(last) => last.text.push_str(&text),
            None => out.push(Piece { side, text }),
        }
    };
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        match op {
            DiffOp::Equal { old_index, len, .. } => put(Side::Both, &a[old_index..old_index + len]),
            DiffOp::Delete { old_index, old_len, .. } => put(Side::Was, &a[old_index..old_index + old_len]),
            DiffOp::Insert { new_index, new_len, .. } => put(Side::Is, &b[new_index..new_index + new_len]),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                put(Side::Was, &a[old_index..old_index + old_len]);
                put(Side::Is, &b[new_index..new_index + new_len]);
            }
        }
    }
    out
}

/// Sentences with what ends them. A point ends one only before a space: 35.5 L is one piece.
fn sentences(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|n| n.1);
        let ends = match c {
            '\n' | '。' | '！' | '？' | '；' | '…' => true,
            '.' | '!' | '?' | ';' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            out.push(&text[from..end]);
            from = end;
        }
    }
    if from < text.len() {
        out.push(&text[from..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn side(pieces: &[Piece], side: Side) -> String {
        pieces.iter().filter(|p| p.side == Side::Both || p.side == side).map(|p| p.text.as_str()).collect()
    }

    #[test]
    fn a_sentence_that_changed_is_shown_and_no_other() {
        let d = diff("开窗通风。关阀。查漏。\n拨打119", "开窗通风。先关阀。查漏。\n拨打119");
        let told: Vec<(Side, &str)> = d.iter().map(|p| (p.side, p.text.as_str())).collect();
        assert_eq!(
            told,
            [
                (Side::Both, "开窗通风。"),
                (Side::Was, "关阀。"),
                (Side::Is, "先关阀。"),
                (Side::Both, "查漏。\n拨打119")
            ]
        );
        assert_eq!(diff("", ""), []);
        assert_eq!(diff("a", "a").len(), 1);
        assert_eq!(sentences("35.5 L. b\nc"), ["35.5 L.", " b\n", "c"]);
    }

    #[test]
    fn texts_that_have_nothing_in_common_are_told_in_time() {
        let long = |c: &str| (0..20_000).map(|n| format!("{c}{n}。")).collect::<String>();
        let (a, b) = (long("甲"), long("乙"));
        let begun = std::time::Instant::now();
        let d = diff(&a, &b);
        assert_eq!((side(&d, Side::Was), side(&d, Side::Is)), (a, b));
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_it(a in "[ab。\n ]{0,40}", b in "[ab。\n ]{0,40}") {
            let d = diff(&a, &b);
            prop_assert_eq!(side(&d, Side::Was), a);
            prop_assert_eq!(side(&d, Side::Is), b);
        }
    }
}
