//! The two tables of the sources, from bytes to records.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use domain::{
    clock,
    event::{EventKind, Weights},
    history::{Break, breaks},
    ledger::File,
    rules::RuleSet,
};
use server::import::{Ctx, EventBody, Facts, Plan, Problem, Report, Table, plan, preset, read_table};
use std::collections::HashMap;

const IN_USE: &[u8] = include_bytes!("fixtures/in_use_cylinders.csv");
const HISTORY: &[u8] = include_bytes!("fixtures/cylinder_431325_history.csv");

fn ctx() -> Ctx {
    Ctx {
        org: 7,
        site: 8,
        device: 9,
        as_of: "2026-11-21".parse().unwrap(),
        rules: RuleSet::seed(),
        medium: "LPG".into(),
        facts: None,
    }
}

fn run(id: &str, table: &Table, ctx: &Ctx) -> Plan {
    plan(preset::find(id).unwrap(), table, ctx).unwrap()
}

fn in_use(text: &str) -> Plan {
    run("in-use", &read_table(text.as_bytes(), "t.csv").unwrap(), &ctx())
}

fn known(p: &Plan) -> HashMap<String, String> {
    p.planned.iter().map(|p| (p.key.clone(), p.entry.hash.clone())).collect()
}

fn files(p: &Plan) -> Vec<&File> {
    p.planned.iter().filter_map(|p| p.file.as_ref()).collect()
}

#[test]
fn all_thirty_cylinders_go_in_and_the_doubtful_are_flagged() {
    let table = read_table(IN_USE, "in_use_cylinders.csv").unwrap();
    assert_eq!((table.header.len(), table.rows.len(), table.encoding), (13, 30, "UTF-8"));
    let p = run("in-use", &table, &ctx());
    assert_eq!((p.planned.len(), p.quarantined.len(), p.read), (30, 0, 30));

    let files = files(&p);
    let with = |word: &str| files.iter().filter(|f| f.doubts.iter().any(|d| d.contains(word))).count();
    assert_eq!(with("生产厂家缺失"), 2);
    assert_eq!(with("不晚于出厂日期"), 4);
    // On 2026-11-21 every life has ended: 8 years after 2017-10-10, or at an earlier recorded scrap date. So 报废 is right
    // in 11 rows, 过检 is wrong in 18, and one reason cannot be read.
    assert_eq!((with("与日期不符"), with("异常原因无法识别")), (18, 1));
    // 18 + 1 unreadable; of the others 4 have impossible scrap dates and 1 more (4508511545) no maker.
    assert_eq!(files.iter().filter(|f| !f.doubts.is_empty()).count(), 24);

    let first = files[0];
    assert_eq!(
        (first.tag.as_str(), first.stamp_no.as_str(), first.serial_no.as_str()),
        ("4904410522", "0602171", "0602171")
    );
    assert_eq!(
        (first.medium.as_str(), first.dates.model.as_str(), first.valve.as_str()),
        ("LPG", "YSP35.5", "智能角阀")
    );
    assert_eq!(
        (first.volume_ml, first.max_fill_g, first.tare_g, first.inspections),
        (Some(35_500), Some(14_900), None, 1)
    );
    assert_eq!((first.org, first.site), (7, 8));
    let e = &p.planned[0].entry;
    assert_eq!((e.kind, e.tag.as_str(), e.device, e.epoch, e.seq), (EventKind::Register, "4904410522", 9, 1, 0));
    assert_eq!(serde_json::from_str::<File>(e.body.as_deref().unwrap()).unwrap(), *first);
    assert_eq!(p.planned[0].line, 2, "the header is line 1");

    // The last row carries the noise of its scan; the words are put right and the originals kept.
    let last = files[29];
    assert_eq!(
        (last.medium.as_str(), last.maker.as_str(), last.valve.as_str()),
        ("LPG", "江苏民生重工有限公司", "智能角阀")
    );
    for original in ["油化石油气", "江苏民生香丁有限公司", "智能角洞", "2005分析絵"] {
        assert!(last.doubts.iter().any(|d| d.contains(original)), "{original}: {:?}", last.doubts);
    }
}

#[test]
fn reasons_are_judged_as_of_the_day() {
    let table = read_table(IN_USE, "t").unwrap();
    let at = |day: &str| {
        let p = run("in-use", &table, &Ctx { as_of: day.parse().unwrap(), ..ctx() });
        files(&p).iter().filter(|f| f.doubts.iter().any(|d| d.contains("与日期不符"))).count()
    };
    // In mid-2022 the twelve legible rows valid to 2021-10-10 with a life to 2025-10-10 are 过检 as printed, and 报废 is
    // right in 11; the six with a scrap date of 2018-10-10 are past their life and not 过检.
    assert_eq!(at("2022-06-01"), 6);
    assert!(at("2018-01-15") > 6, "no day makes all of them true");
}

#[test]
fn a_second_run_changes_nothing_on_any_day() {
    for (id, bytes, rows) in [("in-use", IN_USE, 30), ("history-431325", HISTORY, 16)] {
        let table = read_table(bytes, "t").unwrap();
        let first = run(id, &table, &ctx());
        let (taken, report) = first.clone().settle(&HashMap::new());
        assert_eq!((report.new, report.unchanged, taken.planned.len()), (rows, 0, rows as usize));
        assert_eq!(first.planned.iter().map(|p| &p.key).collect::<std::collections::HashSet<_>>().len(), rows as usize);
        let later = Ctx { as_of: "2029-01-01".parse().unwrap(), ..ctx() };
        let (again, report) = run(id, &table, &later).settle(&known(&first));
        assert_eq!((report.new, report.unchanged, report.quarantined, again.planned.len()), (0, rows, 0, 0));
        // The sheet saved by another program says the same.
        let saved = String::from_utf8(bytes.to_vec())
            .unwrap()
            .replace("2017-10-10", "2017/10/10")
            .replace("30.8,", "30.80,")
            .replace("30.8\r", "30.80\r");
        let (again, report) = run(id, &read_table(saved.as_bytes(), "t").unwrap(), &ctx()).settle(&known(&first));
        assert_eq!((report.new, report.unchanged, again.quarantined.len()), (0, rows, 0));
    }
}

#[test]
fn another_content_under_a_known_key_waits_for_a_person() {
    let first = run("in-use", &read_table(IN_USE, "t").unwrap(), &ctx());
    let changed = String::from_utf8(IN_USE.to_vec()).unwrap().replacen("0602171,0602171", "0602171,9999999", 1);
    let (rest, report) = run("in-use", &read_table(changed.as_bytes(), "t").unwrap(), &ctx()).settle(&known(&first));
    assert_eq!((report.new, report.unchanged, report.quarantined, rest.planned.len()), (0, 29, 1, 0));
    assert_eq!(rest.quarantined[0].reason_en, "already imported with another content");
    assert_eq!(rest.quarantined[0].line, 2);
    // The same rows of another owner are a claim to the same cylinders.
    let table = read_table(IN_USE, "t").unwrap();
    let (_, other) = run("in-use", &table, &Ctx { org: 70, ..ctx() }).settle(&known(&first));
    assert_eq!((other.new, other.unchanged, other.quarantined), (0, 0, 30));
    let text = report.to_string();
    assert!(text.contains("未变 29 条") && text.contains("unchanged 29") && text.contains("此前已导入"), "{text}");
    // What is printed and stored names the line; the row itself stays in the table of quarantined lines.
    let stored = serde_json::to_string(&report).unwrap();
    assert!(!stored.contains("9999999"), "{stored}");
    let mut back = serde_json::from_str::<Report>(&stored).unwrap();
    back.aside[0].raw.clone_from(&report.aside[0].raw);
    assert_eq!(back, report);
}

const HEAD: &str = "电子标签号,气瓶钢印号,充装介质,气瓶规格,生产厂家,出厂日期,下次检测日期,备注\n";

#[test]
fn only_rows_without_identity_and_clashes_are_set_aside() {
    let p = in_use(&format!(
        "{HEAD}4904410522,1,液化石油气,15KG,甲,2020-01-01,2024-01-01,x\n\
         ,,液化石油气,15KG,甲,2020-01-01,,no identity\n\
         4.90441E+09,,液化石油气,15KG,甲,2020-01-01,,digits lost\n\
         ,2,液化石油气,15KG,甲,2020-01-01,,stamp only\n\
         4904410522,3,液化石油气,15KG,甲,2020-01-01,,clash\n\
         4904410522,1,液化石油气,15KG,甲,2020-01-01,2024-01-01,the same again\n\
         4904410523,4,氧氢,99KG,甲,junk,,nothing legible\n"
    ));
    assert_eq!(p.quarantined.iter().map(|q| q.line).collect::<Vec<_>>(), [3, 4, 6]);
    assert!(p.quarantined[2].reason_zh.contains("与第 2 行重复"), "{:?}", p.quarantined[2]);
    assert!(p.quarantined.iter().all(|q| !q.suggestion.is_empty() && !q.raw.is_empty()));
    assert_eq!(p.repeated, [7]);
    let keys: Vec<&str> = p.planned.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["in-use:4904410522", "in-use:STAMP-2", "in-use:4904410523"]);
    let f = files(&p);
    assert!(
        f[0].doubts.iter().any(|d| d.contains("第 6 行重复")),
        "the row that went in says that another claims its tag"
    );
    assert_eq!(serde_json::from_str::<File>(p.planned[0].entry.body.as_deref().unwrap()).unwrap(), *f[0]);
    assert_eq!((f[2].medium.as_str(), f[2].dates.made, f[2].doubts.len()), ("", None, 3), "{:?}", f[2].doubts);
    assert!(p.notes.iter().any(|n| n.contains("备注")), "a column that is not used is named: {:?}", p.notes);
    let (_, report) = p.settle(&HashMap::new());
    assert_eq!(report.new + report.unchanged + report.quarantined, report.read);
}

#[test]
fn missing_columns_are_named_with_the_headers_seen() {
    let table = read_table("电子标签号,充装介质,别的\n1,液化石油气,x\n".as_bytes(), "t.csv").unwrap();
    let e = plan(preset::find("in-use").unwrap(), &table, &ctx()).unwrap_err();
    assert!(
        matches!(&e.problem, Problem::MissingColumns { missing, .. } if *missing == ["气瓶钢印号", "出厂日期"]),
        "{e}"
    );
    assert!(e.to_string().contains("别的"), "{e}");
    let e = plan(preset::find("history").unwrap(), &table, &ctx()).unwrap_err();
    assert!(e.to_string().contains("日期时间"), "{e}");
}

#[test]
fn the_history_of_431325() {
    let table = read_table(HISTORY, "cylinder_431325_history.csv").unwrap();
    assert_eq!(table.rows.len(), 15);
    let p = run("history-431325", &table, &ctx());
    assert_eq!((p.planned.len(), p.quarantined.len()), (16, 0));

    let f = p.planned[0].file.as_ref().unwrap();
    assert_eq!(
        (f.tag.as_str(), f.stamp_no.as_str(), f.maker.as_str(), f.dates.model.as_str()),
        ("431325", "431325", "017", "YSP35.5")
    );
    assert_eq!(
        (f.tare_g, f.volume_ml, f.wall_um, f.max_fill_g),
        (Some(16_400), Some(35_500), Some(2_600), Some(14_900))
    );
    assert_eq!(f.dates.made.unwrap().to_string(), "2005-04");
    assert_eq!(f.dates.inspected.unwrap().to_string(), "2009-03-01");
    assert_eq!(f.dates.next_printed.unwrap().to_string(), "2013-03-01");
    assert!(f.doubts.is_empty());

    // 12:17 in Shanghai is 04:17 UTC; the registration stands before the first event.
    let e = &p.planned[1].entry;
    assert_eq!(clock::rfc3339(e.occurred_at), "2011-08-10T04:17:00.000Z");
    assert!(p.planned.windows(2).all(|w| w[0].entry.occurred_at <= w[1].entry.occurred_at));
    // The source's words stay as written; what they are read as stands beside them.
    let body: EventBody = serde_json::from_str(e.body.as_deref().unwrap()).unwrap();
    assert_eq!((body.place.as_str(), body.word.as_str(), e.target.as_str()), ("鴻山门店", "销售扫描", "鸡山门店"));
    assert_eq!((body.place_as.as_deref(), body.target_as.as_deref()), (Some("鸿山门店"), Some("鸿山门店")));
    let port = &p.planned[13].entry;
    let body: EventBody = serde_json::from_str(port.body.as_deref().unwrap()).unwrap();
    assert_eq!(
        (port.target.as_str(), body.target_as.as_deref(), port.operator.as_str()),
        ("港口三级站", Some("灌口三级站"), "陈荣华")
    );

    let fills: Vec<Weights> = p.planned.iter().filter_map(|p| p.entry.weights).collect();
    let w = |tare_g, gross_g, net_g| Weights { gross_g, tare_g, net_g };
    assert_eq!(
        fills,
        [w(17_340, 30_890, 13_550), w(16_550, 30_800, 14_250), w(16_560, 30_800, 14_240), w(16_750, 30_930, 14_180)]
    );
    assert!(p.planned.iter().all(|p| (p.entry.kind == EventKind::FillEnd) == (p.entry.medium == "LPG")));
}

#[test]
fn breaks_in_the_chain_of_431325() {
    use EventKind::{Deliver, FillEnd, ReceiveEmpty, Register, Transfer};
    let p = run("history-431325", &read_table(HISTORY, "t").unwrap(), &ctx());
    let kinds: Vec<EventKind> = p.planned.iter().map(|p| p.entry.kind).collect();
    // A sale to one's own shop is the return of the empty: rows 1 (鴻山 → 鸡山), 6 (鸡山 → 玛山) and 10 (新垵 → 新垵).
    // Sales to customers: rows 5 (四仙包子店), 9 (加博麻辣烫), 15 (邓业书).
    let expected = [
        Register,
        ReceiveEmpty, // 1: 08-10 12:17
        Transfer,     // 2: 08-10 15:15 to the filling station
        FillEnd,      // 3: 08-11 09:02 the first fill known; nothing before it is
        Transfer,     // 4: 08-11 14:21 to the shop
        Deliver,      // 5: 08-12 12:10 after the fill of row 3
        ReceiveEmpty, // 6: 08-29 17:29 17 days later it is back
        FillEnd,      // 7: 08-30 15:03 sold in 5, back in 6: sound
        Transfer,     // 8
        Deliver,      // 9: 08-31 11:38 filled in 7, back in 6 since the sale of 5: sound
        ReceiveEmpty, // 10: 09-11 11:36
        Transfer,     // 11
        FillEnd,      // 12: 09-11 15:32 sold in 9, back in 10: sound
        FillEnd,      // 13: 09-21 08:51 ten days after 12, neither a sale nor a return between: the break
        Transfer,     // 14
        Deliver,      // 15: 09-22 12:21 back in 10 since the sale of 9, filled in 13: sound
    ];
    assert_eq!(kinds, expected);
    let found: Vec<(usize, Vec<Break>)> =
        breaks(&kinds).into_iter().enumerate().filter(|(_, b)| !b.is_empty()).collect();
    // Exactly one: the second of two fills with no sale between. Taken literally, rows 5 and 6 and rows 9 and 10 would
    // be sales without a return between; read as returns, no such pair is left.
    assert_eq!(found, [(13, vec![Break::FilledTwice])]);
    let literal: Vec<EventKind> = kinds.iter().map(|k| if *k == ReceiveEmpty { Deliver } else { *k }).collect();
    assert!(breaks(&literal).into_iter().flatten().count() > 1, "without the mapping the table is full of breaks");
}

#[test]
fn another_cylinder_by_its_facts() {
    let text = "时间\t操作\t操作员\t地点\t目的地\t自重\t总重\n\
                2020年5月1日08:30\t充装\t甲\t某站\t\t16.50\t30.9kg\n\
                2020年5月1日08:30\t充装\t甲\t某站\t\t16.5\t30.9\n\
                2020-05-02 9:00\t销售\t乙\t某门店\t张三\t\t\n\
                2020-05-02\t飞走\t乙\t某门店\t张三\t\t\n\
                昨天\t充装\t乙\t某门店\t\t\t\n\
                2020-05-03 10:00\t充装\t乙\t某站\t\t三十\t16\n";
    let table = read_table(text.as_bytes(), "t.txt").unwrap();
    let history = preset::find("history").unwrap();
    assert!(matches!(plan(history, &table, &ctx()).unwrap_err().problem, Problem::MissingFacts(_)));
    let facts = Facts {
        tag: "４３１３２６".into(),
        stamp_no: "431326".into(),
        made: "2018-02".into(),
        spec: "YSP118".into(),
        volume_ml: None,
        ..Facts::OF_431325
    };
    let p = plan(history, &table, &Ctx { facts: Some(facts), ..ctx() }).unwrap();
    assert_eq!(
        p.planned.iter().map(|p| p.entry.kind).collect::<Vec<_>>(),
        [EventKind::Register, EventKind::FillEnd, EventKind::Deliver, EventKind::FillEnd]
    );
    assert_eq!(
        (p.repeated.as_slice(), p.quarantined.iter().map(|q| q.line).collect::<Vec<_>>()),
        ([3].as_slice(), vec![5, 6])
    );
    let f = p.planned[0].file.as_ref().unwrap();
    assert_eq!((f.tag.as_str(), f.volume_ml, f.max_fill_g), ("431326", Some(118_000), Some(49_500)));
    let weightless = &p.planned[3].entry;
    assert_eq!(weightless.weights, None, "the fill happened though its weights cannot be read");
    assert!(weightless.body.as_deref().unwrap().contains("三十"));
    let bad = Facts { made: "什么".into(), ..Facts::OF_431325 };
    assert!(plan(history, &table, &Ctx { facts: Some(bad), ..ctx() }).unwrap_err().to_string().contains("制造年月"));
}
