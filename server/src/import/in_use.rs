//! 在用钢瓶分布表: a cylinder a row.

use super::{
    Ctx, Plan, Planned, Quarantined,
    cells::{Reader, identity},
    preset::{Field, Mapping},
    read::{Row, Table},
    value,
};
use chrono::NaiveDate;
use domain::{
    clock, codes,
    date::PartialDate,
    event::{Entry, EventKind, Source, content_hash},
    ledger::{Build, File, FileState},
    life::{Dates, Family, Inspection},
    rules::{MediumClass, RuleSet},
};
use std::collections::HashMap;

/// Models by the names that tables use: model, volume ml, maximum fill g, names (rules.md §2).
const SPECS: &[(&str, i64, i64, &[&str])] = &[
    ("YSP4.7", 4_700, 1_900, &["2KG", "2公斤", "2型", "YSP-2"]),
    ("YSP12", 12_000, 5_000, &["5KG", "5公斤", "5型", "YSP-5"]),
    ("YSP23.5", 23_500, 9_800, &["10KG", "10公斤", "10型", "YSP-10"]),
    ("YSP26.2", 26_200, 11_000, &[]),
    ("YSP28.6", 28_600, 12_000, &[]),
    ("YSP35.5", 35_500, 14_900, &["15KG", "15公斤", "15型", "15", "I5KG", "l5KG", "15Kg", "YSP-15"]),
    ("YSP118", 118_000, 49_500, &["50KG", "50公斤", "50型", "YSP-50"]),
    ("YSP118-II", 118_000, 49_500, &["YSP-50-II"]),
];

/// Media: name, code, class, family, misreadings.
const MEDIA: &[(&str, &str, MediumClass, Family, &[&str])] = &[
    (
        "液化石油气",
        "LPG",
        MediumClass::Other,
        Family::LpgWelded,
        &["油化石油气", "液化石抽气", "液化石油汽", "渡化石油气", "液化右油气"],
    ),
    ("LPG", "LPG", MediumClass::Other, Family::LpgWelded, &["石油气", "液化气"]),
    ("二甲醚", "DME", MediumClass::Other, Family::LpgWelded, &[]),
];

/// Valves and makers whose misreadings are known.
const VALVES: &[(&str, &[&str])] =
    &[("智能角阀", &["智能角洞", "智能角阁", "智能角间"]), ("直阀", &[]), ("角阀", &["角洞"])];
const MAKERS: &[(&str, &[&str])] = &[("江苏民生重工有限公司", &["江苏民生香丁有限公司", "江苏民生重丁有限公司"])];

/// A model by any of its names: (model, volume ml, maximum fill g).
pub(super) fn model(spec: &str) -> Option<(&'static str, i64, i64)> {
    let t: String = codes::half_width(spec).chars().filter(|c| !c.is_whitespace()).collect();
    SPECS
        .iter()
        .find(|(model, _, _, names)| model.eq_ignore_ascii_case(&t) || names.iter().any(|n| n.eq_ignore_ascii_case(&t)))
        .map(|(model, volume, fill, _)| (*model, *volume, *fill))
}

/// The code of a medium by a name that tables use, and whether it is a misreading.
pub(super) fn medium_of(word: &str) -> Option<(&'static str, bool)> {
    let names: Vec<(&str, &[&str])> = MEDIA.iter().map(|(name, _, _, _, wrong)| (*name, *wrong)).collect();
    let (right, misread) = value::word(word, &names)?;
    MEDIA.iter().find(|m| m.0 == right).map(|m| (m.1, misread))
}

/// The tag and the stamp of a row, or why it has no identity.
fn identify(r: &mut Reader<'_>) -> Option<(String, String)> {
    let stamp = codes::half_width(r.cell(Field::StampNo)).trim().to_owned();
    let cell = r.cell(Field::Tag);
    if let Some(tag) = identity(cell) {
        if !(tag.bytes().all(|b| b.is_ascii_digit()) && matches!(tag.len(), 10 | 11 | 17)) {
            r.doubt(format!("电子标签号不是 10、11 或 17 位数字：「{}」", clock::clip(&tag)), "tag of an unusual form");
        }
        if identity(&stamp).is_none() {
            r.doubt(format!("钢印号缺失或无法识别：原文「{}」", clock::clip(&stamp)), "stamped number missing");
        }
        return Some((tag, stamp));
    }
    // A stamped number is no tag: the prefix keeps it from answering to a scan.
    let tag = codes::tag(&format!("STAMP-{}", identity(&stamp)?)).ok()?;
    r.doubt(format!("无可用电子标签号：原文「{}」，暂以钢印号登记", clock::clip(cell)), "no usable tag");
    Some((tag, stamp))
}

fn file(r: &mut Reader<'_>, tag: String, stamp_no: String, ctx: &Ctx) -> File {
    let medium = r.cell(Field::Medium);
    let names: Vec<(&str, &[&str])> = MEDIA.iter().map(|(name, _, _, _, wrong)| (*name, *wrong)).collect();
    let right = r.word(Field::Medium, "充装介质", &names);
    let (code, class, family) = match MEDIA.iter().find(|m| m.0 == right) {
        Some((_, code, class, family, _)) => (*code, *class, *family),
        None => {
            // An unknown gas is judged by the shortest intervals, and matches no gun.
            r.doubt(format!("充装介质无法识别：原文「{}」", clock::clip(medium)), "medium unknown");
            ("", MediumClass::Corrosive, Family::SteelWelded)
        }
    };
    let spec = r.cell(Field::Spec);
    let known = model(spec);
    if known.is_none() {
        r.doubt(format!("规格缺失或无法识别：原文「{}」", clock::clip(spec)), "size unknown");
    }
    let maker = r.word(Field::Maker, "生产厂家", MAKERS);
    if maker.is_empty() {
        r.doubt("生产厂家缺失", "maker missing");
    }
    let valve = r.word(Field::Valve, "阀类型", VALVES);
    let count = r.cell(Field::Inspections);
    let inspections = count.parse().ok().filter(|n| (0..100).contains(n)).unwrap_or_else(|| {
        if !count.is_empty() {
            r.doubt(format!("已检次数无法识别：原文「{}」", clock::clip(count)), "count of inspections unreadable");
        }
        0
    });
    let dates = Dates {
        family,
        model: known.map_or_else(|| spec.to_owned(), |k| k.0.to_owned()),
        medium_class: class,
        made: r.date(Field::Made, "出厂日期"),
        inspected: r.date(Field::Inspected, "上次检测日期"),
        next_printed: r.date(Field::Next, "下次检测日期"),
        scrap_recorded: r.date(Field::Scrap, "报废日期"),
        assessed: false,
        inspections,
    };
    order(r, &dates, ctx.as_of);
    reason(r, &dates, ctx.as_of, &ctx.rules);
    File {
        org: ctx.org,
        site: ctx.site,
        tag,
        stamp_no,
        serial_no: codes::half_width(r.cell(Field::SerialNo)).trim().to_owned(),
        maker,
        medium: code.to_owned(),
        dates,
        tare_g: None,
        volume_ml: known.map(|k| k.1),
        wall_um: None,
        max_fill_g: known.map(|k| k.2),
        valve,
        inspections,
        doubts: std::mem::take(&mut r.doubts),
        state: FileState::Registered,
        build: Build::default(),
    }
}

/// Dates that cannot follow each other so.
pub(super) fn order(r: &mut Reader<'_>, d: &Dates, as_of: NaiveDate) {
    let Some(made) = d.made else {
        if r.cell(Field::Made).is_empty() {
            r.doubt("出厂日期缺失", "manufacture date missing");
        }
        return;
    };
    if made.first_day() > as_of {
        r.doubt(format!("出厂日期在导入日之后：{made}"), "made in the future");
    }
    if let Some(s) = d.scrap_recorded.filter(|s| s.first_day() <= made.last_day()) {
        r.doubt(format!("报废日期不晚于出厂日期：{s}，{made}"), "scrap date on or before manufacture");
    }
    if let Some(i) = d.inspected.filter(|i| i.last_day() < made.first_day()) {
        r.doubt(format!("上次检测日期早于出厂日期：{i}，{made}"), "inspected before manufacture");
    }
    let last = d.inspected.unwrap_or(made);
    if let Some(n) = d.next_printed.filter(|n| n.last_day() <= last.first_day()) {
        r.doubt(format!("下次检测日期不晚于上次或出厂：{n}，{last}"), "next inspection not after the last");
    }
}

/// Compares what the table calls wrong with what its own dates say on the day of the import. 报废 there is a life that has
/// ended (rules.md §19). A blank cell claims nothing.
fn reason(r: &mut Reader<'_>, d: &Dates, as_of: NaiveDate, rules: &RuleSet) {
    let cell = r.cell(Field::Reason);
    let said = codes::half_width(cell);
    let said = said.trim();
    if said.is_empty() {
        return;
    }
    let found = match d.derive(rules, as_of).inspection(as_of, rules.due_soon_days()) {
        Inspection::PastLife | Inspection::AwaitsAssessment => "报废",
        Inspection::Overdue => "过检",
        Inspection::DueSoon => "临检",
        Inspection::Valid => "正常",
        Inspection::Unknown => return,
    };
    if !matches!(said, "报废" | "过检" | "临检" | "正常") {
        r.doubt(format!("异常原因无法识别：原文「{}」，按日期应为{found}", clock::clip(cell)), "reason unreadable");
    } else if said != found {
        r.doubt(format!("异常原因与日期不符：「{said}」，截至 {as_of} 应为{found}"), "reason contradicts the dates");
    }
}

/// What a row says and who says it, in the form that is compared with an earlier run: the same table as CSV and as XLSX
/// says the same, and the same row of another owner is a claim to the same cylinder.
fn content(r: &Reader<'_>, f: &File) -> String {
    let date = |d: Option<PartialDate>, field| d.map_or_else(|| r.cell(field).to_owned(), |d| d.to_string());
    content_hash(&(
        (f.org, &f.tag, &f.stamp_no, &f.serial_no),
        (r.cell(Field::Medium), r.cell(Field::Spec), r.cell(Field::Maker), r.cell(Field::Valve), r.cell(Field::Reason)),
        (date(f.dates.made, Field::Made), date(f.dates.inspected, Field::Inspected)),
        (
            date(f.dates.next_printed, Field::Next),
            date(f.dates.scrap_recorded, Field::Scrap),
            r.cell(Field::Inspections),
        ),
    ))
}

/// Plans the table. Of two different rows with one tag the first goes in and carries a doubt, the second waits for a
/// person: which of them is true cannot be read off the table.
pub(super) fn plan(out: &mut Plan, table: &Table, map: &Mapping, ctx: &Ctx) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut stamps: HashMap<(String, String), u32> = HashMap::new();
    for row in &table.rows {
        let mut r = Reader::new(row, map, table);
        let Some((tag, stamp)) = identify(&mut r) else {
            out.quarantined.push(Quarantined {
                line: row.line,
                raw: row.cells.clone(),
                reason_zh: "没有可用的身份：电子标签号和钢印号都缺失或无法识别".into(),
                reason_en: "no usable identity: neither a tag nor a stamped number can be read".into(),
                suggestion: "按实物补上电子标签号或钢印号后重新导入；编号列须为文本格式 \
                             (add the tag or the stamped number from the cylinder; keep codes as text)"
                    .into(),
            });
            continue;
        };
        let mut file = file(&mut r, tag, stamp, ctx);
        let hash = content(&r, &file);
        if let Some(&first) = seen.get(&file.tag) {
            clash(out, first, row, &hash);
            continue;
        }
        if !file.stamp_no.is_empty()
            && let Some(line) = stamps.insert((file.maker.clone(), file.stamp_no.clone()), row.line)
        {
            file.doubts.push(format!("钢印号重复：「{}」与第 {line} 行相同 (stamped number repeated)", file.stamp_no));
        }
        seen.insert(file.tag.clone(), out.planned.len());
        out.planned.push(register(
            format!("in-use:{}", file.tag),
            file,
            hash,
            clock::day_start(clock::day_of(ctx.as_of)),
            row,
            ctx,
        ));
    }
    // The body of a record carries its file; doubts may have come after the record was made.
    for p in &mut out.planned {
        p.entry.body = p.file.as_ref().and_then(|f| serde_json::to_string(f).ok());
    }
}

/// Of two rows with one tag the second is set aside, unless it says the same.
pub(super) fn clash(out: &mut Plan, first: usize, row: &Row, hash: &str) {
    let Some(p) = out.planned.get_mut(first) else { return };
    if p.entry.hash == hash {
        out.repeated.push(row.line);
        return;
    }
    let (tag, at) = (p.entry.tag.clone(), p.line);
    if let Some(f) = &mut p.file {
        f.doubts.push(format!("电子标签号重复：与第 {} 行重复而内容不同 (tag repeated on another row)", row.line));
    }
    out.quarantined.push(Quarantined {
        line: row.line,
        raw: row.cells.clone(),
        reason_zh: format!("电子标签号 {tag} 与第 {at} 行重复而内容不同"),
        reason_en: format!("tag {tag} stands on line {at} too, with another content"),
        suggestion: "到现场核对标签与钢印，改正其中一行后重新导入 \
                     (compare tag and stamp on the cylinders, correct one of the rows, import again)"
            .into(),
    });
}

/// A REGISTER record.
pub(super) fn register(key: String, file: File, hash: String, at: i64, row: &Row, ctx: &Ctx) -> Planned {
    let entry = Entry {
        device: ctx.device,
        epoch: 1,
        seq: 0,
        kind: EventKind::Register,
        tag: file.tag.clone(),
        site: ctx.site,
        occurred_at: at,
        started_at: None,
        sent_at: None,
        weights: None,
        medium: String::new(),
        operator: String::new(),
        target: String::new(),
        attempt: String::new(),
        body: serde_json::to_string(&file).ok(),
        source: Source::Import,
        hash,
    };
    Planned { key, entry, file: Some(file), listing: None, line: row.line, raw: row.cells.clone() }
}
