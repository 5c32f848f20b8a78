//! What stands in a post's HTML: its words, the files that it names, and the terms by which it is found.

use std::collections::BTreeMap;

/// Terms that one post is found by, at most.
const TERMS_MAX: usize = 6_000;
/// Terms of a question that are looked at.
const ASKED_MAX: usize = 24;
/// Characters of a word that are kept.
const WORD_MAX: usize = 32;
/// How often a word counts within one text.
const COUNT_MAX: i32 = 5;

/// Tags after which another line begins.
const BLOCKS: [&str; 22] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ul",
    "ol",
    "tr",
    "td",
    "th",
    "table",
    "caption",
    "blockquote",
    "pre",
    "figure",
    "figcaption",
    "div",
    "br",
    "hr",
];

/// Where a tag ends that begins a text: behind its `>`, whatever stands in its attributes.
#[must_use]
pub fn tag_end(tag: &str) -> usize {
    let (mut quoted, mut before) = (None, ' ');
    for (at, c) in tag.char_indices() {
        match (quoted, c) {
            (Some(q), _) if c == q => quoted = None,
            (Some(_), _) => {}
            // Elsewhere than behind its `=` it quotes nothing.
            (None, '"' | '\'') if before == '=' => quoted = Some(c),
            (None, '>') => return at + 1,
            (None, _) => {}
        }
        before = c;
    }
    tag.len()
}

/// The words of clean HTML: no tags, another line with another paragraph and wherever the text breaks one, no empty lines.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        decoded(&rest[..at], &mut out);
        rest = &rest[at..];
        let name = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if BLOCKS.iter().any(|b| b.eq_ignore_ascii_case(&name[..end])) {
            out.push('\n');
        }
        rest = &rest[tag_end(rest)..];
    }
    decoded(rest, &mut out);
    let lines = out.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The references that clean HTML has.
fn decoded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&nbsp;", ' '), ("&#39;", '\'')];
        match known.iter().find(|(r, _)| rest.starts_with(r)) {
            Some((r, c)) => {
                out.push(*c);
                rest = &rest[r.len()..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

/// The beginning of a text in one line: so many characters at most.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let mut out: String = line.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Whether a text is the token of a file: 32 lower-case hexadecimal digits.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Tokens of the files that an HTML names (`/files/<token>`), each once, in their order.
#[must_use]
pub fn tokens(html: &str) -> Vec<String> {
    const MARK: &str = "/files/";
    let mut out: Vec<String> = vec![];
    for (at, _) in html.match_indices(MARK) {
        let rest = &html[at + MARK.len()..];
        let Some(token) = rest.get(..32).filter(|t| is_token(t)) else { continue };
        // A longer number is another name.
        let longer = rest[32..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if !longer && !out.iter().any(|o| o == token) {
            out.push(token.to_owned());
        }
    }
    out
}

/// A Chinese character.
const fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF | 0x3007)
}

/// Runs of Chinese characters, and words of other letters and digits in lower case, half width.
fn runs(text: &str) -> Vec<(bool, Vec<char>)> {
    let mut out: Vec<(bool, Vec<char>)> = vec![];
    let mut open = false;
    for c in crate::codes::half_width(text).chars().flat_map(char::to_lowercase) {
        let han = is_han(c);
        if !han && !c.is_alphanumeric() {
            open = false;
            continue;
        }
        match out.last_mut().filter(|(kind, _)| open && *kind == han) {
            Some((_, run)) => run.push(c),
            None => out.push((han, vec![c])),
        }
        open = true;
    }
    out
}

fn word(run: &[char]) -> String {
    run.iter().take(WORD_MAX).collect()
}

/// The terms by which a text is found, and how often each stands there: single Chinese characters and pairs of neighbours, words of other
/// letters. Chinese is written without spaces: whatever is searched for is a stretch of pairs.
#[must_use]
pub fn terms(text: &str) -> BTreeMap<String, i32> {
    let mut out: BTreeMap<String, i32> = BTreeMap::new();
    let mut add = |term: String| {
        if out.len() < TERMS_MAX || out.contains_key(&term) {
            let n = out.entry(term).or_default();
            *n = (*n + 1).min(COUNT_MAX);
        }
    };
    for (han, run) in runs(text) {
        if han {
            run.windows(2).for_each(|pair| add(pair.iter().collect()));
            run.iter().for_each(|c| add(c.to_string()));
        } else {
            add(word(&run));
        }
    }
    out
}

/// The terms that must all be there for what somebody searches for; empty where it holds nothing that can be found.
#[must_use]
pub fn query_terms(text: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    for (han, run) in runs(text) {
        let of: Vec<String> = match (han, run.len()) {
            (true, 2..) => run.windows(2).map(|pair| pair.iter().collect()).collect(),
            _ => vec![word(&run)],
        };
        for term in of {
            if out.len() < ASKED_MAX && !out.contains(&term) {
                out.push(term);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_of_a_text() {
        let html = "<h2>用气 安全</h2><p>开窗<strong>通风</strong>,\n关阀 &lt;1 &amp; 查漏&nbsp;。</p><ul><li>甲</li><li>乙</li></ul>";
        assert_eq!(plain(html), "用气 安全\n开窗通风,\n关阀 <1 & 查漏 。\n甲\n乙");
        assert_eq!(plain("a < b <p"), "a < b");
        assert_eq!(plain("<img src=\"x\" alt=\"a > b\">甲<a title='>'>乙</a>"), "甲乙");
        assert_eq!(plain("<p \">甲</p>\"乙\""), "甲\n\"乙\"");
        assert_eq!(plain("&amp;lt; &unknown; &"), "&lt; &unknown; &");
        assert_eq!(plain("<table><tr><td>一</td><td>二</td></tr></table>"), "一\n二");
        assert_eq!(excerpt("一二三\n四五", 5), "一二三 …");
        assert_eq!(excerpt("一二三", 3), "一二三");
    }

    #[test]
    fn the_files_that_a_text_names() {
        let (a, b) = ("0123456789abcdef0123456789abcdef", "f".repeat(32));
        let html =
            format!("<img src=\"/files/{a}\"><video src=\"/files/{b}/preview\"></video><img src=\"/files/{a}\">");
        assert_eq!(tokens(&html), [a.to_owned(), b.clone()]);
        for none in [
            "/files/",
            "/files/0123",
            &format!("/files/{}", b.to_uppercase()),
            &format!("/files/{b}0"),
            "/files/瓶瓶瓶瓶瓶瓶瓶瓶瓶瓶瓶",
        ] {
            assert_eq!(tokens(none), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn chinese_is_found_by_its_pairs() {
        let of = terms("液化石油气钢瓶 YSP35.5 ＬＰＧ 气");
        for t in ["液化", "化石", "石油", "油气", "气钢", "钢瓶", "瓶", "ysp35", "5", "lpg"] {
            assert!(of.contains_key(t), "{t} {of:?}");
        }
        assert_eq!(of["气"], 2);
        assert_eq!(query_terms("石油气  LPG"), ["石油", "油气", "lpg"]);
        assert_eq!(query_terms("瓶"), ["瓶"]);
        assert_eq!(query_terms("?!，。 "), Vec::<String>::new());
        assert_eq!(query_terms(&"天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁".repeat(9)).len(), ASKED_MAX);
        let long: String = (0..40_000).filter_map(|n| char::from_u32(0x4E00 + n % 20_000)).collect();
        assert_eq!(terms(&long).len(), TERMS_MAX);
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found(text in "[a-z气瓶安全检查用户 ]{1,40}", from in 0..40_usize, len in 1..10_usize) {
            let all = terms(&text);
            // Whole words of letters; any stretch of Chinese.
            let part: String = text.chars().skip(from).take(len).filter(|c| is_han(*c)).collect();
            let stretch = text.contains(&part);
            for t in query_terms(&part) {
                prop_assert!(!stretch || all.contains_key(&t), "{} in {}", t, text);
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,200}") {
            let _ = (plain(&text), tokens(&text), terms(&text), query_terms(&text), excerpt(&text, 10));
        }
    }
}
