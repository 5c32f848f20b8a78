//! Clashes, rows that cannot be, and what must not be told.

use crate::*;
use server::import::Problem;

#[test]
fn numbers_are_an_enterprises_own_and_tags_everybodys() {
    for (id, bytes, taken) in [
        ("customers", CUSTOMERS, 0),
        ("orders", ORDERS, 3),
        ("recovery", SLIPS, 0),
        ("tags", TAGS, 2),
        ("archive", ARCHIVE, 10),
    ] {
        let (first, _) = first_run(id, bytes);
        let other = Ctx { org: 70, ..ctx() };
        let (_, r) = plan(preset::find(id).unwrap(), &table(bytes), &other).unwrap().settle(&known(&first));
        assert_eq!((r.quarantined, r.unchanged), (taken, 0), "{id}: of another enterprise");
    }
}

#[test]
fn another_content_under_a_known_number_waits_for_a_person() {
    let (first, _) = first_run("customers", CUSTOMERS);
    let changed = String::from_utf8(CUSTOMERS.to_vec()).unwrap().replace("13900000000", "13900000001");
    let (rest, r) = run("customers", &changed).settle(&known(&first));
    assert_eq!((r.new, r.unchanged, r.quarantined, rest.quarantined[0].line), (0, 9, 1, 4));
    assert_eq!(rest.quarantined[0].raw[5], "13900000001", "the row is kept for mending");
    // … and stands in nothing that is printed.
    for said in [r.to_string(), serde_json::to_string(&r).unwrap()] {
        assert!(!said.contains("13900000001") && !said.contains("朱某") && !said.contains("孙好子乡"), "{said}");
    }
}

#[test]
fn personal_data_is_in_no_doubt_report_or_error() {
    let secret = ["13812345678", "张三丰", "人民路12号", "03716551234"];
    let text = "客户编号,客户名称,客户地址,行政区域,联系人,联系电话,客户状态,客户类型\n\
                4101050001,张三丰,人民路12号,13812345678,张三丰,13812345678x,13812345678,03716551234\n\
                ,张三丰,人民路12号,河南省,张三丰,13812345678,正常,居民\n\
                4101050001,张三丰,人民路12号,河南省,张三丰,13812345678,正常,居民\n";
    let (p, r) = run("customers", text).settle(&HashMap::new());
    assert_eq!(counts(&r), (3, 1, 1, 2));
    let mut said = vec![r.to_string(), serde_json::to_string(&r).unwrap()];
    said.extend(p.listed.iter().flat_map(|l| l.doubts.clone()));
    let slips = "回收记录编号,客户名称,客户电话,回收总量,回收状态,派送员,创建时间\n\
                 HS201810150013,张三丰,13812345678,13812345678,03716551234,李四,13812345678\n,,13812345678,1,,,\n";
    let (p, r) = run("recovery", slips).settle(&HashMap::new());
    said.push(r.to_string());
    said.extend(p.listed.iter().flat_map(|l| l.doubts.clone()));
    // A list without its header: the first row is somebody's.
    let e = plan(
        preset::find("customers").unwrap(),
        &table(
            "4101050001,张三丰,人民路12号,河南省,张三丰,13812345678\n4101050002,李四,人民路12号,河南省,李四,1\n"
                .as_bytes(),
        ),
        &ctx(),
    );
    said.push(e.unwrap_err().to_string());
    for text in &said {
        assert!(secret.iter().all(|s| !text.contains(s)), "{text}");
    }
}

#[test]
fn another_tables_file_is_refused_by_its_columns() {
    let files =
        [("customers", CUSTOMERS), ("orders", ORDERS), ("recovery", SLIPS), ("archive", ARCHIVE), ("tags", TAGS)];
    for (id, _) in files {
        for (other, bytes) in files.iter().filter(|(other, _)| *other != id) {
            let e = plan(preset::find(id).unwrap(), &table(bytes), &ctx()).unwrap_err();
            let Problem::MissingColumns { missing, seen, fits } = &e.problem else { panic!("{id} {other}: {e}") };
            assert!(!missing.is_empty() && !seen.is_empty(), "{id} {other}: {e}");
            assert_eq!(fits.as_slice(), [*other], "the error names the preset that fits");
        }
    }
    let e = plan(preset::find("customers").unwrap(), &table(ORDERS), &ctx()).unwrap_err();
    assert!(e.to_string().contains("客户编号") && e.to_string().contains("orders"), "{e}");
}

const ORDER_HEAD: &str = "订单编号,客户名称,客户地址,介质类型,需求总量,派送总量,订单状态,派送员\n";

#[test]
fn quantities_nobody_can_deliver_are_flagged() {
    let text = format!(
        "{ORDER_HEAD}DD202601010001,甲,郑州市1号,氧气,-5,-,待出库,乙\n\
         DD202601010002,甲,郑州市1号,氧气,99999999999999999999999999,-,待出库,乙\n\
         DD202601010003,甲,郑州市1号,氧气,1000001,1,待出库,乙\n\
         DD202601010004,甲,郑州市1号,氧气,0,-,待出库,乙\n\
         DD202601010005,甲,郑州市1号,氧气,=1+1,3.5,飞走了,乙\n\
         DD202601010006,甲,郑州市1号,氧气,2,3,派送完成,乙\n\
         DD202613010007,甲,郑州市1号,,２ 瓶,2.0,派送完成,乙\n"
    );
    let (p, r) = run("orders", &text).settle(&HashMap::new());
    assert_eq!(counts(&r), (7, 7, 7, 0));
    let got: Vec<_> = orders(&p).iter().map(|(o, l)| (o.wanted, o.delivered, l.len())).collect();
    assert_eq!(
        got,
        [
            (None, None, 1),
            (None, None, 1),
            (None, Some(1), 1),
            (Some(0), None, 1),
            (None, None, 1),
            (Some(2), Some(3), 1),
            (Some(2), Some(2), 0)
        ]
    );
    assert_eq!(
        flags(&r),
        [
            ("medium missing", 1),
            ("more delivered than wanted", 1),
            ("nothing wanted", 5),
            ("number of an unusual form", 1),
            // 3.5 of what was delivered; four of what was wanted.
            ("quantity unreadable", 1),
            ("quantity unreadable", 4),
            ("state contradicts the quantities", 1),
            ("word unknown", 1),
        ]
    );
    let text = "气瓶介质,数量,编码,备注\n氧气,-1,01101000001,\n氧气,999999,01101900000,\n氮气,10,01101500000,1-10\n\
                氧气,10,01101500009,\n氧气,10,0110150000,\n氧气,10,01101500000,\n乙烷,1,01199000001,1-1\n";
    let (p, r) = run("tags", text).settle(&HashMap::new());
    // Line 5 shares 500009 with line 4, line 6 has ten digits, line 7 begins where line 4 does and says another gas.
    assert_eq!(counts(&r), (7, 4, 4, 3));
    assert_eq!(r.aside.iter().map(|q| q.line).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(r.aside[0].reason_en.contains("overlaps the series 500000-500009"), "{}", r.aside[0].reason_en);
    assert_eq!(
        flags(&r),
        [
            ("length of the series unknown", 2),
            ("medium code contradicts the code table", 1),
            ("medium code unknown", 1),
            ("medium unknown", 1),
            ("number repeated on another row", 1),
            ("quantity unreadable", 1),
            ("range of the remark contradicts code and quantity", 1),
        ]
    );
    assert_eq!(series(&p)[1].last_serial, None, "a series ends at six digits");
}

#[test]
fn divisions_that_cannot_be() {
    let head = "客户编号,客户名称,客户地址,行政区域\n";
    let text = format!(
        "{head}9999990001,甲,一号,山东省/东营市/河口区\n\
         3705020001,乙,一号,山东省/东营市/河口区\n\
         3705020002,丙,一号,\n\
         KH-7,丁,一号,火星/环形山\n\
         9999990002,戊,一号,鼓楼区\n"
    );
    let (p, r) = run("customers", &text).settle(&HashMap::new());
    assert_eq!(counts(&r), (5, 5, 4, 0));
    // 鼓楼区 there are several of: a name that fits many is no answer.
    let got: Vec<_> = customers(&p).iter().map(|c| c.division).collect();
    assert_eq!(got, [Some(370_503), Some(370_502), Some(370_502), None, None]);
    assert_eq!(
        flags(&r),
        [
            ("division does not match the number", 1),
            ("division of the number unknown", 2),
            ("division unknown", 2),
            ("number of an unusual form", 1),
        ]
    );
}

#[test]
fn clashes_and_repetitions_within_a_file() {
    let text = format!(
        "{ORDER_HEAD}00202601010001,甲,郑州市1号,氧气,1,-,待出库,乙\n\
         DD202601010001,甲,郑州市1号,氧气,1,-,待出库,乙\n\
         202601010001,甲,郑州市1号,氧气,2,-,待出库,乙\n\
         ,甲,郑州市1号,氧气,2,-,待出库,乙\n\
         2.02601E+11,甲,郑州市1号,氧气,2,-,待出库,乙\n"
    );
    let p = run("orders", &text);
    assert_eq!((p.listed.len(), p.repeated.as_slice()), (1, [3].as_slice()), "written in two ways it is one order");
    assert_eq!(p.quarantined.iter().map(|q| q.line).collect::<Vec<_>>(), [4, 5, 6]);
    let (_, r) = p.settle(&HashMap::new());
    assert_eq!((r.new, r.unchanged, r.quarantined), (1, 1, 3));
}

#[test]
fn hostile_cells_and_files() {
    let preset = preset::find("customers").unwrap();
    let head = "客户编号,客户名称,客户地址,行政区域,联系人,联系电话\n";
    // A cell of 10 MB, and one of NUL bytes: the file is refused with its reason, by line where there is one.
    let e = read_table(format!("{head}4101050001,{},x\n", "甲".repeat(10 << 20 >> 1)).as_bytes(), "t").unwrap_err();
    assert!(matches!(&e.problem, Problem::Limit { en, line: Some(2), .. } if en.contains("cell")), "{e}");
    let e = read_table(format!("{head}4101050001,\0\0,x\n").as_bytes(), "t").unwrap_err();
    assert!(matches!(e.problem, Problem::NotATable(..)), "{e}");
    // Formulas are words like any other; markup too.
    let evil = [
        "=HYPERLINK(\"\"http://x\"\",\"\"y\"\")",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "'; DROP TABLE customer; --",
    ];
    let rows: String = evil.iter().enumerate().map(|(i, e)| format!("410105000{i},\"{e}\",郑州,,\"{e}\",\n")).collect();
    let p = plan(preset, &table(format!("{head}{rows}").as_bytes()), &ctx()).unwrap();
    assert_eq!(p.listed.len(), 4);
    assert_eq!(customers(&p)[3].name, evil[3]);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (c, h) in head.trim().split(',').enumerate() {
        sheet.write(0, c as u16, h).unwrap();
    }
    sheet.write_formula(1, 0, rust_xlsxwriter::Formula::new("=4101050000+1").set_result("4101050001")).unwrap();
    sheet.write_formula(1, 1, rust_xlsxwriter::Formula::new("=WEBSERVICE(\"http://x\")").set_result("甲公司")).unwrap();
    sheet.write_number(1, 5, 13_900_000_000.0).unwrap();
    sheet.write_number(2, 0, 4_101_050_002.0).unwrap();
    sheet.write(2, 1, "乙".repeat(1_000)).unwrap();
    let p = plan(preset, &table(&book.save_to_buffer().unwrap()), &ctx()).unwrap();
    let got: Vec<_> =
        customers(&p).iter().map(|c| (c.number.as_str(), c.phone.as_str(), c.name.chars().count())).collect();
    assert_eq!(got, [("4101050001", "13900000000", 3), ("4101050002", "", 1_000)]);
}
