//! What stands on a cylinder: tag code, QR code, RFID number, stamp.

use super::{CodeError, Division, Kind, check, compact, division, half_width, is_invisible, link::Link, text_code};
use std::{fmt, str::FromStr};

text_code! {
    /// Tag code of a cylinder: 3 digits of the enterprise, 2 of the medium, 6 of a serial. The medium's two digits mean
    /// what the jurisdiction's table says and are compared with the archive, never believed before it.
    TagCode
}
text_code! {
    /// Number of an RFID chip as its reader prints it: 10 digits.
    RfidId
}
text_code! {
    /// A number stamped into the shoulder, in the form of [`tag`](super::tag).
    StampNo
}

impl FromStr for TagCode {
    type Err = CodeError;

    /// Reads 11 digits, or 12 of which the last is the check digit of a newer QR label (ISO 7064 MOD 11,10).
    fn from_str(text: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::Tag;
        let t = compact(text);
        if t.is_empty() || !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(KIND, "应为数字", "should be digits"));
        }
        match t.len() {
            11 => Ok(Self(t)),
            12 => {
                let (body, last) = t.as_bytes().split_at(11);
                match check::mod_11_10(body) {
                    Some(c) if [c] != *last => Err(CodeError::check(KIND, 12, c)),
                    _ => Ok(Self(t[..11].to_owned())),
                }
            }
            _ => Err(CodeError::length(KIND, &t, 11)),
        }
    }
}

impl TagCode {
    /// The enterprise's three digits.
    #[must_use]
    pub fn enterprise(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }

    /// The medium's two digits.
    #[must_use]
    pub fn medium(&self) -> &str {
        self.0.get(3..5).unwrap_or_default()
    }

    /// The serial.
    #[must_use]
    pub fn serial(&self) -> Option<u32> {
        self.0.get(5..)?.parse().ok()
    }

    /// Twelve digits with the check digit (ISO 7064 MOD 11,10), for QR codes only: the bar code keeps the eleven.
    #[must_use]
    pub fn with_check(&self) -> String {
        self.0.chars().chain(check::mod_11_10(self.0.as_bytes()).map(char::from)).collect()
    }
}

impl FromStr for RfidId {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        if t.len() != 10 || !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(Kind::Rfid, "应为 10 位数字", "should be 10 digits"));
        }
        Ok(Self(t))
    }
}

impl FromStr for StampNo {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = text.trim_matches(|c: char| c.is_control() || c.is_whitespace() || is_invisible(c));
        super::tag(t).map(Self).map_err(|_| {
            CodeError::far(
                Kind::Stamp,
                format!("只能有字母、数字和 -_.，至多 {} 位", super::TAG_MAX),
                format!("holds letters, digits and -_. only, at most {}", super::TAG_MAX),
            )
        })
    }
}

/// Which of the two addresses a label has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Industrial gases: `/Q`.
    Industrial,
    /// LPG: `/L`.
    Lpg,
}

/// What a label's QR code holds: division, tag code and, on newer labels, a token that shows it was printed by the
/// authority. Prints as `11000001101000001`, or with the token as `11000001101000001?k=…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QrPayload {
    /// The division.
    pub division: Division,
    /// The tag code.
    pub tag: TagCode,
    /// The token: 1 to 64 characters of `[A-Za-z0-9_-]`.
    pub token: Option<String>,
}

/// Whether a token has the form of one.
fn is_token(k: &str) -> bool {
    (1..=64).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

const KIND: Kind = Kind::Qr;

impl FromStr for QrPayload {
    type Err = CodeError;

    /// Reads the address of any host with `/Q?id=` or `/L?id=`, or the bare digits: 17, or 18 with the tag's check digit.
    /// A token that is none is left out: the label then counts as unsigned.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = half_width(text);
        let t = t.trim_matches(|c: char| c.is_control() || c.is_whitespace() || is_invisible(c));
        if let Some(link) = Link::of(t) {
            return Self::of_link(&link);
        }
        let (id, query) = t.split_once('?').unwrap_or((t, ""));
        let token = query.strip_prefix("k=").filter(|k| is_token(k));
        Self::of_id(id, token)
    }
}

impl QrPayload {
    /// Whether an address is that of a label.
    pub(super) fn is_label(link: &Link) -> bool {
        link.path.last().is_some_and(|p| p.eq_ignore_ascii_case("q") || p.eq_ignore_ascii_case("l"))
            && link.values("id").next().is_some()
    }

    /// The token of an address, whether or not it has the form of one.
    pub(super) fn raw_token(link: &Link) -> Option<&str> {
        link.values("k").next()
    }

    pub(super) fn of_link(link: &Link) -> Result<Self, CodeError> {
        if !Self::is_label(link) {
            return Err(CodeError::far(KIND, "网址应含 /Q?id= 或 /L?id=", "the address should hold /Q?id= or /L?id="));
        }
        let mut ids = link.values("id");
        let id = ids.next().unwrap_or_default();
        if ids.any(|other| other != id) {
            return Err(CodeError::content(KIND, "网址中有两个不同的 id", "the address holds two different ids"));
        }
        // The source prints «110000+code»; some labels kept the sign.
        Self::of_id(&id.replace('+', ""), Self::raw_token(link).filter(|k| is_token(k)))
    }

    fn of_id(id: &str, token: Option<&str>) -> Result<Self, CodeError> {
        let t = compact(id);
        if t.is_empty() || !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(KIND, "id 应为数字", "the id should be digits"));
        }
        if !(17..=18).contains(&t.len()) {
            return Err(CodeError::length(KIND, &t, 17));
        }
        let (place, tag) = t.split_at(6);
        division::form(KIND, place)?;
        let tag = tag.parse().map_err(|e: CodeError| match check::mod_11_10(&t.as_bytes()[6..17]) {
            // The place is counted in what was read, not in the tag.
            Some(c) => CodeError::check(KIND, 18, c),
            None => e,
        })?;
        Ok(Self { division: place.parse()?, tag, token: token.map(str::to_owned) })
    }

    /// The seventeen digits.
    #[must_use]
    pub fn digits(&self) -> String {
        format!("{}{}", self.division.as_str().get(..6).unwrap_or_default(), self.tag)
    }

    /// The address for a new label, with the tag's check digit if wanted.
    #[must_use]
    pub fn url(&self, host: &str, line: Line, with_check: bool) -> String {
        let path = match line {
            Line::Industrial => 'Q',
            Line::Lpg => 'L',
        };
        let digits = self.digits();
        let check = self.tag.with_check().pop().filter(|_| with_check);
        let check = check.map(String::from).unwrap_or_default();
        let token = self.token.as_deref().map(|k| format!("&k={k}")).unwrap_or_default();
        format!("https://{host}/{path}?id={digits}{check}{token}")
    }
}

impl fmt::Display for QrPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits())?;
        self.token.as_deref().map_or(Ok(()), |k| write!(f, "?k={k}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Near;
    use super::*;

    fn qr(s: &str) -> QrPayload {
        s.parse().unwrap_or_else(|e| panic!("{s}: {e}"))
    }

    #[test]
    fn tag_codes_of_the_sources() {
        for (text, enterprise, medium, serial) in [
            ("01101000001", "011", "01", 1),
            ("00106000026", "001", "06", 26),
            ("０１１０２０００００１", "011", "02", 1),
        ] {
            let t: TagCode = text.parse().unwrap();
            assert_eq!((t.enterprise(), t.medium(), t.serial()), (enterprise, medium, Some(serial)));
            let twelve = t.with_check();
            assert_eq!((twelve.len(), twelve.parse::<TagCode>().unwrap()), (12, t));
        }
        let e = "0020000020".parse::<TagCode>().unwrap_err();
        assert_eq!((e.near, e.says.zh.as_str()), (Near::Length, "应为 11 位，现为 10 位"));
        let twelve = "01101000001".parse::<TagCode>().unwrap().with_check();
        let other = format!("{}{}", &twelve[..11], if twelve.ends_with('9') { 8 } else { 9 });
        assert!(other.parse::<TagCode>().unwrap_err().says.zh.starts_with("第12位校验码应为"));
        assert!("0110100000A".parse::<TagCode>().is_err());
    }

    #[test]
    fn chips_and_stamps_of_the_sources() {
        assert_eq!("4904410522".parse::<RfidId>().unwrap().as_str(), "4904410522");
        assert!("490441052".parse::<RfidId>().is_err() && "490441052A".parse::<RfidId>().is_err());
        for s in ["0602171", "431325", "131475088", "A-12.3"] {
            assert_eq!(s.parse::<StampNo>().unwrap().as_str(), s);
        }
        assert_eq!(" a 12\r\n".parse::<StampNo>().unwrap().as_str(), "A12");
        assert!("".parse::<StampNo>().is_err() && "钢印".parse::<StampNo>().is_err());
    }

    #[test]
    fn every_form_of_a_qr_code() {
        let bare = qr("11000001101000001");
        assert_eq!((bare.division.as_str(), bare.tag.as_str(), &bare.token), ("110000", "01101000001", &None));
        for same in [
            "http://teshe.org.cn/Q?id=11000001101000001",
            "http://teshe.org.cn/L?id=11000001101000001",
            "https://qp.example.gov.cn:8443/x/l/?ID=11000001101000001#top",
            "HTTP://TESHE.ORG.CN/q?id=110000+01101000001",
            "teshe.org.cn/Q?from=app&id=11000001101000001&id=11000001101000001\r\n",
            "110000 0110 1000 001",
            "ｈｔｔｐ：／／teshe.org.cn/Q?id=11000001101000001",
        ] {
            assert_eq!(qr(same), bare, "{same}");
        }
        let signed = qr("https://h.example/L?id=11000001101000001&k=aZ_-9");
        assert_eq!(signed.token.as_deref(), Some("aZ_-9"));
        assert_eq!(signed.to_string(), "11000001101000001?k=aZ_-9");
        assert_eq!(qr(&signed.to_string()), signed);
        assert_eq!(qr("https://h.example/L?id=11000001101000001&k=<script>"), bare, "no token");
        for p in [&bare, &signed] {
            for (line, with_check) in [(Line::Lpg, true), (Line::Industrial, false)] {
                assert_eq!(&qr(&p.url("h.example", line, with_check)), p);
            }
        }
        assert_eq!(bare.url("h.example", Line::Lpg, false), "https://h.example/L?id=11000001101000001");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let says = |s: &str| s.parse::<QrPayload>().unwrap_err().says.zh;
        assert!(says("http://teshe.org.cn/X?id=11000001101000001").contains("/Q?id="));
        assert!(says("http://teshe.org.cn/Q").contains("/Q?id="));
        assert_eq!(says("http://teshe.org.cn/Q?id=abc"), "id 应为数字");
        assert_eq!(says("http://teshe.org.cn/Q?id=1100000110100000"), "应为 17 位，现为 16 位");
        assert!(says("http://teshe.org.cn/Q?id=11000001101000001&id=11000001101000002").contains("两个"));
        assert!(says("99000001101000001").contains("行政区划 990000 不存在"));
        let good = format!("110000{}", "01101000001".parse::<TagCode>().unwrap().with_check());
        let (body, last) = good.split_at(17);
        assert_eq!(qr(&good).digits(), body);
        let bad = format!("{body}{}", if last == "0" { 1 } else { 0 });
        assert_eq!(says(&bad), format!("第18位校验码应为 {last}"));
    }
}
