//! One text box: every code that a text can be, best first.

use super::{
    CodeError, CustomerNo, Division, IdCard, Kind, Licence, Message, Near, OrderNo, Organisation, Phone, PhoneKind,
    Plate, QrPayload, RecoveryNo, RfidId, SocialCredit, StampNo, TagCode,
    gs1::{Elements, Gln, Grai, Gsrn, Gtin, strip_symbology},
    half_width, is_invisible,
    link::Link,
    person::mask,
    phone::is_written_as_phone,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Longest text that is looked at, bytes of UTF-8.
pub const MAX_TEXT: usize = 2_000;

/// How sure a reading is, by its form alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It says itself what it is: an address, an application identifier, +86.
    Named,
    /// A check character holds.
    Checked,
    /// The form fits.
    Pattern,
    /// Nearly any text fits.
    Free,
}

/// One code that a text can be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    /// How sure it is.
    pub certainty: Certainty,
    /// What it is.
    pub kind: Kind,
    /// The code in canonical form; of a GS1 key with its application identifier: `(8003)0…`.
    pub text: String,
    /// What came with it: `k` and a label's token, an application identifier and its value.
    pub with: Vec<(String, String)>,
    /// What is odd about it.
    pub warnings: Vec<Message>,
}

impl Reading {
    /// The text as it may be shown to anybody.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.kind {
            Kind::IdCard => self.text.parse().map(|c: IdCard| c.masked()),
            k if k.is_personal() => self.text.parse().map(|p: Phone| p.masked()),
            _ => return self.text.clone(),
        }
        .unwrap_or_else(|_| mask(&self.text, 0..usize::MAX))
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("certainty", &self.certainty)
            .field("kind", &self.kind)
            .field("text", &self.masked())
            .field("with", &self.with)
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// What the deployment knows and a text alone does not tell.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Hosts whose labels are ours; others are read with a warning. The old `teshe.org.cn` always is.
    pub hosts: &'a [&'a str],
    /// Whether a division exists or existed.
    pub division: &'a dyn Fn(&Division) -> bool,
}

impl Default for Known<'_> {
    /// No host of our own, every division that has a form.
    fn default() -> Self {
        Self { hosts: &[], division: &|_| true }
    }
}

/// What a text can be, and what it nearly is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Every code it can be, best first, each once.
    pub readings: Vec<Reading>,
    /// Codes it nearly is, nearest first. Never empty when there is no reading.
    pub misses: Vec<CodeError>,
}

/// Every code that a text can be, best first, each once; see [`answer`].
#[must_use]
pub fn read(text: &str) -> Vec<Reading> {
    answer(text, &Known::default()).readings
}

/// What is wrong with a text, as the codes that it nearly is; see [`answer`].
#[must_use]
pub fn misses(text: &str) -> Vec<CodeError> {
    answer(text, &Known::default()).misses
}

/// Reads a text: by whom and how it was typed or scanned does not matter. Full-width forms, blanks, hyphens, lower case, a
/// scanner's carriage return and its symbology prefix (`]Q3`) are accepted.
///
/// A look-up decides which reading exists. A reading that says itself what it is stands before one whose check character
/// holds, that before a bare form; among equals what fewer texts fit comes first.
#[must_use]
pub fn answer(text: &str, known: &Known<'_>) -> Answer {
    if text.len() > MAX_TEXT {
        return nothing(format!("太长：至多 {MAX_TEXT} 字节"), format!("too long: at most {MAX_TEXT} bytes"));
    }
    let half = half_width(text);
    let bare = half.trim_matches(|c: char| c != '\u{1D}' && (c.is_control() || c.is_whitespace()) || is_invisible(c));
    let (bare, is_gs1) = strip_symbology(bare);
    if bare.trim_matches(|c: char| c.is_control()).is_empty() {
        return nothing("没有内容", "there is nothing to read");
    }
    let mut r = Reader { known, readings: Vec::new(), misses: Vec::new() };
    match Link::of(bare) {
        Some(link) => r.link(bare, &link),
        None => {
            r.gs1(bare, is_gs1);
            r.codes(bare);
        }
    }
    r.done()
}

fn nothing(zh: impl Into<String>, en: impl Into<String>) -> Answer {
    Answer { readings: Vec::new(), misses: vec![CodeError::far(Kind::Stamp, zh, en)] }
}

struct Reader<'a> {
    known: &'a Known<'a>,
    readings: Vec<Reading>,
    misses: Vec<CodeError>,
}

impl Reader<'_> {
    fn done(mut self) -> Answer {
        self.readings.sort();
        let mut seen = std::collections::BTreeSet::new();
        self.readings.retain(|r| seen.insert((r.kind, r.text.clone())));
        self.misses.sort();
        self.misses.dedup();
        // What looks like something else is worth a word only when there is nothing better to say, and then not for every
        // code that the text is not.
        if !self.readings.is_empty() || self.misses.iter().any(|m| m.near < Near::Far) {
            self.misses.retain(|m| m.near < Near::Far);
        } else {
            self.misses.retain(|m| matches!(m.kind, Kind::Qr | Kind::Stamp));
        }
        Answer { readings: self.readings, misses: self.misses }
    }

    fn add(&mut self, certainty: Certainty, kind: Kind, text: impl Into<String>) {
        self.add_with(certainty, kind, text, Vec::new(), Vec::new());
    }

    fn add_warned(
        &mut self,
        certainty: Certainty,
        kind: Kind,
        text: impl Into<String>,
        warnings: impl IntoIterator<Item = Message>,
    ) {
        self.add_with(certainty, kind, text, Vec::new(), warnings.into_iter().collect());
    }

    fn add_with(
        &mut self,
        certainty: Certainty,
        kind: Kind,
        text: impl Into<String>,
        with: Vec<(String, String)>,
        warnings: Vec<Message>,
    ) {
        self.readings.push(Reading { certainty, kind, text: text.into(), with, warnings });
    }

    /// Parses, or notes why not.
    fn parse<T: FromStr<Err = CodeError>>(&mut self, text: &str) -> Option<T> {
        text.parse().map_err(|e| self.misses.push(e)).ok()
    }

    /// A warning when a division is in no table.
    fn doubt(&self, division: Option<&Division>) -> Option<Message> {
        let d = division.filter(|d| !(self.known.division)(d))?;
        Some(Message::new(format!("行政区划 {d} 不存在"), format!("there is no division {d}")))
    }

    fn host(&self, host: &str) -> Option<Message> {
        let ours = ["teshe.org.cn", "www.teshe.org.cn"].iter().chain(self.known.hosts);
        if host.is_empty() || ours.into_iter().any(|h| h.eq_ignore_ascii_case(host)) {
            return None;
        }
        // It is shown to people: no more of it than a host may have.
        let host: String = host.chars().filter(|c| !c.is_control()).take(253).collect();
        Some(Message::new(format!("未知网站 {host}，请核对"), format!("unknown host {host}, check it")))
    }

    fn link(&mut self, text: &str, link: &Link) {
        if QrPayload::is_label(link) {
            match QrPayload::of_link(link) {
                Ok(qr) => {
                    let lost = QrPayload::raw_token(link).is_some() && qr.token.is_none();
                    let forged = lost.then(|| {
                        Message::new("令牌格式不对，按无令牌处理", "the token is malformed and counts as missing")
                    });
                    let warnings = [self.host(&link.host), forged].into_iter().flatten().collect();
                    self.qr(&qr, Certainty::Named, warnings);
                }
                Err(e) => {
                    self.misses.push(e);
                    // A label made with the tag code alone.
                    let id = link.values("id").next().unwrap_or_default().replace('+', "");
                    if let Ok(tag) = id.parse::<TagCode>() {
                        let mut warnings: Vec<Message> = self.host(&link.host).into_iter().collect();
                        warnings.push(Message::new("二维码中没有行政区划", "the QR code holds no division"));
                        self.add_warned(Certainty::Pattern, Kind::Tag, tag, warnings);
                    }
                }
            }
            return;
        }
        // The public address of a cylinder: a code behind `/q/`.
        if let [.., q, code] = link.path.as_slice()
            && q.eq_ignore_ascii_case("q")
        {
            let warning = self.host(&link.host);
            self.codes(code);
            self.readings.iter_mut().for_each(|r| r.warnings.extend(warning.clone()));
            if !self.readings.is_empty() {
                return;
            }
        }
        match Elements::of_link(link) {
            Ok(e) => {
                let warning = if link.host == "id.gs1.org" { None } else { self.host(&link.host) };
                self.elements(&e, warning.as_ref());
            }
            Err(e) if e.near == Near::Content => self.misses.push(e),
            Err(_) => {
                let e = text.parse::<QrPayload>().err();
                self.misses.extend(e);
            }
        }
    }

    fn qr(&mut self, qr: &QrPayload, certainty: Certainty, mut warnings: Vec<Message>) {
        warnings.extend(self.doubt(Some(&qr.division)));
        let with: Vec<_> = qr.token.iter().map(|k| ("k".to_owned(), k.clone())).collect();
        for (kind, text) in [(Kind::Qr, qr.digits()), (Kind::Tag, qr.tag.to_string())] {
            self.add_with(certainty, kind, text, with.clone(), warnings.clone());
        }
    }

    fn gs1(&mut self, text: &str, is_gs1: bool) {
        let says_so = is_gs1
            || text.starts_with('(')
            || text.contains(['\u{1D}', '\u{241D}'])
            || ["<GS>", "{GS}"].iter().any(|s| text.contains(s));
        match text.parse::<Elements>() {
            Ok(e) => {
                // Bare digits that happen to begin with an identifier: only a check digit makes them more than chance.
                let checked = e.iter().any(|(ai, _)| ai.key().is_some_and(|k| k != Kind::Giai));
                if says_so {
                    self.elements(&e, None);
                } else if checked {
                    self.keys(&e, Certainty::Checked, None);
                }
            }
            Err(e) if says_so && text.contains(|c: char| c.is_ascii_digit()) => {
                // A telephone number may begin with a bracket, too.
                if !is_written_as_phone(text) {
                    self.misses.push(CodeError { near: Near::Content, ..e });
                }
            }
            Err(_) => {}
        }
    }

    fn elements(&mut self, e: &Elements, warning: Option<&Message>) {
        self.keys(e, Certainty::Named, warning);
        if !e.iter().any(|(ai, _)| ai.key().is_some()) {
            self.misses.push(CodeError::far(
                Kind::Qr,
                "GS1 数据中没有编码，只有附加信息",
                "the GS1 data holds no key, only what is said with one",
            ));
        }
    }

    fn keys(&mut self, e: &Elements, certainty: Certainty, warning: Option<&Message>) {
        for (ai, value) in e.iter() {
            let Some(kind) = ai.key() else { continue };
            let with = e.iter().filter(|(a, _)| *a != ai).map(|(a, v)| (a.code().to_owned(), v.to_owned())).collect();
            let text = format!("({}){value}", ai.code());
            self.add_with(certainty, kind, text, with, warning.cloned().into_iter().collect());
        }
    }

    fn codes(&mut self, t: &str) {
        use Certainty::{Checked, Free, Pattern};
        if let Some(qr) = self.parse::<QrPayload>(t) {
            let digits = t.split('?').next().unwrap_or_default().chars().filter(char::is_ascii_digit).count();
            self.qr(&qr, if digits == 18 { Checked } else { Pattern }, Vec::new());
        }
        if let Some(c) = self.parse::<SocialCredit>(t) {
            let doubt = self.doubt(c.division().as_ref());
            self.add_warned(Checked, Kind::SocialCredit, c, doubt);
        }
        self.id_card(t);
        if let Some(c) = self.parse::<Organisation>(t) {
            self.add(Checked, Kind::Organisation, c);
        }
        self.licence(t);
        self.keys_without_identifier(t);
        if let Some(o) = self.parse::<OrderNo>(t) {
            let alias =
                t.starts_with('0').then(|| Message::new("开头的 00 按 DD 处理", "00 at the start is taken for DD"));
            self.add_warned(Pattern, Kind::Order, o, alias);
        }
        if let Some(no) = self.parse::<RecoveryNo>(t) {
            self.add(Pattern, Kind::Recovery, no);
        }
        if let Some(p) = self.parse::<Plate>(t) {
            self.add(Pattern, Kind::Plate, p);
        }
        self.phone(t);
        if let Some(c) = self.parse::<CustomerNo>(t) {
            match self.doubt(c.division().as_ref()) {
                // A customer's number begins with a division that exists; without one it is some other ten digits.
                Some(m) => self.misses.push(CodeError::content(Kind::Customer, m.zh, m.en)),
                None => self.add(Pattern, Kind::Customer, c),
            }
        }
        if let Some(tag) = self.parse::<TagCode>(t) {
            let twelve = t.chars().filter(char::is_ascii_digit).count() == 12;
            self.add(if twelve { Checked } else { Pattern }, Kind::Tag, tag);
        }
        if let Some(id) = self.parse::<RfidId>(t) {
            self.add(Pattern, Kind::Rfid, id);
        }
        if let Some(d) = self.parse::<Division>(t) {
            match self.doubt(Some(&d)) {
                Some(m) => self.misses.push(CodeError::content(Kind::Division, m.zh, m.en)),
                None => self.add(Pattern, Kind::Division, d),
            }
        }
        if let Some(s) = self.parse::<StampNo>(t) {
            self.add(Free, Kind::Stamp, s);
        }
    }

    fn id_card(&mut self, t: &str) {
        let Some(c) = self.parse::<IdCard>(t) else { return };
        // Fifteen digits have no check character; the one of the eighteen was computed.
        let old = t.chars().filter(char::is_ascii_alphanumeric).count() == 15;
        let doubt = self.doubt(c.division().as_ref());
        let converted =
            old.then(|| Message::new("15 位旧号码，已换算为 18 位", "an old number of 15 digits, converted to 18"));
        let certainty = if old { Certainty::Pattern } else { Certainty::Checked };
        self.add_warned(certainty, Kind::IdCard, c.to_string(), doubt.into_iter().chain(converted));
    }

    fn licence(&mut self, t: &str) {
        let Some(l) = self.parse::<Licence>(t) else { return };
        let certainty = if l.is_checked() { Certainty::Checked } else { Certainty::Pattern };
        let doubt = self.doubt(l.division().as_ref());
        self.add_warned(certainty, Kind::Licence, l, doubt);
    }

    /// GS1 keys as bare digits. A GRAI with a serial and a GIAI need their identifiers: without them nearly any text fits.
    fn keys_without_identifier(&mut self, t: &str) {
        let digits = super::compact(t);
        let grai = digits.parse::<Grai>().ok().filter(|_| digits.len() == 13).map(|g| Elements::from(&g));
        let all = [
            grai,
            digits.parse::<Gln>().ok().map(|g| Elements::from(&g)),
            digits.parse::<Gtin>().ok().map(|g| Elements::from(&g)),
            digits.parse::<Gsrn>().ok().map(|g| Elements::from(&g)),
        ];
        for e in all.into_iter().flatten() {
            self.keys(&e, Certainty::Checked, None);
        }
    }

    fn phone(&mut self, t: &str) {
        let Some(p) = self.parse::<Phone>(t) else { return };
        let kind = p.kind().kind();
        let certainty = match p.kind() {
            PhoneKind::Mobile | PhoneKind::Landline if is_written_as_phone(t) => Certainty::Named,
            _ => Certainty::Pattern,
        };
        self.add(certainty, kind, p);
    }
}
