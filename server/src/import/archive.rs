//! 气瓶信息档案: a cylinder a row, as an enterprise's own archive lists them (S1-03).

use super::{
    Ctx, Plan, Quarantined, Sheet,
    cells::{Reader, identity, quote},
    in_use,
    preset::Field,
    tags,
};
use data::listing;
use domain::{
    clock, codes,
    event::content_hash,
    ledger::{Build, Custody, File, FileState},
    life::{Dates, Family},
    rules::MediumClass,
};
use std::collections::HashMap;

/// Kinds of cylinders by the words of archives. 焊接气瓶 is an LPG cylinder where the gas is LPG or DME.
const EQUIPMENT: &[(&str, Family, &[&str])] = &[
    ("无缝气瓶", Family::SteelSeamless, &["钢质无缝气瓶", "无縫气瓶", "元缝气瓶"]),
    ("铝合金无缝气瓶", Family::AluminiumSeamless, &[]),
    ("焊接气瓶", Family::SteelWelded, &["钢质焊接气瓶", "悍接气瓶"]),
    ("液化石油气钢瓶", Family::LpgWelded, &["液化石油气瓶"]),
    ("焊接绝热气瓶", Family::Cryogenic, &["低温绝热气瓶"]),
    ("溶解乙炔气瓶", Family::Acetylene, &["内装填料气瓶", "乙炔气瓶"]),
];

/// States of stock: the words, what they mean, misreadings. 在库 is often read as 左库.
const STOCK: &[(&str, Custody, &[&str])] = &[
    ("空瓶在库", Custody::EmptyInStock, &["空瓶左库", "空瓶在厍"]),
    ("入空瓶库", Custody::EmptyInStock, &[]),
    ("重瓶在库", Custody::FullInStock, &["重瓶左库", "重瓶在厍"]),
    ("满瓶在库", Custody::FullInStock, &["满瓶左库"]),
    ("入满瓶库", Custody::FullInStock, &[]),
    ("已充装", Custody::FullInStock, &[]),
    ("已配送", Custody::InUse, &[]),
];

/// Liquids that are kept cold: they are filled into insulated cylinders only.
const COLD: &[&str] = &["LNG"];

fn family(r: &mut Reader<'_>, medium: &str) -> Family {
    let table: Vec<(&str, &[&str])> = EQUIPMENT.iter().map(|(word, _, wrong)| (*word, *wrong)).collect();
    let word = r.word(Field::Equipment, "设备品种", &table);
    let is_lpg = matches!(medium, "LPG" | "DME");
    match EQUIPMENT.iter().find(|e| e.0 == word).map(|e| e.1) {
        Some(Family::SteelWelded) if is_lpg => Family::LpgWelded,
        Some(family) => {
            let fits = match medium {
                "C2H2" => family == Family::Acetylene,
                m if COLD.contains(&m) => family == Family::Cryogenic,
                "" => true,
                _ => is_lpg == (family == Family::LpgWelded),
            };
            if !fits {
                r.doubt(format!("设备品种与介质不符：「{word}」"), "kind of cylinder does not fit the gas");
            }
            family
        }
        None => {
            // Judged by the shortest intervals and lives, as an unknown gas is.
            r.doubt(format!("设备品种缺失或无法识别：原文「{}」", quote(&word)), "kind of cylinder unknown");
            if is_lpg { Family::LpgWelded } else { Family::SteelWelded }
        }
    }
}

/// The warehouse and the size. The column 所在仓库 of a real list holds a size or a gas: such a word is no warehouse.
fn place(r: &mut Reader<'_>, sheet: &Sheet<'_>) -> (String, String) {
    let (cell, spec) = (r.cell(Field::Warehouse), r.cell(Field::Spec));
    if in_use::model(cell).is_some() {
        r.doubt(format!("所在仓库栏是规格：原文「{}」", quote(cell)), "the warehouse column holds a size");
        let spec = if spec.is_empty() { cell } else { spec };
        (String::new(), spec.to_owned())
    } else if sheet.reference.medium(cell).is_some() {
        r.doubt(format!("所在仓库栏是介质：原文「{}」", quote(cell)), "the warehouse column holds a gas");
        (String::new(), spec.to_owned())
    } else {
        (cell.to_owned(), spec.to_owned())
    }
}

/// The state of stock as listed. A registration is an empty in stock (rules.md §19), and a list proves no fill: what the
/// list claims is kept beside the file, and flagged where it claims more.
fn stock(r: &mut Reader<'_>) -> Option<Custody> {
    let table: Vec<(&str, &[&str])> = STOCK.iter().map(|(word, _, wrong)| (*word, *wrong)).collect();
    let word = r.word(Field::State, "使用状态", &table);
    let found = STOCK.iter().find(|s| s.0 == word).map(|s| s.1);
    match found {
        Some(Custody::EmptyInStock) => {}
        Some(_) => {
            r.doubt(format!("使用状态没有记录可证：「{word}」，按空瓶在库登记"), "listed state without a record of it");
        }
        None => r.doubt(format!("使用状态缺失或无法识别：原文「{}」", quote(&word)), "state of stock unknown"),
    }
    found
}

/// The tag of a row, or a name made of its serial number.
fn identify(r: &mut Reader<'_>) -> Option<String> {
    let cell = r.cell(Field::Tag);
    if let Some(tag) = identity(cell) {
        return Some(tag);
    }
    // A serial number is no tag: the prefix keeps it from answering to a scan.
    let tag = codes::tag(&format!("SERIAL-{}", identity(r.cell(Field::SerialNo))?)).ok()?;
    r.doubt(format!("无可用标签号：原文「{}」，暂以出厂编号登记", quote(cell)), "no usable tag");
    Some(tag)
}

fn file(r: &mut Reader<'_>, tag: String, spec: &str, sheet: &Sheet<'_>) -> File {
    let Ctx { org, site, as_of, .. } = *sheet.ctx;
    let word = r.cell(Field::Medium);
    let (medium, class) = match sheet.reference.medium(word) {
        Some((code, class, misread)) => {
            if misread {
                let name = sheet.reference.medium_name(code);
                r.doubt(format!("充装介质疑为误读：原文「{}」，按「{name}」登记", quote(word)), "misread word");
            }
            (code.to_owned(), class)
        }
        None => {
            r.doubt(format!("充装介质无法识别：原文「{}」", quote(word)), "medium unknown");
            (String::new(), MediumClass::Corrosive)
        }
    };
    let family = family(r, &medium);
    if !tag.starts_with("SERIAL-") {
        tags::check(r, &tag, &medium, sheet.reference);
    }
    // The names of sizes are those of LPG cylinders: 50公斤 says nothing of a cylinder for nitrogen.
    let known = in_use::model(spec).filter(|_| family == Family::LpgWelded);
    let dates = Dates {
        family,
        model: known.map_or_else(|| spec.to_owned(), |k| k.0.to_owned()),
        medium_class: class,
        made: r.date(Field::Made, "出厂日期"),
        inspected: r.date(Field::Inspected, "上次检测日期"),
        next_printed: r.date(Field::Next, "下次检测日期"),
        scrap_recorded: r.date(Field::Scrap, "报废日期"),
        assessed: false,
        inspections: 0,
    };
    if r.cell(Field::Inspected).is_empty() {
        r.doubt("检验日期缺失", "inspection date missing");
    }
    in_use::order(r, &dates, as_of);
    let half = |field| codes::half_width(r.cell(field)).trim().to_owned();
    let (maker, stamp_no, serial_no) = (r.cell(Field::Maker).to_owned(), half(Field::StampNo), half(Field::SerialNo));
    let gaps: Vec<&str> = [("生产厂家", &maker), ("规格", &dates.model), ("出厂编号", &serial_no)]
        .into_iter()
        .filter_map(|(name, value)| value.is_empty().then_some(name))
        .collect();
    if !gaps.is_empty() {
        r.doubt(format!("档案缺项：{}", gaps.join("、")), "file incomplete");
    }
    File {
        org,
        site,
        tag,
        stamp_no,
        serial_no,
        maker,
        medium,
        dates,
        tare_g: None,
        volume_ml: known.map(|k| k.1),
        wall_um: None,
        max_fill_g: known.map(|k| k.2),
        valve: String::new(),
        inspections: 0,
        doubts: Vec::new(),
        state: FileState::Registered,
        build: Build::default(),
    }
}

/// Plans the table. Of two different rows with one tag the first goes in and carries a doubt, the second waits for a
/// person.
pub(super) fn plan(out: &mut Plan, sheet: &Sheet<'_>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    if sheet.reference.series().is_empty() {
        out.notes
            .push("尚无标签号段，标签未与号段核对 (no series of tags yet: tags were not checked against them)".into());
    }
    for row in &sheet.table.rows {
        let mut r = Reader::new(row, sheet.map, sheet.table);
        let Some(tag) = identify(&mut r) else {
            out.quarantined.push(Quarantined {
                line: row.line,
                raw: row.cells.clone(),
                reason_zh: "没有可用的身份：标签号和出厂编号都缺失或无法识别".into(),
                reason_en: "no usable identity: neither a tag nor a serial number can be read".into(),
                suggestion: "按实物补上标签号或出厂编号后重新导入；编号列须为文本格式 \
                             (add the tag or the serial number from the cylinder; keep codes as text)"
                    .into(),
            });
            continue;
        };
        let (warehouse, spec) = place(&mut r, sheet);
        let custody = stock(&mut r);
        let mut file = file(&mut r, tag, &spec, sheet);
        let all = [
            Field::SerialNo,
            Field::Equipment,
            Field::Medium,
            Field::Customer,
            Field::Warehouse,
            Field::State,
            Field::Spec,
            Field::StampNo,
            Field::Maker,
            Field::Made,
            Field::Inspected,
            Field::Next,
            Field::Scrap,
        ];
        let hash = content_hash(&(file.org, &file.tag, all.map(|f| r.cell(f))));
        file.doubts = std::mem::take(&mut r.doubts);
        if let Some(&first) = seen.get(&file.tag) {
            in_use::clash(out, first, row, &hash);
            continue;
        }
        seen.insert(file.tag.clone(), out.planned.len());
        let listing = listing::Model {
            tag: file.tag.clone(),
            org_id: file.org,
            equipment: r.cell(Field::Equipment).to_owned(),
            customer_name: r.cell(Field::Customer).to_owned(),
            warehouse,
            custody: custody.map(Custody::number),
            run_id: 0,
        };
        let at = clock::day_start(clock::day_of(sheet.ctx.as_of));
        let mut planned = in_use::register(format!("archive:{}", file.tag), file, hash, at, row, sheet.ctx);
        planned.listing = Some(listing);
        out.planned.push(planned);
    }
    // The body of a record carries its file; doubts may have come after the record was made.
    for p in &mut out.planned {
        p.entry.body = p.file.as_ref().and_then(|f| serde_json::to_string(f).ok());
    }
}
