//! Numbers as people read them. Integers only, so that server and browser print the same.

/// `1234567` → `1,234,567`.
#[must_use]
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Thousandths with `places` (0 to 3) decimals, rounded half away from zero: grams as kilograms, millilitres as litres.
#[must_use]
pub fn thousandths(n: i64, places: u32) -> String {
    let step = 10_i64.pow(3 - places.min(3));
    let rounded = (n.unsigned_abs() as i64 + step / 2) / step;
    let one = 10_i64.pow(places.min(3));
    let sign = if n < 0 && rounded != 0 { "-" } else { "" };
    let whole = count(rounded / one);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{:0width$}", rounded % one, width = places.min(3) as usize)
}

/// Grams as `14.50`, in kilograms.
#[must_use]
pub fn kg(grams: i64) -> String {
    thousandths(grams, 2)
}

/// A sum of grams: kilograms up to a tonne, tonnes above, never more than six digits. The number and whether it is
/// tonnes.
#[must_use]
pub fn mass(grams: i64) -> (String, bool) {
    match grams.abs() {
        0..1_000_000 => (thousandths(grams, 1), false),
        1_000_000..1_000_000_000 => (thousandths(grams / 1_000, 2), true),
        _ => (thousandths(grams / 1_000, 0), true),
    }
}

/// `95`, `1.2 s` and so on: a short time. Milliseconds below one second, seconds above.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // a saturating cast of a time is what is wanted
pub fn short_time(ms: f64) -> (String, &'static str) {
    let whole = ms.round() as i64;
    if whole < 1_000 {
        (whole.to_string(), "ms")
    } else {
        (thousandths(whole, if whole < 100_000 { 1 } else { 0 }), "s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (100, "100")] {
            assert_eq!(count(n), text);
        }
        assert_eq!(count(i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn weights_round_and_keep_their_places() {
        for (g, text) in
            [(14_500, "14.50"), (17_344, "17.34"), (-5, "-0.01"), (-4, "0.00"), (4, "0.00"), (1_234_567, "1,234.57")]
        {
            assert_eq!(kg(g), text);
        }
        assert_eq!(thousandths(35_500, 1), "35.5");
        assert_eq!(thousandths(2_499, 0), "2");
    }

    #[test]
    fn a_sum_changes_its_unit() {
        assert_eq!(mass(999_949), ("999.9".into(), false));
        assert_eq!(mass(1_234_567), ("1.23".into(), true));
        assert_eq!(mass(1_234_567_890), ("1,235".into(), true));
        assert_eq!(mass(0), ("0.0".into(), false));
    }

    #[test]
    fn short_times() {
        assert_eq!(short_time(84.6), ("85".into(), "ms"));
        assert_eq!(short_time(999.6), ("1.0".into(), "s"));
        assert_eq!(short_time(123_456.0), ("123".into(), "s"));
    }
}
