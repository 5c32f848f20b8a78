//! Codes as people and scanners deliver them: one type a code, parsed leniently and printed in one canonical form.
//!
//! [`read`] takes what stands in one text box and says every code it can be. Nothing here knows which of them exists:
//! that is for a look-up to decide.

pub mod check;
mod company;
mod cylinder;
mod division;
pub mod gs1;
mod kind;
mod link;
mod number;
mod person;
mod phone;
mod plate;
mod read;
#[cfg(test)]
mod tests;

pub use company::{Licence, Organisation, SocialCredit};
pub use cylinder::{Line, QrPayload, RfidId, StampNo, TagCode};
pub use division::{Division, Level, province_of_plate};
pub use kind::{CodeError, Kind, Message, Near};
pub use number::{CustomerNo, OrderNo, RecoveryNo};
pub use person::IdCard;
pub use phone::{Phone, PhoneKind};
pub use plate::Plate;
pub use read::{Answer, Certainty, Known, MAX_TEXT, Reading, answer, misses, read};

/// A code as a text of its own type: parsed by `FromStr`, printed and stored in canonical form.
macro_rules! text_code {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The canonical text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::codes::CodeError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}
use text_code;

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

/// Characters that no code uses and no eye sees: a byte order mark, zero-width and direction marks, as address books
/// put them round a phone number.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
}

/// Strokes and dots that people write between the groups of a code.
fn is_separator(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{AD}' | '·' | '•' | '・')
}

/// A code without what people and scanners put around and into it: half-width, upper case, no blanks, no separators, no
/// control characters at the ends.
fn compact(text: &str) -> String {
    half_width(text)
        .trim_matches(|c: char| c.is_control() || c.is_whitespace() || is_invisible(c))
        .chars()
        .filter(|c| !(c.is_whitespace() || is_invisible(*c) || is_separator(*c)))
        .map(|c| c.to_ascii_uppercase())
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
