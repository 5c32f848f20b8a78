//! The archive as a list, the page of a cylinder, the search box: filters, days, scopes, and questions nobody can mean.

use crate::support::{NORTH, NOW, SOUTH, World, both, dated, file};
use data::{cylinder_list, cylinder_page, page::AskError, search};
use domain::{
    archive::{InspectionFilter, SORTS},
    clock,
    gate::Decision,
    headline::Headline,
    ledger::{File, FileState, flag},
    life::Inspection,
    list::{ListPage, ListQuery, PageAt},
    scope::{Scope, Viewer},
    search::Hit,
};

both!(
    filters_narrow_the_archive,
    the_dates_are_judged_at_the_day_that_is_asked_for,
    nothing_is_listed_or_found_outside_the_scope,
    the_archive_is_paged_in_every_order,
    what_nobody_can_mean_is_refused_by_name,
    any_code_finds_its_cylinder,
    a_cylinder_is_shown_as_of_a_day_and_the_gate_says_why,
    a_district_is_the_same_in_every_order
);

const ALL: Viewer = Viewer { scope: Scope::City };

fn ask(pairs: &[(&str, &str)]) -> ListQuery {
    let reserved = ["sort", "dir", "size", "after", "before"];
    let names: Vec<&str> = pairs.iter().map(|p| p.0).filter(|n| !reserved.contains(n)).collect();
    ListQuery::read(&names, |name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()))
}

async fn list(
    w: &World,
    viewer: Viewer,
    query: &ListQuery,
) -> Result<ListPage<domain::archive::CylinderLine>, AskError> {
    cylinder_list::list(&w.db, viewer, query, w.now).await
}

async fn tags(w: &World, pairs: &[(&str, &str)]) -> Vec<String> {
    let page = list(w, ALL, &ask(pairs)).await.unwrap();
    assert_eq!(page.total.count as usize, page.rows.len(), "{pairs:?}");
    page.rows.into_iter().map(|r| r.tag).collect()
}

/// A district is looked for in the file or in the state, as the order and the rest of the question need it: the rows are the same.
async fn a_district_is_the_same_in_every_order(w: World) {
    five(&w).await;
    let (north, south) = (NORTH.to_string(), SOUTH.to_string());
    for sort in SORTS {
        for dir in ["asc", "desc"] {
            for (district, expected) in [(&north, vec!["T1", "T2", "T3", "T5"]), (&south, vec!["T4"])] {
                let mut seen = tags(&w, &[("district", district), ("sort", sort), ("dir", dir)]).await;
                seen.sort();
                assert_eq!(seen, expected, "{sort} {dir}");
                let viewer = Viewer { scope: Scope::District(district.parse().unwrap()) };
                let page = list(&w, viewer, &ask(&[("sort", sort), ("dir", dir)])).await.unwrap();
                let mut seen: Vec<String> = page.rows.into_iter().map(|r| r.tag).collect();
                seen.sort();
                assert_eq!(
                    (page.total.count as usize, seen),
                    (expected.len(), expected.iter().map(|t| (*t).into()).collect())
                );
            }
            let overdue = [("district", &*north), ("inspection", "overdue"), ("sort", sort), ("dir", dir)];
            assert_eq!(tags(&w, &overdue).await, ["T2"], "{sort} {dir}");
        }
    }
}

/// Five cylinders, sorted by their tags: sound, overdue, past its life, of the south and doubtful, without dates.
async fn five(w: &World) {
    let doubtful = File { doubts: vec!["出厂日期存疑".into()], medium: "O2".into(), ..file("T4", w.south) };
    let undated = File { state: FileState::Suspended, ..dated("T5", w.north, "", "") };
    let files = [
        File { serial_no: "SN-77".into(), ..file("T1", w.north) },
        dated("T2", w.north, "2021-05", "2021-05"),
        dated("T3", w.north, "2000-05", "2004-05"),
        doubtful,
        undated,
    ];
    w.register(&files).await;
}

async fn filters_narrow_the_archive(w: World) {
    five(&w).await;
    let (north, south) = (w.north.org.to_string(), w.south.org.to_string());
    let (home, doubt) = (w.south.site.to_string(), flag::DOUBT.to_string());
    let suspended = FileState::Suspended.number().to_string();
    let district = SOUTH.to_string();
    for (pairs, expected) in [
        (vec![], vec!["T1", "T2", "T3", "T4", "T5"]),
        (vec![("org", north.as_str())], vec!["T1", "T2", "T3", "T5"]),
        (vec![("org", south.as_str())], vec!["T4"]),
        (vec![("site", home.as_str())], vec!["T4"]),
        (vec![("district", district.as_str())], vec!["T4"]),
        (vec![("medium", "O2")], vec!["T4"]),
        (vec![("flag", doubt.as_str())], vec!["T4"]),
        (vec![("file", suspended.as_str())], vec!["T5"]),
        (vec![("custody", "1"), ("org", north.as_str())], vec!["T1", "T2", "T3", "T5"]),
        (vec![("custody", "8")], vec![]),
        (vec![("made_from", "2021")], vec!["T1", "T2", "T4"]),
        (vec![("made_to", "2021")], vec!["T2", "T3"]),
        (vec![("made_from", "2021"), ("made_to", "2021")], vec!["T2"]),
        (vec![("inspection", "overdue")], vec!["T2"]),
        (vec![("inspection", "past_life")], vec!["T3"]),
        (vec![("inspection", "unknown")], vec!["T5"]),
        (vec![("q", "t2")], vec!["T2"]),
        (vec![("q", "ST3")], vec!["T3"]),
        (vec![("q", "sn-77")], vec!["T1"]),
        (vec![("q", "SN-7")], vec![]),
        (vec![("q", "SN-77")], vec!["T1"]),
        (vec![("q", "T2"), ("org", south.as_str())], vec![]),
        (vec![("q", "' OR 1=1 --")], vec![]),
        (vec![("q", "%")], vec![]),
        (vec![("sort", "made")], vec!["T5", "T3", "T2", "T1", "T4"]),
        (vec![("sort", "due"), ("dir", "desc")], vec!["T4", "T1", "T2", "T3", "T5"]),
    ] {
        assert_eq!(tags(&w, &pairs).await, expected, "{pairs:?}");
    }
    // Each cylinder is in one class of inspection.
    let mut all = vec![];
    for (_, code) in InspectionFilter::ALL {
        all.extend(tags(&w, &[("inspection", code)]).await);
    }
    all.sort();
    assert_eq!(all, ["T1", "T2", "T3", "T4", "T5"]);
}

async fn the_dates_are_judged_at_the_day_that_is_asked_for(w: World) {
    // Made and inspected in May 2021: due at the end of May 2025, its life ends with May 2029.
    w.register(&[dated("T1", w.north, "2021-05", "2021-05")]).await;
    for (day, state, headline) in [
        ("2025-04-30", Inspection::Valid, Headline::Normal),
        ("2025-05-01", Inspection::DueSoon, Headline::DueSoon),
        ("2025-05-31", Inspection::DueSoon, Headline::DueSoon),
        ("2025-06-01", Inspection::Overdue, Headline::Overdue),
        ("2029-05-31", Inspection::Overdue, Headline::Overdue),
        ("2029-06-01", Inspection::PastLife, Headline::PastLife),
    ] {
        let page = list(&w, ALL, &ask(&[("as_of", day)])).await.unwrap();
        assert_eq!((page.rows[0].inspection, page.rows[0].headline()), (state, headline), "{day}");
        for (filter, code) in InspectionFilter::ALL {
            let found = tags(&w, &[("as_of", day), ("inspection", code)]).await;
            let of = match filter {
                InspectionFilter::Valid => Inspection::Valid,
                InspectionFilter::DueSoon => Inspection::DueSoon,
                InspectionFilter::Overdue => Inspection::Overdue,
                InspectionFilter::PastLife => Inspection::PastLife,
                InspectionFilter::Unknown => Inspection::Unknown,
            };
            assert_eq!(found.len(), usize::from(of == state), "{day} {code}");
        }
    }
    let today = list(&w, ALL, &ask(&[])).await.unwrap();
    assert_eq!(today.rows[0].inspection, Inspection::Overdue);
    assert_eq!(today.rows[0].faults(), [("过检", "overdue")]);
}

async fn nothing_is_listed_or_found_outside_the_scope(w: World) {
    five(&w).await;
    for (scope, expected) in [
        (Scope::City, vec!["T1", "T2", "T3", "T4", "T5"]),
        (Scope::District(NORTH), vec!["T1", "T2", "T3", "T5"]),
        (Scope::District(SOUTH), vec!["T4"]),
        (Scope::Org(w.south.org), vec!["T4"]),
        (Scope::District(999_999), vec![]),
        (Scope::Org(999), vec![]),
    ] {
        let viewer = Viewer { scope };
        let page = list(&w, viewer, &ask(&[])).await.unwrap();
        assert_eq!(page.rows.iter().map(|r| r.tag.as_str()).collect::<Vec<_>>(), expected, "{scope}");
        assert_eq!(page.total.count as usize, expected.len(), "{scope}");
        for tag in ["T1", "T4"] {
            let seen = expected.contains(&tag);
            let by_code = list(&w, viewer, &ask(&[("q", tag)])).await.unwrap();
            assert_eq!(by_code.rows.len(), usize::from(seen), "{scope} {tag}");
            let found = search::find(&w.db, viewer, tag).await.unwrap();
            assert_eq!(found.hits.len(), usize::from(seen), "{scope} {tag}");
            let day = clock::local_date(NOW);
            let detail = cylinder_page::page(&w.db, viewer, tag, day, w.now).await.unwrap();
            assert_eq!(detail.is_some(), seen, "{scope} {tag}");
        }
        let choices = cylinder_list::choices(&w.db, viewer).await.unwrap();
        let orgs: Vec<&str> = choices.orgs.iter().map(|o| o.1.as_str()).collect();
        let (north, south) = (expected.contains(&"T1"), expected.contains(&"T4"));
        assert_eq!((orgs.contains(&"北郊气站"), orgs.contains(&"南郊气站")), (north, south), "{scope}");
        let found = search::find(&w.db, viewer, "郊").await.unwrap();
        assert_eq!(found.hits.len(), 2 * (usize::from(north) + usize::from(south)), "{scope}: {found:?}");
    }
}

async fn the_archive_is_paged_in_every_order(w: World) {
    // Many equal keys, and cylinders without dates.
    let files: Vec<File> = (0..53)
        .map(|i| {
            let made = if i % 5 == 0 { "" } else { "2021-05" };
            File { stamp_no: format!("S{}", i % 3), ..dated(&format!("T{i:02}"), w.north, made, made) }
        })
        .collect();
    w.register(&files).await;
    for sort in SORTS {
        for dir in ["asc", "desc"] {
            let mut query = ask(&[("sort", sort), ("dir", dir)]);
            let mut pages = vec![];
            loop {
                let page = list(&w, ALL, &query).await.unwrap();
                assert_eq!((page.total.count, page.total.more), (53, false));
                assert_eq!(page.before.is_some(), !pages.is_empty());
                let after = page.after.clone();
                pages.push(page);
                let Some(after) = after else { break };
                query = query.at(PageAt::After(after));
            }
            let lens: Vec<usize> = pages.iter().map(|p| p.rows.len()).collect();
            assert_eq!(lens, [20, 20, 13], "{sort} {dir}");
            let mut seen: Vec<i64> = pages.iter().flat_map(|p| p.rows.iter().map(|r| r.id)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 53, "{sort} {dir}");
            for i in (0..2).rev() {
                let before = pages[i + 1].before.clone().unwrap();
                let back = list(&w, ALL, &query.at(PageAt::Before(before))).await.unwrap();
                assert_eq!(back.rows, pages[i].rows, "{sort} {dir}");
                assert_eq!((back.before.is_some(), back.after.is_some()), (i > 0, true), "{sort} {dir}");
            }
        }
    }
}

async fn what_nobody_can_mean_is_refused_by_name(w: World) {
    five(&w).await;
    let good = list(&w, ALL, &ask(&[("size", "20"), ("sort", "made")])).await.unwrap();
    assert!(good.after.is_none());
    let long = "9".repeat(201);
    for (pairs, field) in [
        (vec![("sort", "org_id")], "sort"),
        (vec![("sort", "tag; DROP TABLE cylinder")], "sort"),
        (vec![("org", "x")], "org"),
        (vec![("org", "99999999999999999999")], "org"),
        (vec![("site", "1.5")], "site"),
        (vec![("district", "north")], "district"),
        (vec![("file", "0")], "file"),
        (vec![("custody", "99")], "custody"),
        (vec![("flag", "3")], "flag"),
        (vec![("flag", "-1")], "flag"),
        (vec![("inspection", "fine")], "inspection"),
        (vec![("made_from", "1800")], "made_from"),
        (vec![("made_to", "20x1")], "made_to"),
        (vec![("as_of", "yesterday")], "as_of"),
        (vec![("as_of", "2026-02-30")], "as_of"),
        (vec![("as_of", "+262142-01-01")], "as_of"),
        (vec![("q", "a\0b")], "q"),
        (vec![("q", "a\nb")], "q"),
        (vec![("q", long.as_str())], "q"),
        (vec![("password", "x")], "filter"),
        (vec![("after", "zz")], "cursor"),
        (vec![("after", "")], ""),
        (vec![("before", "6e")], "cursor"),
    ] {
        match list(&w, ALL, &ask(&pairs)).await {
            Err(AskError::Field(f)) => assert_eq!(f, field, "{pairs:?}"),
            Ok(_) => assert_eq!(field, "", "{pairs:?} was taken"),
            Err(why) => panic!("{pairs:?}: {why}"),
        }
    }
    // A cursor of one order is none of another.
    w.register(&(0..30).map(|i| file(&format!("U{i:02}"), w.north)).collect::<Vec<_>>()).await;
    let after = list(&w, ALL, &ask(&[])).await.unwrap().after.unwrap();
    for (sort, dir) in [("tag", "desc"), ("due", "asc"), ("stamp", "asc")] {
        let asked = ask(&[("sort", sort), ("dir", dir), ("after", &after)]);
        assert!(matches!(list(&w, ALL, &asked).await, Err(AskError::Field("cursor"))), "{sort} {dir}");
    }
    // A size that is none is the first; nobody gets more rows by asking for them.
    let asked = ListQuery { size: u16::MAX, ..ListQuery::default() };
    assert_eq!(list(&w, ALL, &asked).await.unwrap().rows.len(), 20);
}

async fn any_code_finds_its_cylinder(w: World) {
    let f = File { stamp_no: "B017-431325".into(), serial_no: "0098".into(), ..file("41010112345", w.north) };
    w.register(&[f, file("T2", w.north)]).await;
    w.sql(
        "INSERT INTO tag (code, state, cylinder_id) SELECT '4904410522', 1, id FROM cylinder WHERE tag = '41010112345'",
    )
    .await;
    for code in
        ["41010112345", " 41010112345 ", "４１０１０１１２３４５", "b017-431325", "0098", "4904410522", "4904 410522"]
    {
        let found = search::find(&w.db, ALL, code).await.unwrap();
        let [Hit::Cylinder { tag, .. }] = found.hits.as_slice() else { panic!("{code}: {found:?}") };
        assert_eq!(tag, "41010112345", "{code}");
        assert_eq!(tags(&w, &[("q", code)]).await, ["41010112345"], "{code}");
    }
    for nothing in ["", " ", "4101011234", "%", "_", "\\", "a\0", &"1".repeat(3_000)] {
        assert_eq!(search::find(&w.db, ALL, nothing).await.unwrap().hits, [], "{nothing:?}");
    }
}

async fn a_cylinder_is_shown_as_of_a_day_and_the_gate_says_why(w: World) {
    five(&w).await;
    let today = clock::local_date(NOW);
    let page = async |code: &str, day: &str| {
        let day = if day.is_empty() { today } else { day.parse().unwrap() };
        cylinder_page::page(&w.db, ALL, code, day, w.now).await.unwrap()
    };
    let overdue = page("T2", "").await.unwrap();
    assert_eq!((overdue.line.headline(), overdue.home.as_str()), (Headline::Overdue, "北郊气站"));
    let says = overdue.gate.unwrap();
    assert_eq!((says.verdict.decision, says.gun.as_str()), (Decision::Block, "1"));
    assert!(says.verdict.reasons.iter().any(|r| r.code() == "INSPECTION_EXPIRED"), "{:?}", says.verdict);
    assert_eq!(overdue.tags.iter().map(|t| t.code.as_str()).collect::<Vec<_>>(), ["T2"]);
    let then = page("T2", "2022-01-01").await.unwrap();
    assert_eq!((then.line.headline(), then.gate), (Headline::Normal, None));
    assert_eq!((then.history.headline.as_str(), then.as_of.to_string().as_str()), ("正常", "2022-01-01"));
    // By its stamp as well; and nothing was recorded by asking.
    assert_eq!(page("ST2", "").await.unwrap().line.tag, "T2");
    assert_eq!(page("NONE", "").await, None);
    assert_eq!(page("no such/code", "").await, None);
    assert_eq!(w.attempts().await, []);
    w.clean().await;
}
