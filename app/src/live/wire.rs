//! Reads a frame of the feed.

use domain::wall::{Delta, ServerFrame, Snapshot};
use serde::Deserialize;

/// Reads the text of a frame.
///
/// In two steps, not by the enum's own reader: that one buffers an internally tagged value, and a buffered map has
/// text keys only, so that a snapshot's maps by number would not read back. It is the faster way, too, and its code, with all
/// types once more inside, stays out of the browser's bundle.
///
/// # Errors
/// When the text is no frame of this version of the feed.
pub fn parse(text: &str) -> Result<ServerFrame, serde_json::Error> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow)]
        k: std::borrow::Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Beat {
        to: u64,
        ms: i64,
    }
    let kind: Kind = serde_json::from_str(text)?;
    match kind.k.as_ref() {
        "snapshot" => serde_json::from_str::<Snapshot>(text).map(|s| ServerFrame::Snapshot(Box::new(s))),
        "delta" => serde_json::from_str::<Delta>(text).map(ServerFrame::Delta),
        "beat" => serde_json::from_str::<Beat>(text).map(|Beat { to, ms }| ServerFrame::Beat { to, ms }),
        _ => Err(serde::de::Error::custom("no frame of this feed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    #[test]
    fn every_kind_of_frame_reads_back() {
        for frame in [
            ServerFrame::Snapshot(Box::new(sample::snapshot())),
            ServerFrame::Delta(Delta { from: 1, to: 3, ms: 4, c: vec![sample::fill(2), sample::blocked(3)] }),
            ServerFrame::Beat { to: 9, ms: 8 },
        ] {
            let text = serde_json::to_string(&frame).unwrap();
            assert_eq!(parse(&text).unwrap(), frame, "{text}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for text in ["", "{}", "[]", "null", "{\"k\":\"delta\"}", "{\"k\":\"other\"}", "{\"k\":1}", "\u{0}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
