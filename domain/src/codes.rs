//! Codes as people and scanners deliver them.

/// Longest tag text accepted, in characters.
pub const TAG_MAX: usize = 64;

/// Full-width forms (０-９, Ａ-Ｚ, ：…) as their ASCII twins; the ideographic space as a space.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            c => c,
        })
        .collect()
}

/// Normalises a tag as read or typed: half-width, no surrounding or inner blanks, upper case.
///
/// # Errors
/// A text when nothing is left, it is longer than [`TAG_MAX`], or holds anything but letters, digits and `-_.`.
pub fn tag(text: &str) -> Result<String, String> {
    if text.len() > 4 * TAG_MAX {
        return Err(format!("a tag has at most {TAG_MAX} characters"));
    }
    let t: String = half_width(text).chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if t.is_empty() {
        return Err("the tag is empty".into());
    }
    if t.chars().count() > TAG_MAX {
        return Err(format!("a tag has at most {TAG_MAX} characters"));
    }
    if let Some(c) = t.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        return Err(format!("a tag holds letters, digits and -_. only, not {c:?}"));
    }
    Ok(t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_of_the_sources() {
        assert_eq!(tag(" ４９０４４１０５２２ ").unwrap(), "4904410522");
        assert_eq!(tag("ab-12").unwrap(), "AB-12");
        assert!(tag("").is_err() && tag(" \u{3000}").is_err());
        assert!(tag("a'b").is_err() && tag("号").is_err() && tag("\u{202e}12").is_err());
        assert!(tag(&"1".repeat(65)).is_err() && tag(&"1".repeat(64)).is_ok());
    }

    proptest! {
        #[test]
        fn a_normalised_tag_is_a_fixed_point(s in ".{0,80}") {
            if let Ok(t) = tag(&s) {
                prop_assert_eq!(tag(&t), Ok(t.clone()));
                prop_assert!(t.is_ascii());
            }
        }
    }
}
