//! 钢瓶历史跟踪: the events of one cylinder.

use super::{
    Ctx, ImportError, Plan, Planned, Preset, Problem, Quarantined, in_use,
    preset::{Field, Mapping},
    read::{Row, Table},
    value,
};
use domain::{
    clock,
    clock::clip,
    codes,
    date::PartialDate,
    event::{Entry, EventKind, Source, Weights, content_hash},
    ledger::{Build, File, FileState},
    life::{Dates, Family},
    rules::MediumClass,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::HashSet};

/// 基本信息: what a sheet of one cylinder says above its history, or flags say instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// 钢瓶条码
    pub tag: Cow<'static, str>,
    /// 钢印编号
    pub stamp_no: Cow<'static, str>,
    /// 制造单位
    pub maker: Cow<'static, str>,
    /// 制造年月, such as `200504`.
    pub made: Cow<'static, str>,
    /// 瓶型, such as `15型`.
    pub spec: Cow<'static, str>,
    /// 自重, grams.
    pub tare_g: Option<i64>,
    /// 容积, millilitres; that of the model where it is not given.
    pub volume_ml: Option<i64>,
    /// 壁厚, micrometres.
    pub wall_um: Option<i64>,
    /// 上次检验
    pub inspected: Cow<'static, str>,
    /// 下次检验
    pub next: Cow<'static, str>,
}

impl Facts {
    /// The cylinder of the source's sheet.
    pub const OF_431325: Self = Self {
        tag: Cow::Borrowed("431325"),
        stamp_no: Cow::Borrowed("431325"),
        maker: Cow::Borrowed("017"),
        made: Cow::Borrowed("200504"),
        spec: Cow::Borrowed("15型"),
        tare_g: Some(16_400),
        volume_ml: Some(35_500),
        wall_um: Some(2_600),
        inspected: Cow::Borrowed("2009-03-01"),
        next: Cow::Borrowed("2013-03-01"),
    };
}

/// A place of the owner: its name and the spellings that mean it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Store {
    /// The name.
    pub name: &'static str,
    /// Misreadings in the sources.
    pub spellings: &'static [&'static str],
}

/// The owner's places whose names the sources misread: 鴻山, 鸡山 and 玛山 are one shop, 港口 is 灌口.
#[must_use]
pub const fn stores() -> &'static [Store] {
    &[
        Store { name: "鸿山门店", spellings: &["鴻山门店", "鸡山门店", "玛山门店", "鴻山門店"] },
        Store { name: "灌口三级站", spellings: &["港口三级站"] },
        Store { name: "新垵门店", spellings: &["新按门店"] },
    ]
}

/// The name of the place that a spelling means.
fn place(text: &str) -> &str {
    stores().iter().find(|s| s.name == text || s.spellings.contains(&text)).map_or(text, |s| s.name)
}

/// Whether a place is the owner's: a sale to it is the return of the empty (features.md G4).
fn is_own(text: &str) -> bool {
    let name = place(text);
    stores().iter().any(|s| s.name == name) || name.ends_with("门店") || name.ends_with("門店")
}

/// The body of an imported event: the source's words, which no field of a record holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventBody {
    /// 操作地点 as written.
    pub place: String,
    /// 操作类型 as written.
    pub word: String,
    /// The place that is meant, where the writing is a misreading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_as: Option<String>,
    /// The target that is meant, where the writing is a misreading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_as: Option<String>,
    /// What is doubtful about the row, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// What the words for an operation mean; a sale may yet prove to be a return.
const WORDS: &[(EventKind, &[&str])] = &[
    (EventKind::FillEnd, &["充装", "充装扫描", "充气", "灌装", "充裝"]),
    (EventKind::Deliver, &["销售扫描", "销售", "消售扫描", "銷售扫描", "售出扫描"]),
    (EventKind::Transfer, &["调拨扫描", "调拨", "调拔扫描", "调拨扫苗", "調拨扫描"]),
    (EventKind::ReceiveEmpty, &["收瓶", "收瓶扫描", "回收扫描", "空瓶入库"]),
];

fn kind(word: &str, target: &str) -> Option<EventKind> {
    let word: String = codes::half_width(word).chars().filter(|c| !c.is_whitespace()).collect();
    let (kind, _) = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()))?;
    Some(if *kind == EventKind::Deliver && is_own(target) { EventKind::ReceiveEmpty } else { *kind })
}

/// The file of the sheet's cylinder.
fn file(facts: &Facts, ctx: &Ctx) -> Result<File, Problem> {
    let date = |text: &str, what| -> Result<Option<PartialDate>, Problem> {
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Problem::MissingFacts(what)) }
    };
    let model = in_use::model(&facts.spec);
    let inspected = date(&facts.inspected, "上次检验 (last inspection)")?;
    let mut doubts = Vec::new();
    if model.is_none() {
        doubts.push(format!("瓶型无法识别：原文「{}」 (size unknown)", clip(&facts.spec)));
    }
    Ok(File {
        org: ctx.org,
        site: ctx.site,
        tag: codes::tag(&facts.tag).map_err(|_| Problem::MissingFacts("钢瓶条码 (tag)"))?,
        stamp_no: codes::tag(&facts.stamp_no).map_err(|_| Problem::MissingFacts("钢印编号 (stamped number)"))?,
        serial_no: String::new(),
        maker: facts.maker.to_string(),
        medium: ctx.medium.clone(),
        dates: Dates {
            family: Family::LpgWelded,
            model: model.map_or_else(|| facts.spec.to_string(), |m| m.0.to_owned()),
            medium_class: MediumClass::Other,
            made: date(&facts.made, "制造年月 (manufacture)")?,
            inspected,
            next_printed: date(&facts.next, "下次检验 (next inspection)")?,
            scrap_recorded: None,
            assessed: false,
            inspections: 0,
        },
        tare_g: facts.tare_g,
        volume_ml: facts.volume_ml.or(model.map(|m| m.1)),
        wall_um: facts.wall_um,
        max_fill_g: model.map(|m| m.2),
        valve: String::new(),
        // The sheet counts none; it names one.
        inspections: inspected.is_some().into(),
        doubts,
        state: FileState::Registered,
        build: Build::default(),
    })
}

/// Plans the sheet: the registration, then the events in the order of their time.
pub(super) fn plan(
    out: &mut Plan,
    preset: &Preset,
    table: &Table,
    map: &Mapping,
    ctx: &Ctx,
) -> Result<(), ImportError> {
    let facts = ctx.facts.as_ref().or(preset.facts.as_ref());
    let facts =
        facts.ok_or_else(|| Problem::MissingFacts("钢印编号等 (the stamped number and the rest)").of(&table.name))?;
    let file = file(facts, ctx).map_err(|p| p.of(&table.name))?;

    let mut seen = HashSet::new();
    let mut events = Vec::new();
    for row in &table.rows {
        match event(row, map, table.is_1904, &file, ctx) {
            Ok(p) if seen.insert(p.key.clone()) => events.push(p),
            Ok(_) => out.repeated.push(row.line),
            Err((zh, en)) => out.quarantined.push(Quarantined {
                line: row.line,
                raw: row.cells.clone(),
                reason_zh: zh,
                reason_en: en.to_owned(),
                suggestion: "对照原始记录补全时间和操作类型后重新导入 \
                             (complete time and operation from the original record and import again)"
                    .into(),
            }),
        }
    }
    // The sort is stable: rows of one minute keep the order of the sheet.
    events.sort_by_key(|p| p.entry.occurred_at);
    let is_misread =
        |r: &&Row| [Field::Place, Field::Target].iter().any(|f| place(map.get(&r.cells, *f)) != map.get(&r.cells, *f));
    let misread = table.rows.iter().filter(is_misread).count();
    if misread > 0 {
        out.notes.push(format!("{misread} 行的地名按别名表归一，原文保留 ({misread} rows: place names read by the alias table, the original kept)"));
    }
    // The sheet does not say when the cylinder was registered: the day on which its history begins, before its first event.
    let first = events.first().map_or_else(|| clock::day_of(ctx.as_of), |p| clock::local_day(p.entry.occurred_at));
    let hash = content_hash(&(
        file.org,
        &file.tag,
        &file.stamp_no,
        &file.maker,
        &file.dates,
        file.tare_g,
        file.volume_ml,
        file.wall_um,
    ));
    let key = format!("history:{}:register", file.stamp_no);
    out.planned.push(in_use::register(key, file, hash, clock::day_start(first), &Row::default(), ctx));
    out.planned.append(&mut events);
    Ok(())
}

/// A row as an event, or why it is none.
fn event(row: &Row, map: &Mapping, is_1904: bool, file: &File, ctx: &Ctx) -> Result<Planned, (String, &'static str)> {
    let cell = |f| map.get(&row.cells, f);
    let (word, target, from) = (cell(Field::Kind), cell(Field::Target), cell(Field::Place));
    let at = value::instant(cell(Field::At), is_1904)
        .ok_or_else(|| (format!("时间无法识别：「{}」", clip(cell(Field::At))), "the time cannot be read"))?;
    let kind = kind(word, target)
        .ok_or_else(|| (format!("操作类型无法识别：「{}」", clip(word)), "the operation is not known"))?;
    let (tare, gross) = (value::grams(cell(Field::Tare)), value::grams(cell(Field::Gross)));
    let mut body = EventBody { place: from.to_owned(), word: word.to_owned(), ..EventBody::default() };
    let meant = |text: &str| (place(text) != text).then(|| place(text).to_owned());
    (body.place_as, body.target_as) = (meant(from), meant(target));
    let weights = match (kind, tare, gross) {
        (EventKind::FillEnd, Some(tare_g), Some(gross_g)) if gross_g >= tare_g => {
            Some(Weights { gross_g, tare_g, net_g: gross_g - tare_g })
        }
        (EventKind::FillEnd, ..) => {
            // A fill happened whether or not its weights can be read.
            body.doubt =
                Some(format!("重量无法识别：自重「{}」总重「{}」", clip(cell(Field::Tare)), clip(cell(Field::Gross))));
            None
        }
        _ => None,
    };
    let hash = content_hash(&(at, kind, cell(Field::Operator), from, target, word, tare, gross));
    let key = format!("history:{}:{at}:{}:{}", file.stamp_no, kind.number(), hash.get(..16).unwrap_or_default());
    let entry = Entry {
        device: ctx.device,
        epoch: 1,
        seq: 0,
        kind,
        tag: file.tag.clone(),
        site: ctx.site,
        occurred_at: at,
        started_at: None,
        sent_at: None,
        weights,
        medium: if kind == EventKind::FillEnd { ctx.medium.clone() } else { String::new() },
        operator: cell(Field::Operator).to_owned(),
        target: target.to_owned(),
        attempt: String::new(),
        body: serde_json::to_string(&body).ok(),
        source: Source::Import,
        hash,
    };
    Ok(Planned { key, entry, file: None, listing: None, line: row.line, raw: row.cells.clone() })
}
