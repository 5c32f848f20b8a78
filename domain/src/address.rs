//! Addresses of users as they are compared: several suppliers write one address in several ways, and what stands there is to be summed
//! (S0-46, rules.md §14). What cannot be told apart is said not to be known, never guessed: an address without a number is none.

use crate::codes::half_width;

/// Longest name of a province or city before its word, characters.
const NAME_MAX: usize = 8;

/// The address in the form in which two are compared; `None` where it names no house: without a number a whole village would be one.
#[must_use]
pub fn key(text: &str) -> Option<String> {
    let plain: String = half_width(text)
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !",.;:、。()[]【】".contains(*c))
        .flat_map(char::to_uppercase)
        .collect();
    let local = without_region(&plain);
    let counted = in_digits(local);
    let joined =
        ["号楼", "#楼", "栋", "幢", "#", "单元", "_", "—", "–"].iter().fold(counted, |t, word| t.replace(word, "-"));
    let joined = joined.trim_end_matches(['室', '户', '号', '-']);
    let mut out = String::with_capacity(joined.len());
    for c in joined.chars() {
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    let named = out.chars().filter(|c| !c.is_ascii_digit() && *c != '-').count() >= 2;
    (named && out.contains(|c: char| c.is_ascii_digit())).then_some(out)
}

/// As it may be shown to whoever need not know it whole: up to its first number.
#[must_use]
pub fn masked(text: &str) -> String {
    let shown: String = half_width(text).trim().chars().take_while(|c| !c.is_ascii_digit()).take(30).collect();
    format!("{}***", shown.trim_end())
}

/// Without province and city at its beginning: some write them, some do not. The district stays: roads of one name lie in several.
fn without_region(text: &str) -> &str {
    let mut rest = text.strip_prefix("中国").unwrap_or(text);
    for words in [&["省", "自治区"][..], &["市"]] {
        let found = words.iter().filter_map(|w| Some((rest.find(w)?, *w))).min_by_key(|f| f.0);
        let Some((at, word)) = found else { continue };
        let name = rest.get(..at).unwrap_or_default();
        let after = rest.get(at + word.len()..).unwrap_or_default();
        // A market is no city, and what bears a number is no name.
        let is_name = (2..=NAME_MAX).contains(&name.chars().count()) && !name.contains(|c: char| c.is_ascii_digit());
        if is_name && !after.is_empty() && !after.starts_with(['场', '政', '民']) {
            rest = after;
        }
    }
    rest
}

const UNITS: [&str; 8] = ["号", "栋", "幢", "楼", "单元", "层", "室", "户"];

/// Numbers in words as digits where they count houses: `三号楼` is `3号楼`, but 经三路 stays.
fn in_digits(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let word: Vec<char> = chars.iter().skip(at).take_while(|c| value(**c).is_some()).copied().collect();
        let rest: String = chars.iter().skip(at + word.len()).take(2).collect();
        match number(&word) {
            Some(n) if UNITS.iter().any(|u| rest.starts_with(u)) => out.push_str(&n.to_string()),
            _ if word.is_empty() => {
                out.push(*c);
                at += 1;
                continue;
            }
            _ => out.extend(&word),
        }
        at += word.len();
    }
    out
}

/// A digit in words; ten is 10.
fn value(c: char) -> Option<u32> {
    let digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
    digits.iter().position(|d| *d == c).and_then(|n| u32::try_from(n).ok())
}

/// A number below a hundred in words (二十三), or digits one after the other (五〇一 is written with 零).
fn number(word: &[char]) -> Option<u32> {
    let v: Vec<u32> = word.iter().map(|c| value(*c)).collect::<Option<_>>()?;
    match v.as_slice() {
        [] => None,
        [10] => Some(10),
        [10, n] if *n < 10 => Some(10 + n),
        [t, 10] if *t < 10 => Some(t * 10),
        [t, 10, n] if *t < 10 && *n < 10 => Some(t * 10 + n),
        all if all.len() <= 4 && all.iter().all(|n| *n < 10) => Some(all.iter().fold(0, |sum, n| sum * 10 + n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_address_in_several_writings_is_one() {
        for same in [
            &["河南省郑州市金水区经三路1号", "金水区经三路1号", " 郑州市金水区 经三路 1 号。", "金水区经三路1"][..],
            &[
                "金水区花园路12号院3号楼2单元501室",
                "金水区花园路12号院3栋2单元501",
                "金水区花园路12号院3-2-501",
                "金水区花园路12号院三号楼二单元501户",
                "金水区花园路12号院3#2单元501室",
            ],
            &["二七区大学路十二号", "二七区大学路12号", "二七区大学路12号"],
            &["中原区桐柏路A座101", "中原区桐柏路a座101室"],
        ] {
            let keys: Vec<Option<String>> = same.iter().map(|a| key(a)).collect();
            assert!(keys[0].is_some() && keys.iter().all(|k| *k == keys[0]), "{keys:?}");
        }
    }

    #[test]
    fn different_addresses_stay_apart() {
        for (a, b) in [
            ("金水区经三路1号", "金水区经四路1号"),
            ("金水区经三路1号", "中原区经三路1号"),
            ("金水区经三路1号", "金水区经三路11号"),
            ("金水区花园路3号楼2单元501室", "金水区花园路3号楼25单元01室"),
            ("金水区市场街5号", "金水区街5号"),
        ] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
        assert_eq!(key("老市场街5号"), Some("老市场街5".into()), "a market is no city");
        assert_eq!(key("金水区经三路2号"), Some("金水区经三路2".into()), "a road keeps its name");
    }

    #[test]
    fn what_names_no_house_is_none() {
        for text in ["", "金水区", "张家村", "1号", "- - -", "河南省郑州市", "13800138000"] {
            assert_eq!(key(text), None, "{text}");
        }
    }

    #[test]
    fn a_house_is_hidden() {
        assert_eq!(masked("金水区经三路1号院5号楼"), "金水区经三路***");
        assert_eq!(masked(""), "***");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "[省市区县路街村号楼栋幢单元室零一二三十0-9A-Za-z \\-#()]{0,30}") {
            if let Some(k) = key(&text) {
                prop_assert!(!k.contains(char::is_whitespace));
                prop_assert!(k.len() <= text.len() * 2 + 8);
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,60}") {
            let _ = (key(&text), masked(&text));
        }
    }
}
