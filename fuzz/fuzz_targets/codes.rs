//! The one text box: any text is read, or told why not, and what is read has a canonical text that reads as itself.
#![no_main]

use domain::codes::{Known, answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let a = answer(text, &Known::default());
    assert!(!a.readings.is_empty() || !a.misses.is_empty());
    assert!(a.readings.windows(2).all(|w| (w[0].certainty, w[0].kind) <= (w[1].certainty, w[1].kind)));
    for r in &a.readings {
        let again = answer(&r.text, &Known::default());
        assert!(again.readings.iter().any(|b| b.kind == r.kind && b.text == r.text), "{r:?} reads as {again:?}");
        assert!(!r.kind.is_personal() || !format!("{r:?}").contains(&r.text), "a reading prints a person");
    }
    for m in &a.misses {
        assert!(!m.says.zh.is_empty() && !m.says.en.is_empty());
    }
});
