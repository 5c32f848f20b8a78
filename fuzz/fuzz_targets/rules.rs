//! Rule rows as somebody edits them: whatever loads decides every seed fact without a panic, and the same way twice.
#![no_main]

use domain::{
    gate::{Facts, decide},
    rules::RuleSet,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FACTS: LazyLock<Vec<Facts>> = LazyLock::new(|| match serde_json::from_str(include_str!("../facts.json")) {
    Ok(facts) => facts,
    Err(e) => panic!("facts.json holds no facts any more: {e}"),
});

fuzz_target!(|text: &str| {
    let Ok(rules) = RuleSet::load(text) else { return };
    for facts in FACTS.iter() {
        let verdict = decide(facts, &rules);
        assert_eq!(verdict, decide(facts, &rules));
        assert!(verdict.reasons.is_sorted());
    }
    let printed = serde_json::to_string(&rules).expect("rules print");
    assert_eq!(RuleSet::load(&printed).expect("rules that print read back"), rules);
});
