//! Accounts, their sessions and the audit log, as people see them.

use crate::{
    permission::{Permissions, Role},
    scope::Scope,
};
use serde::{Deserialize, Serialize};

/// What an account must do before it may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Enter the code of its second factor: the password was right.
    Code,
    /// Choose a password of its own.
    Password,
    /// Set up a second factor: its role demands one.
    SecondFactor,
}

/// The account that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Account id.
    pub id: i64,
    /// Session id.
    pub session: i64,
    /// What it signs in with.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What part of the record it may see.
    pub scope: Scope,
    /// Roles held.
    pub roles: Vec<Role>,
    /// What it may do now; nothing while something is due.
    pub permissions: Permissions,
    /// What it must do first.
    pub due: Option<Due>,
    /// Whether it has a second factor.
    pub second_factor: bool,
}

/// An account as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Account id.
    pub id: i64,
    /// What it signs in with.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What part of the record it may see.
    pub scope: Scope,
    /// Roles held.
    pub roles: Vec<Role>,
    /// Whether it was disabled.
    pub disabled: bool,
    /// Whether too many wrong passwords locked it.
    pub locked: bool,
    /// Whether its password is a first one or was reset.
    pub must_change: bool,
    /// Whether it has a second factor.
    pub second_factor: bool,
    /// When it last signed in, ms.
    pub last_login_at: Option<i64>,
    /// Sessions that are open.
    pub sessions: u32,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Session id.
    pub id: i64,
    /// When it began, ms.
    pub created_at: i64,
    /// When it was last used, ms, to the minute.
    pub seen_at: i64,
    /// Network address where it began.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
    /// Whether it is the one that asks.
    pub own: bool,
}

/// A paired display as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayLine {
    /// Display id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// When it was paired, ms.
    pub created_at: i64,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Running number.
    pub no: i64,
    /// When, ms.
    pub at: i64,
    /// Who: the account's login name; empty for nobody or the operator.
    pub login: String,
    /// Network address; `console` for the operator.
    pub address: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, JSON.
    pub detail: String,
}

/// Longest login name, characters.
pub const LOGIN_MAX: usize = 32;
/// Longest name of a person, characters.
pub const NAME_MAX: usize = 64;

/// A login name as it is kept: 3 to 32 lower-case letters, digits, `.`, `-`, `_`, the first a letter.
#[must_use]
pub fn login(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let good = (3..=LOGIN_MAX).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
    good.then_some(text)
}

/// A name of a person or display as it is kept: not empty, no control characters.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let good = !text.is_empty() && text.chars().count() <= NAME_MAX && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
}

/// A path of our own that one may be sent on to: never another site.
#[must_use]
pub fn own_path(text: &str) -> Option<&str> {
    let good = text.len() <= 512
        && text.starts_with('/')
        && !text[1..].starts_with(['/', '\\'])
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_names_and_names() {
        assert_eq!(login(" Zhang.San "), Some("zhang.san".into()));
        for bad in ["", "ab", "1ab", "张三丰", "a b c", "a\0bc", &"a".repeat(33), "a/bc", "-abc"] {
            assert_eq!(login(bad), None, "{bad}");
        }
        assert_eq!(name(" 张三 "), Some("张三".into()));
        for bad in ["", "  ", "a\nb", &"瓶".repeat(65)] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/wall?scope=city", "/cylinders/%E7%93%B6/history", "/a//b"] {
            assert_eq!(own_path(good), Some(good));
        }
        for bad in [
            "",
            "wall",
            "//evil.example",
            "/\\evil.example",
            "\\/evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "/瓶",
            &format!("/{}", "a".repeat(512)),
        ] {
            assert_eq!(own_path(bad), None, "{bad}");
        }
    }
}
