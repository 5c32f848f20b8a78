//! The models of the demonstration, and what a scale shows when one is filled. All weights are grams.

use super::random::Random;
use domain::{event::Weights, life::Family, rules::MediumClass};

/// A model as the demonstration makes it (rules.md §2).
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Code in the table of models.
    pub code: &'static str,
    /// How it is built.
    pub family: Family,
    /// Class of its gas.
    pub class: MediumClass,
    /// Inspection interval, months.
    pub interval: i32,
    /// Volume, millilitres.
    pub volume_ml: i64,
    /// Least wall, micrometres.
    pub wall_um: i64,
    /// Stamped tares, grams.
    pub tare_g: (i64, i64),
    /// Maximum fill, grams; none where the pressure decides.
    pub max_fill_g: Option<i64>,
    /// Contents after a good fill, grams.
    pub contents_g: (i64, i64),
    /// Valve.
    pub valve: &'static str,
}

const fn lpg(
    code: &'static str,
    interval: i32,
    volume_ml: i64,
    wall_um: i64,
    tare_g: (i64, i64),
    max: i64,
    contents_g: (i64, i64),
) -> Model {
    let (family, class) = (Family::LpgWelded, MediumClass::Other);
    Model {
        code,
        family,
        class,
        interval,
        volume_ml,
        wall_um,
        tare_g,
        max_fill_g: Some(max),
        contents_g,
        valve: "YSF-2",
    }
}

const fn gas(class: MediumClass, interval: i32, contents_g: (i64, i64)) -> Model {
    Model {
        code: "WMA219-40-15",
        family: Family::SteelSeamless,
        class,
        interval,
        volume_ml: 40_000,
        wall_um: 5_700,
        tare_g: (47_000, 56_000),
        max_fill_g: None,
        contents_g,
        valve: "QF-2",
    }
}

/// Household 15 kg.
pub const YSP35: Model = lpg("YSP35.5", 48, 35_500, 2_500, (16_100, 16_800), 14_900, (14_150, 14_800));
/// Commercial 50 kg.
pub const YSP118: Model = lpg("YSP118", 36, 118_000, 3_000, (47_000, 48_500), 49_500, (48_200, 49_300));
/// Small 5 kg.
pub const YSP12: Model = lpg("YSP12", 48, 12_000, 2_000, (6_500, 7_000), 5_000, (4_680, 4_940));
/// Oxygen, 40 L at 15 MPa.
pub const OXYGEN: Model = gas(MediumClass::Other, 36, (8_200, 8_700));
/// Nitrogen, 40 L at 15 MPa.
pub const NITROGEN: Model = gas(MediumClass::Inert, 60, (6_600, 7_000));

/// What kind of fill is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// As it should be.
    #[default]
    Good,
    /// Beyond the maximum and any scale's tolerance.
    Over,
    /// Below the lowest contents.
    Under,
}

/// The weights of a fill: of a cylinder with a stamped tare, of a model with a maximum (or usual contents) in grams.
#[must_use]
pub fn weigh(r: &mut Random, model: &str, medium: &str, stamped_g: i64, max_g: i64, wish: Wish) -> Weights {
    let known = match (model, medium) {
        ("YSP35.5", _) => Some(YSP35),
        ("YSP118", _) => Some(YSP118),
        ("YSP12", _) => Some(YSP12),
        ("WMA219-40-15", "O2") => Some(OXYGEN),
        ("WMA219-40-15", "N2") => Some(NITROGEN),
        _ => None,
    };
    let (low, high) = known.map_or((max_g * 95 / 100, max_g * 99 / 100), |m| m.contents_g);
    let contents = match wish {
        // The mean of two draws: most scales stop near the middle.
        Wish::Good => i64::midpoint(r.range(low, high), r.range(low, high)),
        Wish::Over => max_g + r.range(150, 150 + max_g / 40),
        Wish::Under => max_g * r.range(86, 91) / 100,
    };
    // Liquefied gas leaves a residue; a bottle of compressed gas keeps its remaining pressure, which weighs little.
    let residue = if medium == "LPG" {
        r.range(0, 300) * r.range(10, 20) / 10 * max_g.clamp(5_000, 15_000) / 15_000
    } else {
        r.range(0, 60)
    };
    let round = |g: i64| (g + 5) / 10 * 10;
    let (gross_g, tare_g) = (round(stamped_g + contents), round(stamped_g + residue));
    Weights { gross_g, tare_g, net_g: gross_g - tare_g }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{outcome::Anomaly, rules::RuleSet, weight::judge};

    #[test]
    fn a_wish_is_what_the_rules_judge() {
        let rules = RuleSet::seed();
        for m in [YSP35, YSP118, YSP12] {
            let max = m.max_fill_g.unwrap();
            for (wish, anomaly) in
                [(Wish::Good, None), (Wish::Over, Some(Anomaly::Overfill)), (Wish::Under, Some(Anomaly::Underfill))]
            {
                for i in 0..500 {
                    let w = weigh(&mut Random::of(&[i]), m.code, "LPG", m.tare_g.0, max, wish);
                    assert_eq!(judge(w.gross_g, m.tare_g.0, m.code, max, &rules), anomaly, "{} {wish:?} {w:?}", m.code);
                    assert!(w.net_g > 0 && w.gross_g - w.tare_g == w.net_g && w.tare_g - m.tare_g.0 <= 600);
                }
            }
        }
    }
}
