//! What stands in a post, as its form gives it. A draft is kept as it is typed; what is missing or wrong hinders only that it is submitted.

use super::{
    BODY_MAX, Category, DOWNLOADS_MAX, FILES_MAX, MARQUEE_MAX, PROMOTION_DAYS, SLUG_MAX, SUMMARY_MAX, TAG_MAX,
    TAGS_MAX, TITLE_MAX, is_token, plain,
};
use crate::{
    clock,
    form::{Fault, Values},
    trace,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Fields of the form, in its order.
pub const FIELDS: [&str; 14] = [
    "title",
    "category",
    "summary",
    "body",
    "tags",
    "cover",
    "downloads",
    "org",
    "valid_from",
    "valid_to",
    "publish_at",
    "pinned",
    "on_wall",
    "marquee",
];

/// What stands in a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// Title.
    pub title: String,
    /// What it is about, in a sentence or two.
    pub summary: String,
    /// Its text, HTML.
    pub body: String,
    /// Category; `None` until one is chosen.
    pub category: Option<Category>,
    /// Tags.
    pub tags: Vec<String>,
    /// Token of the picture beside it; empty for none.
    pub cover: String,
    /// Tokens of the files to be downloaded.
    pub downloads: Vec<String>,
    /// Enterprise of a promotion, id; 0 for none.
    pub org: i64,
    /// First day on which it is shown.
    pub valid_from: Option<NaiveDate>,
    /// Last day on which it is shown.
    pub valid_to: Option<NaiveDate>,
    /// When it is to be published, ms; at once after it was accepted where it is `None`.
    pub publish_at: Option<i64>,
    /// To stand before others.
    pub pinned: bool,
    /// To be shown on the wall.
    pub on_wall: bool,
    /// What goes by on the wall; the title where it is empty.
    pub marquee: String,
}

/// A field that is longer than can be kept: the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub &'static str);

fn fault(field: &str, zh: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault { field: field.into(), zh: zh.into(), en: en.into() }
}

/// Reads the form. What cannot be read is left out of the content and told; everything else is kept, however unfinished.
#[must_use]
pub fn read(values: &Values, today: NaiveDate) -> (Content, Vec<Fault>) {
    let text = |name: &str| values.get(name).map_or("", |v| v.trim());
    let ticked = |name: &str| matches!(text(name), "1" | "on" | "true");
    let list = |name: &str| -> Vec<String> {
        let cut = |c: char| matches!(c, ',' | '，' | '、' | ';' | '；' | '\n');
        let mut out: Vec<String> = vec![];
        for t in text(name).split(cut).map(str::trim).filter(|t| !t.is_empty()) {
            if !out.iter().any(|o| o == t) {
                out.push(t.to_owned());
            }
        }
        out
    };
    let mut wrong = vec![];
    let day = |name: &str, wrong: &mut Vec<Fault>| {
        let given = text(name);
        let read: Option<NaiveDate> = if given.len() == 10 { given.parse().ok() } else { None };
        if read.is_none() && !given.is_empty() {
            wrong.push(fault(name, "日期应如 2026-11-21", "a day such as 2026-11-21"));
        }
        read
    };
    let (valid_from, valid_to) = (day("valid_from", &mut wrong), day("valid_to", &mut wrong));
    let given = text("publish_at");
    // The whole minute was named: its beginning is meant.
    let publish_at = trace::known_at(given).map(|ms| ms - ms.rem_euclid(clock::MINUTE_MS));
    if publish_at.is_none() && !given.is_empty() {
        wrong.push(fault("publish_at", "时间应如 2026-11-21T15:30", "a time such as 2026-11-21T15:30"));
    }
    let category = Category::from_code(text("category"));
    if category.is_none() && !text("category").is_empty() {
        wrong.push(fault("category", "请从列表中选择", "choose one of the list"));
    }
    let org: Option<i64> = text("org").parse().ok().filter(|n| *n > 0);
    if org.is_none() && !matches!(text("org"), "" | "0") {
        wrong.push(fault("org", "请从列表中选择", "choose one of the list"));
    }
    let content = Content {
        title: text("title").to_owned(),
        summary: text("summary").to_owned(),
        body: values.get("body").cloned().unwrap_or_default(),
        category,
        tags: list("tags"),
        cover: text("cover").to_owned(),
        downloads: list("downloads"),
        org: org.unwrap_or_default(),
        valid_from,
        valid_to,
        publish_at,
        pinned: ticked("pinned"),
        on_wall: ticked("on_wall"),
        marquee: text("marquee").to_owned(),
    };
    let lacking = lacks(&content, today).into_iter().filter(|f| !wrong.iter().any(|w| w.field == f.field));
    let lacking: Vec<Fault> = lacking.collect();
    wrong.extend(lacking);
    wrong.sort_by_key(|f| FIELDS.iter().position(|n| *n == f.field));
    (content, wrong)
}

/// The form of a content.
#[must_use]
pub fn values(c: &Content) -> Values {
    let ticked = |b: bool| if b { "1".to_owned() } else { String::new() };
    let day = |d: Option<NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    // To the minute: a field with seconds is another one in a browser.
    let at = c.publish_at.map(|ms| trace::known_text(ms).chars().take(16).collect()).unwrap_or_default();
    let org = if c.org == 0 { String::new() } else { c.org.to_string() };
    [
        ("title", c.title.clone()),
        ("category", c.category.map(|c| c.code().to_owned()).unwrap_or_default()),
        ("summary", c.summary.clone()),
        ("body", c.body.clone()),
        ("tags", c.tags.join(",")),
        ("cover", c.cover.clone()),
        ("downloads", c.downloads.join(",")),
        ("org", org),
        ("valid_from", day(c.valid_from)),
        ("valid_to", day(c.valid_to)),
        ("publish_at", at),
        ("pinned", ticked(c.pinned)),
        ("on_wall", ticked(c.on_wall)),
        ("marquee", c.marquee.clone()),
    ]
    .into_iter()
    .map(|(n, v)| (n.to_owned(), v))
    .collect()
}

/// Whether a draft can be kept as it is: a multiple of what it may have when it is submitted, so that nobody loses what he pasted for
/// being over a limit.
///
/// # Errors
/// The first field that cannot.
pub fn fits(c: &Content) -> Result<(), TooLong> {
    const ROOM: usize = 10;
    let long = |t: &str, most: usize| t.chars().count() > most * ROOM;
    for (field, text, most) in
        [("title", &c.title, TITLE_MAX), ("summary", &c.summary, SUMMARY_MAX), ("marquee", &c.marquee, MARQUEE_MAX)]
    {
        if long(text, most) {
            return Err(TooLong(field));
        }
    }
    if c.body.len() > super::RAW_MAX {
        return Err(TooLong("body"));
    }
    let lists = [("tags", &c.tags, TAGS_MAX, TAG_MAX), ("downloads", &c.downloads, DOWNLOADS_MAX, 32)];
    for (field, list, most, each) in lists {
        if list.len() > most * ROOM || list.iter().any(|t| long(t, each)) {
            return Err(TooLong(field));
        }
    }
    if long(&c.cover, 32) { Err(TooLong("cover")) } else { Ok(()) }
}

/// How many files it names, each once: in its text, the picture beside it, the downloads.
fn files(c: &Content) -> usize {
    let body = super::tokens(&c.body);
    let mut beside: Vec<&String> = c.downloads.iter().chain([&c.cover]).filter(|t| is_token(t)).collect();
    beside.sort_unstable();
    beside.dedup();
    body.len() + beside.into_iter().filter(|t| !body.contains(t)).count()
}

/// What is missing or wrong before it can be submitted, field by field, on a day.
#[must_use]
pub fn lacks(c: &Content, today: NaiveDate) -> Vec<Fault> {
    let mut out = vec![];
    let line = |field: &str, text: &str, most: usize, needed: bool, out: &mut Vec<Fault>| {
        if needed && text.trim().is_empty() {
            out.push(fault(field, "请填写此项", "fill this in"));
        } else if text.chars().count() > most {
            out.push(fault(field, format!("最多 {most} 个字符"), format!("at most {most} characters")));
        } else if text.chars().any(char::is_control) {
            out.push(fault(field, "含有不可见的控制字符,请重新输入", "holds control characters: enter it anew"));
        }
    };
    line("title", &c.title, TITLE_MAX, true, &mut out);
    if c.category.is_none() {
        out.push(fault("category", "请选择栏目", "choose a category"));
    }
    line("summary", &c.summary, SUMMARY_MAX, false, &mut out);
    if c.body.len() > BODY_MAX {
        let kb = BODY_MAX / 1_000;
        out.push(fault("body", format!("正文过长,最多 {kb} KB"), format!("the text is too long: at most {kb} kB")));
    } else if plain(&c.body).is_empty() && super::tokens(&c.body).is_empty() && c.downloads.is_empty() {
        out.push(fault("body", "请填写正文", "write the text"));
    } else if files(c) > FILES_MAX {
        let (zh, en) = (format!("图片和文件过多,最多 {FILES_MAX} 个"), format!("too many files: {FILES_MAX} at most"));
        out.push(fault("body", zh, en));
    }
    if c.tags.len() > TAGS_MAX {
        out.push(fault("tags", format!("最多 {TAGS_MAX} 个标签"), format!("at most {TAGS_MAX} tags")));
    } else if let Some(t) = c.tags.iter().find(|t| t.chars().count() > TAG_MAX || t.chars().any(char::is_control)) {
        let t = clock::clip(t);
        out.push(fault(
            "tags",
            format!("标签「{t}」过长或含控制字符,每个最多 {TAG_MAX} 字"),
            format!("the tag {t} is too long or holds control characters: at most {TAG_MAX} characters each"),
        ));
    }
    if !c.cover.is_empty() && !is_token(&c.cover) {
        out.push(fault("cover", "请从已上传的图片中选择", "choose one of the pictures that were uploaded"));
    }
    if c.downloads.len() > DOWNLOADS_MAX || !c.downloads.iter().all(|t| is_token(t)) {
        out.push(fault(
            "downloads",
            format!("请从已上传的文件中选择,最多 {DOWNLOADS_MAX} 个"),
            format!("choose files that were uploaded, {DOWNLOADS_MAX} at most"),
        ));
    }
    validity(c, today, &mut out);
    line("marquee", &c.marquee, MARQUEE_MAX, false, &mut out);
    out
}

fn validity(c: &Content, today: NaiveDate, out: &mut Vec<Fault>) {
    let promotes = c.category.is_some_and(|c| c.info().promotes);
    if promotes && c.org == 0 {
        out.push(fault("org", "促销信息须选择企业", "choose the enterprise that promotes"));
    } else if !promotes && c.org != 0 {
        out.push(fault("org", "只有企业促销信息可选择企业", "only a promotion names an enterprise"));
    }
    if promotes && c.valid_from.is_none() {
        out.push(fault("valid_from", "促销信息须填写有效期", "a promotion needs a validity period"));
    }
    // A browser's field gives four digits of a year; a later one could leave the calendar when days are added.
    let far = |d: NaiveDate| (d - today).num_days().abs() > 36_600;
    if c.valid_from.is_some_and(far) {
        out.push(fault("valid_from", "日期不合理", "not a sensible day"));
    }
    match c.valid_to {
        None if promotes => out.push(fault("valid_to", "促销信息须填写有效期", "a promotion needs a validity period")),
        None => {}
        Some(to) if to < today => out.push(fault("valid_to", "不能早于今天", "not before today")),
        Some(to) if far(to) => out.push(fault("valid_to", "日期不合理", "not a sensible day")),
        Some(to) => {
            if let Some(from) = c.valid_from.filter(|from| *from > to) {
                out.push(fault("valid_to", format!("不能早于 {from}"), format!("not before {from}")));
            } else if promotes && c.valid_from.is_some_and(|from| (to - from).num_days() >= PROMOTION_DAYS) {
                out.push(fault("valid_to", "促销有效期最长一年", "a promotion is valid for a year at most"));
            }
        }
    }
    if let Some(at) = c.publish_at {
        let on = clock::local_date(at);
        if far(on) {
            out.push(fault("publish_at", "时间不合理", "not a sensible time"));
        } else if c.valid_to.is_some_and(|to| to >= today && on > to) {
            out.push(fault("publish_at", "发布时间晚于有效期", "it would be published after its validity"));
        }
    }
    if promotes && c.on_wall {
        out.push(fault("on_wall", "企业促销信息不上大屏", "a promotion is not shown on the wall"));
    }
}

/// A post's name in addresses as it is kept: lower-case letters, digits and hyphens, a letter first, so that none is another's number.
#[must_use]
pub fn slug(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let good = (2..=SLUG_MAX).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.contains("--")
        && !text.ends_with('-');
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    fn good() -> Values {
        [
            ("title", " 冬季用气安全 "),
            ("category", "safety"),
            ("summary", "通风、关阀、查漏"),
            ("body", "<p>开窗通风</p>"),
            ("tags", "冬季,燃气、 冬季"),
            ("valid_from", ""),
            ("publish_at", "2026-11-22T08:30"),
            ("pinned", "on"),
            ("on_wall", "1"),
            ("marquee", "请开窗通风"),
        ]
        .into_iter()
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
    }

    fn promotion() -> Values {
        let mut v = good();
        for (n, value) in [
            ("category", "promotion"),
            ("org", "3"),
            ("valid_from", "2026-11-21"),
            ("valid_to", "2026-12-31"),
            ("on_wall", ""),
        ] {
            v.insert(n.into(), value.into());
        }
        v
    }

    fn faults(mut v: Values, field: &str, value: &str) -> Vec<String> {
        v.insert(field.into(), value.into());
        read(&v, today()).1.into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_sound_form_is_read_and_written_back() {
        let (c, faults) = read(&good(), today());
        assert_eq!(faults, []);
        assert_eq!((c.title.as_str(), c.tags.len(), c.pinned, c.on_wall), ("冬季用气安全", 2, true, true));
        assert_eq!(c.publish_at.map(clock::local_text).unwrap(), "2026-11-22 08:30:00");
        for v in [good(), promotion()] {
            let (c, faults) = read(&v, today());
            assert_eq!(faults, []);
            assert_eq!(read(&values(&c), today()), (c, vec![]));
        }
    }

    #[test]
    fn all_files_are_counted_together() {
        let token = |n: usize| format!("{n:032x}");
        let body: String = (0..FILES_MAX).map(|n| format!("<img src=\"/files/{}\">", token(n))).collect();
        let full = Content { body, cover: token(0), downloads: vec![token(1)], ..read(&good(), today()).0 };
        assert_eq!(lacks(&full, today()), []);
        for more in [
            Content { cover: token(FILES_MAX), ..full.clone() },
            Content { downloads: vec![token(FILES_MAX)], ..full.clone() },
        ] {
            let fields: Vec<String> = lacks(&more, today()).into_iter().map(|f| f.field).collect();
            assert_eq!(fields, ["body"]);
        }
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        let long = "长".repeat(201);
        let many = (0..9).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
        for (v, field, value) in [
            (good(), "title", ""),
            (good(), "title", &long),
            (good(), "title", "a\u{7}b"),
            (good(), "category", ""),
            (good(), "category", "gossip"),
            (good(), "summary", &long),
            (good(), "body", "<p> </p>"),
            (good(), "tags", &long),
            (good(), "tags", &many),
            (good(), "cover", "../x"),
            (good(), "downloads", "x"),
            (good(), "org", "3"),
            (good(), "org", "x"),
            (good(), "valid_to", "2026-11-20"),
            (good(), "valid_to", "x"),
            (good(), "valid_from", "9999-01-01"),
            (good(), "publish_at", "tomorrow"),
            (good(), "publish_at", "9999-01-01T00:00"),
            (good(), "marquee", &long),
            (promotion(), "org", ""),
            (promotion(), "valid_from", ""),
            (promotion(), "valid_to", ""),
            (promotion(), "valid_to", "2027-11-30"),
            (promotion(), "publish_at", "2027-01-01T08:00"),
            (promotion(), "on_wall", "on"),
        ] {
            assert_eq!(faults(v, field, value), [field], "{field} = {value:?}");
        }
        let body = format!("<p>{}</p>", "长".repeat(BODY_MAX));
        assert_eq!(faults(good(), "body", &body), ["body"]);
        let body: String = (0..=FILES_MAX).map(|n| format!("<p><img src=\"/files/{n:032x}\"></p>")).collect();
        assert_eq!(faults(good(), "body", &body), ["body"]);
        assert_eq!(read(&Values::new(), today()).1.len(), 3, "an empty draft is kept, and told what it lacks");
    }

    #[test]
    fn a_draft_is_kept_well_over_its_limits() {
        let of = |n| Content { title: "长".repeat(n), ..Content::default() };
        assert_eq!(fits(&of(TITLE_MAX * 10)), Ok(()));
        assert_eq!(fits(&of(TITLE_MAX * 10 + 1)), Err(TooLong("title")));
        let body = Content { body: "x".repeat(super::super::RAW_MAX + 1), ..Content::default() };
        assert_eq!(fits(&body), Err(TooLong("body")));
    }

    #[test]
    fn names_in_addresses_are_plain() {
        assert_eq!(slug(" Winter-2026 ").as_deref(), Some("winter-2026"));
        for wrong in ["", "a", "7", "2026-x", "a--b", "a-", "冬季", "a/b", "a b", &"a".repeat(61)] {
            assert_eq!(slug(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read(field in 0..FIELDS.len(), text in ".{0,60}") {
            let mut v = good();
            v.insert(FIELDS[field].into(), text);
            let (c, faults) = read(&v, today());
            let again = read(&values(&c), today()).0;
            prop_assert_eq!((&c.body, c.valid_to, c.org), (&again.body, again.valid_to, again.org));
            prop_assert!(faults.iter().all(|f| FIELDS.contains(&f.field.as_str()) && !f.zh.is_empty() && !f.en.is_empty()));
        }
    }
}
