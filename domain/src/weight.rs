//! Weights of a fill: contents, residue, overfill and underfill. All weights are grams.

use crate::{outcome::Anomaly, rules::RuleSet};
use serde::{Deserialize, Serialize};

/// What the weights of a fill say, and how it came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FillVerdict(pub Vec<Anomaly>);

impl FillVerdict {
    /// Whether nothing is wrong with it.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.0.is_empty()
    }
}

/// Gas in the cylinder: gross − stamped tare. The stamped tare always wins (rules.md §2).
#[must_use]
pub const fn contents_g(gross_g: i64, stamped_tare_g: i64) -> i64 {
    gross_g.saturating_sub(stamped_tare_g)
}

/// What was left in it before filling: measured tare − stamped tare.
#[must_use]
pub const fn residue_g(measured_tare_g: i64, stamped_tare_g: i64) -> i64 {
    measured_tare_g.saturating_sub(stamped_tare_g)
}

/// Judges the weights of a fill against the model and the rules in force.
///
/// Overfill: `gross − stamped tare > max fill + scale tolerance`; between the two it is at the maximum, a warning;
/// underfill: contents below the lowest contents of the model (rules.md §5, §20).
#[must_use]
pub fn judge(gross_g: i64, stamped_tare_g: i64, model: &str, max_fill_g: i64, rules: &RuleSet) -> Option<Anomaly> {
    let contents = contents_g(gross_g, stamped_tare_g);
    let tolerance = rules.scale_tolerance_g(gross_g);
    if contents > max_fill_g.saturating_add(tolerance) {
        Some(Anomaly::Overfill)
    } else if contents > max_fill_g {
        Some(Anomaly::AtMaximum)
    } else if contents < rules.lowest_contents_g(model, max_fill_g) {
        Some(Anomaly::Underfill)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_11_and_12_of_the_rules() {
        let r = RuleSet::seed();
        assert_eq!(contents_g(30_930, 16_400), 14_530);
        assert_eq!(judge(30_930, 16_400, "YSP35.5", 14_900, &r), None);
        assert_eq!(contents_g(31_450, 16_400), 15_050);
        assert_eq!(judge(31_450, 16_400, "YSP35.5", 14_900, &r), Some(Anomaly::Overfill));
    }

    #[test]
    fn between_maximum_and_tolerance_is_a_warning() {
        let r = RuleSet::seed();
        assert_eq!(judge(16_400 + 14_900, 16_400, "YSP35.5", 14_900, &r), None);
        // Above 30 kg gross the tolerance is 100 g.
        assert_eq!(judge(16_400 + 15_000, 16_400, "YSP35.5", 14_900, &r), Some(Anomaly::AtMaximum));
        assert_eq!(judge(16_400 + 15_001, 16_400, "YSP35.5", 14_900, &r), Some(Anomaly::Overfill));
        assert_eq!(judge(16_400 + 13_999, 16_400, "YSP35.5", 14_900, &r), Some(Anomaly::Underfill));
        assert_eq!(judge(16_400 + 14_000, 16_400, "YSP35.5", 14_900, &r), None);
        // A model without a lowest contents of its own: 0.94 of the maximum.
        assert_eq!(judge(13_500 + 10_339, 13_500, "YSP26.2", 11_000, &r), Some(Anomaly::Underfill));
        assert_eq!(judge(13_500 + 10_340, 13_500, "YSP26.2", 11_000, &r), None);
    }

    #[test]
    fn the_source_sheet_of_431325() {
        let r = RuleSet::seed();
        for (tare, gross, contents, residue) in [
            (17_340, 30_890, 14_490, 940),
            (16_550, 30_800, 14_400, 150),
            (16_560, 30_800, 14_400, 160),
            (16_750, 30_930, 14_530, 350),
        ] {
            assert_eq!((contents_g(gross, 16_400), residue_g(tare, 16_400)), (contents, residue));
            assert_eq!(judge(gross, 16_400, "YSP35.5", 14_900, &r), None);
        }
    }

    #[test]
    fn absurd_weights_do_not_overflow() {
        let r = RuleSet::seed();
        assert_eq!(judge(i64::MAX, i64::MIN, "x", i64::MAX, &r), None);
        assert_eq!(judge(i64::MIN, i64::MAX, "x", 0, &r), Some(Anomaly::Underfill));
    }
}
