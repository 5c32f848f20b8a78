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

/// Maximum fill of a volume: volume × factor, down to the next 100 g, which reproduces the standard's values (rules.md §2).
#[must_use]
pub const fn max_fill_g(volume_ml: i64, factor_g_per_l: i64) -> i64 {
    volume_ml.saturating_mul(factor_g_per_l) / 1_000 / 100 * 100
}

/// How much less than its label's net contents a cylinder may hold, grams (定量包装, rules.md §5). `None` where the rules name
/// no limit: below 10 kg and above 50 kg.
#[must_use]
pub fn shortage_allowed_g(label_net_g: i64, rules: &RuleSet) -> Option<i64> {
    match label_net_g {
        10_000..=15_000 => rules.param("PAR-SHORT-15"),
        15_001..=50_000 => rules.param("PAR-SHORT-50").map(|p| label_net_g.saturating_mul(p) / 1_000),
        _ => None,
    }
}

/// Whether less gas was sold than the record claims: `gross − measured tare` against the net contents.
#[must_use]
pub fn is_short(gross_g: i64, measured_tare_g: i64, label_net_g: i64, rules: &RuleSet) -> bool {
    let sold = gross_g.saturating_sub(measured_tare_g);
    shortage_allowed_g(label_net_g, rules).is_some_and(|allowed| sold < label_net_g.saturating_sub(allowed))
}

/// Whether an empty cylinder weighs so far from its stamp that it was swapped, has corroded, or its stamp was altered.
/// `residue_g` is what is known to be left in it.
#[must_use]
pub fn has_drifted(measured_empty_g: i64, residue_g: i64, stamped_tare_g: i64, rules: &RuleSet) -> bool {
    let bare = measured_empty_g.saturating_sub(residue_g);
    rules.param("PAR-TARE-DRIFT").is_some_and(|most| bare.abs_diff(stamped_tare_g) > most.unsigned_abs())
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
    fn the_factor_gives_the_values_of_the_standard() {
        for (ml, g) in [(4_700, 1_900), (12_000, 5_000), (26_200, 11_000), (35_500, 14_900), (118_000, 49_500)] {
            assert_eq!(max_fill_g(ml, 420), g);
        }
    }

    #[test]
    fn a_sale_is_judged_on_the_measured_tare() {
        let r = RuleSet::seed();
        assert!(!is_short(31_000, 16_500, 14_650, &r), "150 g short of 14.65 kg");
        assert!(is_short(30_999, 16_500, 14_650, &r));
        assert!(!is_short(95_000, 48_000, 47_474, &r), "1 % of 47.474 kg are 474 g");
        assert!(is_short(94_999, 48_000, 47_474, &r));
        assert_eq!((shortage_allowed_g(9_999, &r), shortage_allowed_g(50_001, &r)), (None, None));
        assert!(!is_short(0, 0, i64::MAX, &r));
    }

    #[test]
    fn a_tare_drifts_after_its_residue_is_taken_off() {
        let r = RuleSet::seed();
        assert!(!has_drifted(17_340, 940, 16_400, &r), "431325: the residue explains it");
        assert!(has_drifted(17_340, 0, 16_400, &r));
        assert!(!has_drifted(15_900, 0, 16_400, &r));
        assert!(has_drifted(15_899, 0, 16_400, &r));
        assert!(has_drifted(i64::MAX, i64::MIN, 0, &r));
    }

    #[test]
    fn absurd_weights_do_not_overflow() {
        let r = RuleSet::seed();
        assert_eq!(max_fill_g(i64::MAX, i64::MAX), i64::MAX / 1_000 / 100 * 100);
        assert_eq!(judge(i64::MAX, i64::MIN, "x", i64::MAX, &r), None);
        assert_eq!(judge(i64::MIN, i64::MAX, "x", 0, &r), Some(Anomaly::Underfill));
    }
}
