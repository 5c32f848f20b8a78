//! What can be made to go wrong on purpose, and how often.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal, $rate:literal;)+) => {
        /// A fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Fault { $($(#[doc = $doc])* #[serde(rename = $word)] $variant,)+ }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word on the command line and in the report.
            #[must_use]
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),+ } }

            /// How often it strikes where no rate is given, for each fill planned.
            #[must_use]
            pub const fn usual(self) -> f64 { match self { $(Self::$variant => $rate),+ } }
        }
    };
}

faults! {
    /// A cylinder that must not be filled is tried: overdue, past its life, scrapped. An attempt beside the fills.
    Expired = "expired", 0.02;
    /// A cylinder of another organisation is tried. An attempt beside the fills.
    Foreign = "foreign", 0.01;
    /// A tag no register knows is tried. An attempt beside the fills.
    Unknown = "unknown", 0.005;
    /// A cylinder is filled though the gate said BLOCK. A fill beside the others.
    FillBlocked = "fill_blocked", 0.002;
    /// A tag just read is read again at a far station.
    Clone = "clone", 0.001;
    /// More than the maximum is filled.
    Overfill = "overfill", 0.01;
    /// Less than the lowest contents is filled.
    Underfill = "underfill", 0.01;
    /// A sequence number is never sent.
    Missing = "missing", 0.002;
    /// A record is sent twice.
    Duplicate = "duplicate", 0.01;
    /// A record is sent after its successor.
    Reorder = "reorder", 0.005;
    /// A sequence number is used again with another content.
    Reuse = "reuse", 0.002;
    /// The time of a record is off: in the live city by up to a minute, in a drill by more than a clock may be.
    Skew = "skew", 0.01;
    /// A cylinder past its life is tried.
    PastLife = "past_life", 0.01;
    /// A void tag is tried.
    Void = "void", 0.005;
    /// The tag of a scrapped cylinder is read, or tried.
    Zombie = "zombie", 0.005;
    /// An event of a cylinder's turn is left out, told twice, or told by a stranger.
    ChainGap = "chain_gap", 0.01;
    /// A cylinder weighs something else than is stamped on it.
    Tare = "tare", 0.005;
    /// A cylinder comes back with more gas than it was given.
    Gas = "gas", 0.005;
    /// A gun loses its memory and begins a new epoch.
    Epoch = "epoch", 0.002;
    /// A station is cut off for an hour, and sends what it has when it is back.
    Cutoff = "cutoff", 0.01;
    /// A gun's fills overlap in time.
    Pace = "pace", 0.01;
    /// A gun's weights are made up: the same again and again, nearly the same, or favourite figures.
    Lying = "lying", 0.01;
    /// A gun's scale drifts.
    Drift = "drift", 0.01;
    /// A gun overfills one fill in three.
    OverGun = "over_gun", 0.01;
    /// A gun underfills one fill in three.
    UnderGun = "under_gun", 0.01;
    /// A station's net weights are more than its scales say: one by much, or all by a little.
    Net = "net", 0.01;
}

impl Fault {
    /// Those that the live city plays; the others need hours, which only a drill has.
    pub const LIVE: &'static [Self] = &[
        Self::Expired,
        Self::Foreign,
        Self::Unknown,
        Self::FillBlocked,
        Self::Clone,
        Self::Overfill,
        Self::Underfill,
        Self::Missing,
        Self::Duplicate,
        Self::Reorder,
        Self::Reuse,
        Self::Skew,
    ];
}

/// The faults asked for, each with its rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Vec<(Fault, f64)>);

/// A list of faults that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fault; give none, all, or a comma list of: {list}, each with an optional rate such as overfill=0.05", list = words())]
pub struct FaultsError(String);

fn words() -> String {
    Fault::ALL.iter().map(|f| f.word()).collect::<Vec<_>>().join(", ")
}

impl Faults {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// All that there are, at their usual rates.
    #[must_use]
    pub fn every() -> Self {
        Self(Fault::ALL.iter().map(|f| (*f, f.usual())).collect())
    }

    /// All that the live city plays, at their usual rates.
    #[must_use]
    pub fn all() -> Self {
        Self(Fault::LIVE.iter().map(|f| (*f, f.usual())).collect())
    }

    /// These, each with its rate for a fill (0..=1).
    #[must_use]
    pub fn with(mut self, fault: Fault, rate: f64) -> Self {
        self.0.retain(|(f, _)| *f != fault);
        self.0.push((fault, rate.clamp(0.0, 1.0)));
        self.0.sort_by_key(|(f, _)| *f);
        self
    }

    /// The first of them that the live city cannot play.
    #[must_use]
    pub fn not_live(&self) -> Option<Fault> {
        self.0.iter().map(|(f, _)| *f).find(|f| !Fault::LIVE.contains(f))
    }

    /// The rate of a fault, for each fill planned.
    #[must_use]
    pub fn rate(&self, fault: Fault) -> f64 {
        self.0.iter().find(|(f, _)| *f == fault).map_or(0.0, |(_, r)| *r)
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    /// Reads `none`, `all` (also with exceptions behind it, such as `all,clone=0`), or `overfill,clone=0.01`.
    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut out = Self::none();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let bad = || FaultsError(part.to_owned());
            let (word, rate) = part.split_once('=').map_or((part, None), |(w, r)| (w.trim(), Some(r.trim())));
            match (word, rate) {
                ("none", None) => {}
                ("all", None) => out = Self::all(),
                _ => {
                    // Overdue is what people call most of them.
                    let word = if word == "overdue" { "expired" } else { word };
                    let fault = Fault::ALL.iter().copied().find(|f| f.word() == word).ok_or_else(bad)?;
                    let rate = rate.map_or(Ok(fault.usual()), |r| r.parse::<f64>().map_err(|_| bad()))?;
                    if !(0.0..=1.0).contains(&rate) {
                        return Err(bad());
                    }
                    out = out.with(fault, rate);
                }
            }
        }
        Ok(out)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let parts: Vec<String> = self.0.iter().map(|(k, r)| format!("{}={r}", k.word())).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_printed() {
        for text in ["", "none", " none "] {
            assert_eq!(text.parse(), Ok(Faults::none()));
        }
        let all: Faults = "all".parse().unwrap();
        assert_eq!(all, Faults::all());
        assert!(Fault::LIVE.iter().all(|f| all.rate(*f) > 0.0) && all.not_live().is_none());
        assert!(Fault::ALL.iter().all(|f| Faults::every().rate(*f) > 0.0));
        assert_eq!("clone,zombie".parse::<Faults>().unwrap().not_live(), Some(Fault::Zombie));
        let some: Faults = "overfill, clone=0.5,overdue".parse().unwrap();
        assert_eq!(
            (some.rate(Fault::Overfill), some.rate(Fault::Clone), some.rate(Fault::Expired), some.rate(Fault::Skew)),
            (0.01, 0.5, 0.02, 0.0)
        );
        assert_eq!(some.to_string().parse(), Ok(some));
        assert_eq!("all,clone=0".parse::<Faults>().unwrap().rate(Fault::Clone), 0.0);
        for text in ["nonsense", "clone=2", "clone=x", "none=1", "clone=-0.1", "clone=NaN"] {
            let e = text.parse::<Faults>().unwrap_err();
            assert!(e.to_string().contains("fill_blocked"), "{e}");
        }
    }
}
