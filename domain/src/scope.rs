//! What part of the city somebody may see, and who asks.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A part of the record: the city, a district (GB/T 2260 code) or an enterprise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Everything this deployment holds.
    #[default]
    City,
    /// One district by its GB/T 2260 code.
    District(i32),
    /// One organisation by its id.
    Org(i64),
}

impl Scope {
    /// Whether a row of this district and organisation lies within the scope.
    #[must_use]
    pub const fn covers(self, district: i32, org: i64) -> bool {
        match self {
            Self::City => true,
            Self::District(d) => d == district,
            Self::Org(o) => o == org,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City => f.write_str("city"),
            Self::District(d) => write!(f, "district:{d}"),
            Self::Org(o) => write!(f, "org:{o}"),
        }
    }
}

impl From<Scope> for String {
    fn from(s: Scope) -> Self {
        s.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = String;
    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{}` is no scope: city, district:<GB/T 2260 code> or org:<id>", crate::clock::clip(s));
        match s.split_once(':') {
            None if s == "city" => Ok(Self::City),
            Some(("district", d)) => {
                d.parse().ok().filter(|d| (100_000..=999_999).contains(d)).map(Self::District).ok_or_else(bad)
            }
            Some(("org", o)) => o.parse().ok().filter(|o| *o > 0).map(Self::Org).ok_or_else(bad),
            _ => Err(bad()),
        }
    }
}

/// Who asks a query. Every query of `data` takes one and answers only within its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// What this viewer may see.
    pub scope: Scope,
}

impl Viewer {
    /// The process itself: jobs, `verify`, the command line.
    pub const SYSTEM: Self = Self { scope: Scope::City };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_and_refuse_nonsense() {
        for s in [Scope::City, Scope::District(410_105), Scope::Org(7)] {
            assert_eq!(s.to_string().parse::<Scope>(), Ok(s));
            let text = serde_json::to_string(&s).unwrap();
            assert_eq!((text.as_str(), serde_json::from_str(&text).ok()), (format!("\"{s}\"").as_str(), Some(s)));
        }
        for s in ["", "City", "district:", "district:1", "org:0", "org:-1", "org:x", "district:410105 ", "a:b:c"] {
            assert!(s.parse::<Scope>().is_err(), "{s}");
        }
        assert!(Scope::District(410_105).covers(410_105, 1) && !Scope::District(410_105).covers(410_102, 1));
        assert!(Scope::Org(7).covers(1, 7) && !Scope::Org(7).covers(7, 1) && Scope::City.covers(0, 0));
    }
}
