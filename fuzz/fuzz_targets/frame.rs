//! Frames as the browser decodes them: a frame a line; deltas are applied to the last snapshot.
#![no_main]

#[allow(dead_code)]
#[path = "../../app/src/live/wire.rs"]
mod wire;

use domain::wall::{ServerFrame, Snapshot};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// What deltas are applied to before any snapshot comes.
static FIRST: LazyLock<Snapshot> =
    LazyLock::new(|| match wire::parse(include_str!("../corpus-seed/frame/snapshot.json")) {
        Ok(ServerFrame::Snapshot(s)) => *s,
        other => panic!("corpus-seed/frame/snapshot.json is no snapshot any more: {other:?}"),
    });

fuzz_target!(|text: &str| {
    let mut now = FIRST.clone();
    for line in text.lines() {
        match wire::parse(line) {
            Ok(ServerFrame::Snapshot(s)) => now = *s,
            Ok(ServerFrame::Delta(d)) => {
                let before = now.no;
                let joined = now.apply(&d).is_ok();
                assert_eq!(joined, d.from <= before);
                assert!(now.no >= before);
            }
            Ok(_) | Err(_) => {}
        }
    }
    // A snapshot that was reached must be one that can be sent.
    let text = serde_json::to_string(&ServerFrame::Snapshot(Box::new(now))).expect("a snapshot prints");
    wire::parse(&text).expect("a snapshot that prints reads back");
});
