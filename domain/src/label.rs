//! Labels of cylinders (S1 5.1.1): what stands on one.

use crate::codes::{Division, Line, QrPayload, TagCode};
use serde::{Deserialize, Serialize};

/// Labels on one sheet at most.
pub const SHEET_MAX: usize = 200;

/// What a label says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// What is read from it: the tag.
    pub code: String,
    /// 企业名称
    pub org: String,
    /// 充装介质, Chinese.
    pub medium: String,
    /// Whether it is LPG: its labels lead to another page than those of industrial gases.
    pub lpg: bool,
    /// 钢印号
    pub stamp_no: String,
    /// 规格
    pub model: String,
    /// 制造单位
    pub maker: String,
    /// 出厂日期
    pub made: String,
    /// Division of the home station, GB/T 2260.
    pub division: i32,
}

/// A host as it may stand in an address that is printed: name or number, and a port. `None` for what is none.
#[must_use]
pub fn host(text: &str) -> Option<&str> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    (!text.is_empty() && text.len() <= 253 && text.bytes().all(fits)).then_some(text)
}

impl Label {
    /// The address that its QR code holds: for a tag of eleven digits the source's, with division and tag (S1 5.1.1); for any other
    /// code the public page of that code. The token shows that the authority printed it: without one less is told (rules.md §8).
    #[must_use]
    pub fn address(&self, host: &str, token: &str) -> String {
        let of_source = || {
            let division: Division = self.division.to_string().parse().ok()?;
            let tag: TagCode = self.code.parse().ok()?;
            (tag.as_str() == self.code).then(|| QrPayload { division, tag, token: Some(token.to_owned()) })
        };
        match of_source() {
            Some(qr) => qr.url(host, if self.lpg { Line::Lpg } else { Line::Industrial }, false),
            None => format!("https://{host}/q/{}?k={token}", crate::list::encode(&self.code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn label(code: &str) -> Label {
        Label {
            code: code.into(),
            org: "天一".into(),
            medium: "氧气".into(),
            lpg: false,
            stamp_no: "S-1".into(),
            model: String::new(),
            maker: String::new(),
            made: String::new(),
            division: 410_105,
        }
    }

    #[test]
    fn what_the_code_holds_is_read_back() {
        let l = label("01101000001");
        assert_eq!(l.address("q.example", "K7"), "https://q.example/Q?id=41010501101000001&k=K7");
        assert_eq!(
            Label { lpg: true, ..l }.address("q.example", "K7"),
            "https://q.example/L?id=41010501101000001&k=K7"
        );
        assert_eq!(label("4904410522").address("q.example", "K7"), "https://q.example/q/4904410522?k=K7");
        for code in ["01101000001", "4904410522", "T-1_A.9"] {
            let read = codes::read(&label(code).address("q.example", "K7"));
            assert!(read.iter().any(|r| r.text == code), "{code}: {read:?}");
        }
        assert_eq!(
            (host("a.example:8080"), host("a/b"), host(""), host("a\"b")),
            (Some("a.example:8080"), None, None, None)
        );
    }
}
