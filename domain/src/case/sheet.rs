//! A table of cases of the 12315 or 12345 platform: rows of comma or tab separated text, read one by one.

use super::{Channel, Entered, From, form};
use crate::form::{Fault, Values};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Columns by the headings that are known, and the field that each fills.
pub const COLUMNS: [(&str, &str); 24] = [
    ("工单编号", "external_no"),
    ("登记编号", "external_no"),
    ("编号", "external_no"),
    ("类型", "track"),
    ("类别", "track"),
    ("登记时间", "received"),
    ("接收时间", "received"),
    ("来电时间", "received"),
    ("姓名", "name"),
    ("投诉人", "name"),
    ("来电人", "name"),
    ("电话", "phone"),
    ("联系电话", "phone"),
    ("地址", "address"),
    ("联系地址", "address"),
    ("区县", "district"),
    ("气瓶编号", "tag"),
    ("地点", "place"),
    ("标题", "title"),
    ("主题", "title"),
    ("内容", "text"),
    ("问题描述", "text"),
    ("诉求", "wish"),
    ("请求", "wish"),
];

/// Rows of one table at most.
const ROWS_MAX: usize = 1_000;
/// Bytes of the headings at most: each row that is set aside bears those that are known.
const HEADS_MAX: usize = 4_096;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFault {
    /// The line on which the row begins, from 1.
    pub line: usize,
    /// What is wrong, by field; the field is empty where the whole row or table is meant.
    pub faults: Vec<Fault>,
    /// What stands in the columns that are known, with their headings above it, as a table of its own: mended, it is read again. Empty where
    /// the whole table is meant.
    pub row: String,
}

/// A row that can be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The case.
    pub entered: Entered,
    /// The row with the headings above it, as [`SheetFault::row`].
    pub row: String,
}

/// A row that is set aside until somebody mends it or leaves it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Id.
    pub id: i64,
    /// The platform.
    pub channel: Channel,
    /// The line of its table on which it began, from 1.
    pub line: i64,
    /// When it was set aside, ms.
    pub at: i64,
    /// The row with its headings, as text.
    pub row: String,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Reads a table of a platform, on a day: rows that can be entered, and what is wrong with the others. No row spoils another.
#[must_use]
pub fn sheet(text: &str, channel: Channel, today: NaiveDate) -> (Vec<SheetRow>, Vec<SheetFault>) {
    sheet_in(text, channel, today, &[])
}

/// The same where districts are known by their names.
#[must_use]
pub fn sheet_in(
    text: &str,
    channel: Channel,
    today: NaiveDate,
    districts: &[(String, i32)],
) -> (Vec<SheetRow>, Vec<SheetFault>) {
    let whole = |line, zh: String, en: String| {
        let faults = vec![Fault { field: String::new(), zh, en }];
        SheetFault { line, faults, row: String::new() }
    };
    let mut rows = rows(text.strip_prefix('\u{feff}').unwrap_or(text));
    if rows.is_empty() {
        return (vec![], vec![whole(1, "表格为空".into(), "the table is empty".into())]);
    }
    let (_, heads) = rows.remove(0);
    if heads.iter().map(|h| h.len() + 1).sum::<usize>() > HEADS_MAX {
        let kb = HEADS_MAX / 1_024;
        let (zh, en) = (format!("首行过长,最多 {kb} KB"), format!("the first line is too long: at most {kb} KB"));
        return (vec![], vec![whole(1, zh, en)]);
    }
    let field = |h: &String| {
        let h = h.trim();
        COLUMNS.iter().find(|c| c.0 == h || c.1 == h).map(|c| c.1)
    };
    let fields: Vec<Option<&str>> = heads.iter().map(field).collect();
    if let Some(missing) = ["external_no", "text"].into_iter().find(|f| !fields.contains(&Some(*f))) {
        let names: Vec<&str> = COLUMNS.iter().filter(|c| c.1 == missing).map(|c| c.0).collect();
        let zh = format!("首行缺少列:{}", names.join(" / "));
        return (vec![], vec![whole(1, zh, format!("the first line has no column {missing}"))]);
    }
    if rows.len() > ROWS_MAX {
        let (zh, en) = (format!("一次最多导入 {ROWS_MAX} 行"), format!("at most {ROWS_MAX} rows at a time"));
        return (vec![], vec![whole(1, zh, en)]);
    }
    let head = written(&fields, &heads);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (line, cells) in rows {
        if cells.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let mut values = Values::from([("channel".to_owned(), channel.code().to_owned())]);
        for (f, cell) in fields.iter().zip(&cells) {
            let Some(f) = f else { continue };
            let value = match *f {
                "track" => track(cell.trim()).to_owned(),
                "received" => instant(cell.trim()),
                "district" => {
                    let known = districts.iter().find(|(name, _)| name == cell.trim());
                    known.map_or_else(|| cell.trim().to_owned(), |(_, code)| code.to_string())
                }
                _ => cell.trim().to_owned(),
            };
            if !value.is_empty() {
                values.entry((*f).to_owned()).or_insert(value);
            }
        }
        values.entry("track".to_owned()).or_insert_with(|| "complaint".to_owned());
        if !values.contains_key("title") {
            let begins: String = values
                .get("text")
                .map_or("", String::as_str)
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(30)
                .collect();
            values.insert("title".to_owned(), begins);
        }
        let row = format!("{head}\n{}", written(&fields, &cells));
        match form::read(&values, today, From::Officer) {
            Ok(entered) => good.push(SheetRow { line, entered, row }),
            Err(faults) => bad.push(SheetFault { line, faults, row }),
        }
    }
    (good, bad)
}

/// Cells as a line of a table: those of the columns that are known.
fn written(fields: &[Option<&str>], cells: &[String]) -> String {
    let one = |c: &String| {
        let plain = !c.contains([',', '"', '\n', '\r', '\t']);
        if plain { c.clone() } else { format!("\"{}\"", c.replace('"', "\"\"")) }
    };
    let known = fields.iter().zip(cells).filter(|(f, _)| f.is_some());
    known.map(|(_, c)| one(c)).collect::<Vec<_>>().join(",")
}

/// A platform calls all that it sends on 投诉举报; what stands beside it tells which of them it is.
fn track(word: &str) -> &str {
    let rest = word.replace("投诉举报", "");
    let of = |word: &str| super::Track::ALL.iter().find(|t| word.contains(t.text().zh));
    of(&rest).or_else(|| of(word)).map_or(word, |t| t.code())
}

/// `2026-11-22 08:30:00` as a form gives it.
fn instant(text: &str) -> String {
    let t = text.replace('/', "-");
    match t.split_once([' ', 'T']) {
        Some((d, time)) => format!("{d}T{}", time.trim()),
        None if t.len() == 10 => format!("{t}T00:00"),
        None => t,
    }
}

/// Rows of cells, with the line on which each begins. A cell in quotation marks may hold separators and line ends.
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    let tab = text.lines().next().is_some_and(|l| l.contains('\t'));
    let (mut out, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line, mut begins) = (false, 1_usize, 1_usize);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            c if quoted => cell.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                out.push((begins, std::mem::take(&mut row)));
                begins = line;
            }
            ',' if !tab => row.push(std::mem::take(&mut cell)),
            '\t' if tab => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        out.push((begins, row));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Track;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn good_rows_are_read_and_bad_ones_named() {
        let text = "\u{feff}工单编号,类型,登记时间,姓名,联系电话,标题,内容,无关\r\n\
            A1,投诉举报件-举报,2026/11/20 08:30:00,张三,13812341111,,\"第一行,\n第二行 \"\"引号\"\"\",x\r\n\
            A2,,2026-11-21,,,缺斤短两,内容\r\n\
            ,,,,,,\r\n\
            A3,投诉,2026-11-25 08:00,李四,12,标题,内容\r\n";
        let (good, bad) = sheet(text, Channel::P12345, today());
        assert_eq!(
            good.iter().map(|r| (r.line, r.entered.external_no.as_str())).collect::<Vec<_>>(),
            [(2, "A1"), (4, "A2")]
        );
        assert_eq!((good[0].entered.track, good[1].entered.track), (Track::Report, Track::Complaint));
        assert_eq!(
            (good[0].entered.text.as_str(), good[0].entered.title.as_str()),
            ("第一行,\n第二行 \"引号\"", "第一行,")
        );
        let named: Vec<&str> = bad[0].faults.iter().map(|f| f.field.as_str()).collect();
        assert_eq!((bad.len(), bad[0].line, named), (1, 6, vec!["received", "phone"]));
        // What nobody reads is not written either.
        let known =
            "工单编号,类型,登记时间,姓名,联系电话,标题,内容\nA1,投诉举报件-举报,2026/11/20 08:30:00,张三,13812341111,,";
        assert!(good[0].row.starts_with(known) && !good[0].row.ends_with(",x"), "{}", good[0].row);
        // What is wrong is a table of its own, which is read once it is mended.
        let (good, still) = sheet(&bad[0].row, Channel::P12345, today());
        assert_eq!((good.len(), still.len(), &still[0].row), (0, 1, &bad[0].row));
        let mended = bad[0].row.replace("2026-11-25", "2026-11-20").replace(",12,", ",13812341111,");
        let (good, still) = sheet(&mended, Channel::P12345, today());
        assert_eq!((good.len(), still.len(), good[0].entered.external_no.as_str()), (1, 0, "A3"));
    }

    #[test]
    fn districts_are_read_by_their_names() {
        let text = "工单编号,内容,区县\nA1,x,金水区\nA2,x,410105\nA3,x,某区";
        let (good, bad) = sheet_in(text, Channel::P12345, today(), &[("金水区".into(), 410_105)]);
        assert_eq!(good.iter().map(|r| r.entered.division).collect::<Vec<_>>(), [410_105, 410_105]);
        assert_eq!((bad.len(), bad[0].faults[0].field.as_str()), (1, "district"));
    }

    #[test]
    fn a_table_that_is_none_says_so() {
        let long = "长".repeat(HEADS_MAX / 3);
        for text in [
            "",
            "a,b\n1,2",
            "工单编号\n1",
            &format!("工单编号,内容\n{}", "1,x\n".repeat(ROWS_MAX + 1)),
            &format!("工单编号,内容,{long}\n1,x,y"),
            &format!("工单编号,内容{}\n1,x", ",编号".repeat(HEADS_MAX / 7 + 1)),
        ] {
            let (good, bad) = sheet(text, Channel::P12315, today());
            assert!(good.is_empty() && bad.len() == 1, "{text:.20}");
        }
    }

    proptest! {
        #[test]
        fn no_table_panics(text in "(工单编号,内容\n)?[a-z0-9,\"\t\n\r ]{0,200}") {
            let (good, bad) = sheet(&text, Channel::P12315, today());
            prop_assert!(good.len() + bad.len() <= ROWS_MAX);
        }
    }
}
